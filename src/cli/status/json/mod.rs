//! `status --json`: a digest as the JSON that programs hold on to. Pure; keys are a promise (schema 1).
//!
//! Amounts are decimal strings, instants RFC 3339 in UTC with whole seconds; unknown is `null`, never zero.
//! Accounts are written in `account`, sums of money in `spend`.

mod account;
mod spend;

use serde::Serialize;

use crate::analysis::digest::{BudgetDigest, Digest, SumReach};
use crate::cli::status::json::account::AccountJson;
use crate::cli::status::json::spend::{ConvertedJson, MoneyJson, SpansJson};
use crate::domain::alert::{AlertRecord, Phase};
use crate::domain::money::Currency;

pub(in crate::cli) use account::{PriceJson, TokenCountsJson, price, tokens};
pub(in crate::cli) use spend::{SumJson, decimal, instant, sums};

/// The version of the keys; grows only when one changes its meaning.
pub(in crate::cli) const SCHEMA: u32 = 1;

/// Everything `status` knows.
#[derive(Debug, Serialize)]
pub(super) struct StatusJson<'a> {
    schema: u32,
    generated_at: String,
    title: &'a str,
    state: &'static str,
    totals: SpansJson<'a>,
    converted: ConvertedJson<'a>,
    /// What the plans cost a month, by currency; in no other total.
    subscriptions: Vec<MoneyJson>,
    accounts: Vec<AccountJson<'a>>,
    budgets: Vec<BudgetJson<'a>>,
    alerts: Vec<AlertJson<'a>>,
}

#[derive(Debug, Serialize)]
struct BudgetJson<'a> {
    name: &'a str,
    spent: Option<String>,
    amount: String,
    currency: Currency,
    percent: Option<String>,
    forecast: Option<String>,
    resets_at: String,
    lower_bound: bool,
}

/// An alert as programs see it, also in `alerts list --json`.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct AlertJson<'a> {
    id: String,
    severity: &'static str,
    title: &'a str,
    body: &'a str,
    raised_at: Option<String>,
    acknowledged: bool,
    snoozed_until: Option<String>,
}

/// A digest as JSON.
pub(super) fn status<'a>(digest: &'a Digest, title: &'a str) -> StatusJson<'a> {
    StatusJson {
        schema: SCHEMA,
        generated_at: instant(digest.now),
        title,
        state: digest.state.name(),
        totals: spend::spans(&digest.totals),
        converted: spend::converted(&digest.converted),
        subscriptions: digest.subscriptions().iter().map(spend::money).collect(),
        accounts: digest
            .accounts
            .iter()
            .map(|each| account::account(each, digest.now))
            .collect(),

        budgets: digest.budgets.iter().map(budget).collect(),
        alerts: digest.alerts.iter().map(alert).collect(),
    }
}

fn budget(budget: &BudgetDigest) -> BudgetJson<'_> {
    BudgetJson {
        name: &budget.name,
        spent: budget.spent.map(decimal),
        amount: decimal(budget.amount.amount),
        currency: budget.amount.currency,
        percent: budget.percent.map(decimal),
        forecast: budget.forecast.map(decimal),
        resets_at: instant(budget.resets_at),
        lower_bound: budget.reach == SumReach::LowerBound,
    }
}

/// An alert as JSON.
pub(in crate::cli) fn alert(alert: &AlertRecord) -> AlertJson<'_> {
    AlertJson {
        id: alert.key.short(),
        severity: alert.severity.name(),
        title: &alert.title,
        body: &alert.body,
        raised_at: alert.raised_at.map(instant),
        acknowledged: alert.phase == Phase::Acknowledged,
        snoozed_until: alert.snoozed_until.map(instant),
    }
}

#[cfg(test)]
mod tests;
