//! A real desktop from Debian's packages: Xvfb, xfwm4, xfce4-panel with its tray, dunst, gnome-keyring.
//!
//! Pictures of it are kept in `target/screenshots`. To run the real binary in it, start
//! `command(env!("CARGO_BIN_EXE_spendtray"))` as a [`Program`]: the session is in the environment already.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use futures_util::StreamExt;
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;
use zbus::zvariant::OwnedValue;

use super::bus::Bus;
use super::programs::{Program, command, need, run};
use super::remote::RemoteItem;
use super::{Outcome, Session, soon};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const SCREEN: (usize, usize) = (1280, 720);
/// How often the screen is looked at while it is waited for: X tells no stranger that a picture is complete.
const GLANCE: Duration = Duration::from_millis(40);

/// A running desktop; everything ends when dropped.
pub struct RealDesktop {
    connection: Connection,
    panel: Program,
    _others: Vec<Program>,
    _bus: Bus,
}

/// A rectangle on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From the left.
    pub x: usize,
    /// From the top.
    pub y: usize,
    /// How wide.
    pub width: usize,
    /// How high.
    pub height: usize,
}

/// What the screen shows.
#[derive(PartialEq)]
pub struct Picture(Vec<u8>);

/// Starts an X server without a screen and returns the display's name.
pub fn start_display() -> Outcome<(Program, String)> {
    let mut server = command("Xvfb");
    server.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"]);
    server.args(["-screen", "0", &format!("{}x{}x24", SCREEN.0, SCREEN.1)]);
    let (server, number) = Program::start_ready(&mut server, "xvfb")?;
    Ok((server, format!(":{number}")))
}

impl RealDesktop {
    /// Starts bus, window manager, panel and notification daemon, and waits until they are there.
    pub async fn start(session: &Session) -> Outcome<Self> {
        for (program, package) in [("import", "imagemagick"), ("xdotool", "xdotool")] {
            need(program, package)?;
        }
        let xfconfd = "/usr/lib/x86_64-linux-gnu/xfce4/xfconf/xfconfd";
        need(xfconfd, "xfconf")?;
        Bus::serve_on_demand(session, "org.xfce.Xfconf", xfconfd)?;
        let bus = Bus::start(session)?;
        write_panel_settings(&session.home())?;
        let connection = Connection::session().await?;
        let others = vec![
            Program::start(command("xfwm4").arg("--compositor=off"), "xfwm4")?,
            Program::start(&mut command("dunst"), "dunst")?,
        ];
        let panel = start_panel()?;
        let desktop = Self {
            connection,
            panel,
            _others: others,
            _bus: bus,
        };
        desktop
            .name_appears("org.freedesktop.Notifications")
            .await?;
        desktop.name_appears(WATCHER).await?;
        Ok(desktop)
    }

    /// Kills the panel, as a crash does, and starts it again.
    pub async fn restart_panel(&mut self) -> Outcome {
        self.panel = start_panel()?;
        self.name_appears(WATCHER).await
    }

    /// Starts a secret store that is unlocked.
    pub async fn unlock_secrets(&mut self) -> Outcome {
        let mut daemon = command("gnome-keyring-daemon");
        daemon.args(["--foreground", "--unlock", "--components=secrets"]);
        let (program, mut input) = Program::start_told(&mut daemon, "gnome-keyring")?;
        input.write_all(b"a password")?;
        drop(input);
        self._others.push(program);
        self.name_appears("org.freedesktop.secrets").await
    }

    /// The icon that the panel's tray has.
    pub async fn icon(&self) -> Outcome<RemoteItem> {
        let name = soon("an icon in the panel", async {
            loop {
                if let Some(name) = self.registered().await?.pop() {
                    return Ok::<_, Box<dyn std::error::Error>>(name);
                }
                tokio::time::sleep(GLANCE).await;
            }
        });
        RemoteItem::new(&self.connection, &name.await??).await
    }

    /// Where the panel shows the only icon of its tray.
    pub async fn icon_place(&self) -> Outcome<Place> {
        soon("the icon on the screen", async {
            loop {
                let mut windows = windows()?.into_iter();
                if let Some(place) = windows.find(|place| place.width >= 16 && place.height <= 40) {
                    return Ok(place);
                }
                tokio::time::sleep(GLANCE).await;
            }
        })
        .await?
    }

    /// Where an open menu or tooltip of the tray is.
    pub async fn popup_place(&self) -> Outcome<Place> {
        soon("a menu on the screen", async {
            loop {
                let mut windows = windows()?.into_iter();
                if let Some(place) = windows.find(|place| place.height > 40) {
                    return Ok(place);
                }
                tokio::time::sleep(GLANCE).await;
            }
        })
        .await?
    }

    /// Moves the pointer into the middle of a place.
    pub fn point(&self, place: Place) -> Outcome {
        let (x, y) = (place.x + place.width / 2, place.y + place.height / 2);
        let mut pointer = Command::new("xdotool");
        pointer.args(["mousemove", &x.to_string(), &y.to_string()]);
        run(&mut pointer, "xdotool").map(drop)
    }

    /// Clicks where the pointer is; 1 is the left button.
    pub fn click(&self, button: u8) -> Outcome {
        run(
            Command::new("xdotool").args(["click", &button.to_string()]),
            "xdotool",
        )
        .map(drop)
    }

    /// Presses a key.
    pub fn press(&self, key: &str) -> Outcome {
        run(Command::new("xdotool").args(["key", key]), "xdotool").map(drop)
    }

    /// What the screen shows, as soon as it stands still.
    pub async fn picture(&self) -> Outcome<Picture> {
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

    async fn registered(&self) -> Outcome<Vec<String>> {
        let answer = self
            .connection
            .call_method(
                Some(WATCHER),
                "/StatusNotifierWatcher",
                Some("org.freedesktop.DBus.Properties"),
                "Get",
                &(WATCHER, "RegisteredStatusNotifierItems"),
            )
            .await?;
        let items: Vec<String> = answer.body().deserialize::<OwnedValue>()?.try_into()?;
        let names = items
            .iter()
            .map(|item| item.split(['/', '@']).next().unwrap_or_default());
        Ok(names.map(ToOwned::to_owned).collect())
    }

    async fn name_appears(&self, name: &str) -> Outcome {
        let bus = DBusProxy::new(&self.connection).await?;
        let mut owners = bus
            .receive_name_owner_changed_with_args(&[(0, name)])
            .await?;
        let known = BusName::try_from(name.to_owned())?;
        if bus.name_has_owner(known).await? {
            return Ok(());
        }
        soon(name, async {
            while let Some(change) = owners.next().await {
                if change.args()?.new_owner().is_some() {
                    return Ok(());
                }
            }
            Err("the bus has gone".into())
        })
        .await?
    }
}

impl Picture {
    /// How many points in a place have this colour: red, green, blue.
    pub fn count(&self, place: Place, colour: [u8; 3]) -> usize {
        let rows = place.y..place.y + place.height;
        let points = rows.flat_map(|y| (place.x..place.x + place.width).map(move |x| (x, y)));
        points
            .filter(|(x, y)| self.point(*x, *y) == Some(colour))
            .count()
    }

    /// Keeps a part of it as a file, enlarged.
    pub fn keep(&self, name: &str, place: Place, times: usize) -> Outcome<PathBuf> {
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

fn start_panel() -> Outcome<Program> {
    let mut panel = command("xfce4-panel");
    panel
        .arg("--disable-wm-check")
        .env("NO_AT_BRIDGE", "1")
        .env("GTK_A11Y", "none");
    Program::start(&mut panel, "xfce4-panel")
}

/// A panel at the lower edge with nothing but a tray at its right end.
fn write_panel_settings(home: &Path) -> Outcome {
    let folder = home.join(".config/xfce4/xfconf/xfce-perchannel-xml");
    fs::create_dir_all(&folder)?;
    fs::write(
        folder.join("xfce4-panel.xml"),
        include_str!("xfce4-panel.xml"),
    )?;
    Ok(())
}

/// The visible windows of the panel's tray: the tray itself, menus, tooltips.
fn windows() -> Outcome<Vec<Place>> {
    let mut search = Command::new("xdotool");
    search.args(["search", "--onlyvisible", "--class", "wrapper-2.0"]);
    search.args(["getwindowgeometry", "--shell", "%@"]);
    let Ok(text) = run(&mut search, "xdotool") else {
        // It fails when there is none.
        return Ok(Vec::new());
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
    Ok(corners
        .zip(sizes)
        .map(|((x, y), (width, height))| Place {
            x,
            y,
            width,
            height,
        })
        .collect())
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
