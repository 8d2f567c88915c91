//! Who is asked when, and what a failure costs: nothing but itself.

use chrono::TimeDelta;
use spendtray::app::message::Command;
use spendtray::providers::PollError;
use spendtray::view::menu::{Action, MenuItem};

use crate::support::stage::{Answer, Outcome, Set, begun, says, script, trouble};

#[tokio::test]
async fn four_accounts_are_asked_at_once_and_one_failure_stays_one() -> Outcome {
    let names = ["four-a", "four-b", "four-c", "four-d"];
    let scripts = names.map(script);
    for script in &scripts {
        script.gate.forget_permits(1000);
    }
    scripts[2].answer([trouble()]);
    let mut stage = Set::new(&Set::accounts(&names))?.start().await?;
    for script in &scripts {
        begun(script).await?;
    }
    // All four are under way before any may answer: they do not wait for each other.
    for script in &scripts {
        script.gate.add_permits(1);
    }
    let view = stage
        .view(|view| {
            view.menu
                .iter()
                .filter(|item| item.label.contains("four-") && item.label.contains("$50.00"))
                .count()
                == 3
        })
        .await?;
    assert!(
        view.menu.iter().any(|item| item.label.contains("four-c")),
        "the failed one keeps its row"
    );
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn a_failed_poll_keeps_the_last_good_figures() -> Outcome {
    let vendor = script("keeps");
    vendor.answer([Answer::Dollars(42), trouble()]);
    let mut stage = Set::new(&Set::accounts(&["keeps"]))?.start().await?;
    stage.says("$42.00").await?;
    stage.later(TimeDelta::minutes(6))?;
    let view = stage.says("HTTP 500").await?;
    assert!(
        view.menu.iter().any(|item| item.label.contains("$42.00")),
        "{:#?}",
        view.menu
    );
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn figures_survive_a_restart_without_asking_anybody() -> Outcome {
    let vendor = script("restart");
    vendor.answer([Answer::Dollars(17)]);
    let set = Set::new(&Set::accounts(&["restart"]))?;
    let mut stage = set.start().await?;
    stage.says("$17.00").await?;
    stage.quit().await?;
    let mut again = set.start().await?;
    again.says("$17.00").await?;
    again.quit().await?;
    assert_eq!(
        vendor.hits(),
        1,
        "the plan of the first process holds for the second"
    );
    Ok(())
}

#[tokio::test]
async fn a_vendor_that_says_wait_is_not_asked_before_its_time_not_even_by_a_click() -> Outcome {
    let vendor = script("waits");
    let set = Set::new(&Set::accounts(&["waits"]))?;
    let retry_at = Some(set.clock.now() + TimeDelta::minutes(7));
    let told = PollError::Throttled {
        message: "slow down".to_owned(),
        retry_at,
    };
    vendor.answer([
        Answer::Dollars(9),
        Answer::Failure(told),
        Answer::Dollars(8),
    ]);
    let mut stage = set.start().await?;
    stage.says("$9.00").await?;
    stage.later(TimeDelta::minutes(6))?;
    stage.says("slow down").await?;
    stage.commands.send(Command::Act(Action::RefreshAll))?;
    stage.later(TimeDelta::seconds(30))?;
    assert_eq!(vendor.hits(), 2);
    stage.later(TimeDelta::minutes(1))?;
    stage.says("$8.00").await?;
    assert_eq!(vendor.hits(), 3);
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn a_refused_key_is_not_tried_again_until_it_changes() -> Outcome {
    let vendor = script("refused");
    let refused = PollError::Unauthorized {
        message: "no such key".to_owned(),
        hint: "Log in again.".to_owned(),
    };
    vendor.answer([Answer::Failure(refused), Answer::Dollars(3)]);
    let mut stage = Set::new(&Set::accounts(&["refused"]))?.start().await?;
    stage.says("no such key").await?;
    for _ in 0..2 {
        stage.later(TimeDelta::hours(5))?;
        stage.commands.send(Command::Act(Action::RefreshAll))?;
    }
    stage.obeyed().await?;
    assert_eq!(vendor.hits(), 1);
    stage.change_key("another-key-for-the-vendor")?;
    stage.says("$3.00").await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn refreshes_during_a_poll_are_queued_once() -> Outcome {
    let vendor = script("queued");
    vendor.gate.forget_permits(1000);
    vendor.answer([Answer::Dollars(1), Answer::Dollars(2)]);
    let mut stage = Set::new(&Set::accounts(&["queued"]))?.start().await?;
    begun(&vendor).await?;
    for _ in 0..3 {
        stage.commands.send(Command::Act(Action::RefreshAll))?;
    }
    stage.obeyed().await?;
    vendor.gate.add_permits(1);
    begun(&vendor).await?;
    vendor.gate.add_permits(1000);
    stage.says("$2.00").await?;
    stage.quit().await?;
    assert_eq!(vendor.hits(), 2);
    Ok(())
}

#[tokio::test]
async fn a_machine_that_slept_a_day_asks_at_once_when_it_wakes() -> Outcome {
    let vendor = script("slept");
    vendor.answer([Answer::Dollars(1), Answer::Dollars(2)]);
    let mut stage = Set::new(&Set::accounts(&["slept"]))?.start().await?;
    stage.says("$1.00").await?;
    stage.later(TimeDelta::hours(26))?;
    stage.says("$2.00").await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn a_click_and_quit_are_handled_while_a_vendor_hangs() -> Outcome {
    let vendor = script("hangs");
    vendor.gate.forget_permits(1000);
    let mut stage = Set::new(&Set::accounts(&["hangs"]))?.start().await?;
    begun(&vendor).await?;
    stage
        .commands
        .send(Command::Act(Action::Copy("$1".to_owned())))?;
    loop {
        if stage.update().await? == spendtray::app::message::Update::Copy("$1".to_owned()) {
            break;
        }
    }
    tokio::time::timeout(std::time::Duration::from_secs(2), stage.quit()).await??;
    Ok(())
}

#[tokio::test]
async fn a_vendor_that_asks_to_wait_halfway_keeps_what_it_told_and_is_left_alone() -> Outcome {
    let vendor = script("halfway");
    vendor.answer([Answer::DollarsThenWait(50, 3600), Answer::Dollars(40)]);
    let set = Set::new(&Set::accounts(&["halfway"]))?;
    let mut stage = set.start().await?;
    let both = |menu: &[MenuItem]| says(menu, "$50.00") && says(menu, "asks to wait");
    stage.view(|view| both(&view.menu)).await?;
    stage.later(TimeDelta::minutes(58))?;
    stage.commands.send(Command::Act(Action::RefreshAll))?;
    stage.later(TimeDelta::minutes(1))?;
    stage.view(|view| both(&view.menu)).await?;
    assert_eq!(vendor.hits(), 1);
    stage.later(TimeDelta::minutes(2))?;
    stage.says("$40.00").await?;
    stage.quit().await?;
    Ok(())
}
