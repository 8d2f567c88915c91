//! What crosses between the engine and a mouth: commands in, updates out.

use crate::view::View;
use crate::view::menu::Action;
use crate::view::notice::Notice;

/// What the engine is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A person asked for it.
    Act(Action),
    /// The configuration file changed.
    Reload,
    /// The logs of these agents were written, by their providers' ids.
    LogsGrew(Vec<&'static str>),
    /// The state outside the ledger that the menu shows may have changed (start at login).
    Redraw,
    /// A person is about to look at the menu: what it says of the time has to be true now.
    Look,
    /// A second start asks the running one to show itself.
    Wake,
}

/// What the engine tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// Show this.
    View(Box<View>),
    /// Tell the user, once.
    Notice(Notice),
    /// Open this in the browser.
    Open(String),
    /// Open the configuration in the user's editor.
    Edit,
    /// Put this on the clipboard.
    Copy(String),
    /// Start or no longer start at login; answer with `Command::Redraw`.
    ToggleAutostart,
    /// The engine has stopped; nothing follows.
    Stopped,
}
