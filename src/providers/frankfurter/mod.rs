//! Exchange rates of the dollar, as the European Central Bank fixes them: from Frankfurter, else from the bank itself.
//!
//! Frankfurter's first version is asked, not the second: it is frozen, and it tells the fixing of one bank with one
//! date, which can be named as the source; the second blends many banks. It is asked for all currencies (about
//! thirty) and the wanted ones are picked here: so an unknown currency is one sentence and not an error for all, and
//! dollars for dollars never have to be asked.
//!
//! Rates are for showing; nothing is converted here.

mod central_bank;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::domain::money::Currency;
use crate::domain::rates::Rate;
use crate::domain::reading::Reading;
use crate::http::Request;
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Amount, Lenient};
use crate::providers::{Appears, Auth, Kind, Links, PollContext, PollError, PollFuture, Provider};

/// Frankfurter's card.
pub(super) const PROVIDER: Provider = Provider {
    id: "frankfurter",
    name: "Frankfurter",
    kind: Kind::Market,
    shows: "exchange rates of the European Central Bank, once a working day",
    auth: Auth::None,
    appears: Appears::WithForeignCurrency,
    base_url: "https://api.frankfurter.dev",
    hosts: &["api.frankfurter.dev", "www.ecb.europa.eu"],
    every: Duration::from_hours(6),
    coins: &[],
    options: &[
        (
            "symbols",
            "which currencies, like [\"EUR\", \"GBP\"]; all when left out",
        ),
        (
            "ecb_url",
            "replaces the bank's daily file, https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml",
        ),
    ],
    links: Links {
        dashboard: Some("https://frankfurter.dev"),
        top_up: None,
    },
    poll,
};

/// Rates of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fixing {
    day: NaiveDate,
    /// Units of a currency for one dollar.
    per_dollar: BTreeMap<Currency, Decimal>,
    source: &'static str,
}

fn poll<'a>(cx: &'a PollContext<'a>) -> PollFuture<'a> {
    Box::pin(read(cx))
}

async fn read(cx: &PollContext<'_>) -> Result<Reading, PollError> {
    let mut reading = Reading::empty(cx.account.id.clone(), cx.now);
    let mut wanted = Vec::new();
    for code in cx.account.options.get("symbols").into_iter().flatten() {
        match code.trim().parse::<Currency>() {
            Ok(currency) => wanted.push(currency),
            Err(error) => reading
                .complete
                .missing(format!("option `symbols`: {error}")),
        }
    }
    let asks_for_all = !cx.account.options.contains_key("symbols");
    wanted.retain(|currency| *currency != Currency::USD);
    if wanted.is_empty() && !asks_for_all {
        return Ok(reading);
    }
    let fixing = fixing(cx).await?;
    for currency in &wanted {
        if !fixing.per_dollar.contains_key(currency) {
            reading.complete.missing(format!(
                "the European Central Bank fixes no rate of {currency}"
            ));
        }
    }
    reading.figures.rates = fixing.rates(|currency| asks_for_all || wanted.contains(&currency));
    Ok(reading)
}

async fn fixing(cx: &PollContext<'_>) -> Result<Fixing, PollError> {
    let failure = match latest(cx).await {
        Ok(fixing) => return Ok(fixing),
        Err(failure) => failure,
    };
    // The second source's own fault would only hide the first's.
    central_bank::latest(cx).await.ok_or(failure)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Latest {
    base: Lenient<String>,
    date: Lenient<NaiveDate>,
    rates: Lenient<BTreeMap<String, Amount>>,
}

async fn latest(cx: &PollContext<'_>) -> Result<Fixing, PollError> {
    let vendor = Vendor::new(cx, &PROVIDER);
    let request = Request::new(vendor.url("v1/latest")).query("base", "USD");
    let reply = vendor.get(&request).await?;
    let body: Latest = reply::object(&reply, "Frankfurter's `latest`")?;
    let malformed = |what: &str| PollError::Malformed(format!("Frankfurter's `latest` {what}"));
    if body.base.0.as_deref().is_some_and(|base| base != "USD") {
        return Err(malformed("tells rates of another currency than the dollar"));
    }
    let day = body.date.0.ok_or_else(|| malformed("has no `date`"))?;
    let rates = body.rates.0.ok_or_else(|| malformed("has no `rates`"))?;
    let per_dollar: BTreeMap<Currency, Decimal> = rates
        .into_iter()
        .filter_map(|(code, Amount(rate))| Some((code.parse().ok()?, rate?)))
        .filter(|(_, rate)| *rate > Decimal::ZERO)
        .collect();
    if per_dollar.is_empty() {
        return Err(malformed("holds no rate that can be read"));
    }
    Ok(Fixing {
        day,
        per_dollar,
        source: "ecb via frankfurter",
    })
}

impl Fixing {
    fn rates(&self, wanted: impl Fn(Currency) -> bool) -> Vec<Rate> {
        let at: DateTime<Utc> = self.day.and_time(NaiveTime::MIN).and_utc();
        self.per_dollar
            .iter()
            .filter(|(currency, _)| wanted(**currency) && **currency != Currency::USD)
            .map(|(currency, rate)| Rate {
                base: Currency::USD,
                quote: *currency,
                rate: *rate,
                source: self.source.to_owned(),
                at,
            })
            .collect()
    }
}
