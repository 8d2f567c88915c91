//! Sessions of a coding agent: windows of use that open with a message and last a fixed time, five hours or a week.
//!
//! What the vendor itself says of its windows is better and preferred ([`official`]); these are the estimate where it
//! says nothing. Nothing here knows where the uses come from, or what they cost.

pub mod official;
pub mod pace;
pub mod plan;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::domain::agent::Use;
use crate::domain::period::Span;

/// How long a session lasts.
pub const SESSION: TimeDelta = TimeDelta::hours(5);
/// How long a weekly window lasts.
pub const WEEK: TimeDelta = TimeDelta::days(7);

/// When a window opens.
///
/// By default with the first message, to the minute, because that is what the vendor's own resets show: derived this
/// way they were within two minutes of the official ones. Other programs round down to the full hour, which makes the
/// window end up to an hour early; that is here so that figures can be compared with theirs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Opening {
    /// At the first message; the next at or after the window's end opens the next window.
    #[default]
    FirstMessage,
    /// At the full hour before the first message; a gap longer than the window's length opens a new one too.
    FullHour,
}

impl Opening {
    /// The opening of a name, as it stands in the configuration.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "first-message" => Some(Self::FirstMessage),
            "full-hour" => Some(Self::FullHour),
            _ => None,
        }
    }
}

/// A window with what was used in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionWindow {
    /// Its time.
    pub span: Span,
    /// Its first use.
    pub first_at: DateTime<Utc>,
    /// Its last use.
    pub last_at: DateTime<Utc>,
    /// How many responses.
    pub requests: u64,
    /// Tokens that count against a plan.
    pub tokens: u64,
}

/// The windows of such a length that uses opened, oldest first. The uses must be sorted by time.
#[must_use]
pub fn windows(uses: &[Use], length: TimeDelta, opening: Opening) -> Vec<SessionWindow> {
    let mut windows: Vec<SessionWindow> = Vec::new();
    for each in uses {
        match windows.last_mut() {
            Some(window) if is_within(window, each.at, length, opening) => window.take(each),
            _ => windows.push(opened(each, length, opening)),
        }
    }
    windows
}

fn is_within(
    window: &SessionWindow,
    at: DateTime<Utc>,
    length: TimeDelta,
    opening: Opening,
) -> bool {
    match opening {
        Opening::FirstMessage => at < window.span.until,
        Opening::FullHour => at - window.span.from <= length && at - window.last_at <= length,
    }
}

fn opened(first: &Use, length: TimeDelta, opening: Opening) -> SessionWindow {
    let from = match opening {
        Opening::FirstMessage => first.at,
        Opening::FullHour => first
            .at
            .duration_trunc(TimeDelta::hours(1))
            .unwrap_or(first.at),
    };
    SessionWindow {
        span: Span {
            from,
            until: from.checked_add_signed(length).unwrap_or(from),
        },
        first_at: first.at,
        last_at: first.at,
        requests: 1,
        tokens: first.tokens,
    }
}

impl SessionWindow {
    fn take(&mut self, each: &Use) {
        self.last_at = self.last_at.max(each.at);
        self.requests = self.requests.saturating_add(1);
        self.tokens = self.tokens.saturating_add(each.tokens);
    }
}

/// How fast tokens were used: so many a minute between the first and the last use. `None`: they are one.
#[must_use]
pub fn tokens_a_minute(
    tokens: u64,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
) -> Option<Decimal> {
    let seconds = Decimal::from((last_at - first_at).num_seconds());
    let in_a_minute = Decimal::from(tokens).checked_mul(Decimal::from(60))?;
    in_a_minute.checked_div(seconds)
}

/// The window that runs at an instant. `None`: none does, and the next message opens one.
#[must_use]
pub fn current(windows: &[SessionWindow], now: DateTime<Utc>) -> Option<&SessionWindow> {
    windows
        .iter()
        .rev()
        .find(|window| window.span.contains(now))
}

/// The window that runs now among those that follow each other without a gap, one of which ends at `reset`.
#[must_use]
pub fn anchored(reset: DateTime<Utc>, length: TimeDelta, now: DateTime<Utc>) -> Option<Span> {
    let seconds = length.num_seconds();
    if seconds <= 0 {
        return None;
    }
    let past = (now - reset).num_seconds().div_euclid(seconds);
    let from = reset.checked_add_signed(TimeDelta::try_seconds(past.checked_mul(seconds)?)?)?;
    Some(Span {
        from,
        until: from.checked_add_signed(length)?,
    })
}

/// Tokens used within a span.
#[must_use]
pub fn used_within(uses: &[Use], span: Span) -> u64 {
    let within = uses.iter().filter(|each| span.contains(each.at));
    within.fold(0, |sum, each| sum.saturating_add(each.tokens))
}

/// How many percent of a window's time are gone, 0 to 100. `None`: its length is not known.
#[must_use]
pub fn elapsed_percent(
    resets_at: Option<DateTime<Utc>>,
    length: Option<TimeDelta>,
    now: DateTime<Utc>,
) -> Option<Decimal> {
    let whole = Decimal::from(length?.num_seconds());
    let left = Decimal::from((resets_at? - now).num_seconds());
    let gone = whole.checked_sub(left)?.checked_mul(Decimal::ONE_HUNDRED)?;
    let percent = gone.checked_div(whole)?;
    Some(percent.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED))
}

#[cfg(test)]
mod tests;
