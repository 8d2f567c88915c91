//! What the samples of Codex leave open.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use spendtray::logs::Counter;

use super::stage::{Outcome, agent, look, sum};

const PARENT: &str = "0199c0de-0003-7000-8000-000000000003";
const CHILD: &str = "0199c0de-0004-7000-8000-000000000004";

fn at(second: u32, kind: &str, payload: &Value) -> Value {
    json!({ "timestamp": format!("2026-09-15T12:00:{second:02}Z"), "type": kind, "payload": payload })
}

fn total(second: u32, input: u64, output: u64) -> Value {
    let usage = json!({ "input_tokens": input, "output_tokens": output });
    at(
        second,
        "event_msg",
        &json!({ "type": "token_count", "info": { "total_token_usage": usage } }),
    )
}

fn write(home: &Path, thread: &str, lines: &[Value]) -> Outcome<()> {
    let folder = home.join("sessions/2026/09/15");
    fs::create_dir_all(&folder)?;
    let text: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(
        folder.join(format!("rollout-2026-09-15T12-00-00-{thread}.jsonl")),
        text.concat(),
    )?;
    Ok(())
}

fn counted(counter: &mut Counter, home: &Path) -> (u64, u64) {
    look(counter, Path::new("/none"), &[("CODEX_HOME", home)]);
    let tally = sum(&counter.slots());
    (tally.requests, tally.tokens.input)
}

#[test]
fn a_fork_of_an_old_version_counts_only_what_its_parent_does_not_know() -> Outcome<()> {
    let home = tempfile::tempdir()?;
    let head = |id: &str, parent: Value| {
        at(
            0,
            "session_meta",
            &json!({ "id": id, "forked_from_id": parent, "timestamp": "2026-09-15T12:00:00Z" }),
        )
    };
    write(
        home.path(),
        PARENT,
        &[
            head(PARENT, Value::Null),
            total(1, 100, 10),
            total(2, 300, 30),
        ],
    )?;
    let mut lines = vec![
        head(CHILD, PARENT.into()),
        total(31, 100, 10),
        total(32, 300, 30),
        total(40, 350, 40),
    ];
    write(home.path(), CHILD, &lines)?;
    let mut counter = Counter::open(agent("codex-logs")?, None)?;
    assert_eq!(counted(&mut counter, home.path()), (3, 350));
    lines.push(total(50, 400, 50));
    write(home.path(), CHILD, &lines)?;
    assert_eq!(counted(&mut counter, home.path()), (4, 400));
    Ok(())
}

#[test]
fn a_rollout_that_grows_is_continued_from_its_last_total_also_by_another_process() -> Outcome<()> {
    let home = tempfile::tempdir()?;
    let index = home.path().join("state/codex.index");
    let head = at(
        0,
        "session_meta",
        &json!({ "id": PARENT, "timestamp": "2026-09-15T12:00:00Z" }),
    );
    let mut lines = vec![
        head,
        at(0, "turn_context", &json!({ "model": "gpt-5.5" })),
        total(1, 100, 10),
    ];
    for step in 2_u32..6 {
        write(home.path(), PARENT, &lines)?;
        let mut counter = Counter::open(agent("codex-logs")?, Some(index.clone()))?;
        assert_eq!(
            counted(&mut counter, home.path()),
            (u64::from(step - 1), u64::from(step - 1) * 100)
        );
        assert!(
            counter
                .slots()
                .iter()
                .all(|slot| slot.model.as_str() == "gpt-5.5")
        );
        counter.save()?;
        lines.push(total(step, u64::from(step) * 100, u64::from(step) * 10));
    }
    Ok(())
}

#[test]
fn an_old_thread_that_goes_on_under_a_version_with_records_is_counted_once() -> Outcome<()> {
    let home = tempfile::tempdir()?;
    let record = |second, id: &str, input: u64, thread: u64| {
        at(
            second,
            "token_usage_record",
            &json!({
                "response_id": id, "usage": { "input_tokens": input, "output_tokens": 1 },
                "thread_token_usage": { "input_tokens": thread, "output_tokens": 1 + thread / 100 },
            }),
        )
    };
    let head = at(
        0,
        "session_meta",
        &json!({ "id": PARENT, "timestamp": "2026-09-15T12:00:00Z" }),
    );
    let lines = [
        head,
        total(1, 100, 2),
        record(2, "r1", 50, 150),
        total(2, 150, 3),
        record(3, "r2", 60, 210),
        total(3, 210, 4),
    ];
    write(home.path(), PARENT, &lines)?;
    let mut counter = Counter::open(agent("codex-logs")?, None)?;
    assert_eq!(counted(&mut counter, home.path()), (3, 210));
    Ok(())
}
