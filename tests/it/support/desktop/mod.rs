//! A private desktop session for one test: bus, tray host and notification daemon, fake or real.
//!
//! Each such test runs in a process of its own, because the bus, the display and the home of a session are known by
//! the environment only, which tests of one process share.

#![cfg_attr(
    feature = "toolkit-tray",
    expect(dead_code, reason = "a toolkit lets hosts do less")
)]

pub(crate) mod app;
pub(crate) mod bus;
pub(crate) mod fakes;
pub(crate) mod programs;
pub(crate) mod real;
pub(crate) mod remote;
pub(crate) mod resident;
pub(crate) mod screen;
pub(crate) mod secret_store;

use std::error::Error;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// What a test or a helper comes to.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The longest a story may take; far more than any needs, so that a busy machine fails none.
const LONGEST: Duration = Duration::from_mins(2);
/// The longest one thing may be waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// Set in the process of the story only: the folder of its session.
const FOLDER: &str = "SPENDTRAY_TEST_SESSION";

/// The session of a story.
pub(crate) struct Session {
    folder: PathBuf,
}

impl Session {
    /// A folder of the story's own, short enough for sockets.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where programs are looked for first.
    pub(crate) fn programs(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// The home of the session's user.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }
}

/// Tells a story in a session of its own; call it as the only thing a `#[test]` does, with the story as a closure.
pub(crate) fn in_own_session<S>(story: S) -> Outcome
where
    S: AsyncFnOnce(Session) -> Outcome,
{
    if cfg!(feature = "toolkit-tray") {
        // A toolkit needs a display.
        return in_real_session(story);
    }
    match session_folder() {
        Some(folder) => tell(story, Session { folder }),
        None => run_again(test_name::<S>()?, None),
    }
}

/// Tells a story in a session of its own with a display, for real panels.
pub(crate) fn in_real_session<S>(story: S) -> Outcome
where
    S: AsyncFnOnce(Session) -> Outcome,
{
    if let Some(folder) = session_folder() {
        return tell(story, Session { folder });
    }
    let (_server, display) = screen::start_display()?;
    run_again(test_name::<S>()?, Some(&display))
}

/// Waits, but not for ever.
pub(crate) async fn soon<F: Future>(what: impl Display, future: F) -> Outcome<F::Output> {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => Ok(output),
        Err(_) => Err(format!("waited in vain for {what}").into()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tells the process of a story from the one of all tests"
)]
fn session_folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

fn tell<S>(story: S, session: Session) -> Outcome
where
    S: AsyncFnOnce(Session) -> Outcome,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let told = runtime.block_on(async { tokio::time::timeout(LONGEST, story(session)).await });
    runtime.shutdown_background();
    told.map_err(|_| "the story took too long")?
}

/// Runs this very test again, alone, in another environment.
fn run_again(test: &str, display: Option<&str>) -> Outcome {
    let folder = tempfile::Builder::new().prefix("st-").tempdir_in("/tmp")?;
    let [home, run, bin] = ["home", "run", "bin"].map(|name| folder.path().join(name));
    for folder in [&home, &run, &bin] {
        std::fs::create_dir(folder)?;
    }
    let mut process = programs::command(&std::env::current_exe()?.to_string_lossy());
    for variable in [
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XDG_SESSION_TYPE",
        "XDG_CURRENT_DESKTOP",
    ] {
        process.env_remove(variable);
    }
    for kind in ["CONFIG", "DATA", "STATE", "CACHE"] {
        process.env_remove(format!("XDG_{kind}_HOME"));
    }
    if let Some(display) = display {
        process.env("DISPLAY", display);
    }
    let output = process
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder.path())
        .env(
            "PATH",
            format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()),
        )
        .env("HOME", &home)
        .env("XDG_RUNTIME_DIR", &run)
        .env("DBUS_SESSION_BUS_ADDRESS", bus::address(folder.path()))
        .env("INSTA_WORKSPACE_ROOT", env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output()?;
    let written = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && written.contains("1 passed") {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{test}: {}\n{written}\n{errors}", output.status).into())
}

/// The name of the test that a closure stands in.
fn test_name<S>() -> Outcome<&'static str> {
    let name = std::any::type_name::<S>();
    let inside = name.strip_suffix("::{{closure}}");
    let test = inside.and_then(|name| name.split_once("::"));
    let (_, test) = test.ok_or_else(|| format!("{name} is no closure in a test"))?;
    Ok(test)
}
