//! What the user wants to be told about: budgets, rules on figures, and the coins he holds.
//!
//! A budget or rule whose scope cannot be understood is left out: it must not silently watch more than was meant.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::config::check::Surroundings;
use crate::config::check::values::{currency, percent_of_any_size, span, unit};
use crate::config::raw::Raw;
use crate::config::sheet::{Findings, Sheet};
use crate::domain::account::AccountId;
use crate::domain::alert::{Condition, Repeat};
use crate::domain::coin::Holding;
use crate::domain::ids::{KeyId, ModelId, ProjectId, Symbol};
use crate::domain::money::{Currency, Money};
use crate::domain::period::Unit;
use crate::domain::policy::{Budget, ForecastNotice, Metric, MetricRule};

/// The budgets that can be kept.
pub(super) fn budgets<'a>(
    root: &mut Sheet<'a>,
    findings: &mut Findings<'a>,
    surroundings: &Surroundings<'_>,
    general: Currency,
) -> Vec<Budget> {
    let mut names = BTreeSet::new();
    let mut budgets = Vec::new();
    for mut sheet in root.list(findings, "budget") {
        let budget = budget(&mut sheet, findings, surroundings, general);
        sheet.finish(findings);
        budgets.extend(budget.map(|budget| Budget {
            name: unique(budget.name, &mut names),
            ..budget
        }));
    }
    budgets
}

/// A name that no other has: alerts are told apart by it.
fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name} ({number})"));
    let free = std::iter::once(name.clone())
        .chain(numbered)
        .find(|candidate| !taken.contains(candidate))
        .unwrap_or(name);
    taken.insert(free.clone());
    free
}

fn budget<'a>(
    sheet: &mut Sheet<'a>,
    findings: &mut Findings<'a>,
    surroundings: &Surroundings<'_>,
    general: Currency,
) -> Option<Budget> {
    let account = sheet.take(findings, ("account", ""), |raw, _| {
        known_account(raw.string()?, surroundings)
    });
    let [key, model, project] = ["key", "model", "project"]
        .map(|part| sheet.take(findings, (part, ""), |raw, _| raw.name()));
    let period = sheet.take(findings, ("period", r#""month""#), |raw, _| unit(raw));
    let amount = sheet.take(findings, ("amount", ""), |raw, _| positive(raw));
    let general_text = format!("\"{general}\"");
    let currency = sheet.take(findings, ("currency", &general_text), |raw, _| {
        currency(raw)
    });
    let (notify_at, forecast) = sheet
        .take(findings, ("notify_at", "[50, 80, 100]"), notices)
        .unwrap_or_else(|| {
            (
                [50, 80, 100].map(Decimal::from).to_vec(),
                ForecastNotice::Off,
            )
        });
    let read = [
        ("account", account.is_some()),
        ("key", key.is_some()),
        ("model", model.is_some()),
        ("project", project.is_some()),
        ("period", period.is_some()),
        ("currency", currency.is_some()),
    ];
    let misread = read.iter().find(|(part, read)| !read && sheet.has(part));
    let missing = misread.map_or("amount", |(part, _)| part);
    let (Some(amount), None) = (amount, misread) else {
        let fault = format!("without a good `{missing}` this is no budget, so it is left out.");
        findings.warn(sheet.name(), sheet.line_of(findings, missing), fault);
        return None;
    };
    let period = period.unwrap_or(Unit::Month);
    let scope = [
        account.as_ref().map(ToString::to_string),
        key.clone(),
        model.clone(),
        project.clone(),
    ];
    Some(Budget {
        name: budget_name(scope, period),
        account,
        key: key.map(KeyId::new),
        model: model.map(ModelId::new),
        project: project.map(|project| folder(&project, surroundings)),
        period,
        amount: Money::new(amount, currency.unwrap_or(general)),
        notify_at,
        forecast,
    })
}

/// A project as the logs name it: a folder with the home written out.
fn folder(project: &str, surroundings: &Surroundings<'_>) -> ProjectId {
    if project.starts_with("~/") {
        ProjectId::new(surroundings.path(project).to_string_lossy())
    } else {
        ProjectId::from(project)
    }
}

/// `openai month`, `all month`.
fn budget_name(scope: [Option<String>; 4], period: Unit) -> String {
    let parts: Vec<String> = scope.into_iter().flatten().collect();
    let scope = if parts.is_empty() {
        "all".to_owned()
    } else {
        parts.join(" ")
    };
    format!("{scope} {}", period.name())
}

fn known_account(text: &str, surroundings: &Surroundings<'_>) -> Result<AccountId, String> {
    let account = AccountId::parse(text);
    match surroundings.provider(account.provider().as_str()) {
        Some(_) => Ok(account),
        None => Err(surroundings.unknown_provider(account.provider().as_str())),
    }
}

fn positive(raw: &Raw<'_>) -> Result<Decimal, String> {
    match raw.decimal()? {
        amount if amount > Decimal::ZERO => Ok(amount),
        _ => Err("it must be above 0".to_owned()),
    }
}

/// Percentages in rising order, and `"forecast"`.
fn notices<'a>(
    raw: &Raw<'a>,
    findings: &Findings<'a>,
) -> Result<(Vec<Decimal>, ForecastNotice), String> {
    let mut percentages = Vec::new();
    let mut forecast = ForecastNotice::Off;
    for element in raw.elements(findings) {
        if element.string() == Ok("forecast") {
            forecast = ForecastNotice::On;
        } else {
            percentages.push(percent_of_any_size(&element)?);
        }
    }
    percentages.sort();
    percentages.dedup();
    Ok((percentages, forecast))
}

/// The rules that can be judged.
pub(super) fn alerts<'a>(
    root: &mut Sheet<'a>,
    findings: &mut Findings<'a>,
    surroundings: &Surroundings<'_>,
) -> Vec<MetricRule> {
    let mut rules = Vec::new();
    for mut sheet in root.list(findings, "alert") {
        rules.extend(alert(&mut sheet, findings, surroundings));
        sheet.finish(findings);
    }
    rules
}

fn alert<'a>(
    sheet: &mut Sheet<'a>,
    findings: &mut Findings<'a>,
    surroundings: &Surroundings<'_>,
) -> Option<MetricRule> {
    let metric = sheet.take(findings, ("metric", ""), |raw, _| {
        metric(raw.string()?, surroundings)
    });
    let [below, above] =
        ["below", "above"].map(|key| sheet.take(findings, (key, ""), |raw, _| raw.decimal()));
    let every = sheet.take(findings, ("every", ""), |raw, _| span(raw));
    let written = (sheet.has("below"), sheet.has("above"));
    let fault = match (sheet.has("metric"), written) {
        (false, _) => Some("it names no `metric`"),
        (true, (true, true)) => Some("it has both `below` and `above`; write two rules"),
        (true, (false, false)) => Some("it needs `below` or `above`"),
        _ => None,
    };
    if let Some(fault) = fault {
        let line = sheet.line_of(findings, "metric");
        findings.warn(
            sheet.name(),
            line,
            format!("{fault}; this rule is left out."),
        );
        return None;
    }
    let condition = match (below, above) {
        (Some(threshold), _) => Condition::AtMost(threshold),
        (None, threshold) => Condition::AtLeast(threshold?),
    };
    Some(MetricRule {
        metric: metric?,
        condition,
        repeat: every.map_or(Repeat::Once, Repeat::Every),
    })
}

fn metric(text: &str, surroundings: &Surroundings<'_>) -> Result<Metric, String> {
    let symbol = |symbol: &str| symbol.to_ascii_uppercase();
    let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    if let Some((account, name)) = text.split_once(".balance.")
        && let Some(name) = named(name)
    {
        return Ok(Metric::Balance(known_account(account, surroundings)?, name));
    }
    if let Some((account, name)) = text.split_once(".window.")
        && let Some(name) = named(name)
    {
        return Ok(Metric::Window(known_account(account, surroundings)?, name));
    }
    if let Some((account, unit)) = text.split_once(".spend.") {
        let unit = match unit {
            "today" | "day" => Unit::Day,
            "week" => Unit::Week,
            "month" => Unit::Month,
            _ => return Err("spend is known for `today`, `week` and `month`".to_owned()),
        };
        return Ok(Metric::Spend(known_account(account, surroundings)?, unit));
    }
    match text.rsplit_once('.') {
        Some((coin, "price")) if !coin.is_empty() => Ok(Metric::Price(symbol(coin))),
        Some((coin, "change_24h")) if !coin.is_empty() => Ok(Metric::Change24h(symbol(coin))),
        _ => Err(format!(
            "`{text}` names no figure; write <account>.balance.<name>, <account>.window.<name>, <account>.spend.today, <symbol>.price or <symbol>.change_24h"
        )),
    }
}

/// The coins the user holds.
pub(super) fn holdings<'a>(root: &mut Sheet<'a>, findings: &mut Findings<'a>) -> Vec<Holding> {
    let mut holdings = Vec::new();
    for mut sheet in root.list(findings, "holding") {
        let symbol = sheet.take(findings, ("symbol", ""), |raw, _| raw.name());
        let amount = sheet.take(findings, ("amount", ""), |raw, _| positive(raw));
        if let (Some(symbol), Some(amount)) = (symbol, amount) {
            holdings.push(Holding {
                symbol: Symbol::new(symbol.to_ascii_uppercase()),
                amount,
            });
        } else {
            let fault = "a holding needs a `symbol` and an `amount`, so it is left out.";
            findings.warn(sheet.name(), sheet.line_of(findings, "symbol"), fault);
        }
        sheet.finish(findings);
    }
    holdings
}

#[cfg(test)]
mod tests {
    use crate::config::check::tests::load;

    #[test]
    fn a_budgets_project_may_begin_with_the_home() {
        let text = "[[budget]]\nproject = \"~/work/alpha\"\namount = 5\n";
        let config = load(text).config;
        let project = config
            .policy
            .budgets
            .first()
            .and_then(|each| each.project.clone());
        assert_eq!(project, Some("/home/me/work/alpha".into()));
    }
}
