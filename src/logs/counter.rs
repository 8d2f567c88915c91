//! The counter of one agent: looks at its logs, keeps what was counted, and says what changed.
//!
//! How many files are read at once is `look`'s business, how it is kept on the disk `index`'s.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::domain::agent::{AgentSlot, Tally, Terms};
use crate::logs::Agent;
use crate::logs::files::{Found, Places, Walk};
use crate::logs::hashing::Set;
use crate::logs::index::{self, Depth, Frame, Known, Loaded, MOST_RESPONSES};
use crate::logs::look::{self, Files, Job};

/// An index of less than this is never worth rewriting.
const SMALL_INDEX: u64 = 1 << 20;

/// What one agent's logs say, kept beyond their end.
pub struct Counter {
    agent: &'static Agent,
    index: Option<PathBuf>,
    known: Known,
    /// Whether the responses are in memory, or only their totals.
    depth: Depth,
    /// The files that were read or went away since the last save.
    touched: Set,
    /// The index's length when this counter last read or wrote it.
    length: u64,
    /// The index's length when it was last rewritten.
    compact: u64,
    /// Whether the index must be rewritten as a whole.
    rewrite: bool,
    faults: Faults,
}

/// What was wrong with the logs or the index. None of it stopped anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Lines that should have told usage and made no sense.
    pub bad_lines: u64,
    /// Lines longer than 64 MiB.
    pub long_lines: u64,
    /// Files and folders that could not be opened or read.
    pub unreadable: u64,
    /// Indexes that were damaged: what their damaged part alone knew is lost.
    pub damaged_indexes: u64,
}

/// A counted response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseView<'a> {
    /// When its first line was written, in seconds since the epoch.
    pub at: i64,
    /// The model as the log names it.
    pub model: &'a str,
    /// The folder worked in. Empty: not told.
    pub project: &'a str,
    /// The agent's session. Empty: not told.
    pub session: &'a str,
    /// What the price depends on.
    pub terms: Terms,
    /// How much.
    pub tally: Tally,
}

/// How far a look has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files that are there.
    pub files: u64,
    /// Files that had changed and have been read.
    pub read: u64,
    /// Files that had changed.
    pub changed: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Whether every file was read that was written since the instant the look was asked to begin with.
    pub fresh_is_done: bool,
}

/// How a look is told to begin with what is new.
pub struct FreshFirst<'a> {
    /// Files written since then are read before all others.
    pub since: DateTime<Utc>,
    /// Told after every file.
    pub watch: &'a mut dyn FnMut(Progress),
    /// Told once, when what is new has been read: what the counter says of the time since then is complete, unless a
    /// file's time lies. A break leaves the other files for the next look.
    pub fresh: &'a mut dyn FnMut(&Counter, Progress) -> ControlFlow<()>,
}

impl Counter {
    /// The counter of an agent with what its index knows; `None` keeps nothing.
    ///
    /// # Errors
    /// When the index is there and cannot be opened. A damaged one is no error.
    pub fn open(agent: &'static Agent, index: Option<PathBuf>) -> io::Result<Self> {
        let mut counter = Self {
            agent,
            index,
            known: Known::default(),
            depth: Depth::Responses,
            touched: Set::default(),
            length: 0,
            compact: 0,
            rewrite: false,
            faults: Faults::default(),
        };
        if let Some(path) = &counter.index {
            let loaded = index::load(path, Depth::Totals)?;
            counter.compact = loaded.length;
            counter.take_over(loaded);
        }
        Ok(counter)
    }

    fn take_over(&mut self, loaded: Loaded) {
        self.known = loaded.known;
        self.depth = loaded.depth;
        self.length = loaded.length;
        self.rewrite |= loaded.stale;
        self.faults.damaged_indexes += u64::from(loaded.damaged);
    }

    /// Reads what changed in the logs since the last look; `watch` is told after every file.
    pub fn look(&mut self, places: &Places<'_>, watch: &mut dyn FnMut(Progress)) -> Progress {
        self.look_fresh_first(
            places,
            FreshFirst {
                since: DateTime::<Utc>::MAX_UTC,
                watch,
                fresh: &mut |_, _| ControlFlow::Continue(()),
            },
        )
    }

    /// Reads what changed in the logs since the last look, the files first that were written since an instant, such as
    /// the start of the user's day: its total is there long before the rest has been read.
    pub fn look_fresh_first(&mut self, places: &Places<'_>, order: FreshFirst<'_>) -> Progress {
        let walk = Walk::of(&(self.agent.roots)(places), self.agent.shape);
        let since = u64::try_from(order.since.timestamp_nanos_opt().unwrap_or(i64::MAX));
        let (mut progress, stopped) = self.read(&walk, since.unwrap_or(0), order);
        progress.files = walk.files.len() as u64;
        if !stopped {
            self.forget_what_went_away(&walk);
        }
        progress
    }

    /// Reads what changed in these files only, as a watcher tells them: no folder is walked. What is no log of the
    /// agent is passed over.
    pub fn look_at(
        &mut self,
        places: &Places<'_>,
        paths: &[PathBuf],
        watch: &mut dyn FnMut(Progress),
    ) -> Progress {
        let walk = Walk::only(&(self.agent.roots)(places), self.agent.shape, paths);
        let order = FreshFirst {
            since: DateTime::<Utc>::MAX_UTC,
            watch,
            fresh: &mut |_, _| ControlFlow::Continue(()),
        };
        let (mut progress, _) = self.read(&walk, u64::MAX, order);
        progress.files = walk.files.len() as u64;
        progress
    }

    /// Reads the files of a walk that changed; whether it was broken off.
    fn read(&mut self, walk: &Walk, since: u64, mut order: FreshFirst<'_>) -> (Progress, bool) {
        self.faults.unreadable = walk.closed;
        let mut jobs = self.jobs(&walk.files);
        let mut progress = Progress {
            files: walk.files.len() as u64,
            changed: jobs.len() as u64,
            ..Progress::default()
        };
        if !jobs.is_empty() {
            match self.deepen() {
                // Marks that were forgotten are more to read.
                Ok(true) => jobs = self.jobs(&walk.files),
                Ok(false) => {}
                Err(_) => {
                    self.faults.unreadable += jobs.len() as u64;
                    return (progress, true);
                }
            }
            progress.changed = jobs.len() as u64;
        }
        let fresh = jobs.partition_point(|job| job.found.stamp.modified >= since);
        let (first, rest) = jobs.split_at(fresh);
        let all = Files {
            agent: self.agent,
            all: &walk.files,
        };
        self.read_jobs(&all, first, (&mut progress, &mut order));
        progress.fresh_is_done = true;
        if (order.fresh)(self, progress).is_break() {
            return (progress, !rest.is_empty());
        }
        self.read_jobs(&all, rest, (&mut progress, &mut order));
        (progress, false)
    }

    fn read_jobs(
        &mut self,
        all: &Files<'_>,
        jobs: &[Job<'_>],
        (progress, order): (&mut Progress, &mut FreshFirst<'_>),
    ) {
        look::read(all, jobs, &mut |job, brought| {
            progress.read += 1;
            match brought {
                Ok(brought) => {
                    progress.bytes += brought.bytes;
                    self.known.absorb(&brought.table);
                    self.touched.insert(job.key);
                    self.known.seen.insert(job.key, job.now_seen(brought));
                }
                Err(_) => self.faults.unreadable += 1,
            }
            (order.watch)(*progress);
        });
    }

    /// What must be read, the last written first.
    fn jobs<'a>(&self, files: &'a [Found]) -> Vec<Job<'a>> {
        let jobs = files
            .iter()
            .filter_map(|found| Job::of(found, &self.known.seen));
        jobs.collect()
    }

    fn forget_what_went_away(&mut self, walk: &Walk) {
        if self.known.seen.len() == walk.files.len() && self.touched.is_empty() {
            let known = |found: &Found| self.known.seen.contains_key(&found.key);
            if walk.files.iter().all(known) {
                return;
            }
        }
        let here: Set = walk.files.iter().map(|found| found.key).collect();
        let touched = &mut self.touched;
        self.known.seen.retain(|key, _| {
            let stays = here.contains(key);
            if !stays {
                touched.insert(*key);
            }
            stays
        });
    }

    /// Reads the responses where only their totals are known; whether all marks were forgotten on the way.
    fn deepen(&mut self) -> io::Result<bool> {
        let Some(path) = self.index.as_ref().filter(|_| self.depth == Depth::Totals) else {
            return Ok(false);
        };
        let mut loaded = index::load(path, Depth::Responses)?;
        // Somebody took the index away: what still stands in the logs is read again.
        let is_gone = loaded.length < self.length;
        if !loaded.stale && !is_gone {
            loaded.known.seen = std::mem::take(&mut self.known.seen);
        }
        self.rewrite |= is_gone;
        let forgot = loaded.known.seen.is_empty();
        self.take_over(loaded);
        Ok(forgot)
    }

    /// Keeps what was counted since the last time. Nothing is lost when it fails: the next save tries again. When
    /// nothing changed, nothing is written.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn save(&mut self) -> io::Result<()> {
        let Some(path) = self.index.clone() else {
            return Ok(());
        };
        if self.known.table.changed() == 0 && self.touched.is_empty() && !self.rewrite {
            return Ok(());
        }
        let held = index::hold(&path)?;
        self.take_in_others(&path)?;
        let saved = self.write(&path);
        drop(held);
        // What a failed write left behind is unknown: the next one starts anew.
        self.rewrite = saved.is_err();
        self.length = saved?;
        self.known.table.keep();
        self.known.totals.keep();
        self.touched = Set::default();
        Ok(())
    }

    fn write(&mut self, path: &Path) -> io::Result<u64> {
        let is_long = self.length > SMALL_INDEX.max(2 * self.compact);
        let is_much = self.known.table.changed() + self.touched.len() > MOST_RESPONSES;
        if self.rewrite || is_long || is_much || self.length == 0 {
            self.deepen()?;
            self.compact = index::replace(path, &self.known)?;
            return Ok(self.compact);
        }
        let slots = self.known.totals.changes();
        let mut frame = Frame::new(&self.known.table.labels);
        for slot in &slots {
            frame.slot(slot);
        }
        let mut touched: Vec<u64> = self.touched.iter().copied().collect();
        touched.sort_unstable();
        for path in touched {
            frame.file(path, self.known.seen.get(&path));
        }
        for (key, response) in self.known.table.changes() {
            frame.response(key, &response);
        }
        index::append(path, &frame)
    }

    /// Takes in what another process wrote into the index since; then ours and theirs are written as one.
    fn take_in_others(&mut self, path: &Path) -> io::Result<()> {
        let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        if length == self.length {
            return Ok(());
        }
        self.rewrite = true;
        let theirs = index::load(path, Depth::Responses)?;
        if self.depth == Depth::Responses {
            self.known.absorb(&theirs.known.table);
        } else if theirs.length >= self.length {
            let seen = std::mem::take(&mut self.known.seen);
            self.take_over(theirs);
            self.known.seen = seen;
        }
        Ok(())
    }

    /// What was counted, by quarter of an hour, oldest first.
    #[must_use]
    pub fn slots(&self) -> Vec<AgentSlot> {
        self.known.totals.since(0, &self.known.table.labels)
    }

    /// What was counted in quarters that start at an instant or later, oldest first.
    #[must_use]
    pub fn slots_since(&self, since: DateTime<Utc>) -> Vec<AgentSlot> {
        let labels = &self.known.table.labels;
        self.known.totals.since(since.timestamp(), labels)
    }

    /// Hands out every counted response once, in no order. It may read them from the index: what is not saved yet is
    /// handed out too.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn each_response(&self, each: &mut dyn FnMut(ResponseView<'_>)) -> io::Result<()> {
        let loaded;
        let table = match &self.index {
            Some(path) if self.depth == Depth::Totals => {
                loaded = index::load(path, Depth::Responses)?;
                &loaded.known.table
            }
            _ => &self.known.table,
        };
        for (_, response) in table.responses() {
            let named = table.labels.named(response.label);
            each(ResponseView {
                at: i64::from(response.at),
                model: named.model,
                project: named.project,
                session: named.session,
                terms: named.terms,
                tally: response.tally,
            });
        }
        Ok(())
    }

    /// What was wrong so far.
    #[must_use]
    pub fn faults(&self) -> Faults {
        let mut faults = self.faults;
        for seen in self.known.seen.values() {
            faults.bad_lines = faults.bad_lines.saturating_add(seen.bad);
            faults.long_lines = faults.long_lines.saturating_add(seen.too_long);
        }
        faults
    }
}
