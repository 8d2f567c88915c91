//! The counters of all agents in one place, so that a resident program keeps them between two looks.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::agent::{AgentResponse, AgentSlot};
use crate::domain::ids::{ModelId, ProjectId};
use crate::domain::quota::QuotaReport;
use crate::domain::usage::SlotWidth;
use crate::domain::variables::Variables;
use crate::logs::told::{LogsSince, Told};
use crate::logs::{ALL, Agent, Counter, Faults, Places, Progress, ResponseView};

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
    agents: Mutex<BTreeMap<&'static str, Arc<Mutex<Watched>>>>,
    /// Tells this desk's revisions from another's.
    name: u64,
}

/// An agent between two looks.
#[derive(Default)]
struct Watched {
    counter: Option<Counter>,
    told: Option<Told>,
    /// How often a look brought something.
    revision: u64,
    faults: Faults,
    unsaved: Option<String>,
}

/// What is asked of a look.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The revision whose figures are known already. `None`: none is.
    pub known: Option<&'a str>,
    /// From when on single responses are wanted.
    pub responses_since: DateTime<Utc>,
    /// They are read only when something was used since then: reading them takes longer than the totals do.
    pub if_used_since: DateTime<Utc>,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// All usage that was ever counted, by quarter of an hour.
    pub slots: Vec<AgentSlot>,
    /// The responses since the instant asked for, in no order. `None`: nothing was used lately, so they were not read.
    pub responses: Option<Vec<AgentResponse>>,
    /// What the vendor told the agent of its quotas. `None`: nothing.
    pub quota: Option<QuotaReport>,
    /// Names the state of things: as long as it is the same, nothing changed.
    pub revision: String,
    /// What was wrong.
    pub faults: Faults,
    /// Why the index could not be kept. `None`: it was, or nothing was new.
    pub unsaved: Option<String>,
}

impl Desk {
    /// A desk that has not looked yet.
    #[must_use]
    pub fn new(surroundings: Surroundings) -> Self {
        Self {
            surroundings,
            agents: Mutex::default(),
            name: RandomState::new().hash_one(0),
        }
    }

    /// Whether there are logs, or an index that outlived them, of the agent with that id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        let agent = ALL.iter().find(|agent| agent.id == id);
        agent.is_some_and(|agent| agent.is_here(&self.places()) || self.index(agent).exists())
    }

    /// Reads what changed and keeps it. `None`: nothing changed since the known revision. It blocks; the first look at
    /// gigabytes takes a second.
    ///
    /// # Errors
    /// When the agent's index is there and cannot be read.
    pub fn look(&self, agent: &'static Agent, ask: Ask<'_>) -> io::Result<Option<Seen>> {
        let watched = self.watched(agent);
        let mut watched = hold(&watched);
        let looked = self.look_now(agent, &mut watched, &mut |_| {});
        if looked.is_err() {
            // Whoever saw this fail must be told anew when it goes well again.
            watched.revision += 1;
        }
        looked?;
        let revision = format!("{:016x}.{}", self.name, watched.revision);
        if ask.known == Some(&revision) {
            return Ok(None);
        }
        let slots = watched
            .counter
            .as_ref()
            .map_or_else(Vec::new, Counter::slots);
        let quarter = TimeDelta::seconds(SlotWidth::QuarterHour.seconds());
        let is_recent = |slot: &AgentSlot| slot.start + quarter > ask.if_used_since;
        let responses = if slots.iter().any(is_recent) {
            Some(watched.responses(ask.responses_since)?)
        } else {
            None
        };
        Ok(Some(Seen {
            slots,
            responses,
            quota: quota_of(watched.told.as_ref()).cloned(),
            revision,
            faults: watched.faults,
            unsaved: watched.unsaved.clone(),
        }))
    }

    /// Reads what changed and keeps it, and tells after every file how far it has come. It blocks as [`Self::look`] does.
    ///
    /// # Errors
    /// When the agent's index is there and cannot be read.
    pub fn catch_up(
        &self,
        agent: &'static Agent,
        watch: &mut dyn FnMut(Progress),
    ) -> io::Result<()> {
        let watched = self.watched(agent);
        let mut watched = hold(&watched);
        self.look_now(agent, &mut watched, watch)
    }

    /// Every response of an agent, in no order. It looks first, and blocks as [`Self::look`] does.
    ///
    /// # Errors
    /// When the agent's index is there and cannot be read.
    pub fn responses(&self, agent: &'static Agent) -> io::Result<Vec<AgentResponse>> {
        let watched = self.watched(agent);
        let mut watched = hold(&watched);
        self.look_now(agent, &mut watched, &mut |_| {})?;
        watched.responses(DateTime::<Utc>::MIN_UTC)
    }

    fn watched(&self, agent: &Agent) -> Arc<Mutex<Watched>> {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(agents.entry(agent.id).or_default())
    }

    fn look_now(
        &self,
        agent: &'static Agent,
        watched: &mut Watched,
        watch: &mut dyn FnMut(Progress),
    ) -> io::Result<()> {
        let is_first = watched.counter.is_none();
        // A look that was broken off by a fault leaves nothing behind that could be half done.
        let mut counter = match watched.counter.take() {
            Some(counter) => counter,
            None => Counter::open(agent, Some(self.index(agent)))?,
        };
        let places = self.places();
        let progress = counter.look(&places, watch);
        let unsaved = counter.save().err().map(|error| error.to_string());
        let logs = if is_first || progress.changed > 0 {
            LogsSince::Changed
        } else {
            LogsSince::Same
        };
        let told = (agent.told)(&places, watched.told.as_ref(), logs);
        let faults = counter.faults();
        let is_news = logs == LogsSince::Changed
            || quota_of(told.as_ref()) != quota_of(watched.told.as_ref())
            || faults != watched.faults
            || unsaved != watched.unsaved;
        watched.revision += u64::from(is_news);
        watched.counter = Some(counter);
        (watched.told, watched.faults, watched.unsaved) = (told, faults, unsaved);
        Ok(())
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

impl Watched {
    fn responses(&self, since: DateTime<Utc>) -> io::Result<Vec<AgentResponse>> {
        let mut responses = Vec::new();
        if let Some(counter) = &self.counter {
            counter.each_response(&mut |view| {
                if view.at >= since.timestamp() {
                    responses.extend(response(&view));
                }
            })?;
        }
        Ok(responses)
    }
}

fn hold(watched: &Mutex<Watched>) -> MutexGuard<'_, Watched> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}

fn quota_of(told: Option<&Told>) -> Option<&QuotaReport> {
    told.and_then(Told::quota)
}

/// `None`: its time lies beyond all calendars.
fn response(view: &ResponseView<'_>) -> Option<AgentResponse> {
    let at = DateTime::from_timestamp(view.at, 0)?;
    // So near the ends of time no zone has an offset that could still be applied.
    at.checked_sub_signed(TimeDelta::days(2))?;
    at.checked_add_signed(TimeDelta::days(2))?;
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(AgentResponse {
        at,
        slot: AgentSlot {
            start: SlotWidth::QuarterHour.start_of(at),
            model: ModelId::new(view.model),
            project: told(view.project).map(ProjectId::new),
            session: told(view.session),
            terms: view.terms,
            tally: view.tally,
        },
    })
}
