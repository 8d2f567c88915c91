//! The icon in the tray, behind one small trait: a view goes in, what people click comes back as commands.
//!
//! Linux speaks to the desktop itself (`linux`), because no library publishes the label, several icon sizes and a menu
//! that keeps its numbers. macOS and Windows have `toolkit`, which owns the main thread; with the feature
//! `toolkit-tray` Linux has it too, so that it can be tried and tested there.

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
mod absent;
#[cfg(all(target_os = "linux", not(feature = "toolkit-tray")))]
mod linux;
#[cfg(any(target_os = "macos", windows, feature = "toolkit-tray"))]
mod toolkit;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::message::Command;
use crate::view::View;

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
use crate::desktop::tray::absent as platform;
#[cfg(all(target_os = "linux", not(feature = "toolkit-tray")))]
use crate::desktop::tray::linux as platform;
#[cfg(any(target_os = "macos", windows, feature = "toolkit-tray"))]
use crate::desktop::tray::toolkit as platform;

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
    #[cfg_attr(
        any(not(target_os = "linux"), feature = "toolkit-tray"),
        expect(dead_code, reason = "only panels of Linux need to be switched on")
    )]
    pub(super) desktop_name: Option<String>,
    /// Called with sentences for the person at the terminal, each at most once.
    pub(super) say: fn(&str),
}

/// The right to open this system's tray, once.
#[derive(Debug)]
pub(super) struct Opener(platform::Door);

impl Opener {
    /// Opens it; nothing is shown before the first view. Needs a tokio runtime.
    pub(super) fn open(self, parts: Parts) -> impl Tray {
        self.0.open(parts)
    }
}

/// Does the work that shows things in the tray, and returns when it has ended: here, or on a thread of its own where the
/// tray needs this one, which must be the main one then.
pub(super) fn beside(work: impl FnOnce(Opener) + Send + 'static) {
    platform::beside(move |door| work(Opener(door)));
}
