//! Coin prices: CoinGecko first, then GeckoTerminal, DexScreener and Coinbase for Venice's two coins.
//!
//! One call to CoinGecko asks for all coins in all currencies. The others are asked only for what it did not tell,
//! in dollars only, by contract address on Base (look-alikes exist). Every price names its source; none is a
//! constant. A price that no source renewed keeps its last value and its age for a day; when no source tells
//! anything the poll fails and the store keeps the last reading. It holds no history and converts nothing.
//!
//! The plan of a key is asked for (`plan`), never guessed: keys of both plans look alike. A key that is refused
//! costs a warning, not the price.

mod fallback;
mod jury;
mod memory;
mod patience;
mod primary;
mod wanted;

use std::time::Duration;

use crate::domain::coin::CoinPrice;
use crate::domain::money::Currency;
use crate::domain::reading::Reading;
use crate::providers::recollection;
use crate::providers::{
    Appears, Auth, Kind, Links, Need, PollContext, PollError, PollFuture, Provider,
};

use jury::Jury;
use memory::Memory;
use wanted::Wanted;

/// CoinGecko's card.
pub(super) const PROVIDER: Provider = Provider {
    id: "coingecko",
    name: "CoinGecko",
    kind: Kind::Market,
    shows: "prices of VVV, DIEM and any other coin, with the change over 24 hours",
    auth: Auth::ApiKey {
        env: &["COINGECKO_API_KEY"],
        help: "Works without a key; a free one from https://www.coingecko.com/en/api raises the limits.",
        need: Need::Optional,
    },
    appears: Appears::WithCoins,
    base_url: "https://api.coingecko.com/api/v3",
    hosts: &[
        "api.coingecko.com",
        "pro-api.coingecko.com",
        "api.geckoterminal.com",
        "api.dexscreener.com",
        "api.coinbase.com",
    ],
    every: Duration::from_mins(5),
    coins: &[],
    options: &[
        (
            "currencies",
            "in which currencies prices are told, like [\"usd\", \"eur\"]",
        ),
        (
            "coins",
            "further coins by CoinGecko's id and ticker, like [\"bitcoin=BTC\"]",
        ),
        (
            "plan",
            "what the key was sold as: \"demo\" (default) or \"pro\"",
        ),
        ("pro_url", "replaces https://pro-api.coingecko.com/api/v3"),
        (
            "geckoterminal_url",
            "replaces https://api.geckoterminal.com/api/v2; \"\" asks nobody",
        ),
        (
            "dexscreener_url",
            "replaces https://api.dexscreener.com; \"\" asks nobody",
        ),
        (
            "coinbase_url",
            "replaces https://api.coinbase.com/v2; \"\" asks nobody",
        ),
    ],
    links: Links {
        dashboard: Some("https://www.coingecko.com/en/coins/venice-token"),
        top_up: None,
    },
    poll,
};

fn poll<'a>(cx: &'a PollContext<'a>) -> PollFuture<'a> {
    Box::pin(read(cx))
}

async fn read(cx: &PollContext<'_>) -> Result<Reading, PollError> {
    let wanted = Wanted::of(cx.account);
    let mut memory = Memory::recall(cx.resume, cx.now);
    let mut jury = Jury::new(&memory.prices);
    let mut warnings = wanted.warnings.clone();

    let first = primary::ask(cx, &wanted, memory.refused_key.as_deref()).await;
    warnings.extend(first.warning);
    memory.refused_key = first.refused_key;
    let (told, failure) = match first.told {
        Ok(told) => (told, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let mut prices: Vec<CoinPrice> = dollars(&told)
        .filter_map(|quote| jury.hear(quote))
        .collect();
    let others = fallback::fill(cx, &wanted, &mut jury, &mut prices).await;
    prices.extend(follow(&told, &prices));
    if prices.is_empty() {
        return Err(failure.unwrap_or_else(|| nothing_told(&wanted, &others)));
    }

    warnings.extend(failure.map(|error| format!("CoinGecko tells nothing: {error}")));
    warnings.extend(others);
    let missing: Vec<String> = wanted.missing_from(&prices).collect();
    prices.extend(memory.not_renewed(&wanted, &prices));
    warnings.extend(missing);
    memory.prices.clone_from(&prices);

    let mut reading = Reading::empty(cx.account.id.clone(), cx.now);
    wanted.sort(&mut prices);
    reading.figures.prices = prices;
    for warning in warnings {
        reading.complete.missing(warning);
    }
    reading.resume = recollection::write(&memory);
    Ok(reading)
}

fn dollars(told: &[CoinPrice]) -> impl Iterator<Item = CoinPrice> {
    told.iter()
        .filter(|price| price.price.currency == Currency::USD)
        .cloned()
}

/// CoinGecko's prices in other currencies: believed with its price in dollars, or when it told none.
fn follow(told: &[CoinPrice], believed: &[CoinPrice]) -> Vec<CoinPrice> {
    let in_dollars = |list: &[CoinPrice], price: &CoinPrice, source: Option<&str>| {
        list.iter().any(|other| {
            other.symbol == price.symbol
                && other.price.currency == Currency::USD
                && source.is_none_or(|source| other.source == source)
        })
    };
    told.iter()
        .filter(|price| price.price.currency != Currency::USD)
        .filter(|price| {
            in_dollars(believed, price, Some(price.source.as_str()))
                || !in_dollars(told, price, None)
        })
        .cloned()
        .collect()
}

fn nothing_told(wanted: &Wanted, others: &[String]) -> PollError {
    let reasons = if others.is_empty() {
        "CoinGecko's answer holds none".to_owned()
    } else {
        others.join("; ")
    };
    PollError::Malformed(format!("no price of {}: {reasons}", wanted.tickers()))
}

#[cfg(test)]
mod tests;
