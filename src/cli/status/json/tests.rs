//! The JSON of a digest with everything in it, and of one with nothing.

use rust_decimal::Decimal;

use super::*;
use crate::analysis::digest::{
    AccountCard, AccountDigest, AccountShape, AccountState, BalanceDigest, ConvertedTotals,
    ModelDigest, OverallState, ProjectDigest, TokenSum, WindowDigest,
};
use crate::domain::account::AccountId;
use crate::domain::alert::{AlertKey, Severity};
use crate::domain::coin::CoinPrice;
use crate::domain::key::{KeyKind, KeyLimit, KeyReading, LimitPeriod};
use crate::domain::money::Money;
use crate::domain::poll::{Failure, FailureKind};
use crate::domain::quota::{Balance, QuotaWindow, Source, Standing, WhenFull};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Basis, Spans, Spend};

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn at(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().unwrap()
}

fn usd(amount: &str) -> Money {
    Money::new(dec(amount), Currency::USD)
}

fn balance() -> BalanceDigest {
    BalanceDigest {
        balance: Balance {
            name: "diem".into(),
            remaining: Some(Money::new(dec("42.50"), Currency::DIEM)),
            granted: Some(Money::new(dec("100"), Currency::DIEM)),
            resets_at: Some(at("2026-11-24T00:00:00Z")),
            standing: Standing::Served,
        },
        lasts: None,
    }
}

fn window() -> WindowDigest {
    WindowDigest {
        window: QuotaWindow {
            name: "5h".into(),
            label: "Session (5 h)".into(),
            used_percent: Some(dec("33")),
            used: None,
            limit: None,
            unit: None,
            span: None,
            resets_at: None,
            source: Source::Official,
            when_full: WhenFull::Refuses,
        },
        runs_out_at: None,
        pace: None,
    }
}

fn key() -> KeyReading {
    KeyReading {
        id: "k1".into(),
        label: "ci-bot".into(),
        kind: KeyKind::Inference,
        created_at: None,
        expires_at: None,
        last_used_at: None,
        spend: Spans::default(),
        limits: vec![KeyLimit {
            max: usd("50"),
            used: None,
            period: LimitPeriod::Month,
            resets_at: None,
        }],
    }
}

fn price() -> CoinPrice {
    CoinPrice {
        symbol: "VVV".into(),
        price: usd("3.120"),
        change_24h_percent: Some(dec("2.1")),
        source: "a market".into(),
        at: at("2026-11-23T09:59:00Z"),
    }
}

fn account() -> AccountDigest {
    AccountDigest {
        card: AccountCard {
            id: AccountId::parse("venice/work"),
            label: "Venice (work)".into(),
            every: std::time::Duration::from_mins(5),
            dashboard: None,
            top_up: None,
            shape: AccountShape::Spending,
        },
        provider: AccountId::parse("venice/work").provider().clone(),
        state: AccountState::Waiting,
        updated_at: Some(at("2026-11-23T09:59:30.999Z")),
        next_poll_at: None,
        failure: Some(Failure {
            kind: FailureKind::Throttled,
            message: "too many requests".into(),
            hint: None,
            retry_at: Some(at("2026-11-23T10:05:00Z")),
            since: at("2026-11-23T10:00:00Z"),
        }),
        missing: vec![],
        plan: None,
        balances: vec![balance()],
        windows: vec![window()],
        spend: Spans {
            today: Some(Spend::of(
                Money::new(dec("12.575"), Currency::DIEM),
                Basis::Billed,
            )),
            week: Some(Spend::default()),
            month: None,
        },
        tokens_today: Some(TokenSum {
            tokens: TokenCounts {
                input: 10,
                cache_write_1h: 5,
                ..TokenCounts::default()
            },
            requests: None,
        }),
        keys: vec![key()],
        models: vec![ModelDigest {
            model: "m".into(),
            tokens: None,
            spend: Spans::default(),
        }],
        projects: vec![ProjectDigest {
            id: "proj_1".into(),
            label: "Alpha".into(),
            tokens: None,
            spend: Spans::default(),
        }],
        prices: vec![price()],
        priced_as_of: None,
    }
}

fn digest() -> Digest {
    let mut unpriced = Spend::of(usd("4.21"), Basis::Billed);
    unpriced.unpriced.insert("model-x".into());
    Digest {
        now: at("2026-11-23T10:00:00.123456Z"),
        accounts: vec![account()],
        totals: Spans {
            today: Some(unpriced),
            week: None,
            month: None,
        },
        converted: ConvertedTotals::default(),
        coins: vec![],
        budgets: vec![BudgetDigest {
            ambiguous: Vec::new(),
            name: "openai month".into(),
            spent: None,
            amount: usd("50"),
            percent: None,
            forecast: None,
            resets_at: at("2026-12-01T00:00:00Z"),
            reach: SumReach::LowerBound,
        }],
        alerts: vec![AlertRecord {
            key: AlertKey {
                rule: "window".into(),
                subject: "venice/work 5h".into(),
                period: String::new(),
            },
            severity: Severity::Warning,
            title: "t".into(),
            body: "b".into(),
            phase: Phase::Acknowledged,
            raised_at: Some(at("2026-11-23T09:00:00Z")),
            notified_at: None,
            cleared_at: None,
            snoozed_until: None,
        }],
        state: OverallState::Warning,
    }
}

#[test]
fn every_promised_key_is_there_and_unknown_is_null() {
    let digest = digest();
    let text = serde_json::to_string_pretty(&status(&digest, "$4.21")).unwrap();
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_set_up_is_empty_lists() {
    let digest = Digest {
        accounts: vec![],
        budgets: vec![],
        alerts: vec![],
        totals: Spans::default(),
        state: OverallState::Ok,
        ..digest()
    };
    let value = serde_json::to_value(status(&digest, "")).unwrap();
    for list in ["accounts", "budgets", "alerts"] {
        assert_eq!(value[list], serde_json::json!([]), "{list}");
    }
    assert_eq!(value["totals"]["today"], serde_json::Value::Null);
}

fn floats(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Number(number) => usize::from(number.is_f64()),
        serde_json::Value::Array(values) => values.iter().map(floats).sum(),
        serde_json::Value::Object(object) => object.values().map(floats).sum(),
        _ => 0,
    }
}

#[test]
fn no_number_is_a_float() {
    let digest = digest();
    let value = serde_json::to_value(status(&digest, "")).unwrap();
    assert_eq!(floats(&value), 0);
}
