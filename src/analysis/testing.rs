//! Invented accounts for the tests of this layer. The instant is a Monday forenoon, days are cut in UTC.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::analysis::alerts::step;
use crate::analysis::digest::{AccountCard, AccountDigest, AccountShape, Digest, digest};
use crate::analysis::rules::probes;
use crate::domain::account::AccountId;
use crate::domain::alert::{AlertRecord, Condition, Phase, Repeat};
use crate::domain::coin::CoinPrice;
use crate::domain::ids::{BalanceName, KeyId, ModelId, Symbol, WindowName};
use crate::domain::key::{KeyKind, KeyLimit, KeyReading, LimitPeriod};
use crate::domain::money::Money;
use crate::domain::policy::{Metric, MetricRule, Policy};
use crate::domain::poll::{Failure, FailureKind, PollState};
use crate::domain::quota::{Balance, QuotaWindow, Source, Standing, WhenFull};
use crate::domain::rates::Rate;
use crate::domain::reading::{Completeness, Figures};
use crate::domain::snapshot::{AccountSnapshot, Latest, Snapshot};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Attribution, Basis, SlotWidth, Spans, Spend, UsageSlot};

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn now() -> DateTime<Utc> {
    at("2026-11-23T10:00:00Z")
}

pub(super) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(super) fn money(amount: &str, currency: &str) -> Money {
    Money::new(dec(amount), currency.parse().unwrap())
}

pub(super) fn billed(amount: &str, currency: &str) -> Spend {
    Spend::of(money(amount, currency), Basis::Billed)
}

pub(super) fn card(id: &str) -> AccountCard {
    AccountCard {
        id: AccountId::parse(id),
        label: "Venice (work)".into(),
        every: Duration::from_mins(5),
        dashboard: None,
        top_up: Some("https://venice.ai/pay?amount={amount}".into()),
        shape: AccountShape::Spending,
    }
}

pub(super) fn account(id: &str, figures: Figures) -> AccountSnapshot {
    AccountSnapshot {
        id: AccountId::parse(id),
        latest: Some(Latest {
            taken_at: now() - TimeDelta::seconds(30),
            figures,
            complete: Completeness::Whole,
        }),
        poll: PollState::default(),
        slots: Vec::new(),
        usage_since: None,
        usage_until: None,
        balance_history: Vec::new(),
        window_history: Vec::new(),
    }
}

/// The account with usage that reaches back a month.
pub(super) fn with_usage(mut account: AccountSnapshot, slots: Vec<UsageSlot>) -> AccountSnapshot {
    account.slots = slots;
    account.usage_since = Some(at("2026-10-23T00:00:00Z"));
    account
}

pub(super) fn figures() -> Figures {
    Figures::default()
}

pub(super) fn balance(name: &str, remaining: Option<Money>) -> Balance {
    Balance {
        name: BalanceName::from(name),
        remaining,
        granted: None,
        resets_at: None,
        standing: Standing::Served,
    }
}

/// DIEM left of an allocation, refilled at the next midnight of UTC.
pub(super) fn diem(remaining: &str, granted: &str) -> Balance {
    Balance {
        granted: Some(money(granted, "DIEM")),
        resets_at: Some(at("2026-11-24T00:00:00Z")),
        ..balance("diem", Some(money(remaining, "DIEM")))
    }
}

/// A session of five hours that began two hours ago.
pub(super) fn window(used_percent: &str) -> QuotaWindow {
    QuotaWindow {
        name: WindowName::from("5h"),
        label: "Session (5 h)".into(),
        used_percent: Some(dec(used_percent)),
        used: None,
        limit: None,
        unit: None,
        span: Some(TimeDelta::hours(5)),
        resets_at: Some(at("2026-11-23T13:00:00Z")),
        source: Source::Official,
        when_full: WhenFull::Refuses,
    }
}

pub(super) fn with_window(id: &str, used_percent: &str) -> AccountSnapshot {
    account(
        id,
        Figures {
            windows: vec![window(used_percent)],
            ..figures()
        },
    )
}

pub(super) fn slot(start: &str, spend: Spend) -> UsageSlot {
    UsageSlot {
        start: at(start),
        width: SlotWidth::QuarterHour,
        who: Arc::default(),
        requests: None,
        tokens: None,
        spend,
    }
}

pub(super) fn by(slot: UsageSlot, key: Option<&str>, model: Option<&str>) -> UsageSlot {
    UsageSlot {
        who: Attribution {
            key: key.map(KeyId::from),
            model: model.map(ModelId::from),
            ..Attribution::default()
        }
        .into(),
        requests: Some(1),
        tokens: Some(TokenCounts {
            input: 100,
            output: 50,
            ..TokenCounts::default()
        }),
        ..slot
    }
}

pub(super) fn key(id: &str, spend: Spans) -> KeyReading {
    KeyReading {
        id: KeyId::from(id),
        label: id.to_owned(),
        kind: KeyKind::Inference,
        created_at: None,
        expires_at: None,
        last_used_at: None,
        spend,
        limits: Vec::new(),
    }
}

pub(super) fn limit(used: Option<&str>, max: &str) -> KeyLimit {
    KeyLimit {
        max: money(max, "USD"),
        used: used.map(|used| money(used, "USD")),
        period: LimitPeriod::Month,
        resets_at: Some(at("2026-12-01T00:00:00Z")),
    }
}

pub(super) fn price(symbol: &str, amount: &str, currency: &str) -> CoinPrice {
    CoinPrice {
        symbol: Symbol::from(symbol),
        price: money(amount, currency),
        change_24h_percent: Some(dec("3.1")),
        source: "coingecko".into(),
        at: now() - TimeDelta::minutes(1),
    }
}

pub(super) fn failure(kind: FailureKind, since: DateTime<Utc>) -> Failure {
    Failure {
        kind,
        message: "HTTP 500: the vendor is in trouble".into(),
        hint: Some("It is tried again by itself.".into()),
        retry_at: None,
        since,
    }
}

pub(super) fn failed(
    mut account: AccountSnapshot,
    kind: FailureKind,
    since: DateTime<Utc>,
) -> AccountSnapshot {
    account.poll.failure = Some(failure(kind, since));
    account
}

pub(super) fn snapshot(accounts: Vec<AccountSnapshot>) -> Snapshot {
    Snapshot {
        accounts,
        alerts: Vec::new(),
    }
}

/// The digest of these accounts, each with a card.
pub(super) fn digest_of(accounts: Vec<AccountSnapshot>, policy: &Policy) -> Digest {
    digest_at(accounts, policy, now())
}

pub(super) fn digest_at(
    accounts: Vec<AccountSnapshot>,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Digest {
    let cards: Vec<AccountCard> = accounts
        .iter()
        .map(|account| card(&account.id.to_string()))
        .collect();
    digest(&snapshot(accounts), &cards, policy, now)
}

/// The figures of a single account.
pub(super) fn figures_of(account: AccountSnapshot) -> AccountDigest {
    digest_of(vec![account], &Policy::default())
        .accounts
        .remove(0)
}

pub(super) fn rate(base: &str, quote: &str, rate: &str) -> Rate {
    Rate {
        base: base.parse().unwrap(),
        quote: quote.parse().unwrap(),
        rate: dec(rate),
        source: "ecb".into(),
        at: at("2026-11-20T15:00:00Z"),
    }
}

/// The program's line from snapshot to notices, with a ledger of alerts.
#[derive(Default)]
pub(super) struct Program {
    pub(super) policy: Policy,
    pub(super) known: Vec<AlertRecord>,
}

impl Program {
    pub(super) fn with(policy: Policy) -> Self {
        Self {
            policy,
            known: Vec::new(),
        }
    }

    /// One look at the accounts; returns what is told.
    pub(super) fn look(
        &mut self,
        accounts: Vec<AccountSnapshot>,
        now: DateTime<Utc>,
    ) -> Vec<AlertRecord> {
        let cards: Vec<_> = accounts
            .iter()
            .map(|account| card(&account.id.to_string()))
            .collect();
        let snapshot = Snapshot {
            accounts,
            alerts: self.known.clone(),
        };
        let digest = digest(&snapshot, &cards, &self.policy, now);
        let stepped = step(&probes(&digest, &self.policy), &self.known, now);
        for record in stepped.records {
            self.known.retain(|known| known.key != record.key);
            self.known.insert(0, record);
        }
        stepped.fired
    }

    pub(super) fn told(&mut self, account: AccountSnapshot, now: DateTime<Utc>) -> Vec<String> {
        let fired = self.look(vec![account], now);
        fired.iter().map(words).collect()
    }

    pub(super) fn standing(&self) -> Vec<&str> {
        let standing = self.known.iter();
        standing
            .filter(|record| record.phase != Phase::Armed)
            .map(|record| record.key.rule.as_str())
            .collect()
    }
}

pub(super) fn words(record: &AlertRecord) -> String {
    let severity = record.severity.name();
    format!("{severity}: {} | {}", record.title, record.body)
}

pub(super) fn rule(metric: Metric, condition: Condition) -> Policy {
    Policy {
        rules: vec![MetricRule {
            metric,
            condition,
            repeat: Repeat::Once,
        }],
        ..Policy::default()
    }
}

pub(super) fn spent(amount: &str) -> AccountSnapshot {
    with_usage(
        account("openai", figures()),
        vec![slot("2026-11-23T08:00:00Z", billed(amount, "USD"))],
    )
}

pub(super) fn with_balance(balance: Balance) -> AccountSnapshot {
    account(
        "venice/work",
        Figures {
            balances: vec![balance],
            ..figures()
        },
    )
}
