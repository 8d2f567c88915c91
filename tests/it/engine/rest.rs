//! Between two rounds of polls: what a round took is given back, once, and not while anything of it goes on. The runtime's
//! time passes by itself here; the clock is the test's.

use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::TimeDelta;
use spendtray::app::message::Command;
use spendtray::view::menu::Action;

use crate::support::stage::{Answer, Outcome, Set, begun, script};

/// Long enough for the engine to wake several times while it waits for rest.
async fn all_has_woken() {
    tokio::time::sleep(Duration::from_secs(5)).await;
}

#[tokio::test(start_paused = true)]
async fn memory_is_given_back_once_after_a_round_and_not_before_its_connections_are_closed()
-> Outcome {
    let set = Set::new(&Set::accounts(&["rests"]))?;
    let given_back = || set.given_back.load(Ordering::Relaxed);
    let mut stage = set.start().await?;
    stage.says("$50.00").await?;
    all_has_woken().await;
    stage.clock.advance(TimeDelta::milliseconds(500));
    all_has_woken().await;
    assert_eq!(given_back(), 0, "connections take a second to close");
    stage.clock.advance(TimeDelta::milliseconds(500));
    all_has_woken().await;
    assert_eq!(given_back(), 1);
    stage.clock.advance(TimeDelta::minutes(2));
    all_has_woken().await;
    assert_eq!(given_back(), 1, "nothing was asked since");
    stage.quit().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nobody_rests_while_a_vendor_is_asked() -> Outcome {
    let vendor = script("rests-late");
    vendor.answer([Answer::Dollars(50), Answer::Dollars(40)]);
    let set = Set::new(&Set::accounts(&["rests-late"]))?;
    let given_back = || set.given_back.load(Ordering::Relaxed);
    let mut stage = set.start().await?;
    stage.says("$50.00").await?;
    begun(&vendor).await?;
    // Before the first round has come to rest a second one begins, and hangs.
    vendor.gate.forget_permits(1000);
    stage.commands.send(Command::Act(Action::RefreshAll))?;
    begun(&vendor).await?;
    stage.clock.advance(TimeDelta::seconds(10));
    all_has_woken().await;
    assert_eq!(given_back(), 0);
    vendor.gate.add_permits(1);
    stage.says("$40.00").await?;
    stage.clock.advance(TimeDelta::seconds(1));
    all_has_woken().await;
    assert_eq!(given_back(), 1);
    stage.quit().await?;
    Ok(())
}
