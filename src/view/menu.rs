//! The menu as a tree: rows, what they do when clicked, and their stable names.
//!
//! A row keeps its `id` as long as it means the same thing, whatever it says, so that an open menu can be
//! refreshed in place.

use crate::domain::account::AccountId;
use crate::domain::alert::AlertKey;

/// A row of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuItem {
    /// Stable name: `account/venice/work/key/ab12`.
    pub id: String,
    /// What it looks like.
    pub kind: ItemKind,
    /// What it says.
    pub label: String,
    /// What a click does. `None`: the row only informs.
    pub action: Option<Action>,
    /// The submenu.
    pub children: Vec<MenuItem>,
}

/// What a row looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// A line of text.
    Text,
    /// A line of text behind a tiny usage bar, percent full; drawn where the host draws menu icons.
    Bar(u8),
    /// A line with a check mark.
    Check(Checked),
    /// A line between groups.
    Separator,
}

/// Whether a check mark is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// Set.
    Yes,
    /// Not set.
    No,
}

/// What a click, a key or a command asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Poll every account now.
    RefreshAll,
    /// Poll one account now.
    Refresh(AccountId),
    /// Open a page in the browser.
    Open(String),
    /// Put a text on the clipboard.
    Copy(String),
    /// Mark an alert as seen.
    Acknowledge(AlertKey),
    /// Mark all alerts as seen.
    AcknowledgeAll,
    /// Keep an alert quiet for an hour.
    Snooze(AlertKey),
    /// Start or no longer start at login.
    ToggleAutostart,
    /// Open the configuration in the user's editor.
    OpenSettings,
    /// End the program.
    Quit,
}
