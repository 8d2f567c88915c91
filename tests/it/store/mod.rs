//! The ledger on SQLite and PostgreSQL.

mod crash;
#[cfg(target_os = "linux")]
mod pages;
mod places;
mod property;
mod readings;
mod story;
mod versions;

use std::error::Error;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use spendtray::domain::account::AccountId;
use spendtray::domain::money::{Currency, Money};
use spendtray::domain::quota::{Balance, QuotaWindow, Source, Standing, WhenFull};
use spendtray::domain::reading::Reading;
use spendtray::domain::tokens::TokenCounts;
use spendtray::domain::usage::{
    Attribution, Basis, Cost, SlotRange, SlotWidth, Spend, UsageEvent, UsageSlot,
};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Monday, 23 November 2026, 08:00 UTC, and some minutes.
fn minute(minutes: i64) -> DateTime<Utc> {
    let start = DateTime::from_timestamp(1_795_420_800, 0).unwrap_or_default();
    start + TimeDelta::minutes(minutes)
}

fn venice() -> AccountId {
    AccountId::parse("venice/work")
}

fn usd(nanos: i64) -> Money {
    Money::from_nanos(nanos, Currency::USD)
}

fn reading(minutes: i64) -> Reading {
    Reading::empty(venice(), minute(minutes))
}

fn balance(name: &str, remaining: Money) -> Balance {
    Balance {
        name: name.into(),
        remaining: Some(remaining),
        granted: None,
        resets_at: None,
        standing: Standing::Served,
    }
}

fn window(name: &str, percent: i64) -> QuotaWindow {
    QuotaWindow {
        name: name.into(),
        label: name.to_owned(),
        used_percent: Some(Decimal::from(percent)),
        used: None,
        limit: None,
        unit: None,
        span: None,
        resets_at: None,
        source: Source::Official,
        when_full: WhenFull::Refuses,
    }
}

fn model(name: &str) -> Attribution {
    Attribution {
        model: Some(name.into()),
        ..Attribution::default()
    }
}

fn event(key: &str, minutes: i64, nanos: i64) -> UsageEvent {
    UsageEvent {
        key: key.to_owned(),
        at: minute(minutes),
        who: model("llama"),
        requests: 1,
        tokens: TokenCounts {
            input: 100,
            output: 10,
            ..TokenCounts::default()
        },
        cost: Cost::Reported {
            money: usd(nanos),
            basis: Basis::Billed,
        },
    }
}

fn slot(minutes: i64, nanos: i64) -> UsageSlot {
    UsageSlot {
        start: minute(minutes),
        width: SlotWidth::QuarterHour,
        who: model("llama").into(),
        requests: Some(1),
        tokens: None,
        spend: Spend::of(usd(nanos), Basis::Billed),
    }
}

fn range(from: i64, until: i64, slots: Vec<UsageSlot>) -> SlotRange {
    SlotRange {
        from: minute(from),
        until: minute(until),
        slots,
    }
}

/// Start in minutes, requests, billed nanos: what most tests compare.
fn brief(slots: &[UsageSlot]) -> Vec<(i64, u64, i64)> {
    slots
        .iter()
        .map(|slot| {
            let money = slot.spend.get(Currency::USD, Basis::Billed);
            (
                (slot.start - minute(0)).num_minutes(),
                slot.requests.unwrap_or_default(),
                money
                    .and_then(spendtray::domain::money::nanos)
                    .unwrap_or_default(),
            )
        })
        .collect()
}
