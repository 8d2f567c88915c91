//! What of a fetched list is believed: only what makes sense, and only what differs from what is known.
//!
//! A fetched list never lowers what is right: a model it leaves out keeps its price, and one whose price makes no sense
//! keeps it too, with the reason said.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::analysis::costing;
use crate::analysis::pricelist::{Fault, Fields, Written, litellm, models_dev, settle};
use crate::domain::price::{ModelPrice, PriceBook, PriceList, PriceSource, TokenRates};

/// Whose own prices are taken, under the names both lists know them by. Resellers have prices of their own.
const VENDORS: &str = "alibaba anthropic cohere dashscope deepseek gemini google minimax mistral moonshot moonshotai \
    openai perplexity xai zai zhipu zhipuai";

/// No token ever cost a cent; a price above it is in another unit.
const DEAREST: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// A price that rises or falls by more than this at once is a slip of units.
const LARGEST_STEP: Decimal = Decimal::ONE_HUNDRED;

/// What a fetched list brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// The prices that are new or changed.
    pub list: PriceList,
    /// Prices that are not believed, by the model's name.
    pub ignored: Vec<Ignored>,
    /// How many models of the list have a price that can be used.
    pub understood: usize,
}

/// A price that is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The model.
    pub model: String,
    /// Why, in words that follow a colon.
    pub reason: String,
}

/// Why a fetched text is no price list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// It is no JSON object.
    #[error("it is no JSON object ({0})")]
    Unreadable(String),
    /// No model in it has a price that can be used.
    #[error("no model in it has a price that can be used")]
    Empty,
}

/// Reads a list of either form and compares it with what is known on that day.
///
/// # Errors
/// When it is no list; then everything stays as it is.
pub fn feed(text: &str, known: &PriceBook, today: NaiveDate) -> Result<Feed, FeedError> {
    let entries: Fields<'_> =
        serde_json::from_str(text).map_err(|error| FeedError::Unreadable(error.to_string()))?;
    let mut feed = Feed {
        list: PriceList {
            as_of: today,
            source: PriceSource::Fetched,
            models: BTreeMap::new(),
        },
        ignored: Vec::new(),
        understood: 0,
    };
    for (name, written) in candidates(&entries) {
        let before = costing::listed(known, &name, today).map(|(price, _)| price);
        // A model without a price stays without; of a known one it is worth a word.
        if before.is_none() && written.as_ref().is_ok_and(costs_nothing) {
            continue;
        }
        let price = written
            .and_then(|written| price(&name, &written, before))
            .and_then(|price| compared(price, before));
        match price {
            Ok(price) => {
                feed.understood += 1;
                if before != Some(&price) {
                    feed.list.models.insert(name, price);
                }
            }
            Err(reason) => feed.ignored.push(Ignored {
                model: name,
                reason,
            }),
        }
    }
    if feed.understood == 0 {
        return Err(FeedError::Empty);
    }
    Ok(feed)
}

/// The models of vendors, each once: a name of its own comes before one behind its vendor's.
fn candidates(entries: &Fields<'_>) -> BTreeMap<String, Result<Written, Fault>> {
    let mut found = BTreeMap::new();
    let mut behind = Vec::new();
    let mut take = |name: &str, written: Result<Option<Written>, Fault>| {
        if let Some(written) = written.transpose() {
            found.entry(name.to_ascii_lowercase()).or_insert(written);
        }
    };
    for (name, raw) in entries {
        if let Some(models) = models_dev::models(raw) {
            if is_vendor(name) {
                for (name, raw) in &models {
                    take(name, models_dev::written(raw));
                }
            }
            continue;
        }
        match name.split_once('/') {
            None if name == "sample_spec" => {}
            None => take(name, litellm::written(raw)),
            Some((vendor, model)) if is_vendor(vendor) && !model.contains('/') => {
                behind.push((model, raw));
            }
            Some(_) => {}
        }
    }
    for (model, raw) in behind {
        take(model, litellm::written(raw));
    }
    found
}

fn is_vendor(name: &str) -> bool {
    VENDORS.split(' ').any(|vendor| vendor == name)
}

const fn costs_nothing(written: &Written) -> bool {
    written.rates.input.is_zero() && written.rates.output.is_zero()
}

fn price(name: &str, written: &Written, before: Option<&ModelPrice>) -> Result<ModelPrice, Fault> {
    if costs_nothing(written) {
        return Err("it costs nothing, which lists say of what they do not know".to_owned());
    }
    let price = settle(name, written, before)
        .ok_or("it has a step at a length that is not kept apart, or a number too large")?;
    if is_believable(&price) {
        Ok(price)
    } else {
        Err("a price is negative or more than a cent for one token".to_owned())
    }
}

/// Whether every rate and factor of a price can be one.
#[must_use]
pub fn is_believable(price: &ModelPrice) -> bool {
    let fits = |rates: &TokenRates| {
        let all = [
            rates.input,
            rates.cached_input,
            rates.cache_write,
            rates.cache_write_1h,
            rates.output,
        ];
        all.iter()
            .all(|rate| (Decimal::ZERO..=DEAREST).contains(rate))
    };
    let factors = [
        price.fast,
        price.priority,
        price.flex,
        price.united_states,
        price.web_search,
    ];
    fits(&price.rates)
        && price.above.values().all(fits)
        && factors
            .iter()
            .flatten()
            .all(|factor| (Decimal::ZERO..=LARGEST_STEP).contains(factor))
}

/// The price, unless it is beside all measure of the one before.
fn compared(price: ModelPrice, before: Option<&ModelPrice>) -> Result<ModelPrice, Fault> {
    let Some(before) = before else {
        return Ok(price);
    };
    let is_slip = |now: Decimal, was: Decimal| {
        let beyond = |one: Decimal, other: Decimal| {
            !other.is_zero()
                && other
                    .checked_mul(LARGEST_STEP)
                    .is_some_and(|most| one > most)
        };
        beyond(now, was) || beyond(was, now) || (now.is_zero() && !was.is_zero())
    };
    let (now, was) = (&price.rates, &before.rates);
    if is_slip(now.input, was.input) || is_slip(now.output, was.output) {
        return Err(format!(
            "{} and {} per million tokens are out of all proportion to {} and {}",
            millions(now.input),
            millions(now.output),
            millions(was.input),
            millions(was.output)
        ));
    }
    Ok(price)
}

fn millions(rate: Decimal) -> String {
    let dollars = rate.saturating_mul(Decimal::from(1_000_000)).normalize();
    format!("${dollars}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::pricelist::bundled;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    fn known(text: &str) -> PriceBook {
        let mut book = PriceBook::default();
        let mut list = super::super::parse(text, day(11, 1)).unwrap();
        list.source = PriceSource::Bundled;
        book.add(list);
        book
    }

    fn told(feed: &Feed) -> String {
        let changed = feed.list.models.iter().map(|(name, price)| {
            format!(
                "{name} {} {}",
                millions(price.rates.input),
                millions(price.rates.output)
            )
        });
        let ignored = feed
            .ignored
            .iter()
            .map(|ignored| format!("{} ignored: {}", ignored.model, ignored.reason));
        changed.chain(ignored).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn only_what_is_new_or_changed_and_makes_sense_is_taken() {
        let known = known(
            r#"{"same":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6},
                "dearer":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6},
                "slip":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6},
                "negative":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6},
                "given":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6},
                "gone":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6}}"#,
        );
        let text = r#"{"sample_spec":{"input_cost_per_token":"the price","output_cost_per_token":0},
            "same":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6},
            "same-2026-11-20":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6},
            "dearer":{"input_cost_per_token":3e-6,"output_cost_per_token":2e-6},
            "slip":{"input_cost_per_token":1e-3,"output_cost_per_token":2e-3},
            "negative":{"input_cost_per_token":-1e-6,"output_cost_per_token":2e-6},
            "words":{"input_cost_per_token":"cheap","output_cost_per_token":2e-6},
            "free":{"input_cost_per_token":0,"output_cost_per_token":0},
            "given":{"input_cost_per_token":0,"output_cost_per_token":0},
            "vast":{"input_cost_per_token":1,"output_cost_per_token":2},
            "steps":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6,"input_cost_per_token_above_7k_tokens":2e-6,"output_cost_per_token_above_7k_tokens":2e-6},
            "picture":{"mode":"image_generation","input_cost_per_token":1e-6,"output_cost_per_token":1e-6},
            "zai/GLM-9":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6},
            "reseller/glm-9":{"input_cost_per_token":5e-6,"output_cost_per_token":5e-6},
            "array":[1]}"#;
        let feed = feed(text, &known, day(12, 1)).unwrap();
        assert_eq!(feed.understood, 4);
        insta::assert_snapshot!(told(&feed));
    }

    #[test]
    fn what_a_list_leaves_out_stays_as_it_was_while_the_price_of_input_does() {
        let known = known(
            r#"{"m":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6,"cache_read_input_token_cost":1e-7,
                "provider_specific_entry":{"fast":6},"input_cost_per_token_above_200k_tokens":2e-6,
                "output_cost_per_token_above_200k_tokens":4e-6}}"#,
        );
        let same = r#"{"m":{"input_cost_per_token":1e-6,"output_cost_per_token":2e-6}}"#;
        assert_eq!(feed(same, &known, day(12, 1)).unwrap().list.models.len(), 0);
        let changed = r#"{"m":{"input_cost_per_token":4e-6,"output_cost_per_token":2e-6}}"#;
        let feed = feed(changed, &known, day(12, 1)).unwrap();
        let price = &feed.list.models["m"];
        assert_eq!(price.fast, Some(Decimal::from(6)));
        assert_eq!(price.rates.cached_input, price.rates.input);
        assert!(price.above.is_empty());
    }

    #[test]
    fn models_dev_is_understood_and_only_vendors_own_prices_are_taken() {
        let text = r#"{"anthropic":{"id":"anthropic","models":{"claude-x":{"id":"claude-x","cost":{"input":3,"output":15,
                "cache_read":0.3,"cache_write":3.75,"context_over_200k":{"input":6,"output":22.5}},
                "experimental":{"modes":{"fast":{"cost":{"input":18,"output":90}}}}},"bare":{"id":"bare"}}},
            "zai":{"models":{"glm-9":{"cost":{"input":0.6,"output":2.2,"tiers":[{"tier":{"type":"context","size":128000},"input":1.2,"output":4}]}}}},
            "reseller":{"models":{"claude-x":{"cost":{"input":99,"output":99}}}}}"#;
        let feed = feed(text, &PriceBook::default(), day(12, 1)).unwrap();
        assert_eq!(feed.ignored, []);
        assert_eq!(told(&feed), "claude-x $3 $15\nglm-9 $0.6 $2.2");
        let price = &feed.list.models["claude-x"];
        assert_eq!(price.rates.cache_write_1h.to_string(), "0.000006");
        assert_eq!(price.above[&200_000].output.to_string(), "0.0000225");
        assert_eq!(price.fast, Some(Decimal::from(6)));
        assert_eq!(feed.list.models["glm-9"].above.len(), 1);
    }

    #[test]
    fn what_is_no_list_changes_nothing() {
        for text in [
            "",
            "<html>",
            "[]",
            "{}",
            "{\"a\":1}",
            "{\"m\":{\"input_cost_per_token\":0}}",
        ] {
            assert!(feed(text, &bundled(), day(12, 1)).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_numbers_stand_in_a_list_what_is_taken_is_believable(
            input in "-?[0-9]{1,4}(\\.[0-9]{1,9})?(e-?[0-9]{1,3})?", output in "[0-9]{1,2}e-[0-9]{1,2}",
        ) {
            let text = format!("{{\"gpt-5\":{{\"input_cost_per_token\":{input},\"output_cost_per_token\":{output}}}}}");
            if let Ok(feed) = feed(&text, &bundled(), day(12, 1)) {
                for price in feed.list.models.values() {
                    proptest::prop_assert!(is_believable(price));
                }
            }
        }
    }
}
