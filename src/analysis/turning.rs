//! When time alone changes what a digest says: the end of a day, a reset, figures that become old.
//!
//! Whoever shows a digest looks again then, and need not look in between. What drifts (a forecast, a session's pace) has
//! no such instant; it is as old as the digest.

use chrono::{DateTime, TimeDelta, Utc};

use crate::analysis::digest::{AccountDigest, AccountState, Digest, WindowDigest};
use crate::analysis::freshness;
use crate::analysis::rules::LASTING;
use crate::analysis::standing::LONGEST_WAITING;
use crate::domain::period::Unit;
use crate::domain::policy::Policy;
use crate::domain::zone::Zone;

/// A reset is told as `now` in its last minute.
const LAST_MINUTE: TimeDelta = TimeDelta::minutes(1);
/// Beyond an instant, so that it has passed.
const BEYOND: TimeDelta = TimeDelta::milliseconds(1);

/// The first instant after the digest's at which it, or what is told of it, becomes another by time alone.
#[must_use]
pub fn next(digest: &Digest, policy: &Policy) -> DateTime<Utc> {
    let now = digest.now;
    let days = [policy.zone, Zone::UTC].map(|zone| Unit::Day.around(now, zone).until);
    let budgets = digest.budgets.iter().map(|budget| budget.resets_at);
    let snoozed = digest.alerts.iter().filter_map(|alert| alert.snoozed_until);
    let accounts = digest.accounts.iter();
    let accounts = accounts.flat_map(|account| of_account(account, policy, now));
    let all = budgets.chain(snoozed).chain(accounts);
    let midnight = days.into_iter().filter(|day| *day > now).min();
    let first = all.filter(|at| *at > now).chain(midnight).min();
    first.unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn of_account(account: &AccountDigest, policy: &Policy, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut instants = Vec::new();
    let later = |at: Option<DateTime<Utc>>, by| at.and_then(|at| at.checked_add_signed(by));
    match account.state {
        AccountState::Fresh => {
            let promised = freshness::promised(account.card.every);
            instants.extend(later(account.updated_at, promised + BEYOND));
        }
        AccountState::Waiting => {
            instants.extend(later(account.updated_at, LONGEST_WAITING + BEYOND));
        }
        _ => {}
    }
    if let Some(failure) = &account.failure {
        instants.extend(failure.retry_at);
        let old_since = Some(failure.since).max(account.updated_at);
        instants.extend(later(old_since, LASTING));
    }
    let balances = account.balances.iter();
    let limits = account.keys.iter().flat_map(|key| &key.limits);
    let resets = balances
        .filter_map(|row| row.balance.resets_at)
        .chain(limits.filter_map(|limit| limit.resets_at))
        .chain(account.keys.iter().filter_map(|key| key.expires_at));
    instants.extend(resets);
    instants.extend(
        account
            .windows
            .iter()
            .flat_map(|row| of_window(row, policy, now)),
    );
    instants
}

fn of_window(row: &WindowDigest, policy: &Policy, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut instants: Vec<DateTime<Utc>> = row.runs_out_at.into_iter().collect();
    let Some(resets_at) = row.window.resets_at.filter(|at| *at > now) else {
        return instants;
    };
    let before = |left: TimeDelta| resets_at.checked_sub_signed(left);
    instants.push(resets_at);
    instants.extend(before(LAST_MINUTE).map(|at| at + BEYOND));
    let is_urgent = row
        .window
        .used_percent
        .is_some_and(|percent| percent >= policy.warn_at);
    if is_urgent {
        instants.extend(before(told_until(resets_at - now)).map(|at| at + BEYOND));
    }
    instants
}

/// What is left of a wait when its words change: they tell minutes in the last hour, five of them before, hours from
/// a day on.
fn told_until(left: TimeDelta) -> TimeDelta {
    let minutes = left.num_minutes();
    let step = match minutes {
        ..60 => 1,
        60..1440 => 5,
        _ => 60,
    };
    TimeDelta::try_minutes(minutes - minutes % step).unwrap_or(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::{at, digest_at, failed, now, with_window};
    use crate::domain::poll::FailureKind;
    use crate::domain::snapshot::AccountSnapshot;

    fn after(account: &AccountSnapshot, policy: &Policy, from: DateTime<Utc>) -> DateTime<Utc> {
        next(&digest_at(vec![account.clone()], policy, from), policy)
    }

    fn resetting(used_percent: &str, resets_at: DateTime<Utc>) -> AccountSnapshot {
        let mut account = with_window("claude", used_percent);
        let latest = account.latest.as_mut().unwrap();
        latest.figures.windows[0].resets_at = Some(resets_at);
        // Of the future, and so fresh for as long as these tests look.
        latest.taken_at = now() + TimeDelta::days(2);
        account
    }

    #[test]
    fn without_anything_it_is_midnight_in_the_users_zone_or_the_vendors() {
        let digest = digest_at(Vec::new(), &Policy::default(), at("2026-11-23T08:30:00Z"));
        assert_eq!(
            next(&digest, &Policy::default()),
            at("2026-11-24T00:00:00Z")
        );
        let kolkata = Policy {
            zone: "Asia/Kolkata".parse().unwrap(),
            ..Policy::default()
        };
        assert_eq!(next(&digest, &kolkata), at("2026-11-23T18:30:00Z"));
    }

    #[test]
    fn figures_become_old_and_are_old_from_then_on() {
        let mut account = with_window("claude", "10");
        account.latest.as_mut().unwrap().figures.windows.clear();
        let policy = Policy::default();
        let then = after(&account, &policy, now());
        let state = |at| digest_at(vec![account.clone()], &policy, at).accounts[0].state;
        assert_eq!(state(then - BEYOND), AccountState::Fresh);
        assert_eq!(state(then), AccountState::Stale);
        assert!(after(&account, &policy, then) > then + TimeDelta::hours(1));
    }

    #[test]
    fn a_window_changes_in_its_last_minute_and_at_its_reset() {
        let resets_at = now() + TimeDelta::hours(3);
        let account = resetting("10", resets_at);
        let policy = Policy::default();
        let last_minute = after(&account, &policy, now());
        assert_eq!(last_minute, resets_at - LAST_MINUTE + BEYOND);
        assert_eq!(after(&account, &policy, last_minute), resets_at);
    }

    #[test]
    fn a_wait_that_is_told_changes_with_its_words() {
        let account = |left| resetting("80", now() + left);
        let policy = Policy::default();
        let wait = |left| after(&account(left), &policy, now()) - now() - BEYOND;
        let seconds = TimeDelta::seconds;
        assert_eq!(wait(seconds(59 * 60 + 20)), seconds(20));
        assert_eq!(wait(seconds(63 * 60 + 20)), seconds(3 * 60 + 20));
        assert_eq!(
            wait(TimeDelta::hours(30) + seconds(600)),
            seconds(600),
            "hours from a day on"
        );
    }

    #[test]
    fn a_vendor_that_says_wait_and_one_that_fails_for_long_are_told_in_time() {
        let mut account = with_window("claude", "10");
        account.latest.as_mut().unwrap().figures.windows.clear();
        let mut account = failed(account, FailureKind::Throttled, now());
        let retry_at = now() + TimeDelta::minutes(7);
        account.poll.failure.as_mut().unwrap().retry_at = Some(retry_at);
        assert_eq!(after(&account, &Policy::default(), now()), retry_at);
        let later = after(&account, &Policy::default(), retry_at);
        assert!(later <= now() + LASTING);
    }
}
