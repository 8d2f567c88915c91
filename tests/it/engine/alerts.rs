//! A limit that is crossed is told once: not at the first look, not on every poll, not after a restart.

use chrono::TimeDelta;
use spendtray::app::message::{Command, Update};
use spendtray::store::Store;
use spendtray::view::menu::Action;

use crate::support::stage::{Answer, Outcome, Set, Stage, script};
use crate::support::vendor::{Answer as Posted, Vendor};

fn config(name: &str, more: &str) -> String {
    format!(
        "{}\n[[alert]]\nmetric = \"scripted/{name}.balance.usd\"\nbelow = 10\n{more}",
        Set::accounts(&[name])
    )
}

async fn until(stage: &mut Stage, dollars: &str) -> Outcome<Vec<Update>> {
    let mut seen = Vec::new();
    loop {
        let update = stage.update().await?;
        let done = matches!(&update, Update::View(view) if crate::support::stage::says(&view.menu, dollars));
        seen.push(update);
        if done {
            return Ok(seen);
        }
    }
}

fn notices(updates: &[Update]) -> usize {
    updates
        .iter()
        .filter(|update| matches!(update, Update::Notice(_)))
        .count()
}

#[tokio::test]
async fn a_crossing_is_told_once_and_not_again_after_a_restart() -> Outcome {
    let vendor = script("once");
    vendor.answer([50, 9, 8, 7].map(Answer::Dollars));
    let set = Set::new(&config("once", ""))?;
    let mut stage = set.start().await?;
    assert_eq!(notices(&until(&mut stage, "$50.00").await?), 0);
    stage.later(TimeDelta::minutes(6))?;
    assert_eq!(notices(&until(&mut stage, "$9.00").await?), 1);
    stage.later(TimeDelta::minutes(6))?;
    assert_eq!(notices(&until(&mut stage, "$8.00").await?), 0);
    stage.quit().await?;
    let mut again = set.start().await?;
    again.later(TimeDelta::minutes(6))?;
    assert_eq!(notices(&until(&mut again, "$7.00").await?), 0);
    again.quit().await?;
    Ok(())
}

#[tokio::test]
async fn what_already_holds_at_the_first_look_is_shown_but_not_told() -> Outcome {
    script("primed").answer([Answer::Dollars(2)]);
    let mut stage = Set::new(&config("primed", ""))?.start().await?;
    let updates = until(&mut stage, "$2.00").await?;
    assert_eq!(notices(&updates), 0);
    stage.commands.send(Command::Redraw)?;
    let rest = stage.quit().await?;
    assert_eq!(notices(&rest), 0);
    Ok(())
}

#[tokio::test]
async fn recovery_arms_it_again() -> Outcome {
    let vendor = script("again");
    vendor.answer([50, 9, 60, 5].map(Answer::Dollars));
    let mut stage = Set::new(&config("again", ""))?.start().await?;
    let mut told = notices(&until(&mut stage, "$50.00").await?);
    for dollars in ["$9.00", "$60.00", "$5.00"] {
        stage.later(TimeDelta::minutes(6))?;
        told += notices(&until(&mut stage, dollars).await?);
    }
    assert_eq!(told, 2);
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn in_quiet_hours_nothing_is_told_and_what_still_holds_is_told_when_they_end() -> Outcome {
    let vendor = script("quiet");
    vendor.answer([50, 9].map(Answer::Dollars));
    let quiet = "[notifications]\nquiet_hours = \"08:00-10:00\"\n";
    let set = Set::new(&format!("timezone = \"UTC\"\n{}", config("quiet", quiet)))?;
    let mut stage = set.start().await?;
    let mut told = notices(&until(&mut stage, "$50.00").await?);
    stage.later(TimeDelta::minutes(6))?;
    told += notices(&until(&mut stage, "$9.00").await?);
    assert_eq!(told, 0);
    stage.later(TimeDelta::hours(2))?;
    stage.notice().await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn switched_off_notifications_are_kept_in_the_history_only() -> Outcome {
    let vendor = script("silent");
    vendor.answer([50, 9].map(Answer::Dollars));
    let set = Set::new(&config("silent", "[notifications]\nenabled = false\n"))?;
    let mut stage = set.start().await?;
    until(&mut stage, "$50.00").await?;
    stage.later(TimeDelta::minutes(6))?;
    assert_eq!(notices(&until(&mut stage, "$9.00").await?), 0);
    stage.quit().await?;
    let store = Store::open(&Store::url_of(&set.home.path().join("ledger.sqlite"))).await?;
    assert_eq!(store.notices(10).await?.len(), 1);
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn an_acknowledged_alert_stays_acknowledged() -> Outcome {
    let vendor = script("seen");
    vendor.answer([50, 9].map(Answer::Dollars));
    let mut stage = Set::new(&config("seen", ""))?.start().await?;
    until(&mut stage, "$50.00").await?;
    stage.later(TimeDelta::minutes(6))?;
    let notice = stage.notice().await?;
    let key = notice.alert.ok_or("the notice names no alert")?;
    stage.says("Alerts (1)").await?;
    stage
        .commands
        .send(Command::Act(Action::Acknowledge(key)))?;
    stage
        .view(|view| !crate::support::stage::says(&view.menu, "Alerts (1)"))
        .await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn a_notice_is_also_posted_to_the_webhook_once_and_without_the_key() -> Outcome {
    let hook = Vendor::start(|_| Posted::json(204, "")).await?;
    let vendor = script("hooked");
    vendor.answer([50, 9, 8].map(Answer::Dollars));
    let webhook = format!("[notifications]\nwebhook = \"{}/hook\"\n", hook.url());
    let mut stage = Set::new(&config("hooked", &webhook))?.start().await?;
    until(&mut stage, "$50.00").await?;
    for dollars in ["$9.00", "$8.00"] {
        stage.later(TimeDelta::minutes(6))?;
        until(&mut stage, dollars).await?;
    }
    let posted = hook.asked().await?;
    let body: serde_json::Value = serde_json::from_str(&posted.body)?;
    assert_eq!(
        (posted.method.as_str(), posted.path.as_str()),
        ("POST", "/hook")
    );
    assert_eq!(body["severity"], "warning");
    assert!(
        body["title"]
            .as_str()
            .is_some_and(|title| title.contains("$9.00")),
        "{body}"
    );
    assert!(!posted.body.contains("a-key-that-nobody-may-see"));
    stage.quit().await?;
    assert_eq!(hook.seen().len(), 1);
    Ok(())
}
