//! Indexes of older versions: nothing of them is lost, and nothing counted twice.

use std::fs;
use std::path::{Path, PathBuf};

use spendtray::domain::agent::Tally;
use spendtray::logs::Counter;

use super::stage::{Outcome, agent, look, samples, sum};

/// An index of version 1 of an agent, and the logs it was made from.
const CASES: [(&str, &str, &str); 3] = [
    (
        "claude-code",
        "CLAUDE_CONFIG_DIR",
        "claude-code/c15-rewrite/step2",
    ),
    ("codex-logs", "CODEX_HOME", "codex/x03-fork-replay"),
    ("opencode-logs", "OPENCODE_DATA_DIR", "opencode/data"),
];

/// What it held.
fn held(id: &str) -> (u64, u64) {
    match id {
        "claude-code" => (6, 910),
        "codex-logs" => (7, 3050),
        _ => (6, 1200),
    }
}

fn figures(tally: &Tally) -> (u64, u64) {
    (tally.requests, tally.tokens.output)
}

/// A copy of the index that the first version wrote of an agent.
fn index_of_version_1(id: &str, home: &Path) -> Outcome<PathBuf> {
    let index = home.join("index");
    let kept = samples().join(format!("index-of-version-1/{id}.index"));
    fs::copy(kept, &index)?;
    Ok(index)
}

#[test]
fn an_index_of_version_1_is_read_and_written_anew_when_its_logs_are_gone() -> Outcome<()> {
    for (id, _, _) in CASES {
        let home = tempfile::tempdir()?;
        let index = index_of_version_1(id, home.path())?;
        let mut counter = Counter::open(agent(id)?, Some(index.clone()))?;
        assert_eq!(counter.faults().damaged_indexes, 0, "{id}");
        let before = sum(&counter.slots());
        assert_eq!(figures(&before), held(id), "{id}");
        look(&mut counter, home.path(), &[]);
        counter.save()?;
        let again = Counter::open(agent(id)?, Some(index.clone()))?;
        assert_eq!(sum(&again.slots()), before, "{id}");
        assert_eq!(again.slots(), counter.slots(), "{id}");
        assert_eq!(fs::read(&index)?.get(7), Some(&2), "{id}");
    }
    Ok(())
}

#[test]
fn what_an_index_of_version_1_knows_is_not_counted_again() -> Outcome<()> {
    for (id, variable, logs) in CASES {
        let home = tempfile::tempdir()?;
        let index = index_of_version_1(id, home.path())?;
        let logs = home.path().join("logs").join(logs);
        super::stage::copy(
            &samples().join(logs.strip_prefix(home.path().join("logs"))?),
            &logs,
        )?;
        let mut counter = Counter::open(agent(id)?, Some(index))?;
        let before = sum(&counter.slots());
        let read = look(&mut counter, Path::new("/none"), &[(variable, &logs)]);
        assert!(read > 0, "{id}: the logs are not read again");
        assert_eq!(sum(&counter.slots()), before, "{id}");
    }
    Ok(())
}
