//! Price lists as text: the one that comes with the program, and those of others with the field names of LiteLLM or
//! of models.dev. What of a fetched list is believed, is `feed`'s business; what use costs, `costing`'s.

mod feed;
mod litellm;
mod models_dev;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::agent::PromptSize;
use crate::domain::price::{
    ModelPrice, PriceBook, PriceList, PriceSource, TokenRates, WrittenRates,
};

pub use feed::{Feed, FeedError, Ignored, feed, is_believable};

const BUNDLED: &str = include_str!("../prices.json");

/// What a Claude model's classes cost in terms of its input where a list leaves them out: the vendor's rule.
const CLAUDE_CACHE_READ: Decimal = Decimal::from_parts(1, 0, 0, false, 1);
const CLAUDE_CACHE_WRITE: Decimal = Decimal::from_parts(125, 0, 0, false, 2);
const CLAUDE_CACHE_WRITE_1H: Decimal = Decimal::TWO;
const CLAUDE_UNITED_STATES: Decimal = Decimal::from_parts(11, 0, 0, false, 1);
const CLAUDE_WEB_SEARCH: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// An object whose values are looked at one by one.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

#[derive(Deserialize)]
struct Bundle<'a> {
    as_of: NaiveDate,
    #[serde(borrow)]
    models: Fields<'a>,
}

/// A model's price as a list writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Written {
    rates: WrittenRates,
    above: BTreeMap<u64, WrittenRates>,
    fast: Option<Decimal>,
    priority: Option<Decimal>,
    flex: Option<Decimal>,
    united_states: Option<Decimal>,
}

/// Why a written price cannot be used, in words that follow "ignored: ".
type Fault = String;

/// The prices that come with the program, with their date.
#[must_use]
pub fn bundled() -> PriceBook {
    let mut book = PriceBook::default();
    if let Ok(bundle) = serde_json::from_str::<Bundle<'_>>(BUNDLED) {
        book.add(list(&bundle.models, bundle.as_of, PriceSource::Bundled));
    }
    book
}

/// A list in LiteLLM's form: an object of models. Models without usable token prices are left out.
///
/// # Errors
/// When it is not a JSON object.
pub fn parse(text: &str, as_of: NaiveDate) -> Result<PriceList, serde_json::Error> {
    let models: Fields<'_> = serde_json::from_str(text)?;
    Ok(list(&models, as_of, PriceSource::Fetched))
}

fn list(models: &Fields<'_>, as_of: NaiveDate, source: PriceSource) -> PriceList {
    let models = models
        .iter()
        .filter_map(|(name, raw)| {
            let name = name.to_ascii_lowercase();
            let written = litellm::written(raw).ok().flatten()?;
            let price = settle(&name, &written, None)?;
            Some((name, price))
        })
        .collect();
    PriceList {
        as_of,
        source,
        models,
    }
}

/// A written price with what it leaves out: as it was known while the price of input is the same, else by the vendor's
/// rule. `None`: a number is too large, or there is a step at a length that is not kept apart.
fn settle(name: &str, written: &Written, known: Option<&ModelPrice>) -> Option<ModelPrice> {
    let claude = |value: Decimal| name.contains("claude").then_some(value);
    let rates = rates(name, &written.rates, known.map(|known| &known.rates))?;
    let mut above = BTreeMap::new();
    for (bound, written) in &written.above {
        PromptSize::default().exceeds(*bound)?;
        let known = known.and_then(|known| known.above.get(bound));
        above.insert(*bound, self::rates(name, written, known)?);
    }
    let same = known.filter(|known| known.rates == rates);
    if above.is_empty()
        && let Some(known) = same
    {
        above.clone_from(&known.above);
    }
    let or_known = |written: Option<Decimal>, field: fn(&ModelPrice) -> Option<Decimal>| {
        written.or_else(|| known.and_then(field))
    };
    Some(ModelPrice {
        rates,
        above,
        fast: or_known(written.fast, |known| known.fast),
        priority: or_known(written.priority, |known| known.priority),
        flex: or_known(written.flex, |known| known.flex),
        united_states: or_known(written.united_states, |known| known.united_states)
            .or(claude(CLAUDE_UNITED_STATES)),
        web_search: known
            .and_then(|known| known.web_search)
            .or(claude(CLAUDE_WEB_SEARCH)),
    })
}

/// Rates with what they leave out. Other vendors than Anthropic publish no discount where they have none: a class that
/// is left out costs what input costs. `None`: a number is too large.
#[must_use]
pub fn rates(
    model: &str,
    written: &WrittenRates,
    known: Option<&TokenRates>,
) -> Option<TokenRates> {
    let known = known.filter(|known| known.input == written.input);
    let is_claude = model.contains("claude");
    let by_rule = |share: Decimal| {
        let share = if is_claude { share } else { Decimal::ONE };
        written.input.checked_mul(share)
    };
    let or_rule = |rate: Option<Decimal>, was: Option<Decimal>, share| match rate.or(was) {
        Some(rate) => Some(rate),
        None => by_rule(share),
    };
    let cache_write = or_rule(
        written.cache_write,
        known.map(|known| known.cache_write),
        CLAUDE_CACHE_WRITE,
    )?;
    let was_1h = known.map(|known| known.cache_write_1h);
    Some(TokenRates {
        input: written.input,
        cached_input: or_rule(
            written.cached_input,
            known.map(|known| known.cached_input),
            CLAUDE_CACHE_READ,
        )?,
        cache_write,
        cache_write_1h: if is_claude {
            or_rule(written.cache_write_1h, was_1h, CLAUDE_CACHE_WRITE_1H)?
        } else {
            written.cache_write_1h.or(was_1h).unwrap_or(cache_write)
        },
        output: written.output,
    })
}

/// A number that is not negative, exactly as it is written. `None`: there is none.
fn number(fields: &Fields<'_>, name: &str) -> Result<Option<Decimal>, Fault> {
    let Some(raw) = fields.get(name) else {
        return Ok(None);
    };
    let text = raw.get();
    if text == "null" {
        return Ok(None);
    }
    let number: Decimal = text
        .parse()
        .or_else(|_| Decimal::from_scientific(text))
        .map_err(|_| format!("`{name}` is no number"))?;
    if number < Decimal::ZERO {
        return Err(format!("`{name}` is negative"));
    }
    Ok(Some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
    }

    #[test]
    fn the_bundled_list_is_read_to_the_last_model_and_all_of_it_is_believable() {
        let bundle: Bundle<'_> = serde_json::from_str(BUNDLED).unwrap();
        let book = bundled();
        let list = book.on(day()).next().unwrap();
        assert_eq!(list.models.len(), bundle.models.len());
        assert!(list.models.len() > 100);
        assert_eq!(list.as_of.to_string(), "2026-11-23");
        assert_eq!(book.date(), Some(list.as_of));
        for (name, price) in &list.models {
            assert!(is_believable(price), "{name}");
        }
    }

    #[test]
    fn prices_are_exact() {
        let list = parse(
            r#"{"gpt-x":{"input_cost_per_token":1.25e-06,"output_cost_per_token":1e-05,"input_cost_per_token_priority":2.5e-6,
                "input_cost_per_token_above_272k_tokens":2.5e-06,"output_cost_per_token_above_272k_tokens":1.5e-05},
               "image":{"output_cost_per_image":0.06},
               "odd":{"input_cost_per_token":1,"output_cost_per_token":1,"input_cost_per_token_above_7k_tokens":2}}"#,
            day(),
        )
        .unwrap();
        assert_eq!(list.models.len(), 1);
        let price = &list.models["gpt-x"];
        assert_eq!(price.rates.input.to_string(), "0.00000125");
        assert_eq!(price.rates.cached_input, price.rates.input);
        assert_eq!(price.priority, Some(Decimal::TWO));
        assert_eq!(price.above[&272_000].output.to_string(), "0.000015");
    }

    #[test]
    fn what_is_left_out_costs_what_the_vendors_rule_says() {
        let written = WrittenRates {
            input: Decimal::TEN,
            output: Decimal::TEN,
            ..WrittenRates::default()
        };
        let of = |model| {
            let rates = rates(model, &written, None).unwrap();
            [rates.cached_input, rates.cache_write, rates.cache_write_1h]
                .map(|rate| rate.normalize().to_string())
        };
        assert_eq!(of("claude-x"), ["1", "12.5", "20"]);
        assert_eq!(of("gpt-x"), ["10", "10", "10"]);
    }
}
