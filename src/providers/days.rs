//! Reports by days of UTC: which days must be read again, and which are known for good.
//!
//! Today is read on every poll, because it still grows. A day that is over is read until the vendor has had time to
//! book its last requests, and never after that.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How far an account's days were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The first day that was read.
    from: NaiveDate,
    /// The first day that must be read again.
    next: NaiveDate,
}

/// How a walk over days ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Read {
    /// Its first day.
    pub(super) start: NaiveDate,
    /// The first day that did not come.
    pub(super) until: NaiveDate,
    /// When it was made.
    pub(super) now: DateTime<Utc>,
    /// How long after its end a day may still grow.
    pub(super) settles: TimeDelta,
}

/// The first day to be read, never after today.
pub(super) fn start(
    known: Option<Progress>,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> NaiveDate {
    let first = since.date_naive();
    let start = match known {
        Some(known) if known.from <= first => known.next.max(first),
        _ => first,
    };
    start.min(now.date_naive())
}

/// How far the days are read after a walk.
pub(super) fn follow(known: Option<Progress>, since: DateTime<Utc>, read: Read) -> Progress {
    let from = match known {
        Some(known) if known.from <= since.date_naive() => known.from,
        _ => read.start,
    };
    let settled = read
        .now
        .checked_sub_signed(read.settles)
        .map_or(read.start, |at| at.date_naive());
    Progress {
        from,
        next: read.until.min(settled).max(read.start),
    }
}

/// The first instant of a day.
pub(super) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// The end of a range that holds this instant, exclusive.
pub(super) fn after(now: DateTime<Utc>) -> DateTime<Utc> {
    now.checked_add_signed(TimeDelta::milliseconds(1))
        .unwrap_or(now)
}

/// The day after; the last day of the calendar stays.
pub(super) fn next(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(day)
}

/// The day before; the first day of the calendar stays.
pub(super) fn previous(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(1)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLES: TimeDelta = TimeDelta::hours(6);

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The days that one poll after another starts at.
    fn starts(polls: &[&str]) -> Vec<String> {
        let mut known = None;
        polls
            .iter()
            .map(|poll| {
                let now = at(poll);
                let since = now - TimeDelta::days(31);
                let start = start(known, since, now);
                let read = Read {
                    start,
                    until: next(now.date_naive()),
                    now,
                    settles: SETTLES,
                };
                known = Some(follow(known, since, read));
                start.to_string()
            })
            .collect()
    }

    #[test]
    fn today_is_always_read_and_yesterday_until_it_has_settled() {
        let polls = [
            "2026-11-23T08:30:00Z",
            "2026-11-23T23:59:00Z",
            "2026-11-24T00:01:00Z",
            "2026-11-24T05:59:00Z",
            "2026-11-24T06:01:00Z",
            "2026-11-24T06:02:00Z",
            "2026-11-25T09:00:00Z",
        ];
        let days = [
            "10-23", "11-23", "11-23", "11-23", "11-23", "11-24", "11-24",
        ];
        assert_eq!(starts(&polls), days.map(|day| format!("2026-{day}")));
    }

    #[test]
    fn after_a_pause_the_days_between_are_read_once() {
        let polls = [
            "2026-11-20T23:00:00Z",
            "2026-11-23T12:00:00Z",
            "2026-11-23T12:05:00Z",
        ];
        assert_eq!(starts(&polls)[1..], ["2026-11-20", "2026-11-23"]);
    }

    #[test]
    fn a_clock_that_was_set_back_asks_for_no_future() {
        let polls = ["2026-11-23T12:00:00Z", "2026-11-20T12:00:00Z"];
        assert_eq!(starts(&polls)[1], "2026-10-20");
        let known = Progress {
            from: at("2026-10-01T00:00:00Z").date_naive(),
            next: at("2026-11-23T00:00:00Z").date_naive(),
        };
        let now = at("2026-11-20T12:00:00Z");
        assert_eq!(
            start(Some(known), now - TimeDelta::days(31), now),
            now.date_naive()
        );
    }

    #[test]
    fn a_walk_that_was_cut_short_goes_on_where_it_ended() {
        let now = at("2026-11-23T12:00:00Z");
        let since = now - TimeDelta::days(31);
        let read = Read {
            start: since.date_naive(),
            until: at("2026-11-03T00:00:00Z").date_naive(),
            now,
            settles: SETTLES,
        };
        let known = follow(None, since, read);
        assert_eq!(start(Some(known), since, now), read.until);
    }
}
