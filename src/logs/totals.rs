//! What was counted by quarter of an hour: kept beside the responses, so that a total is there without them.

use chrono::DateTime;
use spendtray_skim::hashing::both;

use crate::domain::agent::{AgentSlot, Tally};
use crate::domain::ids::{ModelId, ProjectId};
use crate::domain::usage::SlotWidth;
use crate::logs::labels::{Labels, place};
use crate::logs::lookup::Lookup;
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
        let is_it = |at: u32| {
            let slot = slots.get(place(at));
            slot.is_some_and(|slot| slot.quarter == quarter && slot.label == label)
        };
        let hash = hash(quarter, label);
        if let Some(at) = self.places.find(hash, is_it) {
            return at;
        }
        let at = u32::try_from(slots.len()).unwrap_or(u32::MAX);
        let hash_of = |at: u32| {
            let slot = slots.get(place(at));
            slot.map_or(0, |slot| self::hash(slot.quarter, slot.label))
        };
        self.places.insert(hash, at, hash_of);
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
        Some(i64::from(first) * SlotWidth::QuarterHour.seconds())
    }

    /// Everything is kept: from now on it has not changed.
    pub(super) fn keep(&mut self) {
        self.changed = Vec::new();
    }

    /// The slots that start at an instant or later, oldest first.
    pub(super) fn since(&self, seconds: i64, labels: &Labels) -> Vec<AgentSlot> {
        let width = SlotWidth::QuarterHour.seconds();
        let start = |slot: &Slot| i64::from(slot.quarter) * width;
        let mut slots: Vec<&Slot> = self.told().filter(|slot| start(slot) >= seconds).collect();
        slots.sort_unstable_by_key(|slot| (slot.quarter, slot.label));
        let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        slots
            .into_iter()
            .map(|slot| {
                let named = labels.named(slot.label);
                AgentSlot {
                    start: DateTime::from_timestamp(start(slot), 0).unwrap_or_default(),
                    model: ModelId::new(named.model),
                    project: told(named.project).map(ProjectId::new),
                    session: told(named.session),
                    terms: named.terms,
                    tally: slot.tally,
                }
            })
            .collect()
    }
}

fn quarter(response: &Response) -> u32 {
    let width = u32::try_from(SlotWidth::QuarterHour.seconds()).unwrap_or(u32::MAX);
    response.at / width
}

fn hash(quarter: u32, label: u32) -> u64 {
    both(u64::from(quarter), u64::from(label))
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
