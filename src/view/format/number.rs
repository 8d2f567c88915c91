//! Money, percentages and counts as text. Rounds half away from zero; nothing here can overflow.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::money::{Currency, Money};

/// Digits behind the point of money at rest.
const AT_REST: u32 = 2;
/// Digits behind the point of DIEM, and of money below one cent.
const FINE: u32 = 4;
/// Digits behind the point at which the smallest amount is given up.
const FINEST: u32 = 9;
/// Codes longer than this are words for credits, not currencies.
const LONGEST_TICKER: usize = 5;

/// Money: `$4.21`, `$0.0011`, `42.5000 DIEM`, `€1,234.50`, `12.50 bundled credits`.
#[must_use]
pub fn money(money: Money) -> String {
    let decimals = if money.currency == Currency::DIEM {
        enough(money.amount, FINE)
    } else {
        decimals(money)
    };
    written(money, decimals)
}

/// Money where room is short: as [`money`], but DIEM with two decimals: `42.50 DIEM`.
#[must_use]
pub fn money_short(money: Money) -> String {
    written(money, decimals(money))
}

/// A number without trailing zeros, at most four digits behind the point: `2,750`, `0.125`.
#[must_use]
pub fn amount(amount: Decimal) -> String {
    let rounded = round(amount, enough(amount, FINE)).normalize();
    fixed(rounded, rounded.scale())
}

/// A percentage: `33 %`, `82.4 %`; not clamped.
#[must_use]
pub fn percent(percent: Decimal) -> String {
    let rounded = round(percent, 1).normalize();
    if rounded.is_zero() && !percent.is_zero() {
        return "under 0.1 %".to_owned();
    }
    format!("{} %", fixed(rounded, rounded.scale()))
}

/// A change in percent with its sign: `+3.1 %`, `-0.4 %`, `0.0 %`.
#[must_use]
pub fn change(percent: Decimal) -> String {
    let rounded = round(percent, 1);
    let sign = if rounded > Decimal::ZERO { "+" } else { "" };
    format!("{sign}{} %", fixed(rounded, 1))
}

/// A count with thousands separators: `1,234,567`.
#[must_use]
pub fn count(count: u64) -> String {
    grouped(&count.to_string())
}

/// A count of tokens where room is short: `9,876 tokens`, `1.2M tokens`.
#[must_use]
pub fn tokens(tokens: u64) -> String {
    if tokens == 1 {
        return "1 token".to_owned();
    }
    format!("{} tokens", count_short(tokens))
}

/// A count where room is short: `9,876`, `1.2M`.
#[must_use]
pub fn count_short(number: u64) -> String {
    const STEPS: [(u64, &str); 3] = [(1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")];
    let step = STEPS
        .into_iter()
        .find(|(size, _)| number >= 10_000 && number >= *size);
    let Some((size, letter)) = step else {
        return count(number);
    };
    let scaled = Decimal::from(number)
        .checked_div(Decimal::from(size))
        .unwrap_or_default();
    let rounded = round(scaled, 1).normalize();
    format!("{}{letter}", fixed(rounded, rounded.scale()))
}

/// The symbol written before an amount. `None`: the unit is written behind it.
#[must_use]
pub fn symbol(currency: Currency) -> Option<&'static str> {
    Some(match currency.code() {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        "CNY" => "CN¥",
        "AUD" => "A$",
        "CAD" => "CA$",
        "NZD" => "NZ$",
        "HKD" => "HK$",
        "SGD" => "S$",
        "BRL" => "R$",
        "INR" => "₹",
        "KRW" => "₩",
        _ => return None,
    })
}

/// The unit written behind an amount: a ticker as it is, a word for credits in lower case.
#[must_use]
pub fn unit(currency: Currency) -> String {
    let code = currency.code();
    if is_word(currency) {
        code.to_ascii_lowercase().replace('_', " ")
    } else {
        code.to_owned()
    }
}

fn is_word(currency: Currency) -> bool {
    let code = currency.code();
    code.len() > LONGEST_TICKER || code.contains('_')
}

fn decimals(money: Money) -> u32 {
    if is_word(money.currency) && money.amount.fract().is_zero() {
        0
    } else if money.amount.abs() < Decimal::new(1, AT_REST) {
        if money.amount.is_zero() {
            AT_REST
        } else {
            enough(money.amount, FINE)
        }
    } else {
        AT_REST
    }
}

/// So many digits, or as many more as it takes that something is not shown as nothing.
fn enough(amount: Decimal, decimals: u32) -> u32 {
    (decimals..=FINEST)
        .find(|decimals| !round(amount, *decimals).is_zero())
        .unwrap_or(decimals)
}

fn written(money: Money, decimals: u32) -> String {
    let number = fixed(money.amount, decimals);
    match symbol(money.currency) {
        Some(symbol) => match number.strip_prefix('-') {
            Some(positive) => format!("-{symbol}{positive}"),
            None => format!("{symbol}{number}"),
        },
        None => format!("{number} {}", unit(money.currency)),
    }
}

pub(super) fn round(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// Exactly so many digits behind the point, thousands separators before it, no minus before a zero.
fn fixed(amount: Decimal, decimals: u32) -> String {
    let rounded = round(amount, decimals);
    let sign = if rounded.is_sign_negative() && !rounded.is_zero() {
        "-"
    } else {
        ""
    };
    let text = rounded.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = grouped(whole);
    if decimals == 0 {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(decimals).unwrap_or_default();
    let fraction: String = fraction
        .chars()
        .chain(std::iter::repeat('0'))
        .take(width)
        .collect();
    format!("{sign}{whole}.{fraction}")
}

fn grouped(digits: &str) -> String {
    let length = digits.len();
    let mut text = String::with_capacity(length + length / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (length - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written_as(amount: &str, code: &str) -> String {
        money(Money::new(amount.parse().unwrap(), code.parse().unwrap()))
    }

    #[test]
    fn money_has_two_decimals_at_rest_and_four_below_one_cent() {
        for (amount, text) in [
            ("4.21", "$4.21"),
            ("0", "$0.00"),
            ("0.00112", "$0.0011"),
            ("0.01", "$0.01"),
            ("5500", "$5,500.00"),
            ("1234567.895", "$1,234,567.90"),
            ("-1.25", "-$1.25"),
            ("-0.001", "-$0.0010"),
            ("2.005", "$2.01"),
            ("-2.005", "-$2.01"),
            ("999.995", "$1,000.00"),
        ] {
            assert_eq!(written_as(amount, "USD"), text);
        }
    }

    #[test]
    fn something_is_never_written_as_nothing() {
        assert_eq!(written_as("0.00001", "USD"), "$0.00001");
        assert_eq!(written_as("0.00002", "DIEM"), "0.00002 DIEM");
        assert_eq!(percent("0.01".parse().unwrap()), "under 0.1 %");
    }

    #[test]
    fn every_unit_stands_where_people_expect_it() {
        for (amount, code, text) in [
            ("42.5", "DIEM", "42.5000 DIEM"),
            ("90.5", "DIEM", "90.5000 DIEM"),
            ("1234.5", "EUR", "€1,234.50"),
            ("3", "GBP", "£3.00"),
            ("3", "JPY", "¥3.00"),
            ("3", "AUD", "A$3.00"),
            ("-3", "AUD", "-A$3.00"),
            ("3", "CHF", "3.00 CHF"),
            ("2750", "VVV", "2,750.00 VVV"),
            ("12.50", "BUNDLED_CREDITS", "12.50 bundled credits"),
            ("12000", "CHARACTERS", "12,000 characters"),
        ] {
            assert_eq!(written_as(amount, code), text);
        }
        let diem = Money::new("42.5".parse().unwrap(), Currency::DIEM);
        assert_eq!(money_short(diem), "42.50 DIEM");
    }

    #[test]
    fn percentages_and_changes_are_true_and_short() {
        for (value, text) in [
            ("33", "33 %"),
            ("82.4", "82.4 %"),
            ("130", "130 %"),
            ("9.5", "9.5 %"),
            ("33.333", "33.3 %"),
            ("0", "0 %"),
            ("1250", "1,250 %"),
        ] {
            assert_eq!(percent(value.parse().unwrap()), text);
        }
        assert_eq!(change("3.1".parse().unwrap()), "+3.1 %");
        assert_eq!(change("-2".parse().unwrap()), "-2.0 %");
        assert_eq!(change("-0.01".parse().unwrap()), "0.0 %");
    }

    #[test]
    fn counts_have_separators_and_tokens_are_short() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(tokens(1), "1 token");
        assert_eq!(tokens(9_876), "9,876 tokens");
        assert_eq!(tokens(1_234_567), "1.2M tokens");
        assert_eq!(tokens(10_000), "10k tokens");
        assert_eq!(amount("2750".parse().unwrap()), "2,750");
        assert_eq!(amount("0.12500".parse().unwrap()), "0.125");
    }

    #[test]
    fn the_greatest_numbers_are_written_and_nothing_panics() {
        let most = "79,228,162,514,264,337,593,543,950,335";
        let greatest = Money::new(Decimal::MAX, Currency::USD);
        assert_eq!(money(greatest), format!("${most}.00"));
        let least = Money::new(Decimal::MIN, Currency::DIEM);
        assert_eq!(money(least), format!("-{most}.0000 DIEM"));
        assert_eq!(percent(Decimal::MAX), format!("{most} %"));
        assert_eq!(tokens(u64::MAX), "18,446,744,073.7B tokens");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_differs_from_the_amount_by_half_a_cent_at_most(cents in -10_000_000_i64..10_000_000, mills in 0_i64..10) {
            let amount = Decimal::new(cents * 10 + mills, 3);
            proptest::prop_assume!(amount.abs() >= Decimal::new(1, 2));
            let text = money(Money::new(amount, Currency::USD)).replace(['$', ','], "");
            let read: Decimal = text.parse().unwrap();
            proptest::prop_assert!((read - amount).abs() <= Decimal::new(5, 3));
        }
    }
}
