//! The counter of one agent: looks at its logs, keeps what was counted, and says what changed.
//!
//! How many files are read at once is `look`'s business, how it is kept on the disk `index`'s.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use spendtray_skim::hashing::Set;

use crate::domain::agent::AgentSlot;
use crate::logs::Agent;
use crate::logs::files::{Found, Places, Walk};
use crate::logs::index::{self, Depth, Frame, Known, Loaded, MOST_RESPONSES};
use crate::logs::look::{self, Files, Job};
use crate::logs::sight::{Faults, Order, Progress, ResponseView, Sights};
use crate::logs::table::instant;

/// A vendor's newest word may stand in a file that is not the newest: so many are remembered by name.
const MOST_NEWEST: usize = 5;

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

    pub(super) fn roots(&self, places: &Places<'_>) -> Vec<PathBuf> {
        (self.agent.roots)(places)
    }

    /// What the last walk found besides files that changed.
    pub(super) fn take_sights(&mut self) -> Sights {
        std::mem::take(&mut self.sights)
    }

    /// From when on what was counted has changed since this was last asked; told once it is kept.
    pub(super) const fn take_earliest(&mut self) -> Option<i64> {
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
        if !jobs.is_empty() {
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

    /// Lets go of the responses where the index has them: totals and marks are enough until something changes.
    pub(super) fn rest(&mut self) {
        let Some(path) = self.index.as_ref().filter(|_| self.depth != Depth::Totals) else {
            return;
        };
        let is_kept = self.known.table.changed() == 0 && self.touched.is_empty() && !self.rewrite;
        // Only what this counter itself has taken in may stand in for it.
        if is_kept
            && let Ok(loaded) = index::load(path, Depth::Totals)
            && loaded.length == self.length
            && !loaded.stale
        {
            self.take_over(loaded);
        }
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
        let earliest = self.known.totals.earliest_change();
        self.earliest = self.earliest.into_iter().chain(earliest).min();
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
        self.slots_since(DateTime::UNIX_EPOCH)
    }

    /// What was counted in quarters that start at an instant or later, oldest first.
    #[must_use]
    pub fn slots_since(&self, since: DateTime<Utc>) -> Vec<AgentSlot> {
        let labels = &self.known.table.labels;
        self.known.totals.since(since.timestamp(), labels)
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
        let since = instant(since.timestamp());
        let loaded;
        let table = match &self.index {
            Some(path) if self.depth == Depth::Totals => {
                loaded = index::load(path, Depth::ResponsesSince(since))?;
                &loaded.known.table
            }
            _ => &self.known.table,
        };
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;
    use crate::domain::variables::Variables;
    use crate::logs::CLAUDE_CODE;

    fn respond(home: &Path, id: &str) {
        let folder = home.join(".claude/projects/alpha");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("s.jsonl");
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        let line = format!(
            r#"{{"type":"assistant","timestamp":"2026-11-23T08:00:00Z","requestId":"r{id}","message":{{"id":"{id}","model":"m","stop_reason":"end_turn","usage":{{"input_tokens":1,"output_tokens":2}}}}}}"#
        );
        writeln!(file, "{line}").unwrap();
    }

    fn look(counter: &mut Counter, home: &Path) -> (usize, u64) {
        let places = Places {
            home,
            config_home: &home.join(".config"),
            variables: &Variables::default(),
        };
        counter.look(&places, &mut |_| {});
        let requests = counter.slots();
        let requests = requests.iter().map(|slot| slot.tally.requests).sum();
        (counter.known.table.responses().count(), requests)
    }

    #[test]
    fn a_counter_at_rest_has_totals_only_and_counts_on_without_counting_twice() {
        let home = tempfile::tempdir().unwrap();
        respond(home.path(), "one");
        let index = Some(home.path().join("index"));
        let mut counter = Counter::open(CLAUDE_CODE, index).unwrap();
        assert_eq!(look(&mut counter, home.path()), (1, 1));
        // What is not kept cannot be let go of.
        counter.rest();
        assert_eq!(look(&mut counter, home.path()), (1, 1));
        counter.save().unwrap();
        counter.rest();
        assert_eq!(look(&mut counter, home.path()), (0, 1));
        respond(home.path(), "one");
        respond(home.path(), "two");
        assert_eq!(look(&mut counter, home.path()), (2, 2));
    }
}
