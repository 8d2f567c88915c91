//! A coding agent's session in the engine: counted, told when it fills and when it is empty again; and looks that bring
//! nothing cost the ledger nothing.

use std::fs;
use std::io::Write as _;

use chrono::TimeDelta;
use serde_json::json;
use spendtray::app::message::Update;
use spendtray::domain::account::AccountId;
use spendtray::providers::ALL;
use spendtray::store::Store;

use crate::support::stage::{Outcome, Set, Stage, says};

const PLAN: &str = "timezone = \"UTC\"\n[[account]]\nprovider = \"claude-code\"\nplan = \"custom\"\nsession_tokens = 1000\n";

/// A home with Claude Code's folder and a plan of a thousand tokens; it is half past eight.
fn set(more: &str) -> Outcome<Set> {
    let mut set = Set::new(&format!("{PLAN}{more}"))?;
    set.registry = ALL;
    fs::create_dir_all(set.home.path().join(".claude/projects/alpha"))?;
    Ok(set)
}

fn respond(home: &std::path::Path, at: &str, tokens: u64) -> Outcome {
    let line = json!({
        "type": "assistant", "timestamp": at, "cwd": "/home/dev/alpha", "sessionId": "s", "requestId": at,
        "message": { "id": at, "model": "claude-opus-4-8", "stop_reason": "end_turn",
            "usage": { "input_tokens": tokens, "output_tokens": 0 } },
    });
    let path = home.join(".claude/projects/alpha/s.jsonl");
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    Ok(writeln!(file, "{line}")?)
}

async fn told(stage: &mut Stage, until: &str) -> Outcome<Vec<String>> {
    let mut titles = Vec::new();
    loop {
        match stage.update().await? {
            Update::Notice(notice) => titles.push(notice.title),
            Update::View(view) if says(&view.menu, until) => return Ok(titles),
            _ => {}
        }
    }
}

/// F58, F60, F87
#[tokio::test]
async fn a_session_that_fills_is_told_once_and_so_is_its_reset() -> Outcome {
    let set = set("")?;
    let home = set.home.path().to_owned();
    respond(&home, "2026-11-23T08:00:00Z", 100)?;
    let mut stage = set.start().await?;
    assert_eq!(told(&mut stage, "~10 %").await?, [""; 0]);
    respond(&home, "2026-11-23T08:40:00Z", 820)?;
    stage.later(TimeDelta::minutes(15))?;
    let titles = told(&mut stage, "~92 %").await?;
    assert_eq!(titles, ["Claude Code: Session (5 h) at 92 %"]);
    stage.later(TimeDelta::minutes(5))?;
    stage.obeyed().await?;
    stage.later(TimeDelta::hours(5))?;
    let titles = told(&mut stage, "~0 %").await?;
    assert_eq!(titles, ["Claude Code: Session (5 h) has reset"]);
    let rest = stage.quit().await?;
    assert!(
        !rest
            .iter()
            .any(|update| matches!(update, Update::Notice(_)))
    );
    Ok(())
}

/// F60, F87
#[tokio::test]
async fn a_session_that_will_be_used_up_before_its_end_is_told_once() -> Outcome {
    let set = set("")?;
    let home = set.home.path().to_owned();
    respond(&home, "2026-11-23T08:00:00Z", 10)?;
    let mut stage = set.start().await?;
    told(&mut stage, "~1 %").await?;
    respond(&home, "2026-11-23T08:58:00Z", 490)?;
    stage.later(TimeDelta::minutes(30))?;
    // Half of it went within an hour.
    let titles = told(&mut stage, "~50 %").await?;
    assert_eq!(titles.len(), 1, "{titles:?}");
    assert!(
        titles[0].starts_with("Claude Code: Session (5 h) will be used up at "),
        "{titles:?}"
    );
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn a_look_that_brings_nothing_writes_nothing_for_five_minutes() -> Outcome {
    let set = set("")?;
    let home = set.home.path().to_owned();
    respond(&home, "2026-11-23T08:00:00Z", 100)?;
    let mut stage = set.start().await?;
    told(&mut stage, "~10 %").await?;
    let store = Store::open(&Store::url_of(&home.join("ledger.sqlite"))).await?;
    let id = AccountId::parse("claude-code");
    let taken_at = async || -> Outcome<_> {
        let snapshot = store.snapshot("2026-11-01T00:00:00Z".parse()?).await?;
        let account = snapshot.account(&id).ok_or("no account")?;
        Ok(account.latest.as_ref().ok_or("no figures")?.taken_at)
    };
    let first = taken_at().await?;
    for minute in 31..=34 {
        stage.later(TimeDelta::minutes(1))?;
        stage.says(&format!("last 8:{minute}am")).await?;
    }
    assert_eq!(taken_at().await?, first);
    respond(&home, "2026-11-23T08:34:10Z", 100)?;
    stage.later(TimeDelta::seconds(31))?;
    told(&mut stage, "~20 %").await?;
    assert!(taken_at().await? > first);
    store.close().await;
    stage.quit().await?;
    Ok(())
}
