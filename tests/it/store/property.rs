//! Any sequence of overlapping reports leaves the sums of a plain model.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use spendtray::domain::snapshot::{AccountSnapshot, Since};
use spendtray::store::Store;

use super::*;

/// What is reported: a key of few, a minute, nanos.
type Told = (u8, i64, i64);

#[derive(Debug, Clone)]
struct Step {
    events: Vec<Told>,
    ranges: Vec<(i64, i64, Vec<i64>)>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let told = (0_u8..6, 0_i64..180, 1_i64..1_000);
    let spans = (0_i64..150, 1_i64..90, vec(1_i64..1_000, 12));
    let step = (vec(told, 0..5), vec(spans, 0..3));
    vec(
        step.prop_map(|(events, ranges)| Step { events, ranges }),
        1..6,
    )
}

/// The plain model: events by key, and reported slots by start.
#[derive(Debug, Default)]
struct Model {
    events: BTreeMap<u8, (i64, i64)>,
    slots: BTreeMap<i64, i64>,
}

impl Model {
    fn take(&mut self, step: &Step) {
        for (from, length, nanos) in &step.ranges {
            let within = *from..from + length;
            self.events.retain(|_, (at, _)| !within.contains(at));
            self.slots.retain(|start, _| !within.contains(start));
            self.slots.extend(quarters(*from, *length, nanos));
        }
        for (key, at, nanos) in &step.events {
            self.events.insert(*key, (*at, *nanos));
        }
    }

    fn sums(&self) -> Vec<(i64, u64, i64)> {
        let mut sums: BTreeMap<i64, (u64, i64)> = BTreeMap::new();
        let events = self.events.values();
        let events = events.map(|(at, nanos)| (at - at % 15, *nanos));
        let slots = self.slots.iter().map(|(start, nanos)| (*start, *nanos));
        for (start, nanos) in events.chain(slots) {
            let sum = sums.entry(start).or_default();
            *sum = (sum.0 + 1, sum.1 + nanos);
        }
        let flat = sums.into_iter();
        flat.map(|(start, (requests, nanos))| (start, requests, nanos))
            .collect()
    }
}

/// The whole quarter-hours that begin within a span, with money.
fn quarters(from: i64, length: i64, nanos: &[i64]) -> Vec<(i64, i64)> {
    let starts = (0..12).map(|quarter| quarter * 15);
    let within = starts.filter(|start| (from..from + length).contains(start));
    within.zip(nanos.iter().copied()).collect()
}

fn reported(step: &Step, minutes: i64) -> Reading {
    let mut reading = reading(minutes);
    let events = step.events.iter();
    reading.events = events
        .map(|(key, at, nanos)| event(&format!("key {key}"), *at, *nanos))
        .collect();
    let ranges = step.ranges.iter();
    reading.ranges = ranges
        .map(|(from, length, nanos)| {
            let told = quarters(*from, *length, nanos).into_iter();
            let slots = told.map(|(start, nanos)| slot(start, nanos)).collect();
            range(*from, from + length, slots)
        })
        .collect();
    reading
}

async fn sums_after_each(steps: &[Step]) -> Outcome {
    let store = Store::open("sqlite::memory:").await?;
    let mut model = Model::default();
    let mut at_hand: Option<AccountSnapshot> = None;
    let all = Since::both(minute(-60));
    for (step, minutes) in steps.iter().zip((200..).step_by(5)) {
        model.take(step);
        let reading = reported(step, minutes);
        let changed = store.record_reading(&reading, minute(0)).await?;
        let since = at_hand.as_ref().map_or(all, |_| changed);
        let newer = store.account(&venice(), since).await?;
        let newer = newer.ok_or("no account")?;
        match &mut at_hand {
            Some(known) => known.renew(newer, since),
            None => at_hand = Some(newer),
        }
        assert_eq!(at_hand, store.account(&venice(), all).await?);
        let once = store.snapshot(minute(-60)).await?;
        let changed = store.record_reading(&reading, minute(0)).await?;
        // Ranges that overlap, or events within one, take each other's place each time.
        if step.ranges.len() + step.events.len() < 2 {
            assert_eq!(changed.usage, None, "told again");
        }
        assert_eq!(store.snapshot(minute(-60)).await?, once);
        let account = once.account(&venice()).ok_or("no account")?;
        assert_eq!(brief(&account.slots), model.sums());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn usage_is_counted_once_however_often_it_is_told_and_read_from_where_it_changed(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let told = runtime.block_on(sums_after_each(&steps));
        prop_assert!(told.is_ok(), "{told:?}");
    }
}
