//! The counters of all agents in one place, so that a resident program keeps them between two looks.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::agent::AgentSlot;
use crate::domain::variables::Variables;
use crate::logs::{ALL, Agent, Counter, Faults, Places};

/// Where logs lie and where their indexes are kept.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The user's home.
    pub home: PathBuf,
    /// The folder of all programs' configuration.
    pub config_home: PathBuf,
    /// The environment's variables.
    pub variables: Arc<Variables>,
    /// The folder of the indexes.
    pub indexes: PathBuf,
}

/// Looks at agents' logs, one look an agent at a time.
pub struct Desk {
    surroundings: Surroundings,
    counters: Mutex<BTreeMap<&'static str, Arc<Mutex<Option<Counter>>>>>,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// All usage that was ever counted, by quarter of an hour.
    pub slots: Vec<AgentSlot>,
    /// How many files there are.
    pub files: u64,
    /// What was wrong.
    pub faults: Faults,
    /// Why the index could not be kept. `None`: it was, or nothing was new.
    pub unsaved: Option<String>,
}

impl Desk {
    /// A desk that has not looked yet.
    #[must_use]
    pub const fn new(surroundings: Surroundings) -> Self {
        Self {
            surroundings,
            counters: Mutex::new(BTreeMap::new()),
        }
    }

    /// Whether there are logs, or an index that outlived them, of the agent with that id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        let agent = ALL.iter().find(|agent| agent.id == id);
        agent.is_some_and(|agent| agent.is_here(&self.places()) || self.index(agent).exists())
    }

    /// Reads what changed and keeps it. It blocks; the first look at gigabytes takes a second.
    ///
    /// # Errors
    /// When the agent's index is there and cannot be opened.
    pub fn look(&self, agent: &'static Agent) -> io::Result<Seen> {
        let counter = {
            let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(counters.entry(agent.id).or_default())
        };
        let mut place = counter.lock().unwrap_or_else(PoisonError::into_inner);
        // A look that was broken off by a fault leaves nothing behind that could be half done.
        let mut counter = match place.take() {
            Some(counter) => counter,
            None => Counter::open(agent, Some(self.index(agent)))?,
        };
        let files = counter.look(&self.places(), &mut |_| {}).files;
        let unsaved = counter.save().err().map(|error| error.to_string());
        let seen = Seen {
            slots: counter.slots(),
            files,
            faults: counter.faults(),
            unsaved,
        };
        *place = Some(counter);
        Ok(seen)
    }

    fn index(&self, agent: &Agent) -> PathBuf {
        self.surroundings
            .indexes
            .join(format!("{}.index", agent.id))
    }

    fn places(&self) -> Places<'_> {
        Places {
            home: &self.surroundings.home,
            config_home: &self.surroundings.config_home,
            variables: &self.surroundings.variables,
        }
    }
}
