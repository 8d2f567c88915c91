//! What a digest says of accounts as vendors leave them, with the numbers of the feature list.

use crate::domain::zone::Zone;

use super::*;
use crate::analysis::testing::{
    account, at, balance, billed, by, card, dec, diem, digest_at, digest_of, failed, figures,
    figures_of, key, limit, money, now, slot, snapshot, with_usage, with_window,
};
use crate::domain::ids::KeyId;
use crate::domain::key::ModelReading;
use crate::domain::money::Currency;
use crate::domain::poll::FailureKind;
use crate::domain::quota::Standing;
use crate::domain::reading::{Completeness, Figures};
use crate::domain::snapshot::AccountSnapshot;
use crate::domain::usage::{Basis, SlotWidth, Spend, UsageSlot};

fn with_balances(balances: Vec<Balance>) -> AccountSnapshot {
    account(
        "venice",
        Figures {
            balances,
            ..figures()
        },
    )
}

fn today(account: &AccountDigest, currency: Currency) -> Option<Decimal> {
    account.spend.today.as_ref()?.get(currency, Basis::Billed)
}

#[test]
fn a_failed_poll_keeps_the_last_good_figures_and_marks_them_stale() {
    let account = with_balances(vec![balance("usd", Some(money("25", "USD")))]);
    let figures = figures_of(failed(account, FailureKind::Upstream, now()));
    assert_eq!(figures.state, AccountState::Stale);
    assert_eq!(
        figures.balances[0].balance.remaining,
        Some(money("25", "USD"))
    );
    assert_eq!(figures.updated_at, Some(now() - TimeDelta::seconds(30)));
    assert_eq!(
        figures.failure.unwrap().message,
        "HTTP 500: the vendor is in trouble"
    );
}

#[test]
fn the_state_says_whether_figures_can_be_trusted() {
    let read = || with_window("claude", "10");
    let unread = || AccountSnapshot {
        latest: None,
        ..read()
    };
    let old = |minutes| {
        let mut account = read();
        let latest = account.latest.as_mut().unwrap();
        latest.taken_at = now() - TimeDelta::minutes(minutes);
        account
    };
    let state = |account| figures_of(account).state;
    let fails = |account, kind| state(failed(account, kind, now()));
    assert_eq!(state(read()), AccountState::Fresh);
    assert_eq!(state(old(10)), AccountState::Fresh);
    assert_eq!(state(old(11)), AccountState::Stale);
    assert_eq!(state(old(-11)), AccountState::Stale, "clock set back");
    assert_eq!(state(unread()), AccountState::Unknown);
    assert_eq!(
        fails(unread(), FailureKind::Unreachable),
        AccountState::Failed
    );
    assert_eq!(fails(read(), FailureKind::Throttled), AccountState::Waiting);
    assert_eq!(
        fails(read(), FailureKind::Unauthorized),
        AccountState::Unauthorized
    );
    assert_eq!(
        fails(unread(), FailureKind::NotConfigured),
        AccountState::Unauthorized
    );
}

#[test]
fn an_account_the_ledger_never_saw_is_unknown_and_has_no_figures() {
    let digest = digest(
        &Snapshot::default(),
        &[card("venice")],
        &Policy::default(),
        now(),
    );
    let account = &digest.accounts[0];
    assert_eq!(account.state, AccountState::Unknown);
    assert_eq!(account.spend, Spans::default());
    assert_eq!(digest.totals, Spans::default());
    assert_eq!(digest.converted, ConvertedTotals::default());
}

#[test]
fn what_a_reading_did_not_get_is_named() {
    let mut account = with_balances(vec![]);
    account.latest.as_mut().unwrap().complete = Completeness::Partial(vec!["no keys".into()]);
    assert_eq!(figures_of(account).missing, ["no keys"]);
}

#[test]
fn a_purse_the_vendor_does_not_tell_stays_unknown() {
    let figures = figures_of(with_balances(vec![balance("diem", None)]));
    assert_eq!(figures.balances[0].balance.remaining, None);
    assert_eq!(figures.balances[0].lasts, None);
}

#[test]
fn currencies_and_refunds_are_summed_each_for_itself() {
    let usage = vec![
        slot("2026-11-23T08:00:00Z", billed("2.5", "DIEM")),
        slot("2026-11-23T08:15:00Z", billed("-0.5", "DIEM")),
        slot("2026-11-23T08:15:00Z", billed("1", "USD")),
    ];
    let digest = digest_of(
        vec![with_usage(with_balances(vec![]), usage)],
        &Policy::default(),
    );
    let account = &digest.accounts[0];
    assert_eq!(today(account, Currency::DIEM), Some(dec("2.0")));
    assert_eq!(today(account, Currency::USD), Some(dec("1")));
    let sums: Vec<Decimal> = digest
        .totals
        .month
        .iter()
        .flat_map(|spend| spend.iter().map(|(money, _)| money.amount))
        .collect();
    assert_eq!(sums, [dec("2.0"), dec("1")], "no 3.0 anywhere");
}

#[test]
fn the_last_second_before_midnight_and_the_first_after_it_are_different_days() {
    let slots = ["2026-11-22T23:59:59Z", "2026-11-23T00:00:01Z"].map(|instant| {
        let start = SlotWidth::QuarterHour.start_of(at(instant));
        UsageSlot {
            start,
            ..slot("2026-11-23T00:00:00Z", billed("1", "USD"))
        }
    });
    let figures = figures_of(with_usage(with_balances(vec![]), slots.to_vec()));
    assert_eq!(today(&figures, Currency::USD), Some(dec("1")));
}

#[test]
fn today_is_cut_in_the_users_zone_also_with_offsets_of_a_quarter_and_when_clocks_change() {
    let day_of = |zone: Zone, now: &str, slots: &[&str]| {
        let slots = slots
            .iter()
            .map(|start| slot(start, billed("1", "USD")))
            .collect();
        let mut account = with_usage(with_balances(vec![]), slots);
        account.latest.as_mut().unwrap().taken_at = at(now);
        account.usage_since = Some(at("2026-01-01T00:00:00Z"));
        let policy = Policy {
            zone,
            ..Policy::default()
        };
        let digest = digest_at(vec![account], &policy, at(now));
        today(&digest.accounts[0], Currency::USD)
    };
    // Kathmandu is 5:45 ahead: its 23 November begins at 18:15 UTC.
    let kathmandu = ["2026-11-22T18:00:00Z", "2026-11-22T18:15:00Z"];
    assert_eq!(
        day_of(
            "Asia/Kathmandu".parse().unwrap(),
            "2026-11-23T10:00:00Z",
            &kathmandu
        ),
        Some(dec("1"))
    );
    // The last Sunday of October has 25 hours in Berlin: 22:00 to 23:00 the next day.
    let autumn = [
        "2026-10-24T21:45:00Z",
        "2026-10-24T22:00:00Z",
        "2026-10-25T22:45:00Z",
        "2026-10-25T23:00:00Z",
    ];
    assert_eq!(
        day_of(
            "Europe/Berlin".parse().unwrap(),
            "2026-10-25T12:00:00Z",
            &autumn
        ),
        Some(dec("2"))
    );
    // The last Sunday of March has 23.
    let spring = [
        "2026-03-28T23:00:00Z",
        "2026-03-29T21:45:00Z",
        "2026-03-29T22:00:00Z",
    ];
    assert_eq!(
        day_of(
            "Europe/Berlin".parse().unwrap(),
            "2026-03-29T12:00:00Z",
            &spring
        ),
        Some(dec("2"))
    );
}

#[test]
fn a_vendors_whole_days_count_to_the_users_days_of_the_same_dates() {
    let day = |start: &str| UsageSlot {
        width: SlotWidth::Day,
        ..slot(start, billed("1", "USD"))
    };
    let slots = vec![
        day("2026-11-01T00:00:00Z"),
        day("2026-11-22T00:00:00Z"),
        day("2026-11-23T00:00:00Z"),
    ];
    for zone in [
        "America/Los_Angeles".parse().unwrap(),
        Zone::UTC,
        "Europe/Berlin".parse().unwrap(),
    ] {
        let mut account = with_usage(with_balances(vec![]), slots.clone());
        account.usage_since = Some(at("2026-11-01T00:00:00Z"));
        let policy = Policy {
            zone,
            ..Policy::default()
        };
        let digest = digest_of(vec![account], &policy);
        let figures = &digest.accounts[0];
        assert_eq!(today(figures, Currency::USD), Some(dec("1")), "{zone}");
        let month = figures.spend.month.as_ref().unwrap();
        assert_eq!(
            month.get(Currency::USD, Basis::Billed),
            Some(dec("3")),
            "{zone}"
        );
    }
}

#[test]
fn usage_that_does_not_reach_back_leaves_the_span_unknown() {
    let slots = vec![slot("2026-11-23T08:00:00Z", billed("1", "USD"))];
    let mut account = with_usage(with_balances(vec![]), slots);
    account.usage_since = Some(at("2026-11-20T00:00:00Z"));
    let spend = figures_of(account).spend;
    assert_eq!(spend.today, Some(billed("1", "USD")));
    assert_eq!(spend.week, Some(billed("1", "USD")));
    assert_eq!(spend.month, None);
}

#[test]
fn a_day_in_which_the_vendor_was_not_read_yet_is_unknown_not_zero() {
    let mut account = with_usage(with_balances(vec![]), vec![]);
    assert_eq!(
        figures_of(account.clone()).spend.today,
        Some(Spend::default()),
        "read, and nothing was spent"
    );
    account.latest.as_mut().unwrap().taken_at = at("2026-11-22T23:00:00Z");
    let spend = figures_of(account).spend;
    assert_eq!(spend.today, None);
    assert_eq!(spend.week, None, "the week began with the day");
    assert!(spend.month.is_some());
}

#[test]
fn what_the_vendor_sums_fills_what_usage_does_not_tell_while_its_span_runs() {
    let spans = |today: &str| Spans {
        today: Some(billed(today, "USD")),
        ..Spans::default()
    };
    let mut account = account(
        "openrouter",
        Figures {
            keys: vec![key("a", spans("0.5")), key("b", spans("0.25"))],
            ..figures()
        },
    );
    let figures = figures_of(account.clone());
    assert_eq!(figures.spend.today, Some(billed("0.75", "USD")));
    assert_eq!(figures.spend.month, None);
    account.latest.as_mut().unwrap().taken_at = at("2026-11-22T23:55:00Z");
    let figures = figures_of(account);
    assert_eq!(figures.spend.today, None, "it was yesterday's");
    assert_eq!(figures.keys[0].spend.today, None);
}

#[test]
fn one_key_of_unknown_spend_makes_the_vendors_sum_unknown() {
    let known = Spans {
        week: Some(billed("2", "USD")),
        ..Spans::default()
    };
    let figures = figures_of(account(
        "venice",
        Figures {
            keys: vec![key("a", known), key("b", Spans::default())],
            ..figures()
        },
    ));
    assert_eq!(figures.spend.week, None);
}

#[test]
fn model_rows_sum_to_their_account_and_come_most_spend_first() {
    let usage = vec![
        by(
            slot("2026-11-23T08:00:00Z", billed("1", "USD")),
            Some("laptop"),
            Some("small"),
        ),
        by(
            slot("2026-11-23T08:15:00Z", billed("7.4", "USD")),
            Some("key-abcdefgh"),
            Some("large"),
        ),
        by(
            slot("2026-11-22T08:15:00Z", billed("2", "USD")),
            Some("laptop"),
            Some("small"),
        ),
    ];
    let mut snapshot = with_usage(with_balances(vec![]), usage);
    snapshot.latest.as_mut().unwrap().figures.keys = vec![
        key("idle", Spans::default()),
        key("laptop", Spans::default()),
    ];
    let figures = figures_of(snapshot);
    let rows: Vec<(&str, Option<Decimal>)> = figures
        .models
        .iter()
        .map(|row| {
            let month = row.spend.month.as_ref();
            let amount = month.and_then(|spend| spend.get(Currency::USD, Basis::Billed));
            (row.model.as_str(), amount)
        })
        .collect();
    assert_eq!(
        rows,
        [("large", Some(dec("7.4"))), ("small", Some(dec("3")))]
    );
    assert_eq!(figures.spend.month, Some(billed("10.4", "USD")));
    let keys: Vec<&str> = figures.keys.iter().map(|key| key.label.as_str()).collect();
    assert_eq!(
        keys,
        ["Key abcdefgh", "laptop", "idle"],
        "a key the vendor no longer lists is named by the end of its id"
    );
    assert_eq!(
        figures.keys[2].spend.month,
        Some(Spend::default()),
        "every use names its key, so an idle key spent nothing"
    );
    let tokens = figures.tokens_today.unwrap();
    assert_eq!((tokens.tokens.total(), tokens.requests), (300, Some(2)));
    assert_eq!(figures.models[1].tokens.unwrap().tokens.total(), 300);
}

#[test]
fn keys_rank_by_the_currency_most_is_spent_in_without_adding_currencies() {
    let week = |spend: Spend| Spans {
        week: Some(spend),
        ..Spans::default()
    };
    let mut both = billed("5", "DIEM");
    both.merge(&billed("3", "USD"));
    let figures = figures_of(account(
        "venice",
        Figures {
            keys: vec![
                key("unknown", Spans::default()),
                key("dollars", week(billed("6", "USD"))),
                key("both", week(both)),
                key("diem", week(billed("90", "DIEM"))),
            ],
            ..figures()
        },
    ));
    let order: Vec<&str> = figures.keys.iter().map(|key| key.id.as_str()).collect();
    assert_eq!(order, ["diem", "both", "dollars", "unknown"]);
}

#[test]
fn tokens_nobody_tells_are_unknown_and_a_day_without_use_has_none() {
    let usage = |slots| figures_of(with_usage(with_balances(vec![]), slots)).tokens_today;
    assert_eq!(
        usage(vec![slot("2026-11-23T08:00:00Z", billed("1", "USD"))]),
        None
    );
    let yesterday = by(
        slot("2026-11-22T08:00:00Z", billed("1", "USD")),
        None,
        Some("m"),
    );
    assert_eq!(
        usage(vec![yesterday]).map(|sum| (sum.tokens.total(), sum.requests)),
        Some((0, Some(0)))
    );
}

#[test]
fn more_than_everything_used_keeps_its_true_figure() {
    let figures = figures_of(with_window("claude", "130"));
    assert_eq!(figures.windows[0].window.used_percent, Some(dec("130")));
    assert_eq!(figures.windows[0].runs_out_at, None);
}

#[test]
fn a_window_whose_reset_has_passed_is_empty_and_a_purse_is_unknown_until_read_again() {
    let mut account = with_window("claude", "92");
    let latest = account.latest.as_mut().unwrap();
    latest.figures.balances = vec![diem("4", "100")];
    latest.taken_at = at("2026-11-23T23:59:00Z");
    latest.figures.windows[0].resets_at = Some(at("2026-11-24T00:00:00Z"));
    let digest = digest_at(
        vec![account],
        &Policy::default(),
        at("2026-11-24T00:00:00Z"),
    );
    let figures = &digest.accounts[0];
    assert_eq!(figures.windows[0].window.used_percent, Some(Decimal::ZERO));
    assert_eq!(figures.windows[0].window.resets_at, None);
    assert_eq!(figures.balances[0].balance.remaining, None);
    assert_eq!(
        figures.balances[0].balance.granted,
        Some(money("100", "DIEM"))
    );
}

#[test]
fn a_window_without_percentage_is_measured_by_its_amounts() {
    let mut account = with_window("copilot", "0");
    let window = &mut account.latest.as_mut().unwrap().figures.windows[0];
    (window.used_percent, window.used, window.limit) = (None, Some(dec("75")), Some(dec("300")));
    assert_eq!(
        figures_of(account.clone()).windows[0].window.used_percent,
        Some(dec("25"))
    );
    account.latest.as_mut().unwrap().figures.windows[0].limit = Some(Decimal::ZERO);
    assert_eq!(figures_of(account).windows[0].window.used_percent, None);
}

#[test]
fn the_state_of_all_is_the_worst_a_person_should_act_on() {
    let of = |accounts| digest_of(accounts, &Policy::default()).state;
    let with = |percent| {
        of(vec![
            with_window("claude", "1"),
            with_window("codex", percent),
        ])
    };
    assert_eq!(of(vec![]), OverallState::Ok);
    assert_eq!(with("49"), OverallState::Ok);
    assert_eq!(with("74.9"), OverallState::Ok);
    assert_eq!(with("75"), OverallState::Warning);
    assert_eq!(with("90"), OverallState::Critical);
    let fails = |kind| {
        of(vec![
            with_window("claude", "92"),
            failed(with_window("codex", "1"), kind, now()),
        ])
    };
    assert_eq!(fails(FailureKind::Unauthorized), OverallState::Error);
    assert_eq!(fails(FailureKind::Upstream), OverallState::Critical);
    let stale = failed(with_window("codex", "1"), FailureKind::Upstream, now());
    assert_eq!(of(vec![stale]), OverallState::Stale);
    let waiting = failed(with_window("codex", "1"), FailureKind::Throttled, now());
    assert_eq!(of(vec![waiting]), OverallState::Ok);
}

#[test]
fn purses_and_caps_count_for_the_state_too() {
    let of = |figures| digest_of(vec![account("venice", figures)], &Policy::default()).state;
    let purse = |balance| {
        of(Figures {
            balances: vec![balance],
            ..figures()
        })
    };
    assert_eq!(purse(diem("90.5", "100")), OverallState::Ok);
    assert_eq!(purse(diem("25", "100")), OverallState::Warning);
    assert_eq!(purse(diem("10", "100")), OverallState::Critical);
    let refused = Balance {
        standing: Standing::Exhausted,
        ..balance("usd", Some(money("0.05", "USD")))
    };
    assert_eq!(purse(refused), OverallState::Critical);
    let capped = |used| {
        let mut key = key("ci", Spans::default());
        key.limits = vec![limit(used, "20")];
        of(Figures {
            keys: vec![key],
            ..figures()
        })
    };
    assert_eq!(capped(Some("10.5")), OverallState::Ok);
    assert_eq!(capped(Some("19")), OverallState::Critical);
    assert_eq!(capped(None), OverallState::Ok);
}

#[test]
fn a_price_source_that_fails_costs_a_figure_and_is_no_error() {
    let market = AccountCard {
        shape: AccountShape::Market,
        ..card("coingecko")
    };
    let down = AccountSnapshot {
        latest: None,
        ..failed(
            account("coingecko", figures()),
            FailureKind::Unreachable,
            now(),
        )
    };
    let digest = digest(&snapshot(vec![down]), &[market], &Policy::default(), now());
    assert_eq!(digest.accounts[0].state, AccountState::Failed);
    assert_eq!(digest.state, OverallState::Stale);
}

#[test]
fn vendors_model_sums_are_used_where_usage_names_no_model() {
    let week = Spans {
        week: Some(billed("2.5", "USD")),
        ..Spans::default()
    };
    let figures = figures_of(account(
        "venice",
        Figures {
            models: vec![ModelReading {
                model: "llama".into(),
                tokens: None,
                spend: week.clone(),
            }],
            ..figures()
        },
    ));
    assert_eq!(figures.models[0].spend, week);
    assert_eq!(figures.models[0].tokens, None);
    assert_eq!(figures.spend.week, week.week);
}

#[test]
fn a_cap_starts_anew_when_its_reset_has_passed() {
    let mut capped = key("ci", Spans::default());
    capped.limits = vec![limit(Some("19"), "20")];
    let account = account(
        "venice",
        Figures {
            keys: vec![capped],
            ..figures()
        },
    );
    let digest = digest_at(
        vec![account],
        &Policy::default(),
        at("2026-12-01T00:00:00Z"),
    );
    let limit = &digest.accounts[0].keys[0].limits[0];
    assert_eq!(limit.used, Some(money("0", "USD")));
    assert_eq!(limit.resets_at, None);
    assert_eq!(digest.accounts[0].keys[0].id, KeyId::from("ci"));
}
