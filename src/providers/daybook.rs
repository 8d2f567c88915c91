//! A vendor's books by days of UTC: charges from its bill beside counts of its usage, each once, as day slots.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::ids::ModelId;
use crate::domain::money::Money;
use crate::domain::reading::Wait;
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Attribution, Basis, SlotRange, SlotWidth, Spend, UsageSlot};
use crate::providers::PollError;
use crate::providers::counters::Counted;
use crate::providers::days;
use crate::providers::pages::Walk;

/// What one day cost someone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Charge {
    pub(super) day: NaiveDate,
    pub(super) who: Attribution,
    /// `None`: not told, or not readable.
    pub(super) cost: Option<Money>,
}

/// What one day counted for someone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) day: NaiveDate,
    pub(super) who: Attribution,
    /// `None`: not told.
    pub(super) requests: Option<u64>,
    /// `None`: it counts none, or they are not told.
    pub(super) tokens: Option<TokenCounts>,
    pub(super) billing: Billing,
}

/// Whether a use is on the vendor's bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Billing {
    /// With its model.
    OnTheBill,
    /// The report of costs leaves it out.
    LeftOut,
}

/// Charges and how far they reach.
#[derive(Debug)]
pub(super) struct Bill {
    pub(super) charges: Vec<Charge>,
    /// The days that were told, those without costs among them.
    pub(super) days: BTreeSet<NaiveDate>,
    /// The first day that did not come.
    pub(super) until: NaiveDate,
    stopped: Option<PollError>,
    unreadable: usize,
}

/// One day of a report: its date and its rows, as far as they are told.
pub(super) struct Day<R> {
    pub(super) date: Option<NaiveDate>,
    pub(super) rows: Option<Vec<R>>,
    pub(super) unreadable: usize,
}

impl Bill {
    /// The bill that a walk from a day on brought.
    pub(super) fn of<R>(
        walk: Walk<Day<R>>,
        (start, now): (NaiveDate, DateTime<Utc>),
        charge: impl Fn(R, NaiveDate) -> Charge,
    ) -> Self {
        let mut bill = Self {
            charges: Vec::new(),
            days: BTreeSet::new(),
            until: until(&walk, start, now),
            stopped: walk.stopped,
            unreadable: walk.unreadable,
        };
        for day in walk.rows {
            bill.unreadable += day.unreadable;
            if let (Some(date), Some(rows)) = (day.date, day.rows) {
                bill.days.insert(date);
                bill.charges
                    .extend(rows.into_iter().map(|row| charge(row, date)));
            } else {
                bill.unreadable += 1;
            }
        }
        bill
    }

    /// Whether every entry that came could be read.
    pub(super) const fn is_readable(&self) -> bool {
        self.unreadable == 0
    }

    /// What did not come, in a sentence. `None`: everything came.
    pub(super) fn missing(&self) -> Option<String> {
        if let Some(why) = &self.stopped {
            let day = days::previous(self.until);
            let why = why.reason();
            return Some(format!("The costs are known up to {day} only: {why}."));
        }
        let count = self.unreadable;
        (count > 0).then(|| format!("{count} entries of the costs could not be read."))
    }

    /// Whether the vendor asked to wait before it had told all costs.
    pub(super) fn wait(&self) -> Option<Wait> {
        self.stopped.as_ref().and_then(PollError::wait)
    }

    /// The first day that did not come whole from bill and counters.
    pub(super) fn whole_until(&self, counted: &Counted) -> NaiveDate {
        self.until.min(counted.until)
    }

    /// The days that are known, as slots. `None`: none came.
    pub(super) fn range(&self, counted: &Counted, now: DateTime<Utc>) -> Option<SlotRange> {
        let until = self.whole_until(counted);
        let end = days::midnight(until).min(days::after(now));
        let from = days::midnight(counted.from);
        (from < end).then(|| SlotRange {
            from,
            until: end,
            slots: join(&self.charges, &counted.counts, counted.from..until),
        })
    }
}

/// The counts that a walk brought, and the first day that did not come. `None`: not all that came could be read.
pub(super) fn counts<R>(
    walk: Walk<Day<R>>,
    (start, now): (NaiveDate, DateTime<Utc>),
    count: impl Fn(R, NaiveDate) -> Counts,
) -> Option<(Vec<Counts>, NaiveDate)> {
    let until = until(&walk, start, now);
    let mut counts = Vec::new();
    let mut unreadable = walk.unreadable;
    for day in walk.rows {
        unreadable += day.unreadable;
        let date = day.date?;
        counts.extend(day.rows?.into_iter().map(|row| count(row, date)));
    }
    (unreadable == 0).then_some((counts, until))
}

/// The first day a walk does not reach.
fn until<R>(walk: &Walk<Day<R>>, start: NaiveDate, now: DateTime<Utc>) -> NaiveDate {
    if walk.stopped.is_none() {
        return days::next(now.date_naive());
    }
    let last = walk.rows.iter().filter_map(|day| day.date).max();
    last.map_or(start, days::next)
}

/// What a day came to for someone.
#[derive(Debug, Default)]
pub(super) struct Sum {
    pub(super) spend: Spend,
    requests: Option<u64>,
    tokens: Option<TokenCounts>,
}

/// The slots of some days. A model that was used on a day and is not on that day's bill is unpriced: its cost comes
/// later, or under another name.
fn join(charges: &[Charge], counts: &[Counts], days: Range<NaiveDate>) -> Vec<UsageSlot> {
    let mut sums: BTreeMap<(NaiveDate, Attribution), Sum> = BTreeMap::new();
    let mut billed: BTreeSet<(NaiveDate, &ModelId)> = BTreeSet::new();
    for charge in charges.iter().filter(|charge| days.contains(&charge.day)) {
        let sum = sums.entry((charge.day, charge.who.clone())).or_default();
        match charge.cost {
            Some(cost) => sum.spend.add(cost, Basis::Billed),
            None => sum.spend.unpriced.extend(charge.who.model.clone()),
        }
        billed.extend(charge.who.model.as_ref().map(|model| (charge.day, model)));
    }
    for count in counts.iter().filter(|count| days.contains(&count.day)) {
        let sum = sums.entry((count.day, count.who.clone())).or_default();
        sum.count(count.requests, count.tokens.as_ref());
        if let Some(model) = &count.who.model
            && (count.billing == Billing::LeftOut || !billed.contains(&(count.day, model)))
        {
            sum.spend.unpriced.insert(model.clone());
        }
    }
    sums.into_iter().map(slot).collect()
}

impl Sum {
    /// Adds requests and tokens, as far as they are told.
    pub(super) fn count(&mut self, requests: Option<u64>, tokens: Option<&TokenCounts>) {
        if let Some(requests) = requests {
            let sum = self.requests.get_or_insert(0);
            *sum = sum.saturating_add(requests);
        }
        if let Some(tokens) = tokens {
            self.tokens.get_or_insert_default().add(tokens);
        }
    }
}

/// The slot of a day.
pub(super) fn slot(((day, who), sum): ((NaiveDate, Attribution), Sum)) -> UsageSlot {
    UsageSlot {
        start: days::midnight(day),
        width: SlotWidth::Day,
        who: who.into(),
        requests: sum.requests,
        tokens: sum.tokens,
        spend: sum.spend,
    }
}
