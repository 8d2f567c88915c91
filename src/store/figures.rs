//! Figures at rest: what a partial reading keeps of the last one, and reading JSON of which a part is strange.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::domain::reading::{Completeness, Figures};
use crate::store::cell::{self, Read};

/// The figures that hold after a reading.
///
/// Of a partial reading an empty list is one that did not come and keeps its last good value, as the plan does.
/// Prices and rates are asked for one by one, so each that did not come is kept by itself; its own instant tells
/// its age. Any other list that came holds as a whole: an old entry in it would look as if it were still true.
pub(super) fn hold(new: &Figures, complete: &Completeness, old: Option<Figures>) -> Figures {
    let mut held = new.clone();
    let (Completeness::Partial(_), Some(old)) = (complete, old) else {
        return held;
    };
    held.plan = held.plan.or(old.plan);
    held.priced_as_of = held.priced_as_of.or(old.priced_as_of);
    keep_if_empty(&mut held.balances, old.balances);
    keep_if_empty(&mut held.windows, old.windows);
    keep_if_empty(&mut held.keys, old.keys);
    keep_if_empty(&mut held.models, old.models);
    keep_if_empty(&mut held.projects, old.projects);
    keep_missing(&mut held.prices, old.prices, |price| {
        (price.symbol.clone(), price.price.currency)
    });
    keep_missing(&mut held.rates, old.rates, |rate| (rate.base, rate.quote));
    held
}

fn keep_if_empty<T>(new: &mut Vec<T>, old: Vec<T>) {
    if new.is_empty() {
        *new = old;
    }
}

fn keep_missing<T, K: PartialEq>(new: &mut Vec<T>, old: Vec<T>, key: impl Fn(&T) -> K) {
    for kept in old {
        if !new.iter().any(|item| key(item) == key(&kept)) {
            new.push(kept);
        }
    }
}

/// Reads figures; an item that cannot be read is left out, the rest stays.
pub(super) fn parse(json: &str) -> Read<Figures> {
    if let Ok(figures) = serde_json::from_str(json) {
        return Ok(figures);
    }
    cell::odd("reading");
    let fields: Map<String, Value> = serde_json::from_str(json)?;
    Ok(Figures {
        plan: fields
            .get("plan")
            .and_then(|plan| serde_json::from_value(plan.clone()).ok()),
        balances: items(&fields, "balances"),
        windows: items(&fields, "windows"),
        keys: items(&fields, "keys"),
        models: items(&fields, "models"),
        projects: items(&fields, "projects"),
        prices: items(&fields, "prices"),
        rates: items(&fields, "rates"),
        priced_as_of: fields
            .get("priced_as_of")
            .and_then(|day| serde_json::from_value(day.clone()).ok()),
    })
}

fn items<T: DeserializeOwned>(fields: &Map<String, Value>, name: &str) -> Vec<T> {
    let list = fields.get(name).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|item| serde_json::from_value(item.clone()).ok())
        .collect()
}

/// Reads what was missing.
pub(super) fn parse_completeness(json: &str) -> Completeness {
    serde_json::from_str(json).unwrap_or_else(|_| {
        cell::odd("reading");
        Completeness::Partial(vec!["What was missing cannot be read any more.".to_owned()])
    })
}
