//! What is drawn on the icon: the leading figure in at most four characters, a bar, or the mark.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::money::Money;
use crate::domain::policy::IconStyle;
use crate::view::Face;
use crate::view::format;
use crate::view::title::Glance;

/// How many characters fit.
const ROOM: usize = 4;

/// The face for a style, the title's leading figure, and the fullest window's or budget's percent.
#[must_use]
pub fn face(style: IconStyle, leading: Option<&Glance>, fullest: Option<Decimal>) -> Face {
    match style {
        IconStyle::Plain => Face::Mark,
        IconStyle::Meter => {
            fullest.map_or(Face::Mark, |percent| Face::Meter(format::filled(percent)))
        }
        IconStyle::Number => leading.map_or(Face::Mark, |glance| Face::Text(text(glance))),
    }
}

fn text(glance: &Glance) -> String {
    match glance {
        Glance::Price(money) => money_text(*money, RoundingStrategy::MidpointAwayFromZero),
        Glance::Left(money) => money_text(*money, RoundingStrategy::ToZero),
        Glance::Percent(percent) => {
            signed(*percent, "", "%", RoundingStrategy::MidpointAwayFromZero)
        }
    }
}

fn money_text(money: Money, rounding: RoundingStrategy) -> String {
    // `A$` and `CN¥` are too wide here: their last character stands for them.
    let symbol = format::symbol(money.currency).unwrap_or_default();
    let mark = symbol
        .char_indices()
        .next_back()
        .map_or("", |(index, _)| &symbol[index..]);
    signed(money.amount, mark, "", rounding)
}

fn signed(amount: Decimal, before: &str, behind: &str, rounding: RoundingStrategy) -> String {
    let minus = if amount.is_sign_negative() && !amount.is_zero() {
        "-"
    } else {
        ""
    };
    let numbers = numbers(amount.abs(), rounding);
    let framed = numbers.iter().flat_map(|number| {
        let (more, number) = number
            .strip_prefix('>')
            .map_or(("", number.as_str()), |number| (">", number));
        // The exact number without its symbol says more than a coarser one with it.
        let bare = behind.is_empty().then(|| format!("{minus}{more}{number}"));
        [Some(format!("{minus}{more}{before}{number}{behind}")), bare]
    });
    framed
        .flatten()
        .find(|text| text.chars().count() <= ROOM)
        .unwrap_or_else(|| "…".to_owned())
}

/// A number written ever shorter: `4.2`, `4`; `1.2k`, `1k`; `.04`.
fn numbers(amount: Decimal, rounding: RoundingStrategy) -> Vec<String> {
    if amount > Decimal::ZERO && amount < Decimal::new(5, 2) {
        let hundredths = amount.round_dp_with_strategy(2, rounding);
        let small = if hundredths.is_zero() {
            ">0".to_owned()
        } else {
            hundredths.to_string().trim_start_matches('0').to_owned()
        };
        return vec![small];
    }
    let mut scaled = amount;
    for letter in ["", "k", "M", "B", "T"] {
        let tenths = scaled.round_dp_with_strategy(1, rounding);
        let whole = scaled.round_dp_with_strategy(0, rounding);
        if tenths < Decimal::TEN {
            let fine = format!("{}{letter}", tenths.normalize());
            return vec![fine, format!("{whole}{letter}")];
        }
        if whole < Decimal::ONE_THOUSAND {
            return vec![format!("{whole}{letter}")];
        }
        scaled = scaled
            .checked_div(Decimal::ONE_THOUSAND)
            .unwrap_or_default();
    }
    vec![">1T".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn price(amount: &str, currency: Currency) -> String {
        text(&Glance::Price(Money::new(decimal(amount), currency)))
    }

    #[test]
    fn money_has_four_characters_at_most_and_is_never_a_false_zero() {
        for (amount, text) in [
            ("4.21", "$4.2"),
            ("4", "$4"),
            ("0", "$0"),
            ("0.42", "$0.4"),
            ("0.04", "$.04"),
            ("0.001", ">$0"),
            ("9.96", "$10"),
            ("12.40", "$12"),
            ("214.90", "$215"),
            ("999.6", "$1k"),
            ("1234", "1.2k"),
            ("12345", "$12k"),
            ("123456", "123k"),
            ("-4.21", "-4.2"),
            ("-12", "-$12"),
        ] {
            assert_eq!(price(amount, Currency::USD), text, "{amount}");
        }
        assert_eq!(
            price("79228162514264337593543950335", Currency::USD),
            ">$1T"
        );
        assert_eq!(price("12", "AUD".parse().unwrap()), "$12");
    }

    #[test]
    fn what_is_left_is_never_rounded_up() {
        let left = |amount| text(&Glance::Left(Money::new(decimal(amount), Currency::DIEM)));
        assert_eq!(left("42.5"), "42");
        assert_eq!(left("9.99"), "9.9");
        assert_eq!(left("1299"), "1.2k");
    }

    #[test]
    fn percentages_keep_their_sign() {
        let percent = |text_| text(&Glance::Percent(decimal(text_)));
        assert_eq!(percent("87"), "87%");
        assert_eq!(percent("9.5"), "9.5%");
        assert_eq!(percent("99.9"), "100%");
        assert_eq!(percent("130"), "130%");
        assert_eq!(percent("1250"), "1k%");
        assert_eq!(percent("-3.1"), "-3%");
    }

    #[test]
    fn the_style_decides_and_a_missing_figure_leaves_the_mark() {
        let twelve = Glance::Percent(decimal("12"));
        assert_eq!(
            face(IconStyle::Number, Some(&twelve), None),
            Face::Text("12%".to_owned())
        );
        assert_eq!(face(IconStyle::Number, None, None), Face::Mark);
        assert_eq!(
            face(IconStyle::Meter, Some(&twelve), Some(decimal("130"))),
            Face::Meter(100)
        );
        assert_eq!(face(IconStyle::Meter, None, None), Face::Mark);
        assert_eq!(face(IconStyle::Plain, Some(&twelve), None), Face::Mark);
    }

    proptest::proptest! {
        #[test]
        fn every_number_fits(units in proptest::num::i64::ANY, scale in 0_u32..12) {
            let amount = Decimal::new(units, scale);
            for glance in [Glance::Percent(amount), Glance::Left(Money::new(amount, Currency::USD)), Glance::Price(Money::new(amount, Currency::DIEM))] {
                proptest::prop_assert!(text(&glance).chars().count() <= ROOM);
            }
        }
    }
}
