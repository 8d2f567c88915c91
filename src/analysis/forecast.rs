//! Forecasts: how fast purses and windows are used, and when they run out if that goes on.
//!
//! Nothing is guessed from too little: a rate needs a measured time long enough, else there is no forecast.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::analysis::session::pace::Pace;
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
        // Multiplied first, for exact seconds; huge amounts are divided first.
        let lasts = amount
            .checked_mul(seconds)
            .and_then(|product| product.checked_div(self.used))
            .or_else(|| amount.checked_div(self.used)?.checked_mul(seconds));
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

    /// How fast a window is used, beside when it runs out. `None`: it does not run, is full, or its share is unknown.
    pub(super) fn pace(
        &self,
        window: &QuotaWindow,
        runs_out_at: Option<DateTime<Utc>>,
    ) -> Option<Pace> {
        let (used, resets_at) = (window.used_percent?, window.resets_at?);
        if used >= Decimal::ONE_HUNDRED {
            return None;
        }
        Some(match self.filling(window, used, resets_at) {
            _ if runs_out_at.is_some() => Pace::RunsOut,
            None => Pace::Calculating,
            Some(burn) if burn.used <= Decimal::ZERO => Pace::Stable,
            Some(_) => Pace::Lasts,
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::digest::AccountDigest;
    use crate::analysis::testing::{
        account, at, balance, billed, dec, diem, figures, figures_of, money, now, slot, window,
        with_usage,
    };
    use crate::domain::period::Unit;
    use crate::domain::reading::Figures;
    use crate::domain::zone::Zone;

    fn with_balance(balance: Balance) -> AccountSnapshot {
        account(
            "venice",
            Figures {
                balances: vec![balance],
                ..figures()
            },
        )
    }

    fn lasts(account: AccountSnapshot) -> Option<TimeDelta> {
        figures_of(account).balances[0].lasts
    }

    fn daily(amount: &str) -> Vec<UsageSlot> {
        (16..=22)
            .map(|day| slot(&format!("2026-11-{day}T12:00:00Z"), billed(amount, "USD")))
            .collect()
    }

    #[test]
    fn five_a_day_and_forty_two_and_a_half_left_last_eight_days() {
        let prepaid = || with_balance(balance("usd", Some(money("42.5", "USD"))));
        let lasts = lasts(with_usage(prepaid(), daily("5"))).unwrap();
        assert_eq!(lasts.num_days(), 8);
        assert_eq!(lasts, TimeDelta::hours(204));
    }

    #[test]
    fn without_spending_nothing_can_be_estimated() {
        let prepaid = with_balance(balance("usd", Some(money("42.5", "USD"))));
        assert_eq!(lasts(with_usage(prepaid.clone(), vec![])), None);
        assert_eq!(lasts(prepaid.clone()), None, "no usage is reported");
        let mut fresh = with_usage(prepaid, daily("5"));
        fresh.usage_since = Some(now() - TimeDelta::hours(5));
        assert_eq!(lasts(fresh), None, "five hours say nothing of a week");
    }

    #[test]
    fn an_overdrawn_purse_lasts_no_time_and_a_tiny_rate_does_not_overflow() {
        let with = |left: Money, spend: &str| {
            lasts(with_usage(
                with_balance(balance("usd", Some(left))),
                daily(spend),
            ))
        };
        assert_eq!(with(money("-0.02", "USD"), "5"), Some(TimeDelta::zero()));
        let tiny = "0.0000000000000000000000000001";
        assert_eq!(
            with(Money::new(Decimal::MAX, Currency::USD), tiny),
            Some(FURTHEST)
        );
    }

    fn point(at: DateTime<Utc>, left: &str, currency: &str) -> BalancePoint {
        BalancePoint {
            at,
            name: "usd".into(),
            remaining: money(left, currency),
        }
    }

    #[test]
    fn without_usage_a_purses_own_falls_count_and_top_ups_do_not() {
        let mut account = with_balance(balance("usd", Some(money("20", "USD"))));
        let days = |days| now() - TimeDelta::seconds(30) - TimeDelta::days(days);
        account.balance_history = vec![
            point(days(9), "18", "USD"),
            point(days(6), "10", "USD"),
            point(days(4), "30", "USD"),
            point(days(1), "22", "USD"),
            point(days(0), "20", "USD"),
        ];
        // 8 + 8 + 2 in seven days.
        let expected = TimeDelta::seconds(20 * 7 * 86_400 / 18);
        assert_eq!(lasts(account), Some(expected));
    }

    #[test]
    fn two_purses_of_one_currency_are_told_apart_by_their_histories_only() {
        let mut account = with_usage(
            with_balance(balance("usd", Some(money("20", "USD")))),
            daily("5"),
        );
        let figures = &mut account.latest.as_mut().unwrap().figures;
        figures
            .balances
            .push(balance("bundled_credits", Some(money("3", "USD"))));
        assert_eq!(lasts(account), None);
    }

    #[test]
    fn a_purse_that_refills_is_judged_by_the_last_hours() {
        let spent = |start: &str| slot(start, billed("3", "DIEM"));
        let usage = vec![
            spent("2026-11-22T12:00:00Z"),
            spent("2026-11-23T05:00:00Z"),
            spent("2026-11-23T09:00:00Z"),
        ];
        // 6 in six hours.
        let expected = TimeDelta::hours(10);
        assert_eq!(
            lasts(with_usage(with_balance(diem("10", "100")), usage)),
            Some(expected)
        );
    }

    fn session(used: &str, began: &str, history: &[(&str, &str)]) -> AccountDigest {
        let mut window = window(used);
        window.resets_at = Some(at(began) + TimeDelta::hours(5));
        let mut account = account(
            "claude",
            Figures {
                windows: vec![window],
                ..figures()
            },
        );
        account.latest.as_mut().unwrap().taken_at = now();
        account.window_history = history
            .iter()
            .map(|(instant, used_percent)| WindowPoint {
                at: at(instant),
                name: "5h".into(),
                used_percent: dec(used_percent),
            })
            .collect();
        figures_of(account)
    }

    fn runs_out_in(account: &AccountDigest) -> Option<i64> {
        let at = account.windows[0].runs_out_at?;
        Some((at - now()).num_minutes())
    }

    /// F60
    #[test]
    fn half_of_a_session_used_in_twenty_five_minutes_runs_out_in_twenty_five() {
        // 110 000 of 220 000 tokens at 2 200 in 30 s.
        let figures = session("50", "2026-11-23T09:35:00Z", &[]);
        assert_eq!(runs_out_in(&figures), Some(25));
    }

    /// F60
    #[test]
    fn a_window_without_an_end_in_sight_says_why() {
        let pace = |account: &AccountDigest| account.windows[0].pace;
        let runs_out = session("50", "2026-11-23T09:35:00Z", &[]);
        assert_eq!(pace(&runs_out), Some(Pace::RunsOut));
        let young = session("5", "2026-11-23T09:50:00Z", &[]);
        assert_eq!(pace(&young), Some(Pace::Calculating), "ten minutes");
        let began = "2026-11-23T06:30:00Z";
        let idle = session("60", began, &[("2026-11-23T08:50:00Z", "60")]);
        assert_eq!(pace(&idle), Some(Pace::Stable));
        let slow = session("60", began, &[("2026-11-23T08:50:00Z", "55")]);
        assert_eq!(pace(&slow), Some(Pace::Lasts));
        let full = session("100", began, &[]);
        assert_eq!(pace(&full), None);
        let expired = session("60", "2026-11-23T04:00:00Z", &[]);
        assert_eq!((pace(&expired), runs_out_in(&expired)), (None, None));
    }

    #[test]
    fn the_last_hour_of_a_session_counts_not_its_beginning() {
        let began = "2026-11-23T06:30:00Z";
        let busy = session("60", began, &[("2026-11-23T08:50:00Z", "20")]);
        assert_eq!(runs_out_in(&busy), Some(60));
        let idle = session("60", began, &[("2026-11-23T08:50:00Z", "60")]);
        assert_eq!(runs_out_in(&idle), None, "stable");
        let slow = session("60", began, &[("2026-11-23T08:50:00Z", "55")]);
        assert_eq!(runs_out_in(&slow), None, "not before its reset");
    }

    #[test]
    fn a_session_that_has_just_begun_is_not_judged() {
        let figures = session("5", "2026-11-23T09:45:00Z", &[]);
        assert_eq!(runs_out_in(&figures), None);
    }

    #[test]
    fn the_window_before_the_reset_says_nothing_of_the_new_one() {
        let before = [
            ("2026-11-23T08:00:00Z", "80"),
            ("2026-11-23T09:20:00Z", "10"),
        ];
        let figures = session("40", "2026-11-23T09:10:00Z", &before);
        // 40 % in the 50 minutes since it began.
        assert_eq!(runs_out_in(&figures), Some(75));
    }

    #[test]
    fn the_end_of_a_month_is_projected_once_a_tenth_of_it_has_passed() {
        let projected = |spent: &str, now: &str| {
            let month = Unit::Month.around(at(now), Zone::UTC);
            at_end(dec(spent), month, at(now)).map(|sum| sum.round_dp(2))
        };
        assert_eq!(projected("10", "2026-11-11T00:00:00Z"), Some(dec("30")));
        assert_eq!(projected("10", "2026-11-03T23:59:00Z"), None);
        assert_eq!(projected("10", "2026-11-04T00:00:00Z"), Some(dec("100")));
        assert_eq!(projected("0", "2026-11-11T00:00:00Z"), Some(Decimal::ZERO));
    }
}
