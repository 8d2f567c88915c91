//! What people see, whole: title, tooltip, icon, menu and status text of one digest each.

use super::*;
use crate::analysis::digest::AccountDigest;
use crate::analysis::session::pace::Pace;
use crate::domain::quota::Source;
use crate::view::menu::{Action, ItemKind, as_text};
use crate::view::sample::{policy, surroundings};

fn shown(digest: &Digest) -> String {
    let view = view(digest, &policy(), &surroundings());
    format!(
        "title: {}\nicon: {} {:?}\ntooltip: {}\n{}\n\n{}",
        view.title,
        view.icon.state.name(),
        view.icon.face,
        view.tooltip.title,
        view.tooltip.body,
        as_text(&view.menu)
    )
}

#[test]
fn everything_set_up_and_well() {
    insta::assert_snapshot!(shown(&sample::full()));
}

#[test]
fn a_window_near_its_end_leads() {
    insta::assert_snapshot!(shown(&sample::pressing()));
}

#[test]
fn nothing_set_up_tells_the_first_step() {
    insta::assert_snapshot!(shown(&sample::empty()));
}

#[test]
fn every_account_failing_tells_why() {
    insta::assert_snapshot!(shown(&sample::failing()));
}

#[test]
fn stale_figures_stay_and_are_marked() {
    insta::assert_snapshot!(shown(&sample::stale()));
}

#[test]
fn over_the_limit_keeps_the_true_figure() {
    insta::assert_snapshot!(shown(&sample::over_limit()));
}

#[test]
fn unknown_figures_are_never_zero() {
    insta::assert_snapshot!(shown(&sample::unknown()));
}

#[test]
fn estimated_and_incomplete_sums_are_marked() {
    insta::assert_snapshot!(shown(&sample::estimated()));
}

#[test]
fn status_text_of_everything_set_up() {
    insta::assert_snapshot!(text::status(&sample::pressing(), &policy()));
}

#[test]
fn status_text_of_trouble() {
    let mut trouble = sample::failing();
    trouble.accounts.extend(sample::over_limit().accounts);
    trouble.accounts.extend(sample::unknown().accounts);
    insta::assert_snapshot!(text::status(&trouble, &policy()));
}

#[test]
fn status_text_of_nothing_set_up() {
    insta::assert_snapshot!(text::status(&sample::empty(), &policy()));
}

#[test]
fn status_text_fits_eighty_columns() {
    for digest in samples() {
        for line in text::status(&digest, &policy()).lines() {
            assert!(line.chars().count() <= 92, "{line}");
        }
    }
}

fn samples() -> Vec<Digest> {
    vec![
        sample::full(),
        sample::pressing(),
        sample::empty(),
        sample::failing(),
        sample::stale(),
        sample::over_limit(),
        sample::unknown(),
        sample::estimated(),
    ]
}

fn rows(items: &[MenuItem]) -> Vec<&MenuItem> {
    items
        .iter()
        .flat_map(|item| [vec![item], rows(&item.children)].concat())
        .collect()
}

#[test]
fn the_worst_account_is_named_with_percent_and_reset() {
    let seen = view(&sample::pressing(), &policy(), &surroundings());
    let worst = seen.tooltip.body.lines().next().unwrap();
    for word in ["Claude", "92 %", "3h 55min"] {
        assert!(worst.contains(word), "{worst}");
    }
    assert!(seen.title.starts_with("Claude 92 %"));
    assert_eq!(seen.icon.face, Face::Text("92%".to_owned()));
}

#[test]
fn a_tooltip_has_no_markup() {
    let mut digest = sample::full();
    digest.accounts[0].card.label = "R&D <b>Venice</b>".to_owned();
    digest.accounts[1].state = crate::analysis::digest::AccountState::Failed;
    let tooltip = view(&digest, &policy(), &surroundings()).tooltip;
    assert!(!tooltip.title.contains(['&', '<', '>']));
    assert!(!tooltip.body.contains(['&', '<', '>']), "{}", tooltip.body);
}

#[test]
fn every_row_has_a_name_of_its_own_and_fits() {
    let mut twins = sample::full();
    twins.budgets.push(twins.budgets[0].clone());
    twins.accounts[0].keys.extend(sample::venice().keys);
    for digest in samples().into_iter().chain([twins]) {
        let view = view(&digest, &policy(), &surroundings());
        let rows = rows(&view.menu);
        let names: std::collections::BTreeSet<&str> =
            rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(names.len(), rows.len());
        for row in rows {
            assert!(row.label.chars().count() <= 80, "{}", row.label);
            assert_eq!(row.label.is_empty(), row.kind == ItemKind::Separator);
        }
    }
}

#[test]
fn a_row_keeps_its_name_whatever_it_says() {
    let names = |digest: &Digest| -> Vec<String> {
        let view = view(digest, &policy(), &surroundings());
        let mut names: Vec<String> = rows(&view.menu).iter().map(|row| row.id.clone()).collect();
        names.sort();
        names
    };
    let mut later = sample::full();
    later.accounts[2] = sample::claude("91");
    assert_eq!(names(&sample::full()), names(&later));
}

#[test]
fn an_idle_tray_has_nothing_to_send() {
    for mut digest in samples() {
        let before = view(&digest, &policy(), &surroundings());
        digest.now += chrono::TimeDelta::seconds(61);
        let mut after = view(&digest, &policy(), &surroundings());
        // Only a tooltip that counts down to an urgent reset may change, every five minutes.
        after.tooltip = before.tooltip.clone();
        assert_eq!(before, after);
    }
}

#[test]
fn many_keys_end_in_a_hint_where_the_rest_is() {
    let mut digest = sample::digest(vec![sample::venice()]);
    digest.accounts[0].keys = (0..33)
        .map(|index| sample::key(&format!("key{index}"), &format!("key {index}"), "1", 0))
        .collect();
    let view = view(&digest, &policy(), &surroundings());
    let keys = rows(&view.menu)
        .into_iter()
        .find(|row| row.id == "account/venice/work/keys")
        .unwrap();
    assert_eq!(keys.label, "Keys (33)");
    assert_eq!(keys.children.len(), 21);
    assert_eq!(
        keys.children[20].label,
        "and 13 more: spendtray status --account venice/work"
    );
}

#[test]
fn paying_opens_the_page_with_its_amount() {
    let view = view(&sample::full(), &policy(), &surroundings());
    let row = rows(&view.menu)
        .into_iter()
        .find(|row| row.id == "account/venice/work/top-up/25")
        .unwrap();
    assert_eq!(
        row.action,
        Some(Action::Open(
            "https://venice.example/pay?amount=25.00".to_owned()
        ))
    );
}

#[test]
fn notes_of_the_program_stand_right_below_the_headline() {
    let mut noted = surroundings();
    noted.notes = vec!["The ledger cannot be written: the disk is full.".to_owned()];
    let view = view(&sample::full(), &policy(), &noted);
    assert_eq!(view.menu[1].id, "note/0/0");
    assert_eq!(view.menu[1].label, noted.notes[0]);
}

#[test]
fn the_meter_shows_the_fullest_window_else_the_fullest_budget() {
    let mut metered = policy();
    metered.icon = crate::domain::policy::IconStyle::Meter;
    let face = |digest: &Digest| view(digest, &metered, &surroundings()).icon.face;
    assert_eq!(face(&sample::full()), Face::Meter(62));
    assert_eq!(face(&sample::unknown()), Face::Mark);
    assert_eq!(face(&sample::estimated()), Face::Meter(82));
}

/// F58, F59, F60
#[test]
fn a_session_shows_its_share_its_time_and_when_it_runs_out() {
    let mut session = sample::window("5h", "Session (5 h)", Some("50"), "2026-11-23T13:00:00Z");
    session.window.span = Some(chrono::TimeDelta::hours(5));
    session.window.source = Source::Estimated;
    (session.window.used, session.window.limit) = (
        Some(sample::decimal("110000")),
        Some(sample::decimal("220000")),
    );
    session.window.unit = Some("tokens".to_owned());
    session.runs_out_at = Some(sample::at("2026-11-23T10:25:00Z"));
    session.pace = Some(Pace::RunsOut);
    let mut stable = session.clone();
    stable.runs_out_at = None;
    stable.pace = Some(Pace::Stable);
    let account = |id, label, window| AccountDigest {
        windows: vec![window],
        ..sample::account(id, label)
    };
    let digest = sample::digest(vec![
        account("claude-code", "Claude Code", session),
        account("codex-logs", "Codex", stable),
    ]);
    let view = view(&digest, &policy(), &surroundings());
    let text = text::status(&digest, &policy());
    insta::assert_snapshot!(format!("{}\n\n{text}", as_text(&view.menu)));
}
