//! The demo tells one story: consistent figures that grow, and one limit that is crossed in the first minute.

use std::error::Error;

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use spendtray::clock::Clock;
use spendtray::simulator::Simulator;

use crate::providers::wire::{ask, venice};

type Outcome = Result<(), Box<dyn Error>>;

/// Starts at all times of a day, midnight of UTC on both sides among them.
const STARTS: [&str; 9] = [
    "2026-11-23T00:00:00Z",
    "2026-11-23T00:00:31Z",
    "2026-11-23T01:40:00Z",
    "2026-11-23T08:30:00Z",
    "2026-11-22T15:45:12Z",
    "2026-11-25T23:30:00Z",
    "2026-11-25T23:58:09Z",
    "2026-11-25T23:58:20Z",
    "2026-11-30T23:59:50Z",
];

async fn started(at: &str, seed: u64) -> Result<(Clock, Simulator), Box<dyn Error>> {
    let clock = Clock::manual(at.parse::<DateTime<Utc>>()?);
    let simulator = Simulator::start(clock.clone(), seed).await?;
    Ok((clock, simulator))
}

fn amount(value: &Value) -> Decimal {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    text.parse().unwrap_or_default()
}

async fn rows(simulator: &Simulator, query: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut rows = Vec::new();
    let mut path = format!("/billing/usage-history?{query}");
    loop {
        let page = venice(simulator, &path).await?.json();
        rows.extend(page["data"].as_array().cloned().unwrap_or_default());
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/billing/usage-history?cursor={cursor}"),
            None => return Ok(rows),
        }
    }
}

fn sum<'a>(rows: impl IntoIterator<Item = &'a Value>, field: &str) -> Decimal {
    rows.into_iter().map(|row| amount(&row[field])).sum()
}

fn spent<'a>(rows: &'a [Value], currencies: &'a [&str]) -> impl Iterator<Item = &'a Value> {
    rows.iter().filter(|row| {
        amount(&row["amount"]) < Decimal::ZERO
            && currencies
                .iter()
                .any(|currency| row["currency"] == *currency)
    })
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn balance_and_ledger_agree_at_any_time() -> Outcome {
    for start in STARTS {
        let (clock, simulator) = started(start, 7).await?;
        for minutes in [0, 1, 40] {
            clock.set(start.parse::<DateTime<Utc>>()? + TimeDelta::minutes(minutes));
            let balance = venice(&simulator, "/billing/balance").await?.json();
            let midnight = clock.now().format("%Y-%m-%dT00:00:00.000Z");
            let today = rows(
                &simulator,
                &format!("currency=DIEM&startTimestamp={midnight}"),
            )
            .await?;
            assert_eq!(
                amount(&balance["balances"]["diem"]),
                amount(&balance["diemEpochAllocation"]) + sum(&today, "amount"),
                "{start} + {minutes} min"
            );
            assert_eq!(balance["canConsume"], true);
            assert_eq!(balance["consumptionCurrency"], "DIEM");
        }
    }
    Ok(())
}

#[tokio::test]
async fn analytics_and_ledger_agree_by_day_model_and_key() -> Outcome {
    let (_, simulator) = started("2026-11-23T08:30:00Z", 7).await?;
    let analytics = venice(&simulator, "/billing/usage-analytics?lookback=30d")
        .await?
        .json();
    let rows = rows(&simulator, "startTimestamp=2026-10-25T00:00:00.000Z").await?;
    let diem = -sum(spent(&rows, &["DIEM"]), "amount");
    let usd = -sum(spent(&rows, &["USD", "BUNDLED_CREDITS"]), "amount");
    assert!(
        diem > Decimal::from(300) && usd > Decimal::TEN,
        "{diem} and {usd}"
    );
    let days = list(&analytics["byDate"]);
    assert_eq!(days.len(), 30);
    assert_eq!((sum(&days, "DIEM"), sum(&days, "USD")), (diem, usd));
    for part in ["byModel", "byKey"] {
        let sums = list(&analytics[part]);
        assert_eq!(
            (sum(&sums, "totalDiem"), sum(&sums, "totalUsd")),
            (diem, usd),
            "{part}"
        );
    }
    let web: Vec<_> = list(&analytics["byKey"])
        .into_iter()
        .filter(|key| key["apiKeyId"].is_null())
        .collect();
    let chat = rows.iter().filter(|row| row["notes"] == "Venice Chat");
    assert_eq!(web.len(), 1);
    assert_eq!(
        sum(&web, "totalDiem") + sum(&web, "totalUsd"),
        -sum(chat, "amount")
    );
    Ok(())
}

#[tokio::test]
async fn keys_and_ledger_agree_over_seven_days() -> Outcome {
    let (_, simulator) = started("2026-11-23T08:30:00Z", 7).await?;
    let keys = list(&venice(&simulator, "/api_keys").await?.json()["data"]);
    let names: Vec<_> = keys
        .iter()
        .filter_map(|key| key["description"].as_str())
        .collect();
    assert_eq!(
        names,
        ["spendtray", "agents", "notebook", "laptop", "ci-bot"]
    );
    let rows = rows(&simulator, "startTimestamp=2026-11-16T08:30:00.000Z").await?;
    let api: Vec<_> = rows
        .into_iter()
        .filter(|row| row["notes"] == "API Inference")
        .collect();
    for (field, currencies) in [
        ("diem", &["DIEM"][..]),
        ("usd", &["USD", "BUNDLED_CREDITS"][..]),
    ] {
        let by_key: Decimal = keys
            .iter()
            .map(|key| amount(&key["usage"]["trailingSevenDays"][field]))
            .sum();
        let difference = by_key + sum(spent(&api, currencies), "amount");
        // Each key's figure is rounded to four places.
        assert!(
            difference.abs() <= Decimal::new(3, 4),
            "{field}: {difference}"
        );
    }
    for key in &keys {
        let capped = ["usd", "diem"]
            .iter()
            .any(|currency| key["consumptionLimits"][currency].is_number());
        assert_eq!(key["currentPeriodUsage"].is_object(), capped, "{key}");
    }
    Ok(())
}

#[tokio::test]
async fn every_currency_is_spent_and_there_are_purchases_and_refunds() -> Outcome {
    for seed in [1, 7, 42] {
        let (_, simulator) = started("2026-11-23T08:30:00Z", seed).await?;
        let rows = rows(&simulator, "").await?;
        for currency in ["DIEM", "USD", "BUNDLED_CREDITS"] {
            assert!(
                spent(&rows, &[currency]).next().is_some(),
                "{seed} {currency}"
            );
        }
        let noted = |notes: &str| rows.iter().any(|row| row["notes"] == notes);
        assert!(noted("Credit purchase") && noted("Refund"), "{seed}");
        let balance = venice(&simulator, "/billing/balance").await?.json();
        assert!(amount(&balance["balances"]["usd"]) > Decimal::TEN, "{seed}");
    }
    Ok(())
}

#[tokio::test]
async fn figures_grow_minute_by_minute() -> Outcome {
    let (clock, simulator) = started("2026-11-23T08:30:00Z", 7).await?;
    let mut last = Decimal::MAX;
    for _ in 0..5 {
        let balance = venice(&simulator, "/billing/balance").await?.json();
        let left = amount(&balance["balances"]["diem"]);
        assert!(left < last);
        last = left;
        clock.advance(TimeDelta::minutes(1));
    }
    Ok(())
}

#[tokio::test]
async fn the_same_seed_and_start_tell_the_same_story() -> Outcome {
    let mut told = Vec::new();
    for seed in [7, 7, 8] {
        let (clock, simulator) = started("2026-11-23T08:30:00Z", seed).await?;
        if told.len() == 1 {
            venice(&simulator, "/billing/balance").await?;
        }
        clock.advance(TimeDelta::minutes(7));
        let ledger = venice(&simulator, "/billing/usage-history").await?.body;
        let prices = "/simple/price?ids=venice-token,diem&vs_currencies=usd";
        let prices = ask(&simulator, "coingecko", prices, None).await?.body;
        told.push((ledger.split("nextCursor").next().map(str::to_owned), prices));
    }
    assert_eq!(told[0], told[1]);
    assert_ne!(told[0], told[2]);
    Ok(())
}

/// The thresholds of the demo's configuration: DIEM below, VVV above.
fn thresholds(config: &str) -> (Decimal, Decimal) {
    let after = |start: &str| -> Decimal {
        config
            .lines()
            .find_map(|line| line.strip_prefix(start))
            .and_then(|text| text.parse().ok())
            .unwrap_or_default()
    };
    (after("below = "), after("above = "))
}

/// How many of the two rules hold.
async fn crossed(simulator: &Simulator) -> Result<usize, Box<dyn Error>> {
    let (floor, ceiling) = thresholds(&simulator.config_toml());
    let balance = venice(simulator, "/billing/balance").await?.json();
    let path = "/simple/price?ids=venice-token&vs_currencies=usd";
    let price = ask(simulator, "coingecko", path, None).await?.json();
    let rules = [
        amount(&balance["balances"]["diem"]) <= floor,
        amount(&price["venice-token"]["usd"]) >= ceiling,
    ];
    Ok(rules.into_iter().filter(|holds| *holds).count())
}

/// The fullest of epoch, keys' caps and the month's dollars against the budget, in percent.
async fn fullest(simulator: &Simulator, month: &str) -> Result<Decimal, Box<dyn Error>> {
    let balance = venice(simulator, "/billing/balance").await?.json();
    let keys = list(&venice(simulator, "/api_keys").await?.json()["data"]);
    let allocation = amount(&balance["diemEpochAllocation"]);
    let mut shares = vec![(allocation - amount(&balance["balances"]["diem"])) / allocation];
    for (key, currency) in keys.iter().flat_map(|key| [(key, "usd"), (key, "diem")]) {
        let used = amount(&key["currentPeriodUsage"][currency]);
        shares.extend(used.checked_div(amount(&key["consumptionLimits"][currency])));
    }
    let month = rows(simulator, &format!("currency=USD&startTimestamp={month}")).await?;
    shares.push(-sum(spent(&month, &["USD"]), "amount") / Decimal::from(50));
    Ok(shares.into_iter().max().unwrap_or_default() * Decimal::ONE_HUNDRED)
}

/// Whether the day's DIEM last until midnight at the day's average rate: else a forecast would tell of it as well.
/// The first hour and a half is too early to say.
async fn day_lasts(simulator: &Simulator, now: DateTime<Utc>) -> Result<bool, Box<dyn Error>> {
    let elapsed = Decimal::from(now.time().num_seconds_from_midnight()) / Decimal::from(3600);
    if elapsed < Decimal::new(15, 1) {
        return Ok(true);
    }
    let balance = venice(simulator, "/billing/balance").await?.json();
    let allocation = amount(&balance["diemEpochAllocation"]);
    let used = allocation - amount(&balance["balances"]["diem"]);
    Ok(used / elapsed * Decimal::from(24) < allocation)
}

#[tokio::test]
async fn exactly_one_limit_is_crossed_between_45_and_100_seconds_after_the_start() -> Outcome {
    for (start, seed) in STARTS.iter().flat_map(|start| [(start, 7), (start, 42)]) {
        let begin: DateTime<Utc> = start.parse()?;
        let (clock, simulator) = started(start, seed).await?;
        for (seconds, expected) in [(0, 0), (10, 0), (44, 0), (60, 1), (70, 1), (99, 1)] {
            clock.set(begin + TimeDelta::seconds(seconds));
            let told = crossed(&simulator).await?;
            assert_eq!(told, expected, "{start} seed {seed} + {seconds} s");
            if ![0, 99].contains(&seconds) {
                continue;
            }
            let month = (begin - TimeDelta::days(31)).format("%Y-%m-%dT%H:%M:%S%.3fZ");
            let fullest = fullest(&simulator, &month.to_string()).await?;
            let when = format!("{start} seed {seed} + {seconds} s");
            assert!(fullest < Decimal::from(75), "{when}: {fullest} %");
            assert!(day_lasts(&simulator, clock.now()).await?, "{when}");
        }
    }
    Ok(())
}
