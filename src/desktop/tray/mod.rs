//! The icon in the tray, behind one small trait: a view goes in, what people click comes back as commands.
//!
//! Linux speaks to the desktop itself (`linux`), because no library publishes the label, several icon sizes and a menu
//! that keeps its numbers. macOS and Windows have no implementation yet (`absent`); theirs will own the main thread.

#[cfg(not(target_os = "linux"))]
mod absent;
#[cfg(target_os = "linux")]
mod linux;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::message::Command;
use crate::view::View;

#[cfg(not(target_os = "linux"))]
use crate::desktop::tray::absent::AbsentTray as PlatformTray;
#[cfg(target_os = "linux")]
use crate::desktop::tray::linux::LinuxTray as PlatformTray;

/// A place where a view is shown.
pub(super) trait Tray {
    /// Shows this from now on; touches only what differs from what is shown, and never waits.
    fn apply(&mut self, view: View);
}

/// What a tray is given.
#[derive(Debug)]
pub(super) struct Parts {
    /// Where clicks go.
    pub(super) clicks: UnboundedSender<Command>,
    /// The desktop's name. `None`: unknown.
    pub(super) desktop_name: Option<String>,
    /// Called with sentences for the person at the terminal, each at most once.
    pub(super) say: fn(&str),
}

/// This system's tray; nothing is shown before the first view. Needs a tokio runtime.
pub(super) fn start(parts: Parts) -> impl Tray {
    PlatformTray::start(parts)
}
