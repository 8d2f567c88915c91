//! The counters of all agents in one place, so that a resident program keeps them between two looks.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::domain::agent::AgentSlot;
use crate::domain::variables::Variables;
use crate::logs::{ALL, Agent, Counter, Faults, FreshFirst, Places, Progress};

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
    /// All usage that was ever counted since the instant asked for, by quarter of an hour.
    pub slots: Vec<AgentSlot>,
    /// What was wrong.
    pub faults: Faults,
    /// Why the index could not be kept. `None`: it was, or nothing was new.
    pub unsaved: Option<String>,
}

/// Told after every file.
pub type Watch<'a> = &'a mut dyn FnMut(Progress);

/// Handed what was used since the instant asked for, as soon as that is known; a break leaves the rest for the next look.
pub type Fresh<'a> = &'a mut dyn FnMut(&[AgentSlot]) -> ControlFlow<()>;

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
        self.look_since(agent, DateTime::UNIX_EPOCH)
    }

    /// The same, with the usage of quarters that start at an instant or later.
    ///
    /// # Errors
    /// When the agent's index is there and cannot be opened.
    pub fn look_since(&self, agent: &'static Agent, since: DateTime<Utc>) -> io::Result<Seen> {
        self.look_fresh_first(
            agent,
            since,
            (&mut |_| {}, &mut |_| ControlFlow::Continue(())),
        )
    }

    /// The same, and the files written since then are read first: when that is done, `fresh` is handed the usage since
    /// then, and may break off; `watch` is told after every file.
    ///
    /// # Errors
    /// When the agent's index is there and cannot be opened.
    pub fn look_fresh_first(
        &self,
        agent: &'static Agent,
        since: DateTime<Utc>,
        (watch, fresh): (Watch<'_>, Fresh<'_>),
    ) -> io::Result<Seen> {
        self.with(agent, since, |counter, places| {
            let order = FreshFirst {
                since,
                watch,
                fresh: &mut |counter, _| fresh(&counter.slots_since(since)),
            };
            counter.look_fresh_first(places, order);
        })
    }

    /// Reads what changed in these files only, as a watcher tells them, and keeps it.
    ///
    /// # Errors
    /// When the agent's index is there and cannot be opened.
    pub fn look_at(
        &self,
        agent: &'static Agent,
        since: DateTime<Utc>,
        paths: &[PathBuf],
    ) -> io::Result<Seen> {
        self.with(agent, since, |counter, places| {
            counter.look_at(places, paths, &mut |_| {});
        })
    }

    /// The folders below which the agent's logs lie: what a watcher would watch.
    #[must_use]
    pub fn roots(&self, agent: &'static Agent) -> Vec<PathBuf> {
        (agent.roots)(&self.places())
    }

    fn with(
        &self,
        agent: &'static Agent,
        since: DateTime<Utc>,
        look: impl FnOnce(&mut Counter, &Places<'_>),
    ) -> io::Result<Seen> {
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
        look(&mut counter, &self.places());
        let unsaved = counter.save().err().map(|error| error.to_string());
        let seen = Seen {
            slots: counter.slots_since(since),
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
