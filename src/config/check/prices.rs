//! Where models' prices come from, and the user's own.
//!
//! A price of which a part cannot be understood is left out as a whole: a wrong sum is worse than the list's.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use toml_edit::Value;

use crate::config::check::values::{optional, web_address};
use crate::config::raw::Raw;
use crate::config::sheet::{Findings, Sheet};
use crate::config::{PriceSettings, Switch};
use crate::domain::price::{OwnPrice, WrittenRates};

/// A millionth: prices are written per million tokens and kept per token.
const PER_MILLION: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// What no model costs per million tokens: who writes more means another unit.
const DEAREST: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);

pub(super) fn prices<'a>(root: &mut Sheet<'a>, findings: &mut Findings<'a>) -> PriceSettings {
    let mut sheet = root.table(findings, "prices");
    let refresh = sheet.take(findings, ("refresh", "true"), |raw, _| raw.switch());
    let url = sheet
        .take(findings, ("url", r#""""#), |raw, _| match optional(raw)? {
            Some(url) => web_address(&url).map(Some),
            None => Ok(None),
        })
        .flatten();
    sheet.finish(findings);
    let mut own: Vec<OwnPrice> = Vec::new();
    let mut known = BTreeSet::new();
    for mut sheet in root.list(findings, "price") {
        let line = sheet.line_of(findings, "model");
        if let Some(price) = price(&mut sheet, findings) {
            if !known.insert((price.model.clone(), price.from)) {
                let fault = format!(
                    "`{}` has a price of the same day above; this one is used.",
                    price.model
                );
                findings.warn(sheet.name(), line, fault);
            }
            own.push(price);
        }
        sheet.finish(findings);
    }
    PriceSettings {
        refresh: refresh.unwrap_or(Switch::On),
        url,
        own,
    }
}

fn price<'a>(sheet: &mut Sheet<'a>, findings: &mut Findings<'a>) -> Option<OwnPrice> {
    let model = sheet.take(findings, ("model", ""), |raw, _| raw.name());
    let rates = [
        "input",
        "output",
        "cached_input",
        "cache_write",
        "cache_write_1h",
    ]
    .map(|class| {
        let rate = sheet.take(findings, (class, ""), |raw, _| per_million(raw));
        (class, rate)
    });
    let web_search = sheet.take(findings, ("web_search", ""), |raw, _| not_negative(raw));
    let from = sheet.take(findings, ("from", ""), |raw, _| day(raw));
    let read = [
        ("model", model.is_some()),
        ("web_search", web_search.is_some()),
        ("from", from.is_some()),
    ];
    let rates_read = rates.map(|(class, rate)| (class, rate.is_some()));
    let needed = ["model", "input", "output"];
    let bad = read
        .iter()
        .chain(&rates_read)
        .find(|(key, read)| !read && (needed.contains(key) || sheet.has(key)));
    if let Some((key, _)) = bad {
        let fault = format!("without a good `{key}` this is no price, so it is left out.");
        findings.warn(sheet.name(), sheet.line_of(findings, key), fault);
        return None;
    }
    let [input, output, cached_input, cache_write, cache_write_1h] = rates.map(|(_, rate)| rate);
    Some(OwnPrice {
        model: model?.to_ascii_lowercase(),
        from,
        rates: WrittenRates {
            input: input?,
            output: output?,
            cached_input,
            cache_write,
            cache_write_1h,
        },
        web_search,
    })
}

fn not_negative(raw: &Raw<'_>) -> Result<Decimal, String> {
    match raw.decimal()? {
        amount if amount >= Decimal::ZERO => Ok(amount),
        _ => Err("it must be 0 or more".to_owned()),
    }
}

/// Dollars for one token, of dollars for a million.
fn per_million(raw: &Raw<'_>) -> Result<Decimal, String> {
    let dollars = not_negative(raw)?;
    if dollars > DEAREST {
        return Err(format!(
            "it must be dollars for a million tokens, at most {DEAREST}"
        ));
    }
    dollars
        .checked_mul(PER_MILLION)
        .map(|rate| rate.normalize())
        .filter(|rate| rate.checked_div(PER_MILLION) == Some(dollars))
        .ok_or_else(|| "it has more digits than can be held exactly".to_owned())
}

/// A day, as a date of TOML or in quotes.
fn day(raw: &Raw<'_>) -> Result<NaiveDate, String> {
    let text = match raw.value {
        Value::Datetime(date) => date.value().to_string(),
        _ => raw.string().unwrap_or_default().to_owned(),
    };
    text.parse()
        .map_err(|_| "it must be a day like 2026-11-01".to_owned())
}
