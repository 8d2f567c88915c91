//! CoinGecko and Frankfurter against the simulated vendors: who is asked when, and what is believed.

use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use spendtray::clock::Clock;
use spendtray::domain::account::{Account, AccountId, CredentialPlace};
use spendtray::domain::coin::CoinPrice;
use spendtray::domain::reading::{Completeness, Cursor, Reading};
use spendtray::http::{Http, Limits};
use spendtray::providers::{ALL, PollContext, PollError};
use spendtray::secrets::Secret;
use spendtray::simulator::{
    COINGECKO_DEMO_KEY, COINGECKO_PRO_KEY, Fault, Simulator, VENICE_ADMIN_KEY,
};

type Outcome = Result<(), Box<dyn Error>>;

/// A provider's account at the simulator.
struct Desk {
    clock: Clock,
    simulator: Simulator,
    account: Account,
    secret: Option<Secret>,
    resume: Option<Cursor>,
}

impl Desk {
    async fn open(provider: &str, options: &[(&str, &str)]) -> Result<Self, Box<dyn Error>> {
        let clock = Clock::manual("2026-11-23T08:30:00Z".parse::<DateTime<Utc>>()?);
        let simulator = Simulator::start(clock.clone(), 7).await?;
        let mut account = Account {
            id: AccountId::parse(provider),
            label: provider.to_owned(),
            every: Duration::from_mins(5),
            credential: CredentialPlace::None,
            base_url: simulator.base_url(provider),
            options: [].into(),
        };
        for (option, vendor) in [
            ("geckoterminal_url", "geckoterminal"),
            ("dexscreener_url", "dexscreener"),
            ("coinbase_url", "coinbase"),
            ("ecb_url", "ecb"),
        ] {
            let url = simulator.base_url(vendor).ok_or("no such vendor")?;
            account.options.insert(option.to_owned(), vec![url]);
        }
        for (option, values) in options {
            let values = values.split(',').map(str::to_owned).collect();
            account.options.insert((*option).to_owned(), values);
        }
        Ok(Self {
            clock,
            simulator,
            account,
            secret: None,
            resume: None,
        })
    }

    /// A key, and the root of the paid plan.
    fn with_key(mut self, key: &str) -> Self {
        let pro_url = self.account.base_url.as_ref();
        let pro_url = pro_url.map(|url| url.replace("/coingecko/", "/coingecko/pro/"));
        self.account
            .options
            .insert("pro_url".to_owned(), pro_url.into_iter().collect());
        self.secret = Secret::new(key);
        self
    }

    async fn poll(&mut self) -> Result<Reading, Box<dyn Error>> {
        let id = self.account.id.provider().as_str();
        let provider = ALL.iter().find(|known| known.id == id).ok_or("unknown")?;
        let limits = Limits {
            pause: Duration::from_millis(1),
            ..Limits::default()
        };
        let http = Http::with_limits(None, &self.clock, limits)?;
        let context = PollContext {
            now: self.clock.now(),
            account: &self.account,
            secret: self.secret.as_ref(),
            http: &http,
            logs: None,
            prices: None,
            since: self.clock.now() - TimeDelta::days(31),
            fresh_since: None,
            resume: self.resume.as_ref(),
        };
        let reading = (provider.poll)(&context).await?;
        self.resume.clone_from(&reading.resume);
        Ok(reading)
    }

    async fn failure(&mut self) -> Result<PollError, Box<dyn Error>> {
        match self.poll().await {
            Ok(reading) => Err(format!("a reading came: {reading:#?}").into()),
            Err(error) => Ok(*error.downcast()?),
        }
    }

    fn down(&self, vendors: &[&str]) {
        for vendor in vendors {
            self.answers(vendor, 503, "<html>down</html>");
        }
    }

    fn answers(&self, vendor: &str, status: u16, body: &str) {
        let body = body.as_bytes().to_vec();
        let headers = Vec::new();
        self.simulator.fail(
            vendor,
            "",
            Fault::Answer {
                status,
                headers,
                body,
            },
        );
    }

    /// Which vendors were asked, in order.
    fn asked(&self) -> Vec<String> {
        self.simulator
            .seen()
            .into_iter()
            .map(|seen| seen.vendor)
            .collect()
    }
}

/// `VVV USD coingecko` for each price.
fn told(reading: &Reading) -> Vec<String> {
    let line =
        |price: &CoinPrice| format!("{} {} {}", price.symbol, price.price.currency, price.source);
    reading.figures.prices.iter().map(line).collect()
}

fn missing(reading: &Reading) -> String {
    match &reading.complete {
        Completeness::Whole => String::new(),
        Completeness::Partial(missing) => missing.join("\n"),
    }
}

#[tokio::test]
async fn one_call_tells_both_coins_in_all_currencies() -> Outcome {
    let mut desk = Desk::open("coingecko", &[("currencies", "usd,eur")]).await?;
    let reading = desk.poll().await?;
    assert_eq!(
        told(&reading),
        [
            "VVV USD coingecko",
            "VVV EUR coingecko",
            "DIEM USD coingecko",
            "DIEM EUR coingecko"
        ]
    );
    assert_eq!(reading.complete, Completeness::Whole);
    assert_eq!(desk.asked(), ["coingecko"]);
    for price in &reading.figures.prices {
        assert!(price.price.amount > Decimal::ZERO);
        assert!(price.change_24h_percent.is_some());
        assert_eq!(price.at, desk.clock.now());
    }
    Ok(())
}

#[tokio::test]
async fn a_currency_that_is_not_told_leaves_the_dollar_standing() -> Outcome {
    let mut desk = Desk::open("coingecko", &[("currencies", "xxx")]).await?;
    let reading = desk.poll().await?;
    assert_eq!(told(&reading), ["VVV USD coingecko", "DIEM USD coingecko"]);
    assert!(missing(&reading).contains("no source tells VVV in XXX"));
    Ok(())
}

#[tokio::test]
async fn a_further_coin_without_a_price_is_named_and_costs_nothing_else() -> Outcome {
    let options = [("coins", "dormant-coin=ZZZ,no-such-coin=NONE")];
    let mut desk = Desk::open("coingecko", &options).await?;
    let reading = desk.poll().await?;
    assert_eq!(told(&reading).len(), 2);
    let missing = missing(&reading);
    assert!(missing.contains("ZZZ in USD") && missing.contains("NONE in USD"));
    Ok(())
}

#[tokio::test]
async fn a_key_goes_to_the_host_of_its_plan() -> Outcome {
    for (plan, key, header) in [
        ("demo", COINGECKO_DEMO_KEY, "x-cg-demo-api-key"),
        ("pro", COINGECKO_PRO_KEY, "x-cg-pro-api-key"),
    ] {
        let desk = Desk::open("coingecko", &[("plan", plan)]).await?;
        let mut desk = desk.with_key(key);
        assert_eq!(desk.poll().await?.complete, Completeness::Whole);
        let seen = desk.simulator.seen();
        let sent = |name: &str| seen[0].headers.iter().any(|(header, _)| header == name);
        assert!(sent(header));
        assert_eq!(seen[0].path.starts_with("/pro/"), plan == "pro");
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_key_is_left_out_with_advice_and_not_tried_again() -> Outcome {
    for (plan, key, advice) in [
        ("demo", COINGECKO_PRO_KEY, "plan = \"pro\""),
        ("pro", COINGECKO_DEMO_KEY, "plan = \"demo\""),
        ("demo", "CG-nonsense-nonsense", "API Key Missing"),
    ] {
        let desk = Desk::open("coingecko", &[("plan", plan)]).await?;
        let mut desk = desk.with_key(key);
        let first = desk.poll().await?;
        assert_eq!(told(&first).len(), 2);
        assert!(missing(&first).contains(advice), "{}", missing(&first));
        assert!(!format!("{first:?}").contains(key));
        assert_eq!(desk.simulator.seen().len(), 2);
        let again = desk.poll().await?;
        assert_eq!(told(&again).len(), 2);
        assert!(missing(&again).contains("refused the key before"));
        assert_eq!(
            desk.simulator.seen().len(),
            3,
            "asked once, without the key"
        );
        desk.secret = Secret::new("CG-another-key-another-key");
        desk.poll().await?;
        assert_eq!(desk.simulator.seen().len(), 5, "a new key is tried");
    }
    Ok(())
}

#[tokio::test]
async fn each_source_steps_in_when_those_before_it_are_down() -> Outcome {
    let order = ["coingecko", "geckoterminal", "dexscreener", "coinbase"];
    for down in 1..order.len() {
        let mut desk = Desk::open("coingecko", &[]).await?;
        desk.down(&order[..down]);
        let reading = desk.poll().await?;
        let source = order[down];
        assert_eq!(
            told(&reading),
            [format!("VVV USD {source}"), format!("DIEM USD {source}")]
        );
        assert!(missing(&reading).contains("CoinGecko tells nothing: HTTP 503"));
        for later in &order[down + 1..] {
            assert!(!desk.asked().contains(&(*later).to_owned()), "{later}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_coin_that_one_source_does_not_know_is_asked_of_the_next() -> Outcome {
    let mut desk = Desk::open("coingecko", &[]).await?;
    desk.answers(
        "coingecko",
        200,
        r#"{"diem":{"usd":1571.25},"venice-token":{"usd":null}}"#,
    );
    let reading = desk.poll().await?;
    assert_eq!(
        told(&reading),
        ["VVV USD geckoterminal", "DIEM USD coingecko"]
    );
    assert_eq!(reading.complete, Completeness::Whole);
    let asked = desk.simulator.seen();
    assert!(
        asked[1]
            .path
            .ends_with("0xacfE6019Ed1A7Dc6f7B508C02d1b04ec88cC21bf")
    );
    Ok(())
}

#[tokio::test]
async fn with_every_source_down_the_poll_fails_as_coingecko_did() -> Outcome {
    let mut desk = Desk::open("coingecko", &[]).await?;
    desk.down(&["geckoterminal", "dexscreener", "coinbase"]);
    desk.simulator.fail(
        "coingecko",
        "",
        Fault::Answer {
            status: 429,
            headers: vec![("retry-after".to_owned(), "119".to_owned())],
            body: b"<html>slow down</html>".to_vec(),
        },
    );
    let PollError::Throttled { retry_at, .. } = desk.failure().await? else {
        return Err("not throttled".into());
    };
    assert_eq!(retry_at, Some(desk.clock.now() + TimeDelta::seconds(119)));
    Ok(())
}

#[tokio::test]
async fn another_source_is_not_believed_alone_when_it_leaps() -> Outcome {
    let mut desk = Desk::open("coingecko", &[]).await?;
    let before = desk.poll().await?.figures.prices;
    desk.clock.advance(TimeDelta::minutes(5));
    desk.down(&["coingecko"]);
    let prices = r#"{"data":{"attributes":{"token_prices":{
        "0xacfe6019ed1a7dc6f7b508c02d1b04ec88cc21bf":"30",
        "0xf4d97f2da56e8c3098f3a8d538db630a2606a024":"1570"}}}}"#;
    desk.answers("geckoterminal", 200, prices);
    let reading = desk.poll().await?;
    assert_eq!(
        told(&reading),
        ["VVV USD dexscreener", "DIEM USD geckoterminal"]
    );

    desk.resume = Some(Cursor(serde_json::to_string(
        &serde_json::json!({ "prices": before }),
    )?));
    desk.down(&["dexscreener", "coinbase"]);
    let reading = desk.poll().await?;
    assert_eq!(
        told(&reading),
        ["VVV USD coingecko", "DIEM USD geckoterminal"]
    );
    assert_eq!(
        reading.figures.prices[0], before[0],
        "the last one, with its age"
    );
    assert!(missing(&reading).contains("geckoterminal tells 30 for VVV"));
    assert!(missing(&reading).contains("no source tells VVV in USD"));

    desk.answers(
        "coinbase",
        200,
        r#"{"data":{"amount":"31","base":"VVV","currency":"USD"}}"#,
    );
    let reading = desk.poll().await?;
    assert_eq!(told(&reading)[0], "VVV USD geckoterminal", "two agree");
    Ok(())
}

#[tokio::test]
async fn a_price_that_is_not_renewed_is_told_with_its_age_for_a_day() -> Outcome {
    let mut desk = Desk::open("coingecko", &[("currencies", "usd,eur")]).await?;
    let before = desk.poll().await?;
    desk.down(&["coingecko"]);
    desk.clock.advance(TimeDelta::hours(3));
    let reading = desk.poll().await?;
    assert_eq!(
        told(&reading),
        [
            "VVV USD geckoterminal",
            "VVV EUR coingecko",
            "DIEM USD geckoterminal",
            "DIEM EUR coingecko"
        ]
    );
    assert_eq!(reading.figures.prices[1], before.figures.prices[1]);
    assert!(missing(&reading).contains("no source tells VVV in EUR"));
    desk.clock.advance(TimeDelta::hours(22));
    assert_eq!(told(&desk.poll().await?).len(), 2);
    Ok(())
}

#[tokio::test]
async fn no_other_source_is_asked_when_only_the_base_url_was_replaced() -> Outcome {
    let mut desk = Desk::open("coingecko", &[]).await?;
    desk.account.options.clear();
    desk.down(&["coingecko"]);
    assert!(matches!(
        desk.failure().await?,
        PollError::Upstream { status: 503, .. }
    ));
    Ok(())
}

#[tokio::test]
async fn a_look_alike_on_another_chain_never_wins() -> Outcome {
    let mut desk = Desk::open("coingecko", &[]).await?;
    desk.down(&["coingecko", "geckoterminal"]);
    let pools = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/providers/coingecko/pools/replies/pools.json"
    ))?;
    desk.answers("dexscreener", 200, &pools);
    let reading = desk.poll().await?;
    let amounts: Vec<String> = reading
        .figures
        .prices
        .iter()
        .map(|price| price.price.amount.to_string())
        .collect();
    assert_eq!(amounts, ["12.51", "1569.8"]);
    Ok(())
}

#[tokio::test]
async fn the_fixing_is_told_with_its_day_and_source() -> Outcome {
    let mut desk = Desk::open("frankfurter", &[("symbols", "EUR,USD,gbp")]).await?;
    let reading = desk.poll().await?;
    let rates: Vec<String> = reading
        .figures
        .rates
        .iter()
        .map(|rate| format!("{}{} {} {}", rate.base, rate.quote, rate.source, rate.at))
        .collect();
    assert_eq!(
        rates,
        [
            "USDEUR ecb via frankfurter 2026-11-20 00:00:00 UTC",
            "USDGBP ecb via frankfurter 2026-11-20 00:00:00 UTC"
        ]
    );
    assert_eq!(reading.complete, Completeness::Whole);
    Ok(())
}

#[tokio::test]
async fn a_currency_without_a_fixing_is_named() -> Outcome {
    let mut desk = Desk::open("frankfurter", &[("symbols", "EUR,XXX,?")]).await?;
    let reading = desk.poll().await?;
    assert_eq!(reading.figures.rates.len(), 1);
    let missing = missing(&reading);
    assert!(
        missing.contains("no rate of XXX") && missing.contains("`?`"),
        "{missing}"
    );
    Ok(())
}

#[tokio::test]
async fn without_symbols_all_rates_are_told_and_dollars_alone_ask_nobody() -> Outcome {
    let mut desk = Desk::open("frankfurter", &[]).await?;
    assert_eq!(desk.poll().await?.figures.rates.len(), 7);
    let mut desk = Desk::open("frankfurter", &[("symbols", "USD")]).await?;
    assert!(desk.poll().await?.figures.rates.is_empty());
    assert!(desk.asked().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_bank_itself_steps_in_for_frankfurter() -> Outcome {
    let mut desk = Desk::open("frankfurter", &[]).await?;
    let usual = desk.poll().await?.figures.rates;
    desk.down(&["frankfurter"]);
    let own = desk.poll().await?.figures.rates;
    assert_eq!(own.len(), usual.len());
    for (own, usual) in own.iter().zip(&usual) {
        assert_eq!((own.quote, own.at), (usual.quote, usual.at));
        assert_eq!(own.source, "ecb");
        let apart = (own.rate - usual.rate).abs() / usual.rate;
        assert!(apart < Decimal::new(1, 3), "{own:?} {usual:?}");
    }
    desk.down(&["ecb"]);
    assert!(matches!(
        desk.failure().await?,
        PollError::Upstream { status: 503, .. }
    ));
    Ok(())
}

#[tokio::test]
async fn the_demos_accounts_poll_without_a_fault_and_see_time_go_on() -> Outcome {
    let mut venice = Desk::open("venice", &[]).await?.with_key(VENICE_ADMIN_KEY);
    let mut left = Vec::new();
    for _ in 0..3 {
        let reading = venice.poll().await?;
        assert_eq!(reading.complete, Completeness::Whole);
        assert_eq!(reading.figures.keys.len(), 6, "five keys and the web app");
        let diem = reading
            .figures
            .balances
            .iter()
            .find(|balance| balance.name.as_str() == "diem");
        left.push(diem.and_then(|diem| diem.remaining).map(|left| left.amount));
        venice.clock.advance(TimeDelta::minutes(1));
    }
    assert!(left.windows(2).all(|pair| pair[1] < pair[0]), "{left:?}");
    let visits = venice.simulator.seen();
    assert!(!visits.iter().any(|seen| seen.path.contains("rate_limits")));
    for provider in ["coingecko", "frankfurter"] {
        let mut desk = Desk::open(provider, &[]).await?;
        assert_eq!(
            desk.poll().await?.complete,
            Completeness::Whole,
            "{provider}"
        );
    }
    Ok(())
}
