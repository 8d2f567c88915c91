//! Exchange: totals and amounts in another currency, as far as rates are known, with their source and age.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::analysis::digest::{ConvertedTotal, ConvertedTotals, SumReach};
use crate::domain::coin::CoinPrice;
use crate::domain::money::{Currency, Money};
use crate::domain::period::Unit;
use crate::domain::rates::{Converted, Rate, Rates};
use crate::domain::usage::{Basis, Spans, Spend};

/// Every way to convert that is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Exchange {
    official: Rates,
    with_coins: Rates,
}

impl Exchange {
    /// Exchange rates, and behind them the market prices of coins.
    pub(super) fn new(rates: Vec<Rate>, prices: &[CoinPrice]) -> Self {
        let mut all = rates.clone();
        all.extend(prices.iter().filter_map(as_rate));
        Self {
            official: Rates::new(rates),
            with_coins: Rates::new(all),
        }
    }

    /// The money in another currency; `None` when no rate is known. A coin is only the way when no official rate is.
    pub(super) fn convert(&self, money: Money, to: Currency) -> Option<Converted> {
        self.official
            .convert(money, to)
            .or_else(|| self.with_coins.convert(money, to))
    }

    /// The price of a coin in another currency by official rates, naming both sources.
    pub(super) fn price_in(&self, price: &CoinPrice, to: Currency) -> Option<CoinPrice> {
        let converted = self.official.convert(price.price, to)?;
        let source = converted.source?;
        Some(CoinPrice {
            price: converted.money,
            source: format!("{} · {source}", price.source),
            at: converted.at.map_or(price.at, |at| at.min(price.at)),
            ..price.clone()
        })
    }
}

/// A coin's price as a rate. Spent DIEM is compute credit, not the token: its market price is no rate for it.
fn as_rate(price: &CoinPrice) -> Option<Rate> {
    let base = Currency::new(price.symbol.as_str()).ok()?;
    (base != Currency::DIEM).then(|| Rate {
        base,
        quote: price.price.currency,
        rate: price.price.amount,
        source: price.source.clone(),
        at: price.at,
    })
}

/// An amount that grows by what could be converted.
#[derive(Debug, Clone)]
pub(super) struct ConvertedSum {
    /// The currency of both sums.
    to: Currency,
    /// Billed and metered. `None`: nothing.
    pub(super) billed: Option<Decimal>,
    /// Estimated. `None`: nothing.
    pub(super) estimated: Option<Decimal>,
    /// Whether everything could be converted and was priced.
    pub(super) reach: SumReach,
    oldest: Option<(DateTime<Utc>, String)>,
}

impl ConvertedSum {
    /// A spend in another currency.
    pub(super) fn of(spend: &Spend, to: Currency, exchange: &Exchange) -> Self {
        let mut sum = Self {
            to,
            billed: None,
            estimated: None,
            reach: SumReach::Whole,
            oldest: None,
        };
        if !spend.unpriced.is_empty() {
            sum.reach = SumReach::LowerBound;
        }
        for (money, basis) in spend.iter().filter(|(money, _)| !money.amount.is_zero()) {
            if sum.add(exchange.convert(money, to), basis).is_none() {
                sum.reach = SumReach::LowerBound;
            }
        }
        sum
    }

    fn add(&mut self, converted: Option<Converted>, basis: Basis) -> Option<()> {
        let converted = converted?;
        let place = if basis == Basis::Estimated {
            &mut self.estimated
        } else {
            &mut self.billed
        };
        let sum = place
            .unwrap_or_default()
            .checked_add(converted.money.amount)?;
        *place = Some(sum);
        if let (Some(at), Some(source)) = (converted.at, converted.source)
            && self.oldest.as_ref().is_none_or(|(oldest, _)| at < *oldest)
        {
            self.oldest = Some((at, source));
        }
        Some(())
    }

    fn total(self, reach: SumReach) -> Option<ConvertedTotal> {
        if self.billed.is_none() && self.estimated.is_none() {
            return None;
        }
        let (rate_at, rate_source) = self.oldest.unzip();
        Some(ConvertedTotal {
            billed: self.billed.map(|amount| Money::new(amount, self.to)),
            estimated: self.estimated.map(|amount| Money::new(amount, self.to)),
            reach: self.reach.and(reach),
            rate_source,
            rate_at,
        })
    }
}

impl SumReach {
    /// Whole only when both are.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Whole, Self::Whole) => Self::Whole,
            _ => Self::LowerBound,
        }
    }
}

/// The totals in the user's currency; `reach` says of each span whether every account is in it.
pub(super) fn converted_totals(
    totals: &Spans,
    to: Currency,
    exchange: &Exchange,
    reach: impl Fn(Unit) -> SumReach,
) -> ConvertedTotals {
    let convert = |unit: Unit| {
        let spend = totals.get(unit)?;
        ConvertedSum::of(spend, to, exchange).total(reach(unit))
    };
    ConvertedTotals {
        today: convert(Unit::Day),
        week: convert(Unit::Week),
        month: convert(Unit::Month),
    }
}
