//! Which figures are watched: the default rules, the budgets and the user's own rules, as probes on a digest.
//!
//! Default rules, which need no configuration:
//!
//! | Rule | Tells when |
//! |---|---|
//! | `window>=75`, `>=90`, `>=100` | so many percent of a window are used (`warn_at`, `critical_at`, full) |
//! | `purse>=75`, `>=90`, `>=100` | so many percent of what a purse is filled up to are used |
//! | `lasts<=72`, `<=24` | a prepaid purse lasts no more than so many hours at the present rate |
//! | `exhausted` | the vendor serves no requests any more |
//! | `runs-out` | a window or a purse will be used up before it fills up again |
//! | `window-reset` | a window that was nearly full is empty again |
//! | `key-limit>=75`, `>=90`, `>=100` | so many percent of a key's cap are used |
//! | `budget>=…`, `budget-forecast` | the percentages of `notify_at`; the projected end exceeds the budget |
//! | `credential` | the vendor refused the key |
//! | `failing>=60` | polls have failed for so many minutes, and the figures are as old |
//!
//! A rule on a figure that is unknown still stands as a probe without a value, so that its alert is neither told
//! nor cleared.

mod budgets;
mod failures;
mod keys;
mod metrics;
mod purses;
mod windows;

pub(super) use failures::LASTING;

use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::Decimal;

use crate::analysis::digest::{AccountDigest, Digest};
use crate::analysis::rung;
use crate::analysis::standing;
use crate::domain::account::AccountId;
use crate::domain::alert::{AlertKey, Condition, Probe, Repeat, Severity};
use crate::domain::ids::RuleId;
use crate::domain::policy::Policy;

/// Every watched figure of a digest. Of two rules with the same key the first counts.
#[must_use]
pub fn probes(digest: &Digest, policy: &Policy) -> Vec<Probe> {
    let scene = Scene { digest, policy };
    // The user's rules come first: where one is also a default rule, his says how often it is told.
    let mut probes = metrics::probes(scene);
    for account in &digest.accounts {
        probes.extend(failures::probes(scene, account));
        probes.extend(windows::probes(scene, account));
        probes.extend(purses::probes(scene, account));
        probes.extend(keys::probes(scene, account));
    }
    probes.extend(budgets::probes(scene));
    let unread = unread(digest, &probes);
    probes.extend(unread);
    probes
}

/// What rules look at.
#[derive(Debug, Clone, Copy)]
struct Scene<'a> {
    digest: &'a Digest,
    policy: &'a Policy,
}

impl Scene<'_> {
    const fn now(&self) -> DateTime<Utc> {
        self.digest.now
    }

    /// `warn_at`, `critical_at` and full: the thresholds of everything that has a limit.
    const fn percentages(&self) -> [Decimal; 3] {
        [
            self.policy.warn_at,
            self.policy.critical_at,
            Decimal::ONE_HUNDRED,
        ]
    }

    /// How bad it is to reach a percentage; not even a warning is good to know.
    fn severity(&self, percent: Decimal) -> Severity {
        standing::of_percent(percent, self.policy).unwrap_or(Severity::Info)
    }
}

/// A figure with its words, before a rule is applied to it.
#[derive(Debug, Clone)]
struct Figure {
    subject: String,
    period: String,
    value: Option<Decimal>,
    title: String,
    body: String,
}

impl Figure {
    /// The figure as a rung of a ladder.
    fn rung(&self, family: &str, condition: Condition, severity: Severity) -> Probe {
        self.probe(rung::rule(family, condition), condition, severity)
    }

    fn probe(&self, rule: RuleId, condition: Condition, severity: Severity) -> Probe {
        Probe {
            key: AlertKey {
                rule,
                subject: self.subject.clone(),
                period: self.period.clone(),
            },
            value: self.value,
            condition,
            severity,
            repeat: Repeat::Once,
            title: self.title.clone(),
            body: self.body.clone(),
        }
    }

    /// A fact, which holds or does not.
    fn fact(&self, rule: &str, severity: Severity) -> Probe {
        self.probe(RuleId::from(rule), TRUE, severity)
    }
}

/// The condition of a fact: its value is one when it holds, zero when not.
const TRUE: Condition = Condition::AtLeast(Decimal::ONE);

fn truth(holds: bool) -> Decimal {
    if holds { Decimal::ONE } else { Decimal::ZERO }
}

/// The period that ends at an instant; empty when there is none.
fn period(ends_at: Option<DateTime<Utc>>) -> String {
    ends_at.map_or_else(String::new, |at| {
        at.to_rfc3339_opts(SecondsFormat::Secs, true)
    })
}

fn subject(account: &AccountId, what: &str) -> String {
    format!("{account} {what}")
}

/// Alerts on figures of accounts that could not be read, or not wholly: what they watch is unknown, not gone.
fn unread(digest: &Digest, probes: &[Probe]) -> Vec<Probe> {
    let is_unread = |account: &&AccountDigest, subject: &str| {
        let of_account = subject
            .strip_prefix(&account.id().to_string())
            .is_some_and(|rest| rest.starts_with(' '));
        of_account && (account.updated_at.is_none() || !account.missing.is_empty())
    };
    let alerts = digest.alerts.iter().filter(|alert| {
        let mut accounts = digest.accounts.iter();
        accounts.any(|account| is_unread(&account, &alert.key.subject))
            && !probes.iter().any(|probe| {
                probe.key.rule == alert.key.rule && probe.key.subject == alert.key.subject
            })
    });
    alerts
        .map(|alert| Probe {
            key: alert.key.clone(),
            value: None,
            condition: TRUE,
            severity: alert.severity,
            repeat: Repeat::Once,
            title: alert.title.clone(),
            body: alert.body.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
