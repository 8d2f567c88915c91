//! A ledger that cannot be used does not end the resident process, and is used again as soon as it can be.

use std::fs;
use std::sync::Arc;

use chrono::TimeDelta;
use rust_decimal::Decimal;
use spendtray::domain::account::AccountId;
use spendtray::domain::money::{Currency, Money};
use spendtray::domain::reading::Reading;
use spendtray::domain::usage::{Basis, SlotRange, SlotWidth, Spend, UsageSlot};
use spendtray::store::Store;

use crate::support::stage::{Answer, Outcome, Set, says, script};

#[tokio::test]
async fn a_damaged_ledger_is_left_alone_and_figures_live_in_memory_until_it_is_mended() -> Outcome {
    script("damaged").answer([Answer::Dollars(12)]);
    let mut set = Set::new(&Set::accounts(&["damaged"]))?;
    let file = set.home.path().join("broken.sqlite");
    fs::write(&file, "this is no database, and nobody may overwrite it")?;
    set.ledger = Some(Store::url_of(&file));
    let mut stage = set.start().await?;
    let view = stage.says("$12.00").await?;
    assert!(says(&view.menu, "broken.sqlite"), "{:#?}", view.menu);
    assert!(fs::read_to_string(&file)?.starts_with("this is no database"));
    fs::remove_file(&file)?;
    stage.later(TimeDelta::minutes(2))?;
    stage.later(TimeDelta::minutes(6))?;
    stage
        .view(|view| says(&view.menu, "$12.00") && !says(&view.menu, "broken.sqlite"))
        .await?;
    stage.quit().await?;
    let store = Store::open(&Store::url_of(&file)).await?;
    assert_eq!(store.snapshot(set.clock.now()).await?.accounts.len(), 1);
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn what_another_process_learned_of_an_older_day_is_shown_with_the_next_poll() -> Outcome {
    script("team").answer([Answer::Dollars(12)]);
    let set = Set::new(&Set::accounts(&["team"]))?;
    let mut stage = set.start().await?;
    stage.says("$12.00").await?;
    let day = SlotWidth::Day.start_of(set.clock.now() - TimeDelta::days(22));
    let mut learned = Reading::empty(AccountId::parse("scripted/team"), set.clock.now());
    learned.ranges.push(SlotRange {
        from: day,
        until: set.clock.now(),
        slots: vec![UsageSlot {
            start: day,
            width: SlotWidth::Day,
            who: Arc::default(),
            requests: Some(1),
            tokens: None,
            spend: Spend::of(Money::new(Decimal::from(77), Currency::USD), Basis::Billed),
        }],
    });
    let other = Store::open(&Store::url_of(&set.home.path().join("ledger.sqlite"))).await?;
    other.record_reading(&learned, set.clock.now()).await?;
    other.close().await;
    stage.later(TimeDelta::minutes(6))?;
    stage.says("$77.00").await?;
    stage.quit().await?;
    Ok(())
}
