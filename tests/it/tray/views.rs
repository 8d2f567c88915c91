//! Views made by hand.

use spendtray::analysis::digest::OverallState;
use spendtray::view::menu::{Action, Checked, ItemKind, MenuItem};
use spendtray::view::{Face, Icon, Tooltip, View};

/// A row that only informs.
pub(crate) fn info(id: &str, label: &str) -> MenuItem {
    MenuItem {
        id: id.to_owned(),
        kind: ItemKind::Text,
        label: label.to_owned(),
        action: None,
        children: Vec::new(),
    }
}

/// A row that does something.
pub(crate) fn button(id: &str, label: &str, action: Action) -> MenuItem {
    MenuItem {
        action: Some(action),
        ..info(id, label)
    }
}

/// A line between groups.
pub(crate) fn separator(id: &str) -> MenuItem {
    MenuItem {
        kind: ItemKind::Separator,
        ..info(id, "")
    }
}

/// The view of a person with two accounts.
pub(crate) fn two_accounts() -> View {
    View {
        title: "$4.21 · 42.50 DIEM".to_owned(),
        tooltip: Tooltip {
            title: "$4.21 · 42.50 DIEM".to_owned(),
            body: "Venice 42.5000 DIEM\nClaude Max 5 h 33 %, resets in 3h 55min".to_owned(),
        },
        icon: Icon {
            state: OverallState::Ok,
            face: Face::Text("$4".to_owned()),
        },
        menu: vec![
            info("title", "$4.21 today · $214.90 this month"),
            separator("line/1"),
            venice(),
            claude(),
            separator("line/2"),
            button(
                "program/refresh",
                "Refresh now   2 min ago",
                Action::RefreshAll,
            ),
            MenuItem {
                kind: ItemKind::Check(Checked::No),
                ..button(
                    "program/autostart",
                    "Start at login",
                    Action::ToggleAutostart,
                )
            },
            button("program/settings", "Settings…", Action::OpenSettings),
            button("program/quit", "Quit", Action::Quit),
        ],
    }
}

fn venice() -> MenuItem {
    let page = "https://venice.ai/settings/api".to_owned();
    MenuItem {
        children: vec![
            info("account/venice/balance/diem", "42.5000 DIEM left of 100"),
            bar(
                58,
                info(
                    "account/venice/window/epoch",
                    "Epoch 57.5 % · resets 1am (14h)",
                ),
            ),
            separator("account/venice/line"),
            info("account/venice/key/1", "key ci_bot   $2.11 in 7 days"),
            button("account/venice/open", "Open dashboard", Action::Open(page)),
        ],
        ..info("account/venice", "Venice   42.5000 DIEM")
    }
}

fn claude() -> MenuItem {
    let window = info(
        "account/claude/window/5h",
        "Session (5 h) 33 % · resets 3:55pm (3h 55min)",
    );
    MenuItem {
        children: vec![bar(33, window)],
        ..bar(33, info("account/claude", "Claude Max   5 h 33 %"))
    }
}

fn bar(percent: u8, item: MenuItem) -> MenuItem {
    MenuItem {
        kind: ItemKind::Bar(percent),
        ..item
    }
}
