//! Frankfurter, simulated: the frozen first version of its interface and the rates of the second.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::simulator::call::{Call, Reply, Vendor, number};
use crate::simulator::market;

pub(super) const VENDOR: Vendor = Vendor {
    id: "frankfurter",
    root: "",
    variables: &[],
    answer,
};

fn answer(call: &Call<'_>) -> Reply {
    match call.path {
        "/v1/latest" => first_version(call, market::fixing_day(call.now)),
        "/v2/rates" => second_version(call),
        path => path
            .strip_prefix("/v1/")
            .and_then(|day| day.parse::<NaiveDate>().ok())
            .map_or_else(not_found, |day| {
                first_version(call, market::working_day(day))
            }),
    }
}

fn not_found() -> Reply {
    Reply::message(404, "not found")
}

/// Either name of a parameter: the first version knows both.
fn either<'a>(call: &'a Call<'_>, name: &str, alias: &str) -> Option<&'a str> {
    call.parameter(name).or_else(|| call.parameter(alias))
}

fn codes(list: Option<&str>) -> Vec<String> {
    list.map_or_else(
        || {
            market::currencies()
                .chain(["USD"])
                .map(str::to_owned)
                .collect()
        },
        |list| {
            list.split(',')
                .map(|code| code.trim().to_ascii_uppercase())
                .filter(|code| !code.is_empty())
                .collect()
        },
    )
}

fn first_version(call: &Call<'_>, day: NaiveDate) -> Reply {
    let base = either(call, "base", "from")
        .unwrap_or("EUR")
        .to_ascii_uppercase();
    let quotes = codes(either(call, "symbols", "to"));
    if quotes == [base.clone()] {
        return Reply::message(422, "bad currency pair");
    }
    let rates: Map<String, Value> = quotes
        .iter()
        .filter(|quote| **quote != base)
        .filter_map(|quote| Some((quote.clone(), number(cross(call, &base, quote, day)?))))
        .collect();
    if rates.is_empty() {
        return not_found();
    }
    let body = json!({
        "amount": 1.0,
        "base": base,
        "date": day.to_string(),
        "rates": rates,
    });
    Reply::json(200, &body).with_header("cache-control", "public, max-age=86400")
}

fn second_version(call: &Call<'_>) -> Reply {
    let known = ["base", "quotes", "date", "from", "to", "providers", "group"];
    if let Some(unknown) = call.unknown_parameter(&known) {
        return failure(422, &format!("unknown parameter: {unknown}"));
    }
    let base = call.parameter("base").unwrap_or("EUR").to_ascii_uppercase();
    let day = match call.parameter("date").map(str::parse::<NaiveDate>) {
        None => market::fixing_day(call.now),
        Some(Ok(day)) => market::working_day(day),
        Some(Err(_)) => return failure(422, "invalid date"),
    };
    let quotes = codes(call.parameter("quotes"));
    let rows: Option<Vec<Value>> = quotes
        .iter()
        .map(|quote| {
            let rate = number(cross(call, &base, quote, day)?);
            Some(json!({"date": day.to_string(), "base": base, "quote": quote, "rate": rate}))
        })
        .collect();
    rows.map_or_else(
        || failure(422, "invalid currency"),
        |rows| Reply::json(200, &Value::Array(rows)),
    )
}

fn failure(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({"status": status, "message": message}))
}

fn cross(call: &Call<'_>, base: &str, quote: &str, day: NaiveDate) -> Option<Decimal> {
    let base = market::per_dollar(call.world, base, day)?;
    let quote = market::per_dollar(call.world, quote, day)?;
    Some(quote.checked_div(base)?.round_dp(5))
}
