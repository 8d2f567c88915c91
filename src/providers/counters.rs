//! Counters of usage beside a bill: asked for at their pace, and kept for the days that are replaced in between.
//!
//! A range of days is replaced whole, so a counter that is not asked, or does not answer, must repeat what it said.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use crate::domain::reading::Wait;
use crate::providers::PollError;
use crate::providers::daybook::Counts;
use crate::providers::days;
use crate::providers::reply::Vendor;

/// Something a vendor counts apart.
pub(super) trait Counter: Copy + Ord {
    /// What a sentence calls it.
    fn name(self) -> String;

    /// How long an answer serves before it is asked for again.
    fn serves(self) -> TimeDelta;

    /// The counts from a day on, and the first day that did not come.
    async fn ask(
        self,
        vendor: Vendor<'_>,
        start: NaiveDate,
    ) -> Result<(Vec<Counts>, NaiveDate), PollError>;
}

/// What each counter said last of yesterday and today.
pub(super) type KeptCounts<C> = BTreeMap<C, Kept>;

/// What a counter said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    asked_at: DateTime<Utc>,
    /// The first day it covers.
    from: NaiveDate,
    counts: Vec<Counts>,
}

/// Everything counted over the same days.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) counts: Vec<Counts>,
    /// The first day that is known.
    pub(super) from: NaiveDate,
    /// The first day that did not come.
    pub(super) until: NaiveDate,
    /// Whether the same days must be read again, because something may come later.
    again: bool,
    /// What did not come, by the reason why not.
    missing: BTreeMap<String, Vec<String>>,
    /// Whether a counter was told to wait.
    pub(super) wait: Option<Wait>,
}

/// Counts from a day on, as far as it must be asked for.
pub(super) async fn count<C: Counter>(
    vendor: Vendor<'_>,
    start: NaiveDate,
    counters: &[C],
    kept: &mut KeptCounts<C>,
) -> Counted {
    let now = vendor.cx.now;
    let today = now.date_naive();
    let mut counted = Counted::nothing(start, now);
    let due = counters.iter().copied().filter(|counter| {
        let kept = kept.get(counter);
        !kept.is_some_and(|kept| kept.covers(start, now) && now - kept.asked_at < counter.serves())
    });
    let asked = due.map(async |counter| (counter, counter.ask(vendor, start).await));
    for (counter, result) in join_all(asked).await {
        match result {
            Ok((counts, until)) => {
                let said = Kept::of(counts, (start..until, now));
                counted.until = counted.until.min(until);
                counted.counts.extend(said.before(days::previous(today)));
                kept.insert(counter, said.since(days::previous(today)));
            }
            Err(error) => counted.failed(counter.name(), &error, kept.get(&counter)),
        }
    }
    counted.repeat(kept);
    counted
}

/// What is known without asking: for a vendor that wants to be left alone. The same days must be read again.
pub(super) fn unasked<C: Counter>(
    start: NaiveDate,
    now: DateTime<Utc>,
    kept: &KeptCounts<C>,
) -> Counted {
    let mut counted = Counted {
        again: true,
        ..Counted::nothing(start, now)
    };
    let known_from = kept.values().map(|kept| kept.from).max();
    counted.from = known_from.map_or(start, |from| from.max(start));
    counted.repeat(kept);
    counted
}

impl Kept {
    fn of(counts: Vec<Counts>, (days, now): (Range<NaiveDate>, DateTime<Utc>)) -> Self {
        Self {
            asked_at: now,
            from: days.start,
            counts,
        }
    }

    /// Whether it was asked today for these days.
    fn covers(&self, start: NaiveDate, now: DateTime<Utc>) -> bool {
        self.from <= start && self.asked_at.date_naive() == now.date_naive() && self.asked_at <= now
    }

    fn before(&self, day: NaiveDate) -> Vec<Counts> {
        let counts = self.counts.iter();
        counts.filter(|counts| counts.day < day).cloned().collect()
    }

    fn since(mut self, day: NaiveDate) -> Self {
        self.from = self.from.max(day);
        self.counts.retain(|counts| counts.day >= day);
        self
    }
}

impl Counted {
    fn nothing(start: NaiveDate, now: DateTime<Utc>) -> Self {
        Self {
            counts: Vec::new(),
            from: start,
            until: days::next(now.date_naive()),
            again: false,
            missing: BTreeMap::new(),
            wait: None,
        }
    }

    fn repeat<C: Counter>(&mut self, kept: &KeptCounts<C>) {
        let repeated = kept.values().flat_map(|kept| kept.counts.iter().cloned());
        self.counts.extend(repeated);
    }

    /// What is known of a counter that does not answer is repeated, and earlier days are left as they are.
    fn failed(&mut self, name: String, error: &PollError, kept: Option<&Kept>) {
        let because = self.missing.entry(error.reason()).or_default();
        because.push(name);
        self.wait = self.wait.take().or_else(|| error.wait());
        if let Some(kept) = kept {
            self.from = self.from.max(kept.from);
        }
        // What this organization is not allowed to ask will not come later either.
        self.again |= !matches!(
            error,
            PollError::Refused { .. } | PollError::Unauthorized { .. }
        );
    }

    /// The first day that must be read again: where nothing may come later, the first that did not come.
    pub(super) const fn settled_until(&self, until: NaiveDate, start: NaiveDate) -> NaiveDate {
        if self.again { start } else { until }
    }

    /// What did not come: a sentence for each reason, because the counters mostly fail together.
    pub(super) fn sentences(&self) -> impl Iterator<Item = String> + '_ {
        self.missing.iter().map(|(why, names)| {
            let names = names.join(", ");
            format!("The usage of {names} did not come: {why}.")
        })
    }
}
