//! How an account stands, in words: whether its figures are old, why, how bad it is, and the line that tells all.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};

use crate::analysis::digest::{
    AccountDigest, AccountShape, AccountState, Digest, OverallState, WindowDigest,
};
use crate::domain::account::AccountId;
use crate::domain::alert::{AlertRecord, Severity};
use crate::domain::policy::Policy;
use crate::domain::poll::{Failure, FailureKind};
use crate::domain::quota::Standing;
use crate::view::format::{self, Moment};
use crate::view::phrase::quota::{self, ResetWords};
use crate::view::phrase::{key, spend};

/// Whether the account's figures are older than its interval promises.
#[must_use]
pub fn is_old(account: &AccountDigest, now: DateTime<Utc>) -> bool {
    match account.state {
        AccountState::Fresh => false,
        AccountState::Waiting => {
            let promised =
                TimeDelta::from_std(account.card.every.saturating_mul(2)).unwrap_or(TimeDelta::MAX);
            account.updated_at.is_some_and(|at| now - at > promised)
        }
        AccountState::Stale
        | AccountState::Unknown
        | AccountState::Failed
        | AccountState::Unauthorized => account.updated_at.is_some(),
    }
}

/// What is to be said of the account besides its figures, in short parts; nothing while all is well.
#[must_use]
pub fn state(account: &AccountDigest, moment: Moment) -> Vec<String> {
    let mut parts = Vec::new();
    match account.state {
        AccountState::Fresh | AccountState::Stale => {}
        AccountState::Waiting => parts.push(waiting(account.failure.as_ref(), moment)),
        AccountState::Unknown => parts.push("not polled yet".to_owned()),
        AccountState::Failed => parts.push(
            account
                .failure
                .as_ref()
                .map_or("no figures", |failure| trouble(failure.kind))
                .to_owned(),
        ),
        AccountState::Unauthorized => parts.push(refused(account.failure.as_ref()).to_owned()),
    }
    if is_old(account, moment.now)
        && let Some(at) = account.updated_at
    {
        parts.push(format!("as of {}", format::when(at, moment)));
    }
    parts
}

fn waiting(failure: Option<&Failure>, moment: Moment) -> String {
    failure
        .and_then(|failure| failure.retry_at)
        .filter(|retry_at| *retry_at > moment.now)
        .map_or_else(
            || "waiting".to_owned(),
            |retry_at| format!("waiting until {}", format::reset_at(retry_at, moment)),
        )
}

fn refused(failure: Option<&Failure>) -> &'static str {
    failure.map_or(trouble(FailureKind::Unauthorized), |failure| {
        trouble(failure.kind)
    })
}

/// How an account's figures are put in one line.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// When and where it is read.
    pub moment: Moment,
    /// How the reset of a window near its end is told; every other is told by clock.
    pub urgent: ResetWords,
    /// The most purses that are named.
    pub purses: usize,
}

/// An account in a line, most important first: its state, then its fullest window, its purses and what was spent today.
/// Where all windows limit money, today's spend goes before them: it is the news, and fills them.
#[must_use]
pub fn line(account: &AccountDigest, policy: &Policy, manner: Manner) -> Vec<String> {
    let mut parts = state(account, manner.moment);
    let today = account.spend.today.as_ref();
    let today = today
        .and_then(|today| spend::spend(today, policy.currency, format::money))
        .map(|sum| format!("{} today", sum.text));
    let (before, behind) = if has_only_money_limits(account) {
        (today, None)
    } else {
        (None, today)
    };
    parts.extend(before);
    parts.extend(window(account, policy, manner));
    let purses = account.balances.iter().filter_map(quota::in_short);
    parts.extend(purses.take(manner.purses));
    parts.extend(behind);
    if parts.is_empty() {
        parts.extend(key::widest(&account.spend, policy.currency));
    }
    parts
}

fn has_only_money_limits(account: &AccountDigest) -> bool {
    let mut windows = account.windows.iter();
    !account.windows.is_empty() && windows.all(|row| quota::limits_money(&row.window))
}

/// The fullest window, unless its purse tells the same, and its reset.
fn window(account: &AccountDigest, policy: &Policy, manner: Manner) -> Vec<String> {
    let Some(row) = fullest(account).filter(|row| !quota::is_told_by_purse(row, account)) else {
        return Vec::new();
    };
    let window = &row.window;
    let urgent = window
        .used_percent
        .is_some_and(|percent| percent >= policy.warn_at);
    let words = if urgent {
        manner.urgent
    } else {
        ResetWords::Clock
    };
    let share = format!("{} {}", quota::window_name(window), quota::used(window));
    [share]
        .into_iter()
        .chain(quota::resets(window, manner.moment, words))
        .collect()
}

/// A kind of failure in two or three words.
#[must_use]
pub const fn trouble(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Unauthorized => "key refused",
        FailureKind::Throttled => "told to wait",
        FailureKind::Unreachable => "not reachable",
        FailureKind::Upstream => "vendor in trouble",
        FailureKind::Refused => "request refused",
        FailureKind::Malformed => "answer not understood",
        FailureKind::NotConfigured => "no key",
    }
}

/// How bad an account is, as far as its row shows it; the whole is judged in the digest.
#[must_use]
pub fn badness(account: &AccountDigest, alerts: &[AlertRecord], policy: &Policy) -> OverallState {
    let of_state = match account.state {
        AccountState::Failed | AccountState::Unauthorized => OverallState::Error,
        AccountState::Stale => OverallState::Stale,
        AccountState::Fresh | AccountState::Waiting | AccountState::Unknown => OverallState::Ok,
    };
    let of_windows = account
        .windows
        .iter()
        .filter_map(|window| window.window.used_percent)
        .map(|percent| {
            if percent >= policy.critical_at {
                OverallState::Critical
            } else if percent >= policy.warn_at {
                OverallState::Warning
            } else {
                OverallState::Ok
            }
        });
    let of_balances = account
        .balances
        .iter()
        .filter(|balance| balance.balance.standing == Standing::Exhausted)
        .map(|_| OverallState::Critical);
    let of_alerts = alerts
        .iter()
        .filter(|alert| subject(alert).as_ref() == Some(account.id()))
        .map(|alert| match alert.severity {
            Severity::Info => OverallState::Ok,
            Severity::Warning => OverallState::Warning,
            Severity::Critical => OverallState::Critical,
        });
    of_windows
        .chain(of_balances)
        .chain(of_alerts)
        .fold(of_state, OverallState::max)
}

/// The account an alert tells of, when it tells of one.
fn subject(alert: &AlertRecord) -> Option<AccountId> {
    alert.key.subject.split(' ').next().map(AccountId::parse)
}

/// The accounts that have a row of their own, worst first, otherwise in the configuration's order.
#[must_use]
pub fn worst_first<'a>(digest: &'a Digest, policy: &Policy) -> Vec<&'a AccountDigest> {
    let mut accounts: Vec<&AccountDigest> = digest
        .accounts
        .iter()
        .filter(|each| has_row(each))
        .collect();
    accounts.sort_by_key(|account| {
        let refused = account.state == AccountState::Unauthorized;
        let spends = account.card.shape == AccountShape::Spending;
        Reverse((badness(account, &digest.alerts, policy), spends, refused))
    });
    accounts
}

/// A market source is only worth a row when it fails.
fn has_row(account: &AccountDigest) -> bool {
    match account.card.shape {
        AccountShape::Spending => true,
        AccountShape::Market => matches!(
            account.state,
            AccountState::Stale | AccountState::Failed | AccountState::Unauthorized
        ),
    }
}

/// The account's fullest window. `None`: it has none whose share is known.
#[must_use]
pub fn fullest(account: &AccountDigest) -> Option<&WindowDigest> {
    account
        .windows
        .iter()
        .filter(|window| window.window.used_percent.is_some())
        // `max_by_key` takes the last of equals; the vendor's first is wanted.
        .rev()
        .max_by_key(|window| window.window.used_percent)
}
