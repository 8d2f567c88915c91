//! The counters of all agents in one place, so that a resident program keeps them between two looks.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::agent::{AgentResponse, AgentSlot, Use};
use crate::domain::ids::ProjectId;
use crate::domain::quota::QuotaReport;
use crate::domain::usage::SlotWidth;
use crate::domain::variables::Variables;
use crate::logs::standing::{File, Look, Standing};
use crate::logs::watching::Watching;
use crate::logs::{ALL, Agent, Faults, Places, Progress, Watch};
use crate::system::watch::{self, CannotWatch, Ear, Happened, TELLING, Writers};

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
    agents: Mutex<BTreeMap<&'static str, Arc<File>>>,
    watching: OnceLock<Result<Watching, String>>,
    /// Tells this desk's revisions from another's, where what was counted cannot be kept.
    name: u64,
}

/// What is asked of a look.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// From when on usage is wanted.
    pub slots_since: DateTime<Utc>,
    /// The revision whose figures are known already. `None`: none is.
    pub known: Option<&'a str>,
    /// When those were told. `None`: they must be told anew, whatever changed.
    pub told_at: Option<DateTime<Utc>>,
    /// From when on uses are wanted.
    pub uses_since: DateTime<Utc>,
    /// They are told singly only when something was used since then, and only since the last pause of so long: all others
    /// are told by quarter of an hour, which takes less.
    pub singly_if_since: DateTime<Utc>,
    /// How long that pause is.
    pub pause: TimeDelta,
    /// When it is asked.
    pub now: DateTime<Utc>,
    /// Where there is much to read: what was written since then is read by this look, and the rest part by part by the
    /// next ones. `None`: all is read at once.
    pub fresh_since: Option<DateTime<Utc>>,
}

impl Ask<'static> {
    /// Only the totals, whatever was known before.
    pub const TOTALS: Self = Self {
        slots_since: DateTime::UNIX_EPOCH,
        known: None,
        told_at: None,
        uses_since: DateTime::<Utc>::MAX_UTC,
        singly_if_since: DateTime::<Utc>::MAX_UTC,
        pause: TimeDelta::zero(),
        now: DateTime::<Utc>::MAX_UTC,
        fresh_since: None,
    };
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// All usage that was ever counted since an instant, by quarter of an hour.
    pub slots: Vec<AgentSlot>,
    /// That instant: the one asked for, or a later one where what is before it is known and did not change.
    pub slots_since: DateTime<Utc>,
    /// The folders worked in since the instant asked for, each once.
    pub projects: Vec<ProjectId>,
    /// Whether the log itself records what all usage since then cost.
    pub is_recorded: bool,
    /// What was used since the instant asked for: by quarter of an hour, oldest first, and then singly, in no order.
    pub uses: Vec<Use>,
    /// What the vendor told the agent of its quotas. `None`: nothing.
    pub quota: Option<QuotaReport>,
    /// Names the state of things: as long as it is the same, nothing changed.
    pub revision: String,
    /// How many files there are.
    pub files: u64,
    /// What was wrong.
    pub faults: Faults,
    /// Why the index could not be kept. `None`: it was, or nothing was new.
    pub unsaved: Option<String>,
    /// How changes come to be known.
    pub watch: Watch,
    /// How far it has come where more is to be read. `None`: all was.
    pub behind: Option<Progress>,
}

impl Desk {
    /// A desk that has not looked yet.
    #[must_use]
    pub fn new(surroundings: Surroundings) -> Self {
        Self {
            surroundings,
            agents: Mutex::default(),
            watching: OnceLock::new(),
            name: RandomState::new().hash_one(0),
        }
    }

    /// Whether there are logs, or an index that outlived them, of the agent with that id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        let agent = ALL.iter().find(|agent| agent.id == id);
        agent.is_some_and(|agent| agent.is_here(&self.places()) || self.index(agent).exists())
    }

    /// From now on the logs of each agent that is looked at are watched, as far as the system can; the ear hears what
    /// happens in them and is to be told on with [`Self::heard`]. `None`: nobody will be told, and each look walks.
    pub fn listen(&self) -> Option<Ear> {
        let (watching, ear) = match watch::start(Writers::Anywhere) {
            Ok((posts, ear)) => (Ok(Watching::new(posts)), Some(ear)),
            Err(why) => (Err(why.to_string()), None),
        };
        self.watching.set(watching).ok()?;
        ear
    }

    /// Waits for the logs of an agent that has none, by its provider's id: [`Self::heard`] names it once they are there.
    /// Whether that can be heard is what [`Self::watch`] says of it; else [`Self::has`] is to be asked now and then.
    pub fn expect(&self, id: &str) {
        let agent = ALL.iter().find(|agent| agent.id == id);
        if let (Some(agent), Some(watching)) = (agent, self.watching()) {
            watching.expect(agent, &(agent.roots)(&self.places()));
        }
    }

    /// No longer listens for an agent, by its provider's id, until it is looked at again.
    pub fn dismiss(&self, id: &str) {
        let agent = ALL.iter().find(|agent| agent.id == id);
        if let (Some(agent), Some(watching)) = (agent, self.watching()) {
            watching.dismiss(agent);
        }
    }

    /// Takes in what was heard; the ids of the agents that are worth a look.
    #[must_use]
    pub fn heard(&self, happened: &[Happened]) -> Vec<&'static str> {
        self.watching()
            .map_or_else(Vec::new, |watching| watching.heard(happened, ALL))
    }

    /// Nothing will be heard any more: each look walks again.
    pub fn deaf(&self, why: &io::Error) {
        if let Some(watching) = self.watching() {
            watching.end(&CannotWatch::Refused(why.to_string()).to_string());
        }
    }

    /// How changes of an agent's logs come to be known.
    #[must_use]
    pub fn watch(&self, id: &str) -> Watch {
        match self.watching.get() {
            None => Watch::Unasked,
            Some(Ok(watching)) => watching.of(id),
            Some(Err(reason)) => Watch::Walked {
                reason: reason.clone(),
            },
        }
    }

    /// How far the first look at an agent's many logs has come. `None`: none is under way, or it is done.
    #[must_use]
    pub fn progress(&self, id: &str) -> Option<Progress> {
        let agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.get(id)?.progress()
    }

    /// Reads what changed and keeps it. `None`: nothing changed since the known revision. It blocks; the first look at
    /// gigabytes takes a second.
    ///
    /// # Errors
    /// When the agent's index is there and cannot be read.
    pub fn look(&self, agent: &'static Agent, ask: Ask<'_>) -> io::Result<Option<Seen>> {
        let file = self.file(agent);
        let mut standing = file.hold();
        let before = standing.counter.is_some();
        let before = before.then(|| standing.revision(&self.index(agent), self.name));
        let looked = self
            .begin(agent, &file)
            .now(&mut standing, &ask, &mut |_| {});
        if looked.is_err() {
            // Whoever saw this fail must be told anew when it goes well again.
            standing.failures += 1;
            file.tell(None);
        }
        let behind = looked?;
        let revision = standing.revision(&self.index(agent), self.name);
        if ask.known == Some(&revision) && behind.is_none() {
            return Ok(None);
        }
        let about = standing.about(ask.slots_since);
        let (projects, is_recorded) = about.map_or((Vec::new(), true), |about| {
            (about.projects, about.is_recorded)
        });
        let uses = standing.uses(&ask)?;
        let went_on = behind.is_none() && ask.known.is_some() && ask.known == before.as_deref();
        let changed_from = standing.changed_from.filter(|_| went_on);
        // What is told must go on without a hole from what was told before.
        let news_since = changed_from.and_then(|from| Some(from.min(ask.told_at?)));
        let slots_since = news_since.map_or(ask.slots_since, |since| {
            SlotWidth::QuarterHour.start_of(since).max(ask.slots_since)
        });
        Ok(Some(Seen {
            slots: standing.slots(slots_since),
            slots_since,
            projects,
            is_recorded,
            uses,
            quota: standing.quota().cloned(),
            revision,
            files: standing.files,
            faults: standing.faults,
            unsaved: standing.unsaved.clone(),
            watch: self.watch(agent.id),
            behind,
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
        let file = self.file(agent);
        let mut standing = file.hold();
        self.begin(agent, &file)
            .now(&mut standing, &Ask::TOTALS, watch)?;
        Ok(())
    }

    /// Every response of an agent, in no order, as the last look found them; it looks when there was none, and blocks
    /// as [`Self::look`] does.
    ///
    /// # Errors
    /// When the agent's index is there and cannot be read.
    pub fn responses(&self, agent: &'static Agent) -> io::Result<Vec<AgentResponse>> {
        self.looked_at(agent, |standing| {
            standing.responses(DateTime::<Utc>::MIN_UTC)
        })
    }

    /// All usage of an agent by quarter of an hour, as [`Self::responses`]; single responses need not be read for it.
    ///
    /// # Errors
    /// When the agent's index is there and cannot be read.
    pub fn slots(&self, agent: &'static Agent) -> io::Result<Vec<AgentSlot>> {
        self.looked_at(agent, |standing| Ok(standing.slots(DateTime::UNIX_EPOCH)))
    }

    fn looked_at<T>(
        &self,
        agent: &'static Agent,
        tell: impl FnOnce(&Standing) -> io::Result<T>,
    ) -> io::Result<T> {
        let file = self.file(agent);
        let mut standing = file.hold();
        if standing.counter.is_none() {
            self.begin(agent, &file)
                .now(&mut standing, &Ask::TOTALS, &mut |_| {})?;
        }
        tell(&standing)
    }

    /// Whether nothing was ever counted of an agent: the first look takes a while.
    #[must_use]
    pub fn is_new(&self, agent: &Agent) -> bool {
        !self.index(agent).exists()
    }

    fn file(&self, agent: &Agent) -> Arc<File> {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(agents.entry(agent.id).or_default())
    }

    fn watching(&self) -> Option<&Watching> {
        self.watching.get()?.as_ref().ok()
    }

    fn begin<'a>(&'a self, agent: &'static Agent, file: &'a File) -> Look<'a> {
        Look {
            agent,
            file,
            index: self.index(agent),
            places: self.places(),
            watching: self.watching(),
            telling: TELLING,
        }
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
