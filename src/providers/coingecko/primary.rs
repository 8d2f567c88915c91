//! CoinGecko itself: one call for all coins in all currencies, with the key at the host its plan belongs to.

use std::collections::BTreeMap;

use chrono::DateTime;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::domain::coin::CoinPrice;
use crate::domain::money::{Currency, Money};
use crate::http::{Credential, Request};
use crate::providers::coingecko::wanted::{Coin, Plan, Wanted, option};
use crate::providers::coingecko::{PROVIDER, patience};
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Amount, Lenient};
use crate::providers::{PollContext, PollError};
use crate::secrets::Secret;

const SOURCE: &str = "coingecko";

const PRO_URL: &str = "https://pro-api.coingecko.com/api/v3";

/// How exactly a percent is kept; CoinGecko tells it with a dozen digits.
const PERCENT_DECIMALS: u32 = 4;

/// What CoinGecko said.
pub(super) struct Primary {
    /// The prices, dollars among them.
    pub(super) told: Result<Vec<CoinPrice>, PollError>,
    /// That the key was refused, and what to do.
    pub(super) warning: Option<String>,
    /// The mark of a refused key.
    pub(super) refused_key: Option<String>,
}

/// Asks with the key if there is one; a key that is refused is left out, and not tried again until it changes.
pub(super) async fn ask(
    cx: &PollContext<'_>,
    wanted: &Wanted,
    refused_before: Option<&str>,
) -> Primary {
    let Some(key) = cx.secret else {
        return plain(fetch(cx, wanted, None).await);
    };
    let mark = format!("{:?} {}", wanted.plan, key.fingerprint());
    if refused_before == Some(mark.as_str()) {
        let warning = "CoinGecko refused the key before; prices are asked for without it";
        return Primary {
            told: fetch(cx, wanted, None).await,
            warning: Some(advice(warning, wanted.plan)),
            refused_key: Some(mark),
        };
    }
    match fetch(cx, wanted, Some(key)).await {
        Err(error) if is_about_the_key(&error) => Primary {
            told: match fetch(cx, wanted, None).await {
                // Refused either way: what was said with the key says more.
                Err(other) if other.kind() == error.kind() => Err(error.clone()),
                told => told,
            },
            warning: Some(advice(
                &format!("the key is left out: {error}"),
                wanted.plan,
            )),
            refused_key: Some(mark),
        },
        told => plain(told),
    }
}

const fn plain(told: Result<Vec<CoinPrice>, PollError>) -> Primary {
    Primary {
        told,
        warning: None,
        refused_key: None,
    }
}

/// A key at the wrong host is answered by 400, a wrong one by 401.
const fn is_about_the_key(error: &PollError) -> bool {
    matches!(
        error,
        PollError::Unauthorized { .. } | PollError::Refused { status: 400, .. }
    )
}

fn advice(warning: &str, plan: Plan) -> String {
    let other = match plan {
        Plan::Demo => "if it is a paid key, set `plan = \"pro\"`",
        Plan::Pro => "if it is a demo key, set `plan = \"demo\"`",
    };
    format!("{warning} ({other})")
}

async fn fetch(
    cx: &PollContext<'_>,
    wanted: &Wanted,
    key: Option<&Secret>,
) -> Result<Vec<CoinPrice>, PollError> {
    let vendor = Vendor::new(cx, &PROVIDER);
    let (url, credential) = match (key, wanted.plan) {
        (None, _) => (vendor.url("simple/price"), Credential::None),
        (Some(key), Plan::Demo) => (
            vendor.url("simple/price"),
            Credential::Header("x-cg-demo-api-key", key),
        ),
        (Some(key), Plan::Pro) => (
            format!("{}/simple/price", pro_url(cx)),
            Credential::Header("x-cg-pro-api-key", key),
        ),
    };
    let ids: Vec<&str> = wanted.coins.iter().map(|coin| coin.id.as_str()).collect();
    let currencies: Vec<String> = wanted.currencies.iter().copied().map(name).collect();
    let request = Request::new(url)
        .credential(credential)
        .query("ids", ids.join(","))
        .query("vs_currencies", currencies.join(","))
        .query("include_24hr_change", "true")
        .query("include_last_updated_at", "true");
    let reply = patience::within(PROVIDER.name, vendor.get(&request)).await?;
    let body: Body = reply::object(&reply, "CoinGecko's `simple/price`")?;
    Ok(prices(&body, wanted, cx))
}

/// An account with its own base URL has it for both plans, unless it says otherwise.
fn pro_url<'a>(cx: &PollContext<'a>) -> &'a str {
    match option(cx.account, "pro_url").first() {
        Some(url) => url.trim().trim_end_matches('/'),
        None => cx.base_url(PRO_URL),
    }
}

/// Coins by id, each with fields that are named after currencies.
type Body = BTreeMap<String, Lenient<BTreeMap<String, Amount>>>;

fn prices(body: &Body, wanted: &Wanted, cx: &PollContext<'_>) -> Vec<CoinPrice> {
    let mut prices = Vec::new();
    for coin in &wanted.coins {
        let Some(Lenient(Some(fields))) = body.get(&coin.id) else {
            continue;
        };
        let told = wanted
            .currencies
            .iter()
            .filter_map(|currency| price(coin, fields, *currency, cx));
        prices.extend(told);
    }
    prices
}

fn price(
    coin: &Coin,
    fields: &BTreeMap<String, Amount>,
    currency: Currency,
    cx: &PollContext<'_>,
) -> Option<CoinPrice> {
    let field = |name: &str| fields.get(name).and_then(|amount| amount.0);
    let name = name(currency);
    let amount = field(&name).filter(|amount| *amount > Decimal::ZERO)?;
    let updated_at = field("last_updated_at")
        .and_then(|seconds| DateTime::from_timestamp(seconds.to_i64()?, 0))
        .filter(|at| *at <= cx.now);
    Some(CoinPrice {
        symbol: coin.symbol.clone(),
        price: Money::new(amount, currency),
        change_24h_percent: field(&format!("{name}_24h_change"))
            .map(|percent| percent.round_dp(PERCENT_DECIMALS).normalize()),
        source: SOURCE.to_owned(),
        at: updated_at.unwrap_or(cx.now),
    })
}

fn name(currency: Currency) -> String {
    currency.code().to_ascii_lowercase()
}
