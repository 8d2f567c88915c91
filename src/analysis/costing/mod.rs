//! What an agent's usage costs at list prices. A model without a price stays without: never zero, never a guess.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::analysis::costing::names::{spellings, without_date};
use crate::analysis::pricelist;
use crate::domain::agent::{AgentSlot, PromptSize, Region, Speed, Tally, Terms};
use crate::domain::ids::ModelId;
use crate::domain::money::{Currency, Money};
use crate::domain::price::{ModelPrice, OwnPrice, PriceBook, PriceList, TokenRates};
use crate::domain::usage::{Basis, Spend};

/// What stands behind a model's name where some of its answers were cut off in the log: that part has no price.
pub const UNFINISHED: &str = "answers cut off";

/// What a slot costs, in dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimate {
    /// The agent recorded it.
    Recorded(Decimal),
    /// The user says so.
    Own(Decimal),
    /// The price list says so.
    Listed {
        /// How much.
        usd: Decimal,
        /// The date of the list.
        as_of: NaiveDate,
    },
    /// Nobody knows the price.
    Unpriced,
}

/// What a slot costs by the prices of its day: the user's own before those of the lists.
#[must_use]
pub fn estimate(book: &PriceBook, slot: &AgentSlot) -> Estimate {
    if slot.terms.recorded {
        return Estimate::Recorded(slot.tally.recorded_usd);
    }
    let (names, day) = (spellings(slot.model.as_str()), slot.start.date_naive());
    let listed = among(book, &names, day);
    let cost = |price: &ModelPrice| cost(price, slot.terms, &slot.tally);
    if let Some(own) = book.own(&names, day) {
        let price = own_price(own, listed.map(|(price, _)| price));
        return price
            .as_ref()
            .and_then(cost)
            .map_or(Estimate::Unpriced, Estimate::Own);
    }
    let known = listed.and_then(|(price, as_of)| Some((cost(price)?, as_of)));
    known.map_or(Estimate::Unpriced, |(usd, as_of)| Estimate::Listed {
        usd,
        as_of,
    })
}

/// What a list says of a model on a day, and the date of that list. `None`: no list knows it.
pub(super) fn listed<'a>(
    book: &'a PriceBook,
    model: &str,
    day: NaiveDate,
) -> Option<(&'a ModelPrice, NaiveDate)> {
    among(book, &spellings(model), day)
}

fn among<'a>(
    book: &'a PriceBook,
    names: &[String],
    day: NaiveDate,
) -> Option<(&'a ModelPrice, NaiveDate)> {
    let mut lists = book.on(day);
    lists.find_map(|list| Some((price(list, names)?, list.as_of)))
}

/// The user's own rates; what he does not speak of is as the list says.
fn own_price(own: &OwnPrice, listed: Option<&ModelPrice>) -> Option<ModelPrice> {
    let of = |field: fn(&ModelPrice) -> Option<Decimal>| listed.and_then(field);
    Some(ModelPrice {
        rates: pricelist::rates(&own.model, &own.rates, None)?,
        above: BTreeMap::new(),
        fast: of(|price| price.fast),
        priority: of(|price| price.priority),
        flex: of(|price| price.flex),
        united_states: of(|price| price.united_states),
        web_search: own.web_search.or(of(|price| price.web_search)),
    })
}

/// The spend of slots: all of it estimated. Models that have no price are named in it, and so is what was cut off:
/// either makes the sum a lower bound.
#[must_use]
pub fn spend<'a>(book: &PriceBook, slots: impl IntoIterator<Item = &'a AgentSlot>) -> Spend {
    let mut spend = Spend::default();
    let mut unpriced: BTreeSet<ModelId> = BTreeSet::new();
    for slot in slots {
        match estimate(book, slot) {
            Estimate::Recorded(usd) => {
                spend.add(Money::new(usd, Currency::USD), Basis::Estimated);
            }
            Estimate::Own(usd) | Estimate::Listed { usd, .. } => {
                spend.add(Money::new(usd, Currency::USD), Basis::Estimated);
                if slot.tally.unfinished > 0 {
                    unpriced.insert(ModelId::new(format!("{} ({UNFINISHED})", slot.model)));
                }
            }
            Estimate::Unpriced => {
                unpriced.insert(slot.model.clone());
            }
        }
    }
    spend.unpriced = unpriced;
    spend
}

/// The price of a model under any of its names.
fn price<'a>(list: &'a PriceList, names: &[String]) -> Option<&'a ModelPrice> {
    let exact = names.iter().find_map(|name| list.models.get(name));
    exact.or_else(|| {
        // A list may know the model only with its date.
        names.iter().rev().find_map(|name| {
            let dated = list.models.range(format!("{name}-")..);
            let mut near = dated.take_while(|(other, _)| other.starts_with(name.as_str()));
            let found = near.find(|(other, _)| without_date(other) == Some(name));
            found.map(|(_, price)| price)
        })
    })
}

/// `None`: the model has a price, but not for these terms.
fn cost(price: &ModelPrice, terms: Terms, tally: &Tally) -> Option<Decimal> {
    let rates = rates(price, terms.prompt)?;
    let tokens = &tally.tokens;
    let mut sum = Decimal::ZERO;
    for (count, rate) in [
        (tokens.input, rates.input),
        (tokens.cached_input, rates.cached_input),
        (tokens.cache_write, rates.cache_write),
        (tokens.cache_write_5m, rates.cache_write),
        (tokens.cache_write_1h, rates.cache_write_1h),
        (tokens.output, rates.output),
    ] {
        sum = sum.checked_add(Decimal::from(count).checked_mul(rate)?)?;
    }
    let speed = match terms.speed {
        Speed::Standard | Speed::Unknown => Decimal::ONE,
        Speed::Fast => price.fast?,
        Speed::Priority => price.priority?,
        Speed::Flex => price.flex?,
        Speed::Batch => Decimal::new(5, 1),
    };
    let region = match terms.region {
        Region::Anywhere => Decimal::ONE,
        Region::UnitedStates => price.united_states?,
    };
    let searches = match tally.web_searches {
        0 => Decimal::ZERO,
        count => Decimal::from(count).checked_mul(price.web_search?)?,
    };
    sum.checked_mul(speed)?
        .checked_mul(region)?
        .checked_add(searches)
}

/// The rates of a whole request with such a prompt: those above the highest bound it exceeds.
fn rates(price: &ModelPrice, prompt: PromptSize) -> Option<TokenRates> {
    let mut rates = price.rates;
    for (bound, above) in &price.above {
        if prompt.exceeds(*bound)? {
            rates = *above;
        }
    }
    Some(rates)
}

#[cfg(test)]
mod tests;
