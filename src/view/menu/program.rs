//! The last rows of the menu: refresh, start at login, settings, quit; and what to do when nothing is set up.

use crate::analysis::digest::Digest;
use crate::view::format::{self, Moment};
use crate::view::menu::{Action, Checked, ItemKind, MenuItem};
use crate::view::{Refreshing, Surroundings};

pub(super) fn rows(digest: &Digest, surroundings: &Surroundings, moment: Moment) -> Vec<MenuItem> {
    let mut rows = Vec::new();
    if digest.accounts.is_empty() {
        rows.push(MenuItem::text(
            "program/first-step",
            "Add an account in a terminal: spendtray login venice",
        ));
        rows.push(MenuItem::text(
            "program/first-look",
            "See every provider: spendtray providers",
        ));
    } else {
        rows.push(refresh(surroundings, moment));
    }
    rows.extend(surroundings.autostart.map(start_at_login));
    rows.push(MenuItem::text("program/settings", "Settings…").does(Action::OpenSettings));
    rows.push(MenuItem::text("program/quit", "Quit").does(Action::Quit));
    rows
}

fn refresh(surroundings: &Surroundings, moment: Moment) -> MenuItem {
    let label = match (surroundings.refreshing, surroundings.last_refresh) {
        (Refreshing::Yes, _) => "Refreshing…".to_owned(),
        (Refreshing::No, None) => "Refresh now".to_owned(),
        (Refreshing::No, Some(last)) => {
            format!("Refresh now (last {})", format::when(last, moment))
        }
    };
    MenuItem::text("program/refresh", label).does(Action::RefreshAll)
}

fn start_at_login(checked: Checked) -> MenuItem {
    MenuItem::row(
        "program/autostart",
        ItemKind::Check(checked),
        "Start at login",
    )
    .does(Action::ToggleAutostart)
}
