//! Sums of usage: by day, week and month of the user's zone; of an account, its keys, models and projects.
//!
//! Only what the ledger counted. Where its history does not reach, a sum is unknown, never zero. What a vendor
//! sums itself is joined in by `books`.

use std::collections::BTreeMap;

use crate::domain::zone::Zone;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::analysis::digest::TokenSum;
use crate::domain::ids::{KeyId, ModelId, ProjectId};
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
    pub(super) fn running(unit: Unit, now: DateTime<Utc>, zone: Zone) -> Self {
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
    /// Until when, exclusive. `None`: not known apart from the last reading.
    until: Option<DateTime<Utc>>,
    /// When the vendor was last read. `None`: never.
    read_at: Option<DateTime<Utc>>,
    cuts: [Cut; 3],
}

impl<'a> Usage<'a> {
    /// The usage of an account, to be cut in the zone around now.
    pub(super) fn new(
        account: Option<&'a AccountSnapshot>,
        zone: Zone,
        now: DateTime<Utc>,
    ) -> Self {
        let taken_at = account
            .and_then(|account| account.latest.as_ref())
            .map(|latest| latest.taken_at);
        Self {
            slots: account.map_or(&[], |account| account.slots.as_slice()),
            since: account.and_then(|account| account.usage_since),
            until: account.and_then(|account| account.usage_until),
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
        let (Some(since), Some(known_until)) = (self.since, self.known_until()) else {
            return Reach::Nothing;
        };
        if !self.has_begun(cut, known_until) || since >= cut.span.until {
            Reach::Nothing
        } else if self.lacks_days(known_until) {
            Reach::Part
        } else if since <= cut.span.from || self.reaches_day(since, cut.first) {
            Reach::Whole
        } else {
            Reach::Part
        }
    }

    /// Until when usage is known. A history of days may end before the reading that told it.
    fn known_until(&self) -> Option<DateTime<Utc>> {
        let end = self.until.filter(|_| self.tells_days());
        let last = end.and_then(|end| end.checked_sub_signed(TimeDelta::milliseconds(1)));
        let read_at = self.read_at?;
        Some(last.map_or(read_at, |last| last.min(read_at)))
    }

    /// Whether whole days before the last reading did not come.
    fn lacks_days(&self, known_until: DateTime<Utc>) -> bool {
        self.read_at
            .is_some_and(|read_at| read_at - known_until > TimeDelta::days(1))
    }

    /// Whether a span had begun when the vendor was read: east of Greenwich the user's day begins before the UTC day
    /// of its date, and until then what he spends is still counted as yesterday's.
    fn has_begun(&self, cut: &Cut, read_at: DateTime<Utc>) -> bool {
        cut.span.from <= read_at && (!self.tells_days() || cut.first <= read_at.date_naive())
    }

    /// Whether there is usage, and all of it by days.
    fn tells_days(&self) -> bool {
        let mut slots = self.slots.iter();
        !self.slots.is_empty() && slots.all(|slot| slot.width == SlotWidth::Day)
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
                if let Some(project) = &slot.who.project {
                    let project = sums.projects.entry(project.clone()).or_default();
                    project.of_mut(unit).add(slot);
                }
            }
        }
        sums
    }

    /// The spend of each span that is wholly known. Use whose money is told elsewhere or nowhere is no zero.
    pub(super) fn spans(&self, tallies: &Tallies) -> Spans {
        Spans::from_units(|unit| {
            let tally = tallies.of(unit);
            let known = self.reach(unit) == Reach::Whole && !tally.tells_use_only();
            known.then(|| tally.spend.clone())
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
    /// By project, where told.
    pub(super) projects: BTreeMap<ProjectId, Tallies>,
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
    /// Whether something was used and no money at all is told of it.
    fn tells_use_only(&self) -> bool {
        let used = |count: Option<u64>| count.is_some_and(|count| count > 0);
        let tokens = self.tokens.map(|tokens| tokens.total());
        self.spend.is_empty() && (used(tokens) || used(self.requests))
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::digest::AccountDigest;
    use crate::analysis::testing::{account, at, billed, digest_at, figures, with_usage};
    use crate::domain::key::ProjectReading;
    use crate::domain::policy::Policy;
    use crate::domain::usage::Basis;

    fn day(date: &str, spend: Spend, who: Attribution) -> UsageSlot {
        UsageSlot {
            start: at(&format!("{date}T00:00:00Z")),
            width: SlotWidth::Day,
            who: who.into(),
            requests: None,
            tokens: None,
            spend,
        }
    }

    fn used(date: &str, who: Attribution) -> UsageSlot {
        let tokens = TokenCounts {
            input: 1000,
            ..TokenCounts::default()
        };
        UsageSlot {
            tokens: Some(tokens),
            ..day(date, Spend::default(), who)
        }
    }

    fn dollar(date: &str) -> UsageSlot {
        day(date, billed("1", "USD"), Attribution::default())
    }

    /// The figures in a zone of what was read an instant before.
    fn read(slots: Vec<UsageSlot>, zone: Zone, now: &str) -> AccountDigest {
        let mut known = with_usage(account("vendor", figures()), slots);
        let now = at(now);
        known.latest.as_mut().unwrap().taken_at = now;
        known.usage_until = Some(now + TimeDelta::milliseconds(1));
        told(known, zone, now)
    }

    fn told(known: AccountSnapshot, zone: Zone, now: DateTime<Utc>) -> AccountDigest {
        let policy = Policy {
            zone,
            ..Policy::default()
        };
        digest_at(vec![known], &policy, now).accounts.remove(0)
    }

    fn dollars(spend: Option<&Spend>) -> Option<String> {
        let usd = "USD".parse().unwrap();
        spend?.get(usd, Basis::Billed).map(|sum| sum.to_string())
    }

    #[test]
    fn a_months_spend_is_the_sum_of_its_utc_days() {
        let slots = ["2026-10-31", "2026-11-01", "2026-11-22", "2026-11-23"].map(dollar);
        let figures = read(slots.to_vec(), Zone::UTC, "2026-11-23T10:00:00Z");
        assert_eq!(dollars(figures.spend.month.as_ref()).as_deref(), Some("3"));
        assert_eq!(dollars(figures.spend.today.as_ref()).as_deref(), Some("1"));
    }

    #[test]
    fn a_day_that_has_not_begun_at_the_vendor_is_unknown_and_not_nothing() {
        // In Tokyo it is the morning of 24 November.
        let figures = read(
            vec![dollar("2026-11-23")],
            "Asia/Tokyo".parse().unwrap(),
            "2026-11-23T20:00:00Z",
        );
        assert_eq!(figures.spend.today, None);
        assert_eq!(dollars(figures.spend.month.as_ref()).as_deref(), Some("1"));
    }

    #[test]
    fn days_that_did_not_come_are_unknown_and_not_nothing() {
        let mut known = with_usage(account("vendor", figures()), vec![dollar("2026-11-19")]);
        known.usage_until = Some(at("2026-11-20T00:00:00Z"));
        let figures = told(known, Zone::UTC, at("2026-11-23T10:00:00Z"));
        assert_eq!(figures.spend, Spans::default());
    }

    #[test]
    fn use_without_money_is_no_zero() {
        let key = Attribution {
            key: Some("key".into()),
            ..Attribution::default()
        };
        let slots = vec![dollar("2026-11-23"), used("2026-11-23", key)];
        let figures = read(slots, Zone::UTC, "2026-11-23T10:00:00Z");
        assert_eq!(dollars(figures.spend.today.as_ref()).as_deref(), Some("1"));
        assert_eq!(figures.keys[0].spend, Spans::default());
    }

    #[test]
    fn a_project_is_told_by_its_name() {
        let project = Attribution {
            project: Some("p1".into()),
            ..Attribution::default()
        };
        let mut known = with_usage(
            account("vendor", figures()),
            vec![day("2026-11-23", billed("2", "USD"), project)],
        );
        known.latest.as_mut().unwrap().figures.projects = vec![
            ProjectReading {
                id: "p1".into(),
                label: "Alpha".to_owned(),
            },
            ProjectReading {
                id: "p2".into(),
                label: "Unused".to_owned(),
            },
        ];
        let projects = told(known, Zone::UTC, at("2026-11-23T10:00:00Z")).projects;
        assert_eq!(projects.len(), 1);
        assert_eq!(projects[0].label, "Alpha");
        assert_eq!(
            dollars(projects[0].spend.month.as_ref()).as_deref(),
            Some("2")
        );
    }
}
