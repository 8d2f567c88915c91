//! OpenAI: the totals of its samples, its pages and days, and what an ordinary key is told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use spendtray::domain::reading::{Completeness, Reading};
use spendtray::providers::PollError;

use super::fixture::{Case, Fault};
use super::poll::{Polled, dollars, dollars_by_day, missing, slots};
use crate::support::vendor::{Answer, Asked, Vendor};

type Outcome = Result<(), Fault>;

const KEY: &str = "sk-admin-one-two-three";
const COSTS: &str = "/organization/costs";

fn bucket(day: &str, results: &[Value]) -> Value {
    let start = format!("{day}T00:00:00Z").parse::<DateTime<Utc>>();
    let start = start.map(|start| start.timestamp()).unwrap_or_default();
    json!({"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": results})
}

fn cost(dollars: &str) -> Value {
    json!({
        "object": "organization.costs.result", "amount": {"value": dollars, "currency": "usd"},
        "line_item": "gpt-5.5, output", "project_id": "proj_alpha", "api_key_id": "key_alpha",
    })
}

fn page(buckets: &[Value], next: Option<&str>) -> Answer {
    let body =
        json!({"object": "page", "data": buckets, "has_more": next.is_some(), "next_page": next});
    Answer::json(200, &body.to_string())
}

/// A vendor whose costs a test writes; the rest is quiet.
async fn costs(
    page_of: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Result<Vendor, Fault> {
    Ok(Vendor::start(move |asked| match asked.path.as_str() {
        COSTS => page_of(asked),
        "/organization/spend_limit" => Answer::json(404, "{}"),
        "/organization/projects" => Answer::json(200, r#"{"data":[],"has_more":false}"#),
        _ => page(&[], None),
    })
    .await?)
}

fn account(vendor: &Vendor) -> Polled {
    Polled::new("openai", vendor.url(), KEY)
}

/// The first day that each request for costs asked for.
fn first_days(vendor: &Vendor) -> Vec<String> {
    let asked = vendor
        .seen()
        .into_iter()
        .filter(|asked| asked.path == COSTS);
    asked
        .filter_map(|asked| asked.query.get("start_time")?.parse::<i64>().ok())
        .filter_map(|seconds| DateTime::from_timestamp(seconds, 0))
        .map(|start| start.format("%m-%d").to_string())
        .collect()
}

fn by_day(reading: &Reading) -> Vec<String> {
    let days = dollars_by_day(reading).into_iter();
    days.map(|(day, dollars)| format!("{day} {dollars}"))
        .collect()
}

#[tokio::test]
async fn the_samples_add_up_to_their_totals() -> Outcome {
    let reading = Case::named("openai/organization")?.play().await?.result?;
    assert_eq!(
        by_day(&reading),
        ["11-20 7.4250125", "11-22 2.9749875", "11-23 0.75"]
    );
    assert_eq!(dollars(&reading), "11.15".parse::<Decimal>()?);
    let alpha = slots(&reading).filter(|slot| slot.start.to_string().starts_with("2026-11-20"));
    let of_key = alpha.filter(|slot| {
        slot.who
            .key
            .as_ref()
            .is_some_and(|key| key.as_str() == "key_alpha")
    });
    let billed = of_key
        .flat_map(|slot| slot.spend.iter())
        .map(|(money, _)| money.amount);
    assert_eq!(billed.sum::<Decimal>(), "6.0000125".parse()?);
    let llm = |slot: &&spendtray::domain::usage::UsageSlot| {
        slot.who.model.as_ref().is_some_and(|model| {
            model.as_str().starts_with("gpt-5.5") || model.as_str().contains("realtime")
        })
    };
    let tokens: Vec<_> = slots(&reading)
        .filter(llm)
        .filter_map(|slot| slot.tokens)
        .collect();
    let input = tokens
        .iter()
        .map(|tokens| tokens.input + tokens.cached_input + tokens.cache_write);
    assert_eq!(input.sum::<u64>(), 2_512_000);
    assert_eq!(
        tokens.iter().map(|tokens| tokens.cached_input).sum::<u64>(),
        1_100_000
    );
    assert_eq!(
        tokens.iter().map(|tokens| tokens.output).sum::<u64>(),
        244_833
    );
    assert_eq!(
        slots(&reading)
            .filter(llm)
            .filter_map(|slot| slot.requests)
            .sum::<u64>(),
        324
    );
    let limit = reading.figures.windows.first().ok_or("no spend limit")?;
    assert_eq!(
        (limit.used, limit.limit),
        (Some("11.15".parse()?), Some(Decimal::from(50)))
    );
    Ok(())
}

#[tokio::test]
async fn the_second_page_is_asked_for_with_its_token_and_adds_up() -> Outcome {
    let vendor = costs(|asked| match asked.query.get("page").map(String::as_str) {
        None => page(
            &[bucket("2026-11-21", &[cost("1.25")])],
            Some("page_two+/="),
        ),
        Some("page_two+/=") => page(&[bucket("2026-11-22", &[cost("2.50")])], None),
        Some(_) => Answer::json(400, "{}"),
    })
    .await?;
    let reading = account(&vendor).at("2026-11-23T08:30:00Z").await??;
    assert_eq!(dollars(&reading), "3.75".parse::<Decimal>()?);
    assert_eq!(reading.complete, Completeness::Whole);
    let pages: Vec<_> = vendor
        .seen()
        .into_iter()
        .filter(|asked| asked.path == COSTS)
        .collect();
    assert_eq!(pages.len(), 2);
    assert_eq!(
        pages[1].query.get("page").map(String::as_str),
        Some("page_two+/=")
    );
    assert_eq!(
        pages[1].query.get("start_time"),
        pages[0].query.get("start_time")
    );
    assert!(pages[0].query.contains_key("group_by[]"));
    Ok(())
}

#[tokio::test]
async fn a_page_that_names_itself_ends_the_walk() -> Outcome {
    for next in ["\"again\"", "null"] {
        let vendor = costs(move |_| {
            let bucket = bucket("2026-11-21", &[cost("1.25")]);
            Answer::json(
                200,
                &format!(r#"{{"data":[{bucket}],"has_more":true,"next_page":{next}}}"#),
            )
        })
        .await?;
        let reading = account(&vendor).at("2026-11-23T08:30:00Z").await??;
        assert!(missing(&reading).starts_with("The costs are known up to 2026-11-21 only"));
        assert!(first_days(&vendor).len() <= 2);
    }
    Ok(())
}

#[tokio::test]
async fn yesterday_is_corrected_once_more_after_midnight_and_then_left_alone() -> Outcome {
    let corrected = Arc::new(AtomicBool::new(false));
    let late = Arc::clone(&corrected);
    let vendor = costs(move |_| {
        let dollars = if late.load(Ordering::Relaxed) {
            "3.0"
        } else {
            "1.0"
        };
        page(&[bucket("2026-11-20", &[cost(dollars)])], None)
    })
    .await?;
    let mut account = account(&vendor);
    assert_eq!(
        by_day(&account.at("2026-11-20T18:00:00Z").await??),
        ["11-20 1"]
    );
    corrected.store(true, Ordering::Relaxed);
    assert_eq!(
        by_day(&account.at("2026-11-21T12:30:00Z").await??),
        ["11-20 3"]
    );
    // The vendor repeats the day nobody asked for; it is not taken.
    assert_eq!(
        by_day(&account.at("2026-11-21T12:35:00Z").await??),
        [] as [&str; 0]
    );
    account.at("2026-11-22T09:00:00Z").await??;
    account.at("2026-11-22T13:00:00Z").await??;
    assert_eq!(
        first_days(&vendor),
        ["10-20", "11-20", "11-21", "11-21", "11-21"]
    );
    Ok(())
}

#[tokio::test]
async fn history_stops_when_told_to_wait_and_keeps_what_it_has() -> Outcome {
    let vendor = costs(|asked| {
        if asked.query.contains_key("page") {
            return Answer::with(
                429,
                &[("retry-after", "60")],
                br#"{"error":{"message":"Rate limit reached."}}"#,
            );
        }
        let days = ["2026-11-17", "2026-11-18", "2026-11-19"].map(|day| bucket(day, &[cost("1")]));
        page(&days, Some("more"))
    })
    .await?;
    let mut account = account(&vendor);
    let reading = account.at("2026-11-23T08:30:00Z").await??;
    assert_eq!(by_day(&reading), ["11-17 1", "11-18 1", "11-19 1"]);
    let range = reading.ranges.first().ok_or("no range")?;
    assert_eq!(
        range.until,
        "2026-11-20T00:00:00Z".parse::<DateTime<Utc>>()?
    );
    let wait = reading.wait.as_ref().ok_or("it does not wait")?;
    assert_eq!(wait.retry_at, Some("2026-11-23T08:31:00Z".parse()?));
    assert_eq!(vendor.seen().len(), 2, "nothing is asked after that");
    insta::assert_snapshot!(missing(&reading), @"The costs are known up to 2026-11-19 only: OpenAI asks to wait (HTTP 429): Rate limit reached.");
    account.at("2026-11-23T08:35:00Z").await??;
    assert_eq!(
        first_days(&vendor)[2],
        "10-23",
        "tokens of these days did not come yet"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_counted_but_not_billed_is_unpriced_and_never_zero() -> Outcome {
    let vendor = Vendor::start(|asked| match asked.path.as_str() {
        "/organization/usage/completions" => page(
            &[bucket("2026-11-23", &[json!({
                "input_tokens": 1000, "output_tokens": 10, "num_model_requests": 2, "model": "foo-1",
            })])],
            None,
        ),
        "/organization/projects" | "/organization/spend_limit" => Answer::json(403, "{}"),
        _ => page(&[], None),
    })
    .await?;
    let reading = account(&vendor).at("2026-11-23T08:30:00Z").await??;
    let only: Vec<_> = slots(&reading).collect();
    assert_eq!(only.len(), 1);
    assert_eq!(only[0].tokens.map(|tokens| tokens.total()), Some(1010));
    assert_eq!(only[0].spend.iter().count(), 0);
    assert_eq!(only[0].spend.unpriced, BTreeSet::from(["foo-1".into()]));
    Ok(())
}

#[tokio::test]
async fn tokens_that_do_not_come_keep_what_they_were() -> Outcome {
    let broken = Arc::new(AtomicBool::new(false));
    let breaks = Arc::clone(&broken);
    let vendor = Vendor::start(move |asked| match asked.path.as_str() {
        COSTS => page(&[bucket("2026-11-23", &[cost("1")])], None),
        "/organization/usage/completions" if breaks.load(Ordering::Relaxed) => Answer::json(500, "{}"),
        "/organization/usage/completions" => page(
            &[bucket("2026-11-23", &[json!({"input_tokens": 1000, "output_tokens": 10, "model": "gpt-5.5-2026-04-23"})])],
            None,
        ),
        "/organization/projects" | "/organization/spend_limit" => Answer::json(403, "{}"),
        _ => page(&[], None),
    })
    .await?;
    let mut account = account(&vendor);
    account.at("2026-11-23T08:30:00Z").await??;
    broken.store(true, Ordering::Relaxed);
    let reading = account.at("2026-11-23T08:35:00Z").await??;
    let tokens = slots(&reading)
        .filter_map(|slot| slot.tokens)
        .map(|tokens| tokens.total());
    assert_eq!(tokens.sum::<u64>(), 1010);
    assert!(missing(&reading).contains("The usage of completions did not come: HTTP 500"));
    Ok(())
}

#[tokio::test]
async fn names_and_small_counters_are_not_asked_on_every_poll() -> Outcome {
    let vendor = costs(|_| page(&[], None)).await?;
    let mut account = account(&vendor);
    for minute in ["30", "31", "32"] {
        account.at(&format!("2026-11-23T08:{minute}:00Z")).await??;
    }
    let count = |path: &str| {
        vendor
            .seen()
            .iter()
            .filter(|asked| asked.path.contains(path))
            .count()
    };
    assert_eq!((count("costs"), count("completions")), (3, 3));
    assert_eq!(
        (count("embeddings"), count("projects"), count("spend_limit")),
        (1, 1, 1)
    );
    for old in ["rate_limits", "credit_grants", "/usage?"] {
        assert_eq!(count(old), 0, "{old}");
    }
    Ok(())
}

#[tokio::test]
async fn an_ordinary_key_is_not_an_error_and_says_what_an_admin_key_adds() -> Outcome {
    let vendor = Vendor::start(|asked| match asked.path.as_str() {
        "/models" => Answer::json(200, r#"{"object":"list","data":[]}"#),
        _ => Answer::json(
            403,
            r#"{"error":{"message":"Missing scopes: api.usage.read"}}"#,
        ),
    })
    .await?;
    let mut account = account(&vendor);
    let reading = account.at("2026-11-23T08:30:00Z").await??;
    assert!(missing(&reading).contains("An admin key"));
    assert!(reading.ranges.is_empty());
    account.at("2026-11-23T08:35:00Z").await??;
    let paths: Vec<String> = vendor.seen().into_iter().map(|asked| asked.path).collect();
    assert_eq!(
        paths,
        [COSTS, "/models", "/models"],
        "costs are not asked for again at once"
    );
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_explained() -> Outcome {
    let vendor = Vendor::start(|_| {
        Answer::json(401, r#"{"error":{"message":"Incorrect API key provided: sk-admin-one-two-three.","code":"invalid_api_key"}}"#)
    })
    .await?;
    let Err(error @ PollError::Unauthorized { .. }) =
        account(&vendor).at("2026-11-23T08:30:00Z").await?
    else {
        return Err("a wrong key was accepted".into());
    };
    insta::assert_snapshot!(format!("{error}\n{}", error.hint().unwrap_or_default()), @r"
    OpenAI refused the credential (HTTP 401): Incorrect API key provided: ***.
    Create an admin key (an ordinary key cannot read costs) at https://platform.openai.com/settings/organization/admin-keys. Then run `spendtray login openai/work`.
    ");
    Ok(())
}

#[tokio::test]
async fn a_counter_that_is_told_to_wait_lets_the_account_wait() -> Outcome {
    let vendor = Vendor::start(|asked| match asked.path.as_str() {
        COSTS => page(&[bucket("2026-11-23", &[cost("1")])], None),
        "/organization/usage/completions" => Answer::with(
            429,
            &[("retry-after", "600")],
            br#"{"error":{"message":"Slow down."}}"#,
        ),
        "/organization/projects" | "/organization/spend_limit" => Answer::json(403, "{}"),
        _ => page(&[], None),
    })
    .await?;
    let reading = account(&vendor).at("2026-11-23T08:30:00Z").await??;
    assert_eq!(dollars(&reading), Decimal::ONE);
    let retry_at = reading.wait.and_then(|wait| wait.retry_at);
    assert_eq!(
        retry_at,
        Some("2026-11-23T08:40:00Z".parse::<DateTime<Utc>>()?)
    );
    Ok(())
}
