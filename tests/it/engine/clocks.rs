//! Clocks that are set, machines that sleep, vendors that say wait: nobody is asked early, nobody is forgotten.

use chrono::TimeDelta;
use spendtray::app::message::{Command, Update};
use spendtray::providers::PollError;
use spendtray::store::Store;
use spendtray::view::menu::Action;

use crate::support::stage::{Answer, Outcome, Set, begun, says, script, trouble};

fn told_to_wait(set: &Set, by: TimeDelta) -> Answer {
    Answer::Failure(PollError::Throttled {
        message: "slow down".to_owned(),
        retry_at: Some(set.clock.now() + by),
    })
}

#[tokio::test]
async fn a_clock_set_back_half_a_day_delays_nobody() -> Outcome {
    let vendor = script("set-back");
    vendor.answer([1, 2, 3].map(Answer::Dollars));
    let set = Set::new(&Set::accounts(&["set-back"]))?;
    let mut stage = set.start().await?;
    stage.says("$1.00").await?;
    stage.later(-TimeDelta::hours(12))?;
    stage.obeyed().await?;
    assert_eq!(vendor.hits(), 1, "nor is anybody asked early");
    stage.later(TimeDelta::minutes(5))?;
    stage.says("$2.00").await?;
    stage.quit().await?;
    set.clock.advance(-TimeDelta::hours(12));
    let mut again = set.start().await?;
    again.says("$2.00").await?;
    again.later(TimeDelta::minutes(5))?;
    again.says("$3.00").await?;
    again.quit().await?;
    Ok(())
}

#[tokio::test]
async fn clicks_during_a_poll_that_says_wait_ask_nobody_again() -> Outcome {
    let vendor = script("clicked");
    vendor.gate.forget_permits(1000);
    let set = Set::new(&Set::accounts(&["clicked"]))?;
    vendor.answer([told_to_wait(&set, TimeDelta::hours(1))]);
    let mut stage = set.start().await?;
    begun(&vendor).await?;
    stage.commands.send(Command::Act(Action::RefreshAll))?;
    stage.obeyed().await?;
    vendor.gate.add_permits(1000);
    stage.says("slow down").await?;
    stage.obeyed().await?;
    assert_eq!(vendor.hits(), 1);
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn a_vendor_that_says_wait_is_asked_neither_ten_seconds_early_nor_for_another_interval()
-> Outcome {
    let vendor = script("exactly");
    let set = Set::new(&Set::accounts(&["exactly"]))?;
    vendor.answer([told_to_wait(&set, TimeDelta::hours(1)), Answer::Dollars(7)]);
    let mut stage = set.start().await?;
    stage.says("slow down").await?;
    stage.later(TimeDelta::minutes(60) - TimeDelta::seconds(3))?;
    stage.save(&format!("{}refresh = \"2m\"\n", set.config))?;
    stage.obeyed().await?;
    assert_eq!(vendor.hits(), 1);
    stage.later(TimeDelta::seconds(3))?;
    stage.says("$7.00").await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn a_file_saved_again_and_again_asks_a_slow_vendor_once() -> Outcome {
    let vendor = script("saved");
    vendor.gate.forget_permits(1000);
    let set = Set::new(&Set::accounts(&["saved"]))?;
    let mut stage = set.start().await?;
    begun(&vendor).await?;
    for save in 0..10 {
        stage.save(&format!("{}\n# {save}\n", set.config))?;
    }
    stage.obeyed().await?;
    vendor.gate.add_permits(1000);
    stage.says("$50.00").await?;
    assert_eq!(vendor.hits(), 1);
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn a_menu_that_opens_tells_what_time_has_done_to_the_figures() -> Outcome {
    let vendor = script("looked-at");
    vendor.answer([Answer::Dollars(3)]);
    let set = Set::new(&Set::accounts(&["looked-at"]))?;
    let mut stage = set.start().await?;
    let view = stage.says("$3.00").await?;
    assert!(!says(&view.menu, "as of"), "{:#?}", view.menu);
    vendor.gate.forget_permits(1000);
    // Nobody tells the engine how late it is.
    set.clock.advance(TimeDelta::minutes(11));
    stage.commands.send(Command::Look)?;
    let view = stage.says("as of 8:30am").await?;
    assert!(says(&view.menu, "$3.00"), "{:#?}", view.menu);
    stage.quit().await?;
    Ok(())
}

fn lasting(updates: &[Update]) -> usize {
    let notices = updates.iter().filter(|update| {
        matches!(update, Update::Notice(notice) if notice.title.contains("has not answered"))
    });
    notices.count()
}

#[tokio::test]
async fn a_vendor_that_fails_in_turns_is_told_after_an_hour_and_a_sleeping_machine_tells_nothing()
-> Outcome {
    let other = || Answer::Failure(PollError::Malformed("nonsense".to_owned()));
    for (name, sleeps, expected) in [("in-turns", false, 1), ("asleep", true, 0)] {
        let vendor = script(name);
        let mut answers = vec![Answer::Dollars(1)];
        answers.extend((0..20).flat_map(|_| [trouble(), other()]));
        vendor.answer(if sleeps {
            vec![Answer::Dollars(1), trouble(), Answer::Dollars(2)]
        } else {
            answers
        });
        let mut stage = Set::new(&Set::accounts(&[name]))?.start().await?;
        stage.says("$1.00").await?;
        stage.later(TimeDelta::minutes(6))?;
        stage.says("HTTP 500").await?;
        if sleeps {
            stage.later(TimeDelta::hours(9))?;
            stage.obeyed().await?;
        } else {
            for _ in 0..12 {
                let asked = vendor.hits();
                stage.later(TimeDelta::minutes(34))?;
                while vendor.hits() == asked {
                    stage.obeyed().await?;
                }
            }
        }
        let url = Store::url_of(&stage.home.path().join("ledger.sqlite"));
        let store = Store::open(&url).await?;
        stage.obeyed().await?;
        let notices = store.notices(50).await?;
        let told = notices
            .iter()
            .filter(|notice| notice.title.contains("has not answered"));
        assert_eq!(told.count(), expected, "{name}");
        store.close().await;
        assert_eq!(
            lasting(&stage.quit().await?),
            0,
            "{name}: told a second time"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_ledger_locked_by_another_process_is_used_when_it_is_free_again() -> Outcome {
    script("locked").answer([Answer::Dollars(12)]);
    let set = Set::new(&Set::accounts(&["locked"]))?;
    let file = set.home.path().join("ledger.sqlite");
    Store::open(&Store::url_of(&file)).await?.close().await;
    let other = rusqlite::Connection::open(&file)?;
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")?;
    let mut stage = set.start().await?;
    let view = stage.says("$12.00").await?;
    assert!(says(&view.menu, "ledger.sqlite"), "{:#?}", view.menu);
    other.execute_batch("COMMIT")?;
    drop(other);
    stage.later(TimeDelta::minutes(2))?;
    stage
        .view(|view| says(&view.menu, "$12.00") && !says(&view.menu, "ledger.sqlite"))
        .await?;
    stage.quit().await?;
    Ok(())
}
