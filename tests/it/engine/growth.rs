//! Logs that grow, with the system's own watch on real files: shown at once, without the clock moving, and without the
//! program waking itself by what it reads.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::json;
use spendtray::app::growth;
use spendtray::app::message::{Command, Update};
use spendtray::domain::variables::Variables;
use spendtray::logs::{Ask, CLAUDE_CODE, Desk, GEMINI_CLI, OPENCODE, Surroundings, Watch};
use spendtray::providers::ALL;
use spendtray::system::watch::{Ear, Happened};
use tokio::sync::mpsc::unbounded_channel;

use crate::support::stage::{Outcome, Set, Stage, says};

const PLAN: &str = "timezone = \"UTC\"\n[[account]]\nprovider = \"claude-code\"\nplan = \"custom\"\nsession_tokens = 1000\n";
const SOON: Duration = Duration::from_secs(20);

fn set(config: &str) -> Outcome<Set> {
    let mut set = Set::new(config)?;
    set.registry = ALL;
    set.logs_are_watched = true;
    Ok(set)
}

/// A response of so many tokens, appended to a transcript below the projects' folder.
fn respond(home: &Path, file: &str, id: &str, tokens: u64) -> Outcome {
    let line = json!({
        "type": "assistant", "timestamp": "2026-11-23T08:00:00Z", "cwd": "/home/dev/alpha", "sessionId": "s",
        "requestId": id,
        "message": { "id": id, "model": "claude-opus-4-8", "stop_reason": "end_turn",
            "usage": { "input_tokens": tokens, "output_tokens": 0 } },
    });
    let path = home.join(".claude/projects").join(file);
    fs::create_dir_all(path.parent().ok_or("no folder")?)?;
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    Ok(writeln!(file, "{line}")?)
}

async fn watched(more: &str) -> Outcome<(Stage, std::path::PathBuf)> {
    let set = set(&format!("{PLAN}{more}"))?;
    let home = set.home.path().to_owned();
    respond(&home, "alpha/s.jsonl", "one", 100)?;
    let mut stage = set.start().await?;
    stage.says("~10 %").await?;
    Ok((stage, home))
}

#[tokio::test]
async fn a_line_that_is_appended_is_shown_without_the_clock_moving() -> Outcome {
    let (mut stage, home) = watched("").await?;
    respond(&home, "alpha/s.jsonl", "two", 100)?;
    stage.says("~20 %").await?;
    respond(&home, "alpha/s.jsonl", "three", 100)?;
    stage.says("~30 %").await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn new_files_and_folders_within_folders_are_shown_too() -> Outcome {
    let (mut stage, home) = watched("").await?;
    respond(&home, "alpha/t.jsonl", "two", 100)?;
    stage.says("~20 %").await?;
    respond(&home, "beta/s/subagents/agent-a.jsonl", "three", 100)?;
    stage.says("~30 %").await?;
    respond(&home, "beta/s/subagents/agent-a.jsonl", "four", 100)?;
    stage.says("~40 %").await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn folders_that_come_after_the_start_are_found() -> Outcome {
    let set = set(PLAN)?;
    let home = set.home.path().to_owned();
    let mut stage = set.start().await?;
    stage.says("Claude Code").await?;
    stage.obeyed().await?;
    // Somebody installs it: first the folder above, then the logs.
    fs::create_dir(home.join(".claude"))?;
    respond(&home, "alpha/s.jsonl", "one", 100)?;
    stage.says("~10 %").await?;
    // And moves all of it away and back.
    fs::rename(home.join(".claude"), home.join("aside"))?;
    fs::rename(home.join("aside"), home.join(".claude"))?;
    respond(&home, "alpha/s.jsonl", "two", 100)?;
    stage.says("~20 %").await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn an_agent_that_is_installed_while_the_tray_runs_gets_its_account() -> Outcome {
    let set = set("timezone = \"UTC\"\n")?;
    let home = set.home.path().to_owned();
    let mut stage = set.start().await?;
    stage.obeyed().await?;
    respond(&home, "alpha/s.jsonl", "one", 1_000_000)?;
    let view = stage.says("Claude Code").await?;
    assert!(!says(&view.menu, "Gemini CLI"), "{view:?}");
    stage.says("1,000,000").await?;
    fs::create_dir_all(home.join(".gemini/tmp"))?;
    let view = stage.says("Gemini CLI").await?;
    assert!(says(&view.menu, "Claude Code"), "{view:?}");
    // From now on its logs are watched as any.
    respond(&home, "alpha/s.jsonl", "two", 1_000_000)?;
    stage.says("2,000,000").await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn where_nothing_can_be_watched_a_new_agent_is_found_when_time_has_passed() -> Outcome {
    let mut set = set("timezone = \"UTC\"\n")?;
    set.logs_are_watched = false;
    let home = set.home.path().to_owned();
    let mut stage = set.start().await?;
    stage.obeyed().await?;
    respond(&home, "alpha/s.jsonl", "one", 100)?;
    stage.later(TimeDelta::minutes(1))?;
    stage.says("Claude Code").await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn an_agent_that_somebody_switched_off_does_not_come_back_with_its_logs() -> Outcome {
    let off = "[[account]]\nprovider = \"claude-code\"\nenabled = false\n";
    let set = set(&format!("timezone = \"UTC\"\n{off}"))?;
    let home = set.home.path().to_owned();
    let mut stage = set.start().await?;
    stage.obeyed().await?;
    respond(&home, "alpha/s.jsonl", "one", 100)?;
    fs::create_dir_all(home.join(".gemini/tmp"))?;
    let view = stage.says("Gemini CLI").await?;
    assert!(!says(&view.menu, "Claude Code"), "{view:?}");
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn an_agent_that_is_switched_off_wakes_nobody_and_is_whole_when_it_is_switched_on() -> Outcome
{
    let set = set("timezone = \"UTC\"\n")?;
    let home = set.home.path().to_owned();
    respond(&home, "alpha/s.jsonl", "one", 1_000_000)?;
    let mut stage = set.start().await?;
    stage.says("1,000,000").await?;
    let off = "[[account]]\nprovider = \"claude-code\"\nenabled = false\n";
    stage.save(&format!("timezone = \"UTC\"\n{off}"))?;
    stage.view(|view| !says(&view.menu, "Claude Code")).await?;
    respond(&home, "alpha/s.jsonl", "two", 1_000_000)?;
    stage.save("timezone = \"UTC\"\n")?;
    stage.says("2,000,000").await?;
    respond(&home, "alpha/s.jsonl", "three", 1_000_000)?;
    stage.says("3,000,000").await?;
    stage.quit().await?;
    Ok(())
}

#[tokio::test]
async fn an_agent_that_is_dismissed_is_not_heard_until_it_is_looked_at() -> Outcome {
    let home = tempfile::tempdir()?;
    respond(home.path(), "alpha/s.jsonl", "one", 100)?;
    let (desk, mut ear) = desk(home.path())?;
    desk.look(CLAUDE_CODE, Ask::TOTALS)?;
    desk.expect(GEMINI_CLI.id);
    desk.dismiss(CLAUDE_CODE.id);
    assert_eq!(desk.watch(CLAUDE_CODE.id), Watch::Unasked);
    respond(home.path(), "alpha/s.jsonl", "two", 100)?;
    // The home is still watched for the other one.
    let told = until(&desk, &mut ear, &home.path().join("end")).await?;
    assert_eq!(told, [""; 0]);
    desk.look(CLAUDE_CODE, Ask::TOTALS)?;
    respond(home.path(), "alpha/s.jsonl", "three", 100)?;
    let told = tokio::time::timeout(SOON, ear.hear()).await??;
    assert_eq!(desk.heard(&told), [CLAUDE_CODE.id]);
    Ok(())
}

#[tokio::test]
async fn what_an_agent_used_is_shown_when_it_is_gone() -> Outcome {
    let set = set("timezone = \"UTC\"\n")?;
    let home = set.home.path().to_owned();
    respond(&home, "alpha/s.jsonl", "one", 1_000_000)?;
    let mut stage = set.start().await?;
    stage.says("1,000,000").await?;
    fs::remove_dir_all(home.join(".claude"))?;
    stage.save("timezone = \"UTC\"\nrefresh = \"2m\"\n")?;
    stage.obeyed().await?;
    let rest = stage.quit().await?;
    let forgot = |update: &Update| match update {
        Update::View(view) => !says(&view.menu, "1,000,000"),
        _ => false,
    };
    assert!(!rest.iter().any(forgot), "{rest:?}");
    // And after a restart, without the ledger: what is kept of its logs is enough.
    fs::remove_file(home.join("ledger.sqlite"))?;
    let mut stage = set.start().await?;
    stage.says("1,000,000").await?;
    stage.quit().await?;
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_agent_is_heard_however_slowly_it_is_installed() -> Outcome {
    let home = tempfile::tempdir()?;
    let (desk, mut ear) = desk(home.path())?;
    desk.expect(GEMINI_CLI.id);
    assert!(matches!(desk.watch(GEMINI_CLI.id), Watch::Told { .. }));
    let [folder, logs] = [".gemini", ".gemini/tmp"].map(|name| home.path().join(name));
    for again in 0..2 {
        fs::create_dir(&folder)?;
        let nothing = until(&desk, &mut ear, &home.path().join(format!("end-{again}"))).await?;
        assert_eq!(nothing, [""; 0]);
        fs::create_dir(&logs)?;
        let told = tokio::time::timeout(SOON, ear.hear()).await??;
        assert_eq!(desk.heard(&told), [GEMINI_CLI.id], "the {again}th time");
        fs::remove_dir_all(&folder)?;
    }
    // What else is written there is no agent.
    let nothing = until(&desk, &mut ear, &home.path().join("end")).await?;
    assert_eq!(nothing, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn of_many_logs_todays_are_shown_first_and_how_far_the_others_are() -> Outcome {
    let set = set(PLAN)?;
    let home = set.home.path().to_owned();
    respond(&home, "alpha/s.jsonl", "one", 100)?;
    respond(&home, "alpha/old.jsonl", "two", 100)?;
    // Much to read, in which nothing stands.
    let old = fs::OpenOptions::new()
        .append(true)
        .open(home.join(".claude/projects/alpha/old.jsonl"))?;
    let line = [[b' '; 1023].as_slice(), b"\n"].concat();
    (&old).write_all(&line.repeat(65 << 10))?;
    old.set_modified(std::time::UNIX_EPOCH + Duration::from_hours(24))?;
    let mut stage = set.start().await?;
    let view = stage.says("Reading logs: 1 of 2 files").await?;
    assert!(says(&view.menu, "~10 %"), "{view:?}");
    let view = stage.says("~20 %").await?;
    assert!(!says(&view.menu, "Reading logs"), "{view:?}");
    stage.quit().await?;
    Ok(())
}

/// A desk on a home, and its ear.
fn desk(home: &Path) -> Outcome<(Arc<Desk>, Ear)> {
    let desk = Desk::new(Surroundings {
        home: home.to_owned(),
        config_home: home.join(".config"),
        variables: Arc::new(Variables::default()),
        indexes: home.join("agents"),
    });
    let ear = desk.listen().ok_or("nothing can be watched")?;
    Ok((Arc::new(desk), ear))
}

/// The agents that are told until a file of that name is written.
async fn until(desk: &Desk, ear: &mut Ear, end: &Path) -> Outcome<Vec<&'static str>> {
    fs::write(end, "")?;
    let mut told = Vec::new();
    loop {
        let happened = tokio::time::timeout(SOON, ear.hear()).await??;
        told.extend(desk.heard(&happened));
        if happened.contains(&Happened::At(end.to_owned())) {
            return Ok(told);
        }
    }
}

fn message(database: &rusqlite::Connection, id: &str) -> Outcome {
    let data = json!({ "role": "assistant", "modelID": "claude-opus-4-8", "providerID": "anthropic",
        "time": { "created": 1_795_421_400_000_u64 }, "tokens": { "input": 1, "output": 2 } });
    let insert = "INSERT INTO message VALUES (?, 's', 1795421400000, ?)";
    database.execute(insert, (id, data.to_string()))?;
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_written_through_its_log_is_told_and_reading_it_is_not() -> Outcome {
    let home = tempfile::tempdir()?;
    let folder = home.path().join(".local/share/opencode");
    fs::create_dir_all(&folder)?;
    let database = rusqlite::Connection::open(folder.join("opencode.db"))?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    let table = "CREATE TABLE message (id TEXT, session_id TEXT, time_created INTEGER, data TEXT)";
    database.execute_batch(table)?;
    message(&database, "one")?;
    let (desk, mut ear) = desk(home.path())?;
    let requests = || -> Outcome<u64> {
        let seen = desk.look(OPENCODE, Ask::TOTALS)?.ok_or("nothing seen")?;
        Ok(seen.slots.iter().map(|slot| slot.tally.requests).sum())
    };
    assert_eq!(requests()?, 1);
    let nothing = until(&desk, &mut ear, &folder.join("end")).await?;
    assert_eq!(nothing, [""; 0]);
    message(&database, "two")?;
    let told = until(&desk, &mut ear, &folder.join("end-2")).await?;
    assert_eq!(told, [OPENCODE.id]);
    assert_eq!(requests()?, 2);
    let nothing = until(&desk, &mut ear, &folder.join("end-3")).await?;
    assert_eq!(nothing, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn an_agent_that_writes_without_a_pause_costs_two_looks_a_second() -> Outcome {
    let home = tempfile::tempdir()?;
    respond(home.path(), "alpha/s.jsonl", "one", 100)?;
    let (desk, ear) = desk(home.path())?;
    desk.look(CLAUDE_CODE, Ask::TOTALS)?;
    let (commands, mut told) = unbounded_channel();
    let follower = tokio::spawn({
        let desk = Arc::clone(&desk);
        async move { growth::follow(ear, &desk, &commands).await }
    });
    let began = Instant::now();
    let mut looks = 0;
    let mut lines = 0;
    while looks < 3 {
        lines += 1;
        respond(home.path(), "alpha/s.jsonl", &format!("more {lines}"), 1)?;
        if let Ok(command) = told.try_recv() {
            assert_eq!(command, Command::LogsGrew(vec![CLAUDE_CODE.id]));
            looks += 1;
        }
        tokio::task::yield_now().await;
        assert!(began.elapsed() < SOON, "{looks} looks");
    }
    // The third comes no sooner than two pauses after the first.
    assert!(began.elapsed() >= Duration::from_secs(1), "{lines} lines");
    follower.abort();
    Ok(())
}

#[tokio::test]
async fn what_is_watched_is_told() -> Outcome {
    let home = tempfile::tempdir()?;
    respond(home.path(), "alpha/s.jsonl", "one", 100)?;
    let (desk, _ear) = desk(home.path())?;
    assert_eq!(desk.watch(CLAUDE_CODE.id), Watch::Unasked);
    let seen = desk.look(CLAUDE_CODE, Ask::TOTALS)?.ok_or("nothing seen")?;
    assert!(
        matches!(seen.watch, Watch::Told { beyond: 0, .. }),
        "{:?}",
        seen.watch
    );
    desk.deaf(&std::io::Error::other("the system is tired"));
    let Watch::Walked { reason } = desk.watch(CLAUDE_CODE.id) else {
        return Err("it hears no more".into());
    };
    assert_eq!(reason, "the system refuses (the system is tired)");
    Ok(())
}
