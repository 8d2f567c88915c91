//! Ranking: most spend first, without ever adding currencies.

use std::cmp::Reverse;

use rust_decimal::Decimal;

use crate::domain::money::{Currency, Purse};
use crate::domain::period::Unit;
use crate::domain::usage::{Spans, Spend};

/// Sorts rows by spend, most first: by the longest span that any row knows, compared in the currency of which
/// most was spent over all rows, then in the next. Rows of unknown spend come last; equal rows keep their order.
pub(super) fn most_spend_first<T>(rows: &mut [T], spans: impl Fn(&T) -> &Spans) {
    let told = |unit: &Unit| {
        rows.iter()
            .any(|row| spans(row).get(*unit).is_some_and(|spend| !spend.is_empty()))
    };
    let Some(unit) = Unit::ALL.into_iter().rev().find(told) else {
        return;
    };
    let mut totals = Purse::default();
    for spend in rows.iter().filter_map(|row| spans(row).get(unit)) {
        spend.iter().for_each(|(money, _)| totals.add(money));
    }
    let mut currencies: Vec<_> = totals.iter().collect();
    currencies.sort_by_key(|total| Reverse(total.amount));
    rows.sort_by_cached_key(|row| {
        let weight = |spend: &Spend| -> Vec<Decimal> {
            let in_currency = |currency| sum_in(spend, currency);
            currencies
                .iter()
                .map(|total| in_currency(total.currency))
                .collect()
        };
        Reverse(spans(row).get(unit).map(weight))
    });
}

/// Everything in one currency, whatever its basis: good for an order, never for showing.
fn sum_in(spend: &Spend, currency: Currency) -> Decimal {
    spend
        .iter()
        .filter(|(money, _)| money.currency == currency)
        .fold(Decimal::ZERO, |sum, (money, _)| {
            sum.saturating_add(money.amount)
        })
}
