//! The simulated vendors are as strict as the real ones.

use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use spendtray::clock::Clock;
use spendtray::simulator::{
    COINGECKO_DEMO_KEY, COINGECKO_PRO_KEY, Fault, Simulator, VENICE_INFERENCE_KEY,
};

use crate::providers::wire::{Answer, ask, ask_url, venice};

type Outcome = Result<(), Box<dyn Error>>;

const VVV: &str = "0xacfE6019Ed1A7Dc6f7B508C02d1b04ec88cC21bf";

async fn started() -> Result<(Clock, Simulator), Box<dyn Error>> {
    let clock = Clock::manual("2026-11-23T08:30:00Z".parse::<DateTime<Utc>>()?);
    let simulator = Simulator::start(clock.clone(), 7).await?;
    Ok((clock, simulator))
}

async fn status(simulator: &Simulator, path: &str) -> Result<u16, Box<dyn Error>> {
    Ok(venice(simulator, path).await?.status)
}

#[tokio::test]
async fn venice_lets_only_an_admin_key_see_billing() -> Outcome {
    let (_, simulator) = started().await?;
    let with = async |key: Option<&str>| -> Result<Answer, Box<dyn Error>> {
        let header = key.map(|key| format!("authorization: Bearer {key}"));
        ask(&simulator, "venice", "/billing/balance", header.as_deref()).await
    };
    let inference = with(Some(VENICE_INFERENCE_KEY)).await?;
    assert_eq!(
        (inference.status, inference.error().as_str()),
        (401, "Admin API key required")
    );
    let unknown = with(Some("sk-whatever")).await?;
    assert_eq!(
        (unknown.status, unknown.error().as_str()),
        (401, "Authentication failed")
    );
    let none = with(None).await?;
    assert_eq!(none.status, 402);
    assert!(none.json()["x402Version"].is_number());
    assert_eq!(status(&simulator, "/billing/balance").await?, 200);
    assert_eq!(
        ask(&simulator, "venice", "/models", None).await?.status,
        200
    );
    Ok(())
}

#[tokio::test]
async fn venice_locks_a_key_after_more_than_fifty_refusals() -> Outcome {
    let (clock, simulator) = started().await?;
    for _ in 0..51 {
        assert_eq!(status(&simulator, "/api_keys/no-such-key").await?, 400);
    }
    assert_eq!(status(&simulator, "/billing/balance").await?, 429);
    clock.advance(TimeDelta::seconds(31));
    assert_eq!(status(&simulator, "/billing/balance").await?, 200);
    Ok(())
}

#[tokio::test]
async fn venice_refuses_parameters_it_does_not_know() -> Outcome {
    let (_, simulator) = started().await?;
    for (query, expected) in [
        ("", 200),
        ("?currency=USD&pageSize=10", 200),
        ("?startTimestamp=2026-11-22T00:00:00.000Z", 200),
        ("?limit=5", 400),
        ("?currency=VCU", 400),
        ("?pageSize=9", 400),
        ("?pageSize=1001", 400),
        ("?pageSize=many", 400),
        ("?startTimestamp=2026-11-22", 400),
        ("?startTimestamp=2026-11-22T00:00:00%2B00:00", 400),
        (
            "?startTimestamp=2026-11-22T00:00:00Z&endTimestamp=2026-11-22T00:00:00Z",
            400,
        ),
    ] {
        let path = format!("/billing/usage-history{query}");
        assert_eq!(status(&simulator, &path).await?, expected, "{query}");
    }
    for (query, expected) in [
        ("", 200),
        ("?lookback=30d", 200),
        ("?lookback=400d", 200),
        ("?lookback=0d", 400),
        ("?lookback=7", 400),
        ("?startDate=2026-11-01", 200),
        ("?startDate=2026-11-01&endDate=2026-11-20", 200),
        ("?startDate=2026-11-20&endDate=2026-11-01", 400),
        ("?startDate=2026-01-01&endDate=2026-11-01", 400),
    ] {
        let path = format!("/billing/usage-analytics{query}");
        assert_eq!(status(&simulator, &path).await?, expected, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn a_venice_cursor_suffers_no_company_and_does_not_last() -> Outcome {
    let (clock, simulator) = started().await?;
    let first = venice(&simulator, "/billing/usage-history?pageSize=10").await?;
    let cursor = first.json()["nextCursor"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(!cursor.is_empty());
    let next = format!("/billing/usage-history?cursor={cursor}");
    assert_eq!(status(&simulator, &next).await?, 200);
    assert_eq!(
        status(&simulator, &format!("{next}&pageSize=10")).await?,
        400
    );
    let invented = venice(&simulator, "/billing/usage-history?cursor=abc").await?;
    assert_eq!(invented.status, 400);
    clock.advance(TimeDelta::minutes(11));
    let expired = venice(&simulator, &next).await?;
    assert_eq!(
        (expired.status, expired.error().as_str()),
        (
            400,
            "Invalid or expired cursor; restart from the first page"
        )
    );
    Ok(())
}

#[tokio::test]
async fn a_walk_by_cursor_sees_every_row_once_in_ascending_order() -> Outcome {
    let (clock, simulator) = started().await?;
    let mut page = venice(&simulator, "/billing/usage-history?pageSize=500")
        .await?
        .json();
    let mut instants: Vec<String> = Vec::new();
    loop {
        for row in page["data"].as_array().into_iter().flatten() {
            instants.extend(row["timestamp"].as_str().map(str::to_owned));
        }
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        clock.advance(TimeDelta::seconds(5));
        let path = format!("/billing/usage-history?cursor={cursor}");
        page = venice(&simulator, &path).await?.json();
    }
    assert!(instants.len() > 2000, "{}", instants.len());
    assert!(instants.is_sorted());
    assert!(
        instants
            .last()
            .is_some_and(|last| last.as_str() <= "2026-11-23T08:30:00.001Z")
    );
    Ok(())
}

#[tokio::test]
async fn venice_has_retired_its_old_ledger_and_forbids_rate_limits() -> Outcome {
    let (_, simulator) = started().await?;
    let old = ask(&simulator, "venice", "/billing/usage", None).await?;
    assert_eq!(old.status, 410);
    assert!(old.head.contains("successor-version") && old.head.contains("sunset:"));
    assert_eq!(status(&simulator, "/api_keys/rate_limits/log").await?, 403);
    let visits = simulator.seen();
    assert!(visits.iter().any(|seen| seen.path.contains("rate_limits")));
    Ok(())
}

#[tokio::test]
async fn coingecko_refuses_a_key_at_the_wrong_root() -> Outcome {
    let (_, simulator) = started().await?;
    let public = simulator.base_url("coingecko").ok_or("no base URL")?;
    let paid = public.replace("/coingecko/", "/coingecko/pro/");
    for (root, header, expected) in [
        (&public, None, (200, 0)),
        (&public, Some(("demo", COINGECKO_DEMO_KEY)), (200, 0)),
        (&public, Some(("demo", COINGECKO_PRO_KEY)), (400, 10010)),
        (&public, Some(("pro", COINGECKO_PRO_KEY)), (400, 10010)),
        (&public, Some(("demo", "CG-unknown")), (401, 10002)),
        (&paid, None, (401, 10002)),
        (&paid, Some(("demo", COINGECKO_DEMO_KEY)), (400, 10011)),
        (&paid, Some(("pro", COINGECKO_DEMO_KEY)), (400, 10011)),
        (&paid, Some(("pro", COINGECKO_PRO_KEY)), (200, 0)),
    ] {
        let header = header.map(|(plan, key)| format!("x-cg-{plan}-api-key: {key}"));
        let answer = ask_url(
            &format!("{root}/simple/price?ids=diem&vs_currencies=usd"),
            header.as_deref(),
        )
        .await?;
        let body = answer.json();
        let code = [&body["error_code"], &body["status"]["error_code"]]
            .iter()
            .find_map(|code| code.as_u64())
            .unwrap_or_default();
        assert_eq!((answer.status, code), expected, "{header:?} at {root}");
    }
    Ok(())
}

#[tokio::test]
async fn coingecko_leaves_unknown_ids_out_and_tells_null_for_a_dormant_coin() -> Outcome {
    let (_, simulator) = started().await?;
    let path =
        "/simple/price?ids=venice-token%2Cno-such-coin,dormant-coin&vs_currencies=usd,eur,xxx";
    let body = ask(&simulator, "coingecko", path, None).await?.json();
    assert!(body["venice-token"]["usd"].is_number() && body["venice-token"]["eur"].is_number());
    assert!(body["venice-token"].get("xxx").is_none());
    assert!(body.get("no-such-coin").is_none());
    assert!(
        body["dormant-coin"]
            .get("usd")
            .is_some_and(serde_json::Value::is_null)
    );
    Ok(())
}

#[tokio::test]
async fn coingecko_asks_to_wait_when_asked_too_often() -> Outcome {
    let (clock, simulator) = started().await?;
    for _ in 0..30 {
        assert_eq!(
            ask(&simulator, "coingecko", "/ping", None).await?.status,
            200
        );
    }
    let refused = ask(&simulator, "coingecko", "/ping", None).await?;
    assert_eq!(refused.status, 429);
    assert!(refused.head.contains("retry-after: 60"));
    clock.advance(TimeDelta::seconds(61));
    assert_eq!(
        ask(&simulator, "coingecko", "/ping", None).await?.status,
        200
    );
    Ok(())
}

#[tokio::test]
async fn the_other_price_sources_know_the_coins_by_address_and_pair() -> Outcome {
    let (_, simulator) = started().await?;
    let path = format!("/simple/networks/base/token_price/{VVV}");
    let gecko = ask(&simulator, "geckoterminal", &path, None).await?.json();
    let price = &gecko["data"]["attributes"]["token_prices"][VVV.to_ascii_lowercase()];
    assert!(price.is_string());
    let pools = ask(
        &simulator,
        "dexscreener",
        &format!("/latest/dex/tokens/{VVV}"),
        None,
    )
    .await?
    .json();
    let chains: Vec<_> = pools["pairs"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|pool| pool["chainId"].as_str())
        .collect();
    assert_eq!(chains, ["base", "base", "ethereum"]);
    let none = ask(&simulator, "dexscreener", "/latest/dex/tokens/0x0", None).await?;
    assert!(none.json()["pairs"].is_null());
    let listed = ask(&simulator, "coinbase", "/prices/VVV-USD/spot", None).await?;
    assert!(listed.json()["data"]["amount"].is_string());
    let unlisted = ask(&simulator, "coinbase", "/prices/XYZ-USD/spot", None).await?;
    assert_eq!(unlisted.status, 404);
    Ok(())
}

#[tokio::test]
async fn frankfurter_has_its_quirks() -> Outcome {
    let (_, simulator) = started().await?;
    for (path, expected) in [
        ("/v1/latest?base=USD&symbols=EUR,GBP", 200),
        ("/v1/latest?from=USD&to=EUR", 200),
        ("/v1/latest?base=USD&symbols=USD", 422),
        ("/v1/latest?base=USD&symbols=XXX", 404),
        ("/v1/nothing", 404),
        ("/v2/rates?base=USD&quotes=EUR", 200),
        ("/v2/rates?base=USD&symbols=EUR", 422),
    ] {
        let answer = ask(&simulator, "frankfurter", path, None).await?;
        assert_eq!(answer.status, expected, "{path}");
    }
    let monday_morning = ask(&simulator, "frankfurter", "/v1/latest?base=USD", None)
        .await?
        .json();
    assert_eq!(monday_morning["date"], "2026-11-20", "the fixing of Friday");
    assert!(monday_morning["rates"].get("USD").is_none());
    let file = ask(&simulator, "ecb", "", None).await?;
    assert!(file.body.contains("<Cube time='2026-11-20'>"));
    Ok(())
}

#[tokio::test]
async fn faults_hit_what_they_are_meant_for_until_all_is_mended() -> Outcome {
    let (_, simulator) = started().await?;
    let whole = venice(&simulator, "/billing/balance").await?;
    simulator.fail(
        "venice",
        "balance",
        Fault::Answer {
            status: 503,
            headers: vec![("retry-after".to_owned(), "7".to_owned())],
            body: b"<html>".to_vec(),
        },
    );
    let faulty = venice(&simulator, "/billing/balance").await?;
    assert_eq!((faulty.status, faulty.body.as_str()), (503, "<html>"));
    assert!(faulty.head.contains("retry-after: 7"));
    assert_eq!(status(&simulator, "/api_keys").await?, 200);

    simulator.fail("venice", "balance", Fault::Truncated);
    let cut = venice(&simulator, "/billing/balance").await?;
    assert_eq!(cut.body.len(), whole.body.len() / 2);
    assert!(
        cut.head
            .contains(&format!("content-length: {}", whole.body.len()))
    );

    simulator.fail("venice", "balance", Fault::Reset);
    assert!(venice(&simulator, "/billing/balance").await.is_err());

    simulator.fail("venice", "balance", Fault::Slow(Duration::from_millis(20)));
    assert_eq!(status(&simulator, "/billing/balance").await?, 200);

    simulator.fail("venice", "", Fault::Hang);
    let patience = Duration::from_millis(50);
    let hung = tokio::time::timeout(patience, venice(&simulator, "/models")).await;
    assert!(hung.is_err());

    simulator.mend();
    assert_eq!(
        venice(&simulator, "/billing/balance").await?.body,
        whole.body
    );
    Ok(())
}
