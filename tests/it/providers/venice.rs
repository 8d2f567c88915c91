//! Venice: the totals of its samples, the walk over its ledger, and what is asked how often.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use spendtray::clock::Clock;
use spendtray::domain::account::{Account, AccountId, CredentialPlace};
use spendtray::domain::money::Currency;
use spendtray::domain::reading::{Completeness, Cursor, Reading};
use spendtray::domain::usage::{Basis, UsageSlot};
use spendtray::http::{Http, Limits};
use spendtray::providers::{ALL, PollContext, PollError};
use spendtray::secrets::Secret;

use super::fixture::{Case, Fault};
use crate::support::vendor::{Answer, Asked, Vendor};

type Outcome = Result<(), Fault>;

const NOW: &str = "2026-11-23T08:30:00Z";
const BALANCE: &str =
    r#"{"canConsume":true,"balances":{"diem":90.5,"usd":25},"diemEpochAllocation":100}"#;
const NO_KEYS: &str = r#"{"data":[]}"#;
const NO_ANALYTICS: &str = r#"{"byKey":[],"byModel":[]}"#;

/// One poll at an instant, going on from a cursor.
#[derive(Debug, Clone, Copy)]
struct Poll<'a> {
    now: DateTime<Utc>,
    resume: Option<&'a Cursor>,
    secret: &'a str,
}

impl<'a> Poll<'a> {
    fn first() -> Result<Self, Fault> {
        Ok(Self {
            now: NOW.parse()?,
            resume: None,
            secret: "VENICE_ADMIN_KEY_one",
        })
    }

    fn later(self, by: TimeDelta, reading: &'a Reading) -> Self {
        Self {
            now: self.now + by,
            resume: reading.resume.as_ref(),
            ..self
        }
    }

    async fn of(self, vendor: &Vendor) -> Result<Result<Reading, PollError>, Fault> {
        let provider = ALL
            .iter()
            .find(|provider| provider.id == "venice")
            .ok_or("Venice is not in the list")?;
        let account = Account {
            id: AccountId::parse("venice/work"),
            label: "Venice (work)".to_owned(),
            every: provider.every,
            credential: CredentialPlace::Keyring,
            base_url: Some(format!("{}/", vendor.url())),
            options: BTreeMap::new(),
        };
        let limits = Limits {
            pause: Duration::from_millis(1),
            ..Limits::default()
        };
        let http = Http::with_limits(None, &Clock::manual(self.now), limits)?;
        let secret = Secret::new(self.secret);
        let context = PollContext {
            now: self.now,
            account: &account,
            secret: secret.as_ref(),
            http: &http,
            logs: None,
            prices: None,
            since: self.now - TimeDelta::days(31),
            fresh_since: None,
            resume: self.resume,
        };
        Ok((provider.poll)(&context).await)
    }
}

/// A vendor whose ledger a test writes; the rest is quiet.
async fn ledger(page: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Result<Vendor, Fault> {
    Ok(Vendor::start(move |asked| match asked.path.as_str() {
        "/billing/balance" => Answer::json(200, BALANCE),
        "/billing/usage-history" => page(asked),
        "/billing/usage-analytics" => Answer::json(200, NO_ANALYTICS),
        "/api_keys" => Answer::json(200, NO_KEYS),
        _ => Answer::json(404, "{}"),
    })
    .await?)
}

fn page(rows: &[serde_json::Value], next: Option<&str>) -> Answer {
    Answer::json(200, &json!({"data": rows, "nextCursor": next}).to_string())
}

fn row(at: &str, amount: &str, currency: &str) -> serde_json::Value {
    json!({
        "timestamp": at, "sku": "glm-5-llm-input-mtoken", "units": 0.1, "amount": amount,
        "currency": currency, "notes": "API Inference", "inferenceDetails": null,
    })
}

fn slots(reading: &Reading) -> impl Iterator<Item = &UsageSlot> {
    reading.ranges.iter().flat_map(|range| &range.slots)
}

fn spent<'s>(slots: impl Iterator<Item = &'s UsageSlot>, code: &str) -> Result<Decimal, Fault> {
    let currency = Currency::new(code)?;
    Ok(slots
        .filter_map(|slot| slot.spend.get(currency, Basis::Billed))
        .sum())
}

fn walks(vendor: &Vendor) -> Vec<Asked> {
    let mut seen = vendor.seen();
    seen.retain(|asked| asked.path == "/billing/usage-history");
    seen
}

fn missing(reading: &Reading) -> String {
    match &reading.complete {
        Completeness::Whole => String::new(),
        Completeness::Partial(sentences) => sentences.join("\n"),
    }
}

#[tokio::test]
async fn the_samples_add_up_to_their_totals() -> Outcome {
    let reading = Case::named("venice/staking")?.play().await?.result?;
    let midnight: DateTime<Utc> = "2026-11-23T00:00:00Z".parse()?;
    let before = |slot: &&UsageSlot| slot.start < midnight;
    let epoch = |slot: &&UsageSlot| slot.start >= midnight;
    let through_web = |slot: &&UsageSlot| slot.who.key.is_some();
    let amount = |text: &str| text.parse::<Decimal>();

    assert_eq!(
        spent(slots(&reading).filter(before), "DIEM")?,
        amount("0.8484")?
    );
    assert_eq!(
        spent(slots(&reading).filter(epoch), "DIEM")?,
        amount("12.575")?
    );
    assert_eq!(spent(slots(&reading), "USD")?, amount("1.11")?);
    assert_eq!(spent(slots(&reading), "BUNDLED_CREDITS")?, amount("0.75")?);
    assert_eq!(
        spent(slots(&reading).filter(through_web), "DIEM")?,
        amount("2.19")?
    );
    assert_eq!(
        slots(&reading)
            .filter_map(|slot| slot.requests)
            .sum::<u64>(),
        5
    );
    let tokens = || slots(&reading).filter_map(|slot| slot.tokens);
    let prompt = tokens().map(|tokens| tokens.input + tokens.cached_input);
    assert_eq!(prompt.sum::<u64>(), 3_370_000);
    assert_eq!(tokens().map(|tokens| tokens.output).sum::<u64>(), 66_000);
    assert_eq!(
        tokens().map(|tokens| tokens.cached_input).sum::<u64>(),
        400_000
    );
    let epoch_window = reading.figures.windows.first().ok_or("no epoch")?;
    assert_eq!(epoch_window.used, Some(amount("12.575")?));
    let spendable: Decimal = reading
        .figures
        .balances
        .iter()
        .filter_map(|balance| Some(balance.remaining?.amount))
        .sum();
    assert_eq!(spendable, amount("61.315")?);
    Ok(())
}

#[tokio::test]
async fn refunds_are_netted_within_their_currency_only() -> Outcome {
    let vendor = ledger(|_| {
        let at = "2026-11-23T08:00:00Z";
        let rows = [
            row(at, "-2.5", "DIEM"),
            row(at, "0.5", "DIEM"),
            row(at, "-1", "USD"),
        ];
        page(&rows, None)
    })
    .await?;
    let reading = Poll::first()?.of(&vendor).await??;
    assert_eq!(spent(slots(&reading), "DIEM")?, Decimal::TWO);
    assert_eq!(spent(slots(&reading), "USD")?, Decimal::ONE);
    Ok(())
}

#[tokio::test]
async fn the_walk_sends_its_cursor_alone() -> Outcome {
    let vendor = ledger(
        |asked| match asked.query.get("cursor").map(String::as_str) {
            None => page(&[row("2026-11-20T01:00:00Z", "-1", "USD")], Some("two+/=")),
            Some("two+/=") => page(&[row("2026-11-21T01:00:00Z", "-2", "USD")], Some("three")),
            _ => page(&[row("2026-11-22T01:00:00Z", "-4", "USD")], None),
        },
    )
    .await?;
    let reading = Poll::first()?.of(&vendor).await??;
    assert_eq!(spent(slots(&reading), "USD")?, Decimal::from(7));
    assert_eq!(reading.complete, Completeness::Whole);
    let names: Vec<Vec<String>> = walks(&vendor)
        .into_iter()
        .map(|asked| asked.query.into_keys().collect())
        .collect();
    assert_eq!(
        names,
        [
            vec!["pageSize", "startTimestamp"],
            vec!["cursor"],
            vec!["cursor"]
        ]
    );
    Ok(())
}

#[tokio::test]
async fn only_known_addresses_are_asked_each_with_the_key() -> Outcome {
    let vendor = ledger(|_| page(&[], None)).await?;
    Poll::first()?.of(&vendor).await??;
    let seen = vendor.seen();
    let paths: BTreeSet<&str> = seen.iter().map(|asked| asked.path.as_str()).collect();
    let expected = [
        "/api_keys",
        "/billing/balance",
        "/billing/usage-analytics",
        "/billing/usage-history",
    ];
    assert_eq!(paths, BTreeSet::from(expected));
    for asked in &seen {
        let sent = asked.headers.get("authorization").map(String::as_str);
        assert_eq!(sent, Some("Bearer VENICE_ADMIN_KEY_one"));
    }
    Ok(())
}

#[tokio::test]
async fn an_expired_cursor_starts_the_walk_anew_once() -> Outcome {
    const EXPIRED: &str = r#"{"error":"Invalid or expired cursor; restart from the first page"}"#;
    let expiries = AtomicUsize::new(0);
    let vendor = ledger(move |asked| {
        if !asked.query.contains_key("cursor") {
            page(&[row("2026-11-20T01:00:00Z", "-1", "USD")], Some("two"))
        } else if expiries.fetch_add(1, Ordering::Relaxed) == 0 {
            Answer::json(400, EXPIRED)
        } else {
            page(&[row("2026-11-21T01:00:00Z", "-2", "USD")], None)
        }
    })
    .await?;
    let reading = Poll::first()?.of(&vendor).await??;
    assert_eq!(spent(slots(&reading), "USD")?, Decimal::from(3));
    assert_eq!(walks(&vendor).len(), 4);

    let vendor = ledger(|asked| match asked.query.get("cursor") {
        None => page(&[row("2026-11-20T01:00:00Z", "-1", "USD")], Some("two")),
        Some(_) => Answer::json(400, EXPIRED),
    })
    .await?;
    let reading = Poll::first()?.of(&vendor).await??;
    assert_eq!(walks(&vendor).len(), 4);
    assert_eq!(reading.ranges, []);
    insta::assert_snapshot!(missing(&reading), @"The usage history is incomplete: its cursor ran out twice.");
    Ok(())
}

#[tokio::test]
async fn a_walk_over_too_many_pages_is_partial_and_goes_on_next_time() -> Outcome {
    let start: DateTime<Utc> = "2026-11-01T00:00:00Z".parse()?;
    let vendor = ledger(move |asked| {
        let number = asked
            .query
            .get("cursor")
            .and_then(|text| text.parse::<u32>().ok());
        let number = number.unwrap_or_default();
        let at = start + TimeDelta::hours(i64::from(number));
        page(
            &[row(&at.to_rfc3339(), "-1", "USD")],
            Some(&(number + 1).to_string()),
        )
    })
    .await?;
    let first = Poll::first()?;
    let reading = first.of(&vendor).await??;
    insta::assert_snapshot!(missing(&reading), @"The usage history is incomplete: it has more than 50 pages.");
    let range = reading.ranges.first().ok_or("no range")?;
    assert_eq!(range.until, start + TimeDelta::hours(49));
    assert_eq!(spent(slots(&reading), "USD")?, Decimal::from(49));

    first
        .later(TimeDelta::minutes(2), &reading)
        .of(&vendor)
        .await??;
    let again = walks(&vendor)
        .get(50)
        .and_then(|asked| asked.query.get("startTimestamp").cloned());
    assert_eq!(again.as_deref(), Some("2026-11-03T01:00:00.000Z"));
    Ok(())
}

#[tokio::test]
async fn a_later_poll_reads_six_hours_before_the_last_row_again() -> Outcome {
    let vendor = ledger(|_| page(&[row("2026-11-23T07:20:00Z", "-1", "USD")], None)).await?;
    let first = Poll::first()?;
    let reading = first.of(&vendor).await??;
    let second = first
        .later(TimeDelta::minutes(2), &reading)
        .of(&vendor)
        .await??;
    let starts: Vec<String> = walks(&vendor)
        .into_iter()
        .filter_map(|asked| asked.query.get("startTimestamp").cloned())
        .collect();
    assert_eq!(
        starts,
        ["2026-10-23T08:30:00.000Z", "2026-11-23T01:15:00.000Z"]
    );
    let range = second.ranges.first().ok_or("no range")?;
    assert_eq!(range.from, "2026-11-23T01:15:00Z".parse::<DateTime<Utc>>()?);
    assert_eq!(
        range.until,
        "2026-11-23T08:32:00Z".parse::<DateTime<Utc>>()?
    );
    Ok(())
}

#[tokio::test]
async fn another_key_starts_anew() -> Outcome {
    let vendor = ledger(|_| page(&[row("2026-11-23T07:20:00Z", "-1", "USD")], None)).await?;
    let first = Poll::first()?;
    let reading = first.of(&vendor).await??;
    let other = Poll {
        secret: "VENICE_ADMIN_KEY_two",
        ..first.later(TimeDelta::minutes(2), &reading)
    };
    let second = other.of(&vendor).await??;
    let range = second.ranges.first().ok_or("no range")?;
    assert_eq!(range.from, "2026-10-23T08:30:00Z".parse::<DateTime<Utc>>()?);
    let keys = vendor
        .seen()
        .iter()
        .filter(|asked| asked.path == "/api_keys")
        .count();
    assert_eq!(keys, 2);
    Ok(())
}

#[tokio::test]
async fn three_rows_of_one_request_are_one_request() -> Outcome {
    let vendor = ledger(|_| {
        let details = json!({"requestId": "chatcmpl-1", "promptTokens": 339, "completionTokens": 227});
        let rows: Vec<serde_json::Value> = ["input", "output", "cache-input"]
            .into_iter()
            .map(|class| {
                json!({
                    "timestamp": "2026-11-23T08:00:00Z", "sku": format!("glm-5-llm-{class}-mtoken"),
                    "units": 0.0001, "amount": -0.1, "currency": "DIEM", "inferenceDetails": details,
                })
            })
            .collect();
        page(&rows, None)
    })
    .await?;
    let reading = Poll::first()?.of(&vendor).await??;
    let only: Vec<&UsageSlot> = slots(&reading).collect();
    assert_eq!(only.len(), 1);
    assert_eq!(only[0].requests, Some(1));
    let tokens = only[0].tokens.ok_or("no tokens")?;
    assert_eq!(
        (tokens.input, tokens.cached_input, tokens.output),
        (239, 100, 227)
    );
    Ok(())
}

#[tokio::test]
async fn the_seconds_around_midnight_fall_on_different_days() -> Outcome {
    let vendor = ledger(|_| {
        let rows = [
            row("2026-11-22T23:59:59Z", "-1", "DIEM"),
            row("2026-11-23T00:00:01Z", "-2", "DIEM"),
        ];
        page(&rows, None)
    })
    .await?;
    let reading = Poll::first()?.of(&vendor).await??;
    let days: Vec<String> = slots(&reading)
        .map(|slot| slot.start.date_naive().to_string())
        .collect();
    assert_eq!(days, ["2026-11-22", "2026-11-23"]);
    Ok(())
}

#[tokio::test]
async fn an_inference_key_is_explained() -> Outcome {
    let vendor =
        Vendor::start(|_| Answer::json(401, r#"{"error":"Admin API key required"}"#)).await?;
    let Err(error) = Poll::first()?.of(&vendor).await? else {
        return Err("an inference key was accepted".into());
    };
    assert_eq!(vendor.seen().len(), 1, "a refused key is tried once");
    insta::assert_snapshot!(format!("{error}\n{}", error.hint().unwrap_or_default()), @r"
    Venice refused the credential (HTTP 401): Admin API key required
    Create an ADMIN key (an INFERENCE key cannot read billing) at https://venice.ai/settings/api. Then run `spendtray login venice/work`.
    ");
    Ok(())
}

#[tokio::test]
async fn a_retired_address_is_explained() -> Outcome {
    let vendor =
        ledger(|_| Answer::json(410, r#"{"error":"This endpoint has been retired."}"#)).await?;
    let reading = Poll::first()?.of(&vendor).await??;
    insta::assert_snapshot!(missing(&reading), @"The usage history is incomplete: HTTP 410: Venice has retired this address, look for an update of spendtray: This endpoint has been retired.");
    Ok(())
}

#[tokio::test]
async fn analytics_are_asked_for_every_ten_minutes_and_kept_in_between_and_in_trouble() -> Outcome {
    const SPENT: &str = r#"{"byModel":[],"byKey":[{"apiKeyId":null,"description":"Web App","totalUsd":0,"totalDiem":4},
        {"apiKeyId":"k-00000001","description":"","totalUsd":0,"totalDiem":15}]}"#;
    let asked_before = AtomicUsize::new(0);
    let vendor = Vendor::start(move |asked| match asked.path.as_str() {
        "/billing/balance" => Answer::json(200, BALANCE),
        "/billing/usage-history" => page(&[], None),
        "/billing/usage-analytics" if asked_before.fetch_add(1, Ordering::Relaxed) < 3 => {
            Answer::json(200, SPENT)
        }
        "/billing/usage-analytics" => Answer::json(400, r#"{"error":"bad"}"#),
        _ => Answer::json(200, NO_KEYS),
    })
    .await?;
    let asked = || {
        let seen = vendor.seen();
        seen.iter()
            .filter(|asked| asked.path == "/billing/usage-analytics")
            .count()
    };
    let first = Poll::first()?;
    let one = first.of(&vendor).await??;
    assert_eq!(asked(), 3);
    let labels: Vec<&str> = one
        .figures
        .keys
        .iter()
        .map(|key| key.label.as_str())
        .collect();
    assert_eq!(labels, ["Web App", "Key 00000001"]);

    let poll = first.later(TimeDelta::minutes(9), &one);
    let two = poll.of(&vendor).await??;
    assert_eq!((asked(), &two.figures), (3, &one.figures));
    let poll = poll.later(TimeDelta::minutes(1), &two);
    let three = poll.of(&vendor).await??;
    assert_eq!((asked(), &three.figures), (6, &one.figures));
    insta::assert_snapshot!(missing(&three), @"The spend by key and model (today, the last seven days, this month) did not come: HTTP 400: bad.");

    let tomorrow = poll.later(TimeDelta::hours(16), &three);
    let four = tomorrow.of(&vendor).await??;
    let web_app = four.figures.keys.first().ok_or("no key")?;
    assert_eq!(
        web_app.spend.today, None,
        "yesterday's spend is not today's"
    );
    assert!(web_app.spend.month.is_some());
    Ok(())
}
