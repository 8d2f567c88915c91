//! Usage over time: how days are cut, what is summed by whom, and what is said of what is not known.

use super::*;
use crate::analysis::pricelist;
use crate::analysis::session::{Opening, SESSION};
use crate::analysis::testing::{at, billed, by, dec, now, slot};
use crate::domain::agent::{AgentResponse, AgentSlot, Tally, Terms};
use crate::domain::ids::{KeyId, ModelId, ProjectId};
use crate::domain::money::Currency;
use crate::domain::usage::Basis;

fn response(text: &str, model: &str, session: &str) -> AgentResponse {
    let at = at(text);
    AgentResponse {
        at,
        slot: AgentSlot {
            start: SlotWidth::QuarterHour.start_of(at),
            model: ModelId::from(model),
            project: Some(ProjectId::from("/home/dev/alpha")),
            session: Some(SessionId::from(session)),
            terms: Terms::default(),
            tally: Tally {
                requests: 1,
                tokens: TokenCounts {
                    input: 1000,
                    output: 100,
                    ..TokenCounts::default()
                },
                ..Tally::default()
            },
        },
    }
}

fn agent(responses: &[AgentResponse]) -> Source {
    Source {
        account: AccountId::parse("claude-code"),
        label: "Claude Code".into(),
        pieces: agents::pieces(responses, Opening::FirstMessage, &pricelist::bundled()),
        known: Known::Everything,
    }
}

fn vendor(slots: Vec<UsageSlot>, from: &str, until: &str) -> Source {
    Source {
        account: AccountId::parse("openai"),
        label: "OpenAI".into(),
        pieces: slots.into_iter().map(Piece::from).collect(),
        known: Known::Within {
            from: at(from),
            until: at(until),
        },
    }
}

fn question(grain: Grain, by: &[By]) -> Question {
    Question {
        grain,
        by: by.to_vec(),
        since: None,
        until: None,
        zone: Zone::UTC,
        now: now(),
    }
}

fn daily(by: &[By]) -> Question {
    question(Grain::Calendar(Unit::Day), by)
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn first_days(report: &Report) -> Vec<String> {
    let rows = report.rows.iter();
    rows.map(|row| match row.time {
        RowTime::Days { first, .. } => first.to_string(),
        RowTime::Instants { from, .. } => from.to_rfc3339(),
    })
    .collect()
}

fn requests(report: &Report) -> Vec<Option<u64>> {
    report.rows.iter().map(|row| row.sum.requests).collect()
}

const OPUS: &str = "claude-opus-4-8";

#[test]
fn days_are_cut_in_the_zone_that_is_asked_for_to_the_quarter_of_an_hour() {
    let source = agent(&[
        response("2026-11-22T18:10:00Z", OPUS, "s"),
        response("2026-11-22T18:20:00Z", OPUS, "s"),
        response("2026-11-23T09:00:00Z", OPUS, "s"),
    ]);
    // In Kathmandu the 23rd begins at 18:15 UTC.
    let kathmandu = Question {
        zone: "Asia/Kathmandu".parse().unwrap(),
        ..daily(&[])
    };
    let report = report(kathmandu, &[source]);
    assert_eq!(first_days(&report), ["2026-11-22", "2026-11-23"]);
    assert_eq!(requests(&report), [Some(1), Some(2)]);
    assert_eq!(report.totals.requests, Some(3));
}

#[test]
fn a_vendors_day_is_the_zones_day_of_the_same_date() {
    let mut whole_day = slot("2026-11-22T00:00:00Z", billed("1", "USD"));
    whole_day.width = SlotWidth::Day;
    let source = vendor(
        vec![whole_day],
        "2026-11-22T00:00:00Z",
        "2026-11-23T10:00:00Z",
    );
    for zone in [
        "America/Los_Angeles".parse().unwrap(),
        "Pacific/Kiritimati".parse().unwrap(),
    ] {
        let question = Question { zone, ..daily(&[]) };
        let report = report(question, std::slice::from_ref(&source));
        assert_eq!(first_days(&report), ["2026-11-22"], "{zone}");
        assert_eq!(report.totals.reach, SumReach::Whole, "{zone}");
    }
}

#[test]
fn weeks_begin_on_monday_and_a_range_of_days_holds_its_last() {
    let source = agent(&[
        response("2026-11-15T23:59:59Z", OPUS, "s"),
        response("2026-11-16T00:00:00Z", OPUS, "s"),
        response("2026-11-22T23:59:59Z", OPUS, "s"),
        response("2026-11-23T00:00:00Z", OPUS, "s"),
    ]);
    let sources = [source];
    let weekly = report(question(Grain::Calendar(Unit::Week), &[]), &sources);
    assert_eq!(
        first_days(&weekly),
        ["2026-11-09", "2026-11-16", "2026-11-23"]
    );
    let monthly = report(question(Grain::Calendar(Unit::Month), &[]), &sources);
    assert_eq!(first_days(&monthly), ["2026-11-01"]);
    let asked = Question {
        since: Some(date("2026-11-16")),
        until: Some(date("2026-11-22")),
        ..daily(&[])
    };
    assert_eq!(
        first_days(&report(asked, &sources)),
        ["2026-11-16", "2026-11-22"]
    );
}

#[test]
fn billed_and_estimated_money_of_one_day_stand_beside_each_other() {
    let sources = [
        agent(&[response("2026-11-23T09:00:00Z", OPUS, "s")]),
        vendor(
            vec![slot("2026-11-23T08:00:00Z", billed("2", "USD"))],
            "2026-11-01T00:00:00Z",
            "2026-11-23T10:00:00Z",
        ),
    ];
    let report = report(daily(&[]), &sources);
    let spend = &report.rows[0].sum.spend;
    assert_eq!(spend.get(Currency::USD, Basis::Billed), Some(Decimal::TWO));
    assert_eq!(
        spend.get(Currency::USD, Basis::Estimated),
        Some(dec("0.0075"))
    );
    assert_eq!(report.totals.spend, *spend);
}

/// F48
#[test]
fn a_model_without_a_price_keeps_its_tokens_and_makes_its_sums_lower_bounds() {
    let source = agent(&[
        response("2026-11-22T09:00:00Z", OPUS, "s"),
        response("2026-11-23T09:00:00Z", "glm-unheard-of", "s"),
    ]);
    let report = report(daily(&[By::Model]), &[source]);
    let reach: Vec<SumReach> = report.rows.iter().map(|row| row.sum.reach).collect();
    assert_eq!(reach, [SumReach::Whole, SumReach::LowerBound]);
    assert!(report.rows[1].sum.spend.iter().next().is_none());
    assert_eq!(report.rows[1].sum.tokens.unwrap().output, 100);
    assert_eq!(report.totals.reach, SumReach::LowerBound);
    assert!(report.missing.is_empty(), "nothing is missing but a price");
}

#[test]
fn what_is_not_told_by_a_part_stands_in_a_row_of_its_own_and_last() {
    let told = |key| by(slot("2026-11-23T08:00:00Z", billed("1", "USD")), key, None);
    let source = vendor(
        vec![told(None), told(Some("key-a")), told(Some("key-b"))],
        "2026-11-01T00:00:00Z",
        "2026-11-23T10:00:00Z",
    );
    let report = report(daily(&[By::Key, By::Account]), &[source]);
    let keys: Vec<Option<&str>> = report
        .rows
        .iter()
        .map(|row| row.group.key.known().map(KeyId::as_str))
        .collect();
    assert_eq!(keys, [Some("key-a"), Some("key-b"), None]);
    assert_eq!(report.question.by, [By::Account, By::Key]);
    assert_eq!(report.rows[0].group.model, Part::NotAsked);
}

#[test]
fn sessions_are_told_whole_with_their_first_and_last_response() {
    let source = agent(&[
        response("2026-11-21T23:50:00Z", OPUS, "long"),
        response("2026-11-22T00:10:30Z", OPUS, "long"),
        response("2026-11-20T09:00:00Z", OPUS, "old"),
    ]);
    let asked = Question {
        since: Some(date("2026-11-22")),
        ..question(Grain::Session, &[])
    };
    let report = report(asked, &[source]);
    assert_eq!(report.rows.len(), 1);
    let row = &report.rows[0];
    assert_eq!(row.group.session, Part::Known(SessionId::from("long")));
    assert_eq!(row.sum.requests, Some(2));
    let expected = RowTime::Instants {
        from: at("2026-11-21T23:50:00Z"),
        until: at("2026-11-22T00:10:30Z"),
    };
    assert_eq!(row.time, expected);
}

/// F57
#[test]
fn blocks_are_five_hour_windows_of_each_agent() {
    let responses = [
        response("2026-11-23T04:00:00Z", OPUS, "a"),
        response("2026-11-23T08:59:00Z", OPUS, "b"),
        response("2026-11-23T09:01:00Z", "claude-haiku-4-5", "b"),
    ];
    let other = Source {
        account: AccountId::parse("codex-logs"),
        ..agent(&[response("2026-11-23T06:00:00Z", "gpt-5.5", "c")])
    };
    let sources = [agent(&responses), other];
    let report = report(question(Grain::Block, &[]), &sources);
    assert_eq!(requests(&report), [Some(2), Some(1), Some(1)]);
    let running: Vec<bool> = report
        .rows
        .iter()
        .map(|row| row.is_running(Zone::UTC, now()))
        .collect();
    assert_eq!(running, [false, true, true]);
    // 2,200 tokens in 299 minutes.
    let rate = report.rows[0].tokens_a_minute().unwrap();
    assert_eq!(rate.round_dp(3), dec("7.358"));
    assert_eq!(report.rows[2].tokens_a_minute(), None);
    let last = report.rows[2].span(Zone::UTC);
    assert_eq!(last.until - last.from, SESSION);
    assert_eq!(last.from, at("2026-11-23T09:01:00Z"));
}

#[test]
fn what_was_not_read_is_said_and_makes_its_rows_lower_bounds() {
    let vendor = vendor(
        vec![slot("2026-11-21T08:00:00Z", billed("1", "USD"))],
        "2026-11-21T06:00:00Z",
        "2026-11-22T10:00:00Z",
    );
    let agent = agent(&[
        response("2026-11-20T09:00:00Z", OPUS, "s"),
        response("2026-11-23T09:00:00Z", OPUS, "s"),
    ]);
    let sources = [agent, vendor];
    let everything = report(daily(&[]), &sources);
    let reach: Vec<SumReach> = everything.rows.iter().map(|row| row.sum.reach).collect();
    let (whole, lower) = (SumReach::Whole, SumReach::LowerBound);
    // The vendor was first read on the 21st in the morning and last on the 22nd.
    assert_eq!(reach, [whole, lower, lower]);
    insta::assert_snapshot!(everything.missing.join("\n"), @"OpenAI: usage is known from 21 Nov 2026 to 22 Nov 2026 only");
    assert_eq!(everything.totals.reach, lower);
    let by_account = report(daily(&[By::Account]), &sources);
    let reach: Vec<SumReach> = by_account.rows.iter().map(|row| row.sum.reach).collect();
    assert_eq!(reach, [whole, lower, whole]);
    // Nobody asked for what was before the first reading, and the rows of its own day were read to their end.
    assert_eq!((by_account.missing.len(), by_account.edges.len()), (0, 1));
    assert_eq!(by_account.totals.reach, whole);
    let asked = Question {
        since: Some(date("2026-11-01")),
        ..daily(&[By::Model])
    };
    assert_eq!(report(asked, &sources).missing.len(), 1);
}

#[test]
fn the_ends_of_time_are_summed_too() {
    let mut source = agent(&[]);
    for end in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
        source
            .pieces
            .push(Piece::from(slot(end, billed("1", "USD"))));
    }
    for unit in Unit::ALL {
        let report = report(question(Grain::Calendar(unit), &[]), &[source.clone()]);
        assert_eq!(report.rows.len(), 2);
    }
}
