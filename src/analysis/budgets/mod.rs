//! Budgets: what of the money the user allows himself is spent, and where that leads.

mod project;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::analysis::books::{Books, mark};
use crate::analysis::digest::{AccountShape, BudgetDigest, SumReach};
use crate::analysis::exchange::{ConvertedSum, Exchange};
use crate::analysis::{forecast, freshness};
use crate::domain::account::AccountId;
use crate::domain::policy::Budget;
use crate::domain::usage::{Attribution, Spend};
use crate::domain::zone::Zone;

/// A budget's standing over the books of all accounts, in the zone at the instant.
pub(super) fn budget_digest(
    budget: &Budget,
    books: &[Books<'_>],
    exchange: &Exchange,
    (zone, now): (Zone, DateTime<Utc>),
) -> BudgetDigest {
    let period = budget.period.around(now, zone);
    let (spent, reach, ambiguous) = match project::meant(budget, books) {
        Ok(budget) => {
            let (spent, reach) = spent(&budget, books, exchange);
            (spent, reach, Vec::new())
        }
        Err(folders) => (None, SumReach::LowerBound, folders),
    };
    BudgetDigest {
        ambiguous,
        name: budget.name.clone(),
        spent,
        amount: budget.amount,
        percent: freshness::percent(spent, Some(budget.amount.amount)),
        forecast: spent.and_then(|spent| forecast::at_end(spent, period, now)),
        resets_at: period.until,
        reach,
    }
}

fn spent(budget: &Budget, books: &[Books<'_>], exchange: &Exchange) -> (Option<Decimal>, SumReach) {
    let mut sum = None::<Spend>;
    let mut reach = SumReach::Whole;
    for account in books.iter().filter(|books| is_meant(budget, books)) {
        match contribution(budget, account) {
            Some((spend, of_account)) => {
                sum.get_or_insert_default().merge(&spend);
                reach = reach.and(of_account);
            }
            None if is_unfiltered(budget) && !account.never_tells_spend() => {
                reach = SumReach::LowerBound;
            }
            None => {}
        }
    }
    let Some(sum) = sum else {
        return (None, SumReach::LowerBound);
    };
    let converted = ConvertedSum::of(&sum, budget.amount.currency, exchange);
    let reach = reach.and(converted.reach);
    match (converted.billed, converted.estimated) {
        (None, None) => {
            // Nothing was spent, or nothing of it could be converted: the first is zero, the second unknown.
            let nothing = sum.iter().all(|(money, _)| money.amount.is_zero());
            let nothing = nothing && sum.unpriced.is_empty();
            (nothing.then_some(Decimal::ZERO), reach)
        }
        (None, estimated) => (estimated, reach),
        (billed, None) => (billed, reach),
        // Estimated money is not added to billed money; the sum then is at least what was billed.
        (billed, Some(_)) => (billed, SumReach::LowerBound),
    }
}

fn is_meant(budget: &Budget, books: &Books<'_>) -> bool {
    books.card.shape == AccountShape::Spending
        && budget
            .account
            .as_ref()
            .is_none_or(|wanted| covers(wanted, &books.card.id))
}

/// Whether an id as the user writes it means an account: itself, or a provider's every account when it has no name.
pub(super) fn covers(wanted: &AccountId, account: &AccountId) -> bool {
    wanted == account || (wanted.name().is_none() && wanted.provider() == account.provider())
}

const fn is_unfiltered(budget: &Budget) -> bool {
    budget.key.is_none() && budget.model.is_none() && budget.project.is_none()
}

/// What an account adds to a budget, and whether that is all. `None`: unknown.
fn contribution(budget: &Budget, books: &Books<'_>) -> Option<(Spend, SumReach)> {
    let counted = counted(budget, books);
    match counted {
        Some((_, SumReach::Whole)) => counted,
        _ => vendor(budget, books)
            .map(|spend| (spend, SumReach::Whole))
            .or(counted),
    }
}

fn counted(budget: &Budget, books: &Books<'_>) -> Option<(Spend, SumReach)> {
    let reach = mark(books.usage.reach(budget.period))?;
    let cut = books.usage.cut(budget.period);
    let mut slots = books.usage.slots.iter().filter(|slot| cut.holds(slot));
    let untold = |who: &Attribution| {
        (budget.key.is_some() && who.key.is_none())
            || (budget.model.is_some() && who.model.is_none())
            || (budget.project.is_some() && who.project.is_none())
    };
    let reach = if slots.any(|slot| untold(&slot.who)) {
        SumReach::LowerBound
    } else {
        reach
    };
    let told = |who: &Attribution| !untold(who);
    if !is_unfiltered(budget) && !books.usage.slots.iter().any(|slot| told(&slot.who)) {
        return None;
    }
    let wanted = |who: &Attribution| {
        told(who)
            && (budget.key.is_none() || budget.key == who.key)
            && (budget.model.is_none() || budget.model == who.model)
            && (budget.project.is_none() || budget.project == who.project)
    };
    Some((books.usage.sum(budget.period, wanted), reach))
}

/// What the vendor sums itself: everything, one key or one model.
fn vendor(budget: &Budget, books: &Books<'_>) -> Option<Spend> {
    match (&budget.key, &budget.model, &budget.project) {
        (None, None, None) => books.vendor_spend(budget.period),
        (Some(id), None, None) => {
            let keys = books.vendor_keys();
            let key = keys.iter().find(|key| key.id == *id)?;
            key.spend.get(budget.period).cloned()
        }
        (None, Some(id), None) => {
            let models = books.vendor_models();
            let model = models.iter().find(|model| model.model == *id)?;
            model.spend.get(budget.period).cloned()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
