//! `usage --csv`: a report as RFC 4180 has it, but for line ends, which are those of the system's other tools. Pure.
//!
//! One line a row; each currency and basis has a column of its own behind all others: `usd_estimated`. An empty cell is
//! unknown, never zero.

use std::collections::BTreeSet;

use crate::analysis::digest::SumReach;
use crate::analysis::usage_report::{By, Group, Part, Report, Row};
use crate::cli::status::json::decimal;
use crate::cli::usage::json::{ends, unpriced};
use crate::domain::money::Currency;
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::Basis;

type Class = fn(&TokenCounts) -> u64;

const CLASSES: [(&str, Class); 7] = [
    ("input", |tokens| tokens.input),
    ("cached_input", |tokens| tokens.cached_input),
    ("cache_write", TokenCounts::cache_writes),
    ("cache_write_5m", |tokens| tokens.cache_write_5m),
    ("cache_write_1h", |tokens| tokens.cache_write_1h),
    ("output", |tokens| tokens.output),
    ("reasoning", |tokens| tokens.reasoning),
];

/// A report as CSV, with a head.
pub(super) fn usage(report: &Report) -> String {
    let sums = report.totals.spend.iter();
    let kinds: BTreeSet<(Currency, Basis)> =
        sums.map(|(money, basis)| (money.currency, basis)).collect();
    let by = &report.question.by;
    let mut text = line(&head(by, &kinds));
    for row in &report.rows {
        text.push_str(&line(&cells(row, by, &kinds)));
    }
    text
}

fn head(by: &[By], kinds: &BTreeSet<(Currency, Basis)>) -> Vec<String> {
    let parts = by.iter().map(|part| match part {
        By::Account => "account",
        By::Project => "project",
        By::Session => "session",
        By::Key => "key",
        By::Model => "model",
    });
    let classes = CLASSES.iter().map(|(name, _)| *name);
    let fixed = ["start", "end"].into_iter().chain(parts);
    let fixed = fixed.chain(["requests"]).chain(classes);
    let fixed = fixed.chain(["unpriced", "lower_bound"]).map(str::to_owned);
    let amounts = kinds.iter().map(|(currency, basis)| {
        let basis = match basis {
            Basis::Billed => "billed",
            Basis::Metered => "metered",
            Basis::Estimated => "estimated",
        };
        format!("{}_{basis}", currency.code().to_ascii_lowercase())
    });
    fixed.chain(amounts).collect()
}

fn cells(row: &Row, by: &[By], kinds: &BTreeSet<(Currency, Basis)>) -> Vec<String> {
    let (start, end) = ends(row);
    let sum = &row.sum;
    let count = |count: Option<u64>| count.map_or_else(String::new, |count| count.to_string());
    let classes = CLASSES
        .iter()
        .map(|(_, class)| count(sum.tokens.as_ref().map(class)));
    let names: Vec<&str> = unpriced(sum).collect();
    let is_lower_bound = sum.reach == SumReach::LowerBound;
    let amounts = kinds.iter().map(|(currency, basis)| {
        let amount = sum.spend.get(*currency, *basis);
        amount.map_or_else(String::new, decimal)
    });
    let parts = by.iter().map(|part| told(&row.group, *part));
    let counts = [count(sum.requests)].into_iter().chain(classes);
    let marks = [names.join(" "), is_lower_bound.to_string()];
    let cells = [start, end].into_iter().chain(parts).chain(counts);
    cells.chain(marks).chain(amounts).collect()
}

fn told(group: &Group, part: By) -> String {
    fn text<T: ToString>(part: &Part<T>) -> String {
        part.known().map_or_else(String::new, ToString::to_string)
    }
    match part {
        By::Account => text(&group.account),
        By::Project => text(&group.project),
        By::Session => text(&group.session),
        By::Key => text(&group.key),
        By::Model => text(&group.model),
    }
}

/// Cells as a line; those with a comma, a quote or a line break are quoted.
fn line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| {
        let is_plain = !cell.contains([',', '"', '\n', '\r']) && cell.trim() == cell;
        if is_plain {
            cell.clone()
        } else {
            format!("\"{}\"", cell.replace('"', "\"\""))
        }
    });
    let quoted: Vec<String> = quoted.collect();
    quoted.join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_need_it_are_quoted() {
        let cells = ["plain", "a,b", "say \"x\"", "two\nlines", "", " blank"].map(str::to_owned);
        insta::assert_snapshot!(line(&cells), @r#"
        plain,"a,b","say ""x""","two
        lines",," blank"
        "#);
    }
}
