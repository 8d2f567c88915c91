//! What many agents' lines have in common: exact dollars, prompt sizes, instants, models without a name.

use chrono::{DateTime, NaiveDateTime};
use rust_decimal::Decimal;
use spendtray_skim::Raw;

use crate::domain::tokens::TokenCounts;

/// All tokens that went in, from a cache or not.
pub(super) fn prompt(tokens: &TokenCounts) -> u64 {
    tokens
        .input
        .saturating_add(tokens.cached_input)
        .saturating_add(tokens.cache_writes())
}

/// Counts, zero where there is none; `None` when one is something else.
pub(super) fn counted<const N: usize>(raws: [Raw<'_>; N]) -> Option<[u64; N]> {
    let mut counts = [0; N];
    for (count, raw) in counts.iter_mut().zip(raws) {
        *count = raw.count_or_zero()?;
    }
    Some(counts)
}

/// The dollars a number says, exactly; `None` for anything but a number that is not negative.
pub(super) fn dollars(raw: Raw<'_>) -> Option<Decimal> {
    // An error of the parser costs more than most lines do.
    if raw.is_absent() {
        return None;
    }
    let text = std::str::from_utf8(raw.0).ok()?;
    let number = text
        .parse()
        .or_else(|_| Decimal::from_scientific(text))
        .ok()?;
    (number >= Decimal::ZERO && !text.starts_with('"')).then_some(number)
}

/// Seconds since the epoch of an instant: as RFC 3339, as SQLite writes it (in UTC), in seconds or in milliseconds.
pub(super) fn instant(raw: Raw<'_>) -> Option<i64> {
    /// So many seconds are far ahead, so many milliseconds long ago.
    const MILLISECONDS: u64 = 100_000_000_000;
    if let Some(number) = raw.count() {
        let seconds = if number < MILLISECONDS {
            number
        } else {
            number / 1000
        };
        let seconds = i64::try_from(seconds).ok()?;
        return DateTime::from_timestamp(seconds, 0).map(|at| at.timestamp());
    }
    let text = raw.text()?;
    let plain = || NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f");
    let at = DateTime::parse_from_rfc3339(&text).map(|at| at.timestamp());
    at.or_else(|_| plain().map(|at| at.and_utc().timestamp()))
        .ok()
}

/// The model as the log names it, or that it does not: then nobody knows the price.
pub(super) const fn model(name: &str) -> &str {
    if name.is_empty() {
        "unknown model"
    } else {
        name
    }
}

/// The seconds since the epoch of an instant of RFC 3339, with any offset and any fraction.
pub(super) fn seconds(raw: Raw<'_>) -> Option<i64> {
    raw.utc_seconds().or_else(|| {
        let at = DateTime::parse_from_rfc3339(&raw.chars()?).ok()?;
        Some(at.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn instants_are_those_of_the_calendar(
            at in -62_135_596_800_i64..253_402_300_800,
            millis in 0_u32..1000,
            garbage in "[0-9TZ:.+\"-]{20,28}",
        ) {
            let time = DateTime::from_timestamp(at, millis * 1_000_000).unwrap();
            for text in [time.to_rfc3339(), time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(), time.format("%Y-%m-%dT%H:%M:%SZ").to_string()] {
                let quoted = format!("\"{text}\"");
                proptest::prop_assert_eq!(seconds(Raw(quoted.as_bytes())), Some(at), "{}", text);
            }
            let quoted = format!("\"{garbage}\"");
            let told = DateTime::parse_from_rfc3339(&garbage).ok().map(|at| at.timestamp());
            proptest::prop_assert_eq!(seconds(Raw(quoted.as_bytes())), told, "{}", garbage);
        }
    }

    #[test]
    fn an_instant_is_understood_however_it_is_written_and_nonsense_is_not() {
        let seconds = |text: &str| instant(Raw(text.as_bytes()));
        for text in [
            "1789480800",
            "1789480800000",
            "\"2026-09-15T14:00:00Z\"",
            "\"2026-09-15T16:00:00.25+02:00\"",
            "\"2026-09-15 14:00:00\"",
            "\"2026-09-15 14:00:00.123\"",
        ] {
            assert_eq!(seconds(text), Some(1_789_480_800), "{text}");
        }
        for text in ["", "null", "-1", "1.5", "\"noon\"", "18446744073709551615"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn dollars_are_exact_and_never_guessed() {
        let dollars = |text: &str| dollars(Raw(text.as_bytes())).map(|sum| sum.to_string());
        assert_eq!(dollars("0.00753").as_deref(), Some("0.00753"));
        assert_eq!(dollars("1.5e-7").as_deref(), Some("0.00000015"));
        for other in ["null", "-1", "\"1\"", "", "true"] {
            assert_eq!(dollars(other), None, "{other}");
        }
    }
}
