//! The counter of one agent: looks at its logs, keeps what was counted, and says what changed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::domain::agent::{AgentSlot, Tally, Terms};
use crate::logs::Agent;
use crate::logs::files::{Found, Places, Walk};
use crate::logs::index::{self, News, Seen};
use crate::logs::reading::{Brought, Glance, Mark};
use crate::logs::scan::Buffer;
use crate::logs::table::{Place, Table, hash};

/// More readers than this only wait for each other.
const MOST_READERS: usize = 8;

/// An index of less than this is never worth rewriting.
const SMALL_INDEX: u64 = 1 << 20;

/// What one agent's logs say, kept beyond their end.
pub struct Counter {
    agent: &'static Agent,
    index: Option<PathBuf>,
    table: Table,
    seen: HashMap<u64, Seen>,
    /// The files that were read or went away since the last save.
    touched: HashSet<u64>,
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
}

struct Job<'a> {
    found: &'a Found,
    key: u64,
    mark: Option<&'a Mark>,
}

impl Counter {
    /// The counter of an agent with what its index knows; `None` keeps nothing.
    ///
    /// # Errors
    /// When the index is there and cannot be opened. A damaged one is no error.
    pub fn open(agent: &'static Agent, index: Option<PathBuf>) -> io::Result<Self> {
        let loaded = match &index {
            Some(path) => index::load(path)?,
            None => index::Loaded::default(),
        };
        Ok(Self {
            agent,
            index,
            table: loaded.table,
            seen: loaded.seen,
            touched: HashSet::new(),
            length: loaded.length,
            compact: loaded.length,
            rewrite: loaded.damaged,
            faults: Faults {
                damaged_indexes: u64::from(loaded.damaged),
                ..Faults::default()
            },
        })
    }

    /// Reads what changed in the logs since the last look; `watch` is told after every file.
    pub fn look(&mut self, places: &Places<'_>, watch: &mut dyn FnMut(Progress)) -> Progress {
        let walk = Walk::of(&(self.agent.roots)(places), self.agent.shape);
        let keyed = walk
            .files
            .iter()
            .map(|found| (path_key(&found.path), found));
        let keyed: Vec<(u64, &Found)> = keyed.collect();
        let here: HashSet<u64> = keyed.iter().map(|(key, _)| *key).collect();
        let seen = std::mem::take(&mut self.seen);
        let jobs: Vec<Job<'_>> = keyed
            .iter()
            .filter(|(key, found)| seen.get(key).is_none_or(|seen| seen.stamp != found.stamp))
            .map(|(key, found)| Job {
                found,
                key: *key,
                mark: seen
                    .get(key)
                    .filter(|seen| seen.stamp.identity == found.stamp.identity)
                    .map(|seen| &seen.mark),
            })
            .collect();
        let mut progress = Progress {
            files: keyed.len() as u64,
            changed: jobs.len() as u64,
            ..Progress::default()
        };
        let mut fresh = Vec::new();
        let mut unreadable = walk.closed;
        self.read(&jobs, &walk.files, |job, brought| {
            progress.read += 1;
            match brought {
                Ok(brought) => {
                    progress.bytes += brought.bytes;
                    fresh.push((job.key, now_seen(job, seen.get(&job.key), brought)));
                }
                Err(_) => unreadable += 1,
            }
            watch(progress);
        });
        self.seen = seen;
        self.faults.unreadable = unreadable;
        for (key, seen) in fresh {
            self.touched.insert(key);
            self.seen.insert(key, seen);
        }
        let touched = &mut self.touched;
        self.seen.retain(|key, _| {
            let stays = here.contains(key);
            if !stays {
                touched.insert(*key);
            }
            stays
        });
        progress
    }

    /// Reads the files of the jobs, many at a time; takes them in one after the other, in order.
    fn read(
        &mut self,
        jobs: &[Job<'_>],
        files: &[Found],
        mut each: impl FnMut(&Job<'_>, io::Result<Brought>),
    ) {
        let find = |part: &str| {
            let named = |found: &&Found| {
                let name = found.path.file_name().unwrap_or_default();
                !part.is_empty() && name.to_string_lossy().contains(part)
            };
            files.iter().find(named).map(|found| found.path.clone())
        };
        let reader = self.agent.reader;
        let glance = |job: &Job<'_>, buffer: &mut Buffer| {
            let glance = Glance {
                path: &job.found.path,
                shape: job.found.shape,
                size: job.found.stamp.size,
                mark: job.mark,
                find: &find,
                reader,
            };
            glance.take(buffer)
        };
        let table = &mut self.table;
        let mut take = |job: &Job<'_>, brought: io::Result<Brought>| {
            if let Ok(brought) = &brought {
                table.absorb(&brought.table);
            }
            each(job, brought);
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let readers = cores.min(MOST_READERS).min(jobs.len() / 4);
        if readers < 2 {
            let mut buffer = Buffer::default();
            for job in jobs {
                take(job, glance(job, &mut buffer));
            }
            return;
        }
        let glances = |number: usize, buffer: &mut Buffer| {
            let job = jobs.get(number)?;
            Some(glance(job, buffer))
        };
        at_once(readers, &glances, &mut |number, brought| {
            if let Some(job) = jobs.get(number) {
                take(job, brought);
            }
        });
    }

    /// Keeps what was counted since the last time. Nothing is lost when it fails: the next save tries again.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn save(&mut self) -> io::Result<()> {
        let Some(path) = self.index.clone() else {
            return Ok(());
        };
        if self.table.changed.is_empty() && self.touched.is_empty() && !self.rewrite {
            return Ok(());
        }
        let held = index::hold(&path)?;
        self.take_in_others(&path)?;
        let saved = self.write(&path);
        drop(held);
        // What a failed write left behind is unknown: the next one starts anew.
        self.rewrite = saved.is_err();
        self.length = saved?;
        self.table.changed.clear();
        self.touched.clear();
        Ok(())
    }

    fn write(&mut self, path: &Path) -> io::Result<u64> {
        if self.rewrite || self.length > SMALL_INDEX.max(2 * self.compact) {
            let mut places: Vec<Place> = self.table.responses.keys().copied().collect();
            places.sort_unstable();
            let files: Vec<_> = self
                .seen
                .iter()
                .map(|(key, seen)| (*key, Some(seen)))
                .collect();
            let news = News {
                table: &self.table,
                places: &places,
                files: &files,
            };
            self.compact = news.replace(path)?;
            return Ok(self.compact);
        }
        self.table.changed.sort_unstable();
        self.table.changed.dedup();
        let mut touched: Vec<u64> = self.touched.iter().copied().collect();
        touched.sort_unstable();
        let files: Vec<_> = touched
            .iter()
            .map(|key| (*key, self.seen.get(key)))
            .collect();
        let news = News {
            table: &self.table,
            places: &self.table.changed,
            files: &files,
        };
        news.append(path)
    }

    /// Takes in what another process wrote into the index since; then ours and theirs are written as one.
    fn take_in_others(&mut self, path: &Path) -> io::Result<()> {
        let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        if length != self.length {
            let theirs = index::load(path)?;
            self.table.absorb(&theirs.table);
            self.rewrite = true;
        }
        Ok(())
    }

    /// What was counted, by quarter of an hour, oldest first.
    #[must_use]
    pub fn slots(&self) -> Vec<AgentSlot> {
        self.table.slots()
    }

    /// Hands out every counted response once, in no order. It may read them from the index: what is not saved yet is
    /// handed out too.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn each_response(&self, each: &mut dyn FnMut(ResponseView<'_>)) -> io::Result<()> {
        for response in self.table.responses.values() {
            each(ResponseView {
                at: response.at,
                model: self.table.names.text(response.model),
                project: self.table.names.text(response.project),
                session: self.table.names.text(response.session),
                terms: response.terms,
                tally: response.tally,
            });
        }
        Ok(())
    }

    /// What was wrong so far.
    #[must_use]
    pub fn faults(&self) -> Faults {
        let mut faults = self.faults;
        for seen in self.seen.values() {
            faults.bad_lines = faults.bad_lines.saturating_add(seen.bad);
            faults.long_lines = faults.long_lines.saturating_add(seen.too_long);
        }
        faults
    }
}

/// Takes numbered glances, several at a time, until there are no more; hands the results on in the order of numbers,
/// so that of two equal copies the same one is always the owner.
fn at_once<T: Send>(
    readers: usize,
    glance: &(impl Fn(usize, &mut Buffer) -> Option<T> + Sync),
    take: &mut impl FnMut(usize, T),
) {
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::sync_channel(readers);
    thread::scope(|scope| {
        for _ in 0..readers {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                let mut buffer = Buffer::default();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(result) = glance(number, &mut buffer) else {
                        return;
                    };
                    if send.send((number, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let (mut early, mut turn) = (BTreeMap::new(), 0);
        for (number, result) in receive {
            early.insert(number, result);
            while let Some(result) = early.remove(&turn) {
                take(turn, result);
                turn += 1;
            }
        }
    });
}

fn path_key(path: &Path) -> u64 {
    hash(&[path.as_os_str().as_encoded_bytes()])
}

/// What is known of a file after a look; faults of an earlier look stay when this one went on from there.
fn now_seen(job: &Job<'_>, before: Option<&Seen>, brought: Brought) -> Seen {
    let went_on = brought.went_on;
    let before = before.filter(|_| went_on);
    Seen {
        stamp: job.found.stamp,
        bad: brought.bad + before.map_or(0, |seen| seen.bad),
        too_long: brought.too_long + before.map_or(0, |seen| seen.too_long),
        mark: brought.mark,
    }
}
