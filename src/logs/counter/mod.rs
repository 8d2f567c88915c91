//! The counter of one agent: looks at its logs, keeps what was counted, and says what changed.
//!
//! How many files are read at once is `look`'s business, how it is kept on the disk `index`'s.

mod keeping;

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use spendtray_skim::hashing::Set;

use crate::domain::agent::{AgentSlot, Use};
use crate::logs::Agent;
use crate::logs::files::{Found, Places, Walk};
use crate::logs::index::{self, Depth, Known};
use crate::logs::look::{self, Files, Job};
use crate::logs::reading::Brought;
use crate::logs::sight::{Faults, Order, Progress, ResponseView, Sights};
use crate::logs::table::{Table, instant};
use crate::logs::totals::About;

/// A vendor's newest word may stand in a file that is not the newest: so many are remembered by name.
const MOST_NEWEST: usize = 5;

/// What one agent's logs say, kept beyond their end.
pub struct Counter {
    agent: &'static Agent,
    index: Option<PathBuf>,
    known: Known,
    /// Which responses are at hand besides their totals.
    depth: Depth,
    /// How many responses were at hand when the others were let go of.
    stayed: usize,
    /// The files that were read or went away since the last save.
    touched: Set,
    /// The index's length when this counter last read or wrote it.
    length: u64,
    /// The index's length when it was last rewritten.
    compact: u64,
    /// Whether the index must be rewritten as a whole.
    rewrite: bool,
    faults: Faults,
    /// What the last walk found besides files that changed.
    sights: Sights,
    /// From when on what was counted changed, in seconds since the epoch. `None`: nowhere.
    earliest: Option<i64>,
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
            stayed: 0,
            touched: Set::default(),
            length: 0,
            compact: 0,
            rewrite: false,
            faults: Faults::default(),
            sights: Sights::default(),
            earliest: None,
        };
        if let Some(path) = &counter.index {
            let loaded = index::load(path, Depth::Totals)?;
            counter.compact = loaded.length;
            counter.take_over(loaded);
        }
        Ok(counter)
    }

    /// Reads what changed in the logs since the last look; `watch` is told after every file.
    pub fn look(&mut self, places: &Places<'_>, watch: &mut dyn FnMut(Progress)) -> Progress {
        self.look_fresh_first(
            places,
            Order {
                since: DateTime::<Utc>::MAX_UTC,
                watch,
                pause: &mut |_, _| ControlFlow::Continue(()),
            },
        )
    }

    /// Reads what changed in the logs since the last look, the files first that were written since an instant, such as
    /// the start of the user's day: its total is there long before the rest has been read.
    pub fn look_fresh_first(&mut self, places: &Places<'_>, order: Order<'_>) -> Progress {
        let walk = self.walked(Walk::of(&self.roots(places), self.agent.shape));
        let (progress, flow) = self.read(&walk, order);
        if flow.is_continue() {
            self.forget_what_went_away(&walk);
        }
        progress
    }

    /// Reads what changed in these files only, and in these folders, as a watcher tells them. What is no log of the agent
    /// is passed over.
    pub fn look_at(
        &mut self,
        places: &Places<'_>,
        paths: &[PathBuf],
        watch: &mut dyn FnMut(Progress),
    ) -> Progress {
        let roots = self.roots(places);
        let walk = self.walked(Walk::only(&roots, self.agent.shape, paths));
        let order = Order {
            since: DateTime::<Utc>::MAX_UTC,
            watch,
            pause: &mut |_, _| ControlFlow::Continue(()),
        };
        let before = self.faults.unreadable;
        let progress = self.read(&walk, order).0;
        // What else cannot be read was not tried.
        self.faults.unreadable = self.faults.unreadable.max(before);
        progress
    }

    pub(in crate::logs) fn roots(&self, places: &Places<'_>) -> Vec<PathBuf> {
        (self.agent.roots)(places)
    }

    /// What the last walk found besides files that changed.
    pub(in crate::logs) fn take_sights(&mut self) -> Sights {
        std::mem::take(&mut self.sights)
    }

    /// From when on what was counted has changed since this was last asked; told once it is kept.
    pub(in crate::logs) const fn take_earliest(&mut self) -> Option<i64> {
        self.earliest.take()
    }

    fn walked(&mut self, mut walk: Walk) -> Walk {
        let newest = walk.files.iter().take(MOST_NEWEST);
        self.sights = Sights {
            newest: newest.map(|found| found.path.clone()).collect(),
            folders: std::mem::take(&mut walk.folders),
        };
        walk
    }

    /// Reads the files of a walk that changed; a break: files are left for the next look.
    fn read(&mut self, walk: &Walk, mut order: Order<'_>) -> (Progress, ControlFlow<()>) {
        self.faults.unreadable = walk.closed;
        let mut jobs = self.jobs(&walk.files);
        let mut progress = Progress {
            files: walk.files.len() as u64,
            changed: jobs.len() as u64,
            ..Progress::default()
        };
        if !jobs.is_empty() && self.depth == Depth::Totals {
            match self.deepen() {
                // Marks that were forgotten are more to read.
                Ok(true) => jobs = self.jobs(&walk.files),
                Ok(false) => {}
                Err(_) => {
                    self.faults.unreadable += jobs.len() as u64;
                    return (progress, ControlFlow::Break(()));
                }
            }
            progress.changed = jobs.len() as u64;
        }
        progress.left = jobs.iter().map(Job::bytes).sum();
        let all = Files {
            agent: self.agent,
            all: &walk.files,
        };
        let since = u64::try_from(order.since.timestamp_nanos_opt().unwrap_or(i64::MAX));
        let since = since.unwrap_or(0);
        let fresh = jobs.partition_point(|job| job.found.stamp.modified >= since);
        let (mut part, mut rest) = jobs.split_at(fresh);
        loop {
            self.read_jobs(&all, part, (&mut progress, &mut order));
            progress.fresh_is_done = true;
            let flow = (order.pause)(self, progress);
            if rest.is_empty() || flow.is_break() && progress.left > 0 {
                return (progress, flow);
            }
            (part, rest) = rest.split_at(look::part(rest));
        }
    }

    fn read_jobs(
        &mut self,
        all: &Files<'_>,
        jobs: &[Job<'_>],
        (progress, order): (&mut Progress, &mut Order<'_>),
    ) {
        look::read(all, jobs, &mut |job, brought| {
            progress.read += 1;
            progress.left = progress.left.saturating_sub(job.bytes());
            match brought.and_then(|brought| self.absorb(job, brought)) {
                Ok(bytes) => progress.bytes += bytes,
                Err(_) => self.faults.unreadable += 1,
            }
            (order.watch)(*progress);
        });
    }

    /// Takes in what a look at a file brought; how many bytes were read for it.
    fn absorb(&mut self, job: &Job<'_>, brought: Brought) -> io::Result<u64> {
        if self.known.table.lacks(&brought.table) {
            self.deepen()?;
        }
        self.known.absorb(&brought.table);
        self.touched.insert(job.key);
        let bytes = brought.bytes;
        self.known.seen.insert(job.key, job.now_seen(brought));
        Ok(bytes)
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

    /// What was counted, by quarter of an hour, oldest first.
    #[must_use]
    pub fn slots(&self) -> Vec<AgentSlot> {
        self.slots_since(DateTime::UNIX_EPOCH)
    }

    /// What was counted in quarters that start at an instant or later, oldest first.
    #[must_use]
    pub fn slots_since(&self, since: DateTime<Utc>) -> Vec<AgentSlot> {
        let labels = &self.known.table.labels;
        self.known.totals.since(since.timestamp(), labels)
    }

    /// The same as one use a quarter, oldest first.
    pub(in crate::logs) fn uses_since(&self, since: DateTime<Utc>) -> Vec<Use> {
        self.known.totals.uses_since(since.timestamp())
    }

    /// What was counted in those quarters, but for how much.
    pub(in crate::logs) fn about(&self, since: DateTime<Utc>) -> About {
        let labels = &self.known.table.labels;
        self.known.totals.about(since.timestamp(), labels)
    }

    /// Hands out every counted response since an instant once, in no order. It may read them from the index: what is not
    /// saved yet is handed out too.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn each_response(
        &self,
        since: DateTime<Utc>,
        each: &mut dyn FnMut(ResponseView<'_>),
    ) -> io::Result<()> {
        self.table_since(since, |table, since| {
            let responses = table.responses();
            for (_, response) in responses.filter(|(_, response)| response.at >= since) {
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
        })
    }

    /// Every response since an instant as a use, in no order.
    pub(in crate::logs) fn uses(&self, since: DateTime<Utc>) -> io::Result<Vec<Use>> {
        self.table_since(since, |table, since| {
            let uses = table.uses_since(since).filter_map(|(at, tokens)| {
                let at = DateTime::from_timestamp(i64::from(at), 0)?;
                Some(Use { at, tokens })
            });
            uses.collect()
        })
    }

    /// Hands out a table that has every response since an instant, and the instant as it is kept.
    fn table_since<T>(
        &self,
        since: DateTime<Utc>,
        take: impl FnOnce(&Table, u32) -> T,
    ) -> io::Result<T> {
        let since = instant(since.timestamp());
        match &self.index {
            Some(path) if !self.has_since(since) => {
                let loaded = index::load(path, Depth::ResponsesSince(since))?;
                Ok(take(&loaded.known.table, since))
            }
            _ => Ok(take(&self.known.table, since)),
        }
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

#[cfg(test)]
mod tests;
