//! What a model costs per token, by the date of use. Reading a price list and applying it is `analysis`'s.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Dollars per token, by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRates {
    /// Input from no cache.
    pub input: Decimal,
    /// Input from a cache.
    pub cached_input: Decimal,
    /// Written to a cache for five minutes, or for a time nobody tells.
    pub cache_write: Decimal,
    /// Written to a cache for an hour.
    pub cache_write_1h: Decimal,
    /// Output, reasoning included.
    pub output: Decimal,
}

/// What a model costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPrice {
    /// The usual rates.
    pub rates: TokenRates,
    /// Rates of a whole request whose prompt is longer than so many tokens, by that bound.
    pub above: BTreeMap<u64, TokenRates>,
    /// Times the usual in fast mode. `None`: nobody says.
    pub fast: Option<Decimal>,
    /// Times the usual in the priority tier. `None`: nobody says.
    pub priority: Option<Decimal>,
    /// Times the usual in the tier that may wait. `None`: nobody says.
    pub flex: Option<Decimal>,
    /// Times the usual when answered in the United States only. `None`: nobody says.
    pub united_states: Option<Decimal>,
    /// Dollars for one web search. `None`: nobody says.
    pub web_search: Option<Decimal>,
}

/// The prices of one date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    /// The day the prices were read.
    pub as_of: NaiveDate,
    /// The prices by the model's name in small letters.
    pub models: BTreeMap<String, ModelPrice>,
}

/// Price lists of several dates; the one in force on a day prices that day's use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceBook(BTreeMap<NaiveDate, PriceList>);

impl PriceBook {
    /// Adds a list; one of the same date is replaced.
    pub fn add(&mut self, list: PriceList) {
        self.0.insert(list.as_of, list);
    }

    /// The lists for a day, best first: the one in force, then older ones, then newer ones, because a model's only
    /// known price is better than none.
    pub fn on(&self, day: NaiveDate) -> impl Iterator<Item = &PriceList> {
        let older = self.0.range(..=day).rev();
        let newer = self.0.range(day..).filter(move |(date, _)| **date > day);
        older.chain(newer).map(|(_, list)| list)
    }
}
