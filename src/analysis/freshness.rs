//! Freshness: whether figures can still be trusted, and what time alone has done to them since they were read.

use std::time::Duration;

use crate::domain::zone::Zone;
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::analysis::digest::AccountState;
use crate::domain::key::KeyLimit;
use crate::domain::money::Money;
use crate::domain::poll::{FailureKind, PollState};
use crate::domain::quota::{Balance, QuotaWindow};
use crate::domain::snapshot::Latest;
use crate::domain::usage::Spans;

/// Whether an account's figures can be trusted. Figures that missed one poll are stale.
pub(super) fn state(
    latest: Option<&Latest>,
    poll: Option<&PollState>,
    every: Duration,
    now: DateTime<Utc>,
) -> AccountState {
    let failure = poll.and_then(|poll| poll.failure.as_ref());
    match (failure.map(|failure| failure.kind), latest) {
        (Some(FailureKind::Unauthorized | FailureKind::NotConfigured), _) => {
            AccountState::Unauthorized
        }
        (Some(FailureKind::Throttled), _) => AccountState::Waiting,
        (Some(_), None) => AccountState::Failed,
        (Some(_), Some(_)) => AccountState::Stale,
        (None, None) => AccountState::Unknown,
        (None, Some(latest)) => {
            // A reading from the future was taken before the clock was set back: its age is not known.
            if (now - latest.taken_at).abs() <= promised(every) {
                AccountState::Fresh
            } else {
                AccountState::Stale
            }
        }
    }
}

/// How old figures may be: those that missed one poll are stale.
pub(super) fn promised(every: Duration) -> TimeDelta {
    TimeDelta::from_std(every)
        .ok()
        .and_then(|every| every.checked_mul(2))
        .unwrap_or(TimeDelta::hours(2))
}

fn has_reset(resets_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    resets_at.is_some_and(|at| at <= now)
}

/// A window as it stands now: emptied when its reset has passed. When it resets next is for the vendor to say.
pub(super) fn window_now(window: &QuotaWindow, now: DateTime<Utc>) -> QuotaWindow {
    let mut window = window.clone();
    if has_reset(window.resets_at, now) {
        window.used_percent = Some(Decimal::ZERO);
        window.used = window.used.map(|_| Decimal::ZERO);
        window.resets_at = None;
    }
    if window.used_percent.is_none() {
        window.used_percent = percent(window.used, window.limit);
    }
    window
}

/// A purse as it stands now: after its refill what is left is unknown until it is read again.
pub(super) fn balance_now(balance: &Balance, now: DateTime<Utc>) -> Balance {
    let mut balance = balance.clone();
    if has_reset(balance.resets_at, now) {
        balance.remaining = None;
        balance.resets_at = None;
    }
    balance
}

/// A key's cap as it stands now: nothing is used when counting has started anew.
pub(super) fn limit_now(limit: &KeyLimit, now: DateTime<Utc>) -> KeyLimit {
    let mut limit = limit.clone();
    if has_reset(limit.resets_at, now) {
        limit.used = Some(Money::new(Decimal::ZERO, limit.max.currency));
        limit.resets_at = None;
    }
    limit
}

/// A vendor's own sums as far as their spans still run: yesterday's "today" is unknown now, not zero.
/// Vendors cut their days in UTC.
pub(super) fn spans_now(spans: &Spans, taken_at: DateTime<Utc>, now: DateTime<Utc>) -> Spans {
    Spans::from_units(|unit| {
        let running = taken_at >= unit.around(now, Zone::UTC).from;
        spans.get(unit).filter(|_| running).cloned()
    })
}

/// How many percent of a limit are used. `None`: unknown, or there is no limit to speak of.
pub(super) fn percent(used: Option<Decimal>, limit: Option<Decimal>) -> Option<Decimal> {
    let limit = limit.filter(|limit| *limit > Decimal::ZERO)?;
    used?.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(limit)
}

/// How many percent of what a purse is filled up to are used, never below zero; `None` when it is not filled up.
pub(super) fn used_percent(balance: &Balance) -> Option<Decimal> {
    let (granted, remaining) = (balance.granted?, balance.remaining?);
    if granted.currency != remaining.currency {
        return None;
    }
    let used = granted.amount.checked_sub(remaining.amount)?;
    // More than granted may be left when the grant was lowered while it ran.
    percent(Some(used.max(Decimal::ZERO)), Some(granted.amount))
}

/// How many percent of a key's cap are used.
pub(super) fn limit_percent(limit: &KeyLimit) -> Option<Decimal> {
    let used = limit
        .used
        .filter(|used| used.currency == limit.max.currency)?;
    percent(Some(used.amount), Some(limit.max.amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::{balance, dec, diem, limit, money};

    #[test]
    fn ninety_and_a_half_left_of_a_hundred_are_nine_and_a_half_percent_used() {
        assert_eq!(used_percent(&diem("90.5", "100")), Some(dec("9.5")));
        assert_eq!(used_percent(&diem("0", "0")), None, "not staking");
        assert_eq!(
            used_percent(&diem("120", "100")),
            Some(Decimal::ZERO),
            "the stake was lowered in the course of the day"
        );
        assert_eq!(used_percent(&diem("-0.5", "100")), Some(dec("100.5")));
    }

    #[test]
    fn a_purse_of_unknown_rest_or_another_currency_has_no_percentage() {
        let mut unknown = diem("1", "100");
        unknown.remaining = None;
        assert_eq!(used_percent(&unknown), None);
        let mixed = Balance {
            remaining: Some(money("1", "USD")),
            ..diem("1", "100")
        };
        assert_eq!(used_percent(&mixed), None);
        assert_eq!(used_percent(&balance("usd", Some(money("1", "USD")))), None);
    }

    #[test]
    fn ten_and_a_half_of_twenty_are_fifty_two_and_a_half_percent_of_a_cap() {
        assert_eq!(limit_percent(&limit(Some("10.5"), "20")), Some(dec("52.5")));
        assert_eq!(limit_percent(&limit(None, "20")), None);
        assert_eq!(limit_percent(&limit(Some("1"), "0")), None);
    }
}
