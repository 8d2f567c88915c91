//! Days as people name them: `2026-11-23`, `20261123`, `2026-11`, `today`, `yesterday`, `7d`.

use chrono::{Days, Months, NaiveDate};

use crate::cli::failure::Failure;

/// The days asked for; `None`: without an end on that side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Range {
    /// The first.
    pub(super) since: Option<NaiveDate>,
    /// The last.
    pub(super) until: Option<NaiveDate>,
}

/// Reads both ends.
pub(super) fn range(
    since: Option<&str>,
    until: Option<&str>,
    today: NaiveDate,
) -> Result<Range, Failure> {
    let since = since
        .map(|text| Ok::<_, Failure>(named("--since", text, today)?.0))
        .transpose()?;
    let until = until
        .map(|text| Ok::<_, Failure>(named("--until", text, today)?.1))
        .transpose()?;
    if let (Some(first), Some(last)) = (since, until)
        && first > last
    {
        return Err(Failure::usage(format!(
            "`--since` ({first}) is later than `--until` ({last})"
        )));
    }
    Ok(Range { since, until })
}

/// The first and the last day of what a text names.
fn named(option: &str, text: &str, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), Failure> {
    day(text.trim(), today)
        .map(|day| (day, day))
        .or_else(|| month(text.trim()))
        .ok_or_else(|| {
            Failure::usage(format!("`{option} {text}` names no day")).hinted(
                "Write it like 2026-11-23, 2026-11, today, yesterday, or 7d, 4w or 3m for so long ago.",
            )
        })
}

fn day(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    match text.to_ascii_lowercase().as_str() {
        "today" => return Some(today),
        "yesterday" => return today.checked_sub_days(Days::new(1)),
        _ => {}
    }
    if let Some((at, unit)) = text.char_indices().next_back()
        && let Ok(count) = text.get(..at)?.parse::<u32>()
    {
        let days = |each: u64| today.checked_sub_days(Days::new(u64::from(count) * each));
        match unit {
            'd' | 'D' => return days(1),
            'w' | 'W' => return days(7),
            'm' | 'M' => return today.checked_sub_months(Months::new(count)),
            _ => {}
        }
    }
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let pattern = if digits { "%Y%m%d" } else { "%Y-%m-%d" };
    NaiveDate::parse_from_str(text, pattern).ok()
}

fn month(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?;
    let next = first.checked_add_months(Months::new(1))?;
    Some((first, next.pred_opt()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(since: &str, until: &str) -> Option<(String, String)> {
        let today = NaiveDate::from_ymd_opt(2026, 11, 23)?;
        let range = range(Some(since), Some(until), today).ok()?;
        Some((range.since?.to_string(), range.until?.to_string()))
    }

    #[test]
    fn days_are_named_in_any_usual_way() {
        for (since, until, expected) in [
            ("2026-11-01", "20261122", ("2026-11-01", "2026-11-22")),
            ("2026-02", "2026-02", ("2026-02-01", "2026-02-28")),
            ("yesterday", "Today", ("2026-11-22", "2026-11-23")),
            ("7d", "1w", ("2026-11-16", "2026-11-16")),
            ("3m", "0d", ("2026-08-23", "2026-11-23")),
        ] {
            let expected = (expected.0.to_owned(), expected.1.to_owned());
            assert_eq!(read(since, until), Some(expected), "{since} {until}");
        }
    }

    #[test]
    fn what_names_no_day_and_ends_before_it_begins_is_refused() {
        for (since, until) in [
            ("soon", "today"),
            ("2026-13-01", "today"),
            ("", "today"),
            ("2026-02-30", "today"),
            ("9999999999d", "today"),
            ("today", "yesterday"),
            ("ü", "today"),
        ] {
            assert_eq!(read(since, until), None, "{since} {until}");
        }
    }
}
