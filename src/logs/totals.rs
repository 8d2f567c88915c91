//! What was counted by quarter of an hour: kept beside the responses, so that a total is there without them.

use std::collections::BTreeMap;

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
    /// The quarter of each: looking for late ones passes over little.
    quarters: Vec<u32>,
    /// The last quarter with a slot, by label.
    last_used: Vec<Option<u32>>,
    places: Lookup,
    /// The slots that changed since they were last kept; some of them more than once.
    changed: Vec<u32>,
    /// The slot found last: the next response mostly is of the same.
    last: u32,
}

impl Totals {
    /// Takes a response's change into account.
    pub(super) fn take(&mut self, change: &Change<'_>) {
        if let Some(before) = change.before {
            let at = self.place_of(quarter(before), before.label);
            if let Some(slot) = self.slots.get_mut(place(at)) {
                subtract(&mut slot.tally, &before.tally);
            }
            self.change(at);
        }
        self.add(change.after);
    }

    fn add(&mut self, response: &Response) {
        let at = self.place_of(quarter(response), response.label);
        if let Some(slot) = self.slots.get_mut(place(at)) {
            slot.tally.add(&response.tally);
        }
        self.change(at);
    }

    pub(super) fn make_room_for(&mut self, slots: usize) {
        self.slots.reserve(slots);
        self.quarters.reserve(slots);
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
        if let Some(slot) = slots.get(place(self.last))
            && slot.quarter == quarter
            && slot.label == label
        {
            return self.last;
        }
        let is_it = |at: &u32| {
            let slot = slots.get(place(*at));
            slot.is_some_and(|slot| slot.quarter == quarter && slot.label == label)
        };
        let hash = both(u64::from(quarter), u64::from(label));
        if let Some(at) = self.places.positions(hash).find(is_it) {
            self.last = at;
            return at;
        }
        let at = u32::try_from(slots.len()).unwrap_or(u32::MAX);
        self.last = at;
        self.places.insert(hash, at);
        self.slots.push(Slot {
            quarter,
            label,
            tally: Tally::default(),
        });
        self.quarters.push(quarter);
        if self.last_used.len() <= place(label) {
            self.last_used.resize(place(label) + 1, None);
        }
        if let Some(last) = self.last_used.get_mut(place(label)) {
            *last = (*last).max(Some(quarter));
        }
        at
    }

    /// All slots in which something was used.
    pub(super) fn told(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.is_used())
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

    /// The same, as one use a quarter in which something was used, oldest first.
    pub(super) fn uses_since(&self, seconds: i64) -> Vec<Use> {
        let mut quarters: BTreeMap<u32, u64> = BTreeMap::new();
        for slot in self.used_since(seconds) {
            let sum = quarters.entry(slot.quarter).or_default();
            *sum = sum.saturating_add(Use::counted(&slot.tally.tokens));
        }
        let uses = quarters.into_iter().map(|(quarter, tokens)| Use {
            at: DateTime::from_timestamp(i64::from(quarter) * WIDTH, 0).unwrap_or_default(),
            tokens,
        });
        uses.collect()
    }

    /// What the slots that start at an instant or later are about. A slot that was emptied again may be among them.
    pub(super) fn about(&self, seconds: i64, labels: &Labels) -> About {
        let mut about = About {
            projects: Vec::new(),
            is_recorded: true,
        };
        let first = first_quarter(seconds);
        let mut seen = vec![false; labels.names.len()];
        for (last, number) in self.last_used.iter().zip(0..) {
            if last.is_some_and(|last| last >= first) {
                let label = labels.get(number);
                about.is_recorded &= label.terms.recorded;
                if let Some(seen) = seen.get_mut(place(label.project)) {
                    *seen = true;
                }
            }
        }
        let numbers = (0_u32..).zip(seen).skip(1);
        let projects = numbers.filter(|(_, is_seen)| *is_seen);
        let named = projects.map(|(number, _)| ProjectId::from(labels.names.text(number)));
        about.projects = named.collect();
        about
    }

    fn used_since(&self, seconds: i64) -> impl Iterator<Item = &Slot> {
        let first = first_quarter(seconds);
        let places = self.quarters.iter().zip(&self.slots);
        let late = places.filter(move |(quarter, _)| **quarter >= first);
        late.map(|(_, slot)| slot).filter(|slot| slot.is_used())
    }
}

/// The first quarter that starts at an instant or later.
fn first_quarter(seconds: i64) -> u32 {
    let quarter = seconds.max(0).saturating_add(WIDTH - 1) / WIDTH;
    u32::try_from(quarter).unwrap_or(u32::MAX)
}

/// What some slots are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct About {
    /// The folders worked in, each once.
    pub(super) projects: Vec<ProjectId>,
    /// Whether the log itself records what all of it cost.
    pub(super) is_recorded: bool,
}

impl Slot {
    /// In seconds since the epoch.
    fn start(&self) -> i64 {
        i64::from(self.quarter) * WIDTH
    }

    fn is_used(&self) -> bool {
        self.tally != Tally::default()
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
            after: &first,
        });
        assert_eq!(outputs(&totals), [(1, 5)]);
        totals.take(&Change {
            before: Some(&first),
            after: &moved,
        });
        assert_eq!(outputs(&totals), [(0, 9)]);
        assert_eq!(totals.changes().len(), 2);
        let labels = Labels::default();
        assert_eq!(totals.since(1, &labels).len(), 0);
        assert_eq!(totals.since(0, &labels).len(), 1);
    }
}
