//! Exchange rates, each with its source and age. Converted money is for showing, never for storing.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::money::{Currency, Money};

/// How many units of `quote` one unit of `base` buys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// What is sold.
    pub base: Currency,
    /// What is bought.
    pub quote: Currency,
    /// Units of `quote` for one of `base`; above zero.
    pub rate: Decimal,
    /// Who says so.
    pub source: String,
    /// When that rate was true.
    pub at: DateTime<Utc>,
}

/// Rates known at one instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates(Vec<Rate>);

/// Money in another currency, with the rate that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// The result.
    pub money: Money,
    /// Who said the rate; `None` when nothing had to be converted.
    pub source: Option<String>,
    /// When the rate was true; `None` when nothing had to be converted.
    pub at: Option<DateTime<Utc>>,
}

impl Rates {
    /// These rates; of two for the same pair the newer counts.
    #[must_use]
    pub fn new(mut rates: Vec<Rate>) -> Self {
        rates.retain(|rate| rate.rate > Decimal::ZERO);
        rates.sort_by_key(|rate| std::cmp::Reverse(rate.at));
        Self(rates)
    }

    /// Every rate, newest first.
    #[must_use]
    pub fn all(&self) -> &[Rate] {
        &self.0
    }

    /// The money in another currency by a direct rate, an inverse one, or two across a common base;
    /// `None` when no such rate is known.
    #[must_use]
    pub fn convert(&self, money: Money, to: Currency) -> Option<Converted> {
        if money.currency == to {
            return Some(Converted {
                money,
                source: None,
                at: None,
            });
        }
        let (factor, source, at) = self
            .factor(money.currency, to)
            .or_else(|| self.cross(money.currency, to))?;
        let amount = money.amount.checked_mul(factor)?;
        Some(Converted {
            money: Money::new(amount, to),
            source: Some(source),
            at: Some(at),
        })
    }

    fn factor(&self, from: Currency, to: Currency) -> Option<(Decimal, String, DateTime<Utc>)> {
        self.0.iter().find_map(|rate| {
            let factor = if rate.base == from && rate.quote == to {
                rate.rate
            } else if rate.base == to && rate.quote == from {
                Decimal::ONE.checked_div(rate.rate)?
            } else {
                return None;
            };
            Some((factor, rate.source.clone(), rate.at))
        })
    }

    fn cross(&self, from: Currency, to: Currency) -> Option<(Decimal, String, DateTime<Utc>)> {
        self.0
            .iter()
            .flat_map(|rate| [rate.base, rate.quote])
            .find_map(|middle| {
                let (first, source, at) = self.factor(from, middle)?;
                let (second, _, second_at) = self.factor(middle, to)?;
                Some((first.checked_mul(second)?, source, at.min(second_at)))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(base: &str, quote: &str, rate: &str) -> Rate {
        Rate {
            base: base.parse().unwrap(),
            quote: quote.parse().unwrap(),
            rate: rate.parse().unwrap(),
            source: "ecb".into(),
            at: "2026-11-20T15:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn money_converts_directly_inversely_and_across_a_common_base() {
        let rates = Rates::new(vec![rate("EUR", "USD", "1.25"), rate("EUR", "GBP", "0.5")]);
        let convert = |amount: i64, from: &str, to: &str| {
            let money = Money::new(Decimal::from(amount), from.parse().unwrap());
            rates
                .convert(money, to.parse().unwrap())
                .map(|converted| converted.money.amount.normalize().to_string())
        };
        assert_eq!(convert(4, "EUR", "USD").as_deref(), Some("5"));
        assert_eq!(convert(5, "USD", "EUR").as_deref(), Some("4"));
        assert_eq!(convert(5, "USD", "GBP").as_deref(), Some("2"));
        assert_eq!(convert(5, "DIEM", "GBP"), None);
    }

    #[test]
    fn a_rate_of_zero_is_no_rate() {
        let rates = Rates::new(vec![rate("USD", "EUR", "0")]);
        assert_eq!(
            rates.convert(Money::new(Decimal::ONE, Currency::USD), Currency::EUR),
            None
        );
    }
}
