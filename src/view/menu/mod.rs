//! The menu as a tree: rows, what they do when clicked, and their stable names.
//!
//! A row keeps its `id` as long as it means the same thing, whatever it says, so that an open menu can be
//! refreshed in place. Nothing in it counts minutes: times are told by clock and date, so that an idle tray has
//! nothing to send.

mod account;
mod alerts;
mod market;
mod program;
mod sketch;

use std::collections::BTreeSet;

use crate::analysis::digest::Digest;
use crate::domain::account::AccountId;
use crate::domain::alert::AlertKey;
use crate::domain::policy::Policy;
use crate::view::Surroundings;
use crate::view::format::{self, Moment};
use crate::view::phrase;

pub use sketch::as_text;

/// The most characters of a row.
const WIDTH: usize = 76;
/// The most characters of the first row: it has the sums of all accounts.
const HEADLINE_WIDTH: usize = 92;
/// The most rows of keys, models or projects.
const MOST_ROWS: usize = 20;

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

impl MenuItem {
    fn text(id: impl Into<String>, label: impl AsRef<str>) -> Self {
        Self::row(id, ItemKind::Text, label)
    }

    fn row(id: impl Into<String>, kind: ItemKind, label: impl AsRef<str>) -> Self {
        Self {
            id: id.into(),
            kind,
            label: format::trim(&format::printable(label.as_ref()), WIDTH),
            action: None,
            children: Vec::new(),
        }
    }

    fn separator(id: impl Into<String>) -> Self {
        Self::row(id, ItemKind::Separator, "")
    }

    fn does(mut self, action: Action) -> Self {
        self.action = Some(action);
        self
    }

    fn over(mut self, children: Vec<Self>) -> Self {
        self.children = children;
        self
    }

    fn is_separator(&self) -> bool {
        self.kind == ItemKind::Separator
    }
}

/// A row of text behind a bar where a share is known.
fn barred(id: String, percent: Option<rust_decimal::Decimal>, label: &str) -> MenuItem {
    let kind = percent.map_or(ItemKind::Text, |percent| {
        ItemKind::Bar(format::filled(percent))
    });
    MenuItem::row(id, kind, label)
}

/// A sentence as rows, named `id/0`, `id/1` …
fn sentence(id: &str, text: &str) -> Vec<MenuItem> {
    format::wrap(text, WIDTH)
        .iter()
        .enumerate()
        .map(|(index, line)| MenuItem::text(format!("{id}/{index}"), line))
        .collect()
}

fn first_row(headline: &str) -> MenuItem {
    let label = format::trim(&format::printable(headline), HEADLINE_WIDTH);
    MenuItem {
        label,
        ..MenuItem::text("headline", "")
    }
}

/// The menu, whose first row is `headline`.
pub(super) fn menu(
    headline: &str,
    digest: &Digest,
    policy: &Policy,
    surroundings: &Surroundings,
) -> Vec<MenuItem> {
    let moment = Moment {
        now: digest.now,
        zone: policy.zone,
    };
    let mut notes: Vec<MenuItem> = surroundings
        .notes
        .iter()
        .enumerate()
        .flat_map(|(index, note)| sentence(&format!("note/{index}"), note))
        .collect();
    let mut items = vec![first_row(headline)];
    items.append(&mut notes);
    let accounts = phrase::account::worst_first(digest, policy).into_iter();
    let reading = |id: &AccountId| {
        let mut reading = surroundings.reading.iter();
        reading.find(|(own, _)| own == id).map(|(_, read)| *read)
    };
    let accounts = accounts.map(|each| account::row(each, reading(each.id()), policy, moment));
    let subscriptions = phrase::spend::subscriptions(digest);
    let subscriptions = subscriptions.map(|line| MenuItem::text("subscriptions", line));
    let accounts = accounts.chain(subscriptions).collect();
    let groups = [
        ("accounts", accounts),
        ("market", market::rows(digest, moment)),
        ("budgets", market::budgets(digest, moment)),
        ("alerts", alerts::rows(digest, moment)),
        ("program", program::rows(digest, surroundings, moment)),
    ];
    for (name, rows) in groups {
        if !rows.is_empty() {
            items.push(MenuItem::separator(format!("separator/{name}")));
            items.extend(rows);
        }
    }
    name_apart(&mut items, &mut BTreeSet::new());
    items
}

/// Rows whose names came out equal get numbers behind them: a desktop tells rows apart by name only.
fn name_apart(items: &mut [MenuItem], taken: &mut BTreeSet<String>) {
    for item in items {
        if taken.contains(&item.id) {
            let numbered = (2_u32..).map(|number| format!("{}#{number}", item.id));
            if let Some(free) = numbered.into_iter().find(|id| !taken.contains(id)) {
                item.id = free;
            }
        }
        taken.insert(item.id.clone());
        name_apart(&mut item.children, taken);
    }
}
