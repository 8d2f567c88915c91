//! What is carried from one poll to the next: the last prices and the key that was refused, never the key itself.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::coin::CoinPrice;
use crate::domain::reading::Cursor;
use crate::providers::coingecko::wanted::Wanted;
use crate::providers::recollection;

/// How long a price that no source renews is still told, with its age.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// What is carried over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    /// The last prices.
    pub(super) prices: Vec<CoinPrice>,
    /// The mark of a key and plan that CoinGecko refused.
    pub(super) refused_key: Option<String>,
}

impl Memory {
    /// What the last poll left; what is too old is forgotten, and so is what cannot be read.
    pub(super) fn recall(cursor: Option<&Cursor>, now: DateTime<Utc>) -> Self {
        let mut memory: Self = recollection::read(cursor).unwrap_or_default();
        memory.prices.retain(|price| now - price.at <= KEPT);
        memory
    }

    /// Last prices that are wanted and were not renewed.
    pub(super) fn not_renewed(&self, wanted: &Wanted, renewed: &[CoinPrice]) -> Vec<CoinPrice> {
        self.prices
            .iter()
            .filter(|price| wanted.wants(price))
            .filter(|price| {
                !renewed.iter().any(|new| {
                    new.symbol == price.symbol && new.price.currency == price.price.currency
                })
            })
            .cloned()
            .collect()
    }
}
