//! What a model costs per token, by the date of use. Reading a price list and applying it is `analysis`'s.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Dollars per token, by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// Dollars per token as somebody wrote them; what he left out is told by the vendor's rule, if there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WrittenRates {
    /// Input from no cache.
    pub input: Decimal,
    /// Output, reasoning included.
    pub output: Decimal,
    /// Input from a cache. `None`: left out.
    pub cached_input: Option<Decimal>,
    /// Written to a cache for five minutes. `None`: left out.
    pub cache_write: Option<Decimal>,
    /// Written to a cache for an hour. `None`: left out.
    pub cache_write_1h: Option<Decimal>,
}

/// What a model costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// What a model costs by the user's own word: flat, whatever the length of the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPrice {
    /// The model's name in small letters.
    pub model: String,
    /// The first day it holds. `None`: it always did.
    pub from: Option<NaiveDate>,
    /// The rates.
    pub rates: WrittenRates,
    /// Dollars for one web search. `None`: as the lists say.
    pub web_search: Option<Decimal>,
}

/// Who says the prices of a list. Of two lists of one day the later named wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceSource {
    /// The program brought them.
    Bundled,
    /// They were fetched.
    Fetched,
}

/// The prices of one date; it may hold only those that changed since the list before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceList {
    /// The day the prices were read.
    pub as_of: NaiveDate,
    /// Who says so.
    pub source: PriceSource,
    /// The prices by the model's name in small letters.
    pub models: BTreeMap<String, ModelPrice>,
}

/// Price lists of several dates, of which the one in force on a day prices that day's use; and the user's own prices,
/// which come before all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceBook {
    lists: BTreeMap<(NaiveDate, PriceSource), PriceList>,
    own: BTreeMap<String, BTreeMap<NaiveDate, OwnPrice>>,
    confirmed_on: Option<NaiveDate>,
}

impl PriceBook {
    /// Adds a list; one of the same date and source is replaced.
    pub fn add(&mut self, list: PriceList) {
        self.lists.insert((list.as_of, list.source), list);
    }

    /// Adds a price of the user's; one of the same model and day is replaced.
    pub fn add_own(&mut self, price: OwnPrice) {
        let prices = self.own.entry(price.model.clone()).or_default();
        prices.insert(price.from.unwrap_or(NaiveDate::MIN), price);
    }

    /// Takes note that on that day a source said that these prices hold.
    pub fn confirm(&mut self, day: NaiveDate) {
        self.confirmed_on = self.confirmed_on.max(Some(day));
    }

    /// Tells this book from one that says something else: of other days, or with other prices of the user's.
    #[must_use]
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let days = self
            .lists
            .keys()
            .map(|(day, source)| format!("{day} {source:?}"));
        days.collect::<Vec<_>>().hash(&mut hasher);
        format!("{:?} {:?}", self.own, self.confirmed_on).hash(&mut hasher);
        hasher.finish()
    }

    /// The last day of which it is known that these were the prices. `None`: there are none.
    #[must_use]
    pub fn date(&self) -> Option<NaiveDate> {
        let last = self.lists.keys().next_back().map(|(day, _)| *day);
        last.max(self.confirmed_on)
    }

    /// The lists for a day, best first: the one in force, then older ones, then newer ones, because a model's only
    /// known price is better than none.
    pub fn on(&self, day: NaiveDate) -> impl Iterator<Item = &PriceList> {
        let last = (day, PriceSource::Fetched);
        let older = self.lists.range(..=last).rev();
        let newer = self
            .lists
            .range(last..)
            .filter(move |(key, _)| **key > last);
        older.chain(newer).map(|(_, list)| list)
    }

    /// The user's own price of a model on a day, under the first of its names that he gave one.
    #[must_use]
    pub fn own(&self, names: &[String], day: NaiveDate) -> Option<&OwnPrice> {
        let found = names.iter().find_map(|name| {
            let prices = self.own.get(name)?;
            prices.range(..=day).next_back()
        });
        found.map(|(_, price)| price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    fn list(as_of: u32, source: PriceSource) -> PriceList {
        PriceList {
            as_of: day(as_of),
            source,
            models: BTreeMap::new(),
        }
    }

    #[test]
    fn the_list_in_force_comes_first_then_older_then_newer_ones_and_the_fetched_before_the_bundled()
    {
        let mut book = PriceBook::default();
        for (as_of, source) in [
            (10, PriceSource::Bundled),
            (10, PriceSource::Fetched),
            (5, PriceSource::Bundled),
            (20, PriceSource::Fetched),
        ] {
            book.add(list(as_of, source));
        }
        let order: Vec<_> = book
            .on(day(12))
            .map(|list| (list.as_of, list.source))
            .collect();
        assert_eq!(
            order,
            [
                (day(10), PriceSource::Fetched),
                (day(10), PriceSource::Bundled),
                (day(5), PriceSource::Bundled),
                (day(20), PriceSource::Fetched)
            ]
        );
        assert_eq!(book.date(), Some(day(20)));
        book.confirm(day(24));
        book.confirm(day(3));
        assert_eq!(book.date(), Some(day(24)));
    }

    #[test]
    fn an_own_price_holds_from_its_day_on_until_the_next() {
        let mut book = PriceBook::default();
        for from in [None, Some(day(5)), Some(day(9))] {
            book.add_own(OwnPrice {
                model: "m".to_owned(),
                from,
                rates: WrittenRates::default(),
                web_search: None,
            });
        }
        let names = ["x".to_owned(), "m".to_owned()];
        let from = |on| book.own(&names, day(on)).unwrap().from;
        assert_eq!(from(4), None);
        assert_eq!(from(5), Some(day(5)));
        assert_eq!(from(8), Some(day(5)));
        assert_eq!(from(30), Some(day(9)));
        assert_eq!(book.own(&names[..1], day(30)), None);
    }
}
