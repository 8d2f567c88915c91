//! What was counted by quarter of an hour: kept beside the responses, so that a total is there without them.

use chrono::DateTime;
use spendtray_skim::Lookup;
use spendtray_skim::hashing::both;

use crate::domain::agent::{AgentSlot, Tally, Use};
use crate::domain::ids::ProjectId;
use crate::domain::usage::SlotWidth;
use crate::logs::labels::{Labels, Shared, place};
use crate::logs::response::Response;
use crate::logs::table::Change;

/// What was used within a quarter of an hour under one label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slot {
    /// Quarters of an hour since the epoch.
    pub(super) quarter: u32,
    pub(super) label: u32,
    pub(super) tally: Tally,
}

/// All slots.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    slots: Vec<Slot>,
    places: Lookup,
    /// The slots that changed since they were last kept; some of them more than once.
    changed: Vec<u32>,
}

impl Totals {
    /// Takes a response's change into account.
    pub(super) fn take(&mut self, change: &Change) {
        if let Some(before) = &change.before {
            let at = self.place_of(quarter(before), before.label);
            if let Some(slot) = self.slots.get_mut(place(at)) {
                subtract(&mut slot.tally, &before.tally);
            }
            self.change(at);
        }
        self.add(&change.after);
    }

    fn add(&mut self, response: &Response) {
        let at = self.place_of(quarter(response), response.label);
        if let Some(slot) = self.slots.get_mut(place(at)) {
            slot.tally.add(&response.tally);
        }
        self.change(at);
    }

    /// Puts a slot in the place of what was known of it.
    pub(super) fn set(&mut self, new: &Slot) {
        let at = self.place_of(new.quarter, new.label);
        if let Some(slot) = self.slots.get_mut(place(at)) {
            slot.tally = new.tally;
        }
    }

    fn change(&mut self, at: u32) {
        if self.changed.last() != Some(&at) {
            self.changed.push(at);
        }
    }

    fn place_of(&mut self, quarter: u32, label: u32) -> u32 {
        let slots = &self.slots;
        let is_it = |at: &u32| {
            let slot = slots.get(place(*at));
            slot.is_some_and(|slot| slot.quarter == quarter && slot.label == label)
        };
        let hash = both(u64::from(quarter), u64::from(label));
        if let Some(at) = self.places.positions(hash).find(is_it) {
            return at;
        }
        let at = u32::try_from(slots.len()).unwrap_or(u32::MAX);
        self.places.insert(hash, at);
        self.slots.push(Slot {
            quarter,
            label,
            tally: Tally::default(),
        });
        at
    }

    /// All slots in which something was used.
    pub(super) fn told(&self) -> impl Iterator<Item = &Slot> {
        let used = |slot: &&Slot| slot.tally != Tally::default();
        self.slots.iter().filter(used)
    }

    /// The slots that changed since they were last kept, also those that were emptied.
    pub(super) fn changes(&mut self) -> Vec<Slot> {
        self.changed.sort_unstable();
        self.changed.dedup();
        let changed = self.changed.iter();
        changed
            .filter_map(|at| self.slots.get(place(*at)).copied())
            .collect()
    }

    /// When the earliest slot begins that changed since they were last kept, in seconds since the epoch.
    pub(super) fn earliest_change(&self) -> Option<i64> {
        let changed = self.changed.iter();
        let quarters = changed.filter_map(|at| Some(self.slots.get(place(*at))?.quarter));
        let first = quarters.min()?;
        Some(i64::from(first) * WIDTH)
    }

    /// Everything is kept: from now on it has not changed.
    pub(super) fn keep(&mut self) {
        self.changed = Vec::new();
    }

    /// The slots that start at an instant or later, oldest first.
    pub(super) fn since(&self, seconds: i64, labels: &Labels) -> Vec<AgentSlot> {
        let mut slots: Vec<&Slot> = self.used_since(seconds).collect();
        slots.sort_unstable_by_key(|slot| (slot.quarter, slot.label));
        let mut shared = Shared::of(labels);
        let told = slots.into_iter().map(|slot| {
            let label = labels.get(slot.label);
            AgentSlot {
                start: DateTime::from_timestamp(slot.start(), 0).unwrap_or_default(),
                model: shared.model(label.model),
                project: shared.project(label.project),
                session: shared.session(label.session),
                terms: label.terms,
                tally: slot.tally,
            }
        });
        told.collect()
    }

    /// The same, as one use a slot, in no order.
    pub(super) fn uses_since(&self, seconds: i64) -> Vec<Use> {
        let uses = self.used_since(seconds).map(|slot| {
            let start = DateTime::from_timestamp(slot.start(), 0).unwrap_or_default();
            Use::of(start, &slot.tally.tokens)
        });
        uses.collect()
    }

    /// What the slots that start at an instant or later are about.
    pub(super) fn about(&self, seconds: i64, labels: &Labels) -> About {
        let mut about = About::default();
        let mut seen = vec![false; labels.names.len()];
        for slot in self.used_since(seconds) {
            let label = labels.get(slot.label);
            about.until = about.until.max(Some(slot.start() + WIDTH));
            about.is_recorded &= label.terms.recorded;
            if let Some(seen) = seen.get_mut(place(label.project)) {
                *seen = true;
            }
        }
        let numbers = (0_u32..).zip(seen).skip(1);
        let projects = numbers.filter(|(_, is_seen)| *is_seen);
        let named = projects.map(|(number, _)| ProjectId::from(labels.names.text(number)));
        about.projects = named.collect();
        about
    }

    fn used_since(&self, seconds: i64) -> impl Iterator<Item = &Slot> {
        self.told().filter(move |slot| slot.start() >= seconds)
    }
}

/// What some slots are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct About {
    /// The folders worked in, each once.
    pub(super) projects: Vec<ProjectId>,
    /// Whether the log itself records what all of it cost.
    pub(super) is_recorded: bool,
    /// When the last slot ends, in seconds since the epoch. `None`: there is none.
    pub(super) until: Option<i64>,
}

impl Default for About {
    fn default() -> Self {
        Self {
            projects: Vec::new(),
            is_recorded: true,
            until: None,
        }
    }
}

impl Slot {
    /// In seconds since the epoch.
    fn start(&self) -> i64 {
        i64::from(self.quarter) * WIDTH
    }
}

const WIDTH: i64 = SlotWidth::QuarterHour.seconds();

fn quarter(response: &Response) -> u32 {
    response.at / u32::try_from(WIDTH).unwrap_or(u32::MAX)
}

/// Takes away what was added before.
fn subtract(tally: &mut Tally, less: &Tally) {
    let (tokens, fewer) = (&mut tally.tokens, &less.tokens);
    for (count, less) in [
        (&mut tally.requests, less.requests),
        (&mut tokens.input, fewer.input),
        (&mut tokens.cached_input, fewer.cached_input),
        (&mut tokens.cache_write, fewer.cache_write),
        (&mut tokens.cache_write_5m, fewer.cache_write_5m),
        (&mut tokens.cache_write_1h, fewer.cache_write_1h),
        (&mut tokens.output, fewer.output),
        (&mut tokens.reasoning, fewer.reasoning),
        (&mut tally.web_searches, less.web_searches),
        (&mut tally.unfinished, less.unfinished),
    ] {
        *count = count.saturating_sub(less);
    }
    tally.recorded_usd = tally.recorded_usd.saturating_sub(less.recorded_usd);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(at: u32, output: u64) -> Response {
        let mut tally = Tally {
            requests: 1,
            ..Tally::default()
        };
        tally.tokens.output = output;
        Response {
            request: 0,
            twin: 0,
            side: false,
            at,
            label: 0,
            tally,
        }
    }

    fn outputs(totals: &Totals) -> Vec<(u32, u64)> {
        let told = totals.told();
        told.map(|slot| (slot.quarter, slot.tally.tokens.output))
            .collect()
    }

    #[test]
    fn a_response_that_moves_to_an_earlier_quarter_leaves_its_old_one_empty() {
        let mut totals = Totals::default();
        let (first, moved) = (response(1000, 5), response(100, 9));
        totals.take(&Change {
            before: None,
            after: first,
        });
        assert_eq!(outputs(&totals), [(1, 5)]);
        totals.take(&Change {
            before: Some(first),
            after: moved,
        });
        assert_eq!(outputs(&totals), [(0, 9)]);
        assert_eq!(totals.changes().len(), 2);
        let labels = Labels::default();
        assert_eq!(totals.since(1, &labels).len(), 0);
        assert_eq!(totals.since(0, &labels).len(), 1);
    }
}
