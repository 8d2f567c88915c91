//! A home with logs in it, and the counters that look at them.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use spendtray::domain::agent::{AgentSlot, Tally};
use spendtray::domain::variables::Variables;
use spendtray::logs::{ALL, Agent, Counter, Places};

/// What the tests' functions return.
pub(super) type Outcome<T> = Result<T, Box<dyn Error>>;

/// The agent with that id.
pub(super) fn agent(id: &str) -> Outcome<&'static Agent> {
    let found = ALL.iter().find(|agent| agent.id == id);
    found
        .copied()
        .ok_or_else(|| format!("no agent {id}").into())
}

/// The folder of the samples.
pub(super) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/logs")
}

/// Looks at the logs below a home.
pub(super) fn look(counter: &mut Counter, home: &Path, variables: &[(&str, &Path)]) -> u64 {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let variables: Variables = variables
        .iter()
        .map(|(name, path)| ((*name).to_owned(), text(path)))
        .collect();
    let places = Places {
        home,
        config_home: &home.join(".config"),
        variables: &variables,
    };
    counter.look(&places, &mut |_| {}).bytes
}

/// What an agent's logs below a home say, without an index.
pub(super) fn slots(id: &str, home: &Path, variables: &[(&str, &Path)]) -> Outcome<Vec<AgentSlot>> {
    let mut counter = Counter::open(agent(id)?, None)?;
    look(&mut counter, home, variables);
    Ok(counter.slots())
}

/// The sum of slots.
pub(super) fn sum(slots: &[AgentSlot]) -> Tally {
    let mut sum = Tally::default();
    for slot in slots {
        sum.add(&slot.tally);
    }
    sum
}

/// Copies a folder with all in it.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
