//! CoinGecko, simulated: `simple/price` on the public root and on the paid one, with their key kinds.
//!
//! The paid root, another host at the vendor, is `/pro/api/v3` here.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::simulator::call::{Call, Reply, Vendor, number};
use crate::simulator::market::{self, COINS, Coin};

/// A key of the demo plan.
pub(super) const DEMO_KEY: &str = "CG-demo4spendtray5simulator6";

/// A key of a paid plan.
pub(super) const PRO_KEY: &str = "CG-paid4spendtray5simulator6";

/// A coin that is listed but not traded: all its values are null.
const DORMANT: &str = "dormant-coin";

/// What the vendor serves a minute without a key, and with one of the demo plan.
const CALLS_A_MINUTE: (usize, usize) = (30, 100);

pub(super) const VENDOR: Vendor = Vendor {
    id: "coingecko",
    root: "/api/v3",
    variables: &[("COINGECKO_API_KEY", DEMO_KEY)],
    answer,
};

fn answer(call: &Call<'_>) -> Reply {
    let (paid, endpoint) = if let Some(endpoint) = call.path.strip_prefix("/pro/api/v3") {
        (true, endpoint)
    } else if let Some(endpoint) = call.path.strip_prefix("/api/v3") {
        (false, endpoint)
    } else {
        return refusal(404, 404, "incorrect path");
    };
    let demo_key = key(call, "x-cg-demo-api-key");
    let pro_key = key(call, "x-cg-pro-api-key");
    let refused = if paid {
        wrong_for_paid_root(demo_key, pro_key)
    } else {
        wrong_for_public_root(demo_key, pro_key)
    };
    if let Some(refused) = refused {
        return refused;
    }
    let (without_key, with_key) = CALLS_A_MINUTE;
    let allowed = if demo_key.is_some() {
        with_key
    } else {
        without_key
    };
    if !paid && call.recent.len() >= allowed {
        return refusal(429, 429, "You've exceeded the Rate Limit.")
            .with_header("retry-after", "60");
    }
    match endpoint {
        "/ping" => Reply::json(200, &json!({"gecko_says": "(V3) To the Moon!"})),
        "/simple/price" => simple_price(call),
        _ => refusal(404, 404, "incorrect path"),
    }
}

/// The key by its header, or by the query parameter that may stand for it.
fn key<'a>(call: &'a Call<'_>, header: &str) -> Option<&'a str> {
    call.header(header)
        .or_else(|| call.parameter(&header.replace('-', "_")))
}

fn wrong_for_public_root(demo_key: Option<&str>, pro_key: Option<&str>) -> Option<Reply> {
    if pro_key.is_some() || demo_key == Some(PRO_KEY) {
        let message = "If you are using Pro API key, please change your root URL from \
                       api.coingecko.com to pro-api.coingecko.com";
        return Some(wrong_root(10010, message));
    }
    demo_key
        .is_some_and(|key| key != DEMO_KEY)
        .then(|| refusal(401, 10002, "API Key Missing"))
}

fn wrong_for_paid_root(demo_key: Option<&str>, pro_key: Option<&str>) -> Option<Reply> {
    if demo_key.is_some() || pro_key == Some(DEMO_KEY) {
        let message = "If you are using Demo API key, please change your root URL from \
                       pro-api.coingecko.com to api.coingecko.com";
        return Some(wrong_root(10011, message));
    }
    (pro_key != Some(PRO_KEY)).then(|| refusal(401, 10002, "API Key Missing"))
}

fn wrong_root(code: u16, message: &str) -> Reply {
    let body = json!({"error_code": code, "status": {"error_message": message}});
    Reply::json(400, &body)
}

fn refusal(status: u16, code: u16, message: &str) -> Reply {
    let body = json!({"status": {"error_code": code, "error_message": message}});
    Reply::json(status, &body)
}

fn simple_price(call: &Call<'_>) -> Reply {
    let list = |name: &str| -> Vec<String> {
        call.parameter(name)
            .unwrap_or_default()
            .split(',')
            .map(|item| item.trim().to_ascii_lowercase())
            .filter(|item| !item.is_empty())
            .collect()
    };
    let currencies = list("vs_currencies");
    if currencies.is_empty() {
        return Reply::json(422, &json!({"error": "Missing parameter vs_currencies"}));
    }
    let mut prices = Map::new();
    for id in list("ids") {
        if id == DORMANT {
            prices.insert(id, dormant(&currencies));
        } else if let Some(coin) = COINS.iter().find(|coin| coin.id == id) {
            prices.insert(id, listed(call, coin, &currencies));
        }
    }
    Reply::json(200, &Value::Object(prices))
}

fn listed(call: &Call<'_>, coin: &Coin, currencies: &[String]) -> Value {
    let at = call.now;
    let asked = |name: &str| call.parameter(name) == Some("true");
    let mut fields = Map::new();
    for currency in currencies {
        let day = market::fixing_day(at);
        let Some(rate) = market::per_dollar(call.world, currency, day) else {
            continue;
        };
        let price = market::price(call.world, coin, at) * rate;
        fields.insert(currency.clone(), number(price.round_dp(6)));
        if asked("include_24hr_change") {
            let change = market::change_24h_percent(call.world, coin, at);
            fields.insert(format!("{currency}_24h_change"), number(change));
        }
        if asked("include_market_cap") {
            let cap = price * Decimal::from(45_000_000);
            fields.insert(format!("{currency}_market_cap"), number(cap.round_dp(1)));
        }
    }
    if asked("include_last_updated_at") {
        fields.insert("last_updated_at".to_owned(), json!(at.timestamp()));
    }
    Value::Object(fields)
}

fn dormant(currencies: &[String]) -> Value {
    let mut fields = Map::new();
    for currency in currencies {
        fields.insert(currency.clone(), Value::Null);
        fields.insert(format!("{currency}_24h_change"), Value::Null);
    }
    fields.insert("last_updated_at".to_owned(), Value::Null);
    Value::Object(fields)
}
