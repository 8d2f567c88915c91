//! Price lists as text: the one that comes with the program, and any other with the field names of LiteLLM.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::agent::PromptSize;
use crate::domain::price::{ModelPrice, PriceBook, PriceList, TokenRates};

const BUNDLED: &str = include_str!("prices.json");

/// What a Claude model's classes cost in terms of its input where the list leaves them out: the vendor's rule.
const CLAUDE_CACHE_READ: Decimal = Decimal::from_parts(1, 0, 0, false, 1);
const CLAUDE_CACHE_WRITE: Decimal = Decimal::from_parts(125, 0, 0, false, 2);
const CLAUDE_CACHE_WRITE_1H: Decimal = Decimal::TWO;
const CLAUDE_UNITED_STATES: Decimal = Decimal::from_parts(11, 0, 0, false, 1);
const CLAUDE_WEB_SEARCH: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

type Fields<'a> = BTreeMap<String, &'a RawValue>;

#[derive(Deserialize)]
struct Bundle<'a> {
    as_of: NaiveDate,
    #[serde(borrow)]
    models: BTreeMap<String, &'a RawValue>,
}

/// The prices that come with the program, with their date.
#[must_use]
pub fn bundled() -> PriceBook {
    let mut book = PriceBook::default();
    if let Ok(bundle) = serde_json::from_str::<Bundle<'_>>(BUNDLED) {
        book.add(list(&bundle.models, bundle.as_of));
    }
    book
}

/// A list in LiteLLM's form: an object of models. Models without usable token prices are left out.
///
/// # Errors
/// When it is not a JSON object.
pub fn parse(text: &str, as_of: NaiveDate) -> Result<PriceList, serde_json::Error> {
    let models: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
    Ok(list(&models, as_of))
}

fn list(models: &BTreeMap<String, &RawValue>, as_of: NaiveDate) -> PriceList {
    let models = models
        .iter()
        .filter_map(|(name, raw)| {
            let name = name.to_ascii_lowercase();
            let fields: Fields<'_> = serde_json::from_str(raw.get()).ok()?;
            let price = price(&fields, name.contains("claude"))?;
            Some((name, price))
        })
        .collect();
    PriceList { as_of, models }
}

/// A model's price; `None` when it is not told, or has a step at a length that is not kept apart.
fn price(fields: &Fields<'_>, is_claude: bool) -> Option<ModelPrice> {
    let rates = rates(fields, "", is_claude)?;
    let mut above = BTreeMap::new();
    for name in fields.keys() {
        let Some(suffix) = name.strip_prefix("input_cost_per_token") else {
            continue;
        };
        let thousands = suffix
            .strip_prefix("_above_")
            .and_then(|rest| rest.strip_suffix("k_tokens"));
        if let Some(thousands) = thousands {
            let bound = thousands.parse::<u64>().ok()?.checked_mul(1000)?;
            PromptSize::default().exceeds(bound)?;
            above.insert(bound, self::rates(fields, suffix, is_claude)?);
        }
    }
    let tier = |name: &str| {
        let dear = number(fields, name)?;
        dear.checked_div(rates.input)
    };
    let special: Option<Fields<'_>> = fields
        .get("provider_specific_entry")
        .and_then(|raw| serde_json::from_str(raw.get()).ok());
    let special = special.unwrap_or_default();
    let claude = |value: Decimal| is_claude.then_some(value);
    Some(ModelPrice {
        rates,
        above,
        fast: number(&special, "fast"),
        priority: tier("input_cost_per_token_priority"),
        flex: tier("input_cost_per_token_flex"),
        united_states: number(&special, "us").or(claude(CLAUDE_UNITED_STATES)),
        web_search: claude(CLAUDE_WEB_SEARCH),
    })
}

/// The rates with a suffix. Other vendors than Anthropic publish no discount where they have none: a class that the
/// list leaves out costs what input costs.
fn rates(fields: &Fields<'_>, suffix: &str, is_claude: bool) -> Option<TokenRates> {
    let named = |name: &str| number(fields, &format!("{name}{suffix}"));
    let input = named("input_cost_per_token")?;
    let or_share = |rate: Option<Decimal>, share: Decimal| {
        let share = if is_claude { share } else { Decimal::ONE };
        rate.or_else(|| input.checked_mul(share))
    };
    let cache_write = or_share(named("cache_creation_input_token_cost"), CLAUDE_CACHE_WRITE)?;
    let cache_write_1h = named("cache_creation_input_token_cost_above_1hr");
    Some(TokenRates {
        input,
        cached_input: or_share(named("cache_read_input_token_cost"), CLAUDE_CACHE_READ)?,
        cache_write,
        cache_write_1h: if is_claude {
            or_share(cache_write_1h, CLAUDE_CACHE_WRITE_1H)?
        } else {
            cache_write_1h.unwrap_or(cache_write)
        },
        output: named("output_cost_per_token")?,
    })
}

/// A number that is not negative, exactly as it is written.
fn number(fields: &Fields<'_>, name: &str) -> Option<Decimal> {
    let text = fields.get(name)?.get();
    let number = text
        .parse()
        .or_else(|_| Decimal::from_scientific(text))
        .ok()?;
    (number >= Decimal::ZERO).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 24).unwrap()
    }

    #[test]
    fn the_bundled_list_is_read_to_the_last_model() {
        let bundle: Bundle<'_> = serde_json::from_str(BUNDLED).unwrap();
        let book = bundled();
        let list = book.on(day()).next().unwrap();
        assert_eq!(list.models.len(), bundle.models.len());
        assert!(list.models.len() > 100);
        assert_eq!(list.as_of.to_string(), "2026-11-23");
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
}
