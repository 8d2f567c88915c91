//! The other sources: asked in turn, without a key, for the dollar prices that are still missing.
//!
//! They are asked by contract address on Base; the last by trading pair. None is asked twice in a poll.

use std::collections::BTreeMap;
use std::pin::Pin;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::domain::coin::CoinPrice;
use crate::domain::money::{Currency, Money};
use crate::http::Request;
use crate::providers::coingecko::jury::Jury;
use crate::providers::coingecko::wanted::{Coin, Wanted, address};
use crate::providers::coingecko::{PROVIDER, patience};
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Amount, Lenient};
use crate::providers::{PollContext, PollError, Provider};

/// What a source told.
type Told<'a> = Pin<Box<dyn Future<Output = Result<Vec<CoinPrice>, PollError>> + Send + 'a>>;

/// Another source of prices.
struct Source {
    /// Its name in a price.
    name: &'static str,
    /// Its card: what errors call it.
    card: Provider,
    /// The option that replaces its address.
    option: &'static str,
    /// Its address.
    url: &'static str,
    /// Asks it.
    ask: for<'a> fn(&'a Question<'a>) -> Told<'a>,
}

/// What a source is asked.
struct Question<'a> {
    cx: &'a PollContext<'a>,
    vendor: Vendor<'a>,
    source: &'static str,
    url: &'a str,
    coins: Vec<(&'a Coin, &'static str)>,
}

const fn named(name: &'static str) -> Provider {
    Provider { name, ..PROVIDER }
}

/// In the order in which they are asked.
static SOURCES: [Source; 3] = [
    Source {
        name: "geckoterminal",
        card: named("GeckoTerminal"),
        option: "geckoterminal_url",
        url: "https://api.geckoterminal.com/api/v2",
        ask: |question| Box::pin(geckoterminal(question)),
    },
    Source {
        name: "dexscreener",
        card: named("DexScreener"),
        option: "dexscreener_url",
        url: "https://api.dexscreener.com",
        ask: |question| Box::pin(dexscreener(question)),
    },
    Source {
        name: "coinbase",
        card: named("Coinbase"),
        option: "coinbase_url",
        url: "https://api.coinbase.com/v2",
        ask: |question| Box::pin(coinbase(question)),
    },
];

/// Adds the dollar prices that are missing, as far as they are told and believed; returns what went wrong while
/// something is still missing.
pub(super) async fn fill(
    cx: &PollContext<'_>,
    wanted: &Wanted,
    jury: &mut Jury,
    prices: &mut Vec<CoinPrice>,
) -> Vec<String> {
    let mut faults = Vec::new();
    for source in &SOURCES {
        let coins = missing(wanted, prices);
        let url = address(cx.account, source.option, source.url);
        let (Some(url), false) = (url, coins.is_empty()) else {
            continue;
        };
        let question = Question {
            cx,
            vendor: Vendor::new(cx, &source.card),
            source: source.name,
            url,
            coins,
        };
        match patience::within(source.card.name, (source.ask)(&question)).await {
            Ok(told) => prices.extend(told.into_iter().filter_map(|quote| jury.hear(quote))),
            Err(error) => faults.push(error.to_string()),
        }
    }
    if missing(wanted, prices).is_empty() {
        return Vec::new();
    }
    faults.extend(jury.doubts(prices));
    faults
}

fn missing<'a>(wanted: &'a Wanted, prices: &[CoinPrice]) -> Vec<(&'a Coin, &'static str)> {
    wanted
        .coins
        .iter()
        .filter(|coin| {
            !prices
                .iter()
                .any(|price| price.symbol == coin.symbol && price.price.currency == Currency::USD)
        })
        .filter_map(|coin| Some((coin, coin.address?)))
        .collect()
}

impl Question<'_> {
    fn addresses(&self) -> String {
        let addresses: Vec<&str> = self.coins.iter().map(|(_, address)| *address).collect();
        addresses.join(",")
    }

    /// A price in dollars; none when it is unknown, zero or negative.
    fn price(&self, coin: &Coin, dollars: Option<Decimal>) -> Option<CoinPrice> {
        Some(CoinPrice {
            symbol: coin.symbol.clone(),
            price: Money::new(
                dollars.filter(|amount| *amount > Decimal::ZERO)?,
                Currency::USD,
            ),
            change_24h_percent: None,
            source: self.source.to_owned(),
            at: self.cx.now,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenPrices {
    data: Lenient<TokenPriceData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenPriceData {
    attributes: Lenient<TokenPriceAttributes>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenPriceAttributes {
    token_prices: Lenient<BTreeMap<String, Amount>>,
}

async fn geckoterminal(question: &Question<'_>) -> Result<Vec<CoinPrice>, PollError> {
    let url = format!(
        "{}/simple/networks/base/token_price/{}",
        question.url,
        question.addresses()
    );
    let request = Request::new(url).header("accept", "application/json;version=20230302");
    let reply = question.vendor.get(&request).await?;
    let body: TokenPrices = reply::object(&reply, "GeckoTerminal's `token_price`")?;
    let prices = body
        .data
        .0
        .and_then(|data| data.attributes.0)
        .and_then(|attributes| attributes.token_prices.0)
        .unwrap_or_default();
    let of = |address: &str| {
        prices
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(address))
            .and_then(|(_, amount)| amount.0)
    };
    Ok(question
        .coins
        .iter()
        .filter_map(|(coin, address)| question.price(coin, of(address)))
        .collect())
}

/// A pool in which a token is traded.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Pool {
    chain_id: Lenient<String>,
    base_token: Lenient<PoolToken>,
    price_usd: Amount,
    price_change: Lenient<PoolChange>,
    liquidity: Lenient<PoolLiquidity>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PoolToken {
    address: Lenient<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PoolChange {
    h24: Amount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PoolLiquidity {
    usd: Amount,
}

impl Pool {
    /// Whether it trades this very token on Base; the same name elsewhere is another token.
    fn trades(&self, address: &str) -> bool {
        let token = self.base_token.0.as_ref();
        self.chain_id.0.as_deref() == Some("base")
            && token
                .and_then(|token| token.address.0.as_deref())
                .is_some_and(|known| known.eq_ignore_ascii_case(address))
    }

    fn liquidity(&self) -> Decimal {
        self.liquidity
            .0
            .as_ref()
            .and_then(|liquidity| liquidity.usd.0)
            .unwrap_or_default()
    }
}

/// The pool to believe: of those with a price that trade the token on Base, the one with most in it.
fn deepest<'a>(pools: &'a [Lenient<Pool>], address: &str) -> Option<&'a Pool> {
    pools
        .iter()
        .filter_map(|pool| pool.0.as_ref())
        .filter(|pool| pool.trades(address) && pool.price_usd.0 > Some(Decimal::ZERO))
        .max_by_key(|pool| pool.liquidity())
}

async fn dexscreener(question: &Question<'_>) -> Result<Vec<CoinPrice>, PollError> {
    let url = format!("{}/tokens/v1/base/{}", question.url, question.addresses());
    let reply = question.vendor.get(&Request::new(url)).await?;
    let pools: Vec<Lenient<Pool>> = reply::list(&reply, "DexScreener's `tokens`")?;
    Ok(question
        .coins
        .iter()
        .filter_map(|(coin, address)| {
            let pool = deepest(&pools, address)?;
            let change = pool.price_change.0.as_ref().and_then(|change| change.h24.0);
            let price = question.price(coin, pool.price_usd.0)?;
            Some(CoinPrice {
                change_24h_percent: change,
                ..price
            })
        })
        .collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spot {
    data: Lenient<SpotData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpotData {
    amount: Amount,
    base: Lenient<String>,
    currency: Lenient<String>,
}

/// One call a coin; a pair that is not listed costs that coin only.
async fn coinbase(question: &Question<'_>) -> Result<Vec<CoinPrice>, PollError> {
    let mut prices = Vec::new();
    let mut failure = None;
    for (coin, _) in &question.coins {
        let url = format!("{}/prices/{}-USD/spot", question.url, coin.symbol);
        match spot(question, coin, &Request::new(url)).await {
            Ok(price) => prices.extend(price),
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        Some(error) if prices.is_empty() => Err(error),
        _ => Ok(prices),
    }
}

async fn spot(
    question: &Question<'_>,
    coin: &Coin,
    request: &Request<'_>,
) -> Result<Option<CoinPrice>, PollError> {
    let reply = question.vendor.get(request).await?;
    let body: Spot = reply::object(&reply, "Coinbase's spot price")?;
    let spot = body.data.0.unwrap_or_default();
    let is_the_pair = spot.base.0.as_deref() == Some(coin.symbol.as_str())
        && spot.currency.0.as_deref() == Some("USD");
    Ok(question.price(coin, spot.amount.0.filter(|_| is_the_pair)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VVV: &str = "0xacfE6019Ed1A7Dc6f7B508C02d1b04ec88cC21bf";

    #[test]
    fn the_deepest_pool_on_base_wins_and_a_look_alike_never() {
        let pool = |chain: &str, address: &str, price: &str, liquidity: &str| {
            format!(
                r#"{{"chainId":"{chain}","baseToken":{{"address":"{address}"}},"priceUsd":"{price}","liquidity":{{"usd":{liquidity}}}}}"#
            )
        };
        let pools = [
            pool("base", VVV, "12.47", "410000.0"),
            pool("base", &VVV.to_lowercase(), "12.51", "6100000.5"),
            pool("base", VVV, "0", "99000000"),
            pool("base", VVV, "13", "null"),
            pool("base", "0xbad", "0.0004", "9000000000"),
            pool("ethereum", VVV, "0.0004", "9000000000"),
            "7".to_owned(),
        ];
        let pools: String = format!("[{}]", pools.join(","));
        let pools: Vec<Lenient<Pool>> = serde_json::from_str(&pools).unwrap();
        let price = |address| deepest(&pools, address).and_then(|pool| pool.price_usd.0);
        assert_eq!(price(VVV), Some(Decimal::new(1251, 2)));
        assert_eq!(price("0xnone"), None);
    }
}
