//! Anthropic: the totals of its samples, cents over pages, and what an ordinary key is told.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use spendtray::domain::reading::Completeness;
use spendtray::providers::PollError;

use super::fixture::{Case, Fault};
use super::poll::{Polled, dollars, dollars_by_day, missing, slots};
use crate::support::vendor::{Answer, Asked, Vendor};

type Outcome = Result<(), Fault>;

const KEY: &str = "sk-ant-admin01-one-two-three";
const COSTS: &str = "/v1/organizations/cost_report";

fn bucket(day: &str, cents: &str) -> Value {
    json!({
        "starting_at": format!("{day}T00:00:00Z"),
        "results": [{
            "amount": cents, "currency": "USD", "cost_type": "tokens", "model": "claude-opus-4-8",
            "description": "Claude Opus 4.8 Usage - Output Tokens", "workspace_id": null,
        }],
    })
}

fn page(buckets: &[Value], next: Option<&str>) -> Answer {
    let body = json!({"data": buckets, "has_more": next.is_some(), "next_page": next});
    Answer::json(200, &body.to_string())
}

async fn costs(
    page_of: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Result<Vendor, Fault> {
    Ok(Vendor::start(move |asked| match asked.path.as_str() {
        COSTS => page_of(asked),
        _ => page(&[], None),
    })
    .await?)
}

fn account(vendor: &Vendor) -> Polled {
    Polled::new("anthropic", vendor.url(), KEY)
}

#[tokio::test]
async fn the_samples_add_up_to_their_totals() -> Outcome {
    let reading = Case::named("anthropic/organization")?
        .play()
        .await?
        .result?;
    assert_eq!(dollars(&reading), "6.865".parse::<Decimal>()?);
    let days = dollars_by_day(&reading);
    assert_eq!(days[0], ("11-20".to_owned(), "5.99".to_owned()));
    let tokens: Vec<_> = slots(&reading).filter_map(|slot| slot.tokens).collect();
    let sum = |count: fn(&spendtray::domain::tokens::TokenCounts) -> u64| {
        tokens.iter().map(count).sum::<u64>()
    };
    assert_eq!(sum(|tokens| tokens.input), 826_000);
    assert_eq!(sum(|tokens| tokens.cached_input), 364_000);
    assert_eq!(
        sum(|tokens| tokens.cache_write_5m + tokens.cache_write_1h),
        52_000
    );
    assert_eq!(sum(|tokens| tokens.output), 83_400);
    assert!(slots(&reading).all(|slot| slot.spend.unpriced.is_empty()));
    Ok(())
}

#[tokio::test]
async fn cents_over_two_pages_are_dollars() -> Outcome {
    let vendor = costs(|asked| match asked.query.get("page").map(String::as_str) {
        None => page(&[bucket("2026-11-21", "1234")], Some("page_two=")),
        Some("page_two=") => page(&[bucket("2026-11-22", "66")], None),
        Some(_) => Answer::json(400, "{}"),
    })
    .await?;
    let reading = account(&vendor).at("2026-11-23T08:30:00Z").await??;
    assert_eq!(dollars(&reading), Decimal::from(13));
    assert_eq!(reading.complete, Completeness::Whole);
    let asked = vendor
        .seen()
        .into_iter()
        .filter(|asked| asked.path == COSTS)
        .nth(1)
        .ok_or("one page")?;
    assert_eq!(
        asked.query.get("page").map(String::as_str),
        Some("page_two=")
    );
    assert_eq!(
        asked.headers.get("x-api-key").map(String::as_str),
        Some(KEY)
    );
    assert_eq!(
        asked.headers.get("anthropic-version").map(String::as_str),
        Some("2023-06-01")
    );
    assert!(
        asked
            .headers
            .get("user-agent")
            .is_some_and(|agent| agent.starts_with("spendtray/"))
    );
    assert!(!asked.headers.contains_key("authorization"));
    Ok(())
}

#[tokio::test]
async fn lists_are_paged_by_their_last_id() -> Outcome {
    let vendor = Vendor::start(|asked| match (asked.path.as_str(), asked.query.get("after_id")) {
        ("/v1/organizations/api_keys", None) => {
            Answer::json(200, r#"{"data":[{"id":"apikey_1","name":"one"}],"has_more":true,"last_id":"apikey_1"}"#)
        }
        ("/v1/organizations/api_keys", Some(_)) => {
            Answer::json(200, r#"{"data":[{"id":"apikey_2","name":"two"}],"has_more":false,"last_id":"apikey_2"}"#)
        }
        _ => page(&[], None),
    })
    .await?;
    let reading = account(&vendor).at("2026-11-23T08:30:00Z").await??;
    let labels: Vec<_> = reading
        .figures
        .keys
        .iter()
        .map(|key| key.label.as_str())
        .collect();
    assert_eq!(labels, ["one", "two"]);
    Ok(())
}

#[tokio::test]
async fn only_days_that_may_still_change_are_read_again() -> Outcome {
    let vendor = costs(|_| page(&[], None)).await?;
    let mut account = account(&vendor);
    for now in [
        "2026-11-23T20:00:00Z",
        "2026-11-24T00:01:00Z",
        "2026-11-24T07:00:00Z",
        "2026-11-24T07:05:00Z",
    ] {
        account.at(now).await??;
    }
    let starts: Vec<String> = vendor
        .seen()
        .into_iter()
        .filter(|asked| asked.path == COSTS)
        .filter_map(|asked| asked.query.get("starting_at").cloned())
        .collect();
    let days = ["10-23", "11-23", "11-23", "11-24"].map(|day| format!("2026-{day}T00:00:00Z"));
    assert_eq!(starts, days);
    let names = vendor
        .seen()
        .into_iter()
        .filter(|asked| asked.path.ends_with("/api_keys"));
    assert_eq!(names.count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_workspaces_key_is_not_an_error_and_says_what_an_admin_key_adds() -> Outcome {
    let vendor = Vendor::start(|asked| match asked.path.as_str() {
        "/v1/models" => page(&[], None),
        _ => Answer::json(
            403,
            r#"{"type":"error","error":{"message":"This endpoint requires an Admin API key."}}"#,
        ),
    })
    .await?;
    let reading = account(&vendor).at("2026-11-23T08:30:00Z").await??;
    assert!(missing(&reading).contains("An admin key"));
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_explained() -> Outcome {
    let vendor = Vendor::start(|_| {
        Answer::json(401, r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#)
    })
    .await?;
    let Err(error @ PollError::Unauthorized { .. }) =
        account(&vendor).at("2026-11-23T08:30:00Z").await?
    else {
        return Err("a wrong key was accepted".into());
    };
    insta::assert_snapshot!(error, @"Anthropic refused the credential (HTTP 401): invalid x-api-key");
    Ok(())
}
