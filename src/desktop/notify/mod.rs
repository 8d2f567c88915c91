//! Notifications: an alert is told once, with buttons where the desktop has them.
//!
//! The alerts menu is the truth and the popup a side effect: one that cannot be shown is logged and not kept.

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
mod absent;
#[cfg(any(target_os = "linux", target_os = "macos", windows))]
mod buttons;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(target_os = "macos", windows))]
mod native;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::app::message::Command;
use crate::view::notice::Notice;

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
use crate::desktop::notify::absent::serve;
#[cfg(target_os = "linux")]
use crate::desktop::notify::linux::serve;
#[cfg(any(target_os = "macos", windows))]
use crate::desktop::notify::native::serve;

/// Shows notices, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Notifier(UnboundedSender<Notice>);

impl Notifier {
    /// Starts the task that shows them; `clicks` is where buttons go. Needs a tokio runtime.
    pub(super) fn start(clicks: UnboundedSender<Command>) -> Self {
        let (sender, notices) = unbounded_channel();
        tokio::spawn(serve(notices, clicks));
        Self(sender)
    }

    /// Shows one; never waits.
    pub(super) fn show(&self, notice: Notice) {
        // The task lives as long as the process.
        drop(self.0.send(notice));
    }
}
