//! A ledger that cannot be used does not end the resident process, and is used again as soon as it can be.

use std::fs;

use chrono::TimeDelta;
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
