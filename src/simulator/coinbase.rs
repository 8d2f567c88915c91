//! Coinbase, simulated: spot prices of listed pairs.

use serde_json::json;

use crate::simulator::call::{Call, Reply, Vendor};
use crate::simulator::market::{self, COINS};

pub(super) const VENDOR: Vendor = Vendor {
    id: "coinbase",
    root: "/v2",
    variables: &[],
    answer,
};

fn answer(call: &Call<'_>) -> Reply {
    let pair = call
        .path
        .strip_prefix("/v2/prices/")
        .and_then(|rest| rest.strip_suffix("/spot"));
    let coin = pair
        .and_then(|pair| pair.strip_suffix("-USD"))
        .and_then(|symbol| COINS.iter().find(|coin| coin.symbol == symbol));
    let Some(coin) = coin else {
        return Reply::message(404, "NotFound");
    };
    let amount = market::price(call.world, coin, call.now).to_string();
    let data = json!({"amount": amount, "base": coin.symbol, "currency": "USD"});
    Reply::json(200, &json!({ "data": data }))
}
