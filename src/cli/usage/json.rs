//! `usage --json`: a report as the JSON that programs hold on to. Pure; keys are a promise (schema 1).
//!
//! Amounts are decimal strings; days are dates of the zone, instants RFC 3339 in UTC; ends are exclusive but for a
//! session's. Keys named by `--by` are present, with `null` where nobody tells them; others are absent.

use serde::{Serialize, Serializer};

use crate::analysis::digest::{SumReach, TokenSum};
use crate::analysis::usage_report::{Grain, Part, Report, Row, RowTime, Sum};
use crate::cli::status::json::{SCHEMA, SumJson, TokenCountsJson, decimal, instant, sums, tokens};
use crate::domain::ids::ModelId;

/// A report.
#[derive(Debug, Serialize)]
pub(super) struct UsageJson<'a> {
    schema: u32,
    period: &'static str,
    timezone: &'static str,
    complete: bool,
    /// Why it is not complete.
    missing: &'a [String],
    rows: Vec<RowJson>,
    totals: SumsJson,
}

#[derive(Debug, Serialize)]
struct RowJson {
    start: String,
    end: String,
    #[serde(skip_serializing_if = "Asked::is_not")]
    model: Asked,
    #[serde(skip_serializing_if = "Asked::is_not")]
    account: Asked,
    #[serde(skip_serializing_if = "Asked::is_not")]
    key: Asked,
    #[serde(skip_serializing_if = "Asked::is_not")]
    project: Asked,
    #[serde(skip_serializing_if = "Asked::is_not")]
    session: Asked,
    /// Whether a window runs now.
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    /// Tokens a minute between a window's first and last response.
    #[serde(skip_serializing_if = "Asked::is_not")]
    tokens_per_minute: Asked,
    #[serde(flatten)]
    sum: SumsJson,
}

#[derive(Debug, Serialize)]
struct SumsJson {
    tokens: Option<TokenCountsJson>,
    spend: Vec<SumJson>,
    unpriced: Vec<String>,
    lower_bound: bool,
}

/// A part that only some reports have: absent, `null` or a text.
#[derive(Debug)]
enum Asked {
    Not,
    For(Option<String>),
}

impl Asked {
    const fn is_not(&self) -> bool {
        matches!(self, Self::Not)
    }

    fn of<T: ToString>(part: &Part<T>) -> Self {
        if part.is_asked() {
            Self::For(part.known().map(ToString::to_string))
        } else {
            Self::Not
        }
    }
}

impl Serialize for Asked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Not => serializer.serialize_none(),
            Self::For(text) => text.serialize(serializer),
        }
    }
}

/// A report as JSON.
pub(super) fn usage<'a>(report: &'a Report, period: &'static str) -> UsageJson<'a> {
    UsageJson {
        schema: SCHEMA,
        period,
        timezone: report.question.zone.name(),
        complete: report.missing.is_empty(),
        missing: &report.missing,
        rows: report.rows.iter().map(|each| row(report, each)).collect(),
        totals: sum(&report.totals),
    }
}

/// A row's start and end.
pub(super) fn ends(row: &Row) -> (String, String) {
    match row.time {
        RowTime::Days { first, end } => (first.to_string(), end.to_string()),
        RowTime::Instants { from, until } => (instant(from), instant(until)),
    }
}

fn row(report: &Report, row: &Row) -> RowJson {
    let question = &report.question;
    let (start, end) = ends(row);
    let group = &row.group;
    let is_block = question.grain == Grain::Block;
    RowJson {
        start,
        end,
        model: Asked::of(&group.model),
        account: Asked::of(&group.account),
        key: Asked::of(&group.key),
        project: Asked::of(&group.project),
        session: Asked::of(&group.session),
        active: is_block.then(|| row.is_running(question.zone, question.now)),
        tokens_per_minute: if is_block {
            let rate = row.tokens_a_minute();
            Asked::For(rate.map(|rate| decimal(rate.round_dp(1))))
        } else {
            Asked::Not
        },
        sum: sum(&row.sum),
    }
}

fn sum(sum: &Sum) -> SumsJson {
    let told = sum.tokens.map(|tokens| TokenSum {
        tokens,
        requests: sum.requests,
    });
    SumsJson {
        tokens: told.as_ref().map(tokens),
        spend: sums(&sum.spend),
        unpriced: unpriced(sum).map(str::to_owned).collect(),
        lower_bound: sum.reach == SumReach::LowerBound,
    }
}

/// The models without a price.
pub(super) fn unpriced(sum: &Sum) -> impl Iterator<Item = &str> {
    sum.spend.unpriced.iter().map(ModelId::as_str)
}
