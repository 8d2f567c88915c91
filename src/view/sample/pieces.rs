//! The pieces: instants, money, balances, windows, keys, models.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::analysis::digest::{
    AccountCard, AccountDigest, AccountShape, AccountState, BalanceDigest, ConvertedTotal,
    ConvertedTotals, Digest, ModelDigest, OverallState, SumReach, TokenSum, WindowDigest,
};
use crate::domain::account::AccountId;
use crate::domain::alert::{AlertKey, AlertRecord, Phase, Severity};
use crate::domain::key::{KeyKind, KeyReading};
use crate::domain::money::Money;
use crate::domain::policy::Policy;
use crate::domain::poll::{Failure, FailureKind};
use crate::domain::quota::{Balance, QuotaWindow, Source, Standing, WhenFull};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Basis, Spans, Spend};
use crate::view::menu::Checked;
use crate::view::{Refreshing, Surroundings};

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The instant of all samples: eleven in the morning in Berlin.
pub(crate) fn now() -> DateTime<Utc> {
    at("2026-11-23T10:00:00Z")
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn money(amount: &str, code: &str) -> Money {
    Money::new(decimal(amount), code.parse().unwrap())
}

pub(crate) fn usd(amount: &str) -> Money {
    money(amount, "USD")
}

pub(crate) fn policy() -> Policy {
    Policy {
        zone: "Europe/Berlin".parse().unwrap(),
        ..Policy::default()
    }
}

pub(crate) fn surroundings() -> Surroundings {
    Surroundings {
        autostart: Some(Checked::Yes),
        last_refresh: Some(at("2026-11-23T09:58:00Z")),
        refreshing: Refreshing::No,
        reading: Vec::new(),
        notes: Vec::new(),
    }
}

pub(crate) fn card(id: &str, label: &str) -> AccountCard {
    AccountCard {
        id: AccountId::parse(id),
        label: label.to_owned(),
        every: Duration::from_mins(5),
        dashboard: Some("https://venice.example/settings".to_owned()),
        top_up: Some("https://venice.example/pay?amount={amount}".to_owned()),
        shape: AccountShape::Spending,
    }
}

pub(crate) fn account(id: &str, label: &str) -> AccountDigest {
    let card = card(id, label);
    AccountDigest {
        provider: card.id.provider().clone(),
        card,
        state: AccountState::Fresh,
        updated_at: Some(at("2026-11-23T09:58:00Z")),
        next_poll_at: Some(at("2026-11-23T10:03:00Z")),
        failure: None,
        missing: Vec::new(),
        plan: None,
        balances: Vec::new(),
        windows: Vec::new(),
        spend: Spans::default(),
        tokens_today: None,
        keys: Vec::new(),
        models: Vec::new(),
        projects: Vec::new(),
        prices: Vec::new(),
        priced_as_of: None,
    }
}

pub(crate) fn digest(accounts: Vec<AccountDigest>) -> Digest {
    Digest {
        now: now(),
        accounts,
        totals: Spans::default(),
        converted: ConvertedTotals::default(),
        coins: Vec::new(),
        budgets: Vec::new(),
        alerts: Vec::new(),
        state: OverallState::Ok,
    }
}

pub(crate) fn balance(name: &str, remaining: Option<Money>) -> BalanceDigest {
    BalanceDigest {
        balance: Balance {
            name: name.into(),
            remaining,
            granted: None,
            resets_at: None,
            standing: Standing::Served,
        },
        lasts: None,
    }
}

pub(crate) fn window(name: &str, label: &str, percent: Option<&str>, reset: &str) -> WindowDigest {
    WindowDigest {
        window: QuotaWindow {
            name: name.into(),
            label: label.to_owned(),
            used_percent: percent.map(decimal),
            used: None,
            limit: None,
            unit: None,
            span: None,
            resets_at: Some(at(reset)),
            source: Source::Official,
            when_full: WhenFull::Refuses,
        },
        runs_out_at: None,
        pace: None,
    }
}

pub(crate) fn billed(money: Money) -> Spend {
    Spend::of(money, Basis::Billed)
}

pub(crate) fn spans(today: Spend, week: Spend, month: Spend) -> Spans {
    Spans {
        today: Some(today),
        week: Some(week),
        month: Some(month),
    }
}

pub(crate) fn failure(kind: FailureKind, message: &str, hint: Option<&str>) -> Failure {
    Failure {
        kind,
        message: message.to_owned(),
        hint: hint.map(str::to_owned),
        retry_at: None,
        since: at("2026-11-23T08:12:00Z"),
    }
}

pub(crate) fn alert(subject: &str) -> AlertRecord {
    AlertRecord {
        key: AlertKey {
            rule: "balance-low".into(),
            subject: subject.to_owned(),
            period: String::new(),
        },
        severity: Severity::Warning,
        title: "Venice (work): 8.2000 DIEM left".to_owned(),
        body: "Less than 10 % of today's DIEM is left. It refills at 1am.".to_owned(),
        phase: Phase::Open,
        raised_at: Some(at("2026-11-23T09:30:00Z")),
        notified_at: Some(at("2026-11-23T09:30:00Z")),
        cleared_at: None,
        snoozed_until: None,
    }
}

pub(crate) fn total(billed: &str) -> ConvertedTotal {
    ConvertedTotal {
        billed: Some(usd(billed)),
        estimated: None,
        reach: SumReach::Whole,
        rate_source: None,
        rate_at: None,
    }
}

pub(crate) fn key(id: &str, label: &str, month: &str, used_days_ago: i64) -> KeyReading {
    KeyReading {
        id: id.into(),
        label: label.to_owned(),
        kind: KeyKind::Inference,
        created_at: None,
        expires_at: None,
        last_used_at: Some(now() - TimeDelta::days(used_days_ago)),
        spend: Spans {
            month: Some(billed(usd(month))),
            ..Spans::default()
        },
        limits: Vec::new(),
    }
}

pub(crate) fn model(name: &str, month: &str, output: u64) -> ModelDigest {
    ModelDigest {
        model: name.into(),
        tokens: Some(TokenSum {
            tokens: TokenCounts {
                output,
                ..TokenCounts::default()
            },
            requests: Some(1204),
        }),
        spend: Spans {
            month: Some(billed(usd(month))),
            ..Spans::default()
        },
    }
}
