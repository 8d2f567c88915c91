//! The tooltip: the short line, then one line an account, worst first. Plain text also where markup is read.

use crate::analysis::digest::{AccountDigest, Digest};
use crate::domain::policy::Policy;
use crate::view::Tooltip;
use crate::view::format::{self, Moment};
use crate::view::phrase::quota::ResetWords;
use crate::view::phrase::{account, key, quota, spend};
use crate::view::title::Headline;

/// The most lines below the headline.
const MOST_LINES: usize = 10;
/// The most characters of a line: panels break longer ones.
const WIDTH: usize = 72;

pub(super) fn tooltip(headline: &Headline, digest: &Digest, policy: &Policy) -> Tooltip {
    let title = if headline.title.is_empty() {
        &headline.long
    } else {
        &headline.title
    };
    let accounts = account::worst_first(digest, policy);
    let mut lines: Vec<String> = accounts
        .iter()
        .take(MOST_LINES)
        .map(|each| format::trim(&format::printable(&line(each, digest, policy)), WIDTH))
        .collect();
    if accounts.len() > MOST_LINES {
        lines.push(format!("and {} more", accounts.len() - MOST_LINES));
    }
    Tooltip {
        title: format::plain(title),
        body: format::plain(&lines.join("\n")),
    }
}

fn line(each: &AccountDigest, digest: &Digest, policy: &Policy) -> String {
    let moment = Moment {
        now: digest.now,
        zone: policy.zone,
    };
    let mut parts = account::state(each, moment);
    if let Some(window) =
        account::fullest(each).filter(|window| !quota::is_told_by_purse(window, each))
    {
        let window = &window.window;
        let urgent = window
            .used_percent
            .is_some_and(|percent| percent >= policy.warn_at);
        let words = if urgent {
            ResetWords::Countdown
        } else {
            ResetWords::Clock
        };
        parts.push(format!(
            "{} {}",
            quota::window_name(window),
            quota::used(window)
        ));
        parts.extend(quota::resets(window, moment, words));
    }
    parts.extend(each.balances.iter().filter_map(quota::in_short));
    parts.extend(spend::today(each, policy.currency));
    if parts.is_empty() {
        parts.extend(key::widest(&each.spend, policy.currency));
    }
    let figures = format::fit(
        parts,
        WIDTH.saturating_sub(each.card.label.chars().count() + 2),
    );
    if figures.is_empty() {
        each.card.label.clone()
    } else {
        format!("{}: {figures}", each.card.label)
    }
}
