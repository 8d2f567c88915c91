//! Mouth 1: the tray and the notifications. Updates in, commands out.
//!
//! It never computes a figure and never blocks the engine. `stage` is the loop, `tray` the icon and its menu, `notify`
//! the notifications, `errands` what else a click may ask of the desktop.

mod clipboard;
mod errands;
mod notify;
mod stage;
mod tray;

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::app::message::{Command, Update};
use crate::system::autostart::Autostart;
use crate::system::steps::Driver;

/// How long what still hangs (a secret store, a clipboard) may hold the process up at its end.
const LAST_BREATH: Duration = Duration::from_millis(200);

/// What the desktop is given.
#[derive(Debug)]
pub struct Line {
    /// What to show and tell.
    pub updates: UnboundedReceiver<Update>,
    /// Where clicks go.
    pub commands: UnboundedSender<Command>,
    /// The file that "Settings…" opens; made from the template when it is not there.
    pub config_file: PathBuf,
    /// Start at login.
    pub autostart: Autostart,
    /// The desktop's name, as in `XDG_CURRENT_DESKTOP`. `None`: unknown.
    pub desktop_name: Option<String>,
    /// Called with sentences for the person at the terminal: no tray host, and what to install.
    pub say: fn(&str),
}

/// Runs the engine and the tray until the engine has stopped; call it on the main thread, which on macOS and Windows
/// the tray takes.
///
/// A click on "Quit" and the signals INT, TERM and HUP ask the engine to stop; whatever hangs then, this returns
/// within two seconds.
pub fn run(driver: Driver, engine: impl Future<Output = ()> + Send + 'static, line: Line) {
    tray::beside(move |opener| {
        driver.block_on(stage::play(engine, line, opener));
        driver.end(LAST_BREATH);
    });
}
