//! Which price is believed when the source changes: no leap of more than 40 %, unless two sources agree.

use rust_decimal::Decimal;

use crate::domain::coin::CoinPrice;

/// How far a source may stand from the last price of another, in percent.
const LONGEST_LEAP: Decimal = Decimal::from_parts(40, 0, 0, false, 0);

/// How close two sources must stand to agree, in percent.
const AGREEMENT: Decimal = Decimal::from_parts(10, 0, 0, false, 0);

/// Hears prices in dollars, best source first.
pub(super) struct Jury {
    last: Vec<CoinPrice>,
    doubted: Vec<CoinPrice>,
}

impl Jury {
    /// A jury that knows the last prices; those too old to compare with are not among them.
    pub(super) fn new(last: &[CoinPrice]) -> Self {
        Self {
            last: last.to_vec(),
            doubted: Vec::new(),
        }
    }

    /// The price to believe now: this one, or a doubted one that it confirms. `None`: doubted.
    pub(super) fn hear(&mut self, quote: CoinPrice) -> Option<CoinPrice> {
        if !self.leaps(&quote) {
            return Some(quote);
        }
        let confirmed = self.doubted.iter().find(|doubted| {
            same_kind(doubted, &quote)
                && doubted.source != quote.source
                && distance_percent(doubted, &quote) <= Some(AGREEMENT)
                && distance_percent(doubted, &quote).is_some()
        });
        if let Some(confirmed) = confirmed {
            return Some(confirmed.clone());
        }
        self.doubted.push(quote);
        None
    }

    /// What was doubted and never confirmed, one sentence each.
    pub(super) fn doubts<'a>(
        &'a self,
        believed: &'a [CoinPrice],
    ) -> impl Iterator<Item = String> + 'a {
        self.doubted
            .iter()
            .filter(|doubted| !believed.iter().any(|price| same_kind(price, doubted)))
            .map(|doubted| {
                format!(
                    "{} tells {} for {}, too far from the last price to be believed alone",
                    doubted.source, doubted.price.amount, doubted.symbol
                )
            })
    }

    fn leaps(&self, quote: &CoinPrice) -> bool {
        self.last
            .iter()
            .find(|last| same_kind(last, quote))
            .filter(|last| last.source != quote.source)
            .and_then(|last| distance_percent(last, quote))
            .is_some_and(|distance| distance > LONGEST_LEAP)
    }
}

fn same_kind(one: &CoinPrice, other: &CoinPrice) -> bool {
    one.symbol == other.symbol && one.price.currency == other.price.currency
}

/// How far two prices stand apart, in percent of the first.
fn distance_percent(one: &CoinPrice, other: &CoinPrice) -> Option<Decimal> {
    let apart = other.price.amount.checked_sub(one.price.amount)?.abs();
    apart
        .checked_div(one.price.amount)?
        .checked_mul(Decimal::ONE_HUNDRED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::{Currency, Money};

    fn quote(source: &str, dollars: i64) -> CoinPrice {
        CoinPrice {
            symbol: "VVV".into(),
            price: Money::new(Decimal::from(dollars), Currency::USD),
            change_24h_percent: None,
            source: source.to_owned(),
            at: "2026-11-23T08:30:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_source_may_leap_from_its_own_last_price() {
        let mut jury = Jury::new(&[quote("coingecko", 10)]);
        assert_eq!(
            jury.hear(quote("coingecko", 20)),
            Some(quote("coingecko", 20))
        );
    }

    #[test]
    fn another_source_may_stand_40_percent_off_and_no_more() {
        let mut jury = Jury::new(&[quote("coingecko", 10)]);
        assert_eq!(
            jury.hear(quote("coinbase", 14)),
            Some(quote("coinbase", 14))
        );
        assert_eq!(jury.hear(quote("coinbase", 15)), None);
        assert_eq!(jury.hear(quote("coinbase", 5)), None);
        assert_eq!(jury.doubts(&[]).count(), 2);
    }

    #[test]
    fn a_leap_that_a_second_source_confirms_is_believed() {
        let mut jury = Jury::new(&[quote("coingecko", 10)]);
        assert_eq!(jury.hear(quote("geckoterminal", 20)), None);
        assert_eq!(jury.hear(quote("dexscreener", 30)), None);
        assert_eq!(
            jury.hear(quote("coinbase", 21)),
            Some(quote("geckoterminal", 20))
        );
        assert_eq!(jury.doubts(&[quote("geckoterminal", 20)]).count(), 0);
    }
}
