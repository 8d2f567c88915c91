//! GeckoTerminal, simulated: prices of token contracts on Base.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::simulator::call::{Call, Reply, Vendor};
use crate::simulator::market::{self, COINS};

pub(super) const VENDOR: Vendor = Vendor {
    id: "geckoterminal",
    root: "/api/v2",
    variables: &[],
    answer,
};

fn answer(call: &Call<'_>) -> Reply {
    let Some(rest) = call.path.strip_prefix("/api/v2/simple/networks/") else {
        return not_found();
    };
    let Some((network, addresses)) = rest.split_once("/token_price/") else {
        return not_found();
    };
    if network != "base" {
        return not_found();
    }
    let prices: Map<String, Value> = addresses
        .split(',')
        .map(|address| (address.to_ascii_lowercase(), price(call, address)))
        .collect();
    let attributes = json!({"token_prices": prices});
    let data = json!({
        "id": "5d3c6f0e-0000-4000-8000-000000000001",
        "type": "simple_token_price",
        "attributes": attributes,
    });
    Reply::json(200, &json!({ "data": data }))
}

fn price(call: &Call<'_>, address: &str) -> Value {
    COINS
        .iter()
        .find(|coin| coin.address.eq_ignore_ascii_case(address))
        .map_or(Value::Null, |coin| {
            // On-chain pools stand a little off the exchanges.
            let price = market::price(call.world, coin, call.now) * Decimal::new(1_001, 3);
            Value::String(price.round_dp(7).to_string())
        })
}

fn not_found() -> Reply {
    Reply::json(
        404,
        &json!({"errors": [{"status": "404", "title": "Not Found"}]}),
    )
}
