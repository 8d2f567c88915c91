//! Periods: calendar days, weeks and months of a zone, as half-open spans of instants.
//!
//! A day of a zone starts at its first instant, also when clocks are set forward over midnight.

use crate::domain::zone::Zone;
use chrono::{
    DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc,
};

/// A calendar unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// A day.
    Day,
    /// A week from Monday.
    Week,
    /// A month.
    Month,
}

impl Unit {
    /// Every unit, shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The unit's name: `day`, `week`, `month`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// What the running one is called: `today`, `week`, `month`.
    #[must_use]
    pub const fn current(self) -> &'static str {
        match self {
            Self::Day => "today",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The span of this unit that holds the instant, cut in the zone.
    #[must_use]
    pub fn around(self, at: DateTime<Utc>, zone: Zone) -> Span {
        let day = at.with_timezone(&zone).date_naive();
        let first = match self {
            Self::Day => day,
            Self::Week => day - TimeDelta::days(i64::from(day.weekday().num_days_from_monday())),
            Self::Month => first_of_month(day),
        };
        Span {
            from: start_of_day(first, zone),
            until: start_of_day(self.next(first), zone),
        }
    }

    fn next(self, first: NaiveDate) -> NaiveDate {
        let next = match self {
            Self::Day => first.checked_add_days(Days::new(1)),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
        };
        next.unwrap_or(NaiveDate::MAX)
    }
}

/// A half-open span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First instant, inclusive.
    pub from: DateTime<Utc>,
    /// End, exclusive.
    pub until: DateTime<Utc>,
}

impl Span {
    /// Whether the instant lies in it.
    #[must_use]
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.until
    }
}

/// The first instant of a day in a zone.
#[must_use]
pub fn start_of_day(day: NaiveDate, zone: Zone) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    // A day may lack its midnight (clocks set forward over it): then it starts at the first quarter that exists.
    (0..=96)
        .filter_map(|quarter| midnight.checked_add_signed(TimeDelta::minutes(15 * quarter)))
        .find_map(|time| zone.from_local_datetime(&time).earliest())
        .map_or_else(|| midnight.and_utc(), |start| start.with_timezone(&Utc))
}

/// The next start of a UTC day after the instant: when vendors' daily allowances refill.
#[must_use]
pub fn next_utc_midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    Unit::Day.around(now, Zone::UTC).until
}

/// The next start of a UTC month after the instant.
#[must_use]
pub fn next_utc_month(now: DateTime<Utc>) -> DateTime<Utc> {
    Unit::Month.around(now, Zone::UTC).until
}

/// The first day of a day's month.
#[must_use]
pub fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_cut_in_its_zone_also_when_clocks_change() {
        let berlin = "Europe/Berlin".parse().unwrap();
        let spring = Unit::Day.around(at("2026-03-29T10:00:00Z"), berlin);
        assert_eq!(
            (spring.from, spring.until),
            (at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z"))
        );
        let autumn = Unit::Day.around(at("2026-10-25T10:00:00Z"), berlin);
        assert_eq!(
            (autumn.from, autumn.until),
            (at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z"))
        );
    }

    #[test]
    fn a_day_without_midnight_starts_at_its_first_instant() {
        // Santiago sets clocks forward at 00:00 to 01:00.
        let day = Unit::Day.around(
            at("2026-09-06T12:00:00Z"),
            "America/Santiago".parse().unwrap(),
        );
        assert_eq!(day.from, at("2026-09-06T04:00:00Z"));
    }

    #[test]
    fn weeks_start_on_monday_and_months_on_the_first() {
        let now = at("2026-11-25T05:00:00Z");
        assert_eq!(
            Unit::Week.around(now, Zone::UTC).from,
            at("2026-11-23T00:00:00Z")
        );
        assert_eq!(
            Unit::Month.around(now, Zone::UTC),
            Span {
                from: at("2026-11-01T00:00:00Z"),
                until: at("2026-12-01T00:00:00Z")
            }
        );
    }

    #[test]
    fn the_epoch_ends_at_the_next_utc_midnight() {
        assert_eq!(
            next_utc_midnight(at("2026-11-23T23:59:59Z")),
            at("2026-11-24T00:00:00Z")
        );
        assert_eq!(
            next_utc_midnight(at("2026-11-24T00:00:00Z")),
            at("2026-11-25T00:00:00Z")
        );
    }

    #[test]
    fn a_month_ends_at_the_first_of_the_next() {
        assert_eq!(
            next_utc_month(at("2026-12-31T23:00:00Z")),
            at("2027-01-01T00:00:00Z")
        );
    }

    proptest::proptest! {
        #[test]
        fn days_tile_time_without_gap(seconds in 0_i64..4_000_000_000, zone in proptest::sample::select(&["Asia/Kathmandu", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "UTC"][..])) {
            let zone: Zone = zone.parse().unwrap();
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let day = Unit::Day.around(now, zone);
            proptest::prop_assert!(day.contains(now));
            proptest::prop_assert_eq!(Unit::Day.around(day.until, zone).from, day.until);
        }
    }
}
