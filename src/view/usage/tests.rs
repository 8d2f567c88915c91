//! Tables of usage as people read them.

use rust_decimal::Decimal;

use super::*;
use crate::analysis::digest::SumReach;
use crate::analysis::usage_report::{By, Group, Part, Question, Row, Sum};
use crate::domain::account::AccountId;
use crate::domain::money::{Currency, Money};
use crate::domain::period::Span;
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::Spend;
use crate::domain::zone::Zone;

fn spend(sums: &[(&str, Currency, Basis)]) -> Spend {
    let mut spend = Spend::default();
    for (amount, currency, basis) in sums {
        let amount: Decimal = amount.parse().unwrap();
        spend.add(Money::new(amount, *currency), *basis);
    }
    spend
}

fn estimated(amount: &str) -> Spend {
    spend(&[(amount, Currency::USD, Basis::Estimated)])
}

fn unpriced(model: &str) -> Spend {
    let mut spend = Spend::default();
    spend.unpriced.insert(ModelId::from(model));
    spend
}

fn sum(tokens: Option<u64>, spend: Spend) -> Sum {
    Sum {
        tokens: tokens.map(|tokens| TokenCounts {
            input: tokens,
            cached_input: tokens * 90,
            cache_write_1h: tokens * 3,
            output: tokens / 2,
            ..TokenCounts::default()
        }),
        requests: tokens.map(|tokens| tokens / 1000),
        reach: if spend.unpriced.is_empty() {
            SumReach::Whole
        } else {
            SumReach::LowerBound
        },
        spend,
    }
}

fn day(day: u32, group: Group, sum: Sum) -> Row {
    let date = |day| chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    let time = RowTime::Days {
        first: date(day),
        end: date(day + 1),
    };
    let used = Span {
        from: "2026-11-23T09:00:00Z".parse().unwrap(),
        until: "2026-11-23T09:10:00Z".parse().unwrap(),
    };
    Row {
        time,
        group,
        sum,
        used,
    }
}

fn of_model(account: &str, model: &str) -> Group {
    Group {
        account: Part::Known(AccountId::parse(account)),
        model: Part::Known(ModelId::from(model)),
        ..Group::default()
    }
}

fn report(by: &[By], rows: Vec<Row>, totals: Sum) -> Report {
    Report {
        question: Question {
            grain: Grain::Calendar(Unit::Day),
            by: by.to_vec(),
            since: None,
            until: None,
            zone: Zone::UTC,
            now: "2026-11-23T10:00:00Z".parse().unwrap(),
        },
        rows,
        totals,
        missing: Vec::new(),
        edges: Vec::new(),
    }
}

fn by_model() -> Report {
    let opus = of_model("claude-code", "claude-opus-4-8");
    let rows = vec![
        day(21, opus.clone(), sum(Some(1_234_567), estimated("12.345"))),
        day(
            21,
            of_model("claude-code", "glm-unheard-of"),
            sum(Some(12_000), unpriced("glm-unheard-of")),
        ),
        day(23, opus, sum(Some(900), estimated("0.00112"))),
    ];
    let mut totals = estimated("12.34612");
    totals.merge(&unpriced("glm-unheard-of"));
    let totals = sum(Some(1_247_467), totals);
    report(&[By::Account, By::Model], rows, totals)
}

fn lines_within(text: &str, width: usize) {
    for line in text.lines() {
        assert!(line.chars().count() <= width, "{line}");
    }
}

#[test]
fn numbers_stand_to_the_right_and_what_has_no_price_is_named() {
    let text = usage(&by_model(), &Names::default(), None);
    insta::assert_snapshot!(text);
}

#[test]
fn a_narrow_terminal_gets_shorter_counts_and_fewer_columns() {
    let narrow = usage(&by_model(), &Names::default(), Some(80));
    lines_within(&narrow, 80);
    let narrower = usage(&by_model(), &Names::default(), Some(60));
    lines_within(&narrower, 60);
    assert!(narrower.contains("≥~$12.35"), "{narrower}");
    insta::assert_snapshot!(format!("{narrow}\n{narrower}"));
}

#[test]
fn each_currency_and_basis_has_a_column_of_its_own() {
    let mixed = spend(&[
        ("2.5", Currency::DIEM, Basis::Billed),
        ("4.21", Currency::USD, Basis::Billed),
        ("1.1", Currency::USD, Basis::Estimated),
    ]);
    let billed = spend(&[("4.21", Currency::USD, Basis::Billed)]);
    let rows = vec![
        day(22, Group::default(), sum(None, billed)),
        day(23, Group::default(), sum(Some(5000), mixed)),
    ];
    let totals = spend(&[
        ("2.5", Currency::DIEM, Basis::Billed),
        ("8.42", Currency::USD, Basis::Billed),
        ("1.1", Currency::USD, Basis::Estimated),
    ]);
    let text = usage(
        &report(&[], rows, sum(Some(5000), totals)),
        &Names::default(),
        None,
    );
    insta::assert_snapshot!(text);
}

#[test]
fn a_table_that_lacks_something_says_what() {
    let mut only = day(23, Group::default(), sum(Some(1000), estimated("1")));
    only.sum.reach = SumReach::LowerBound;
    let totals = only.sum.clone();
    let mut lacking = report(&[], vec![only], totals);
    lacking.missing = vec!["OpenAI: usage is known from 21 Nov 2026 to 22 Nov 2026 only".into()];
    insta::assert_snapshot!(usage(&lacking, &Names::default(), None));
}

#[test]
fn nothing_at_all_is_said_in_a_sentence() {
    let mut empty = report(&[], Vec::new(), Sum::default());
    empty.question.since = Some("2026-11-01".parse().unwrap());
    let text = usage(&empty, &Names::default(), Some(40));
    insta::assert_snapshot!(text, @"No usage is known from 2026-11-01.");
}

#[test]
fn sessions_and_windows_tell_their_times_and_a_name_cannot_steer_the_terminal() {
    let at = |text: &str| text.parse().unwrap();
    let window = |from, until| Row {
        time: RowTime::Instants {
            from: at(from),
            until: at(until),
        },
        group: of_model("claude-code", "opus\u{1b}[31m"),
        ..day(1, Group::default(), sum(Some(2000), estimated("0.5")))
    };
    let rows = vec![
        window("2026-11-22T20:30:00Z", "2026-11-23T01:30:00Z"),
        window("2026-11-23T09:01:00Z", "2026-11-23T14:01:00Z"),
    ];
    let mut windows = report(
        &[By::Account, By::Model],
        rows,
        sum(Some(4000), estimated("1")),
    );
    windows.question.grain = Grain::Block;
    insta::assert_snapshot!(usage(&windows, &Names::default(), None));
}
