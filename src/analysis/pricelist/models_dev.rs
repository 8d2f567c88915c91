//! One model of models.dev's list: dollars per million tokens.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::value::RawValue;

use crate::analysis::pricelist::{Fault, Fields, Written, number};
use crate::domain::price::WrittenRates;

/// A millionth.
const PER_MILLION: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// The models of a provider as the list has them. `None`: it is no provider.
pub(super) fn models(provider: &RawValue) -> Option<Fields<'_>> {
    let fields: Fields<'_> = serde_json::from_str(provider.get()).ok()?;
    serde_json::from_str(fields.get("models")?.get()).ok()
}

/// A model's price. `None`: it has none.
pub(super) fn written(model: &RawValue) -> Result<Option<Written>, Fault> {
    let Some(cost) = field(model, "cost").filter(|cost| cost.get() != "null") else {
        return Ok(None);
    };
    let Some(rates) = rates(cost)? else {
        return Ok(None);
    };
    let mut above = BTreeMap::new();
    if let Some(over) = field(cost, "context_over_200k") {
        above.extend(self::rates(over)?.map(|rates| (200_000, rates)));
    }
    let tiers: Vec<&RawValue> = field(cost, "tiers")
        .and_then(|tiers| serde_json::from_str(tiers.get()).ok())
        .unwrap_or_default();
    for tier in tiers {
        let size = field(tier, "tier").and_then(|tier| field(tier, "size"));
        let size = size
            .and_then(|size| size.get().parse().ok())
            .ok_or("a step has no length")?;
        above.extend(self::rates(tier)?.map(|rates| (size, rates)));
    }
    let fast = field(model, "experimental")
        .and_then(|raw| field(raw, "modes"))
        .and_then(|raw| field(raw, "fast"))
        .and_then(|raw| field(raw, "cost"));
    let fast = match fast {
        Some(fast) => self::rates(fast)?.and_then(|fast| fast.input.checked_div(rates.input)),
        None => None,
    };
    Ok(Some(Written {
        rates,
        above,
        fast,
        ..Written::default()
    }))
}

fn field<'a>(raw: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    let fields: Fields<'a> = serde_json::from_str(raw.get()).ok()?;
    fields.get(name).copied()
}

/// `None`: input or output has no price.
fn rates(cost: &RawValue) -> Result<Option<WrittenRates>, Fault> {
    let Ok(fields) = serde_json::from_str::<Fields<'_>>(cost.get()) else {
        return Ok(None);
    };
    let named = |name: &str| -> Result<Option<Decimal>, Fault> {
        match number(&fields, name)? {
            Some(dollars) => match dollars.checked_mul(PER_MILLION) {
                Some(rate) => Ok(Some(rate.normalize())),
                None => Err(format!("`{name}` is too large")),
            },
            None => Ok(None),
        }
    };
    let (Some(input), Some(output)) = (named("input")?, named("output")?) else {
        return Ok(None);
    };
    Ok(Some(WrittenRates {
        input,
        output,
        cached_input: named("cache_read")?,
        cache_write: named("cache_write")?,
        cache_write_1h: None,
    }))
}
