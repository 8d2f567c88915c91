//! One model of LiteLLM's list: dollars per token, with steps by the length of the prompt.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::value::RawValue;

use crate::analysis::pricelist::{Fault, Fields, Written, number};
use crate::domain::price::WrittenRates;

const INPUT: &str = "input_cost_per_token";
const OUTPUT: &str = "output_cost_per_token";

/// A model's price. `None`: it is no model that is paid by the token.
pub(super) fn written(raw: &RawValue) -> Result<Option<Written>, Fault> {
    let Ok(fields) = serde_json::from_str::<Fields<'_>>(raw.get()) else {
        return Ok(None);
    };
    if !is_text_model(&fields) {
        return Ok(None);
    }
    let Some(rates) = rates(&fields, "")? else {
        return Ok(None);
    };
    let mut above = BTreeMap::new();
    for name in fields.keys() {
        let Some(suffix) = name.strip_prefix(INPUT) else {
            continue;
        };
        let thousands = suffix
            .strip_prefix("_above_")
            .and_then(|rest| rest.strip_suffix("k_tokens"));
        let Some(thousands) = thousands else {
            continue;
        };
        let bound = thousands.parse::<u64>().ok();
        let bound = bound
            .and_then(|thousands| thousands.checked_mul(1000))
            .ok_or_else(|| format!("`{name}` has no length"))?;
        let rates = self::rates(&fields, suffix)?
            .ok_or_else(|| format!("`{name}` stands without the price of output"))?;
        above.insert(bound, rates);
    }
    let tier = |name: &str| -> Result<Option<Decimal>, Fault> {
        Ok(number(&fields, name)?.and_then(|dear| dear.checked_div(rates.input)))
    };
    let special: Fields<'_> = fields
        .get("provider_specific_entry")
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    Ok(Some(Written {
        rates,
        above,
        fast: number(&special, "fast")?,
        priority: tier("input_cost_per_token_priority")?,
        flex: tier("input_cost_per_token_flex")?,
        united_states: number(&special, "us")?,
    }))
}

/// Images, speech and embeddings are paid by other units, whatever else stands there.
fn is_text_model(fields: &Fields<'_>) -> bool {
    fields.get("mode").is_none_or(|mode| {
        ["\"chat\"", "\"responses\"", "\"completion\"", "null"].contains(&mode.get())
    })
}

/// The rates with a suffix. `None`: input or output has no price.
fn rates(fields: &Fields<'_>, suffix: &str) -> Result<Option<WrittenRates>, Fault> {
    let named = |name: &str| number(fields, &format!("{name}{suffix}"));
    let (Some(input), Some(output)) = (named(INPUT)?, named(OUTPUT)?) else {
        return Ok(None);
    };
    Ok(Some(WrittenRates {
        input,
        output,
        cached_input: named("cache_read_input_token_cost")?,
        cache_write: named("cache_creation_input_token_cost")?,
        cache_write_1h: named("cache_creation_input_token_cost_above_1hr")?,
    }))
}
