//! When an account is asked again: pure arithmetic on wall-clock instants.
//!
//! It keeps no timer. The engine compares these instants with the clock each time it wakes, so that a deadline
//! holds across suspend and across a clock that was set.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::account::AccountId;
use crate::domain::poll::FailureKind;

/// The first wait after a failure; it doubles with each further one.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);
/// No failure waits longer, so that a vendor's return is seen within half an hour.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(30);
/// No vendor may send us away for longer; beyond it the clock or the answer is wrong.
const LONGEST_RETRY_AFTER: TimeDelta = TimeDelta::hours(24);
/// Polls due this soon are taken along, so that the machine wakes once for several accounts.
const TAKE_ALONG: TimeDelta = TimeDelta::seconds(10);

/// When an account is asked again after a good poll.
#[must_use]
pub fn after_success(now: DateTime<Utc>, every: Duration) -> DateTime<Utc> {
    now + delta(every)
}

/// When an account is asked that could be asked together with others: with the last of them that comes within a tenth
/// of its interval before its own time. So those of one interval soon share one round, and the machine wakes once.
#[must_use]
pub fn together(
    wish: DateTime<Utc>,
    every: Duration,
    others: impl Iterator<Item = DateTime<Utc>>,
) -> DateTime<Utc> {
    let earliest = wish - delta(every) / 10;
    let near = others.filter(|other| earliest <= *other && *other <= wish);
    near.max().unwrap_or(wish)
}

/// What failed, as far as it decides when to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setback {
    /// What sort of failure.
    pub kind: FailureKind,
    /// Until when the vendor wants to be left alone, when it said so.
    pub retry_at: Option<DateTime<Utc>>,
    /// How many polls failed before this one without a good one between.
    pub failures_before: u32,
}

/// When an account is asked again after a failure; `None`: not until its credential or settings change.
#[must_use]
pub fn after_failure(
    now: DateTime<Utc>,
    every: Duration,
    account: &AccountId,
    setback: Setback,
) -> Option<DateTime<Utc>> {
    match setback.kind {
        FailureKind::Unauthorized => None,
        // Looking for a credential asks no vendor, and the secret store may have been unlocked meanwhile.
        FailureKind::NotConfigured => Some(now + delta(every)),
        _ => {
            let ladder = now + back_off(account, setback.failures_before);
            let told = setback.retry_at.map(|at| at.min(now + LONGEST_RETRY_AFTER));
            Some(told.map_or(ladder, |told| if told > now { told } else { ladder }))
        }
    }
}

/// The wait on the ladder: doubled each time, capped, spread by up to a tenth by the account's name, so that
/// many accounts of a vendor that is down do not return in step.
fn back_off(account: &AccountId, failures_before: u32) -> TimeDelta {
    let doubled = FIRST_WAIT * 2_i32.saturating_pow(failures_before.min(6));
    let wait = doubled.min(LONGEST_WAIT);
    let seed = account
        .to_string()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    let share = i64::from(seed.wrapping_add(failures_before.wrapping_mul(0x9e37_79b9)) % 1000);
    wait + TimeDelta::milliseconds(wait.num_milliseconds() * share / 10_000)
}

/// Whether a poll planned for an instant is due, or so nearly that it is taken along.
///
/// A plan that lies further ahead than any rule could have put it was made before the clock was set back: it is due.
#[must_use]
pub fn is_due(now: DateTime<Utc>, planned: DateTime<Utc>, every: Duration) -> bool {
    planned <= now + TAKE_ALONG.min(delta(every) / 10) || is_beyond_all_plans(now, planned, every)
}

/// Whether a plan lies further ahead than any rule could have put it.
#[must_use]
pub fn is_beyond_all_plans(now: DateTime<Utc>, planned: DateTime<Utc>, every: Duration) -> bool {
    planned - now > delta(every).max(LONGEST_RETRY_AFTER) + TimeDelta::minutes(1)
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::hours(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE_MINUTES: Duration = Duration::from_mins(5);

    fn now() -> DateTime<Utc> {
        "2026-11-23T08:30:00Z".parse().unwrap()
    }

    fn setback(kind: FailureKind, failures_before: u32) -> Setback {
        Setback {
            kind,
            retry_at: None,
            failures_before,
        }
    }

    fn wait(setback: Setback) -> Option<TimeDelta> {
        after_failure(now(), FIVE_MINUTES, &AccountId::parse("venice"), setback)
            .map(|at| at - now())
    }

    #[test]
    fn accounts_that_are_due_soon_after_each_other_come_to_share_a_round() {
        let wish = now() + TimeDelta::minutes(5);
        let at = |seconds| wish + TimeDelta::seconds(seconds);
        let shared =
            |others: &[i64]| together(wish, FIVE_MINUTES, others.iter().copied().map(at)) - wish;
        assert_eq!(shared(&[-300, -31, 1]), TimeDelta::zero(), "none is near");
        assert_eq!(shared(&[-30, -12, 40]), TimeDelta::seconds(-12));
    }

    #[test]
    fn a_refused_credential_is_not_asked_again() {
        assert_eq!(wait(setback(FailureKind::Unauthorized, 0)), None);
    }

    #[test]
    fn waits_double_up_to_half_an_hour_with_at_most_a_tenth_on_top() {
        let waits: Vec<i64> = (0..9)
            .filter_map(|failures| wait(setback(FailureKind::Upstream, failures)))
            .map(|wait| wait.num_seconds())
            .collect();
        for (wait, least) in waits
            .iter()
            .zip([30, 60, 120, 240, 480, 960, 1800, 1800, 1800])
        {
            assert!(
                (least..=least + least / 10).contains(wait),
                "{wait} for {least}"
            );
        }
    }

    #[test]
    fn retry_after_is_obeyed_up_to_a_day() {
        let told = |seconds| Setback {
            retry_at: Some(now() + TimeDelta::seconds(seconds)),
            ..setback(FailureKind::Throttled, 0)
        };
        assert_eq!(wait(told(60)), Some(TimeDelta::seconds(60)));
        assert_eq!(wait(told(9_999_999)), Some(TimeDelta::hours(24)));
        assert!(
            wait(told(-5)) >= Some(TimeDelta::seconds(30)),
            "a time that has passed is no promise"
        );
    }

    #[test]
    fn jitter_is_the_same_for_the_same_account_and_differs_between_accounts() {
        let venice = back_off(&AccountId::parse("venice"), 3);
        assert_eq!(venice, back_off(&AccountId::parse("venice"), 3));
        assert_ne!(venice, back_off(&AccountId::parse("venice/work"), 3));
    }

    #[test]
    fn a_plan_survives_suspend_and_a_clock_that_was_set_back() {
        let planned = after_success(now(), FIVE_MINUTES);
        assert!(!is_due(now(), planned, FIVE_MINUTES));
        assert!(
            is_due(now() + TimeDelta::hours(9), planned, FIVE_MINUTES),
            "woken after a night"
        );
        assert!(
            is_due(now() - TimeDelta::days(30), planned, FIVE_MINUTES),
            "clock set back a month"
        );
        assert!(
            is_due(planned - TimeDelta::seconds(9), planned, FIVE_MINUTES),
            "taken along"
        );
    }
}
