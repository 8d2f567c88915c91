//! The simulated bills: as strict as the vendors, and read by the providers without a rest.

use std::error::Error;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use spendtray::clock::Clock;
use spendtray::domain::reading::{Completeness, Reading};
use spendtray::providers::PollError;
use spendtray::simulator::{
    ANTHROPIC_ADMIN_KEY, ANTHROPIC_ORDINARY_KEY, Fault, OPENAI_ADMIN_KEY, OPENAI_ORDINARY_KEY,
    OPENROUTER_MANAGEMENT_KEY, OPENROUTER_ORDINARY_KEY, Simulator,
};

use super::poll::{Polled, dollars, missing, slots};
use super::wire::{Answer, ask_lines};

type Outcome = Result<(), Box<dyn Error>>;

const START: &str = "2026-11-23T08:30:00Z";
const KEYS: [(&str, &str, &str); 3] = [
    ("anthropic", ANTHROPIC_ADMIN_KEY, ANTHROPIC_ORDINARY_KEY),
    ("openai", OPENAI_ADMIN_KEY, OPENAI_ORDINARY_KEY),
    (
        "openrouter",
        OPENROUTER_MANAGEMENT_KEY,
        OPENROUTER_ORDINARY_KEY,
    ),
];

async fn started() -> Result<(Clock, Simulator), Box<dyn Error>> {
    let clock = Clock::manual(START.parse::<DateTime<Utc>>()?);
    let simulator = Simulator::start(clock.clone(), 7).await?;
    Ok((clock, simulator))
}

fn account(simulator: &Simulator, vendor: &str, key: &str) -> Result<Polled, Box<dyn Error>> {
    let base = simulator.base_url(vendor).ok_or("no such vendor")?;
    Ok(Polled::new(vendor, &base, key))
}

async fn openai(simulator: &Simulator, path: &str) -> Result<Answer, Box<dyn Error>> {
    let header = format!("authorization: Bearer {OPENAI_ADMIN_KEY}");
    ask_lines(simulator, "openai", path, &[&header]).await
}

async fn anthropic(simulator: &Simulator, path: &str) -> Result<Answer, Box<dyn Error>> {
    let header = format!("x-api-key: {ANTHROPIC_ADMIN_KEY}");
    ask_lines(
        simulator,
        "anthropic",
        path,
        &[&header, "anthropic-version: 2023-06-01"],
    )
    .await
}

async fn openrouter(
    simulator: &Simulator,
    key: &str,
    path: &str,
) -> Result<Answer, Box<dyn Error>> {
    let header = format!("authorization: Bearer {key}");
    ask_lines(simulator, "openrouter", path, &[&header]).await
}

fn spent_in(reading: &Reading, month: &str) -> Decimal {
    let mut reading = reading.clone();
    for range in &mut reading.ranges {
        range
            .slots
            .retain(|slot| slot.start.to_string().starts_with(month));
    }
    dollars(&reading)
}

#[tokio::test]
async fn each_tells_a_whole_and_plausible_month() -> Outcome {
    let (_, simulator) = started().await?;
    for (vendor, key, _) in KEYS {
        let reading = account(&simulator, vendor, key)?.at(START).await??;
        assert_eq!(reading.complete, Completeness::Whole, "{vendor}");
        let month = spent_in(&reading, "2026-11");
        let plausible = Decimal::TEN..Decimal::from(150);
        assert!(plausible.contains(&month), "{vendor}: {month}");
        assert!(reading.figures.keys.len() >= 2, "{vendor}");
        assert!(
            slots(&reading).all(|slot| slot.spend.unpriced.is_empty()),
            "{vendor}"
        );
        assert!(
            slots(&reading).any(|slot| slot.tokens.is_some()),
            "{vendor}"
        );
        let from = reading.ranges.iter().map(|range| range.from).min();
        assert!(from <= Some("2026-10-24T00:00:00Z".parse()?), "{vendor}");
        let full = reading
            .figures
            .windows
            .iter()
            .filter_map(|window| window.used_percent);
        assert!(
            full.max().unwrap_or_default() < Decimal::from(50),
            "{vendor}"
        );
        for limit in reading.figures.keys.iter().flat_map(|key| &key.limits) {
            let used = limit.used.ok_or("a limit without use")?;
            assert!(used.amount * Decimal::TWO < limit.max.amount, "{vendor}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_day_reads_the_same_however_it_is_read_and_today_grows() -> Outcome {
    let (clock, simulator) = started().await?;
    for (vendor, key, _) in KEYS {
        clock.set(START.parse()?);
        let mut polled = account(&simulator, vendor, key)?;
        let first = polled.at(START).await??;
        let anew = account(&simulator, vendor, key)?.at(START).await??;
        assert_eq!(first.ranges, anew.ranges, "{vendor}");
        let today = |reading: &Reading| spent_in(reading, "2026-11-23");
        clock.advance(TimeDelta::hours(3));
        let later = polled.at("2026-11-23T11:30:00Z").await??;
        assert!(today(&later) > today(&first), "{vendor}");
    }
    Ok(())
}

#[tokio::test]
async fn an_ordinary_key_is_told_apart_from_a_wrong_one() -> Outcome {
    let (_, simulator) = started().await?;
    for (vendor, _, ordinary) in KEYS {
        let reading = account(&simulator, vendor, ordinary)?.at(START).await??;
        assert!(
            missing(&reading).to_lowercase().contains("key ("),
            "{vendor}: {}",
            missing(&reading)
        );
        assert_eq!(reading.figures.balances, [], "{vendor}");
        let wrong = account(&simulator, vendor, "no-such-key-at-all")?
            .at(START)
            .await?;
        assert!(
            matches!(wrong, Err(PollError::Unauthorized { .. })),
            "{vendor}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_fault_in_the_middle_costs_only_what_it_hits() -> Outcome {
    let (_, simulator) = started().await?;
    let broken = Fault::Answer {
        status: 500,
        headers: Vec::new(),
        body: b"{}".to_vec(),
    };
    for (vendor, path) in [
        ("openai", "completions"),
        ("anthropic", "usage_report"),
        ("openrouter", "credits"),
    ] {
        simulator.fail(vendor, path, broken.clone());
    }
    for (vendor, key, _) in KEYS {
        let reading = account(&simulator, vendor, key)?.at(START).await??;
        assert!(missing(&reading).contains("did not come"), "{vendor}");
        assert!(dollars(&reading) > Decimal::TEN, "{vendor}");
    }
    Ok(())
}

#[tokio::test]
async fn openai_is_strict_about_parameters_pages_and_projects() -> Outcome {
    let (_, simulator) = started().await?;
    let start = "start_time=1793491200";
    for (path, expected) in [
        (format!("/organization/costs?{start}"), 200),
        (
            format!("/organization/costs?{start}&limit=180&group_by[]=line_item"),
            200,
        ),
        (
            format!("/organization/usage/completions?{start}&limit=31"),
            200,
        ),
        (
            format!("/organization/usage/completions?{start}&limit=32"),
            400,
        ),
        (format!("/organization/costs?{start}&limit=181"), 400),
        (format!("/organization/costs?{start}&bucket_width=1h"), 400),
        (format!("/organization/costs?{start}&page=invented"), 400),
        (format!("/organization/costs?{start}&days=3"), 400),
        ("/organization/costs".to_owned(), 400),
        ("/organization/projects?limit=101".to_owned(), 400),
        ("/organization/projects/proj_none/api_keys".to_owned(), 404),
    ] {
        assert_eq!(openai(&simulator, &path).await?.status, expected, "{path}");
    }
    let page = openai(&simulator, &format!("/organization/costs?{start}"))
        .await?
        .json();
    assert_eq!(
        page["data"].as_array().map(Vec::len),
        Some(7),
        "seven days unless told otherwise"
    );
    assert_eq!(page["has_more"], true);
    let next = page["next_page"].as_str().unwrap_or_default();
    let second = openai(
        &simulator,
        &format!("/organization/costs?{start}&page={next}"),
    )
    .await?
    .json();
    assert_eq!(second["data"][0]["start_time"], page["data"][6]["end_time"]);
    let ungrouped = &page["data"][2]["results"][0];
    assert!(ungrouped["amount"]["value"].is_string() && ungrouped["api_key_id"].is_null());
    let list = openai(&simulator, "/organization/projects?limit=1")
        .await?
        .json();
    assert_eq!(
        (&list["has_more"], &list["last_id"]),
        (&Value::Bool(true), &"proj_shop".into())
    );
    let rest = openai(&simulator, "/organization/projects?limit=1&after=proj_shop")
        .await?
        .json();
    assert_eq!(
        (&rest["has_more"], &rest["last_id"]),
        (&Value::Bool(false), &"proj_lab".into())
    );
    Ok(())
}

#[tokio::test]
async fn anthropic_is_strict_about_headers_brackets_and_pages() -> Outcome {
    let (_, simulator) = started().await?;
    let costs = "/v1/organizations/cost_report?starting_at=2026-11-01T00:00:00Z";
    for (path, expected) in [
        (costs.to_owned(), 200),
        (
            format!("{costs}&group_by[]=description&group_by[]=workspace_id&limit=31"),
            200,
        ),
        (format!("{costs}&group_by=description"), 400),
        (format!("{costs}&group_by[]=api_key_id"), 400),
        (format!("{costs}&limit=32"), 400),
        (format!("{costs}&bucket_width=1h"), 400),
        (format!("{costs}&page=invented"), 400),
        ("/v1/organizations/cost_report".to_owned(), 400),
        ("/v1/organizations/rooms".to_owned(), 404),
    ] {
        assert_eq!(
            anthropic(&simulator, &path).await?.status,
            expected,
            "{path}"
        );
    }
    let header = format!("x-api-key: {ANTHROPIC_ADMIN_KEY}");
    let without_version = ask_lines(&simulator, "anthropic", costs, &[&header]).await?;
    assert_eq!(without_version.status, 400);
    let page = anthropic(&simulator, costs).await?.json();
    assert_eq!(page["has_more"], true);
    assert!(
        page["data"][2]["results"][0]["model"].is_null(),
        "no details unless grouped by description"
    );
    Ok(())
}

#[tokio::test]
async fn openrouter_answers_zeros_to_the_wrong_key_and_tells_no_today() -> Outcome {
    let (_, simulator) = started().await?;
    let trap = openrouter(&simulator, OPENROUTER_ORDINARY_KEY, "/credits").await?;
    assert_eq!(
        (trap.status, &trap.json()["data"]["total_credits"]),
        (200, &Value::from(0))
    );
    for path in ["/keys", "/activity"] {
        assert_eq!(
            openrouter(&simulator, OPENROUTER_ORDINARY_KEY, path)
                .await?
                .status,
            403
        );
    }
    for (path, expected) in [
        ("/keys?include_disabled=true&offset=0", 200),
        ("/keys?include_disabled=yes", 400),
        ("/keys?page=2", 400),
        ("/activity?date=2026-11-22", 200),
        ("/activity?date=2026-11-23", 400),
        ("/activity?date=2026-10-01", 400),
    ] {
        let answer = openrouter(&simulator, OPENROUTER_MANAGEMENT_KEY, path).await?;
        assert_eq!(answer.status, expected, "{path}");
    }
    let rows = openrouter(&simulator, OPENROUTER_MANAGEMENT_KEY, "/activity")
        .await?
        .json();
    let rows = rows["data"].as_array().cloned().unwrap_or_default();
    assert!(
        rows.iter()
            .all(|row| row["date"].as_str() < Some("2026-11-23"))
    );
    assert_eq!(
        ask_lines(&simulator, "openrouter", "/key", &[])
            .await?
            .status,
        401
    );
    Ok(())
}
