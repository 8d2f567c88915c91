//! What a counter has in memory, and what only its index has. While nothing changes totals and marks are enough; for what
//! is new, the responses of the last days and the knowledge that there are others.

use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use spendtray_skim::hashing::Set;

use crate::logs::counter::Counter;
use crate::logs::index::{self, Depth, Frame, Known, Loaded, MOST_RESPONSES};
use crate::logs::table::instant;

/// Of fewer responses that came since the others were let go of, none is let go of.
const MUCH_AT_HAND: usize = 4096;

/// An index of less than this is never worth rewriting.
const SMALL_INDEX: u64 = 1 << 20;

impl Counter {
    pub(super) fn take_over(&mut self, loaded: Loaded) {
        self.known = loaded.known;
        self.depth = loaded.depth;
        self.length = loaded.length;
        self.rewrite |= loaded.stale;
        self.faults.damaged_indexes += u64::from(loaded.damaged);
    }

    /// Reads the responses that are not at hand; whether all marks were forgotten on the way.
    pub(super) fn deepen(&mut self) -> io::Result<bool> {
        let Some(path) = self
            .index
            .as_ref()
            .filter(|_| self.depth != Depth::Responses)
        else {
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
        let own = std::mem::take(&mut self.known.table);
        self.take_over(loaded);
        // What is not kept yet is all that changes anything.
        self.known.absorb(&own);
        Ok(forgot)
    }

    /// Lets go of the responses before an instant where the index has them: totals, marks and the others are enough until
    /// one of them is seen again.
    pub(in crate::logs) fn rest(&mut self, since: DateTime<Utc>) {
        let is_due = match self.depth {
            Depth::Totals => false,
            Depth::Responses => true,
            Depth::ResponsesSince(_) => self.known.table.len() > 2 * self.stayed + MUCH_AT_HAND,
        };
        if is_due && self.index.is_some() && self.is_kept() {
            let since = instant(since.timestamp());
            self.known.table.let_go(since);
            self.has_at_hand(since);
        }
    }

    /// Has the responses since an instant at hand, where that can be had.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(in crate::logs) fn recall(&mut self, since: DateTime<Utc>) -> io::Result<()> {
        let since = instant(since.timestamp());
        let Some(path) = self.index.as_ref().filter(|_| !self.has_since(since)) else {
            return Ok(());
        };
        if !self.is_kept() {
            return Ok(());
        }
        // Totals name labels by their numbers, which must stay.
        let mut known = Known::default();
        known.table.labels = self.known.table.labels.clone();
        let loaded = index::load_onto(known, path, Depth::ResponsesSince(since))?;
        if loaded.length == self.length && !loaded.stale {
            self.known.table = loaded.known.table;
            self.has_at_hand(since);
        }
        Ok(())
    }

    fn has_at_hand(&mut self, since: u32) {
        self.depth = Depth::ResponsesSince(since);
        self.stayed = self.known.table.len();
    }

    /// Whether the responses since an instant are at hand, in seconds since the epoch.
    pub(super) const fn has_since(&self, since: u32) -> bool {
        match self.depth {
            Depth::Totals => false,
            Depth::Responses => true,
            Depth::ResponsesSince(first) => first <= since,
        }
    }

    /// Whether the index has all.
    fn is_kept(&self) -> bool {
        self.known.table.changed() == 0 && self.touched.is_empty() && !self.rewrite
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
        if self.is_kept() {
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
        if self.depth == Depth::Responses {
            let theirs = index::load(path, Depth::Responses)?;
            self.known.absorb(&theirs.known.table);
            return Ok(());
        }
        self.deepen().map(drop)
    }
}
