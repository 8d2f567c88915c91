//! Sums of usage: by day, week and month of the user's zone; of an account, its keys and its models.
//!
//! Only what the ledger counted. Where its history does not reach, a sum is unknown, never zero. What a vendor
//! sums itself is joined in by `books`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use crate::analysis::digest::TokenSum;
use crate::domain::ids::{KeyId, ModelId};
use crate::domain::period::{Span, Unit};
use crate::domain::snapshot::AccountSnapshot;
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Attribution, SlotWidth, Spans, Spend, UsageSlot};

/// A running day, week or month of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// Its instants.
    pub(super) span: Span,
    first: NaiveDate,
    until: NaiveDate,
}

impl Cut {
    /// The one that runs now.
    pub(super) fn running(unit: Unit, now: DateTime<Utc>, zone: Tz) -> Self {
        let span = unit.around(now, zone);
        let date = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
        Self {
            span,
            first: date(span.from),
            until: date(span.until),
        }
    }

    /// Whether a slot counts to it. A vendor that reports whole days reports UTC days: such a day counts as the
    /// user's day of the same date, because it cannot be cut.
    pub(super) fn holds(&self, slot: &UsageSlot) -> bool {
        match slot.width {
            SlotWidth::QuarterHour => self.span.contains(slot.start),
            SlotWidth::Day => {
                let date = slot.start.date_naive();
                self.first <= date && date < self.until
            }
        }
    }
}

/// How much of a span the usage history covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// From its start to the last reading.
    Whole,
    /// Only its later part.
    Part,
    /// Nothing of it.
    Nothing,
}

/// What the ledger counted for one account.
#[derive(Debug, Clone)]
pub(super) struct Usage<'a> {
    /// Oldest first.
    pub(super) slots: &'a [UsageSlot],
    /// How far back they are complete. `None`: no usage is reported.
    pub(super) since: Option<DateTime<Utc>>,
    /// When the vendor was last read. `None`: never.
    pub(super) read_at: Option<DateTime<Utc>>,
    cuts: [Cut; 3],
}

impl<'a> Usage<'a> {
    /// The usage of an account, to be cut in the zone around now.
    pub(super) fn new(account: Option<&'a AccountSnapshot>, zone: Tz, now: DateTime<Utc>) -> Self {
        let taken_at = account
            .and_then(|account| account.latest.as_ref())
            .map(|latest| latest.taken_at);
        Self {
            slots: account.map_or(&[], |account| account.slots.as_slice()),
            since: account.and_then(|account| account.usage_since),
            read_at: taken_at.max(account.and_then(|account| account.poll.succeeded_at)),
            cuts: Unit::ALL.map(|unit| Cut::running(unit, now, zone)),
        }
    }

    /// The running span of a unit.
    pub(super) const fn cut(&self, unit: Unit) -> &Cut {
        let [day, week, month] = &self.cuts;
        match unit {
            Unit::Day => day,
            Unit::Week => week,
            Unit::Month => month,
        }
    }

    /// How much of the running span is known. A span in which the vendor was not read yet is unknown: what was
    /// spent since the last reading cannot be told.
    pub(super) fn reach(&self, unit: Unit) -> Reach {
        let cut = self.cut(unit);
        let Some(since) = self.since else {
            return Reach::Nothing;
        };
        if self.read_at.is_none_or(|read_at| read_at < cut.span.from) || since >= cut.span.until {
            Reach::Nothing
        } else if since <= cut.span.from || self.reaches_day(since, cut.first) {
            Reach::Whole
        } else {
            Reach::Part
        }
    }

    /// Whether a history of UTC days begins on that day or before; its midnight may lie after the user's.
    fn reaches_day(&self, since: DateTime<Utc>, first: NaiveDate) -> bool {
        let whole_days = self.slots.iter().all(|slot| slot.width == SlotWidth::Day);
        whole_days && since.time() == NaiveTime::MIN && since.date_naive() <= first
    }

    /// The sum over the running span of what a filter lets through.
    pub(super) fn sum(&self, unit: Unit, wanted: impl Fn(&Attribution) -> bool) -> Spend {
        let cut = self.cut(unit);
        let mut spend = Spend::default();
        for slot in self.slots {
            if cut.holds(slot) && wanted(&slot.who) {
                spend.merge(&slot.spend);
            }
        }
        spend
    }

    /// Every sum at once.
    pub(super) fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for slot in self.slots {
            for unit in Unit::ALL {
                if !self.cut(unit).holds(slot) {
                    continue;
                }
                sums.account.of_mut(unit).add(slot);
                if let Some(key) = &slot.who.key {
                    let key = sums.keys.entry(key.clone()).or_default();
                    key.of_mut(unit).add(slot);
                }
                if let Some(model) = &slot.who.model {
                    let model = sums.models.entry(model.clone()).or_default();
                    model.of_mut(unit).add(slot);
                }
            }
        }
        sums
    }

    /// The spend of each span that is wholly known.
    pub(super) fn spans(&self, tallies: &Tallies) -> Spans {
        Spans::from_units(|unit| {
            (self.reach(unit) == Reach::Whole).then(|| tallies.of(unit).spend.clone())
        })
    }

    /// Tokens and requests of a span. `None`: unknown, or this vendor never tells tokens.
    pub(super) fn tokens(&self, unit: Unit, tally: &Tally) -> Option<TokenSum> {
        if self.reach(unit) != Reach::Whole {
            return None;
        }
        if let Some(tokens) = tally.tokens {
            return Some(TokenSum {
                tokens,
                requests: tally.requests,
            });
        }
        let told = self.slots.iter().any(|slot| slot.tokens.is_some());
        let requests_told = self.slots.iter().any(|slot| slot.requests.is_some());
        (tally.slots == 0 && told).then(|| TokenSum {
            tokens: TokenCounts::default(),
            requests: requests_told.then_some(0),
        })
    }

    /// Whether every piece of usage is attributed to a key, so that a key without usage spent nothing.
    pub(super) fn names_every_key(&self) -> bool {
        !self.slots.is_empty() && self.slots.iter().all(|slot| slot.who.key.is_some())
    }
}

/// Sums of an account, its keys and its models.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    /// Everything.
    pub(super) account: Tallies,
    /// By key, where told.
    pub(super) keys: BTreeMap<KeyId, Tallies>,
    /// By model, where told.
    pub(super) models: BTreeMap<ModelId, Tallies>,
}

/// One tally each running day, week and month.
#[derive(Debug, Clone, Default)]
pub(super) struct Tallies {
    day: Tally,
    week: Tally,
    month: Tally,
}

impl Tallies {
    /// The tally of a unit.
    pub(super) const fn of(&self, unit: Unit) -> &Tally {
        match unit {
            Unit::Day => &self.day,
            Unit::Week => &self.week,
            Unit::Month => &self.month,
        }
    }

    const fn of_mut(&mut self, unit: Unit) -> &mut Tally {
        match unit {
            Unit::Day => &mut self.day,
            Unit::Week => &mut self.week,
            Unit::Month => &mut self.month,
        }
    }
}

/// What was added up.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// The money.
    pub(super) spend: Spend,
    /// The tokens. `None`: no slot told them.
    pub(super) tokens: Option<TokenCounts>,
    /// The requests. `None`: no slot told them.
    pub(super) requests: Option<u64>,
    slots: u64,
}

impl Tally {
    fn add(&mut self, slot: &UsageSlot) {
        self.spend.merge(&slot.spend);
        if let Some(tokens) = &slot.tokens {
            self.tokens.get_or_insert_default().add(tokens);
        }
        if let Some(requests) = slot.requests {
            let sum = self.requests.get_or_insert(0);
            *sum = sum.saturating_add(requests);
        }
        self.slots = self.slots.saturating_add(1);
    }
}
