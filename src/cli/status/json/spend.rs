//! Sums of money, amounts and instants as JSON. Pure.

use chrono::{DateTime, SecondsFormat, SubsecRound as _, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::analysis::digest::{ConvertedTotal, ConvertedTotals, SumReach};
use crate::domain::ids::ModelId;
use crate::domain::money::{Currency, Money};
use crate::domain::usage::{Basis, Spans, Spend};

/// Spend by span; `null`: unknown.
#[derive(Debug, Serialize)]
pub(super) struct SpansJson<'a> {
    today: Option<Vec<SumJson>>,
    week: Option<Vec<SumJson>>,
    month: Option<Vec<SumJson>>,
    /// Models whose cost nobody knows: the sums of that span are a lower bound.
    #[serde(skip_serializing_if = "UnpricedJson::is_empty")]
    unpriced: UnpricedJson<'a>,
}

#[derive(Debug, Serialize)]
struct UnpricedJson<'a> {
    today: Vec<&'a str>,
    week: Vec<&'a str>,
    month: Vec<&'a str>,
}

/// One sum.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct SumJson {
    currency: Currency,
    amount: String,
    basis: Basis,
}

/// An amount.
#[derive(Debug, Serialize)]
pub(super) struct MoneyJson {
    currency: Currency,
    amount: String,
}

/// The totals in the user's currency.
#[derive(Debug, Serialize)]
pub(super) struct ConvertedJson<'a> {
    today: Option<ConvertedTotalJson<'a>>,
    week: Option<ConvertedTotalJson<'a>>,
    month: Option<ConvertedTotalJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ConvertedTotalJson<'a> {
    billed: Option<MoneyJson>,
    estimated: Option<MoneyJson>,
    lower_bound: bool,
    rate_source: Option<&'a str>,
    rate_at: Option<String>,
}

/// An instant with whole seconds.
pub(in crate::cli) fn instant(at: DateTime<Utc>) -> String {
    at.trunc_subsecs(0)
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// An exact amount without trailing zeros.
pub(in crate::cli) fn decimal(amount: Decimal) -> String {
    amount.normalize().to_string()
}

/// Money.
pub(super) fn money(money: Money) -> MoneyJson {
    MoneyJson {
        currency: money.currency,
        amount: decimal(money.amount),
    }
}

/// Every sum of a spend.
pub(in crate::cli) fn sums(spend: &Spend) -> Vec<SumJson> {
    spend
        .iter()
        .map(|(money, basis)| SumJson {
            currency: money.currency,
            amount: decimal(money.amount),
            basis,
        })
        .collect()
}

/// Spend by span.
pub(super) fn spans(spans: &Spans) -> SpansJson<'_> {
    SpansJson {
        today: spans.today.as_ref().map(sums),
        week: spans.week.as_ref().map(sums),
        month: spans.month.as_ref().map(sums),
        unpriced: UnpricedJson {
            today: unpriced(spans.today.as_ref()),
            week: unpriced(spans.week.as_ref()),
            month: unpriced(spans.month.as_ref()),
        },
    }
}

fn unpriced(spend: Option<&Spend>) -> Vec<&str> {
    spend.map_or_else(Vec::new, |spend| {
        spend.unpriced.iter().map(ModelId::as_str).collect()
    })
}

impl UnpricedJson<'_> {
    fn is_empty(&self) -> bool {
        self.today.is_empty() && self.week.is_empty() && self.month.is_empty()
    }
}

/// The totals in the user's currency.
pub(super) fn converted(totals: &ConvertedTotals) -> ConvertedJson<'_> {
    ConvertedJson {
        today: totals.today.as_ref().map(converted_total),
        week: totals.week.as_ref().map(converted_total),
        month: totals.month.as_ref().map(converted_total),
    }
}

fn converted_total(total: &ConvertedTotal) -> ConvertedTotalJson<'_> {
    ConvertedTotalJson {
        billed: total.billed.map(money),
        estimated: total.estimated.map(money),
        lower_bound: total.reach == SumReach::LowerBound,
        rate_source: total.rate_source.as_deref(),
        rate_at: total.rate_at.map(instant),
    }
}
