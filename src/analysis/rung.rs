//! Rungs: several thresholds of one figure as rules of one ladder, told apart by their names.
//!
//! A rung's rule is named `family>=threshold` or `family<=threshold`: `window>=75`, `balance<=10`. The name is all
//! that is kept in the ledger, so the ladder is read from it. Rules of other names are no rungs.

use std::str::FromStr as _;

use rust_decimal::Decimal;

use crate::domain::alert::{AlertKey, Condition};
use crate::domain::ids::RuleId;

/// The rule of a family's threshold.
pub(super) fn rule(family: &str, condition: Condition) -> RuleId {
    RuleId::new(match condition {
        Condition::AtLeast(threshold) => format!("{family}>={}", threshold.normalize()),
        Condition::AtMost(threshold) => format!("{family}<={}", threshold.normalize()),
    })
}

/// A rule's ladder with its direction, and how high on it the rule stands: the harder to reach, the higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rung<'a> {
    /// The family.
    pub(super) family: &'a str,
    /// When it holds.
    pub(super) condition: Condition,
}

impl<'a> Rung<'a> {
    /// The rung that a rule is. `None`: it is none.
    pub(super) fn of(rule: &'a RuleId) -> Option<Self> {
        let text = rule.as_str();
        let read = |sign: &str, condition: fn(Decimal) -> Condition| {
            let (family, threshold) = text.rsplit_once(sign)?;
            Some(Self {
                family,
                condition: condition(Decimal::from_str(threshold).ok()?),
            })
        };
        read(">=", Condition::AtLeast).or_else(|| read("<=", Condition::AtMost))
    }

    fn is_below(self, other: Self) -> bool {
        self.family == other.family
            && match (self.condition, other.condition) {
                (Condition::AtLeast(own), Condition::AtLeast(its)) => own < its,
                (Condition::AtMost(own), Condition::AtMost(its)) => own > its,
                _ => false,
            }
    }
}

/// Whether an alert is a lower rung of the ladder, subject and period that the other belongs to.
pub(super) fn is_below(key: &AlertKey, other: &AlertKey) -> bool {
    key.subject == other.subject
        && key.period == other.period
        && Rung::of(&key.rule)
            .zip(Rung::of(&other.rule))
            .is_some_and(|(own, its)| own.is_below(its))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(rule: RuleId) -> AlertKey {
        AlertKey {
            rule,
            subject: "venice window epoch".into(),
            period: String::new(),
        }
    }

    #[test]
    fn a_rungs_name_reads_back_and_ninety_stands_above_seventy_five() {
        let rung = |condition| key(rule("window", condition));
        let at_least = |percent: i64| rung(Condition::AtLeast(Decimal::from(percent)));
        let at_most = |percent: i64| rung(Condition::AtMost(Decimal::from(percent)));
        assert_eq!(at_least(75).rule.as_str(), "window>=75");
        assert!(is_below(&at_least(75), &at_least(90)));
        assert!(!is_below(&at_least(90), &at_least(90)));
        assert!(is_below(&at_most(10), &at_most(5)));
        assert!(!is_below(&at_most(10), &at_least(90)));
        assert!(!is_below(&at_least(75), &key(RuleId::from("credential"))));
    }

    #[test]
    fn the_same_threshold_written_otherwise_is_the_same_rule() {
        let written = |text: &str| rule("price", Condition::AtMost(text.parse().unwrap()));
        assert_eq!(written("10"), written("10.00"));
    }
}
