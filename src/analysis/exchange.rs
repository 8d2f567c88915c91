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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::{
        account, at, billed, digest_of, figures, money, price, rate, slot, with_usage, with_window,
    };
    use crate::domain::policy::Policy;
    use crate::domain::snapshot::AccountSnapshot;

    fn in_euro() -> Policy {
        Policy {
            currency: Currency::EUR,
            ..Policy::default()
        }
    }

    #[test]
    fn totals_are_also_told_in_the_users_currency_with_the_rates_source_and_age() {
        let mut estimated = Spend::of(money("5", "USD"), Basis::Estimated);
        estimated.merge(&billed("10", "USD"));
        let mut usd = with_usage(
            account("venice", figures()),
            vec![slot("2026-11-23T08:00:00Z", estimated)],
        );
        usd.latest.as_mut().unwrap().figures.rates = vec![rate("EUR", "USD", "1.25")];
        let digest = digest_of(vec![usd], &in_euro());
        let total = digest.converted.today.unwrap();
        assert_eq!(total.billed, Some(money("8", "EUR")));
        assert_eq!(total.estimated, Some(money("4", "EUR")));
        assert_eq!(total.reach, SumReach::Whole);
        assert_eq!(total.rate_source.as_deref(), Some("ecb"));
        assert_eq!(total.rate_at, Some(at("2026-11-20T15:00:00Z")));
    }

    #[test]
    fn spent_diem_is_never_converted_by_the_tokens_market_price() {
        let usage = vec![
            slot("2026-11-23T08:00:00Z", billed("12.575", "DIEM")),
            slot("2026-11-23T08:00:00Z", billed("1", "USD")),
        ];
        let mut account = with_usage(account("venice", figures()), usage);
        account.latest.as_mut().unwrap().figures.prices = vec![price("DIEM", "0.80", "USD")];
        let total = digest_of(vec![account], &Policy::default())
            .converted
            .today
            .unwrap();
        assert_eq!(total.billed, Some(money("1", "USD")));
        assert_eq!(total.reach, SumReach::LowerBound);
        assert_eq!(total.rate_source, None);
    }

    #[test]
    fn an_official_rate_is_preferred_to_the_way_over_a_coin() {
        let usage = vec![slot("2026-11-23T08:00:00Z", billed("10", "USD"))];
        let mut account = with_usage(account("venice", figures()), usage);
        let figures = &mut account.latest.as_mut().unwrap().figures;
        figures.prices = vec![price("VVV", "2", "USD"), price("VVV", "1", "EUR")];
        let over_coin = digest_of(vec![account.clone()], &in_euro()).converted.today;
        let over_coin = over_coin.unwrap();
        assert_eq!(over_coin.billed, Some(money("5.0", "EUR")));
        assert_eq!(over_coin.rate_source.as_deref(), Some("coingecko"));
        account.latest.as_mut().unwrap().figures.rates = vec![rate("USD", "EUR", "0.9")];
        let official = digest_of(vec![account], &in_euro()).converted.today;
        assert_eq!(official.unwrap().billed, Some(money("9.0", "EUR")));
    }

    #[test]
    fn a_total_without_a_part_is_a_lower_bound_but_a_plan_without_spend_is_no_gap() {
        let spends = with_usage(
            account("venice", figures()),
            vec![slot("2026-11-23T08:00:00Z", billed("1", "USD"))],
        );
        let reach = |other| {
            let digest = digest_of(vec![spends.clone(), other], &Policy::default());
            digest.converted.today.unwrap().reach
        };
        assert_eq!(reach(with_window("claude", "10")), SumReach::Whole);
        let unread = AccountSnapshot {
            latest: None,
            ..with_window("openai", "10")
        };
        assert_eq!(reach(unread), SumReach::LowerBound);
        let mut unpriced = billed("1", "USD");
        unpriced.unpriced.insert("foo-1".into());
        let partly = with_usage(
            account("openai", figures()),
            vec![slot("2026-11-23T08:00:00Z", unpriced)],
        );
        assert_eq!(reach(partly), SumReach::LowerBound);
    }
}
