//! From rows of the ledger to quarter hours: refunds netted by currency, each request and its tokens counted once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::domain::ids::{KeyId, ModelId};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Attribution, Basis, SlotWidth, Spend, UsageSlot};
use crate::providers::venice::keys::WEB_APP;
use crate::providers::venice::ledger::{Entry, Inference, Via};
use crate::providers::venice::sku::{Sku, TokenClass};

type Place = (DateTime<Utc>, Attribution);

#[derive(Debug, Default)]
struct Sum {
    spend: Spend,
    requests: Option<u64>,
    tokens: Option<TokenCounts>,
}

/// One request, gathered from its rows.
#[derive(Debug)]
struct Gathered {
    /// Where it is counted: at its first row.
    place: Place,
    prompt: Option<u64>,
    completion: Option<u64>,
    cached: TokenCounts,
}

/// The slots of some rows, by time and attribution.
pub(super) fn sum<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<UsageSlot> {
    let mut sums: BTreeMap<Place, Sum> = BTreeMap::new();
    let mut requests: BTreeMap<&str, Gathered> = BTreeMap::new();
    for entry in entries {
        let place = place(entry);
        let sum = sums.entry(place.clone()).or_default();
        match entry.cost {
            Some(cost) => sum.spend.add(cost, Basis::Billed),
            None => {
                sum.spend.unpriced.extend(place.1.model.clone());
            }
        }
        if let Some(inference) = &entry.request {
            requests
                .entry(&inference.id)
                .or_insert_with(|| Gathered::at(place))
                .add(entry, inference);
        }
    }
    for request in requests.into_values() {
        let tokens = request.tokens();
        let sum = sums.entry(request.place).or_default();
        sum.requests = Some(sum.requests.unwrap_or_default().saturating_add(1));
        if let Some(tokens) = tokens {
            sum.tokens.get_or_insert_default().add(&tokens);
        }
    }
    sums.into_iter().map(slot).collect()
}

fn slot(((start, who), sum): (Place, Sum)) -> UsageSlot {
    UsageSlot {
        start,
        width: SlotWidth::QuarterHour,
        who: who.into(),
        requests: sum.requests,
        tokens: sum.tokens,
        spend: sum.spend,
    }
}

fn place(entry: &Entry) -> Place {
    let model = Sku(&entry.sku).model();
    let who = Attribution {
        // The ledger names no key; what came through the web application it does tell.
        key: (entry.via == Via::WebApp).then(|| KeyId::from(WEB_APP)),
        model: (!model.is_empty()).then(|| ModelId::from(model)),
        ..Attribution::default()
    };
    (SlotWidth::QuarterHour.start_of(entry.at), who)
}

impl Gathered {
    const fn at(place: Place) -> Self {
        Self {
            place,
            prompt: None,
            completion: None,
            cached: TokenCounts {
                input: 0,
                cached_input: 0,
                cache_write: 0,
                cache_write_5m: 0,
                cache_write_1h: 0,
                output: 0,
                reasoning: 0,
            },
        }
    }

    fn add(&mut self, entry: &Entry, inference: &Inference) {
        self.prompt = self.prompt.or(inference.prompt_tokens);
        self.completion = self.completion.or(inference.completion_tokens);
        let count = entry.units.and_then(tokens_of_millions).unwrap_or_default();
        let cached = &mut self.cached;
        let class = match Sku(&entry.sku).token_class() {
            TokenClass::CacheRead => &mut cached.cached_input,
            TokenClass::CacheWrite => &mut cached.cache_write,
            TokenClass::CacheWrite5m => &mut cached.cache_write_5m,
            TokenClass::Other => return,
        };
        *class = class.saturating_add(count);
    }

    /// The request's tokens: its prompt without what came from or went to a cache. `None`: the prompt is not told;
    /// without it the rest would look like a request that sent nothing.
    fn tokens(&self) -> Option<TokenCounts> {
        let prompt = self.prompt?;
        let cached_input = self.cached.cached_input.min(prompt);
        let writes = self.cached.cache_writes().min(prompt - cached_input);
        let all_writes_fit = writes == self.cached.cache_writes();
        Some(TokenCounts {
            input: prompt - cached_input - writes,
            cached_input,
            cache_write: if all_writes_fit {
                self.cached.cache_write
            } else {
                writes
            },
            cache_write_5m: if all_writes_fit {
                self.cached.cache_write_5m
            } else {
                0
            },
            output: self.completion.unwrap_or_default(),
            ..TokenCounts::default()
        })
    }
}

fn tokens_of_millions(units: Decimal) -> Option<u64> {
    units
        .checked_mul(Decimal::from(1_000_000))?
        .round()
        .to_u64()
}
