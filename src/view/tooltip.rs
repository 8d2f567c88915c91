//! The tooltip: the short line, then one line an account, worst first. Plain text also where markup is read.

use crate::analysis::digest::{AccountDigest, Digest};
use crate::domain::policy::Policy;
use crate::view::Tooltip;
use crate::view::format::{self, Moment};
use crate::view::phrase::account::{self, Manner};
use crate::view::phrase::quota::ResetWords;
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
    let manner = Manner {
        moment,
        urgent: ResetWords::Countdown,
        purses: usize::MAX,
    };
    let parts = account::line(each, policy, manner);
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
