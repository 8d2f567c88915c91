//! No tray: on systems for which none is built yet. It says so once.

use crate::desktop::tray::{Parts, Tray};
use crate::view::View;

/// A tray that shows nothing.
#[derive(Debug)]
pub(super) struct AbsentTray;

/// The way to the tray: there is nothing to prepare.
#[derive(Debug)]
pub(super) struct Door;

impl Door {
    /// Says that there is none.
    #[expect(clippy::unused_self, reason = "the toolkit's door leads to its loop")]
    pub(super) fn open(self, parts: Parts) -> AbsentTray {
        (parts.say)(
            "this build has no tray icon for this system; figures are still polled: see `spendtray status --watch`.",
        );
        AbsentTray
    }
}

/// Does the work on this thread.
pub(super) fn beside(work: impl FnOnce(Door)) {
    work(Door);
}

impl Tray for AbsentTray {
    fn apply(&mut self, _view: View) {}
}
