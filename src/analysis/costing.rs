//! What an agent's usage costs at list prices. A model without a price stays without: never zero, never a guess.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::domain::agent::{AgentSlot, PromptSize, Region, Speed, Tally, Terms};
use crate::domain::ids::ModelId;
use crate::domain::money::{Currency, Money};
use crate::domain::price::{ModelPrice, PriceBook, PriceList, TokenRates};
use crate::domain::usage::{Basis, Spend};

/// What a slot costs, in dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimate {
    /// The agent recorded it.
    Recorded(Decimal),
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

/// What a slot costs by the prices of its day.
#[must_use]
pub fn estimate(book: &PriceBook, slot: &AgentSlot) -> Estimate {
    if slot.terms.recorded {
        return Estimate::Recorded(slot.tally.recorded_usd);
    }
    for list in book.on(slot.start.date_naive()) {
        if let Some(price) = price(list, slot.model.as_str()) {
            return match cost(price, slot.terms, &slot.tally) {
                Some(usd) => Estimate::Listed {
                    usd,
                    as_of: list.as_of,
                },
                None => Estimate::Unpriced,
            };
        }
    }
    Estimate::Unpriced
}

/// The spend of slots: all of it estimated, with the models that have no price named in it.
#[must_use]
pub fn spend<'a>(book: &PriceBook, slots: impl IntoIterator<Item = &'a AgentSlot>) -> Spend {
    let mut spend = Spend::default();
    let mut unpriced: BTreeSet<ModelId> = BTreeSet::new();
    for slot in slots {
        match estimate(book, slot) {
            Estimate::Recorded(usd) | Estimate::Listed { usd, .. } => {
                spend.add(Money::new(usd, Currency::USD), Basis::Estimated);
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
fn price<'a>(list: &'a PriceList, model: &str) -> Option<&'a ModelPrice> {
    let names = spellings(model);
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

/// Under which names a model may stand in a list, best first.
fn spellings(model: &str) -> Vec<String> {
    let exact = model.to_ascii_lowercase();
    let mut name = exact.as_str();
    name = name.rsplit('/').next().unwrap_or(name);
    if let Some((_, rest)) = name.split_once("anthropic.") {
        name = rest;
    }
    for mark in ['@', '[', ':'] {
        name = name.split(mark).next().unwrap_or(name);
    }
    name = name.strip_suffix("-v1").unwrap_or(name);
    let plain = if name.starts_with("claude") {
        name.replace('.', "-")
    } else {
        name.to_owned()
    };
    let mut names = vec![exact.clone(), plain.clone()];
    // A variant costs what its model costs, where a list does not say otherwise.
    let bare = ["-latest", "-thinking", "-preview"]
        .iter()
        .find_map(|variant| plain.strip_suffix(variant));
    names.extend(bare.map(str::to_owned));
    let undated = without_date(&plain).or_else(|| bare.and_then(without_date));
    names.extend(undated.map(str::to_owned));
    names
}

/// A name without the date at its end; `None`: it has none.
fn without_date(name: &str) -> Option<&str> {
    let digits =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let (rest, last) = name.rsplit_once('-')?;
    if digits(last, 8) {
        return Some(rest);
    }
    let (rest, month) = rest.rsplit_once('-')?;
    let (rest, year) = rest.rsplit_once('-')?;
    (digits(last, 2) && digits(month, 2) && digits(year, 4)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::analysis::pricelist;
    use crate::domain::tokens::TokenCounts;

    /// F56
    #[test]
    fn four_kinds_of_tokens_cost_what_their_models_family_costs() {
        let cost = |model: &str| {
            let slot = AgentSlot {
                start: DateTime::UNIX_EPOCH,
                model: ModelId::from(model),
                project: None,
                session: None,
                terms: Terms::default(),
                tally: Tally {
                    requests: 1,
                    tokens: TokenCounts {
                        input: 1000,
                        output: 500,
                        cache_write_5m: 2000,
                        cached_input: 10_000,
                        ..TokenCounts::default()
                    },
                    ..Tally::default()
                },
            };
            match estimate(&pricelist::bundled(), &slot) {
                Estimate::Listed { usd, .. } => usd.normalize().to_string(),
                other => format!("{other:?}"),
            }
        };
        assert_eq!(cost("claude-sonnet-4-5-20250929"), "0.021");
        assert_eq!(cost("claude-opus-4-1-20250805"), "0.105");
        // A real, dated id of the smallest family: 0.001 + 0.0025 + 0.0025 + 0.001.
        assert_eq!(cost("claude-haiku-4-5-20251001"), "0.007");
        assert_eq!(cost("claude-nebula-9"), "Unpriced", "never sonnet's price");
    }

    #[test]
    fn a_model_is_found_under_every_name_vendors_and_gateways_give_it() {
        for (name, wanted) in [
            ("claude-opus-4-8[1m]", "claude-opus-4-8"),
            ("anthropic/claude-opus-4.8", "claude-opus-4-8"),
            ("us.anthropic.claude-sonnet-4-6-v1:0", "claude-sonnet-4-6"),
            ("claude-sonnet-4-6@20260115", "claude-sonnet-4-6"),
            ("claude-opus-4-1-20250805", "claude-opus-4-1"),
            ("gpt-5.4-2026-03-05", "gpt-5.4"),
            ("GPT-5.5", "gpt-5.5"),
        ] {
            assert!(
                spellings(name).iter().any(|spelling| spelling == wanted),
                "{name}"
            );
        }
        assert!(
            !spellings("gpt-5.4-mini")
                .iter()
                .any(|spelling| spelling == "gpt-5.4")
        );
    }
}
