//! Budgets in words.

use crate::analysis::digest::{BudgetDigest, SumReach};
use crate::domain::money::Money;
use crate::view::format::{self, Moment};
use crate::view::phrase::quota::{UNKNOWN, portion};
use crate::view::phrase::spend::bounded;

/// How much of a budget is spent: `$41.20 of $50.00`.
#[must_use]
pub fn spent(budget: &BudgetDigest) -> String {
    match budget.spent {
        Some(spent) => {
            let spent = Money::new(spent, budget.amount.currency);
            bounded(&portion(spent, budget.amount), budget.reach)
        }
        None => format!("{UNKNOWN} of {}", format::money(budget.amount)),
    }
}

/// What is to be said of a budget besides: percent, forecast, when the next period begins, and what it misses.
#[must_use]
pub fn notes(budget: &BudgetDigest, moment: Moment) -> Vec<String> {
    let percent = budget.percent.map(format::percent);
    let forecast = budget.forecast.map(|forecast| {
        let forecast = Money::new(forecast, budget.amount.currency);
        format!("forecast {}", format::money(forecast))
    });
    let resets = format!("resets {}", format::reset_at(budget.resets_at, moment));
    let ambiguous = (!budget.ambiguous.is_empty()).then(|| {
        let folders = budget.ambiguous.join(", ");
        format!("its project is the name of several folders, name one in full: {folders}")
    });
    let misses = (budget.reach == SumReach::LowerBound && ambiguous.is_none())
        .then(|| format!("some spend has no price in {}", budget.amount.currency));
    percent
        .into_iter()
        .chain(forecast)
        .chain([resets])
        .chain(ambiguous)
        .chain(misses)
        .collect()
}
