//! Mouth 1: the tray and the notifications. Updates in, commands out.
//!
//! It never computes a figure and never blocks the engine.

use std::future::Future;
use std::path::PathBuf;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::app::message::{Command, Update};
use crate::system::autostart::Autostart;

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
    /// The desktop's name, as it calls itself. `None`: it does not.
    pub desktop_name: Option<String>,
    /// Called with sentences for the person at the terminal: no tray host, and what to install.
    pub say: fn(&str),
}

/// Runs the engine and the tray until the engine has stopped; on macOS and Windows the tray takes this thread.
pub fn run(
    runtime: tokio::runtime::Runtime,
    engine: impl Future<Output = ()> + Send + 'static,
    line: Line,
) {
    todo!()
}
