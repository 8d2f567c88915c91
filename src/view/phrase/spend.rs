//! Spend in words: `$4.21`, `~$1.10` for estimated, `≥$4.21` for a lower bound.
//!
//! Sums of different currencies stand beside each other and are never added; so do sums of different basis.

use std::collections::BTreeSet;

use crate::analysis::digest::{ConvertedTotal, Digest, SumReach};
use crate::domain::ids::ModelId;
use crate::domain::money::{Currency, Money};
use crate::domain::period::Unit;
use crate::domain::policy::Policy;
use crate::domain::usage::{Basis, Spans, Spend};
use crate::view::format;

/// How an amount is written: [`format::money`] or [`format::money_short`].
pub type Write = fn(Money) -> String;

/// A spend in words, and its first amount for places where only one fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The words.
    pub text: String,
    /// The first amount in them.
    pub leading: Money,
}

/// The spend of a span. `None`: unknown.
#[must_use]
pub fn of_span(spans: &Spans, unit: Unit) -> Option<&Spend> {
    match unit {
        Unit::Day => spans.today.as_ref(),
        Unit::Week => spans.week.as_ref(),
        Unit::Month => spans.month.as_ref(),
    }
}

/// The words behind the spend of a span: `today`, `this week`, `this month`.
#[must_use]
pub const fn span_words(unit: Unit) -> &'static str {
    match unit {
        Unit::Day => "today",
        Unit::Week => "this week",
        Unit::Month => "this month",
    }
}

/// A spend in words, the user's currency first. `None`: something was used, and nobody says what it cost.
#[must_use]
pub fn spend(spend: &Spend, own: Currency, write: Write) -> Option<Sum> {
    let mut sums: Vec<(Money, Basis)> = spend.iter().collect();
    if sums.is_empty() {
        return spend.unpriced.is_empty().then(|| nothing_spent(own, write));
    }
    // Known zeros say nothing beside real sums.
    if sums.iter().any(|(money, _)| !money.amount.is_zero()) {
        sums.retain(|(money, _)| !money.amount.is_zero());
    } else {
        sums.sort_by_key(|(money, _)| money.currency != own);
        sums.truncate(1);
    }
    sums.sort_by_key(|(money, _)| money.currency != own);
    let reach = if spend.unpriced.is_empty() {
        SumReach::Whole
    } else {
        SumReach::LowerBound
    };
    sum(&sums, reach, write)
}

/// Spend over all accounts in a span: in the user's currency where every rate is known, else each currency by itself.
/// `None`: unknown.
#[must_use]
pub fn total(digest: &Digest, policy: &Policy, unit: Unit, write: Write) -> Option<Sum> {
    let converted = match unit {
        Unit::Day => &digest.converted.today,
        Unit::Week => &digest.converted.week,
        Unit::Month => &digest.converted.month,
    };
    let converted = converted.as_ref();
    let whole = converted.filter(|total| total.reach == SumReach::Whole);
    whole
        .and_then(|total| converted_total(total, write))
        .or_else(|| {
            of_span(&digest.totals, unit).and_then(|known| spend(known, policy.currency, write))
        })
        .or_else(|| converted.and_then(|total| converted_total(total, write)))
}

fn converted_total(total: &ConvertedTotal, write: Write) -> Option<Sum> {
    let billed = total.billed.map(|money| (money, Basis::Billed));
    let estimated = total.estimated.map(|money| (money, Basis::Estimated));
    let mut sums: Vec<(Money, Basis)> = billed.into_iter().chain(estimated).collect();
    if sums.iter().any(|(money, _)| !money.amount.is_zero()) {
        sums.retain(|(money, _)| !money.amount.is_zero());
    } else {
        sums.truncate(1);
    }
    sum(&sums, total.reach, write)
}

fn nothing_spent(own: Currency, write: Write) -> Sum {
    let leading = Money::new(rust_decimal::Decimal::ZERO, own);
    Sum {
        text: write(leading),
        leading,
    }
}

fn sum(sums: &[(Money, Basis)], reach: SumReach, write: Write) -> Option<Sum> {
    let (leading, _) = sums.first()?;
    let texts: Vec<String> = sums
        .iter()
        .map(|(money, basis)| {
            let amount = write(*money);
            let billed_too = sums
                .iter()
                .any(|(other, basis)| other.currency == money.currency && *basis == Basis::Billed);
            match basis {
                Basis::Estimated => format!("~{amount}"),
                Basis::Metered if billed_too => format!("{amount} metered"),
                Basis::Billed | Basis::Metered => amount,
            }
        })
        .collect();
    Some(Sum {
        text: bounded(&texts.join(" + "), reach),
        leading: *leading,
    })
}

/// Marks a sum that is at least so much.
#[must_use]
pub fn bounded(text: &str, reach: SumReach) -> String {
    match reach {
        SumReach::Whole => text.to_owned(),
        SumReach::LowerBound => format!("≥{text}"),
    }
}

/// The spans whose spend is known, each in words with its unit.
#[must_use]
pub fn spans(spans: &Spans, own: Currency) -> Vec<(Unit, String)> {
    [Unit::Day, Unit::Week, Unit::Month]
        .into_iter()
        .filter_map(|unit| {
            let words = match spend(of_span(spans, unit)?, own, format::money) {
                Some(sum) => sum.text,
                None => "not priced".to_owned(),
            };
            Some((unit, words))
        })
        .collect()
}

/// What the plans cost a month, apart from what is spent by use: `Subscriptions $220.00 a month`. `None`: no plan's
/// price is known.
#[must_use]
pub fn subscriptions(digest: &Digest) -> Option<String> {
    let purse = digest.subscriptions();
    let sums: Vec<String> = purse.iter().map(format::money).collect();
    (!sums.is_empty()).then(|| format!("Subscriptions {} a month", sums.join(" + ")))
}

/// The models whose tokens are counted but whose cost nobody knows: `Not priced: model-x, model-y`.
#[must_use]
pub fn unpriced(spans: &Spans) -> Option<String> {
    let models: BTreeSet<&str> = [&spans.today, &spans.week, &spans.month]
        .into_iter()
        .flatten()
        .flat_map(|spend| spend.unpriced.iter().map(ModelId::as_str))
        .collect();
    let names: Vec<&str> = models.into_iter().collect();
    (!names.is_empty()).then(|| format!("Not priced: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: &str, currency: Currency) -> Money {
        Money::new(amount.parse().unwrap(), currency)
    }

    fn words(known: &Spend) -> Option<String> {
        spend(known, Currency::USD, format::money).map(|sum| sum.text)
    }

    #[test]
    fn a_known_nothing_is_a_zero_and_an_unpriced_something_is_not() {
        let mut known = Spend::default();
        assert_eq!(words(&known).as_deref(), Some("$0.00"));
        known.unpriced.insert("model-x".into());
        assert_eq!(words(&known), None);
    }

    #[test]
    fn currencies_and_bases_stand_beside_each_other() {
        let mut known = Spend::of(money("2", Currency::DIEM), Basis::Billed);
        known.add(money("1", Currency::USD), Basis::Billed);
        known.add(money("0.5", Currency::USD), Basis::Metered);
        known.add(money("0.25", Currency::USD), Basis::Estimated);
        assert_eq!(
            words(&known).as_deref(),
            Some("$1.00 + $0.50 metered + ~$0.25 + 2.0000 DIEM")
        );
    }

    #[test]
    fn a_sum_that_misses_something_is_a_lower_bound() {
        let mut known = Spend::of(money("1", Currency::USD), Basis::Estimated);
        known.unpriced.insert("model-x".into());
        assert_eq!(words(&known).as_deref(), Some("≥~$1.00"));
    }

    #[test]
    fn zeros_vanish_beside_sums_but_not_alone() {
        let mut known = Spend::of(money("0", Currency::DIEM), Basis::Billed);
        assert_eq!(words(&known).as_deref(), Some("0.0000 DIEM"));
        known.add(money("3", Currency::USD), Basis::Billed);
        assert_eq!(words(&known).as_deref(), Some("$3.00"));
    }
}
