//! Amp, Copilot CLI, Droid and pi: each counting rule, and what is wrong costs itself only.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use spendtray::domain::agent::{AgentSlot, Tally};
use spendtray::logs::{Counter, Faults};

use super::stage::{Outcome, agent, look, samples, sum};

/// An agent's home with files in it.
struct Home {
    agent: &'static str,
    variable: &'static str,
    folder: tempfile::TempDir,
}

impl Home {
    fn of(agent: &'static str, variable: &'static str) -> Outcome<Self> {
        Ok(Self {
            agent,
            variable,
            folder: tempfile::tempdir()?,
        })
    }

    fn amp() -> Outcome<Self> {
        Self::of("amp-logs", "AMP_DATA_DIR")
    }

    fn copilot() -> Outcome<Self> {
        Self::of("copilot-logs", "COPILOT_HOME")
    }

    fn droid() -> Outcome<Self> {
        Self::of("droid-logs", "DROID_SESSIONS_DIR")
    }

    fn pi() -> Outcome<Self> {
        Self::of("pi-logs", "PI_AGENT_DIR")
    }

    fn put(&self, file: &str, text: impl AsRef<[u8]>) -> Outcome<()> {
        let path = self.folder.path().join(file);
        fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        fs::write(path, text)?;
        Ok(())
    }

    fn look(&self, counter: &mut Counter) {
        let variables = [(self.variable, self.folder.path())];
        look(counter, Path::new("/none"), &variables);
    }

    fn count(&self) -> Outcome<(Vec<AgentSlot>, Faults)> {
        let mut counter = Counter::open(agent(self.agent)?, None)?;
        self.look(&mut counter);
        Ok((counter.slots(), counter.faults()))
    }

    fn tally(&self) -> Outcome<Tally> {
        Ok(sum(&self.count()?.0))
    }
}

/// Requests, input, cache read, cache written, output.
fn figures(tally: &Tally) -> [u64; 5] {
    let tokens = &tally.tokens;
    [
        tally.requests,
        tokens.input,
        tokens.cached_input,
        tokens.cache_write,
        tokens.output,
    ]
}

#[test]
fn an_amp_thread_that_gets_a_ledger_later_counts_once() -> Outcome<()> {
    let message = r#"{"messageId":1,"usage":{"model":"m","inputTokens":5,"outputTokens":7,
        "cacheReadInputTokens":11,"cacheCreationInputTokens":13,"timestamp":"2026-09-15T14:00:00Z"}}"#;
    let event = r#"{"id":"e","timestamp":"2026-09-15T14:00:00Z","model":"m","tokens":{"input":5,"output":7},"toMessageId":1}"#;
    let other = r#"{"id":"f","timestamp":"2026-09-15T14:00:01Z","model":"n","tokens":{"total":9},"toMessageId":1}"#;
    let home = Home::amp()?;
    home.put("threads/T-1.json", format!(r#"{{"messages":[{message}]}}"#))?;
    let mut counter = Counter::open(agent(home.agent)?, None)?;
    home.look(&mut counter);
    assert_eq!(figures(&sum(&counter.slots())), [1, 5, 11, 13, 7]);
    home.put(
        "threads/T-1.json",
        format!(r#"{{"messages":[{message}],"usageLedger":{{"events":[{event},{other}]}}}}"#),
    )?;
    home.look(&mut counter);
    assert_eq!(figures(&sum(&counter.slots())), [2, 5, 11, 13, 16]);
    Ok(())
}

#[test]
fn one_senseless_message_of_an_amp_thread_costs_itself_only() -> Outcome<()> {
    let home = Home::amp()?;
    home.put(
        "threads/T-1.json",
        b"\xef\xbb\xbf{\"messages\":[7,null,{\"messageId\":1,\"usage\":{\"model\":\"\xff\",\"inputTokens\":\"many\",\"timestamp\":\"2026-09-15T14:00:00Z\"}},\r\n{\"messageId\":2,\"usage\":{\"model\":\"m\",\"inputTokens\":99999999999999999999999,\"timestamp\":1}},{\"messageId\":3,\"usage\":{\"model\":\"m\",\"outputTokens\":4,\"timestamp\":\"2026-09-15T14:00:00Z\"}}],\"usageLedger\":\"none\"}\0",
    )?;
    home.put("threads/T-2.json", "{\"messages\":[{\"messageId\"")?;
    let (slots, faults) = home.count()?;
    assert_eq!(figures(&sum(&slots)), [1, 0, 0, 0, 4]);
    assert_eq!(faults.bad_lines, 2);
    Ok(())
}

#[test]
fn a_droid_session_counts_its_largest_snapshot_on_the_day_it_began() -> Outcome<()> {
    let home = Home::droid()?;
    let snapshot = |output: u64| {
        format!(
            r#"{{"model":"custom:GPT-5.4-[OpenAI]-0","providerLockTimestamp":"2026-09-14T23:50:00Z",
            "tokenUsage":{{"inputTokens":1,"outputTokens":{output},"thinkingTokens":900}}}}"#
        )
    };
    let mut counter = Counter::open(agent(home.agent)?, None)?;
    for output in [5, 50, 20] {
        home.put("-home-dev/s.settings.json", snapshot(output))?;
        home.look(&mut counter);
    }
    let slots = counter.slots();
    assert_eq!(figures(&sum(&slots)), [1, 1, 0, 0, 50]);
    let slot = slots.first().ok_or("no slot")?;
    assert_eq!(slot.model.as_str(), "gpt-5.4");
    assert_eq!(slot.start.to_string(), "2026-09-14 23:45:00 UTC");
    assert_eq!(slot.tally.tokens.reasoning, 50);
    Ok(())
}

#[test]
fn a_droid_session_without_its_beginning_counts_when_it_was_last_written() -> Outcome<()> {
    let home = Home::droid()?;
    home.put(
        "s.settings.json",
        r#"{"tokenUsage":{"outputTokens":3},"providerLockTimestamp":false}"#,
    )?;
    home.put("bad.settings.json", r#"{"tokenUsage":[1]}"#)?;
    home.put("new.settings.json", r#"{"model":"m"}"#)?;
    home.put("s.jsonl", "{\"tokenUsage\":{}}")?;
    let (slots, faults) = home.count()?;
    assert_eq!(figures(&sum(&slots)), [1, 0, 0, 0, 3]);
    assert_eq!(
        slots.first().map(|slot| slot.model.as_str()),
        Some("unknown model")
    );
    assert_eq!(faults.bad_lines, 1);
    Ok(())
}

#[test]
fn senseless_lines_of_pi_cost_themselves_only_and_a_forks_copies_nothing() -> Outcome<()> {
    let home = Home::pi()?;
    let answer = |id: &str, second: u8, usage: &str| {
        format!(
            r#"{{"type":"message","id":"{id}","timestamp":"2026-09-15T14:00:{second:02}Z","message":{{"role":"assistant","model":"m","usage":{usage}}}}}"#
        )
    };
    let good = answer("a", 1, r#"{"input":3,"output":4,"cost":{"total":-1}}"#);
    let same_id = answer("a", 2, r#"{"input":1,"output":1,"cost":{"total":0.5}}"#);
    let bad = answer("b", 3, r#"{"input":1.5}"#);
    let failed = answer("c", 4, r#"{"input":0,"output":0}"#);
    home.put(
        "p/one.jsonl",
        format!("\u{feff}{{\"type\":\"session\",\"id\":\"one\",\"cwd\":\"C:\\\\dev\"}}\r\n{good}\r\n\0\n{bad}\n{failed}\nnonsense\n{same_id}\n{{\"type\":\"mess"),
    )?;
    home.put("p/fork.jsonl", format!("{good}\n"))?;
    let (slots, faults) = home.count()?;
    assert_eq!(figures(&sum(&slots)), [2, 4, 0, 0, 5]);
    assert_eq!(sum(&slots).recorded_usd.to_string(), "0.5");
    assert_eq!(faults.bad_lines, 2);
    Ok(())
}

const HEAD: &str = r#"{"type":"session.start","data":{"sessionId":"s","cwd":"/dev"}}"#;

fn shutdown(minute: u8, input: u64, output: u64) -> String {
    format!(
        r#"{{"type":"session.shutdown","timestamp":"2026-09-15T15:{minute:02}:00Z","data":{{"modelMetrics":{{"m":{{"requests":{{"count":1}},"usage":{{"inputTokens":{input},"outputTokens":{output}}}}}}}}}}}"#
    )
}

#[test]
fn a_copilot_session_counts_what_each_leg_adds_and_anew_behind_a_compaction() -> Outcome<()> {
    let home = Home::copilot()?;
    let compaction = r#"{"type":"session.compaction_complete","data":{"success":true}}"#;
    let failed = r#"{"type":"session.compaction_complete","data":{"success":false}}"#;
    let lines = [
        HEAD.to_owned(),
        shutdown(1, 100, 10),
        failed.to_owned(),
        shutdown(2, 150, 15),
        shutdown(3, 150, 15),
        compaction.to_owned(),
        shutdown(4, 160, 16),
        shutdown(5, 20, 2),
    ];
    let file = "session-state/s/events.jsonl";
    // The same in one look and line by line.
    home.put(file, lines.join("\n") + "\n")?;
    assert_eq!(figures(&home.tally()?), [4, 330, 0, 0, 33]);
    let mut counter = Counter::open(agent(home.agent)?, None)?;
    for end in 1..=lines.len() {
        let text = lines.get(..end).unwrap_or_default().join("\n");
        home.put(file, &text)?;
        home.look(&mut counter);
    }
    assert_eq!(figures(&sum(&counter.slots())), [4, 330, 0, 0, 33]);
    let slots = counter.slots();
    let project = slots.first().and_then(|slot| slot.project.clone());
    assert_eq!(
        project.map(|project| project.to_string()).as_deref(),
        Some("/dev")
    );
    Ok(())
}

#[test]
fn a_copilot_session_that_a_trace_knows_is_not_counted_from_its_events() -> Outcome<()> {
    let home = Home::copilot()?;
    home.put("session-state/s/events.jsonl", shutdown(1, 100, 10) + "\n")?;
    let span = r#"{"traceId":"t","spanId":"x","endTime":[1789480850,0],"attributes":{"gen_ai.operation.name":"chat","gen_ai.conversation.id":"s","gen_ai.response.model":"m","gen_ai.usage.input_tokens":90,"gen_ai.usage.output_tokens":9}}"#;
    home.put("otel/a.jsonl", format!("{span}\n{span}\n"))?;
    assert_eq!(figures(&home.tally()?), [1, 90, 0, 0, 9]);
    Ok(())
}

#[test]
fn a_copilot_summary_counts_only_without_what_it_sums_up() -> Outcome<()> {
    let record = |name: &str, response: &str, output: u64| {
        format!(
            r#"{{"traceId":"t","spanId":"{response}{output}","name":"{name} x","hrTime":[1789480850,5],"attributes":{{"gen_ai.operation.name":"{name}","gen_ai.response.id":"{response}","gen_ai.usage.output_tokens":{output}}}}}"#
        )
    };
    let home = Home::copilot()?;
    let summary = record("invoke_agent", "r2", 30);
    home.put("otel/a.jsonl", format!("{summary}\n"))?;
    let mut counter = Counter::open(agent(home.agent)?, None)?;
    home.look(&mut counter);
    assert_eq!(figures(&sum(&counter.slots())), [1, 0, 0, 0, 30]);
    // What it sums up came later: its last response replaces it, the other one is added.
    let chats = [record("chat", "r1", 10), record("chat", "r2", 20)].join("\n");
    home.put("otel/a.jsonl", format!("{summary}\n{chats}\n"))?;
    home.look(&mut counter);
    assert_eq!(figures(&sum(&counter.slots())), [2, 0, 0, 0, 30]);
    assert_eq!(figures(&home.tally()?), [2, 0, 0, 0, 30]);
    Ok(())
}

/// A store of Copilot CLI with these statements done to it.
fn store(home: &Home, statements: &str) -> Outcome<rusqlite::Connection> {
    let database = rusqlite::Connection::open(home.folder.path().join("session-store.db"))?;
    database.execute_batch(statements)?;
    Ok(database)
}

#[test]
fn a_copilot_store_of_another_version_is_read_as_far_as_it_goes_and_a_bad_row_costs_itself_only()
-> Outcome<()> {
    let home = Home::copilot()?;
    let _open = store(
        &home,
        "PRAGMA journal_mode = WAL;
        CREATE TABLE assistant_usage_events(session_id, model, input_tokens, output_tokens, created_at);
        INSERT INTO assistant_usage_events VALUES
            ('s', 'm', 10, 1, '2026-09-15 15:00:00'), ('s', 'm', 10, 1, '2026-09-15 15:00:00'),
            (NULL, NULL, 5, 1, 1789480800000), ('s', 'm', 'many', 1, '2026-09-15 15:00:00'),
            ('s', 'm', -1, 1, '2026-09-15 15:00:00'), ('s', 'm', 7, 1, x'00ff'), ('s', 'm', 7, 1, 'noon'),
            (CAST(x'ff' AS TEXT), 'm', 3, 2, '2026-09-15T15:00:00Z'), ('s', 'm', 0, 0, '');",
    )?;
    let (slots, faults) = home.count()?;
    assert_eq!(figures(&sum(&slots)), [4, 28, 0, 0, 5]);
    assert_eq!(faults.bad_lines, 4);
    let other = Home::copilot()?;
    drop(store(&other, "CREATE TABLE something_else(id)")?);
    assert_eq!(other.count()?.1, Faults::default());
    other.put("session-store.db", "no database")?;
    assert_eq!(other.count()?.1.unreadable, 1);
    Ok(())
}

#[test]
fn a_leg_that_ended_before_the_store_knew_the_session_is_counted_beside_it() -> Outcome<()> {
    let home = Home::copilot()?;
    let legs = [shutdown(1, 100, 10), shutdown(9, 300, 30)].join("\n");
    home.put("session-state/s/events.jsonl", legs + "\n")?;
    drop(store(
        &home,
        "CREATE TABLE assistant_usage_events(session_id, model, input_tokens, output_tokens, created_at);
        INSERT INTO assistant_usage_events VALUES ('s', 'm', 150, 15, '2026-09-15T15:05:00Z');",
    )?);
    assert_eq!(figures(&home.tally()?), [2, 250, 0, 0, 25]);
    Ok(())
}

/// The lines and documents that all of these agents' readers must bear.
fn seeds() -> Outcome<Vec<(&'static str, &'static str, Vec<u8>)>> {
    let read = |path: &str| fs::read(samples().join(path));
    let session = "pi/sessions/--home-dev--/2026-09-15T14-00-00_pi-1.jsonl";
    Ok(vec![
        (
            "amp-logs",
            "threads/T-0001.json",
            read("amp/threads/T-0001.json")?,
        ),
        (
            "droid-logs",
            "s-1.settings.json",
            read("droid/sessions/-home-dev/s-1.settings.json")?,
        ),
        ("pi-logs", "p/one.jsonl", read(session)?),
        (
            "copilot-logs",
            "session-state/cs-1/events.jsonl",
            read("copilot/home/.copilot/session-state/cs-1/events.jsonl")?,
        ),
        (
            "copilot-logs",
            "otel/a.jsonl",
            read("copilot/home/.copilot/otel/copilot-20260915.jsonl")?,
        ),
        (
            "copilot-logs",
            "session-store.db",
            read("copilot/home/.copilot/session-store.db")?,
        ),
    ])
}

/// Damage to a file: what is put where.
fn damage() -> impl Strategy<Value = (usize, Vec<u8>)> {
    let pieces = prop::sample::select(vec![
        b"\0".to_vec(),
        b"\r\n".to_vec(),
        b"\n".to_vec(),
        b"\xff\xfe".to_vec(),
        b"\"".to_vec(),
        b"}".to_vec(),
        b"[".to_vec(),
        b"null".to_vec(),
        b"-1".to_vec(),
        b"99999999999999999999".to_vec(),
        b"1e400".to_vec(),
        b"18446744073709551615".to_vec(),
    ]);
    (any::<usize>(), pieces)
}

#[test]
fn no_damage_to_a_file_stops_a_reader_and_reading_it_again_changes_nothing() -> Outcome<()> {
    let seeds = seeds()?;
    let config = Config {
        cases: 150,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, random);
    let strategy = (
        0..seeds.len(),
        prop::collection::vec(damage(), 1..6),
        prop::option::of(any::<usize>()),
    );
    runner.run(&strategy, |(seed, damages, cut)| {
        let fail = |error: Box<dyn std::error::Error>| TestCaseError::fail(error.to_string());
        let Some((id, file, text)) = seeds.get(seed) else {
            return Ok(());
        };
        let mut text = text.clone();
        for (at, piece) in damages {
            let at = at % (text.len() + 1);
            text.splice(at..at, piece);
        }
        if let Some(cut) = cut {
            text.truncate(cut % (text.len() + 1));
        }
        let variable = match *id {
            "amp-logs" => "AMP_DATA_DIR",
            "droid-logs" => "DROID_SESSIONS_DIR",
            "pi-logs" => "PI_AGENT_DIR",
            _ => "COPILOT_HOME",
        };
        let home = Home::of(id, variable).map_err(fail)?;
        home.put(file, &text).map_err(fail)?;
        let mut counter = Counter::open(agent(id).map_err(fail)?, None)
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        home.look(&mut counter);
        let once = counter.slots();
        home.put(file, &text).map_err(fail)?;
        home.look(&mut counter);
        prop_assert_eq!(once, counter.slots());
        Ok(())
    })?;
    Ok(())
}
