//! No tray: on systems for which none is built yet. It says so once.

use crate::desktop::tray::{Parts, Tray};
use crate::view::View;

/// A tray that shows nothing.
#[derive(Debug)]
pub(super) struct AbsentTray;

impl AbsentTray {
    /// Says that there is none.
    pub(super) fn start(parts: Parts) -> Self {
        (parts.say)(
            "this build has no tray icon for this system; figures are still polled: see `spendtray status --watch`.",
        );
        Self
    }
}

impl Tray for AbsentTray {
    fn apply(&mut self, _view: View) {}
}
