//! Standing: how near its limit a figure is, and the worst over all of them. Rules and icon judge by the same.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::analysis::digest::{
    AccountDigest, AccountShape, AccountState, BalanceDigest, BudgetDigest, OverallState,
};
use crate::analysis::freshness;
use crate::domain::alert::{AlertRecord, Phase, Severity};
use crate::domain::policy::Policy;
use crate::domain::quota::{Balance, QuotaWindow, Standing};

/// A prepaid purse that lasts no longer is low.
pub(super) const LASTS_WARNING: TimeDelta = TimeDelta::days(3);
/// A prepaid purse that lasts no longer is nearly empty.
pub(super) const LASTS_CRITICAL: TimeDelta = TimeDelta::days(1);
/// Told to wait for longer than this, figures count as old.
pub(super) const LONGEST_WAITING: TimeDelta = TimeDelta::hours(1);

/// How bad a percentage of a limit is. `None`: not bad.
pub(super) fn of_percent(percent: Decimal, policy: &Policy) -> Option<Severity> {
    if percent >= policy.critical_at || percent >= Decimal::ONE_HUNDRED {
        Some(Severity::Critical)
    } else if percent >= policy.warn_at {
        Some(Severity::Warning)
    } else {
        None
    }
}

/// Whether a purse is a window's limit too: then the window is judged, and the purse would only say it again.
pub(super) fn is_covered(balance: &Balance, account: &AccountDigest) -> bool {
    let mut windows = account.windows.iter();
    windows.any(|row| is_one(balance, &row.window))
}

/// Whether a purse and a window tell of the same: what is left, and how much of it is used.
#[must_use]
pub fn is_one(balance: &Balance, window: &QuotaWindow) -> bool {
    let Some(granted) = balance.granted else {
        return false;
    };
    let same_unit = window
        .unit
        .as_deref()
        .is_some_and(|unit| unit.eq_ignore_ascii_case(granted.currency.code()));
    let same_reset = window.resets_at.is_some() && window.resets_at == balance.resets_at;
    same_unit && (same_reset || window.limit == Some(granted.amount))
}

fn of_balance(row: &BalanceDigest, policy: &Policy) -> Option<Severity> {
    if row.balance.standing == Standing::Exhausted {
        return Some(Severity::Critical);
    }
    if let Some(percent) = freshness::used_percent(&row.balance) {
        return of_percent(percent, policy);
    }
    match row.lasts {
        Some(lasts) if lasts <= LASTS_CRITICAL => Some(Severity::Critical),
        Some(lasts) if lasts <= LASTS_WARNING => Some(Severity::Warning),
        _ => None,
    }
}

/// How bad the alerts are that nobody has acknowledged or snoozed: a rule of the user's own may be the only one to tell.
pub(super) fn of_alerts(alerts: &[AlertRecord], now: DateTime<Utc>) -> OverallState {
    let loud = alerts.iter().filter(|record| {
        record.phase == Phase::Open && record.snoozed_until.is_none_or(|until| until <= now)
    });
    match loud.map(|record| record.severity).max() {
        Some(Severity::Critical) => OverallState::Critical,
        Some(Severity::Warning) => OverallState::Warning,
        Some(Severity::Info) | None => OverallState::Ok,
    }
}

/// The worst of every figure and poll that a person should act on.
pub(super) fn overall(
    accounts: &[AccountDigest],
    budgets: &[BudgetDigest],
    policy: &Policy,
    now: DateTime<Utc>,
) -> OverallState {
    let of_figures = accounts
        .iter()
        .flat_map(|account| of_account(account, policy))
        .chain(
            budgets
                .iter()
                .filter_map(|budget| of_percent(budget.percent?, policy)),
        )
        .max();
    let of_figures = match of_figures {
        Some(Severity::Critical) => OverallState::Critical,
        Some(Severity::Warning) => OverallState::Warning,
        Some(Severity::Info) | None => OverallState::Ok,
    };
    let of_polls = accounts.iter().map(|account| of_polls(account, now)).max();
    of_figures.max(of_polls.unwrap_or(OverallState::Ok))
}

fn of_account(account: &AccountDigest, policy: &Policy) -> Vec<Severity> {
    let windows = account
        .windows
        .iter()
        .filter_map(|row| row.window.used_percent);
    let limits = account
        .keys
        .iter()
        .flat_map(|key| &key.limits)
        .filter_map(freshness::limit_percent);
    let percents = windows.chain(limits);
    let balances = account.balances.iter();
    percents
        .filter_map(|percent| of_percent(percent, policy))
        .chain(balances.filter_map(|row| of_balance(row, policy)))
        .collect()
}

fn of_polls(account: &AccountDigest, now: DateTime<Utc>) -> OverallState {
    let is_old = account
        .updated_at
        .is_none_or(|at| now - at > LONGEST_WAITING);
    match account.state {
        AccountState::Fresh => OverallState::Ok,
        AccountState::Waiting if !is_old => OverallState::Ok,
        AccountState::Waiting | AccountState::Stale | AccountState::Unknown => OverallState::Stale,
        // Without a price source nothing is spent wrongly; it only costs a figure.
        AccountState::Failed if account.card.shape == AccountShape::Market => OverallState::Stale,
        AccountState::Failed | AccountState::Unauthorized => OverallState::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::AlertKey;
    use crate::domain::ids::RuleId;

    fn alert(phase: Phase, snoozed_until: Option<&str>) -> AlertRecord {
        AlertRecord {
            key: AlertKey {
                rule: RuleId::new("balance"),
                subject: "venice balance diem".to_owned(),
                period: String::new(),
            },
            severity: Severity::Warning,
            title: String::new(),
            body: String::new(),
            phase,
            raised_at: None,
            notified_at: None,
            cleared_at: None,
            snoozed_until: snoozed_until.map(|until| until.parse().unwrap()),
        }
    }

    #[test]
    fn an_open_alert_shows_until_it_is_acknowledged_or_snoozed() {
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        let state = |alert| of_alerts(&[alert], now);
        assert_eq!(state(alert(Phase::Open, None)), OverallState::Warning);
        assert_eq!(state(alert(Phase::Acknowledged, None)), OverallState::Ok);
        assert_eq!(state(alert(Phase::Armed, None)), OverallState::Ok);
        let snoozed = alert(Phase::Open, Some("2026-11-23T10:30:00Z"));
        assert_eq!(state(snoozed), OverallState::Ok);
        let over = alert(Phase::Open, Some("2026-11-23T09:30:00Z"));
        assert_eq!(state(over), OverallState::Warning);
    }
}
