//! The prices of models: asked once a day, believed only where they make sense, and never worse than the program's own.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use spendtray::analysis::costing::{self, Estimate};
use spendtray::app::pricing::{Prices, Refreshed};
use spendtray::clock::Clock;
use spendtray::config::{PriceSettings, Switch};
use spendtray::domain::agent::{AgentSlot, Tally, Terms};
use spendtray::domain::price::{OwnPrice, WrittenRates};
use spendtray::http::{Http, Limits};

use crate::support::vendor::{Answer, Vendor};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const LIST: &str = r#"{"gpt-5":{"input_cost_per_token":3e-06,"output_cost_per_token":3e-05},
    "gpt-9":{"input_cost_per_token":4e-06,"output_cost_per_token":4e-05},
    "gpt-5.5":{"input_cost_per_token":-1,"output_cost_per_token":1e-05}}"#;

fn noon(day: &str) -> Outcome<DateTime<Utc>> {
    Ok(format!("{day}T12:00:00Z").parse()?)
}

fn http() -> Outcome<Http> {
    let limits = Limits {
        answer: Duration::from_secs(5),
        pause: Duration::from_millis(1),
        ..Limits::default()
    };
    Ok(Http::with_limits(None, &Clock::system(), limits)?)
}

fn settings(url: &str) -> PriceSettings {
    PriceSettings {
        url: Some(format!("{url}/list.json")),
        ..PriceSettings::default()
    }
}

/// Dollars for a million tokens of input on a day; nothing where no price is known.
fn dollars(prices: &Prices, model: &str, day: &str) -> Outcome<String> {
    let mut tally = Tally::default();
    tally.tokens.input = 1_000_000;
    let slot = AgentSlot {
        start: noon(day)?,
        model: model.into(),
        project: None,
        session: None,
        terms: Terms::default(),
        tally,
    };
    Ok(match costing::estimate(&prices.book(), &slot) {
        Estimate::Recorded(usd) | Estimate::Own(usd) | Estimate::Listed { usd, .. } => {
            usd.normalize().to_string()
        }
        Estimate::Unpriced => String::new(),
    })
}

/// A vendor that knows one list by its mark.
async fn marked() -> std::io::Result<Vendor> {
    Vendor::start(|asked| match asked.headers.get("if-none-match") {
        Some(mark) if mark == "\"one\"" => Answer::with(304, &[("etag", "\"one\"")], b""),
        _ => Answer::with(200, &[("etag", "\"one\"")], LIST.as_bytes()),
    })
    .await
}

#[tokio::test]
async fn the_list_is_asked_once_a_day_by_its_mark_and_outlives_a_restart() -> Outcome {
    let vendor = marked().await?;
    let (cache, http) = (tempfile::tempdir()?, http()?);
    let prices = Prices::new(cache.path(), settings(vendor.url()));
    assert_eq!(dollars(&prices, "gpt-5", "2026-12-01")?, "1.25");
    let first = noon("2026-12-01")?;
    assert_eq!(prices.refresh(&http, first).await, Refreshed::Changed(2));
    let soon = first + TimeDelta::hours(23);
    assert_eq!(prices.refresh(&http, soon).await, Refreshed::NotDue);
    // Use is priced by the list of its day.
    assert_eq!(dollars(&prices, "gpt-5", "2026-11-30")?, "1.25");
    assert_eq!(dollars(&prices, "gpt-5", "2026-12-01")?, "3");
    assert_eq!(dollars(&prices, "gpt-9", "2026-12-01")?, "4");
    assert_eq!(prices.book().date(), Some(first.date_naive()));
    let again = Prices::new(cache.path(), settings(vendor.url()));
    assert_eq!(again.refresh(&http, soon).await, Refreshed::NotDue);
    let next = noon("2026-12-02")?;
    assert_eq!(again.refresh(&http, next).await, Refreshed::Unchanged);
    assert_eq!(dollars(&again, "gpt-5", "2026-12-02")?, "3");
    assert_eq!(again.book().date(), Some(next.date_naive()));
    let asked = vendor.seen();
    let mark = |number: usize| asked.get(number)?.headers.get("if-none-match").cloned();
    assert_eq!(
        (asked.len(), mark(0), mark(1)),
        (2, None, Some("\"one\"".to_owned()))
    );
    Ok(())
}

#[tokio::test]
async fn nothing_tells_who_asks() -> Outcome {
    let vendor = marked().await?;
    let cache = tempfile::tempdir()?;
    let prices = Prices::new(cache.path(), settings(vendor.url()));
    for day in ["2026-12-01", "2026-12-03"] {
        prices.refresh(&http()?, noon(day)?).await;
    }
    for asked in vendor.seen() {
        let known = [
            "accept",
            "accept-encoding",
            "host",
            "if-none-match",
            "user-agent",
        ];
        let other: Vec<&String> = asked
            .headers
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
            .collect();
        assert_eq!((asked.method.as_str(), asked.body.as_str()), ("GET", ""));
        assert_eq!((asked.query.len(), other), (0, vec![]));
        let agent = asked.headers.get("user-agent").cloned().unwrap_or_default();
        assert_eq!(agent, concat!("spendtray/", env!("CARGO_PKG_VERSION")));
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_believed_keeps_its_price_and_is_named_with_its_reason() -> Outcome {
    let vendor = marked().await?;
    let cache = tempfile::tempdir()?;
    let prices = Prices::new(cache.path(), settings(vendor.url()));
    let before = dollars(&prices, "gpt-5.5", "2026-12-01")?;
    prices.refresh(&http()?, noon("2026-12-01")?).await;
    assert_eq!(dollars(&prices, "gpt-5.5", "2026-12-01")?, before);
    let told: Vec<String> = prices
        .standing()
        .disbelieved
        .into_iter()
        .map(|each| format!("{}: {}", each.model, each.reason))
        .collect();
    assert_eq!(told, ["gpt-5.5: `input_cost_per_token` is negative"]);
    Ok(())
}

#[tokio::test]
async fn a_list_that_does_not_come_changes_nothing_and_an_answer_is_not_asked_for_again_at_once()
-> Outcome {
    let now = noon("2026-12-01")?;
    for (answer, reason) in [
        (Answer::json(404, "{}"), "answered HTTP 404"),
        (Answer::json(500, "{}"), "answered HTTP 500"),
        (
            Answer::json(200, "<html>"),
            "sent is no price list: it is no JSON object",
        ),
        (
            Answer::json(200, "{}"),
            "sent is no price list: no model in it has a price",
        ),
        (Answer::with(200, &[], b"\xff"), "sent no text"),
        (Answer::json(304, ""), "answered HTTP 304"),
    ] {
        let vendor = Vendor::start(move |_| answer.clone()).await?;
        let cache = tempfile::tempdir()?;
        let prices = Prices::new(cache.path(), settings(vendor.url()));
        let refreshed = prices.refresh(&http()?, now).await;
        let Refreshed::Failed(told) = &refreshed else {
            return Err(format!("{reason}: {refreshed:?}").into());
        };
        assert!(told.contains(reason), "{told}");
        assert_eq!(prices.standing().trouble.as_ref(), Some(told));
        assert_eq!(dollars(&prices, "gpt-5", "2026-12-01")?, "1.25");
        assert_eq!(prices.refresh(&http()?, now).await, Refreshed::NotDue);
    }
    let cache = tempfile::tempdir()?;
    let nobody = Prices::new(cache.path(), settings("http://127.0.0.1:1"));
    for _ in 0..2 {
        let refreshed = nobody.refresh(&http()?, now).await;
        assert!(matches!(refreshed, Refreshed::Failed(_)), "{refreshed:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_cache_costs_nothing_and_is_fetched_again_as_a_whole() -> Outcome {
    let (cache, http) = (tempfile::tempdir()?, http()?);
    let file = cache.path().join("prices.json");
    let vendor = marked().await?;
    let prices = Prices::new(cache.path(), settings(vendor.url()));
    prices.refresh(&http, noon("2026-12-01")?).await;
    let whole = fs::read(&file)?;
    let text = String::from_utf8_lossy(&whole).into_owned();
    let damages = [
        Vec::new(),
        whole.get(..whole.len() / 2).unwrap_or_default().to_vec(),
        b"\0\0\0".to_vec(),
        text.replace("\"version\":1", "\"version\":0").into_bytes(),
        text.replace("0.000003", "-3").into_bytes(),
    ];
    for (number, damage) in damages.iter().enumerate() {
        fs::write(&file, damage)?;
        let prices = Prices::new(cache.path(), settings(vendor.url()));
        let now = dollars(&prices, "gpt-5", "2026-12-01")?;
        assert_eq!(now, "1.25", "damage {number}");
        let refreshed = prices.refresh(&http, noon("2026-12-03")?).await;
        assert!(
            matches!(refreshed, Refreshed::Changed(2) | Refreshed::Unchanged),
            "damage {number}: {refreshed:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_is_switched_off_asks_nobody() -> Outcome {
    let vendor = marked().await?;
    let cache = tempfile::tempdir()?;
    let prices = Prices::new(cache.path(), settings(vendor.url()));
    prices.take(&PriceSettings {
        refresh: Switch::Off,
        ..settings(vendor.url())
    });
    let now = noon("2026-12-01")?;
    assert_eq!(prices.refresh(&http()?, now).await, Refreshed::NotDue);
    assert_eq!(
        Prices::bundled().refresh(&http()?, now).await,
        Refreshed::NotDue
    );
    assert_eq!(vendor.seen().len(), 0);
    assert!(!cache.path().join("prices.json").exists());
    Ok(())
}

#[tokio::test]
async fn the_users_own_prices_come_first_and_a_change_of_them_holds_at_once() -> Outcome {
    let vendor = marked().await?;
    let cache = tempfile::tempdir()?;
    let prices = Prices::new(cache.path(), settings(vendor.url()));
    prices.refresh(&http()?, noon("2026-12-01")?).await;
    let own = OwnPrice {
        model: "gpt-5".to_owned(),
        from: Some(noon("2026-12-02")?.date_naive()),
        rates: WrittenRates {
            input: "0.000007".parse()?,
            ..WrittenRates::default()
        },
        web_search: None,
    };
    prices.take(&PriceSettings {
        own: vec![own],
        ..settings(vendor.url())
    });
    assert_eq!(dollars(&prices, "gpt-5", "2026-12-01")?, "3");
    assert_eq!(dollars(&prices, "gpt-5", "2026-12-02")?, "7");
    prices.take(&settings(vendor.url()));
    assert_eq!(dollars(&prices, "gpt-5", "2026-12-02")?, "3");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_priced_nothing_is_asked_for_days() -> Outcome {
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&hits);
    let vendor = Vendor::start(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Answer::json(200, LIST)
    })
    .await?;
    let prices = Prices::new(Path::new("/none"), settings(vendor.url()));
    let (http, clock) = (http()?, Clock::manual(noon("2026-12-01")?));
    let days = Duration::from_hours(72);
    let ended = tokio::time::timeout(days, prices.keep_fresh(&http, &clock)).await;
    assert!(ended.is_err());
    assert_eq!(hits.load(Ordering::Relaxed), 0);
    Ok(())
}
