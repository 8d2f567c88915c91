//! The invented market that all price vendors look at: coins that wander by the minute, currencies by the day.
//!
//! Every figure is a function of seed and instant, so that a change over 24 hours is the difference of two prices
//! that were really told.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc, Weekday};
use rust_decimal::Decimal;

use crate::simulator::demo::World;
use crate::simulator::random::mixed;

/// A coin the market knows.
#[derive(Debug)]
pub(super) struct Coin {
    /// The ticker, upper case.
    pub(super) symbol: &'static str,
    /// CoinGecko's id.
    pub(super) id: &'static str,
    /// The contract on Base, as vendors print it.
    pub(super) address: &'static str,
    /// About what it costs, in cents.
    cents: i64,
    /// The decimals its price is told with.
    decimals: u32,
}

/// Venice's two coins.
pub(super) const COINS: [Coin; 2] = [VVV, DIEM];

/// Venice's token.
pub(super) const VVV: Coin = Coin {
    symbol: "VVV",
    id: "venice-token",
    address: "0xacfE6019Ed1A7Dc6f7B508C02d1b04ec88cC21bf",
    cents: 1250,
    decimals: 4,
};

/// Venice's perpetual compute credit.
const DIEM: Coin = Coin {
    symbol: "DIEM",
    id: "diem",
    address: "0xF4d97F2da56e8c3098f3a8D538DB630A2606a024",
    cents: 157_000,
    decimals: 2,
};

/// How a price wanders: over how many minutes, by how many millionths at most.
const WANDERINGS: [(i64, i64); 4] = [(2880, 50_000), (180, 15_000), (20, 4_000), (1, 500)];

/// Units of a currency for 10,000 dollars.
const CURRENCIES: [(&str, i64); 7] = [
    ("AUD", 15_300),
    ("CAD", 14_000),
    ("CHF", 8_050),
    ("EUR", 8_600),
    ("GBP", 7_520),
    ("JPY", 1_552_000),
    ("SEK", 94_500),
];

/// The price of a coin in dollars.
pub(super) fn price(world: &World, coin: &Coin, at: DateTime<Utc>) -> Decimal {
    let minute = at.timestamp().div_euclid(60);
    let purpose = mixed(coin.cents.cast_unsigned() ^ world.seed);
    let millionths: i64 = WANDERINGS
        .iter()
        .map(|(period, reach)| wobble(purpose ^ period.cast_unsigned(), minute, *period, *reach))
        .sum::<i64>()
        + world.price_jump_millionths(coin.symbol, at);
    let wandered = Decimal::new(1_000_000 + millionths, 6);
    (Decimal::new(coin.cents, 2) * wandered).round_dp(coin.decimals)
}

/// The change over the last 24 hours in percent.
pub(super) fn change_24h_percent(world: &World, coin: &Coin, at: DateTime<Utc>) -> Decimal {
    let before = price(world, coin, at - TimeDelta::hours(24));
    let change = price(world, coin, at) - before;
    change.checked_div(before).map_or(Decimal::ZERO, |share| {
        (share * Decimal::ONE_HUNDRED).round_dp(5)
    })
}

/// The currencies that have a fixing, besides the dollar.
pub(super) fn currencies() -> impl Iterator<Item = &'static str> {
    CURRENCIES.iter().map(|(code, _)| *code)
}

/// Units of a currency for one dollar on a day; `None` for one without a fixing.
pub(super) fn per_dollar(world: &World, code: &str, day: NaiveDate) -> Option<Decimal> {
    if code.eq_ignore_ascii_case("USD") {
        return Some(Decimal::ONE);
    }
    let (_, units) = CURRENCIES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(code))?;
    let purpose = mixed(units.cast_unsigned() ^ world.seed);
    let millionths = wobble(purpose, i64::from(day.num_days_from_ce()), 5, 6_000);
    let rate = Decimal::new(*units, 4) * Decimal::new(1_000_000 + millionths, 6);
    Some(rate.round_dp(4))
}

/// The day of the last fixing: published about 15:00 UTC on working days.
pub(super) fn fixing_day(now: DateTime<Utc>) -> NaiveDate {
    working_day((now - TimeDelta::hours(15)).date_naive())
}

/// The day itself, or the Friday before a weekend.
pub(super) fn working_day(day: NaiveDate) -> NaiveDate {
    let back = match day.weekday() {
        Weekday::Sat => 1,
        Weekday::Sun => 2,
        _ => 0,
    };
    day - TimeDelta::days(back)
}

/// A value between `-reach` and `reach` that moves in straight lines from one whole period to the next.
fn wobble(purpose: u64, moment: i64, period: i64, reach: i64) -> i64 {
    let cell = moment.div_euclid(period);
    let inside = moment.rem_euclid(period);
    let corner = |cell: i64| {
        let thousandths = mixed(purpose ^ mixed(cell.cast_unsigned())) % 2001;
        i64::try_from(thousandths).unwrap_or(1000) - 1000
    };
    reach * (corner(cell) * (period - inside) + corner(cell + 1) * inside) / period / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> DateTime<Utc> {
        "2026-11-23T08:30:00Z".parse().unwrap()
    }

    #[test]
    fn a_price_wanders_in_small_steps_and_not_far() {
        let world = World::new(7, start());
        let mut last = price(&world, &VVV, start());
        for minute in 1..2000 {
            let next = price(&world, &VVV, start() + TimeDelta::minutes(minute));
            let step = (next - last).abs() / last;
            assert!(step < Decimal::new(4, 3), "{last} to {next}");
            assert!(next > Decimal::new(11, 0) && next < Decimal::new(14, 0));
            last = next;
        }
    }

    #[test]
    fn a_weekend_has_the_fixing_of_friday() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for now in ["2026-11-21T18:00:00Z", "2026-11-23T08:30:00Z"] {
            assert_eq!(fixing_day(now.parse().unwrap()), day("2026-11-20"));
        }
        assert_eq!(
            fixing_day("2026-11-23T16:00:00Z".parse().unwrap()),
            day("2026-11-23")
        );
    }
}
