//! Balances and quota windows in words.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::analysis::digest::{AccountDigest, BalanceDigest, WindowDigest};
use crate::analysis::session::pace::Pace;
use crate::analysis::{session, standing};
use crate::domain::money::{Currency, Money};
use crate::domain::quota::{Plan, QuotaWindow, Source, Standing, WhenFull};
use crate::view::format::{self, Moment};
use crate::view::phrase::words;

/// What stands for a figure nobody knows.
pub const UNKNOWN: &str = "–";

/// How a reset is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetWords {
    /// By clock or date only: the words hold until it comes.
    Clock,
    /// With the time left, in steps of five minutes from an hour on.
    Countdown,
}

/// What is left in a purse: `42.5000 of 100.0000 DIEM`, `$25.00`, `–`.
#[must_use]
pub fn remaining(balance: &BalanceDigest) -> String {
    let balance = &balance.balance;
    match (balance.remaining, balance.granted) {
        (Some(remaining), Some(granted)) => portion(remaining, granted),
        (Some(remaining), None) => format::money(remaining),
        (None, Some(granted)) => format!("{UNKNOWN} of {}", format::money(granted)),
        // The vendor of DIEM grants it for staking: no figure means no stake, which is not a balance of zero.
        (None, None) if balance.name.as_str() == "diem" => "not staking".to_owned(),
        (None, None) => UNKNOWN.to_owned(),
    }
}

/// The window that tells how much of a purse is used. `None`: it has none, or does not tell what is left.
#[must_use]
pub fn window_of<'a>(
    balance: &BalanceDigest,
    account: &'a AccountDigest,
) -> Option<&'a WindowDigest> {
    balance.balance.remaining?;
    let mut windows = account.windows.iter();
    windows.find(|row| standing::is_one(&balance.balance, &row.window))
}

/// Whether a window is told where its purse is told, and not a second time.
#[must_use]
pub fn is_told_by_purse(window: &WindowDigest, account: &AccountDigest) -> bool {
    let mut balances = account.balances.iter();
    balances.any(|row| window_of(row, account) == Some(window))
}

/// A purse in a line of several: `42.5000 of 100.0000 DIEM`, `Earned credits $3.00`. `None`: nobody says what is left.
#[must_use]
pub fn in_short(balance: &BalanceDigest) -> Option<String> {
    balance.balance.remaining?;
    let amount = remaining(balance);
    Some(match purse(balance) {
        Some(name) => format!("{name} {amount}"),
        None => amount,
    })
}

/// The purse's name in words; `None` when the amount's unit says it already.
#[must_use]
pub fn purse(balance: &BalanceDigest) -> Option<String> {
    let name = balance.balance.name.as_str();
    let said = balance
        .balance
        .remaining
        .is_some_and(|money| money.currency.code().eq_ignore_ascii_case(name));
    (!said).then(|| purse_name(balance))
}

/// The purse's name in words: `Earned credits`, `USD`.
#[must_use]
pub fn purse_name(balance: &BalanceDigest) -> String {
    let name = balance.balance.name.as_str();
    let is_ticker = Currency::new(name).is_ok_and(|currency| {
        format::symbol(currency).is_some() || format::unit(currency) == currency.code()
    });
    if is_ticker && name.len() < 5 {
        name.to_ascii_uppercase()
    } else {
        words(name)
    }
}

/// What is to be said of a purse besides the amount: when it refills, for how long it lasts if it does not refill
/// before, whether it is used up.
#[must_use]
pub fn balance_notes(balance: &BalanceDigest, moment: Moment) -> Vec<String> {
    let used_up = balance.balance.standing == Standing::Exhausted;
    let refills = balance
        .balance
        .resets_at
        .map(|at| format!("refills {}", format::reset_at(at, moment)));
    let refills_before = |lasts: TimeDelta| {
        let refill = balance.balance.resets_at.map(|at| at - moment.now);
        refill.is_some_and(|refill| refill <= lasts)
    };
    let lasts = balance
        .lasts
        .filter(|lasts| !used_up && !refills_before(*lasts))
        .map(|lasts| format!("lasts {}", format::lasts(lasts)));
    used_up
        .then(|| "used up: requests are refused".to_owned())
        .into_iter()
        .chain(refills)
        .chain(lasts)
        .collect()
}

/// How full a window is: `62 %`, `~62 %` when we estimate it, `–` when nobody says.
#[must_use]
pub fn used(window: &QuotaWindow) -> String {
    match (window.used_percent, window.source) {
        (None, _) => UNKNOWN.to_owned(),
        (Some(percent), Source::Official) => format::percent(percent),
        (Some(percent), Source::Estimated) => format!("~{}", format::percent(percent)),
    }
}

/// A window's name for people.
#[must_use]
pub fn window_name(window: &QuotaWindow) -> String {
    if window.label.trim().is_empty() {
        words(window.name.as_str())
    } else {
        window.label.clone()
    }
}

/// Whether a window limits money, so that what fills it is what was spent.
#[must_use]
pub fn limits_money(window: &QuotaWindow) -> bool {
    let currency = window
        .unit
        .as_deref()
        .and_then(|unit| Currency::new(unit).ok());
    currency.is_some_and(|currency| format::symbol(currency).is_some())
}

/// What is to be said of a window besides its share: when it resets, when it is full, how much was used, and
/// whether it is more than advice; what is left comes last, for the menu has room for what comes first.
#[must_use]
pub fn window_notes(window: &WindowDigest, moment: Moment, reset: ResetWords) -> Vec<String> {
    let resets = resets(&window.window, moment, reset);
    let served_on = window.window.when_full == WhenFull::ServesOn;
    let full = window
        .runs_out_at
        .filter(|at| *at > moment.now)
        .map(|at| format!("full by {}", format::reset_at(at, moment)));
    resets
        .into_iter()
        .chain(full)
        .chain(counted(&window.window))
        .chain(served_on.then(|| "not enforced".to_owned()))
        .chain(left(&window.window))
        .collect()
}

/// When a window resets: `resets 3:55pm`.
#[must_use]
pub fn resets(window: &QuotaWindow, moment: Moment, words: ResetWords) -> Option<String> {
    let at = window.resets_at?;
    let left = at - moment.now;
    if left.num_minutes() < 1 {
        return Some("resets now".to_owned());
    }
    let clock = format::reset_at(at, moment);
    Some(match words {
        ResetWords::Clock => format!("resets {clock}"),
        ResetWords::Countdown => format!("resets {clock} ({})", format::wait(coarse(left))),
    })
}

/// How far the time of a session has gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionTime {
    /// So many percent.
    pub percent: Decimal,
    /// What is to be said of it.
    pub notes: Vec<String>,
}

/// The time of a window that a person waits for: a session of at most a day that runs. `None`: it is no such window.
#[must_use]
pub fn time(window: &WindowDigest, moment: Moment, words: ResetWords) -> Option<SessionTime> {
    let span = window
        .window
        .span
        .filter(|span| *span <= TimeDelta::days(1))?;
    let resets_at = window.window.resets_at.filter(|at| *at > moment.now)?;
    let percent = session::elapsed_percent(Some(resets_at), Some(span), moment.now)?;
    let next = format!("next session from {}", format::reset_at(resets_at, moment));
    let pace = match window.pace {
        Some(Pace::Calculating) => Some("pace: calculating"),
        Some(Pace::Stable) => Some("pace: stable"),
        Some(Pace::Lasts) => Some("lasts until then"),
        Some(Pace::RunsOut) | None => None,
    };
    let pace = pace.map(str::to_owned);
    Some(match words {
        ResetWords::Countdown => SessionTime {
            percent: percent.round_dp(0),
            notes: [next].into_iter().chain(pace).collect(),
        },
        // Words that hold for a while: in steps of half an hour of five.
        ResetWords::Clock => SessionTime {
            percent: (percent / Decimal::TEN).trunc() * Decimal::TEN,
            notes: [next].into_iter().chain(pace).collect(),
        },
    })
}

/// Steps of five minutes from an hour on, so that a tooltip does not change at every look.
fn coarse(left: TimeDelta) -> TimeDelta {
    let minutes = left.num_minutes();
    if minutes < 60 {
        left
    } else {
        TimeDelta::minutes(minutes - minutes % 5)
    }
}

fn counted(window: &QuotaWindow) -> Option<String> {
    let (used, unit) = (window.used?, window.unit.as_deref()?);
    let Some(limit) = window.limit else {
        return Some(format!("{} used", in_unit(used, unit)));
    };
    Some(match Currency::new(unit) {
        Ok(currency) => portion(Money::new(used, currency), Money::new(limit, currency)),
        Err(_) => format!("{} of {}", format::amount(used), in_unit(limit, unit)),
    })
}

/// What is left of a limit, while something is.
fn left(window: &QuotaWindow) -> Option<String> {
    let left = window.limit?.checked_sub(window.used?)?;
    let is_some = left > Decimal::ZERO;
    is_some.then(|| Some(format!("{} left", in_unit(left, window.unit.as_deref()?))))?
}

fn in_unit(amount: Decimal, unit: &str) -> String {
    match Currency::new(unit) {
        Ok(currency) => format::money(Money::new(amount, currency)),
        Err(_) => format!("{} {unit}", format::amount(amount)),
    }
}

/// A part of a whole, the unit said once where it stands behind the amount: `42.5000 of 100.0000 DIEM`.
#[must_use]
pub fn portion(part: Money, whole: Money) -> String {
    let (text, all) = (format::money(part), format::money(whole));
    let unit = format!(" {}", format::unit(part.currency));
    let same = part.currency == whole.currency && format::symbol(part.currency).is_none();
    let part = if same {
        text.strip_suffix(&unit).unwrap_or(&text)
    } else {
        &text
    };
    format!("{part} of {all}")
}

/// A subscription: `Claude Max, $100.00 a month`.
#[must_use]
pub fn plan(plan: &Plan) -> String {
    match plan.monthly {
        Some(monthly) => format!("{}, {} a month", plan.name, format::money(monthly)),
        None => plan.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::zone::Zone;
    use chrono::{DateTime, Utc};

    use super::*;

    fn session(pace: Option<Pace>) -> WindowDigest {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        WindowDigest {
            window: QuotaWindow {
                name: "5h".into(),
                label: "Session (5 h)".to_owned(),
                used_percent: None,
                used: None,
                limit: None,
                unit: None,
                span: Some(TimeDelta::hours(5)),
                resets_at: Some(at("2026-11-23T15:00:00Z")),
                source: Source::Estimated,
                when_full: WhenFull::Refuses,
            },
            runs_out_at: None,
            pace,
        }
    }

    fn told(window: &WindowDigest, now: &str, words: ResetWords) -> Option<(String, String)> {
        let moment = Moment {
            now: now.parse().unwrap(),
            zone: Zone::UTC,
        };
        let time = time(window, moment, words)?;
        Some((format::percent(time.percent), time.notes.join(", ")))
    }

    /// F59
    #[test]
    fn a_sessions_time_tells_how_much_is_gone_what_is_left_and_when_the_next_begins() {
        let noon = "2026-11-23T12:00:00Z";
        let (percent, notes) = told(&session(None), noon, ResetWords::Countdown).unwrap();
        assert_eq!(percent, "40 %");
        assert_eq!(notes, "next session from 3pm");
        let moment = Moment {
            now: noon.parse().unwrap(),
            zone: Zone::UTC,
        };
        let resets = resets(&session(None).window, moment, ResetWords::Countdown);
        assert_eq!(resets.as_deref(), Some("resets 3pm (3h)"));
        // In the menu the words hold for half an hour.
        let later = told(&session(None), "2026-11-23T12:29:00Z", ResetWords::Clock);
        let words = ("40 %".to_owned(), "next session from 3pm".to_owned());
        assert_eq!(later, Some(words));
    }

    /// F58
    #[test]
    fn what_is_left_of_a_plans_tokens_is_said_until_nothing_is() {
        let of = |used: i64, limit: Option<i64>| {
            let mut window = session(None).window;
            window.used = Some(used.into());
            window.limit = limit.map(Decimal::from);
            window.unit = Some("tokens".to_owned());
            let notes = [counted(&window), left(&window)];
            notes.into_iter().flatten().collect::<Vec<_>>().join(" · ")
        };
        let plan = Some(220_000);
        let some = "105,000 of 220,000 tokens · 115,000 tokens left";
        assert_eq!(of(105_000, plan), some);
        assert_eq!(of(220_000, plan), "220,000 of 220,000 tokens");
        assert_eq!(of(286_000, plan), "286,000 of 220,000 tokens");
        assert_eq!(of(105_000, None), "105,000 tokens used");
    }

    /// F60
    #[test]
    fn a_pace_without_an_end_in_sight_is_put_into_words_and_an_ended_session_has_none() {
        let noon = "2026-11-23T12:00:00Z";
        let words = |pace| {
            told(&session(Some(pace)), noon, ResetWords::Clock)
                .unwrap()
                .1
        };
        assert!(words(Pace::Stable).ends_with("pace: stable"));
        assert!(words(Pace::Calculating).ends_with("pace: calculating"));
        assert!(words(Pace::Lasts).ends_with("lasts until then"));
        let ended = session(Some(Pace::Stable));
        let after = "2026-11-23T15:00:00Z";
        assert_eq!(told(&ended, after, ResetWords::Countdown), None);
        let mut week = session(None);
        week.window.span = Some(TimeDelta::days(7));
        assert_eq!(told(&week, noon, ResetWords::Countdown), None);
    }
}
