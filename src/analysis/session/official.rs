//! What a vendor said of its windows some time ago, carried on to now. The vendor's word is better than any count of
//! ours, as long as nothing was used since it was said.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::analysis::session::{Use, used_within};
use crate::domain::period::Span;
use crate::domain::quota::{QuotaWindow, Source};

/// A window as the vendor told it at an instant, with what was used since. The uses must be sorted by time.
///
/// What was used since is added in proportion to what the vendor's percentage stood for; the window then is an
/// estimate. One whose reset has passed is left as it was: emptying it is the digest's business.
#[must_use]
pub fn carried_on(window: &QuotaWindow, told_at: DateTime<Utc>, uses: &[Use]) -> QuotaWindow {
    let mut window = window.clone();
    let Some(resets_at) = window.resets_at else {
        return window;
    };
    let since = Span {
        from: told_at
            .checked_add_signed(TimeDelta::milliseconds(1))
            .unwrap_or(told_at),
        until: resets_at,
    };
    if !uses.iter().any(|each| since.contains(each.at)) {
        return window;
    }
    window.source = Source::Estimated;
    let before = window.span.and_then(|length| {
        let from = resets_at.checked_sub_signed(length)?;
        let until = since.from;
        Some(used_within(uses, Span { from, until })).filter(|tokens| *tokens > 0)
    });
    let more = Decimal::from(used_within(uses, since));
    let grown = window
        .used_percent
        .zip(before)
        .and_then(|(percent, before)| {
            let share = more.checked_div(Decimal::from(before))?;
            percent.checked_add(percent.checked_mul(share)?)
        });
    if let Some(grown) = grown {
        window.used_percent = Some(grown.round_dp(1));
    }
    window
}

/// An instant to the nearest minute: vendors compute resets anew at each answer, some milliseconds apart, and an alert
/// must know the same window again.
#[must_use]
pub fn to_the_minute(at: DateTime<Utc>) -> DateTime<Utc> {
    let minute = (at.timestamp().saturating_add(30)).div_euclid(60);
    DateTime::from_timestamp(minute.saturating_mul(60), 0).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::{at, dec, window};

    fn uses(list: &[(&str, u64)]) -> Vec<Use> {
        let each = list.iter().map(|(text, tokens)| Use {
            at: at(text),
            tokens: *tokens,
        });
        each.collect()
    }

    #[test]
    fn the_vendors_word_stands_while_nothing_was_used_since() {
        let told = window("40");
        let told_at = at("2026-11-23T09:00:00Z");
        let before = uses(&[("2026-11-23T08:30:00Z", 1000), ("2026-11-23T09:00:00Z", 1)]);
        assert_eq!(carried_on(&told, told_at, &before), told);
        let after_its_end = uses(&[("2026-11-23T13:00:00Z", 1000)]);
        assert_eq!(carried_on(&told, told_at, &after_its_end), told);
    }

    #[test]
    fn what_was_used_since_is_added_in_proportion_and_marked_as_ours() {
        let told_at = at("2026-11-23T09:00:00Z");
        let since = uses(&[
            ("2026-11-23T07:59:59Z", 9_999_999),
            ("2026-11-23T08:30:00Z", 1000),
            ("2026-11-23T09:30:00Z", 500),
        ]);
        let now = carried_on(&window("40"), told_at, &since);
        assert_eq!(now.used_percent, Some(dec("60")));
        assert_eq!(now.source, Source::Estimated);
    }

    #[test]
    fn use_that_cannot_be_weighed_leaves_a_lower_bound() {
        let told_at = at("2026-11-23T09:00:00Z");
        let since = uses(&[("2026-11-23T09:30:00Z", 500)]);
        let now = carried_on(&window("40"), told_at, &since);
        assert_eq!(now.used_percent, Some(dec("40")));
        assert_eq!(now.source, Source::Estimated);
    }

    #[test]
    fn resets_some_milliseconds_apart_are_one() {
        let one = to_the_minute(at("2026-09-15T16:59:59.392502Z"));
        assert_eq!(one, at("2026-09-15T17:00:00Z"));
        assert_eq!(one, to_the_minute(at("2026-09-15T17:00:00.081947Z")));
    }
}
