//! What a vendor said of its windows some time ago, carried on to now. The vendor's word is better than any count of
//! ours, as long as nothing was used since it was said.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::domain::agent::Use;
use crate::domain::quota::{QuotaWindow, Source};

/// A window as the vendor told it at an instant, with what was used since; `limit` is the plan's, in the same tokens.
///
/// What was used since is added by the plan's limit. Without one the vendor's percentage stays, as the least it can be:
/// to scale it by what was used before would multiply its rounding, and what other machines used. Either way it is an
/// estimate then. One whose reset has passed is left as it was: emptying it is the digest's business.
#[must_use]
pub fn carried_on(
    window: &QuotaWindow,
    told_at: DateTime<Utc>,
    uses: &[Use],
    limit: Option<u64>,
) -> QuotaWindow {
    let mut window = window.clone();
    let Some(resets_at) = window.resets_at else {
        return window;
    };
    let after = uses.iter().filter(|each| each.at > told_at);
    let mut after = after.filter(|each| each.at < resets_at).peekable();
    if after.peek().is_none() {
        return window;
    }
    window.source = Source::Estimated;
    let tokens = after.fold(0_u64, |sum, each| sum.saturating_add(each.tokens));
    let more = limit.and_then(|limit| {
        let percent = Decimal::from(tokens).checked_mul(Decimal::ONE_HUNDRED)?;
        percent.checked_div(Decimal::from(limit))
    });
    let grown = window.used_percent.zip(more);
    if let Some(grown) = grown.and_then(|(told, more)| told.checked_add(more)) {
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
        assert_eq!(carried_on(&told, told_at, &before, Some(19_000)), told);
        let after_its_end = uses(&[("2026-11-23T13:00:00Z", 1000)]);
        assert_eq!(carried_on(&told, told_at, &after_its_end, None), told);
    }

    #[test]
    fn what_was_used_since_is_added_by_the_plans_limit_and_marked_as_ours() {
        let told_at = at("2026-11-23T09:00:00Z");
        let since = uses(&[
            ("2026-11-23T08:30:00Z", 9_999_999),
            ("2026-11-23T09:30:00Z", 3800),
        ]);
        let now = carried_on(&window("40"), told_at, &since, Some(19_000));
        assert_eq!(now.used_percent, Some(dec("60")));
        assert_eq!(now.source, Source::Estimated);
        let without = carried_on(&window("40"), told_at, &since, None);
        assert_eq!(without.used_percent, Some(dec("40")));
        assert_eq!(without.source, Source::Estimated, "it is at least so much");
        let zero = carried_on(&window("40"), told_at, &since, Some(0));
        assert_eq!(zero.used_percent, Some(dec("40")));
    }

    #[test]
    fn resets_some_milliseconds_apart_are_one() {
        let one = to_the_minute(at("2026-09-15T16:59:59.392502Z"));
        assert_eq!(one, at("2026-09-15T17:00:00Z"));
        assert_eq!(one, to_the_minute(at("2026-09-15T17:00:00.081947Z")));
    }
}
