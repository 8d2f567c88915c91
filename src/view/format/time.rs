//! Instants and spans of time as text. A clock face is read in the user's zone; nothing counts seconds.

use crate::domain::zone::Zone;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};

/// When and where somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub now: DateTime<Utc>,
    /// The zone of the reader's clock.
    pub zone: Zone,
}

impl Moment {
    fn today(self) -> NaiveDate {
        self.day(self.now)
    }

    fn day(self, at: DateTime<Utc>) -> NaiveDate {
        local(at, self.zone).date_naive()
    }
}

/// A duration in hours and minutes: `4h 3m`; days from 48 hours on: `3d 4h`.
#[must_use]
pub fn duration(duration: TimeDelta) -> String {
    let minutes = duration.num_minutes().max(0);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    match hours {
        0 => format!("{minutes}m"),
        1..48 => two(format!("{hours}h"), minutes, "m"),
        _ => two(format!("{}d", hours / 24), hours % 24, "h"),
    }
}

/// For how long something lasts, coarse enough to be true for a while: `less than a day`, `8 days`.
#[must_use]
pub fn lasts(duration: TimeDelta) -> String {
    match duration.num_days() {
        ..=0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days @ 2..=730 => format!("{days} days"),
        _ => "years".to_owned(),
    }
}

/// When something resets, as clock time in the zone and as a wait: `3:55pm (3h 55min)`; `Resets now` within a minute.
#[must_use]
pub fn reset(resets_at: DateTime<Utc>, now: DateTime<Utc>, zone: Zone) -> String {
    let left = resets_at - now;
    if left.num_minutes() < 1 {
        return "Resets now".to_owned();
    }
    let face = if left.num_days() < 1 {
        clock(resets_at, zone)
    } else {
        local(resets_at, zone).format("%d %b").to_string()
    };
    format!("{face} ({})", wait(left))
}

/// A wait as reset texts say it: `3h 55min`, `1d 1h`.
#[must_use]
pub fn wait(left: TimeDelta) -> String {
    let minutes = left.num_minutes().max(0);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    match hours {
        0 => format!("{minutes}min"),
        1..24 => two(format!("{hours}h"), minutes, "min"),
        _ => two(format!("{}d", hours / 24), hours % 24, "h"),
    }
}

fn two(great: String, small: i64, unit: &str) -> String {
    if small == 0 {
        great
    } else {
        format!("{great} {small}{unit}")
    }
}

/// When something resets, in words that hold until then or until midnight: `3:55pm`, `1am tomorrow`, `Thu 1am`, `02 Mar`.
#[must_use]
pub fn reset_at(resets_at: DateTime<Utc>, moment: Moment) -> String {
    if resets_at <= moment.now {
        return "now".to_owned();
    }
    let (today, day) = (moment.today(), moment.day(resets_at));
    let face = clock(resets_at, moment.zone);
    let ahead = |days| today.checked_add_days(Days::new(days));
    if day == today {
        face
    } else if ahead(1) == Some(day) && face == "12am" {
        "midnight".to_owned()
    } else if ahead(1) == Some(day) {
        format!("{face} tomorrow")
    } else if ahead(7).is_some_and(|week| day < week) {
        format!("{} {face}", day.format("%a"))
    } else {
        date(day, today)
    }
}

/// When something was: the clock time today, the date before: `2:05pm`, `24 Nov`, `24 Nov 2025`.
#[must_use]
pub fn when(at: DateTime<Utc>, moment: Moment) -> String {
    let (today, day) = (moment.today(), moment.day(at));
    if day == today {
        clock(at, moment.zone)
    } else {
        date(day, today)
    }
}

fn date(day: NaiveDate, today: NaiveDate) -> String {
    let pattern = if day.year() == today.year() {
        "%d %b"
    } else {
        "%d %b %Y"
    };
    day.format(pattern).to_string()
}

/// A clock time in the zone: `3:55pm`, `1am`.
#[must_use]
pub fn clock(at: DateTime<Utc>, zone: Zone) -> String {
    let face = local(at, zone).format("%-I:%M%P").to_string();
    face.replace(":00", "")
}

/// An instant on the zone's clock; instants at the ends of time, which have no local time, are moved inwards.
fn local(at: DateTime<Utc>, zone: Zone) -> DateTime<Zone> {
    let margin = TimeDelta::days(2);
    at.clamp(
        DateTime::<Utc>::MIN_UTC + margin,
        DateTime::<Utc>::MAX_UTC - margin,
    )
    .with_timezone(&zone)
}

/// How long ago: `just now`, `5 min ago`, `2 h ago`, `3 d ago`.
#[must_use]
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let minutes = (now - at).num_minutes();
    match minutes {
        ..1 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..2880 => format!("{} h ago", minutes / 60),
        _ => format!("{} d ago", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn moment() -> Moment {
        Moment {
            now: at("2026-11-23T10:00:00Z"),
            zone: "Europe/Berlin".parse().unwrap(),
        }
    }

    #[test]
    fn reset_texts_say_the_clock_time_and_the_wait() {
        let noon = at("2024-03-01T12:00:00Z");
        for (seconds, text) in [
            (-5, "Resets now"),
            (59, "Resets now"),
            (61, "12:01pm (1min)"),
            (3600, "1pm (1h)"),
            (14_100, "3:55pm (3h 55min)"),
            (86_400, "02 Mar (1d)"),
            (90_000, "02 Mar (1d 1h)"),
        ] {
            assert_eq!(
                reset(noon + TimeDelta::seconds(seconds), noon, Zone::UTC),
                text
            );
        }
    }

    #[test]
    fn reset_times_hold_until_they_come_or_until_midnight() {
        for (instant, text) in [
            ("2026-11-23T09:00:00Z", "now"),
            ("2026-11-23T14:55:00Z", "3:55pm"),
            ("2026-11-24T00:00:00Z", "1am tomorrow"),
            ("2026-11-26T00:00:00Z", "Thu 1am"),
            ("2026-12-01T00:00:00Z", "01 Dec"),
            ("2027-03-02T00:00:00Z", "02 Mar 2027"),
        ] {
            assert_eq!(reset_at(at(instant), moment()), text);
        }
    }

    #[test]
    fn the_ends_of_time_are_written_too() {
        for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!(!reset_at(end, moment()).is_empty());
            assert!(!when(end, moment()).is_empty());
            assert!(!ago(end, moment().now).is_empty());
            assert!(!reset(end, moment().now, moment().zone).is_empty());
        }
    }

    #[test]
    fn durations_have_hours_and_minutes_without_seconds() {
        let span = |hours, minutes, seconds| {
            TimeDelta::hours(hours) + TimeDelta::minutes(minutes) + TimeDelta::seconds(seconds)
        };
        assert_eq!(duration(span(4, 3, 59)), "4h 3m");
        assert_eq!(duration(span(4, 0, 0)), "4h");
        assert_eq!(duration(span(47, 59, 0)), "47h 59m");
        assert_eq!(duration(span(76, 0, 0)), "3d 4h");
        assert_eq!(duration(span(0, 0, 59)), "0m");
        assert_eq!(duration(span(-1, 0, 0)), "0m");
        assert_eq!(duration(TimeDelta::MAX), "106751991167d 7h");
    }

    #[test]
    fn days_left_are_told_coarsely() {
        let texts: Vec<String> = [0, 1, 6, 20, 45, 9999]
            .map(|days| lasts(TimeDelta::days(days)))
            .to_vec();
        assert_eq!(
            texts,
            [
                "less than a day",
                "1 day",
                "6 days",
                "20 days",
                "45 days",
                "years"
            ]
        );
    }

    #[test]
    fn the_past_is_told_by_clock_or_date_or_distance() {
        assert_eq!(when(at("2026-11-23T00:05:00Z"), moment()), "1:05am");
        assert_eq!(when(at("2026-11-22T22:59:00Z"), moment()), "22 Nov");
        assert_eq!(when(at("2025-11-22T12:00:00Z"), moment()), "22 Nov 2025");
        let ago = |minutes| ago(moment().now - TimeDelta::minutes(minutes), moment().now);
        assert_eq!(ago(0), "just now");
        assert_eq!(ago(-9), "just now");
        assert_eq!(ago(5), "5 min ago");
        assert_eq!(ago(125), "2 h ago");
        assert_eq!(ago(3 * 1440), "3 d ago");
    }
}
