//! OpenRouter: the totals of its samples, credits that are not believed blindly, and the true spend of a day.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rust_decimal::Decimal;
use serde_json::{Value, json};
use spendtray::domain::money::Currency;
use spendtray::domain::reading::Reading;
use spendtray::domain::usage::{Basis, Spend};

use super::fixture::{Case, Fault};
use super::poll::{Polled, dollars, dollars_by_day, missing, slots};
use crate::support::vendor::{Answer, Asked, Vendor};

type Outcome = Result<(), Fault>;

const MANAGES: &str = r#"{"data":{"label":"sk-or-v1-777...7777","usage":0,"usage_daily":0,"is_management_key":true}}"#;

fn account(vendor: &Vendor) -> Polled {
    Polled::new("openrouter", vendor.url(), "sk-or-v1-one-two-three")
}

fn of(spend: Option<&Spend>) -> Option<Decimal> {
    spend?.get(Currency::USD, Basis::Billed)
}

fn data(rows: &Value) -> Answer {
    Answer::json(200, &json!({"data": rows}).to_string())
}

fn key(hash: &str, daily: &Value) -> Value {
    json!({"hash": hash, "name": hash, "usage": 50, "usage_daily": daily, "limit": null, "limit_reset": null})
}

fn activity(day: &str, dollars: &str) -> Value {
    json!({"date": day, "model": "a/b", "usage": dollars.parse::<f64>().unwrap_or_default(), "requests": 1,
        "prompt_tokens": 10, "completion_tokens": 1, "reasoning_tokens": 0, "workspace_id": "w1"})
}

/// A management key's account whose activity a test writes; one key spent a dollar today.
async fn managed(
    activity: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Result<Vendor, Fault> {
    Ok(Vendor::start(move |asked| match asked.path.as_str() {
        "/key" => Answer::json(200, MANAGES),
        "/credits" => data(&json!({"total_credits": 50, "total_usage": 10.5})),
        "/keys" => data(&json!([key("k1", &json!(1))])),
        "/activity" => activity(asked),
        _ => Answer::json(404, "{}"),
    })
    .await?)
}

fn asked(vendor: &Vendor, path: &str) -> Vec<Asked> {
    vendor
        .seen()
        .into_iter()
        .filter(|asked| asked.path == path)
        .collect()
}

#[tokio::test]
async fn the_samples_add_up_to_their_totals() -> Outcome {
    let reading = Case::named("openrouter/management-key")?
        .play()
        .await?
        .result?;
    let balance = reading.figures.balances.first().ok_or("no balance")?;
    assert_eq!(
        balance.remaining.map(|left| left.amount),
        Some("26.625".parse()?)
    );
    let of_keys = |span: fn(&spendtray::domain::usage::Spans) -> Option<&Spend>| -> Decimal {
        reading
            .figures
            .keys
            .iter()
            .filter_map(|key| of(span(&key.spend)))
            .sum()
    };
    assert_eq!(of_keys(|spans| spans.today.as_ref()), Decimal::ONE);
    assert_eq!(of_keys(|spans| spans.month.as_ref()), "11.75".parse()?);
    let days = dollars_by_day(&reading);
    let days: Vec<(&str, &str)> = days
        .iter()
        .map(|(day, sum)| (day.as_str(), sum.as_str()))
        .collect();
    assert_eq!(days, [("11-21", "0.7"), ("11-22", "1.3"), ("11-23", "1")]);
    assert_eq!(
        slots(&reading)
            .filter_map(|slot| slot.requests)
            .sum::<u64>(),
        57
    );
    Ok(())
}

#[tokio::test]
async fn the_balance_is_what_was_paid_without_what_was_used() -> Outcome {
    let vendor = managed(|_| data(&json!([]))).await?;
    let reading = account(&vendor).at("2026-11-23T08:30:00Z").await??;
    let left = reading.figures.balances[0].remaining.ok_or("no balance")?;
    assert_eq!(left.amount, "39.5".parse::<Decimal>()?);
    Ok(())
}

#[tokio::test]
async fn zeros_for_an_ordinary_key_are_no_balance() -> Outcome {
    let vendor = Vendor::start(|asked| match asked.path.as_str() {
        "/key" => Answer::json(
            200,
            r#"{"data":{"label":"k","usage":3,"usage_daily":1,"is_management_key":false}}"#,
        ),
        _ => data(&json!({"total_credits": 0, "total_usage": 0})),
    })
    .await?;
    let reading = account(&vendor).at("2026-11-23T08:30:00Z").await??;
    assert_eq!(reading.figures.balances, []);
    assert!(missing(&reading).contains("A management key"));
    assert_eq!(
        of(reading.figures.keys[0].spend.today.as_ref()),
        Some(Decimal::ONE)
    );
    assert_eq!(vendor.seen().len(), 1, "credits are not even asked for");
    Ok(())
}

/// What one key of this lifetime use spent today, poll by poll.
async fn todays(polls: &[(&str, &str)]) -> Result<Vec<Option<Decimal>>, Fault> {
    let answers: Vec<String> = polls.iter().map(|(_, used)| (*used).to_owned()).collect();
    let turn = Arc::new(AtomicUsize::new(0));
    let vendor = Vendor::start(move |_| {
        let used = &answers[turn.fetch_add(1, Ordering::Relaxed)];
        Answer::json(200, &format!(r#"{{"data":{{"label":"k","usage":{used},"limit":20,"limit_remaining":9.5,"limit_reset":null}}}}"#))
    })
    .await?;
    let mut account = account(&vendor);
    let mut todays = Vec::new();
    for (now, _) in polls {
        let reading: Reading = account.at(now).await??;
        todays.push(of(reading.figures.keys[0].spend.today.as_ref()));
    }
    Ok(todays)
}

#[tokio::test]
async fn without_a_days_spend_the_difference_of_what_was_used_in_all_is_it() -> Outcome {
    let polls = [
        ("2026-11-23T08:30:00Z", "10.0"),
        ("2026-11-23T09:30:00Z", "10.5"),
    ];
    assert_eq!(todays(&polls).await?, [None, Some("0.5".parse()?)]);
    let over_midnight = [
        ("2026-11-22T23:59:00Z", "10.0"),
        ("2026-11-23T00:01:00Z", "10.2"),
        ("2026-11-23T08:00:00Z", "10.5"),
        ("2026-11-25T08:00:00Z", "12"),
    ];
    assert_eq!(
        todays(&over_midnight).await?,
        [None, Some("0.2".parse()?), Some("0.5".parse()?), None]
    );
    Ok(())
}

#[tokio::test]
async fn activity_is_asked_for_when_a_day_is_over_and_only_for_that_day() -> Outcome {
    let vendor = managed(|asked| match asked.query.get("date") {
        None => data(&json!([activity("2026-11-22", "2")])),
        Some(day) => data(&json!([activity(day, "3")])),
    })
    .await?;
    let mut account = account(&vendor);
    account.at("2026-11-23T08:30:00Z").await??;
    account.at("2026-11-23T20:30:00Z").await??;
    assert_eq!(asked(&vendor, "/activity").len(), 1);
    for now in [
        "2026-11-24T00:05:00Z",
        "2026-11-24T00:10:00Z",
        "2026-11-24T02:30:00Z",
        "2026-11-24T09:00:00Z",
    ] {
        account.at(now).await??;
    }
    let days: Vec<Option<String>> = asked(&vendor, "/activity")
        .into_iter()
        .map(|asked| asked.query.get("date").cloned())
        .collect();
    let day = Some("2026-11-23".to_owned());
    assert_eq!(
        days,
        [None, day.clone(), day],
        "once at midnight, once when it has settled"
    );
    Ok(())
}

#[tokio::test]
async fn a_day_that_activity_does_not_know_yet_keeps_what_the_keys_spent() -> Outcome {
    let vendor = managed(|_| data(&json!([activity("2026-11-22", "2")]))).await?;
    let mut account = account(&vendor);
    let first = account.at("2026-11-23T20:00:00Z").await??;
    assert_eq!(dollars(&first), Decimal::from(3));
    let after_midnight = account.at("2026-11-24T00:05:00Z").await??;
    let midnight: chrono::DateTime<chrono::Utc> = "2026-11-24T00:00:00Z".parse()?;
    assert!(
        after_midnight
            .ranges
            .iter()
            .all(|range| range.from >= midnight)
    );
    let later = account.at("2026-11-24T00:40:00Z").await??;
    assert!(later.ranges.iter().all(|range| range.from >= midnight));
    assert_eq!(asked(&vendor, "/activity").len(), 3);
    Ok(())
}

#[tokio::test]
async fn the_ranges_of_a_reading_leave_no_hole() -> Outcome {
    let vendor = managed(|_| data(&json!([activity("2026-11-22", "2")]))).await?;
    let reading = account(&vendor).at("2026-11-23T08:30:00Z").await??;
    let [before, today] = reading.ranges.as_slice() else {
        return Err("two ranges were expected".into());
    };
    assert_eq!(before.until, today.from);
    Ok(())
}

#[tokio::test]
async fn keys_come_a_hundred_on_a_page_and_from_every_workspace() -> Outcome {
    let vendor = Vendor::start(|asked| match asked.path.as_str() {
        "/key" => Answer::json(200, MANAGES),
        "/credits" => data(&json!({"total_credits": 1, "total_usage": 0})),
        "/activity" => {
            data(&json!([{"date": "2026-11-22", "model": "a/b", "usage": 1, "workspace_id": "w2"}]))
        }
        "/keys" => {
            let first = asked
                .query
                .get("offset")
                .is_some_and(|offset| offset == "0");
            let other = asked.query.contains_key("workspace_id");
            let count = if first && !other { 100 } else { 1 };
            let keys: Vec<Value> = (0..count)
                .map(|number| key(&format!("{other}{first}{number}"), &json!(0)))
                .collect();
            data(&json!(keys))
        }
        _ => Answer::json(404, "{}"),
    })
    .await?;
    let mut account = account(&vendor);
    assert_eq!(
        account
            .at("2026-11-23T08:30:00Z")
            .await??
            .figures
            .keys
            .len(),
        101
    );
    assert_eq!(
        account
            .at("2026-11-23T08:35:00Z")
            .await??
            .figures
            .keys
            .len(),
        102
    );
    Ok(())
}
