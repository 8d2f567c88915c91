//! Anything that vendors, ledger and user may say, for the tests beside it.

use crate::domain::zone::Zone;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{collection, option, sample};
use rust_decimal::Decimal;

use crate::analysis::digest::AccountCard;
use crate::analysis::testing::{balance, card, key, now, price, window};
use crate::domain::account::AccountId;
use crate::domain::alert::{Condition, Repeat};
use crate::domain::coin::Holding;
use crate::domain::ids::{BalanceName, KeyId, Symbol, WindowName};
use crate::domain::key::{KeyLimit, KeyReading, LimitPeriod};
use crate::domain::money::{Currency, Money};
use crate::domain::period::Unit;
use crate::domain::policy::{Budget, ForecastNotice, Metric, MetricRule, Policy};
use crate::domain::poll::{Failure, FailureKind, PollState};
use crate::domain::quota::{Balance, QuotaWindow, Standing};
use crate::domain::rates::Rate;
use crate::domain::reading::{Completeness, Figures};
use crate::domain::snapshot::{AccountSnapshot, BalancePoint, Latest, WindowPoint};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Attribution, Basis, SlotWidth, Spans, Spend, UsageSlot};

fn amount() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        Just(Decimal::ZERO),
        Just(Decimal::MAX),
        Just(Decimal::MIN),
        Just(Decimal::new(1, 28)),
        Just(-Decimal::ONE),
        (any::<i64>(), 0_u32..28).prop_map(|(number, scale)| Decimal::new(number, scale)),
        (0_i64..200).prop_map(Decimal::from),
    ]
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    prop_oneof![
        Just(DateTime::<Utc>::MAX_UTC),
        Just(DateTime::<Utc>::MIN_UTC),
        Just(DateTime::UNIX_EPOCH),
        (-40_000_i64..40_000).prop_map(|minutes| now() + TimeDelta::minutes(minutes)),
    ]
}

fn currency() -> impl Strategy<Value = Currency> {
    sample::select(vec![
        Currency::USD,
        Currency::EUR,
        Currency::DIEM,
        Currency::VVV,
    ])
}

fn money() -> impl Strategy<Value = Money> {
    (amount(), currency()).prop_map(|(amount, currency)| Money::new(amount, currency))
}

fn spend() -> impl Strategy<Value = Spend> {
    let basis = sample::select(vec![Basis::Billed, Basis::Metered, Basis::Estimated]);
    collection::vec((money(), basis), 0..3).prop_map(|sums| {
        let mut spend = Spend::default();
        for (money, basis) in sums {
            spend.add(money, basis);
        }
        spend
    })
}

fn spans() -> impl Strategy<Value = Spans> {
    (
        option::of(spend()),
        option::of(spend()),
        option::of(spend()),
    )
        .prop_map(|(today, week, month)| Spans { today, week, month })
}

fn purse() -> impl Strategy<Value = Balance> {
    let standing = sample::select(vec![Standing::Served, Standing::Exhausted]);
    let name = sample::select(vec!["diem", "usd"]);
    (
        name,
        option::of(money()),
        option::of(money()),
        option::of(instant()),
        standing,
    )
        .prop_map(|(name, remaining, granted, resets_at, standing)| Balance {
            granted,
            resets_at,
            standing,
            ..balance(name, remaining)
        })
}

fn quota() -> impl Strategy<Value = QuotaWindow> {
    let span = option::of(sample::select(vec![
        TimeDelta::MAX,
        TimeDelta::MIN,
        TimeDelta::zero(),
        TimeDelta::hours(5),
    ]));
    let figures = (
        option::of(amount()),
        option::of(amount()),
        option::of(amount()),
    );
    (figures, span, option::of(instant())).prop_map(
        |((used_percent, used, limit), span, resets_at)| QuotaWindow {
            used_percent,
            used,
            limit,
            span,
            resets_at,
            ..window("0")
        },
    )
}

fn capped_key() -> impl Strategy<Value = KeyReading> {
    let limit = (money(), option::of(money()), option::of(instant()));
    (
        sample::select(vec!["a", "b"]),
        spans(),
        collection::vec(limit, 0..2),
    )
        .prop_map(|(id, spend, limits)| KeyReading {
            limits: limits
                .into_iter()
                .map(|(max, used, resets_at)| KeyLimit {
                    max,
                    used,
                    period: LimitPeriod::Day,
                    resets_at,
                })
                .collect(),
            ..key(id, spend)
        })
}

fn figures() -> impl Strategy<Value = Figures> {
    let rate =
        (currency(), currency(), amount(), instant()).prop_map(|(base, quote, rate, at)| Rate {
            base,
            quote,
            rate,
            source: "ecb".into(),
            at,
        });
    let coin = (money(), instant(), option::of(amount())).prop_map(|(money, at, change)| {
        let mut price = price("VVV", "1", "USD");
        (price.price, price.at, price.change_24h_percent) = (money, at, change);
        price
    });
    (
        collection::vec(purse(), 0..3),
        collection::vec(quota(), 0..2),
        collection::vec(capped_key(), 0..3),
        collection::vec(coin, 0..3),
        collection::vec(rate, 0..3),
    )
        .prop_map(|(balances, windows, keys, prices, rates)| Figures {
            balances,
            windows,
            keys,
            prices,
            rates,
            ..Figures::default()
        })
}

fn usage() -> impl Strategy<Value = UsageSlot> {
    let width = sample::select(vec![SlotWidth::QuarterHour, SlotWidth::Day]);
    let key = option::of(sample::select(vec!["a", "c"]));
    let tokens = option::of(any::<u64>());
    (instant(), width, key, tokens, spend()).prop_map(|(start, width, key, tokens, spend)| {
        UsageSlot {
            start,
            width,
            who: Attribution {
                key: key.map(KeyId::from),
                model: key.map(Into::into),
                ..Attribution::default()
            }
            .into(),
            requests: tokens,
            tokens: tokens.map(|input| TokenCounts {
                input,
                ..TokenCounts::default()
            }),
            spend,
        }
    })
}

fn poll() -> impl Strategy<Value = PollState> {
    let kind = sample::select(vec![
        FailureKind::Unauthorized,
        FailureKind::Throttled,
        FailureKind::Unreachable,
        FailureKind::NotConfigured,
    ]);
    (
        option::of((kind, instant())),
        option::of(instant()),
        option::of(instant()),
    )
        .prop_map(|(failure, succeeded_at, next_at)| PollState {
            succeeded_at,
            next_at,
            failure: failure.map(|(kind, since)| Failure {
                kind,
                message: "it failed".into(),
                hint: None,
                retry_at: next_at,
                since,
            }),
            ..PollState::default()
        })
}

pub(super) fn account(id: &'static str) -> impl Strategy<Value = AccountSnapshot> {
    let missing = sample::select(vec![
        Completeness::Whole,
        Completeness::Partial(vec!["keys".into()]),
    ]);
    let latest = (instant(), figures(), missing).prop_map(|(taken_at, figures, complete)| Latest {
        taken_at,
        figures,
        complete,
    });
    let history = (
        collection::vec((instant(), money()), 0..4),
        collection::vec((instant(), amount()), 0..4),
    );
    (
        option::of(latest),
        poll(),
        collection::vec(usage(), 0..5),
        option::of(instant()),
        history,
    )
        .prop_map(
            move |(latest, poll, slots, usage_since, (balances, windows))| AccountSnapshot {
                id: AccountId::parse(id),
                latest,
                poll,
                slots,
                usage_since,
                usage_until: None,
                balance_history: balances
                    .into_iter()
                    .map(|(at, remaining)| BalancePoint {
                        at,
                        name: BalanceName::from("usd"),
                        remaining,
                    })
                    .collect(),
                window_history: windows
                    .into_iter()
                    .map(|(at, used_percent)| WindowPoint {
                        at,
                        name: WindowName::from("5h"),
                        used_percent,
                    })
                    .collect(),
            },
        )
}

pub(super) fn policy() -> impl Strategy<Value = Policy> {
    let zone = sample::select(vec![
        Zone::UTC,
        "Asia/Kathmandu".parse().unwrap(),
        "Pacific/Apia".parse().unwrap(),
    ]);
    let threshold = prop_oneof![
        amount().prop_map(Condition::AtLeast),
        amount().prop_map(Condition::AtMost),
    ];
    let venice = || AccountId::parse("venice");
    let metric = prop_oneof![
        Just(Metric::Balance(venice(), "usd".into())),
        Just(Metric::Window(venice(), "5h".into())),
        Just(Metric::Spend(venice(), Unit::Day)),
        Just(Metric::Price("VVV".into())),
        Just(Metric::Change24h("VVV".into())),
    ];
    let rules = collection::vec((metric, threshold), 0..4);
    (zone, currency(), money(), amount(), rules).prop_map(
        |(zone, currency, budget, held, rules)| Policy {
            zone,
            currency,
            budgets: vec![Budget {
                name: "month".into(),
                account: None,
                key: None,
                model: None,
                project: None,
                period: Unit::Month,
                amount: budget,
                notify_at: vec![Decimal::from(50), Decimal::MAX],
                forecast: ForecastNotice::On,
            }],
            rules: rules
                .into_iter()
                .map(|(metric, condition)| MetricRule {
                    metric,
                    condition,
                    repeat: Repeat::Once,
                })
                .collect(),
            holdings: vec![Holding {
                symbol: Symbol::from("VVV"),
                amount: held,
            }],
            ..Policy::default()
        },
    )
}

pub(super) fn cards() -> [AccountCard; 2] {
    [card("venice"), card("openai")]
}
