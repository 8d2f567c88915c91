//! The European Central Bank's daily file: units for one euro, turned into units for one dollar.
//!
//! The file is read by its two attributes; it is no XML reader.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::domain::money::Currency;
use crate::http::Request;
use crate::providers::frankfurter::{Fixing, PROVIDER};
use crate::providers::reply::Vendor;
use crate::providers::{PollContext, Provider};

const FILE: &str = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml";

/// The bank tells five digits; a quotient of two is kept with two more.
const DECIMALS: u32 = 6;

/// What errors call it.
const CARD: Provider = Provider {
    name: "the European Central Bank",
    ..PROVIDER
};

/// The last fixing. `None`: it is not asked, or its answer is of no use.
pub(super) async fn latest(cx: &PollContext<'_>) -> Option<Fixing> {
    let own = cx
        .account
        .options
        .get("ecb_url")
        .and_then(|urls| urls.first());
    let url = match own {
        Some(url) => url.trim(),
        // With another base URL nothing may leak to the usual hosts.
        None if cx.account.base_url.is_some() => "",
        None => FILE,
    };
    if url.is_empty() {
        return None;
    }
    let reply = Vendor::new(cx, &CARD).get(&Request::new(url)).await.ok()?;
    fixing(&String::from_utf8_lossy(&reply.body))
}

fn fixing(file: &str) -> Option<Fixing> {
    let day: NaiveDate = attribute(file, "time")?.parse().ok()?;
    let mut per_euro: BTreeMap<Currency, Decimal> = file
        .split("<Cube ")
        .filter_map(|element| {
            let tag = element.split('>').next()?;
            let currency = attribute(tag, "currency")?.parse().ok()?;
            let rate: Decimal = attribute(tag, "rate")?.parse().ok()?;
            (rate > Decimal::ZERO).then_some((currency, rate))
        })
        .collect();
    let dollars = per_euro.get(&Currency::USD).copied()?;
    per_euro.insert(Currency::EUR, Decimal::ONE);
    let per_dollar = per_euro
        .into_iter()
        .filter_map(|(currency, rate)| {
            let rate = rate.checked_div(dollars)?.round_dp(DECIMALS).normalize();
            Some((currency, rate))
        })
        .collect();
    Some(Fixing {
        day,
        per_dollar,
        source: "ecb",
    })
}

/// The value of an attribute, in single or double quotes.
fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.match_indices(name).find_map(|(at, _)| {
        let rest = text.get(at + name.len()..)?.trim_start();
        let rest = rest.strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|quote| "'\"".contains(*quote))?;
        let rest = rest.get(1..)?;
        rest.get(..rest.find(quote)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_turned_from_euro_to_dollar_in_either_quotes() {
        let file = r#"<?xml version="1.0"?><gesmes:Envelope><Cube><Cube time='2026-11-20'>
            <Cube currency='USD' rate='1.1628'/>
            <Cube currency="JPY" rate="180.35"/>
            <Cube currency='XXX' rate='N/A'/>
        </Cube></Cube></gesmes:Envelope>"#;
        let fixing = fixing(file).unwrap();
        let rate = |code: &str| {
            let currency = code.parse().unwrap();
            fixing.per_dollar.get(&currency).map(ToString::to_string)
        };
        assert_eq!(fixing.day.to_string(), "2026-11-20");
        assert_eq!(rate("EUR").as_deref(), Some("0.859993"));
        assert_eq!(rate("JPY").as_deref(), Some("155.099759"));
        assert_eq!(rate("USD").as_deref(), Some("1"));
        assert_eq!(rate("XXX"), None);
    }

    #[test]
    fn a_file_without_day_or_dollar_is_of_no_use() {
        assert_eq!(fixing("<html>"), None);
        assert_eq!(
            fixing("<Cube time='2026-11-20'><Cube currency='JPY' rate='1'/>"),
            None
        );
    }
}
