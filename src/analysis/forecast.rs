//! Forecasts: how fast purses and windows are used, and when they run out if that goes on.
//!
//! Nothing is guessed from too little: a rate needs a measured time long enough, else there is no forecast.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::domain::money::{Currency, Money};
use crate::domain::period::Span;
use crate::domain::quota::{Balance, QuotaWindow};
use crate::domain::snapshot::{AccountSnapshot, BalancePoint, Latest, WindowPoint};
use crate::domain::usage::{Basis, SlotWidth, UsageSlot};

/// What is prepaid is judged by the last week, so that a quiet Sunday does not promise eternity.
const PREPAID_LOOK_BACK: TimeDelta = TimeDelta::days(7);
/// What refills by itself is judged by the last hours: it matters whether it lasts until then.
const REFILLED_LOOK_BACK: TimeDelta = TimeDelta::hours(6);
/// A window without a known length is judged by at most its last day.
const WINDOW_LOOK_BACK: TimeDelta = TimeDelta::hours(24);
/// The rate of a purse is measured over at least this part of its look-back.
const LEAST_PART_OF_PURSE: i32 = 7;
/// The rate of a window is measured over at least this part of its look-back: 20 minutes of a session of 5 hours.
const LEAST_PART_OF_WINDOW: i32 = 3;
/// No forecast reaches further.
const FURTHEST: TimeDelta = TimeDelta::days(36_500);
/// A projection needs at least this part of its period behind it: one in ten.
const LEAST_ELAPSED: i64 = 10;

/// What a forecast of one account is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Burning<'a> {
    /// Its history.
    pub(super) known: &'a AccountSnapshot,
    /// Its last good reading: rates end there, because nothing is known after it.
    pub(super) latest: &'a Latest,
    /// How far back its usage is complete.
    pub(super) since: Option<DateTime<Utc>>,
    /// The instant.
    pub(super) now: DateTime<Utc>,
}

/// So much was used in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Burn {
    used: Decimal,
    during: TimeDelta,
}

impl Burn {
    /// How long an amount lasts at this rate. `None`: nothing is being used.
    fn lasts(self, amount: Decimal) -> Option<TimeDelta> {
        if self.used <= Decimal::ZERO {
            return None;
        }
        if amount <= Decimal::ZERO {
            return Some(TimeDelta::zero());
        }
        let seconds = Decimal::from(self.during.num_seconds());
        let lasts = amount
            .checked_div(self.used)
            .and_then(|times| times.checked_mul(seconds));
        Some(lasts.and_then(time).unwrap_or(FURTHEST).min(FURTHEST))
    }
}

fn time(seconds: Decimal) -> Option<TimeDelta> {
    TimeDelta::try_seconds(i64::try_from(seconds.trunc()).ok()?)
}

impl Burning<'_> {
    /// For how long a purse lasts. `None`: nothing was spent, or too little is known.
    pub(super) fn balance_lasts(&self, balance: &Balance) -> Option<TimeDelta> {
        let left = balance.remaining?;
        let look_back = if balance.granted.is_some() && balance.resets_at.is_some() {
            REFILLED_LOOK_BACK
        } else {
            PREPAID_LOOK_BACK
        };
        let burn = self
            .spending(left.currency, look_back)
            .filter(|burn| burn.used > Decimal::ZERO)
            .or_else(|| self.falling(balance, left.currency, look_back))?;
        burn.lasts(left.amount)
    }

    /// What the usage says was spent from the only purse of a currency.
    fn spending(&self, currency: Currency, look_back: TimeDelta) -> Option<Burn> {
        let purses = self.latest.figures.balances.iter();
        // Which of two purses of a currency paid is not told by usage.
        if purses.filter(|purse| holds(purse, currency)).count() != 1 {
            return None;
        }
        let days = |slot: &UsageSlot| slot.width == SlotWidth::Day;
        // Hours cannot be cut from days.
        if look_back < TimeDelta::days(1) && self.known.slots.iter().any(days) {
            return None;
        }
        let until = self.latest.taken_at;
        let from = until.checked_sub_signed(look_back)?.max(self.since?);
        let during = long_enough(until - from, look_back / LEAST_PART_OF_PURSE)?;
        let slots = self.known.slots.iter();
        let used = slots
            .filter(|slot| from <= slot.start && slot.start <= until)
            .flat_map(|slot| {
                [Basis::Billed, Basis::Metered].map(|basis| slot.spend.get(currency, basis))
            })
            .flatten()
            .fold(Decimal::ZERO, Decimal::saturating_add);
        Some(Burn { used, during })
    }

    /// What a purse's own history says: its falls, without its refills.
    fn falling(&self, balance: &Balance, currency: Currency, look_back: TimeDelta) -> Option<Burn> {
        let until = self.latest.taken_at;
        let from = until.checked_sub_signed(look_back)?;
        let history = &self.known.balance_history;
        let points: Vec<&BalancePoint> = history
            .iter()
            .filter(|point| point.name == balance.name && point.remaining.currency == currency)
            .collect();
        let before = points.iter().rposition(|point| point.at <= from);
        let points = points.get(before.unwrap_or(0)..)?;
        let begins = points.first()?.at.max(from);
        let during = long_enough(until - begins, look_back / LEAST_PART_OF_PURSE)?;
        let falls = points.windows(2).filter_map(|pair| match pair {
            [earlier, later] => {
                let fall = earlier
                    .remaining
                    .amount
                    .saturating_sub(later.remaining.amount);
                Some(fall.max(Decimal::ZERO))
            }
            _ => None,
        });
        let used = falls.fold(Decimal::ZERO, Decimal::saturating_add);
        Some(Burn { used, during })
    }

    /// When a window is full. `None`: not before it resets, it is full already, or too little is known.
    pub(super) fn window_runs_out_at(&self, window: &QuotaWindow) -> Option<DateTime<Utc>> {
        let used = window.used_percent?;
        let resets_at = window.resets_at?;
        let left = Decimal::ONE_HUNDRED.checked_sub(used)?;
        if left <= Decimal::ZERO {
            return None;
        }
        let lasts = self.filling(window, used, resets_at)?.lasts(left)?;
        let at = self.latest.taken_at.checked_add_signed(lasts)?;
        (at < resets_at).then(|| at.max(self.now))
    }

    fn filling(
        &self,
        window: &QuotaWindow,
        used: Decimal,
        resets_at: DateTime<Utc>,
    ) -> Option<Burn> {
        let until = self.latest.taken_at;
        let started_at = window
            .span
            .filter(|span| *span > TimeDelta::zero())
            .and_then(|span| resets_at.checked_sub_signed(span));
        let look_back = window
            .span
            .map_or(WINDOW_LOOK_BACK, |span| span / 5)
            .max(TimeDelta::minutes(15));
        let earliest = until.checked_sub_signed(look_back)?;
        let points = since_last_reset(&self.known.window_history, window, started_at);
        let before = points.iter().rev().find(|point| point.at <= earliest);
        let (from, already) = match (before, started_at, points.first()) {
            (Some(point), ..) => (earliest, point.used_percent),
            (None, Some(started_at), _) => (started_at, Decimal::ZERO),
            (None, None, Some(first)) => (first.at, first.used_percent),
            (None, None, None) => return None,
        };
        Some(Burn {
            used: used.checked_sub(already)?,
            during: long_enough(until - from, look_back / LEAST_PART_OF_WINDOW)?,
        })
    }
}

fn holds(balance: &Balance, currency: Currency) -> bool {
    let money: Option<Money> = balance.remaining.or(balance.granted);
    money.is_some_and(|money| money.currency == currency)
}

fn long_enough(measured: TimeDelta, least: TimeDelta) -> Option<TimeDelta> {
    (measured >= least).then_some(measured)
}

/// The points of a window's history since it last emptied.
fn since_last_reset<'a>(
    history: &'a [WindowPoint],
    window: &QuotaWindow,
    started_at: Option<DateTime<Utc>>,
) -> Vec<&'a WindowPoint> {
    let mut points: Vec<&WindowPoint> = Vec::new();
    for point in history.iter().filter(|point| point.name == window.name) {
        let fell = points
            .last()
            .is_some_and(|last| point.used_percent < last.used_percent);
        if fell {
            points.clear();
        }
        if started_at.is_none_or(|started_at| point.at >= started_at) {
            points.push(point);
        }
    }
    points
}

/// The projected sum at the end of a period, if it goes on as so far. `None`: too early to say.
pub(super) fn at_end(spent: Decimal, period: Span, now: DateTime<Utc>) -> Option<Decimal> {
    let elapsed = (now - period.from).num_seconds();
    let whole = (period.until - period.from).num_seconds();
    if elapsed <= 0 || elapsed.checked_mul(LEAST_ELAPSED)? < whole {
        return None;
    }
    spent
        .checked_mul(Decimal::from(whole))?
        .checked_div(Decimal::from(elapsed))
}
