//! Words and shapes: what people see, as plain data, made from a digest by pure functions.
//!
//! Title, tooltip, icon and first menu row come from one function and cannot disagree. No toolkit, no bus:
//! drawing it on a desktop is `desktop`'s business.

pub mod format;
pub mod icon;
pub mod menu;
pub mod notice;
pub mod phrase;
pub mod text;
pub mod title;
mod tooltip;
pub mod usage;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::analysis::digest::{Digest, OverallState};
use crate::domain::account::AccountId;
use crate::domain::policy::Policy;
use crate::view::menu::{Checked, MenuItem};

/// Everything the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The short line, where a desktop shows one beside the icon.
    pub title: String,
    /// The tooltip: the short line, then one line an account. Plain text without `&`, `<`, `>`.
    pub tooltip: Tooltip,
    /// The icon.
    pub icon: Icon,
    /// The menu, from the top.
    pub menu: Vec<MenuItem>,
}

/// A tooltip.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tooltip {
    /// The headline; some desktops show only this.
    pub title: String,
    /// The lines below it, separated by newlines.
    pub body: String,
}

/// What the icon says; `icon::pixels` draws it in any size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icon {
    /// Decides its colour.
    pub state: OverallState,
    /// What is drawn on it.
    pub face: Face,
}

/// What is drawn on the icon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Face {
    /// At most four characters: `$12`, `87%`, `1.2k`.
    Text(String),
    /// A bar, percent full.
    Meter(u8),
    /// The mark alone.
    Mark,
}

/// What the menu shows besides the figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// Whether the program starts at login. `None`: cannot be told here, then no row offers it.
    pub autostart: Option<Checked>,
    /// When a poll last ended. `None`: not since the start.
    pub last_refresh: Option<DateTime<Utc>>,
    /// Whether polls are under way.
    pub refreshing: Refreshing,
    /// The accounts whose logs are being read for the first time, and how far that has come.
    pub reading: Vec<(AccountId, FilesRead)>,
    /// What is wrong with the program itself (ledger, configuration), one sentence each.
    pub notes: Vec<String>,
}

/// How many of an agent's files of logs were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilesRead {
    /// So many were.
    pub read: u64,
    /// Of so many.
    pub files: u64,
}

/// Whether polls are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshing {
    /// At least one.
    Yes,
    /// None.
    No,
}

/// Everything the tray shows, from one digest.
#[must_use]
pub fn view(digest: &Digest, policy: &Policy, surroundings: &Surroundings) -> View {
    let headline = title::headline(digest, policy);
    let fullest = fullest(digest);
    View {
        tooltip: tooltip::tooltip(&headline, digest, policy),
        icon: Icon {
            state: digest.state,
            face: icon::face(policy.icon, headline.leading.as_ref(), fullest),
        },
        menu: menu::menu(&headline.long, digest, policy, surroundings),
        title: headline.title,
    }
}

/// The short line by itself: what the title shows, for `status` and status bars.
#[must_use]
pub fn title(digest: &Digest, policy: &Policy) -> String {
    title::headline(digest, policy).title
}

/// The fullest window's percent, else the fullest budget's, for the meter.
fn fullest(digest: &Digest) -> Option<Decimal> {
    let windows = digest
        .accounts
        .iter()
        .filter_map(|account| phrase::account::fullest(account)?.window.used_percent);
    let budgets = || digest.budgets.iter().filter_map(|budget| budget.percent);
    windows.max().or_else(|| budgets().max())
}
