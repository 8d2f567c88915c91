//! How figures are written for people: money, percent, counts, durations, reset texts, bars.
//!
//! 2 decimals for money at rest, 4 below one cent, 4 for DIEM, thousands separators, hours and minutes without seconds.
//! Which figure is shown where is not decided here; that is `phrase`'s and `menu`'s business.

mod bar;
mod line;
mod number;
mod time;

pub use bar::{BarClass, bar, bar_class, filled};
pub use line::{fit, plain, printable, trim, wrap};
pub use number::{
    amount, change, count, count_short, money, money_short, percent, symbol, tokens, unit,
};
pub use time::{Moment, ago, clock, duration, lasts, reset, reset_at, wait, when};
