//! Windows of sessions: the worked examples, and that windows never overlap or lose a use.

use super::*;
use crate::analysis::testing::{at, dec};

fn uses(times: &[&str]) -> Vec<Use> {
    let each = times.iter().map(|time| Use {
        at: at(&format!("2026-09-15T{time}Z")),
        tokens: 110,
    });
    each.collect()
}

/// From, until, how many.
fn spans(windows: &[SessionWindow]) -> Vec<(String, String, u64)> {
    let clock = |at: DateTime<Utc>| at.format("%H:%M:%S").to_string();
    let each = windows.iter();
    each.map(|window| {
        let (from, until) = (clock(window.span.from), clock(window.span.until));
        (from, until, window.requests)
    })
    .collect()
}

/// F57
#[test]
fn a_message_after_the_five_hours_opens_a_second_session() {
    let uses = uses(&["10:00:00", "14:59:00", "15:01:00"]);
    let windows = windows(&uses, SESSION, Opening::FirstMessage);
    assert_eq!(
        spans(&windows),
        [
            ("10:00:00".into(), "15:00:00".into(), 2),
            ("15:01:00".into(), "20:01:00".into(), 1)
        ]
    );
    assert_eq!(windows[0].tokens, 220);
    let runs = |time: &str| current(&windows, at(&format!("2026-09-15T{time}Z"))).is_some();
    assert!(runs("10:00:00") && runs("14:59:59") && runs("20:00:59"));
    assert!(!runs("15:00:30"), "between two sessions");
    assert!(!runs("20:01:00") && !runs("20:02:00"));
}

/// The sample c14, both ways, as its page says.
const C14: [&str; 7] = [
    "09:17:30",
    "10:00:00",
    "13:59:59",
    "14:00:00",
    "14:00:00.001",
    "14:30:00",
    "22:15:00",
];

#[test]
fn windows_open_at_the_first_message_or_at_the_full_hour_as_peers_do() {
    let uses = uses(&C14);
    assert_eq!(
        spans(&windows(&uses, SESSION, Opening::FirstMessage)),
        [
            ("09:17:30".into(), "14:17:30".into(), 5),
            ("14:30:00".into(), "19:30:00".into(), 1),
            ("22:15:00".into(), "03:15:00".into(), 1)
        ]
    );
    assert_eq!(
        spans(&windows(&uses, SESSION, Opening::FullHour)),
        [
            ("09:00:00".into(), "14:00:00".into(), 4),
            ("14:00:00".into(), "19:00:00".into(), 2),
            ("22:00:00".into(), "03:00:00".into(), 1)
        ]
    );
}

#[test]
fn a_week_is_a_longer_window_and_known_resets_lay_out_all_others() {
    let day = |day: u32, tokens| Use {
        at: at(&format!("2026-09-{day:02}T08:00:00Z")),
        tokens,
    };
    let uses = [day(1, 5), day(7, 6), day(8, 7), day(20, 8)];
    let weeks = windows(&uses, WEEK, Opening::FirstMessage);
    let sums: Vec<u64> = weeks.iter().map(|week| week.tokens).collect();
    assert_eq!(sums, [11, 7, 8]);
    let reset = at("2026-09-04T13:00:00Z");
    let week = anchored(reset, WEEK, at("2026-09-20T00:00:00Z")).unwrap();
    assert_eq!(week.from, at("2026-09-18T13:00:00Z"));
    assert_eq!(used_within(&uses, week), 8);
    let before = anchored(reset, WEEK, at("2026-09-04T12:59:59Z")).unwrap();
    assert_eq!(before.until, reset);
    assert_eq!(anchored(reset, TimeDelta::zero(), reset), None);
}

/// F59
#[test]
fn at_noon_a_session_from_ten_is_forty_percent_gone() {
    let (ends, noon) = (at("2026-09-15T15:00:00Z"), at("2026-09-15T12:00:00Z"));
    assert_eq!(
        elapsed_percent(Some(ends), Some(SESSION), noon),
        Some(dec("40"))
    );
    assert_eq!(elapsed_percent(None, Some(SESSION), noon), None);
    let over = elapsed_percent(Some(ends), Some(SESSION), at("2026-09-16T00:00:00Z"));
    assert_eq!(over, Some(dec("100")));
    assert_eq!(
        elapsed_percent(Some(ends), Some(TimeDelta::zero()), noon),
        None
    );
}

#[test]
fn the_rate_is_measured_between_the_first_and_the_last_use() {
    let rate = |times: &[&str]| {
        let window = windows(&uses(times), SESSION, Opening::FirstMessage)[0];
        tokens_a_minute(window.tokens, window.first_at, window.last_at)
    };
    assert_eq!(rate(&["10:00:00", "10:10:00"]), Some(dec("22")));
    assert_eq!(rate(&["10:00:00"]), None);
}

proptest::proptest! {
    #[test]
    fn every_use_is_in_one_window_and_windows_do_not_overlap(
        mut seconds in proptest::collection::vec(0_i64..2_000_000, 0..60),
        full_hour in proptest::bool::ANY,
    ) {
        seconds.sort_unstable();
        let uses: Vec<Use> = seconds
            .iter()
            .map(|second| Use { at: DateTime::from_timestamp(*second, 0).unwrap(), tokens: 1 })
            .collect();
        let opening = if full_hour { Opening::FullHour } else { Opening::FirstMessage };
        let windows = windows(&uses, SESSION, opening);
        let counted: u64 = windows.iter().map(|window| window.requests).sum();
        proptest::prop_assert_eq!(counted, uses.len() as u64);
        for pair in windows.windows(2) {
            proptest::prop_assert!(pair[0].last_at < pair[1].first_at);
            if opening == Opening::FirstMessage {
                proptest::prop_assert!(pair[0].span.until <= pair[1].span.from);
            }
        }
    }
}
