//! Venice's days and months: of UTC, whatever zone the user lives in.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, Utc};

/// The first instant after `now` at which a UTC day starts. `None`: beyond the calendar.
pub(super) fn next_day(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let day = now.date_naive().checked_add_days(Days::new(1))?;
    Some(midnight(day))
}

/// The first instant after `now` at which a UTC month starts. `None`: beyond the calendar.
pub(super) fn next_month(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let day = month(now.date_naive()).checked_add_months(Months::new(1))?;
    Some(midnight(day))
}

/// The first day of a day's month.
pub(super) fn month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn an_epoch_ends_at_the_next_midnight_of_utc() {
        assert_eq!(
            next_day(at("2026-11-23T23:59:59.999Z")),
            Some(at("2026-11-24T00:00:00Z"))
        );
        assert_eq!(
            next_day(at("2026-11-24T00:00:00Z")),
            Some(at("2026-11-25T00:00:00Z"))
        );
    }

    #[test]
    fn a_month_ends_at_the_first_of_the_next() {
        assert_eq!(
            next_month(at("2026-12-31T23:00:00Z")),
            Some(at("2027-01-01T00:00:00Z"))
        );
    }
}
