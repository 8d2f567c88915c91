//! Simulated vendors: moods, money and usage that change by chance, and a memory of who asked what and when.
//!
//! They complain about whoever asks before its time or with a key that was refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use spendtray::app::accounts::Registry;
use spendtray::domain::ids::{BalanceName, WindowName};
use spendtray::domain::money::{Currency, Money};
use spendtray::domain::quota::{Balance, QuotaWindow, Source, Standing, WhenFull};
use spendtray::domain::reading::{Cursor, Reading};
use spendtray::domain::tokens::TokenCounts;
use spendtray::domain::usage::{
    Attribution, Basis, Cost, SlotRange, SlotWidth, Spend, UsageEvent, UsageSlot,
};
use spendtray::providers::{Appears, Auth, Kind, Links, Need, PollContext, PollError, Provider};
use spendtray::secrets::Secret;
use tokio::sync::RwLock;

use super::chance::Chance;

/// How a vendor answers at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    /// In trouble, refusing, unreachable or talking nonsense.
    Failing(Trouble),
    /// Too many requests; it may say for how long.
    Throttling(Option<TimeDelta>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Upstream,
    Refused,
    Malformed,
    Unreachable,
}

/// How usage is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// As events with an identity, some of them twice, from a cursor on.
    Events,
    /// As sums of a range of time, which replace what was told before.
    Ranges,
}

/// An answer that was given.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) at: DateTime<Utc>,
    pub(super) result: Result<Reading, PollError>,
}

/// What a vendor is and remembers.
pub(super) struct State {
    pub(super) mood: Mood,
    pub(super) telling: Telling,
    pub(super) usd: Option<Decimal>,
    pub(super) eur: Option<Decimal>,
    pub(super) events: Vec<UsageEvent>,
    /// Marks of keys that are refused.
    pub(super) bad_keys: BTreeSet<String>,
    /// Marks of keys whose refusal was told.
    pub(super) told_bad: BTreeSet<String>,
    /// Until when it wants to be left alone.
    pub(super) not_before: Option<DateTime<Utc>>,
    /// How often it was asked.
    pub(super) asked: usize,
    pub(super) answered: Vec<Answered>,
    pub(super) complaints: Vec<String>,
}

/// A vendor.
pub(super) struct Vendor {
    state: Mutex<State>,
    /// Whoever holds it lets polls hang.
    pub(super) gate: Arc<RwLock<()>>,
}

static VENDORS: LazyLock<Mutex<BTreeMap<String, Arc<Vendor>>>> = LazyLock::new(Mutex::default);

static SIMULATED: Provider = Provider {
    id: "simulated",
    name: "Simulated",
    kind: Kind::BilledApi,
    shows: "what chance tells it to",
    auth: Auth::ApiKey {
        env: &["SIMULATED_KEY"],
        help: "Make one up.",
        need: Need::Required,
    },
    appears: Appears::WithCredential,
    base_url: "https://simulated.example",
    hosts: &["simulated.example"],
    every: Duration::from_mins(5),
    coins: &[],
    options: &[],
    links: Links {
        dashboard: None,
        top_up: None,
    },
    poll: |cx| Box::pin(poll(cx)),
};

/// The one simulated provider.
pub(super) const REGISTRY: Registry = &[&SIMULATED];

async fn poll(cx: &PollContext<'_>) -> Result<Reading, PollError> {
    let vendor = vendor(cx.account.id.name().unwrap_or_default());
    let key = cx.secret.map(Secret::fingerprint).unwrap_or_default();
    vendor.state().asked(cx, &key);
    drop(vendor.gate.read().await);
    let mut state = vendor.state();
    let result = state.answer(cx, &key);
    state.answered.push(Answered {
        at: cx.now,
        result: result.clone(),
    });
    result
}

/// The vendor of an account; names are unique to a run.
pub(super) fn vendor(name: &str) -> Arc<Vendor> {
    let mut vendors = VENDORS.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(vendors.entry(name.to_owned()).or_insert_with(|| {
        Arc::new(Vendor {
            state: Mutex::new(State::new()),
            gate: Arc::default(),
        })
    }))
}

impl Vendor {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    const fn new() -> Self {
        Self {
            mood: Mood::Good,
            telling: Telling::Events,
            usd: Some(Decimal::ONE_HUNDRED),
            eur: None,
            events: Vec::new(),
            bad_keys: BTreeSet::new(),
            told_bad: BTreeSet::new(),
            not_before: None,
            asked: 0,
            answered: Vec::new(),
            complaints: Vec::new(),
        }
    }

    fn asked(&mut self, cx: &PollContext<'_>, key: &str) {
        self.asked += 1;
        let id = &cx.account.id;
        if self.told_bad.contains(key) {
            self.complaints
                .push(format!("{id} was asked with a refused key at {}", cx.now));
        }
        if let Some(until) = self.not_before.filter(|until| cx.now < *until) {
            let complaint = format!("{id} was asked at {} and not after {until}", cx.now);
            self.complaints.push(complaint);
        }
    }

    fn answer(&mut self, cx: &PollContext<'_>, key: &str) -> Result<Reading, PollError> {
        if self.bad_keys.contains(key) {
            self.told_bad.insert(key.to_owned());
            return Err(PollError::Unauthorized {
                message: "no such key".to_owned(),
                hint: "Log in again.".to_owned(),
            });
        }
        match self.mood {
            Mood::Good => Ok(self.reading(cx)),
            Mood::Failing(trouble) => Err(trouble.error()),
            Mood::Throttling(wait) => {
                let retry_at = wait.map(|wait| cx.now + wait);
                // Nobody is kept away for longer than a day.
                self.not_before = retry_at.map(|at| at.min(cx.now + TimeDelta::hours(24)));
                let message = "slow down".to_owned();
                Err(PollError::Throttled { message, retry_at })
            }
        }
    }

    fn reading(&self, cx: &PollContext<'_>) -> Reading {
        let mut reading = Reading::empty(cx.account.id.clone(), cx.now);
        let usd = self.usd.map(|amount| Money::new(amount, Currency::USD));
        reading.figures.balances.push(balance("usd", usd));
        if let Some(amount) = self.eur {
            let eur = Money::new(amount, Currency::EUR);
            reading.figures.balances.push(balance("eur", Some(eur)));
        }
        reading.figures.windows.push(window(cx.now));
        match self.telling {
            Telling::Events => {
                let next: usize = cx
                    .resume
                    .and_then(|cursor| cursor.0.parse().ok())
                    .unwrap_or_default();
                // Vendors tell the end of the last answer again.
                let from = next.saturating_sub(6).min(self.events.len());
                reading.events = self.events[from..].to_vec();
                reading.resume = Some(Cursor(self.events.len().to_string()));
            }
            Telling::Ranges => reading.ranges.push(self.range(cx)),
        }
        reading
    }

    fn range(&self, cx: &PollContext<'_>) -> SlotRange {
        let from = SlotWidth::QuarterHour.start_of(cx.since);
        let told = self
            .events
            .iter()
            .filter(|event| from <= event.at && event.at <= cx.now);
        let mut slots: Vec<UsageSlot> = Vec::new();
        for event in told {
            let start = SlotWidth::QuarterHour.start_of(event.at);
            let spend = match &event.cost {
                Cost::Reported { money, basis } => Spend::of(*money, *basis),
                _ => continue,
            };
            match slots.iter_mut().find(|slot| slot.start == start) {
                Some(slot) => slot.spend.merge(&spend),
                None => slots.push(UsageSlot {
                    start,
                    width: SlotWidth::QuarterHour,
                    who: Arc::default(),
                    requests: None,
                    tokens: None,
                    spend,
                }),
            }
        }
        SlotRange {
            from,
            until: cx.now + TimeDelta::milliseconds(1),
            slots,
        }
    }

    /// Somebody used it in the time before an instant; the vendor may say it costs something else than it said.
    pub(super) fn used(&mut self, chance: &mut Chance, now: DateTime<Utc>, span: TimeDelta) {
        let minutes = u32::try_from(span.num_minutes().clamp(1, 300)).unwrap_or(1);
        for _ in 0..chance.below(3) {
            let number = self.events.len();
            let at = now - chance.minutes(0, minutes);
            let amount = Decimal::new(i64::from(chance.below(2_000)) + 1, 3);
            let currency = if self.eur.is_some() && chance.one_in(2) {
                Currency::EUR
            } else {
                Currency::USD
            };
            self.events
                .push(event(number, at, Money::new(amount, currency)));
        }
        if let Some(event) = self.events.last_mut()
            && chance.one_in(4)
            && let Cost::Reported { money, .. } = &mut event.cost
        {
            money.amount += Decimal::new(1, 2);
        }
    }
}

impl Trouble {
    fn error(self) -> PollError {
        let excerpt = "oops".to_owned();
        match self {
            Self::Upstream => PollError::Upstream {
                status: 500,
                excerpt,
            },
            Self::Refused => PollError::Refused {
                status: 400,
                excerpt,
            },
            Self::Malformed => PollError::Malformed(excerpt),
            Self::Unreachable => PollError::Unreachable(excerpt),
        }
    }
}

fn balance(name: &str, remaining: Option<Money>) -> Balance {
    Balance {
        name: BalanceName::new(name),
        remaining,
        granted: None,
        resets_at: None,
        standing: Standing::Served,
    }
}

/// A window of five hours that fills up within them and is told its end a little differently each time.
fn window(now: DateTime<Utc>) -> QuotaWindow {
    const SPAN: i64 = 5 * 3600;
    let within = now.timestamp().rem_euclid(SPAN);
    let resets_at = now + TimeDelta::seconds(SPAN - within);
    QuotaWindow {
        name: WindowName::new("5h"),
        label: "Session".to_owned(),
        used_percent: Some(Decimal::from(within * 100 / SPAN)),
        used: None,
        limit: None,
        unit: None,
        span: Some(TimeDelta::seconds(SPAN)),
        resets_at: Some(resets_at),
        source: Source::Official,
        when_full: WhenFull::Refuses,
    }
}

fn event(number: usize, at: DateTime<Utc>, money: Money) -> UsageEvent {
    UsageEvent {
        key: format!("event {number}"),
        at,
        who: Attribution::default(),
        requests: 1,
        tokens: TokenCounts::default(),
        cost: Cost::Reported {
            money,
            basis: Basis::Billed,
        },
    }
}
