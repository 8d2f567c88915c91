//! Instants as programs write them into logs: in UTC, of a day that every month has. For all others there are calendars.

/// The seconds since the epoch of `"2026-11-20T08:15:30.123Z"`, quotes included.
pub(crate) fn utc_seconds(text: &[u8]) -> Option<i64> {
    let (instant, fraction) = text
        .strip_prefix(b"\"")?
        .strip_suffix(b"Z\"")?
        .split_at_checked(19)?;
    let digits = |from: usize, to: usize| {
        let digits = instant.get(from..to)?.iter();
        digits.into_iter().try_fold(0_i64, |number, byte| {
            byte.is_ascii_digit()
                .then(|| number * 10 + i64::from(byte - b'0'))
        })
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let is_fraction = match fraction {
        [] => true,
        [b'.', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !is_fraction
        || !marks
            .iter()
            .all(|(at, mark)| instant.get(*at) == Some(mark))
    {
        return None;
    }
    let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
    let (hour, minute, second) = (digits(11, 13)?, digits(14, 16)?, digits(17, 19)?);
    let plain = (1..=12).contains(&month) && (1..=28).contains(&day) && year >= 1;
    if !plain || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years begin in March, so that the day that some have more is their last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days =
        year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_in_utc_is_told_and_what_needs_a_calendar_is_not() {
        for (text, seconds) in [
            ("\"1970-01-01T00:00:00Z\"", Some(0)),
            ("\"2026-09-15T14:00:00Z\"", Some(1_789_480_800)),
            ("\"2026-09-15T14:00:00.123Z\"", Some(1_789_480_800)),
            ("\"2026-09-15T16:00:00+02:00\"", None),
            ("\"2026-02-29T14:00:00Z\"", None),
            ("\"2026-09-15T14:00:60Z\"", None),
            ("\"2026-09-15T14:00:00.Z\"", None),
            ("2026-09-15T14:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(utc_seconds(text.as_bytes()), seconds, "{text}");
        }
    }
}
