//! An invented month by UTC days, for vendors that tell days: who used which model how much, and what that cost.
//!
//! Every figure is a function of seed, day and habit; today's is the part of the day that is over, so that it grows.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc, Weekday};
use rust_decimal::Decimal;

use crate::simulator::demo::World;
use crate::simulator::random::{Dice, mixed};

/// A model and its price in cents for a million tokens: read afresh, read from the cache, written.
#[derive(Debug)]
pub(super) struct Model {
    /// As it stands on the bill.
    pub(super) id: &'static str,
    /// The cents.
    pub(super) cents: [i64; 3],
}

/// What someone does with a model every day.
#[derive(Debug)]
pub(super) struct Habit {
    /// The key. `None`: the vendor attributes it to none.
    pub(super) key: Option<&'static str>,
    /// The project or workspace. `None`: the vendor has none for it.
    pub(super) project: Option<&'static str>,
    /// The model.
    pub(super) model: &'static Model,
    /// Requests a day, from and up to.
    pub(super) requests: [u64; 2],
    /// Tokens a request: read afresh, read from the cache, written.
    pub(super) tokens: [u64; 3],
}

/// What a habit came to on a day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    /// The day.
    pub(super) day: NaiveDate,
    /// Whose it was.
    pub(super) habit: &'static Habit,
    /// Requests.
    pub(super) requests: u64,
    /// Read afresh, read from the cache, written.
    pub(super) tokens: [u64; 3],
}

impl Use {
    /// Dollars of read afresh, read from the cache, written.
    pub(super) fn dollars(&self) -> [Decimal; 3] {
        let parts = [0, 1, 2].map(|part: usize| {
            let tokens = self.tokens.get(part).copied().unwrap_or_default();
            let cents = self
                .habit
                .model
                .cents
                .get(part)
                .copied()
                .unwrap_or_default();
            // Cents for a million tokens are hundred-millionths of a dollar for one.
            Decimal::from(tokens) * Decimal::new(cents, 8)
        });
        parts.map(|dollars| dollars.normalize())
    }

    /// Dollars in all.
    pub(super) fn sum(&self) -> Decimal {
        self.dollars().into_iter().sum()
    }
}

/// Everything from a day on, up to an instant, by day.
pub(super) fn uses(
    world: &World,
    habits: &'static [Habit],
    from: NaiveDate,
    now: DateTime<Utc>,
) -> Vec<Use> {
    let today = now.date_naive();
    let days = from.iter_days().take_while(|day| *day <= today);
    days.flat_map(|day| {
        let habits = habits.iter().zip(1_u64..);
        habits.map(move |(habit, number)| one(world, (habit, number), day, now))
    })
    .filter(|one| one.requests > 0)
    .collect()
}

fn one(
    world: &World,
    (habit, number): (&'static Habit, u64),
    day: NaiveDate,
    now: DateTime<Utc>,
) -> Use {
    let date = u64::from(day.num_days_from_ce().unsigned_abs());
    let mut dice = Dice::new(world.seed, mixed(number) ^ date);
    let [low, high] = habit.requests;
    let whole = dice.between(low, high);
    let rests = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let whole = if rests { whole / 3 } else { whole };
    let over = (now - day.and_time(NaiveTime::MIN).and_utc()).num_seconds();
    let over = u64::try_from(over.clamp(0, 86_400)).unwrap_or_default();
    let requests = whole * over / 86_400;
    let spread = dice.between(80, 121);
    Use {
        day,
        habit,
        requests,
        tokens: habit.tokens.map(|each| each * requests * spread / 100),
    }
}

/// A page token: where the next page begins, written so that nobody is tempted to read it.
pub(super) fn token(day: NaiveDate) -> String {
    format!(
        "page_{:x}",
        mixed(u64::from(day.num_days_from_ce().unsigned_abs()))
    )
}

/// The day of a token that was given out for one of these days.
pub(super) fn opened(page: &str, days: impl IntoIterator<Item = NaiveDate>) -> Option<NaiveDate> {
    days.into_iter().find(|day| token(*day) == page)
}

/// A page of days: those on it, and the first of the next.
pub(super) fn page(
    (from, today): (NaiveDate, NaiveDate),
    limit: usize,
) -> (Vec<NaiveDate>, Option<NaiveDate>) {
    let mut days = from.iter_days().take_while(|day| *day <= today);
    let page: Vec<NaiveDate> = days.by_ref().take(limit).collect();
    (page, days.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    static MODEL: Model = Model {
        id: "m",
        cents: [500, 50, 2500],
    };
    static HABITS: [Habit; 1] = [Habit {
        key: None,
        project: None,
        model: &MODEL,
        requests: [100, 200],
        tokens: [1000, 500, 100],
    }];

    fn today(now: &str) -> Decimal {
        let start: DateTime<Utc> = "2026-11-23T08:30:00Z".parse().unwrap();
        let now: DateTime<Utc> = now.parse().unwrap();
        let world = World::new(7, start);
        uses(&world, &HABITS, now.date_naive(), now)
            .iter()
            .map(Use::sum)
            .sum()
    }

    #[test]
    fn a_day_grows_until_it_is_over_and_is_the_same_then() {
        let growing = ["00:00:10", "08:00:00", "16:00:00", "23:59:59"];
        let sums = growing.map(|time| today(&format!("2026-11-23T{time}Z")));
        assert!(sums.is_sorted() && sums[0].is_zero() && sums[3] > sums[1]);
    }

    #[test]
    fn pages_hold_every_day_once() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (from, today) = (day("2026-10-23"), day("2026-11-23"));
        let (first, next) = page((from, today), 31);
        let (second, end) = page((next.unwrap(), today), 31);
        assert_eq!((first.len(), second.len(), end), (31, 1, None));
        assert_eq!(
            opened(&token(today), from.iter_days().take(40)),
            Some(today)
        );
    }
}
