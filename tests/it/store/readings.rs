//! What a reading changes in the ledger and what it leaves.

use std::sync::Arc;

use spendtray::domain::coin::CoinPrice;
use spendtray::domain::reading::{Completeness, Cursor};
use spendtray::domain::snapshot::{AccountSnapshot, Latest, Since};
use spendtray::store::Store;

use super::*;

/// The account after some readings in a new ledger.
async fn after(readings: &[Reading]) -> Outcome<AccountSnapshot> {
    let store = Store::open("sqlite::memory:").await?;
    for reading in readings {
        store.record_reading(reading, minute(1_000)).await?;
    }
    let snapshot = store.snapshot(minute(-90_000)).await?;
    Ok(snapshot.account(&venice()).ok_or("no account")?.clone())
}

fn latest(account: &AccountSnapshot) -> Outcome<&Latest> {
    Ok(account.latest.as_ref().ok_or("no figures")?)
}

fn with_ranges(minutes: i64, ranges: Vec<SlotRange>) -> Reading {
    Reading {
        ranges,
        ..reading(minutes)
    }
}

#[tokio::test]
async fn a_range_replaces_exactly_what_begins_within_it() -> Outcome {
    let quarters = (0..8).map(|quarter| slot(quarter * 15, 1)).collect();
    let account = after(&[
        with_ranges(120, vec![range(0, 120, quarters)]),
        with_ranges(125, vec![range(30, 60, vec![slot(45, 5)])]),
    ])
    .await?;
    let starts: Vec<i64> = brief(&account.slots).iter().map(|slot| slot.0).collect();
    assert_eq!(starts, [0, 15, 45, 60, 75, 90, 105]);
    Ok(())
}

#[tokio::test]
async fn usage_of_one_model_shares_its_attribution_in_memory() -> Outcome {
    let quarters = (0..4).map(|quarter| slot(quarter * 15, 1)).collect();
    let account = after(&[with_ranges(60, vec![range(0, 60, quarters)])]).await?;
    let first = account.slots.first().ok_or("no slot")?;
    assert_eq!(account.slots.len(), 4);
    for slot in &account.slots {
        assert!(Arc::ptr_eq(&slot.who, &first.who), "one for four");
    }
    Ok(())
}

#[tokio::test]
async fn long_figures_are_kept_packed_and_those_of_an_older_version_are_read_as_they_are() -> Outcome
{
    let home = tempfile::tempdir()?;
    let file = home.path().join("ledger.sqlite");
    let store = Store::open(&Store::url_of(&file)).await?;
    let mut rich = reading(0);
    rich.figures.balances = (0..40)
        .map(|number| balance(&format!("purse {number}"), usd(number)))
        .collect();
    store.record_reading(&rich, minute(5)).await?;
    let plain = serde_json::to_string(&rich.figures)?;
    let look = rusqlite::Connection::open(&file)?;
    let length = "SELECT LENGTH(figures) FROM reading";
    let kept: u32 = look.query_row(length, [], |row| row.get(0))?;
    assert!(kept as usize * 3 < plain.len(), "{kept} of {}", plain.len());
    for older in [false, true] {
        if older {
            look.execute("UPDATE reading SET figures = ?1", [&plain])?;
        }
        let account = store.account(&venice(), Since::default()).await?;
        let account = account.ok_or("no account")?;
        assert_eq!(latest(&account)?.figures, rich.figures);
    }
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn a_day_that_the_vendor_corrects_is_replaced_and_its_neighbours_stay() -> Outcome {
    let midnight = -8 * 60;
    let day = |number: i64, nanos| UsageSlot {
        width: SlotWidth::Day,
        ..slot(midnight + number * 1_440, nanos)
    };
    let days = vec![day(0, 1), day(1, 2), day(2, 3)];
    let account = after(&[
        with_ranges(3_000, vec![range(midnight, midnight + 4_320, days)]),
        with_ranges(
            3_005,
            vec![range(midnight + 1_440, midnight + 2_880, vec![day(1, 20)])],
        ),
    ])
    .await?;
    let sums: Vec<i64> = brief(&account.slots).iter().map(|slot| slot.2).collect();
    assert_eq!(sums, [1, 20, 3]);
    Ok(())
}

#[tokio::test]
async fn a_slot_that_the_edge_of_a_range_cuts_never_replaces_a_whole_one() -> Outcome {
    let account = after(&[
        with_ranges(30, vec![range(0, 30, vec![slot(0, 10), slot(15, 10)])]),
        // From minute 7 on, the first quarter-hour is told only in part.
        with_ranges(
            40,
            vec![range(7, 45, vec![slot(0, 4), slot(15, 11), slot(30, 12)])],
        ),
    ])
    .await?;
    assert_eq!(
        brief(&account.slots),
        [(0, 1, 10), (15, 1, 11), (30, 1, 12)]
    );
    Ok(())
}

#[tokio::test]
async fn a_range_takes_the_place_of_events_and_later_events_add_to_it() -> Outcome {
    let mut events = reading(20);
    events.events = vec![event("a", 3, 1), event("b", 10, 2), event("c", 16, 4)];
    let ranged = with_ranges(30, vec![range(5, 15, vec![])]);
    let mut later = reading(40);
    later.events = vec![event("d", 6, 8)];
    let account = after(&[events, ranged, later]).await?;
    assert_eq!(brief(&account.slots), [(0, 2, 9), (15, 1, 4)]);
    Ok(())
}

#[tokio::test]
async fn usage_reaches_back_as_far_as_ranges_touch() -> Outcome {
    let covering = |minutes, from, until| with_ranges(minutes, vec![range(from, until, vec![])]);
    let mut readings = vec![covering(60, 0, 60), covering(120, 60, 120)];
    assert_eq!(after(&readings).await?.usage_since, Some(minute(0)));
    readings.push(covering(200, 120, 130));
    readings.push(covering(300, -60, 30));
    assert_eq!(after(&readings).await?.usage_since, Some(minute(-60)));
    readings.push(covering(400, 131, 400));
    assert_eq!(after(&readings).await?.usage_since, Some(minute(131)));
    readings.push(covering(410, -60, 30));
    assert_eq!(after(&readings).await?.usage_since, Some(minute(131)));
    assert_eq!(after(&[reading(0)]).await?.usage_since, None);
    Ok(())
}

#[tokio::test]
async fn usage_of_events_reaches_back_to_the_first() -> Outcome {
    let mut first = reading(20);
    first.events = vec![event("a", 3, 1), event("b", 10, 2)];
    let mut next_day = reading(2_000);
    next_day.events = vec![event("c", 1_990, 1)];
    let account = after(&[first, next_day]).await?;
    assert_eq!(account.usage_since, Some(minute(3)));
    Ok(())
}

#[tokio::test]
async fn what_a_partial_reading_lacks_keeps_its_last_value() -> Outcome {
    let price = |symbol: &str, amount| CoinPrice {
        symbol: symbol.into(),
        price: usd(amount),
        change_24h_percent: None,
        source: "coingecko".to_owned(),
        at: minute(0),
    };
    let mut whole = reading(0);
    whole.figures.balances = vec![balance("usd", usd(5)), balance("diem", usd(6))];
    whole.figures.windows = vec![window("5h", 40)];
    whole.figures.prices = vec![price("VVV", 1), price("DIEM", 2)];
    let mut partial = reading(5);
    partial.figures.balances = vec![balance("usd", usd(4))];
    partial.figures.prices = vec![price("VVV", 3)];
    partial.complete = Completeness::Partial(vec!["The windows did not come.".to_owned()]);
    let account = after(&[whole.clone(), partial.clone()]).await?;
    let held = &latest(&account)?.figures;
    assert_eq!(held.balances, partial.figures.balances);
    assert_eq!(held.windows, whole.figures.windows);
    assert_eq!(held.prices, [price("VVV", 3), price("DIEM", 2)]);
    partial.complete = Completeness::Whole;
    let account = after(&[whole, partial.clone()]).await?;
    assert_eq!(latest(&account)?.figures, partial.figures);
    Ok(())
}

#[tokio::test]
async fn a_reading_that_lost_a_race_leaves_the_newer_figures_and_adds_its_usage() -> Outcome {
    let mut newer = reading(10);
    newer.figures.balances = vec![balance("usd", usd(1))];
    let mut late = reading(9);
    late.figures.balances = vec![balance("usd", usd(2))];
    late.events = vec![event("a", 3, 7)];
    let account = after(&[newer.clone(), late.clone()]).await?;
    assert_eq!(latest(&account)?.figures, newer.figures);
    assert_eq!(latest(&account)?.taken_at, minute(10));
    assert_eq!(account.poll.succeeded_at, Some(minute(10)));
    assert_eq!(account.balance_history.len(), 1);
    assert_eq!(brief(&account.slots), [(0, 1, 7)]);
    Ok(())
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_freeze_the_figures() -> Outcome {
    let mut before = reading(600);
    before.figures.balances = vec![balance("usd", usd(1))];
    let mut set_back = reading(60);
    set_back.figures.balances = vec![balance("usd", usd(2))];
    let account = after(&[before, set_back.clone()]).await?;
    assert_eq!(latest(&account)?.figures, set_back.figures);
    Ok(())
}

#[tokio::test]
async fn an_amount_beyond_the_ledger_is_unknown_and_not_lost() -> Outcome {
    let huge = Money::new(Decimal::MAX, Currency::USD);
    let mut big = reading(20);
    big.figures.balances = vec![balance("usd", huge)];
    let cost = Cost::Reported {
        money: huge,
        basis: Basis::Billed,
    };
    big.events = vec![
        UsageEvent {
            cost,
            requests: u64::MAX,
            ..event("a", 3, 0)
        },
        event("b", 4, 5),
        UsageEvent {
            requests: u64::MAX,
            ..event("c", 4, i64::MAX)
        },
    ];
    big.ranges = vec![range(
        30,
        45,
        vec![UsageSlot {
            spend: Spend::of(huge, Basis::Billed),
            ..slot(30, 0)
        }],
    )];
    let account = after(&[big.clone(), big]).await?;
    for slot in &account.slots {
        assert_eq!(slot.spend.unpriced, ["llama".into()].into());
    }
    assert_eq!(
        account.slots[0].spend.get(Currency::USD, Basis::Billed),
        Some(usd(5).amount)
    );
    assert!(account.slots[0].requests > Some(1_000_000));
    assert_eq!(latest(&account)?.figures.balances[0].remaining, Some(huge));
    assert!(account.balance_history.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_refund_lowers_the_sum() -> Outcome {
    let mut refunded = reading(20);
    refunded.events = vec![event("a", 3, 100), event("b", 4, -30)];
    let account = after(&[refunded]).await?;
    assert_eq!(brief(&account.slots), [(0, 2, 70)]);
    Ok(())
}

#[tokio::test]
async fn figures_told_again_are_not_written_again_and_are_as_young_as_the_last_poll() -> Outcome {
    let home = tempfile::tempdir()?;
    let file = home.path().join("ledger.sqlite");
    let store = Store::open(&Store::url_of(&file)).await?;
    let mut first = reading(0);
    first.resume = Some(Cursor("here".to_owned()));
    store.record_reading(&first, minute(5)).await?;
    let look = rusqlite::Connection::open(&file)?;
    look.execute_batch(
        "CREATE TRIGGER reading_written BEFORE UPDATE ON reading BEGIN SELECT RAISE(ABORT, 'reading'); END;
         CREATE TRIGGER cursor_written BEFORE UPDATE ON cursor BEGIN SELECT RAISE(ABORT, 'cursor'); END;",
    )?;
    let again = Reading {
        taken_at: minute(5),
        ..first.clone()
    };
    store.record_reading(&again, minute(10)).await?;
    let account = store
        .account(&venice(), Since::both(minute(-90_000)))
        .await?;
    let account = account.ok_or("no account")?;
    assert_eq!(latest(&account)?.taken_at, minute(5));
    assert_eq!(account.poll.succeeded_at, Some(minute(5)));
    let other = Reading {
        taken_at: minute(10),
        resume: Some(Cursor("there".to_owned())),
        ..first
    };
    assert!(
        store.record_reading(&other, minute(15)).await.is_err(),
        "what is new is written"
    );
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn a_round_of_polls_is_one_transaction() -> Outcome {
    let store = Store::open("sqlite::memory:").await?;
    let other = Reading {
        account: AccountId::parse("openai"),
        ..reading(0)
    };
    let mut first = reading(0);
    first.ranges = vec![range(0, 60, vec![slot(0, 1)])];
    store
        .record_readings(&[(&first, minute(5)), (&other, minute(6))])
        .await?;
    let snapshot = store.snapshot(minute(-90_000)).await?;
    let next = |id: &AccountId| {
        snapshot
            .account(id)
            .and_then(|account| account.poll.next_at)
    };
    assert_eq!(next(&venice()), Some(minute(5)));
    assert_eq!(next(&other.account), Some(minute(6)));
    Ok(())
}
