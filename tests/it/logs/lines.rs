//! Any bytes as a line of a log: nothing panics, and a broken line costs only itself.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed};
use spendtray::logs::Counter;

use super::stage::{Outcome, agent, look, samples};

/// What is done to a line.
#[derive(Debug, Clone)]
enum Wound {
    Flip(Index, u8),
    Cut(Index),
    Drop(Index, usize),
    Twice(Index, usize),
    Put(Index, Vec<u8>),
}

fn wound() -> impl Strategy<Value = Wound> {
    let json = prop::sample::select(b"{}[]\":,\\0 9-e\"usage\"null".to_vec());
    prop_oneof![
        (any::<Index>(), 1_u8..).prop_map(|(at, mask)| Wound::Flip(at, mask)),
        any::<Index>().prop_map(Wound::Cut),
        (any::<Index>(), 1_usize..40).prop_map(|(at, length)| Wound::Drop(at, length)),
        (any::<Index>(), 1_usize..400).prop_map(|(at, length)| Wound::Twice(at, length)),
        (any::<Index>(), prop::collection::vec(json, 1..9))
            .prop_map(|(at, put)| Wound::Put(at, put)),
    ]
}

fn wounded(line: &[u8], wounds: &[Wound]) -> Vec<u8> {
    let mut line = line.to_vec();
    for wound in wounds {
        if line.is_empty() {
            break;
        }
        let place = |at: &Index| at.index(line.len());
        match wound {
            Wound::Flip(at, mask) => {
                let at = place(at);
                line[at] ^= mask;
            }
            Wound::Cut(at) => line.truncate(at.index(line.len())),
            Wound::Drop(at, length) => {
                let at = place(at);
                line.drain(at..line.len().min(at + length));
            }
            Wound::Twice(at, length) => {
                let at = place(at);
                let piece = line[at..line.len().min(at + length)].to_vec();
                line.splice(at..at, piece);
            }
            Wound::Put(at, put) => {
                let at = place(at);
                line.splice(at..at, put.clone());
            }
        }
    }
    line.retain(|byte| *byte != b'\n');
    line
}

/// An agent's log file, a line's two good neighbours, and how its sample lines are found.
struct Log {
    id: &'static str,
    variable: &'static str,
    file: &'static str,
    neighbours: [&'static str; 2],
    samples: &'static str,
}

/// The output that only the neighbours have.
const OUTPUTS: [u64; 2] = [77_700_001, 77_700_002];

const LOGS: [Log; 3] = [
    Log {
        id: "claude-code",
        variable: "CLAUDE_CONFIG_DIR",
        file: "projects/alpha/s.jsonl",
        neighbours: [
            r#"{"type":"assistant","uuid":"n1","timestamp":"2026-09-15T10:00:00.000Z","requestId":"rn1","message":{"id":"mn1","model":"m","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":77700001}}}"#,
            r#"{"parentUuid":"n1","message":{"id":"mn2","model":"m","content":[{"type":"text","text":"b"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":77700002}},"requestId":"rn2","type":"assistant","uuid":"n2","timestamp":"2026-09-15T10:01:00.000Z"}"#,
        ],
        samples: "claude-code",
    },
    Log {
        id: "codex-logs",
        variable: "CODEX_HOME",
        file: "sessions/2026/09/15/rollout-2026-09-15T10-00-00-n.jsonl",
        neighbours: [
            r#"{"timestamp":"2026-09-15T10:00:00.000Z","type":"token_usage_record","payload":{"response_id":"n1","usage":{"input_tokens":1,"output_tokens":77700001}}}"#,
            r#"{"timestamp":"2026-09-15T10:01:00.000Z","type":"token_usage_record","payload":{"response_id":"n2","usage":{"input_tokens":1,"output_tokens":77700002}}}"#,
        ],
        samples: "codex",
    },
    Log {
        id: "gemini-logs",
        variable: "GEMINI_CLI_HOME",
        file: ".gemini/tmp/p/chats/session-n.jsonl",
        neighbours: [
            r#"{"id":"n1","timestamp":"2026-09-15T10:00:00.000Z","type":"gemini","model":"m","tokens":{"input":1,"output":77700001,"total":77700002}}"#,
            r#"{"id":"n2","timestamp":"2026-09-15T10:01:00.000Z","type":"gemini","model":"m","tokens":{"input":1,"output":77700002,"total":77700003}}"#,
        ],
        samples: "gemini",
    },
];

/// Every line of every sample file below a folder that is not too long to be tried often.
fn lines(folder: &Path) -> Outcome<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Outcome<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(lines(&path)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            let text = fs::read(path)?;
            let all = text.split(|byte| *byte == b'\n');
            found.extend(
                all.filter(|line| (1..5000).contains(&line.len()))
                    .map(<[u8]>::to_vec),
            );
        }
    }
    Ok(found)
}

/// The outputs of what is counted of a file of these lines.
fn outputs(log: &Log, home: &Path, lines: &[&[u8]]) -> Outcome<Vec<u64>> {
    let file = home.join(log.file);
    fs::create_dir_all(file.parent().ok_or("no folder")?)?;
    fs::write(&file, lines.join(&b'\n'))?;
    let mut counter = Counter::open(agent(log.id)?, None)?;
    look(&mut counter, Path::new("/none"), &[(log.variable, home)]);
    let mut outputs = Vec::new();
    counter.each_response(DateTime::UNIX_EPOCH, &mut |response| {
        outputs.push(response.tally.tokens.output);
    })?;
    Ok(outputs)
}

fn config() -> Config {
    Config {
        cases: 600,
        rng_seed: RngSeed::Fixed(20_261_125),
        failure_persistence: None,
        ..Config::default()
    }
}

#[test]
fn a_broken_line_costs_only_itself() -> Outcome<()> {
    for log in LOGS {
        let lines = lines(&samples().join(log.samples))?;
        assert!(lines.len() > 5, "{}", log.id);
        let home = tempfile::tempdir()?;
        let broken = (any::<Index>(), prop::collection::vec(wound(), 1..4));
        let mut runner = proptest::test_runner::TestRunner::new(config());
        runner.run(&broken, |(which, wounds)| {
            let sample: &Vec<u8> = which.get(&lines);
            let line = wounded(sample, &wounds);
            let [one, other] = log.neighbours.map(str::as_bytes);
            let found = outputs(&log, home.path(), &[one, &line, other, b""])
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            let text = String::from_utf8_lossy(&line);
            for output in OUTPUTS {
                prop_assert!(found.contains(&output), "{}: {text}", log.id);
            }
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn any_bytes_are_a_log_and_nothing_panics() -> Outcome<()> {
    for log in LOGS {
        let home = tempfile::tempdir()?;
        let mut runner = proptest::test_runner::TestRunner::new(config());
        let bytes = prop::collection::vec(any::<u8>(), 0..400);
        runner.run(&bytes, |bytes| {
            outputs(&log, home.path(), &[&bytes])
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn a_broken_document_costs_only_itself() -> Outcome<()> {
    let home = tempfile::tempdir()?;
    let folder = home.path().join("storage/message/s");
    fs::create_dir_all(&folder)?;
    let message = |id: &str, output: u64| {
        format!(
            r#"{{"id":"{id}","sessionID":"s","role":"assistant","providerID":"p","modelID":"m","time":{{"created":1789466400000,"completed":1789466401000}},"cost":0.5,"tokens":{{"input":1,"output":{output},"reasoning":0,"cache":{{"read":0,"write":0}}}}}}"#
        )
    };
    fs::write(folder.join("a.json"), message("a", OUTPUTS[0]))?;
    fs::write(folder.join("z.json"), message("z", OUTPUTS[1]))?;
    let sample = message("m", 5);
    let mut runner = proptest::test_runner::TestRunner::new(config());
    runner.run(&prop::collection::vec(wound(), 1..4), |wounds| {
        let broken = wounded(sample.as_bytes(), &wounds);
        let count = || -> Outcome<Vec<u64>> {
            fs::write(folder.join("m.json"), &broken)?;
            let mut counter = Counter::open(agent("opencode-logs")?, None)?;
            let places = [("OPENCODE_DATA_DIR", home.path())];
            look(&mut counter, Path::new("/none"), &places);
            let slots = counter.slots();
            Ok(slots.iter().map(|slot| slot.tally.tokens.output).collect())
        };
        let found = count().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let sum: u64 = found.iter().sum();
        prop_assert!(
            sum >= OUTPUTS[0] + OUTPUTS[1],
            "{}",
            String::from_utf8_lossy(&broken)
        );
        Ok(())
    })?;
    Ok(())
}
