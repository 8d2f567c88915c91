//! Exact money: an amount never travels without its currency, and currencies never mix.
//!
//! No float holds money anywhere. At rest an amount is a whole number of nanos (10⁻⁹) beside its
//! currency code; in memory it is a [`Decimal`]. How money is written for people: `view::format`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};

const CODE_LENGTH: usize = 16;
const NANOS: i64 = 1_000_000_000;

/// A currency, coin or credit unit by its upper-case code: `USD`, `DIEM`, `BUNDLED_CREDITS`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; CODE_LENGTH]);

impl Currency {
    /// United States dollar.
    pub const USD: Self = Self::known("USD");
    /// Euro.
    pub const EUR: Self = Self::known("EUR");
    /// Venice's perpetual compute credit: one buys a dollar of inference a day.
    pub const DIEM: Self = Self::known("DIEM");
    /// Venice's token.
    pub const VVV: Self = Self::known("VVV");

    const fn known(code: &str) -> Self {
        let bytes = code.as_bytes();
        let mut padded = [0; CODE_LENGTH];
        let mut index = 0;
        while index < bytes.len() {
            padded[index] = bytes[index];
            index += 1;
        }
        Self(padded)
    }

    /// Reads a code of 2 to 16 letters, digits or underscores; lower case is accepted.
    ///
    /// # Errors
    /// [`NotACurrency`] with the text that is none.
    pub fn new(code: &str) -> Result<Self, NotACurrency> {
        let fits = (2..=CODE_LENGTH).contains(&code.len())
            && code
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if fits {
            Ok(Self::known(&code.to_ascii_uppercase()))
        } else {
            Err(NotACurrency(code.to_owned()))
        }
    }

    /// The code, upper case.
    #[must_use]
    pub fn code(&self) -> &str {
        let length = self
            .0
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(CODE_LENGTH);
        std::str::from_utf8(self.0.get(..length).unwrap_or_default()).unwrap_or_default()
    }
}

/// A text that cannot be a currency code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no currency code: use 2 to 16 letters, digits or underscores, like USD")]
pub struct NotACurrency(String);

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::new(code)
    }
}

impl TryFrom<String> for Currency {
    type Error = NotACurrency;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::new(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// An exact amount in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// How much, in whole units of the currency.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

impl Money {
    /// An amount of a currency.
    #[must_use]
    pub const fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The sum, or `None` when the currencies differ or the sum does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Some(Self::new(
            self.amount.checked_add(other.amount)?,
            self.currency,
        ))
    }

    /// The amount in nanos, rounded half away from zero; `None` beyond 9.2 billion units.
    #[must_use]
    pub fn nanos(self) -> Option<i64> {
        nanos(self.amount)
    }

    /// The amount of that many nanos.
    #[must_use]
    pub fn from_nanos(nanos: i64, currency: Currency) -> Self {
        Self::new(amount_of_nanos(nanos), currency)
    }
}

/// An amount in nanos, rounded half away from zero; `None` when it does not fit.
#[must_use]
pub fn nanos(amount: Decimal) -> Option<i64> {
    let scaled = amount.checked_mul(Decimal::from(NANOS))?;
    scaled
        .round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
        .to_i64()
}

/// The amount that so many nanos are.
#[must_use]
pub fn amount_of_nanos(nanos: i64) -> Decimal {
    Decimal::from_i128_with_scale(i128::from(nanos), 9).normalize()
}

/// One sum per currency: the only way to "sum everything".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purse(BTreeMap<Currency, Decimal>);

impl Purse {
    /// Adds to the sum of the money's own currency; a sum that would overflow stays at the limit.
    pub fn add(&mut self, money: Money) {
        let sum = self.0.entry(money.currency).or_default();
        *sum = sum.saturating_add(money.amount);
    }

    /// The sum in a currency; `None` when nothing was added in it.
    #[must_use]
    pub fn get(&self, currency: Currency) -> Option<Decimal> {
        self.0.get(&currency).copied()
    }

    /// Every sum, by currency code.
    pub fn iter(&self) -> impl Iterator<Item = Money> + '_ {
        self.0
            .iter()
            .map(|(currency, amount)| Money::new(*amount, *currency))
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Money> for Purse {
    fn from_iter<I: IntoIterator<Item = Money>>(money: I) -> Self {
        let mut purse = Self::default();
        money.into_iter().for_each(|each| purse.add(each));
        purse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(amount: &str) -> Money {
        Money::new(amount.parse().unwrap(), Currency::USD)
    }

    #[test]
    fn a_tenth_and_two_tenths_are_exactly_three_tenths() {
        assert_eq!(usd("0.1").checked_add(usd("0.2")), Some(usd("0.3")));
    }

    #[test]
    fn currencies_never_mix() {
        let diem = Money::new(Decimal::ONE, Currency::DIEM);
        assert_eq!(usd("1").checked_add(diem), None);
        let purse: Purse = [usd("1"), diem, usd("2")].into_iter().collect();
        assert_eq!(purse.get(Currency::USD), Some(Decimal::from(3)));
        assert_eq!(purse.get(Currency::DIEM), Some(Decimal::ONE));
        assert_eq!(purse.get(Currency::EUR), None);
    }

    #[test]
    fn nanos_round_half_away_from_zero_and_refuse_what_does_not_fit() {
        assert_eq!(usd("0.0000000005").nanos(), Some(1));
        assert_eq!(usd("-0.0000000005").nanos(), Some(-1));
        assert_eq!(usd("10000000000").nanos(), None);
        assert_eq!(Money::from_nanos(2_500_000_000, Currency::USD), usd("2.5"));
    }

    #[test]
    fn a_currency_code_is_checked_and_upper_cased() {
        assert_eq!(Currency::new("eur"), Ok(Currency::EUR));
        assert_eq!(
            Currency::new("BUNDLED_CREDITS").unwrap().code(),
            "BUNDLED_CREDITS"
        );
        assert!(Currency::new("$").is_err());
        assert!(Currency::new("a currency").is_err());
    }

    proptest::proptest! {
        #[test]
        fn nanos_come_back_as_the_same_amount(nanos: i64) {
            let money = Money::from_nanos(nanos, Currency::USD);
            proptest::prop_assert_eq!(money.nanos(), Some(nanos));
        }
    }
}
