//! A line for a status bar: waybar, polybar, tmux. Pure.
//!
//! The state is a colour and a mark before the line, so that a bar without colour tells it too.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::Serialize;

use crate::analysis::digest::{Digest, OverallState};
use crate::domain::policy::Policy;
use crate::view::{Refreshing, Surroundings, view};

#[derive(Serialize)]
struct Waybar<'a> {
    text: String,
    tooltip: String,
    class: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentage: Option<u8>,
}

/// The object that waybar's `return-type: json` reads, on one line.
pub(super) fn waybar(digest: &Digest, policy: &Policy) -> String {
    let surroundings = Surroundings {
        autostart: None,
        last_refresh: None,
        refreshing: Refreshing::No,
        reading: Vec::new(),
        notes: Vec::new(),
    };
    let view = view(digest, policy, &surroundings);
    let lines = [view.tooltip.title.as_str(), view.tooltip.body.as_str()];
    let tooltip: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let bar = Waybar {
        text: pango(&view.title),
        tooltip: pango(&tooltip.join("\n")),
        class: digest.state.name(),
        percentage: fullest(digest),
    };
    serde_json::to_string(&bar).unwrap_or_default()
}

/// Waybar reads both texts as Pango markup.
fn pango(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The fullest window or budget in whole percent, at most 100. `None`: there is none, or none is known.
fn fullest(digest: &Digest) -> Option<u8> {
    let windows = digest
        .accounts
        .iter()
        .flat_map(|account| &account.windows)
        .filter_map(|window| window.window.used_percent);
    let budgets = digest.budgets.iter().filter_map(|budget| budget.percent);
    let fullest = windows.chain(budgets).max()?;
    fullest
        .clamp(Decimal::ZERO, Decimal::ONE_HUNDRED)
        .round()
        .to_u8()
}

/// A line with polybar's colours.
pub(super) fn polybar(title: &str, state: OverallState) -> String {
    // `%{` opens a tag: a zero-width space keeps a title's own from being one.
    let title = title.replace("%{", "%\u{200b}{");
    match colour(state) {
        Some(colour) => format!("%{{F{colour}}}{}{title}%{{F-}}", mark(state)),
        None => title,
    }
}

/// A line with tmux's colours.
pub(super) fn tmux(title: &str, state: OverallState) -> String {
    let title = title.replace('#', "##");
    match colour(state) {
        Some(colour) => format!("#[fg={colour}]{}{title}#[default]", mark(state)),
        None => title,
    }
}

/// The colour of a state; `None`: the bar's own.
fn colour(state: OverallState) -> Option<&'static str> {
    match state {
        OverallState::Ok => None,
        OverallState::Stale => Some("#8a8a8a"),
        OverallState::Warning => Some("#d7a000"),
        OverallState::Critical | OverallState::Error => Some("#d75f5f"),
    }
}

fn mark(state: OverallState) -> &'static str {
    match state {
        OverallState::Ok => "",
        OverallState::Stale => "~ ",
        OverallState::Warning => "! ",
        OverallState::Critical => "!! ",
        OverallState::Error => "x ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: &str = "$4.21 · 42.5000 DIEM";

    #[test]
    fn all_well_is_the_bar_s_own_colour() {
        assert_eq!(polybar(TITLE, OverallState::Ok), TITLE);
        assert_eq!(tmux(TITLE, OverallState::Ok), TITLE);
    }

    #[test]
    fn a_state_is_a_colour_and_a_mark() {
        insta::assert_snapshot!(polybar(TITLE, OverallState::Warning), @"%{F#d7a000}! $4.21 · 42.5000 DIEM%{F-}");
        insta::assert_snapshot!(tmux(TITLE, OverallState::Critical), @"#[fg=#d75f5f]!! $4.21 · 42.5000 DIEM#[default]");
    }

    #[test]
    fn a_title_cannot_give_a_bar_orders() {
        assert_eq!(tmux("#[fg=red]x", OverallState::Ok), "##[fg=red]x");
        assert!(!polybar("%{A1:reboot:}x%{A}", OverallState::Ok).contains("%{"));
        assert_eq!(pango("<b>&"), "&lt;b&gt;&amp;");
    }
}
