//! Reading the files that changed, several at a time. What is read is handed on in the order of the files, so that of
//! two equal copies the same one is always the owner.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use spendtray_skim::Buffer;
use spendtray_skim::hashing::Map;

use crate::logs::Agent;
use crate::logs::files::Found;
use crate::logs::index::Seen;
use crate::logs::reading::{Brought, Glance, Mark};

/// More readers than this only wait for each other.
const MOST_READERS: usize = 8;

/// So many results may wait for one that takes longer; else, where a reader is held up, all that the others read would.
const MOST_EARLY: usize = 64;

/// So many bytes are read between two pauses.
const PART: u64 = 1 << 30;

/// How many of some jobs come before the next pause; at least one where there is one.
pub(super) fn part(jobs: &[Job<'_>]) -> usize {
    let mut bytes = 0;
    let fits = jobs.iter().take_while(|job| {
        let before = bytes;
        bytes += job.bytes();
        before < PART
    });
    fits.count()
}

/// All files of an agent.
pub(super) struct Files<'a> {
    pub(super) agent: &'static Agent,
    pub(super) all: &'a [Found],
}

impl Files<'_> {
    /// Finds a file by a part of its name.
    fn find(&self, part: &str) -> Option<PathBuf> {
        let named = |found: &&Found| {
            let name = found.path.file_name().unwrap_or_default();
            !part.is_empty() && name.to_string_lossy().contains(part)
        };
        self.all.iter().find(named).map(|found| found.path.clone())
    }
}

/// A file that must be read.
pub(super) struct Job<'a> {
    pub(super) found: &'a Found,
    pub(super) key: u64,
    /// What is known of it, where it is still the same file.
    before: Option<Seen>,
}

impl<'a> Job<'a> {
    /// `None`: the file has not changed.
    pub(super) fn of(found: &'a Found, seen: &Map<Seen>) -> Option<Self> {
        let before = seen.get(&found.key);
        if before.is_some_and(|seen| seen.stamp == found.stamp) {
            return None;
        }
        let same = before.filter(|seen| seen.stamp.identity == found.stamp.identity);
        Some(Self {
            found,
            key: found.key,
            before: same.cloned(),
        })
    }

    /// How much of the file is to be read, at most.
    pub(super) fn bytes(&self) -> u64 {
        let done = self.mark().map_or(0, |mark| mark.offset);
        self.found.stamp.size.saturating_sub(done)
    }

    fn mark(&self) -> Option<&Mark> {
        self.before.as_ref().map(|seen| &seen.mark)
    }

    /// What is known of the file after a look; faults of an earlier look stay when this one went on from there.
    pub(super) fn now_seen(&self, brought: Brought) -> Seen {
        let before = self.before.as_ref().filter(|_| brought.went_on);
        Seen {
            stamp: self.found.stamp,
            bad: brought.bad + before.map_or(0, |seen| seen.bad),
            too_long: brought.too_long + before.map_or(0, |seen| seen.too_long),
            mark: brought.mark,
        }
    }
}

/// Reads the files of the jobs; takes them in one after the other, in order.
pub(super) fn read(
    files: &Files<'_>,
    jobs: &[Job<'_>],
    take: &mut impl FnMut(&Job<'_>, io::Result<Brought>),
) {
    let find = |part: &str| files.find(part);
    let glance = |job: &Job<'_>, buffer: &mut Buffer| {
        let glance = Glance {
            path: &job.found.path,
            shape: job.found.shape,
            size: job.found.stamp.size,
            mark: job.mark(),
            find: &find,
            reader: files.agent.reader,
        };
        glance.take(buffer)
    };
    let wanted = MOST_READERS.min(jobs.len() / 4);
    // How many cores there are is a question to the system that takes longer than reading a few lines.
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    let readers = if wanted < 2 { 1 } else { wanted.min(cores()) };
    if readers < 2 {
        let mut buffer = Buffer::default();
        for job in jobs {
            take(job, glance(job, &mut buffer));
        }
        return;
    }
    let glances = |number: usize, buffer: &mut Buffer| Some(glance(jobs.get(number)?, buffer));
    at_once(readers, &glances, &mut |number, brought| {
        if let Some(job) = jobs.get(number) {
            take(job, brought);
        }
    });
}

/// Takes numbered glances, several at a time, until there are no more; hands the results on in the order of numbers.
/// This thread is one of the readers, so that nobody waits for another or is woken, unless one falls far behind.
fn at_once<T: Send>(
    readers: usize,
    glance: &(impl Fn(usize, &mut Buffer) -> Option<T> + Sync),
    take: &mut impl FnMut(usize, T),
) {
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::sync_channel(MOST_EARLY);
    let one = |buffer: &mut Buffer| {
        let number = next.fetch_add(1, Ordering::Relaxed);
        Some((number, glance(number, buffer)?))
    };
    let mut queue = Queue {
        early: BTreeMap::new(),
        turn: 0,
        take,
    };
    thread::scope(|scope| {
        for _ in 1..readers {
            let (send, one) = (send.clone(), &one);
            scope.spawn(move || {
                let mut buffer = Buffer::default();
                while let Some(result) = one(&mut buffer) {
                    if send.send(result).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut buffer = Buffer::default();
        while let Some(result) = one(&mut buffer) {
            queue.arrive(result);
            for result in receive.try_iter() {
                queue.arrive(result);
            }
            while queue.early.len() > MOST_EARLY {
                let Ok(result) = receive.recv() else { break };
                queue.arrive(result);
            }
        }
        for result in receive {
            queue.arrive(result);
        }
    });
}

/// Results that arrive in any order, and are handed on in the order of their numbers.
struct Queue<'t, T, F> {
    early: BTreeMap<usize, T>,
    turn: usize,
    take: &'t mut F,
}

impl<T, F: FnMut(usize, T)> Queue<'_, T, F> {
    fn arrive(&mut self, (number, result): (usize, T)) {
        self.early.insert(number, result);
        while let Some(result) = self.early.remove(&self.turn) {
            (self.take)(self.turn, result);
            self.turn += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: usize = 1000;

    #[test]
    fn what_several_read_is_handed_on_in_order() {
        let mut taken = Vec::new();
        let glance = |number, _: &mut Buffer| (number < ALL).then_some(number * 2);
        at_once(3, &glance, &mut |number, result| {
            taken.push((number, result));
        });
        let all: Vec<_> = (0..ALL).map(|number| (number, number * 2)).collect();
        assert_eq!(taken, all);
    }

    /// The last number that was begun while one of two readers was held up by its first.
    fn begun_while_held_up(is_held: &(impl Fn() -> bool + Sync)) -> usize {
        let (last, last_meanwhile) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let last_is_beyond = |number| last.load(Ordering::SeqCst) > number;
        let glance = |number, _: &mut Buffer| {
            last.fetch_max(number, Ordering::SeqCst);
            let is_first = last_meanwhile.load(Ordering::SeqCst) == 0;
            while number == 0 && !last_is_beyond(0) {
                thread::yield_now();
            }
            if is_held() && is_first {
                while !last_is_beyond(MOST_EARLY) {
                    thread::yield_now();
                }
                // The other could begin more now, if it were allowed to.
                for _ in 0..ALL {
                    thread::yield_now();
                }
                last_meanwhile.store(last.load(Ordering::SeqCst), Ordering::SeqCst);
            }
            (number < ALL).then_some(())
        };
        at_once(2, &glance, &mut |_, ()| {});
        last_meanwhile.into_inner()
    }

    #[test]
    fn nobody_reads_on_and_on_while_another_is_held_up() {
        let this = thread::current().id();
        let is_this = || thread::current().id() == this;
        for last in [
            begun_while_held_up(&is_this),
            begun_while_held_up(&|| !is_this()),
        ] {
            assert!((MOST_EARLY..=MOST_EARLY + 2).contains(&last), "{last}");
        }
    }
}
