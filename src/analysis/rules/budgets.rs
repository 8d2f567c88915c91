//! Budgets: the percentages the user named, and the projected end of the period.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::analysis::digest::{BudgetDigest, SumReach};
use crate::analysis::rules::{Figure, Scene};
use crate::analysis::{freshness, wording};
use crate::domain::alert::{Condition, Probe, Repeat, Severity};
use crate::domain::ids::RuleId;
use crate::domain::money::Money;
use crate::domain::policy::{Budget, ForecastNotice};

pub(super) fn probes(scene: Scene<'_>) -> Vec<Probe> {
    let mut names = BTreeMap::<&str, u32>::new();
    let mut probes = Vec::new();
    for (budget, row) in scene.policy.budgets.iter().zip(&scene.digest.budgets) {
        let count = names.entry(budget.name.as_str()).or_default();
        *count += 1;
        let figure = figure(scene, budget, row, *count);
        probes.extend(budget.notify_at.iter().map(|percent| {
            let severity = scene.severity(*percent);
            figure.rung("budget", Condition::AtLeast(*percent), severity)
        }));
        if budget.forecast == ForecastNotice::On {
            probes.push(forecast(scene, row, &figure));
        }
    }
    probes
}

fn figure(scene: Scene<'_>, budget: &Budget, row: &BudgetDigest, count: u32) -> Figure {
    let number = if count > 1 {
        format!(" ({count})")
    } else {
        String::new()
    };
    let owner = budget
        .account
        .as_ref()
        .map(|account| format!("{account} "))
        .unwrap_or_default();
    let starts_at = budget.period.around(scene.now(), scene.policy.zone).from;
    let first = starts_at.with_timezone(&scene.policy.zone).date_naive();
    let title = format!(
        "Budget {}: {} spent",
        row.name,
        row.percent.map(wording::percent).unwrap_or_default()
    );
    Figure {
        subject: format!("{owner}budget {}{number}", row.name),
        period: first.to_string(),
        value: row.percent,
        title,
        body: wording::sentences([spent(row), begins_anew(scene, row)]),
    }
}

fn spent(row: &BudgetDigest) -> Option<String> {
    let spent = wording::money(Money::new(row.spent?, row.amount.currency));
    let least = match row.reach {
        SumReach::Whole => "",
        SumReach::LowerBound => "At least ",
    };
    let amount = wording::money(row.amount);
    Some(format!("{least}{spent} of {amount} are spent."))
}

fn begins_anew(scene: Scene<'_>, row: &BudgetDigest) -> Option<String> {
    let (now, zone) = (scene.now(), scene.policy.zone);
    wording::it("begins anew", Some(row.resets_at), now, zone)
}

fn forecast(scene: Scene<'_>, row: &BudgetDigest, figure: &Figure) -> Probe {
    let percent = freshness::percent(row.forecast, Some(row.amount.amount));
    // A budget that is spent needs no forecast.
    let is_spent = row
        .percent
        .is_some_and(|percent| percent >= Decimal::ONE_HUNDRED);
    let projected = row
        .forecast
        .map(|forecast| wording::money(Money::new(forecast, row.amount.currency)))
        .unwrap_or_default();
    let figure = Figure {
        value: percent.filter(|_| !is_spent),
        title: format!("Budget {}: heading for {projected}", row.name),
        body: wording::sentences([spent(row), begins_anew(scene, row)]),
        ..figure.clone()
    };
    Probe {
        repeat: Repeat::OncePerPeriod,
        ..figure.probe(
            RuleId::from("budget-forecast"),
            Condition::AtLeast(Decimal::ONE_HUNDRED),
            Severity::Warning,
        )
    }
}
