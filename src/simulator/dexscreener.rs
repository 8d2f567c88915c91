//! DexScreener, simulated: pools of a token, with a thin one and a look-alike on another chain.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::simulator::call::{Call, Reply, Vendor, number};
use crate::simulator::market::{self, COINS, Coin};

pub(super) const VENDOR: Vendor = Vendor {
    id: "dexscreener",
    root: "",
    variables: &[],
    answer,
};

fn answer(call: &Call<'_>) -> Reply {
    if let Some(addresses) = call.path.strip_prefix("/latest/dex/tokens/") {
        let pools = pools(call, addresses, Chains::All);
        let pairs = if pools.is_empty() {
            Value::Null
        } else {
            Value::Array(pools)
        };
        return Reply::json(200, &json!({"schemaVersion": "1.0.0", "pairs": pairs}));
    }
    if let Some(addresses) = call.path.strip_prefix("/tokens/v1/base/") {
        let pools = Value::Array(pools(call, addresses, Chains::BaseOnly));
        return Reply::json(200, &pools);
    }
    Reply::json(404, &Value::Null)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chains {
    All,
    BaseOnly,
}

fn pools(call: &Call<'_>, addresses: &str, chains: Chains) -> Vec<Value> {
    addresses
        .split(',')
        .filter_map(|address| {
            COINS
                .iter()
                .find(|coin| coin.address.eq_ignore_ascii_case(address))
        })
        .flat_map(|coin| pools_of(call, coin))
        .filter(|pool| chains == Chains::All || pool["chainId"] == "base")
        .collect()
}

fn pools_of(call: &Call<'_>, coin: &Coin) -> [Value; 3] {
    let price = market::price(call.world, coin, call.now);
    let deep = price * Decimal::new(1_002, 3);
    let thin = price * Decimal::new(985, 3);
    [
        pool(coin, ["base", "uniswap", coin.address], thin, 41_000),
        pool(coin, ["base", "aerodrome", coin.address], deep, 6_100_000),
        pool(
            coin,
            [
                "ethereum",
                "uniswap",
                "0x0000000000000000000000000000000000000bad",
            ],
            Decimal::new(4, 4),
            9_000_000,
        ),
    ]
}

fn pool(coin: &Coin, place: [&str; 3], price: Decimal, liquidity: u32) -> Value {
    let [chain, exchange, address] = place;
    json!({
        "chainId": chain,
        "dexId": exchange,
        "pairAddress": format!("0xpool-{exchange}-{chain}"),
        "baseToken": {"address": address, "name": coin.symbol, "symbol": coin.symbol},
        "quoteToken": {
            "address": "0x4200000000000000000000000000000000000006",
            "name": "Wrapped Ether",
            "symbol": "WETH",
        },
        "priceUsd": price.round_dp(4).to_string(),
        "priceChange": {"h24": number(Decimal::new(-12, 1))},
        "liquidity": {"usd": liquidity},
    })
}
