//! The screen of a real desktop: what it shows, where windows of the tray are, pointer and keys.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::programs::{Program, command, run};
use super::{Outcome, soon};

const SCREEN: (usize, usize) = (1280, 720);
/// How often the screen is looked at while it is waited for: X tells no stranger that a picture is complete.
const GLANCE: Duration = Duration::from_millis(40);
/// The panel's own height, about.
const HIGHEST_ICON: usize = 40;
/// The tooltips of the tests have three lines, their menus more.
const HIGHEST_TOOLTIP: usize = 120;
/// How long a panel may take from a click to a menu.
const LOADING: Duration = Duration::from_secs(2);

/// A rectangle on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// From the left.
    pub(crate) x: usize,
    /// From the top.
    pub(crate) y: usize,
    /// How wide.
    pub(crate) width: usize,
    /// How high.
    pub(crate) height: usize,
}

/// What the screen shows.
#[derive(PartialEq)]
pub(crate) struct Picture(Vec<u8>);

/// Starts an X server without a screen and returns the display's name.
pub(crate) fn start_display() -> Outcome<(Program, String)> {
    let mut server = command("Xvfb");
    server.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"]);
    server.args(["-screen", "0", &format!("{}x{}x24", SCREEN.0, SCREEN.1)]);
    let (server, number) = Program::start_ready(&mut server, "xvfb")?;
    Ok((server, format!(":{number}")))
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> Outcome<bool>) -> Outcome {
    soon(what, async {
        while !is_so().await? {
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    })
    .await?
}

/// Where the panel shows the only icon of its tray.
pub(crate) async fn icon_place() -> Outcome<Place> {
    soon("the icon on the screen", async {
        loop {
            let mut windows = windows().into_iter();
            if let Some(place) =
                windows.find(|place| place.width >= 16 && place.height <= HIGHEST_ICON)
            {
                return Ok(place);
            }
            tokio::time::sleep(GLANCE).await;
        }
    })
    .await?
}

/// Where the tooltip of the tray is.
pub(crate) async fn tooltip_place() -> Outcome<Place> {
    popup_place("a tooltip on the screen", |height| {
        height > HIGHEST_ICON && height <= HIGHEST_TOOLTIP
    })
    .await
}

/// Where the open menu of the tray is.
pub(crate) async fn menu_place() -> Outcome<Place> {
    popup_place("a menu on the screen", |height| height > HIGHEST_TOOLTIP).await
}

async fn popup_place(what: &str, fits: fn(usize) -> bool) -> Outcome<Place> {
    soon(what, async {
        loop {
            let mut windows = windows().into_iter();
            if let Some(place) = windows.find(|place| fits(place.height)) {
                return Ok(place);
            }
            tokio::time::sleep(GLANCE).await;
        }
    })
    .await?
}

/// Clicks the icon of the tray until its menu is open: the panel may not have read the menu yet.
pub(crate) async fn open_menu(icon: Place) -> Outcome<Place> {
    point(icon)?;
    loop {
        click(1)?;
        let menu = tokio::time::timeout(LOADING, menu_place()).await;
        if let Ok(place) = menu {
            return place;
        }
    }
}

/// Presses keys, each until it has changed what is seen: a menu that has just opened may not listen yet.
pub(crate) async fn press(keys: &[&str]) -> Outcome {
    for key in keys {
        let before = picture().await?;
        let seen = async || {
            run(Command::new("xdotool").args(["key", key]), "xdotool")?;
            until(key, async || Ok(look()? != before)).await
        };
        if tokio::time::timeout(LOADING, seen()).await.is_err()
            && tokio::time::timeout(LOADING, seen()).await.is_err()
        {
            let whole = Place {
                x: 0,
                y: 0,
                width: SCREEN.0,
                height: SCREEN.1,
            };
            let file = before.keep(&format!("no-answer-to-{key}"), whole, 1)?;
            return Err(format!("the key {key} changes nothing: see {}", file.display()).into());
        }
    }
    Ok(())
}

/// Moves the pointer into the middle of a place.
pub(crate) fn point(place: Place) -> Outcome {
    let (x, y) = (place.x + place.width / 2, place.y + place.height / 2);
    let mut pointer = Command::new("xdotool");
    pointer.args(["mousemove", &x.to_string(), &y.to_string()]);
    run(&mut pointer, "xdotool").map(drop)
}

/// Clicks where the pointer is; 1 is the left button.
pub(crate) fn click(button: u8) -> Outcome {
    run(
        Command::new("xdotool").args(["click", &button.to_string()]),
        "xdotool",
    )
    .map(drop)
}

/// What the screen shows, as soon as it stands still.
pub(crate) async fn picture() -> Outcome<Picture> {
    soon("a screen that stands still", async {
        let mut last = look()?;
        loop {
            tokio::time::sleep(GLANCE).await;
            let now = look()?;
            if now == last {
                return Ok(now);
            }
            last = now;
        }
    })
    .await?
}

impl Picture {
    /// How many points in a place have this colour: red, green, blue.
    pub(crate) fn count(&self, place: Place, colour: [u8; 3]) -> usize {
        let rows = place.y..place.y + place.height;
        let points = rows.flat_map(|y| (place.x..place.x + place.width).map(move |x| (x, y)));
        points
            .filter(|(x, y)| self.point(*x, *y) == Some(colour))
            .count()
    }

    /// Keeps a part of it as a file, enlarged.
    pub(crate) fn keep(&self, name: &str, place: Place, times: usize) -> Outcome<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{name}.png"));
        let mut converter = Command::new("convert");
        converter
            .args([
                "-depth",
                "8",
                "-size",
                &format!("{}x{}", SCREEN.0, SCREEN.1),
                "rgb:-",
            ])
            .args([
                "-crop",
                &format!("{}x{}+{}+{}", place.width, place.height, place.x, place.y),
            ])
            .args([
                "+repage",
                "-filter",
                "point",
                "-resize",
                &format!("{}%", times * 100),
            ])
            .arg(&file)
            .stdin(Stdio::piped());
        let mut child = converter.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(&self.0)?;
        }
        if child.wait()?.success() {
            Ok(file)
        } else {
            Err("convert failed".into())
        }
    }

    fn point(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        let at = (y * SCREEN.0 + x) * 3;
        self.0.get(at..at + 3)?.try_into().ok()
    }
}

/// The visible windows of the panel's tray: the tray itself, menus, tooltips.
fn windows() -> Vec<Place> {
    let mut search = Command::new("xdotool");
    search.args(["search", "--onlyvisible", "--class", "wrapper-2.0"]);
    search.args(["getwindowgeometry", "--shell", "%@"]);
    let Ok(text) = run(&mut search, "xdotool") else {
        // It fails when there is none.
        return Vec::new();
    };
    let numbers = |key: &str| -> Vec<usize> {
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        lines.map(|number| number.parse().unwrap_or(0)).collect()
    };
    let (x, y, width, height) = (
        numbers("X"),
        numbers("Y"),
        numbers("WIDTH"),
        numbers("HEIGHT"),
    );
    let corners = x.into_iter().zip(y);
    let sizes = width.into_iter().zip(height);
    corners
        .zip(sizes)
        .map(|((x, y), (width, height))| Place {
            x,
            y,
            width,
            height,
        })
        .collect()
}

fn look() -> Outcome<Picture> {
    let mut camera = Command::new("import");
    camera.args(["-window", "root", "-depth", "8", "rgb:-"]);
    let output = camera.stdin(Stdio::null()).output()?;
    if output.stdout.len() == SCREEN.0 * SCREEN.1 * 3 {
        return Ok(Picture(output.stdout));
    }
    Err(format!(
        "import took no picture: {}",
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}
