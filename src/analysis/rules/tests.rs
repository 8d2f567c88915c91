//! Which alerts accounts bring about, in which words. The steps themselves are tested beside `alerts`.

use std::time::Duration;

use chrono::TimeDelta;

use super::*;
use crate::analysis::alerts::step;
use crate::analysis::digest::digest;
use crate::analysis::testing::{
    Program, account, at, balance, billed, card, dec, diem, figures, key, limit, money, now, rule,
    slot, spent, window, with_balance, with_usage, with_window,
};
use crate::domain::period::Unit;
use crate::domain::policy::{Budget, ForecastNotice, Metric};
use crate::domain::quota::{Balance, Standing};
use crate::domain::reading::{Completeness, Figures};
use crate::domain::snapshot::{AccountSnapshot, Snapshot, WindowPoint};
use crate::domain::usage::Spans;

#[test]
fn a_window_is_told_at_seventy_five_ninety_and_a_hundred_percent() {
    let mut program = Program::default();
    assert!(
        program
            .told(with_window("claude", "74.9"), now())
            .is_empty()
    );
    let told: Vec<String> = ["75", "80", "90", "99", "100"]
        .into_iter()
        .flat_map(|used| program.told(with_window("claude", used), now()))
        .filter(|words| !words.contains("will be"))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    warning: Venice (work): Session (5 h) at 75 % | It resets in 3h, at 1pm.
    critical: Venice (work): Session (5 h) at 90 % | It resets in 3h, at 1pm.
    critical: Venice (work): Session (5 h) is used up | It resets in 3h, at 1pm.
    ");
}

#[test]
fn a_window_known_for_the_first_time_is_shown_and_not_told() {
    let mut program = Program::default();
    assert!(program.told(with_window("claude", "95"), now()).is_empty());
    assert!(program.standing().contains(&"window>=90"));
}

#[test]
fn a_window_that_was_nearly_full_and_is_empty_again_is_told_once() {
    let mut program = Program::default();
    program.told(with_window("claude", "10"), now());
    program.told(with_window("claude", "80"), now());
    let mut next = window("2");
    next.resets_at = Some(at("2026-11-23T18:00:00Z"));
    let reset = at("2026-11-23T13:00:00Z");
    let told = program.told(with_window("claude", "80"), reset);
    insta::assert_snapshot!(told.join("\n"), @"info: Venice (work): Session (5 h) has reset | 0 % used in the new window.");
    let mut read = with_window("claude", "2");
    read.latest.as_mut().unwrap().figures.windows = vec![next];
    assert!(
        program
            .told(read.clone(), reset + TimeDelta::minutes(1))
            .is_empty()
    );
    assert!(program.standing().is_empty(), "{:?}", program.standing());
    assert!(program.told(read, reset + TimeDelta::minutes(2)).is_empty());
}

#[test]
fn a_new_window_that_is_nearly_full_at_once_is_told_as_full_not_as_reset() {
    let mut program = Program::default();
    program.told(with_window("claude", "10"), now());
    program.told(with_window("claude", "80"), now());
    let mut read = with_window("claude", "91");
    let latest = read.latest.as_mut().unwrap();
    latest.taken_at = at("2026-11-23T17:00:00Z");
    latest.figures.windows[0].resets_at = Some(at("2026-11-23T18:00:00Z"));
    let told = program.told(read, at("2026-11-23T17:00:00Z"));
    insta::assert_snapshot!(told.join("\n"), @"critical: Venice (work): Session (5 h) at 91 % | It resets in 1h, at 6pm.");
}

#[test]
fn a_window_that_will_be_full_before_its_reset_is_told_once() {
    let session = |used: &str| {
        let mut account = with_window("claude", used);
        account.latest.as_mut().unwrap().taken_at = now();
        account.window_history = vec![WindowPoint {
            at: at("2026-11-23T08:30:00Z"),
            name: "5h".into(),
            used_percent: dec("20"),
        }];
        account
    };
    let mut program = Program::default();
    assert!(program.told(session("22"), now()).is_empty());
    let told = program.told(session("60"), now());
    insta::assert_snapshot!(told.join("\n"), @"warning: Venice (work): Session (5 h) will be used up at 11am | 60 % used so far. It resets in 3h, at 1pm.");
    assert!(program.told(session("22"), now()).is_empty());
    assert!(program.told(session("60"), now()).is_empty());
}

#[test]
fn a_purse_that_refills_is_told_by_what_is_used_of_it() {
    let mut program = Program::default();
    program.told(with_balance(diem("90.5", "100")), now());
    let told = [
        program.told(with_balance(diem("25", "100")), now()),
        program.told(with_balance(diem("4.2", "100")), now()),
    ]
    .concat();
    insta::assert_snapshot!(told.join("\n"), @"
    warning: Venice (work): 25.0000 DIEM left | It refills to 100.0000 DIEM in 14h, at midnight. Top up at https://venice.ai/pay?amount=25.00
    critical: Venice (work): 4.2000 DIEM left | It refills to 100.0000 DIEM in 14h, at midnight. Top up at https://venice.ai/pay?amount=25.00
    ");
}

#[test]
fn a_purse_that_a_window_measures_is_told_by_the_window_alone() {
    let both = |left: &str, used: &str| {
        let mut account = with_balance(diem(left, "100"));
        let mut epoch = window(used);
        epoch.unit = Some("DIEM".into());
        epoch.resets_at = Some(at("2026-11-24T00:00:00Z"));
        account.latest.as_mut().unwrap().figures.windows = vec![epoch];
        account
    };
    let mut program = Program::default();
    program.told(both("50", "50"), now());
    let told = program.told(both("20", "80"), now());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("at 80 %"));
}

#[test]
fn a_purse_of_unknown_rest_fires_nothing_whatever_the_rule() {
    let metric = Metric::Balance(AccountId::parse("venice/work"), "diem".into());
    let mut program = Program::with(rule(metric, Condition::AtMost(dec("5"))));
    for _ in 0..3 {
        assert!(
            program
                .told(with_balance(balance("diem", None)), now())
                .is_empty()
        );
    }
    assert!(program.standing().is_empty());
}

#[test]
fn a_prepaid_purse_is_low_when_it_lasts_three_days_and_critical_when_it_lasts_one() {
    let left = |left: &str| {
        let slots = (16..=22)
            .map(|day| slot(&format!("2026-11-{day}T12:00:00Z"), billed("5", "USD")))
            .collect();
        with_usage(
            with_balance(balance("usd", Some(money(left, "USD")))),
            slots,
        )
    };
    let mut program = Program::default();
    assert!(program.told(left("42.5"), now()).is_empty());
    let told: Vec<String> = ["15.1", "15", "6", "4.5"]
        .into_iter()
        .flat_map(|amount| program.told(left(amount), now()))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    warning: Venice (work): $15.00 left | It lasts 3d 0h at the present rate. Top up at https://venice.ai/pay?amount=25.00
    critical: Venice (work): $4.50 left | It lasts 21h 36m at the present rate. Top up at https://venice.ai/pay?amount=25.00
    ");
}

#[test]
fn an_account_that_is_no_longer_served_is_critical() {
    let mut program = Program::default();
    program.told(with_balance(balance("usd", Some(money("1", "USD")))), now());
    let told = program.told(
        with_balance(Balance {
            standing: Standing::Exhausted,
            ..balance("usd", Some(money("0.05", "USD")))
        }),
        now(),
    );
    insta::assert_snapshot!(told.join("\n"), @"critical: Venice (work): requests are refused | Nothing is left to spend. $0.05 left. Top up at https://venice.ai/pay?amount=25.00");
}

#[test]
fn a_key_near_its_limit_is_told() {
    let capped = |used: &str| {
        let mut key = key("ci-bot", Spans::default());
        key.limits = vec![limit(Some(used), "20")];
        account(
            "venice/work",
            Figures {
                keys: vec![key],
                ..figures()
            },
        )
    };
    let mut program = Program::default();
    assert!(program.told(capped("10.5"), now()).is_empty());
    let told = program.told(capped("18.2"), now());
    insta::assert_snapshot!(told.join("\n"), @"critical: Venice (work): key ci-bot at 91 % of its limit | $18.20 of $20.00 a month spent. It resets in 7d 14h, at 12am on 1 Dec. Raise the limit, or use another key.");
}

fn budget(forecast: ForecastNotice) -> Policy {
    Policy {
        budgets: vec![Budget {
            name: "openai month".into(),
            account: Some(AccountId::parse("openai")),
            key: None,
            model: None,
            project: None,
            period: Unit::Month,
            amount: money("50", "USD"),
            notify_at: vec![dec("50"), dec("80"), dec("100")],
            forecast,
        }],
        ..Policy::default()
    }
}

#[test]
fn a_budget_is_told_at_its_own_percentages_and_anew_each_month() {
    let mut program = Program::with(budget(ForecastNotice::Off));
    let mut told: Vec<String> = ["10", "25", "41.2", "60"]
        .into_iter()
        .flat_map(|amount| program.told(spent(amount), now()))
        .collect();
    let december = at("2026-12-01T08:30:00Z");
    let mut next = spent("0");
    next.latest.as_mut().unwrap().taken_at = december;
    next.slots = vec![slot("2026-12-01T08:15:00Z", billed("26", "USD"))];
    told.extend(program.told(next, december));
    insta::assert_snapshot!(told.join("\n"), @"
    info: Budget openai month: 50 % spent | $25.00 of $50.00 are spent. It begins anew in 7d 14h, at 12am on 1 Dec.
    warning: Budget openai month: 82.4 % spent | $41.20 of $50.00 are spent. It begins anew in 7d 14h, at 12am on 1 Dec.
    critical: Budget openai month: 120 % spent | $60.00 of $50.00 are spent. It begins anew in 7d 14h, at 12am on 1 Dec.
    info: Budget openai month: 52 % spent | $26.00 of $50.00 are spent. It begins anew in 30d 15h, at 12am on 1 Jan.
    ");
    assert!(program.known[0].key.subject.starts_with("openai "));
}

#[test]
fn a_budget_tells_ahead_when_its_projection_exceeds_it() {
    let mut program = Program::with(budget(ForecastNotice::On));
    program.told(spent("10"), now());
    let told = program.told(spent("39"), now());
    insta::assert_snapshot!(told.join("\n"), @"
    info: Budget openai month: 78 % spent | $39.00 of $50.00 are spent. It begins anew in 7d 14h, at 12am on 1 Dec.
    warning: Budget openai month: heading for $52.19 | $39.00 of $50.00 are spent. It begins anew in 7d 14h, at 12am on 1 Dec.
    ");
}

#[test]
fn two_budgets_of_one_name_are_two_alerts() {
    let mut policy = budget(ForecastNotice::Off);
    let mut second = policy.budgets[0].clone();
    second.amount = money("20", "USD");
    policy.budgets.push(second);
    let mut program = Program::with(policy);
    program.told(spent("1"), now());
    assert_eq!(program.told(spent("26"), now()).len(), 2);
}

#[test]
fn where_a_users_rule_is_a_default_rule_too_it_is_one_alert_and_repeats_as_he_says() {
    let hour = Duration::from_hours(1);
    let mut policy = rule(
        Metric::Window(AccountId::parse("claude"), "5h".into()),
        Condition::AtLeast(dec("75")),
    );
    policy.rules[0].repeat = Repeat::Every(hour);
    let cards = [card("claude")];
    let snapshot = Snapshot {
        accounts: vec![with_window("claude", "80")],
        alerts: Vec::new(),
    };
    let digest = digest(&snapshot, &cards, &policy, now());
    let probes = probes(&digest, &policy);
    let first = probes
        .iter()
        .find(|probe| probe.key.rule.as_str() == "window>=75")
        .unwrap();
    assert_eq!(first.repeat, Repeat::Every(hour));
    assert_eq!(step(&probes, &[], now()).records.len(), {
        let keys: std::collections::BTreeSet<_> = probes.iter().map(|probe| &probe.key).collect();
        keys.len()
    });
}

#[test]
fn figures_that_could_not_be_read_do_not_clear_their_alerts() {
    let mut program = Program::default();
    program.told(with_window("claude", "10"), now());
    program.told(with_window("claude", "80"), now());
    let mut partial = account("claude", figures());
    partial.latest.as_mut().unwrap().complete = Completeness::Partial(vec!["windows".into()]);
    program.told(partial, now());
    assert!(program.standing().contains(&"window>=75"));
    let unread = AccountSnapshot {
        latest: None,
        ..account("claude", figures())
    };
    program.told(unread, now());
    assert!(program.standing().contains(&"window>=75"));
    program.told(account("claude", figures()), now());
    assert!(
        program.standing().is_empty(),
        "the vendor has no such window any more"
    );
}

#[test]
fn of_several_thresholds_that_stand_only_the_highest_is_shown() {
    let mut program = Program::default();
    program.told(with_window("claude", "10"), now());
    program.told(with_window("claude", "95"), now());
    let snapshot = Snapshot {
        accounts: vec![with_window("claude", "95")],
        alerts: program.known.clone(),
    };
    let digest = digest(&snapshot, &[card("claude")], &program.policy, now());
    let shown: Vec<&str> = digest
        .alerts
        .iter()
        .map(|alert| alert.key.rule.as_str())
        .filter(|rule| rule.starts_with("window"))
        .collect();
    assert_eq!(shown, ["window>=90"]);
}

#[test]
fn every_subject_of_an_account_begins_with_its_id() {
    let mut figures = Figures {
        balances: vec![diem("4", "100"), balance("usd", Some(money("1", "USD")))],
        windows: vec![window("80")],
        ..figures()
    };
    let mut capped = key("ci", Spans::default());
    capped.limits = vec![limit(Some("19"), "20")];
    figures.keys = vec![capped];
    let snapshot = Snapshot {
        accounts: vec![account("venice/work", figures)],
        alerts: Vec::new(),
    };
    let cards = [card("venice/work")];
    let digest = digest(&snapshot, &cards, &Policy::default(), now());
    let probes = probes(&digest, &Policy::default());
    assert!(probes.len() > 10);
    for probe in probes {
        assert_eq!(
            probe.key.subject.split(' ').next(),
            Some("venice/work"),
            "{}",
            probe.key
        );
    }
}
