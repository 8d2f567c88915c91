//! Bars: how full they are drawn, in which class of colour, and as text. The true figure is written beside them.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::view::format::number::round;

/// The class that decides a bar's colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BarClass {
    /// Below 25 percent.
    Idle,
    /// From 25 percent.
    Light,
    /// From 50 percent.
    Half,
    /// From 75 percent.
    High,
    /// From 90 percent.
    Full,
}

/// The class of a percentage.
#[must_use]
pub fn bar_class(percent: Decimal) -> BarClass {
    let from = |start: i64| percent >= Decimal::from(start);
    if from(90) {
        BarClass::Full
    } else if from(75) {
        BarClass::High
    } else if from(50) {
        BarClass::Half
    } else if from(25) {
        BarClass::Light
    } else {
        BarClass::Idle
    }
}

/// A percentage as a bar is drawn: whole, 0 to 100.
#[must_use]
pub fn filled(percent: Decimal) -> u8 {
    round(percent.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED), 0)
        .to_u8()
        .unwrap_or_default()
}

/// A bar as text, so many characters wide; something is never drawn as nothing, and less than all never as all.
#[must_use]
pub fn bar(percent: Decimal, width: usize) -> String {
    let share = percent.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED);
    let cells = share
        .checked_mul(Decimal::from(width))
        .and_then(|scaled| scaled.checked_div(Decimal::ONE_HUNDRED))
        .and_then(|cells| round(cells, 0).to_usize())
        .unwrap_or_default();
    let least = usize::from(share > Decimal::ZERO && width > 0);
    let most = if share < Decimal::ONE_HUNDRED {
        width.saturating_sub(1)
    } else {
        width
    };
    let cells = cells.min(most).max(least);
    "█".repeat(cells) + &"░".repeat(width.saturating_sub(cells))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_five_classes_begin_at_25_50_75_and_90() {
        let classes = ["24.9", "25", "50", "75", "90"].map(|text| bar_class(decimal(text)));
        assert_eq!(
            classes,
            [
                BarClass::Idle,
                BarClass::Light,
                BarClass::Half,
                BarClass::High,
                BarClass::Full
            ]
        );
    }

    #[test]
    fn a_bar_is_clamped_for_drawing() {
        assert_eq!(filled(decimal("130")), 100);
        assert_eq!(filled(decimal("-3")), 0);
        assert_eq!(filled(decimal("49.5")), 50);
        assert_eq!(filled(Decimal::MAX), 100);
        assert_eq!(bar(decimal("130"), 4), "████");
        assert_eq!(bar(decimal("50"), 4), "██░░");
    }

    #[test]
    fn something_is_never_drawn_as_nothing_and_less_than_all_never_as_all() {
        assert_eq!(bar(decimal("0.1"), 4), "█░░░");
        assert_eq!(bar(decimal("0"), 4), "░░░░");
        assert_eq!(bar(decimal("99.9"), 4), "███░");
        assert_eq!(bar(decimal("99.9"), 0), "");
    }
}
