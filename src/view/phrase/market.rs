//! Coin prices, holdings and exchange rates in words.

use crate::analysis::digest::{AccountState, CoinDigest, Digest};
use crate::view::format::{self, Moment};

/// A coin's price with its change: `VVV  $2.00  +3.1 %`. `None`: no price is known.
#[must_use]
pub fn coin(coin: &CoinDigest) -> Option<String> {
    let price = coin.prices.first()?;
    let change = price
        .change_24h_percent
        .map(|change| format!("  {}", format::change(change)))
        .unwrap_or_default();
    Some(format!(
        "{}  {}{change}",
        price.symbol,
        format::money(price.price)
    ))
}

/// What the user holds of a coin: `2,750 VVV = $5,500.00`. `None`: he does not say, or holds none.
#[must_use]
pub fn held(coin: &CoinDigest) -> Option<String> {
    let symbol = &coin.prices.first()?.symbol;
    let held = coin.held.filter(|held| !held.is_zero())?;
    let amount = format::amount(held);
    Some(match coin.worth {
        Some(worth) => format!("{amount} {symbol} = {}", format::money(worth)),
        None => format!("{amount} {symbol}"),
    })
}

/// Who says a coin's price: `from coingecko`.
#[must_use]
pub fn source(coin: &CoinDigest) -> Option<String> {
    let price = coin.prices.first()?;
    Some(format!("from {}", price.source))
}

/// How old a coin's price is, when it is older than promised: `as of 2:05pm`.
#[must_use]
pub fn age(coin: &CoinDigest, moment: Moment) -> Option<String> {
    let price = coin.prices.first()?;
    match coin.state {
        AccountState::Fresh | AccountState::Waiting => None,
        _ => Some(format!("as of {}", format::when(price.at, moment))),
    }
}

/// The exchange rate behind the totals, when one was used: `Converted at the rate of frankfurter, 20 Nov`.
#[must_use]
pub fn rate(digest: &Digest, moment: Moment) -> Option<String> {
    let totals = &digest.converted;
    let used = [&totals.month, &totals.week, &totals.today]
        .into_iter()
        .flatten()
        .find(|total| total.rate_source.is_some())?;
    let source = used.rate_source.as_deref()?;
    Some(match used.rate_at {
        Some(at) => format!(
            "Converted at the rate of {source}, {}",
            format::when(at, moment)
        ),
        None => format!("Converted at the rate of {source}"),
    })
}
