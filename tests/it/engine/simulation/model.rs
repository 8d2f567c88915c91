//! The model: what a person would expect the engine to know, to have told and to do next. It shares no code with it.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use spendtray::domain::account::AccountId;
use spendtray::domain::money::{Currency, Money};
use spendtray::domain::poll::{FailureKind, PollState};
use spendtray::domain::reading::Reading;
use spendtray::domain::usage::{Cost, SlotWidth};
use spendtray::domain::zone::Zone;
use spendtray::providers::PollError;

use super::vendors::Answered;

/// Sums by day and currency.
pub(super) type Spent = BTreeMap<NaiveDate, BTreeMap<Currency, Decimal>>;

/// Where a rule on a figure stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// Never met with a known figure.
    #[default]
    New,
    Armed,
    Standing,
}

/// A rule of the model.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rule {
    phase: Phase,
    snoozed_until: Option<DateTime<Utc>>,
}

/// The last figures.
#[derive(Debug, Clone, Default)]
pub(super) struct Latest {
    pub(super) taken_at: DateTime<Utc>,
    pub(super) balances: BTreeMap<String, Option<Money>>,
}

/// The failure that lasts.
#[derive(Debug, Clone)]
pub(super) struct Failing {
    pub(super) kind: FailureKind,
    pub(super) since: DateTime<Utc>,
    pub(super) retry_at: Option<DateTime<Utc>>,
}

/// What is known of an account.
pub(super) struct Known {
    pub(super) id: AccountId,
    pub(super) every: Duration,
    pub(super) latest: Option<Latest>,
    pub(super) succeeded_at: Option<DateTime<Utc>>,
    pub(super) failure: Option<Failing>,
    pub(super) failures_in_a_row: u32,
    /// When it was planned to be asked again, by the clock as it was then.
    pub(super) next_at: Option<DateTime<Utc>>,
    /// When it must have been asked again, by the clock as it is. `None`: not by itself.
    pub(super) due: Option<DateTime<Utc>>,
    /// Usage by its identity: the quarter-hour it lies in, and its cost.
    pub(super) usage: BTreeMap<String, (DateTime<Utc>, Money)>,
    pub(super) rules: BTreeMap<&'static str, Rule>,
}

/// The rules that the model knows exactly, with the end of their subjects.
pub(super) const RULES: [(&str, &str); 3] = [
    ("balance<=10", "balance usd"),
    ("credential", "credential"),
    ("failing>=60", "polls"),
];

impl Known {
    pub(super) fn new(name: &str, every: Duration) -> Self {
        Self {
            id: AccountId::parse(&format!("simulated/{name}")),
            every,
            latest: None,
            succeeded_at: None,
            failure: None,
            failures_in_a_row: 0,
            next_at: None,
            due: Some(DateTime::UNIX_EPOCH),
            usage: BTreeMap::new(),
            rules: RULES
                .iter()
                .map(|(rule, _)| (*rule, Rule::default()))
                .collect(),
        }
    }

    /// Whether the ledger holds this answer, seen from what it held before: for answers that a crash may have lost.
    pub(super) fn is_kept(&self, answered: &Answered, ledger: &PollState) -> bool {
        match &answered.result {
            Ok(_) => ledger.next_at == Some(cut(answered.at + delta(self.every))),
            Err(_) => ledger.failures_in_a_row > self.failures_in_a_row,
        }
    }

    /// Takes an answer that was kept.
    pub(super) fn accept(&mut self, answered: &Answered) {
        match &answered.result {
            Ok(reading) => self.learn(reading, answered.at),
            Err(error) => self.fail(error, answered.at),
        }
    }

    fn learn(&mut self, reading: &Reading, at: DateTime<Utc>) {
        for range in &reading.ranges {
            self.usage
                .retain(|_, (start, _)| *start < range.from || range.until <= *start);
            for slot in &range.slots {
                for (money, _) in slot.spend.iter() {
                    let name = format!("{} {}", slot.start, money.currency);
                    self.usage.insert(name, (slot.start, money));
                }
            }
        }
        for event in &reading.events {
            if let Cost::Reported { money, .. } = event.cost {
                let start = SlotWidth::QuarterHour.start_of(event.at);
                self.usage.insert(event.key.clone(), (start, money));
            }
        }
        self.failure = None;
        self.failures_in_a_row = 0;
        self.next_at = Some(at + delta(self.every));
        self.due = self.next_at;
        // A reading a little older than the last one has lost a race.
        let newer = self.latest.as_ref().map(|latest| latest.taken_at);
        let newer =
            newer.filter(|newer| cut(at) < *newer && *newer - cut(at) <= TimeDelta::seconds(120));
        self.succeeded_at = Some(newer.unwrap_or(cut(at)));
        if newer.is_none() {
            let balances = reading.figures.balances.iter();
            self.latest = Some(Latest {
                taken_at: cut(at),
                balances: balances
                    .map(|balance| (balance.name.to_string(), balance.remaining))
                    .collect(),
            });
        }
    }

    fn fail(&mut self, error: &PollError, at: DateTime<Utc>) {
        let kind = error.kind();
        let retry_at = match error {
            PollError::Throttled { retry_at, .. } => *retry_at,
            _ => None,
        };
        let goes_on = self.failure.as_ref().filter(|before| {
            (before.kind == FailureKind::Unauthorized) == (kind == FailureKind::Unauthorized)
        });
        let since = goes_on.map_or(at, |before| before.since.min(at));
        let ladder = (30_000 << self.failures_in_a_row.min(6)).min(1_800_000) * 11 / 10;
        let told = retry_at.filter(|told| *told > at);
        let latest = told.map_or(at + TimeDelta::milliseconds(ladder), |told| {
            told.min(at + TimeDelta::hours(24))
        });
        self.due = (kind != FailureKind::Unauthorized).then_some(latest);
        self.next_at = self.due;
        self.failures_in_a_row += 1;
        self.failure = Some(Failing {
            kind,
            since,
            retry_at,
        });
    }

    /// Takes the plan from the ledger, when it is one the model allows.
    pub(super) fn plan(&mut self, ledger: &PollState) -> Result<(), String> {
        let fits = match (ledger.next_at, self.next_at) {
            (Some(planned), Some(latest)) => planned <= cut(latest) + TimeDelta::milliseconds(1),
            (planned, latest) => planned.is_none() && latest.is_none(),
        };
        if !fits {
            let (planned, latest) = (ledger.next_at, self.next_at);
            return Err(format!("planned for {planned:?}, expected {latest:?}"));
        }
        self.next_at = ledger.next_at;
        Ok(())
    }

    /// What a restart does to the plans: nobody is asked anew who was asked just now, failures are tried at once.
    pub(super) fn restart(&mut self, now: DateTime<Utc>) {
        self.due = match &self.failure {
            Some(failing) if failing.kind == FailureKind::Throttled => self.next_at,
            Some(failing) if failing.kind == FailureKind::Unauthorized => None,
            Some(_) => Some(now),
            None => self.next_at.map(|at| at.min(now + delta(self.every))),
        };
    }

    /// The clock was set back.
    pub(super) fn shift(&mut self, back: TimeDelta) {
        self.due = self.due.map(|due| due - back);
    }

    /// Steps the rules at an instant; returns those that must be told.
    pub(super) fn judge(&mut self, now: DateTime<Utc>) -> Vec<&'static str> {
        let values = [
            ("balance<=10", self.is_low()),
            ("credential", self.is_refused()),
            ("failing>=60", Some(self.failing_minutes(now) >= 60)),
        ];
        let mut told = Vec::new();
        for (name, value) in values {
            if let (Some(rule), Some(holds)) = (self.rules.get_mut(name), value)
                && rule.step(holds, now)
            {
                told.push(name);
            }
        }
        told
    }

    fn is_low(&self) -> Option<bool> {
        let balance = self.latest.as_ref()?.balances.get("usd").copied()??;
        Some(balance.amount <= Decimal::TEN)
    }

    fn is_refused(&self) -> Option<bool> {
        let standing = self.rules["credential"].phase == Phase::Standing;
        match &self.failure {
            Some(failing) if failing.kind == FailureKind::Unauthorized => Some(true),
            Some(_) if standing => None,
            _ => Some(false),
        }
    }

    /// For how long polls have failed. While the next one is overdue (the machine slept) nothing is known of it.
    fn failing_minutes(&self, now: DateTime<Utc>) -> i64 {
        let Some(failing) = &self.failure else {
            return 0;
        };
        if failing.kind == FailureKind::Unauthorized {
            return 0;
        }
        let until = self.next_at.map_or(now, |next| next.min(now));
        let lasting = until - failing.since;
        let old = self.succeeded_at.map_or(lasting, |at| until - at);
        lasting.min(old).num_minutes()
    }

    /// Everything that stands is acknowledged.
    pub(super) fn acknowledge(&mut self) {
        for rule in self.rules.values_mut() {
            rule.snoozed_until = None;
        }
    }

    /// What stands is told again after a while.
    pub(super) fn snooze(&mut self, rule: &str, until: DateTime<Utc>) {
        if let Some(rule) = self.rules.get_mut(rule) {
            rule.snoozed_until = (rule.phase == Phase::Standing).then_some(until);
        }
    }

    /// What was used, by day and currency, of late.
    pub(super) fn spent(&self, since: DateTime<Utc>, zone: Zone) -> Spent {
        let mut sums = Spent::new();
        let late = self.usage.values().filter(|(start, _)| since <= *start);
        for (start, money) in late {
            let day = start.with_timezone(&zone).date_naive();
            let sums = sums.entry(day).or_default();
            *sums.entry(money.currency).or_default() += money.amount;
        }
        sums
    }
}

impl Rule {
    /// Returns whether it is told now.
    fn step(&mut self, holds: bool, now: DateTime<Utc>) -> bool {
        let before = self.phase;
        self.phase = if holds { Phase::Standing } else { Phase::Armed };
        match (before, holds) {
            (Phase::Standing, true) => {
                let over = self.snoozed_until.is_some_and(|until| cut(until) <= now);
                self.snoozed_until = self.snoozed_until.filter(|_| !over);
                over
            }
            (_, false) => {
                self.snoozed_until = None;
                false
            }
            (phase, true) => phase == Phase::Armed,
        }
    }
}

/// The ledger keeps milliseconds.
pub(super) fn cut(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at)
}

pub(super) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::zero())
}
