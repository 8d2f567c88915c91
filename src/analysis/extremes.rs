//! Whatever vendors, ledger and user say: nothing panics, nothing is told twice, and unknown stays unknown.

use crate::domain::zone::Zone;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::{collection, option, prop_assert, prop_assert_eq, proptest, sample};
use rust_decimal::Decimal;

use crate::analysis::alerts::{Stepped, step};
use crate::analysis::digest::{AccountCard, digest};
use crate::analysis::folding::fold;
use crate::analysis::rules::probes;
use crate::analysis::testing::{balance, billed, card, key, now, price, window};
use crate::domain::account::AccountId;
use crate::domain::alert::{AlertRecord, Condition, Repeat};
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
use crate::domain::snapshot::{AccountSnapshot, BalancePoint, Latest, Snapshot, WindowPoint};
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
            },
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

fn account(id: &'static str) -> impl Strategy<Value = AccountSnapshot> {
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

fn policy() -> impl Strategy<Value = Policy> {
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

fn cards() -> [AccountCard; 2] {
    [card("venice"), card("openai")]
}

fn keep(known: &mut Vec<AlertRecord>, records: Vec<AlertRecord>) {
    for record in records {
        known.retain(|other| other.key != record.key);
        known.push(record);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_panics_and_nothing_is_told_twice(
        looks in collection::vec((account("venice"), account("openai")), 1..4),
        policy in policy(),
    ) {
        let mut known = Vec::new();
        for (minute, (venice, openai)) in looks.into_iter().enumerate() {
            let now = now() + TimeDelta::minutes(i64::try_from(minute).unwrap());
            let mut snapshot = Snapshot { accounts: vec![venice, openai], alerts: known.clone() };
            let figures = digest(&snapshot, &cards(), &policy, now);
            let stepped = step(&probes(&figures, &policy), &known, now);
            for fired in &stepped.fired {
                prop_assert!(stepped.records.contains(fired));
            }
            keep(&mut known, stepped.records);
            // The same look again: what holds has been told.
            snapshot.alerts.clone_from(&known);
            let again = digest(&snapshot, &cards(), &policy, now);
            let probes = probes(&again, &policy);
            let stepped = step(&probes, &known, now);
            // That a window has reset is known only once the alert of the window stands.
            let told_twice = stepped.fired.iter().find(|fired| fired.key.rule.as_str() != "window-reset");
            prop_assert_eq!(told_twice, None);
        }
    }

    #[test]
    fn folding_changes_no_figure(venice in account("venice"), policy in policy()) {
        let figures = |account: &AccountSnapshot| {
            let snapshot = Snapshot { accounts: vec![account.clone()], alerts: Vec::new() };
            digest(&snapshot, &[card("venice")], &policy, now())
        };
        // Each piece of usage goes on for two hours. Amounts beyond any bill are not added up in every order alike.
        let mut venice = venice;
        let goes_on = |slot: &UsageSlot| {
            let slot = UsageSlot { spend: billed("0.25", "USD"), ..slot.clone() };
            (0..8).filter_map(move |quarter| {
                let start = slot.start.checked_add_signed(TimeDelta::minutes(15) * quarter)?;
                Some(UsageSlot { start, ..slot.clone() })
            })
        };
        venice.slots = venice.slots.iter().flat_map(goes_on).collect();
        venice.slots.sort_by_key(|slot| slot.start);
        let mut folded = venice.clone();
        fold(&mut folded, policy.zone, now());
        prop_assert_eq!(figures(&folded), figures(&venice));
    }

    #[test]
    fn unknown_never_becomes_zero(venice in account("venice"), policy in policy()) {
        let snapshot = Snapshot { accounts: vec![venice.clone()], alerts: Vec::new() };
        let digest = digest(&snapshot, &[card("venice")], &policy, now());
        let account = &digest.accounts[0];
        let Some(latest) = &venice.latest else {
            prop_assert!(account.balances.is_empty() && account.windows.is_empty());
            prop_assert_eq!(account.updated_at, None);
            if venice.usage_since.is_none() {
                prop_assert_eq!(&account.spend, &Spans::default());
                prop_assert_eq!(digest.budgets[0].spent, None);
            }
            return Ok(());
        };
        for (row, read) in account.balances.iter().zip(&latest.figures.balances) {
            prop_assert!(row.balance.remaining.is_none() || row.balance.remaining == read.remaining);
        }
        for (row, read) in account.windows.iter().zip(&latest.figures.windows) {
            let has_reset = read.resets_at.is_some_and(|at| at <= now());
            if read.used_percent.is_none() && read.used.is_none() && !has_reset {
                prop_assert_eq!(row.window.used_percent, None);
            }
        }
        if venice.usage_since.is_none() {
            prop_assert_eq!(account.tokens_today, None);
        }
        for probe in probes(&digest, &policy) {
            let of_balance = probe.key.rule.as_str().starts_with("balance");
            if of_balance && account.balances.iter().all(|row| row.balance.remaining.is_none()) {
                prop_assert_eq!(probe.value, None);
            }
        }
        prop_assert_eq!(step(&[], &[], now()), Stepped::default());
    }
}
