//! One story, told on SQLite in memory, on a SQLite file and on PostgreSQL: the end must be the same.

use std::sync::Arc;

use spendtray::domain::alert::{AlertKey, AlertRecord, NoticeRecord, Phase, Severity};
use spendtray::domain::coin::CoinPrice;
use spendtray::domain::poll::{Failure, FailureKind, PollState};
use spendtray::domain::reading::{Completeness, Cursor};
use spendtray::domain::snapshot::Snapshot;
use spendtray::store::Store;

use super::*;
use crate::support::postgres;

#[tokio::test]
async fn the_story_ends_the_same_on_every_database() -> Outcome {
    let folder = tempfile::tempdir()?;
    let file = Store::url_of(&folder.path().join("new folder/100% mine?.sqlite"));
    let server = postgres::new_database().await?;
    let in_memory = tell("sqlite::memory:", "sqlite::memory:").await?;
    let on_file = tell(&file, &file).await?;
    let on_server = tell(&server, &server).await?;
    assert_eq!(in_memory, on_file);
    assert_eq!(in_memory, on_server);
    Ok(())
}

/// Tells the story; a ledger that lasts is closed and opened again, and remembers.
async fn tell(url: &str, again: &str) -> Outcome<Snapshot> {
    let mut store = Store::open(url).await?;
    assert_eq!(store.snapshot(minute(0)).await?, Snapshot::default());
    assert_eq!(store.poll_state(&venice()).await?, PollState::default());

    first_poll(&store).await?;
    second_poll_changes_little(&store).await?;
    a_failure_keeps_the_figures(&store).await?;
    alerts_are_kept(&store).await?;
    everything_else(&store).await?;
    let told = store.snapshot(minute(0)).await?;
    if !url.contains(":memory:") {
        store.close().await;
        store = Store::open(again).await?;
        assert_eq!(store.snapshot(minute(0)).await?, told);
    }
    let check = store.check().await?;
    assert_eq!((check.accounts, check.notices), (3, 13));
    old_history_goes(&store).await?;
    store.close().await;
    assert!(store.snapshot(minute(0)).await.is_err());
    Ok(told)
}

fn first_reading() -> Reading {
    let mut reading = reading(20);
    reading.figures.balances = vec![balance("usd", usd(5_000_000_000))];
    reading.figures.windows = vec![window("5h", 40)];
    reading.events = vec![event("a", 1, 100), event("b", 14, 20), event("c", 16, 3)];
    reading.ranges = vec![range(-60, 0, vec![slot(-60, 7), slot(-15, 8)])];
    reading.resume = Some(Cursor("page 2".to_owned()));
    reading
}

async fn first_poll(store: &Store) -> Outcome {
    store.record_reading(&first_reading(), minute(25)).await?;
    let snapshot = store.snapshot(minute(-60)).await?;
    let account = snapshot.account(&venice()).ok_or("no account")?;
    let slots = [(-60, 1, 7), (-15, 1, 8), (0, 2, 120), (15, 1, 3)];
    assert_eq!(brief(&account.slots), slots);
    assert_eq!(account.usage_since, Some(minute(-60)));
    assert_eq!(account.poll.succeeded_at, Some(minute(20)));
    assert_eq!(account.poll.next_at, Some(minute(25)));
    let latest = account.latest.as_ref().ok_or("no figures")?;
    assert_eq!(latest.figures, first_reading().figures);
    assert_eq!(store.resume(&venice()).await?, first_reading().resume);
    Ok(())
}

async fn second_poll_changes_little(store: &Store) -> Outcome {
    let mut again = first_reading();
    again.taken_at = minute(25);
    again.figures.windows = vec![window("5h", 41)];
    // `b` was corrected and turned out to be later, `a` is told again.
    again.events = vec![event("a", 1, 100), event("b", 15, 50)];
    again.resume = None;
    store.record_reading(&again, minute(30)).await?;
    store.record_reading(&again, minute(30)).await?;
    let snapshot = store.snapshot(minute(0)).await?;
    let account = snapshot.account(&venice()).ok_or("no account")?;
    assert_eq!(brief(&account.slots), [(0, 1, 100), (15, 2, 53)]);
    assert_eq!(account.balance_history.len(), 1);
    assert_eq!(account.window_history.len(), 2);
    assert_eq!(store.resume(&venice()).await?, None);
    Ok(())
}

async fn a_failure_keeps_the_figures(store: &Store) -> Outcome {
    let failure = |minutes| Failure {
        kind: FailureKind::Unauthorized,
        message: "Venice refused the key".to_owned(),
        hint: Some("Run `spendtray login venice/work`.".to_owned()),
        retry_at: Some(minute(99)),
        since: minute(minutes),
    };
    let (key, first) = (Some("mark"), failure(30));
    store.record_failure(&venice(), &first, None, key).await?;
    let next = Some(minute(40));
    store
        .record_failure(&venice(), &failure(35), next, None)
        .await?;
    let state = store.poll_state(&venice()).await?;
    let expected = PollState {
        succeeded_at: Some(minute(25)),
        next_at: next,
        failure: Some(first),
        failures_in_a_row: 2,
        refused_credential: Some("mark".to_owned()),
    };
    assert_eq!(state, expected);
    let snapshot = store.snapshot(minute(0)).await?;
    let account = snapshot.account(&venice()).ok_or("no account")?;
    assert!(account.latest.is_some());
    let never = AccountId::parse("openai");
    store
        .record_failure(&never, &failure(30), None, None)
        .await?;
    let snapshot = store.snapshot(minute(0)).await?;
    let account = snapshot.account(&never).ok_or("no account")?;
    assert_eq!(account.latest, None);
    Ok(())
}

fn alert(period: &str, phase: Phase, raised: Option<i64>) -> AlertRecord {
    AlertRecord {
        key: AlertKey {
            rule: "balance_low".into(),
            subject: "venice/work balance usd".to_owned(),
            period: period.to_owned(),
        },
        severity: Severity::Warning,
        title: "Venice is low — 0,50 $ übrig".to_owned(),
        body: "Top it up.\0".to_owned(),
        phase,
        raised_at: raised.map(minute),
        notified_at: raised.map(minute),
        cleared_at: None,
        snoozed_until: None,
    }
}

async fn alerts_are_kept(store: &Store) -> Outcome {
    let open = alert("", Phase::Open, Some(20));
    let armed = alert("2026-11", Phase::Armed, Some(-90_000));
    let newest = alert("2026-12", Phase::Open, Some(21));
    let told: Vec<NoticeRecord> = (0..13)
        .map(|number| NoticeRecord {
            at: minute(if number == 0 { -90_000 } else { 20 }),
            alert: (number % 2 == 0).then(|| open.key.clone()),
            severity: Severity::Critical,
            title: format!("notice {number}"),
            body: String::new(),
        })
        .collect();
    let alerts = [open.clone(), armed, newest];
    store
        .save_alerts_and_notices(&alerts, &told, minute(21))
        .await?;
    let acknowledged = AlertRecord {
        phase: Phase::Acknowledged,
        snoozed_until: Some(minute(90)),
        ..open
    };
    store.save_alerts(&[acknowledged], minute(22)).await?;
    let colleague = store.clone().watched_by("colleague");
    assert_eq!(colleague.snapshot(minute(0)).await?.alerts, []);
    assert_eq!(colleague.notices(10).await?, []);
    store.save_alerts(&[], minute(22)).await?;
    let kept = store.snapshot(minute(0)).await?.alerts;
    let periods: Vec<&str> = kept.iter().map(|kept| kept.key.period.as_str()).collect();
    assert_eq!(periods, ["2026-12", "", "2026-11"]);
    assert_eq!(kept[1].phase, Phase::Acknowledged);
    assert_eq!(kept[1].snoozed_until, Some(minute(90)));
    assert_eq!(kept[1].body, "Top it up.");
    let last = store.notices(10).await?;
    let titles: Vec<&str> = last.iter().map(|notice| notice.title.as_str()).collect();
    assert_eq!(
        (titles.len(), titles[0], titles[9]),
        (10, "notice 12", "notice 3")
    );
    assert_eq!(last[0].alert, Some(alerts[0].key.clone()));
    assert_eq!(last[1].alert, None);
    Ok(())
}

/// A slot with everything a slot can have.
fn whole_slot() -> UsageSlot {
    let mut spend = Spend::of(usd(5), Basis::Billed);
    spend.add(usd(6), Basis::Estimated);
    spend.add(
        Money::new(Decimal::new(25, 1), Currency::DIEM),
        Basis::Metered,
    );
    spend.unpriced.insert("new".into());
    spend.unpriced.insert("newer".into());
    UsageSlot {
        start: SlotWidth::Day.start_of(minute(0)),
        width: SlotWidth::Day,
        who: Attribution {
            key: Some("key_1".into()),
            model: Some("o'hara\"; DROP TABLE reading; --".into()),
            project: Some("p".into()),
            user: Some("ann".into()),
        }
        .into(),
        requests: Some(3),
        tokens: Some(TokenCounts {
            input: 1,
            cached_input: 2,
            cache_write: 3,
            cache_write_5m: 4,
            cache_write_1h: 5,
            output: 6,
            reasoning: 7,
        }),
        spend,
    }
}

/// A slot of which nothing is told but that it was.
fn bare_slot() -> UsageSlot {
    UsageSlot {
        start: minute(15),
        width: SlotWidth::QuarterHour,
        who: Arc::default(),
        requests: None,
        tokens: None,
        spend: Spend::default(),
    }
}

fn rich_reading() -> Reading {
    let mut rich = Reading::empty(AccountId::parse("openai/a/b"), minute(40));
    rich.ranges = vec![range(-480, 60, vec![whole_slot(), bare_slot()])];
    let mut unpriced = event("x", 20, 0);
    unpriced.cost = Cost::Unknown;
    rich.events = vec![unpriced, event("y", 21, 9)];
    rich
}

fn market_reading() -> Outcome<Reading> {
    let mut market = Reading::empty(AccountId::parse("coingecko"), minute(40));
    market.figures.prices = vec![CoinPrice {
        symbol: "VVV".into(),
        price: Money::new("0.0000000000123456789".parse()?, Currency::USD),
        change_24h_percent: None,
        source: "coingecko".to_owned(),
        at: minute(39),
    }];
    market.complete = Completeness::Partial(vec!["Some coin did not come.".to_owned()]);
    Ok(market)
}

/// Two other accounts: one with every shape of usage, one that tells prices.
async fn everything_else(store: &Store) -> Outcome {
    let (rich, market) = (rich_reading(), market_reading()?);
    store.record_reading(&rich, minute(45)).await?;
    store.record_reading(&market, minute(45)).await?;
    let snapshot = store.snapshot(minute(0)).await?;
    let account = snapshot.account(&rich.account).ok_or("no account")?;
    let [day, empty, sum] = &account.slots[..] else {
        return Err(format!("other slots: {:?}", account.slots).into());
    };
    assert_eq!((day, empty), (&whole_slot(), &bare_slot()));
    assert_eq!((sum.start, sum.requests), (minute(15), Some(2)));
    assert_eq!(sum.tokens.map(|tokens| tokens.input), Some(200));
    assert_eq!(sum.spend.unpriced, ["llama".into()].into());
    assert_eq!(brief(std::slice::from_ref(sum)), [(15, 2, 9)]);
    let market = snapshot.account(&market.account).ok_or("no account")?;
    let latest = market.latest.as_ref().ok_or("no figures")?;
    assert_eq!(
        latest.figures.prices[0].price.amount.to_string(),
        "0.0000000000123456789"
    );
    Ok(())
}

async fn old_history_goes(store: &Store) -> Outcome {
    let tomorrow = minute(24 * 60);
    store.purge(tomorrow).await?;
    let snapshot = store.snapshot(minute(-90_000)).await?;
    let account = snapshot.account(&venice()).ok_or("no account")?;
    assert!(account.latest.is_some());
    assert_eq!(account.poll.failures_in_a_row, 2);
    assert!(account.slots.is_empty() && account.balance_history.is_empty());
    assert!(account.window_history.is_empty());
    assert_eq!(account.usage_since, None);
    // Of the alerts only one that waited in a period long over is forgotten.
    assert_eq!(snapshot.alerts.len(), 2);
    assert!(store.notices(10).await?.is_empty());
    Ok(())
}
