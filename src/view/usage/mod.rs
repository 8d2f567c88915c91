//! Usage over time as a table for people: numbers to the right, a total below, and what cannot be summed said in words.
//!
//! Each currency and each basis has a column of its own, so that nothing is added that must not be. Programs read JSON or
//! CSV, which are not made here.

mod columns;
mod grid;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::usage_report::{Grain, Report, RowTime};
use crate::domain::ids::{KeyId, ModelId, ProjectId};
use crate::domain::period::Unit;
use crate::domain::usage::Basis;
use crate::view::format;
use crate::view::usage::columns::{Counts, Kinds, Layout};

/// What people call keys and projects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Keys by id.
    pub keys: BTreeMap<KeyId, String>,
    /// Projects by id.
    pub projects: BTreeMap<ProjectId, String>,
}

/// So many models are named below a table.
const FEW: usize = 8;
/// Below the table words are wrapped to this, or to the terminal where that is narrower.
const WORDS: usize = 80;

/// The layouts, the fullest first; the first that fits is used.
const LAYOUTS: [Layout; 6] = [
    Layout::of(Counts::Whole, 5),
    Layout::of(Counts::Short, 5),
    Layout::of(Counts::Short, 4),
    Layout::of(Counts::Short, 3),
    Layout::of(Counts::Short, 2),
    Layout::of(Counts::Short, 0),
];

/// The table and what is to be said of it, within so many columns. `None`: as wide as it gets.
#[must_use]
pub fn usage(report: &Report, names: &Names, width: Option<usize>) -> String {
    if report.rows.is_empty() {
        return nothing(report);
    }
    let kinds = Kinds::of(report);
    let width = width.unwrap_or(usize::MAX);
    let mut grid = None;
    for layout in LAYOUTS {
        let mut tried = columns::grid(report, names, &kinds, layout);
        let fits = tried.shrink_names(width);
        grid = Some(tried);
        if fits {
            break;
        }
    }
    let mut text = grid.map(|grid| grid.text()).unwrap_or_default();
    let notes = notes(report, &kinds);
    if !notes.is_empty() {
        text.push('\n');
    }
    for note in notes {
        for line in format::wrap(&format::printable(&note), width.min(WORDS)) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

fn nothing(report: &Report) -> String {
    let question = &report.question;
    let what = match question.grain {
        Grain::Calendar(_) => "usage",
        Grain::Session => "session of a coding agent",
        Grain::Block => "five-hour window of a coding agent",
    };
    let from = question.since.map(|since| format!(" from {since}"));
    let until = question.until.map(|until| format!(" up to {until}"));
    let span = [from, until].map(Option::unwrap_or_default).concat();
    let missing = report.missing.iter();
    let missing = missing.map(|missing| format!("{missing}.\n"));
    let first = format!("No {what} is known{span}.\n");
    [first].into_iter().chain(missing).collect()
}

fn notes(report: &Report, kinds: &Kinds) -> Vec<String> {
    let mut notes = Vec::new();
    if kinds.holds(Basis::Estimated) {
        notes.push("~ estimated from tokens at list prices, not a bill.".to_owned());
    }
    let unpriced = &report.totals.spend.unpriced;
    if !unpriced.is_empty() {
        let tokens = "the tokens are counted, the cost is unknown, so sums with them are at least (≥) what is shown";
        notes.push(format!("Not priced: {}; {tokens}.", listed(unpriced)));
    }
    let lacking = report.missing.iter().chain(&report.edges);
    notes.extend(
        lacking.map(|lacking| format!("{lacking}; sums that reach further are lower bounds (≥).")),
    );
    notes
}

fn listed(models: &BTreeSet<ModelId>) -> String {
    let named: Vec<&str> = models.iter().take(FEW).map(ModelId::as_str).collect();
    match models.len().checked_sub(FEW) {
        None | Some(0) => named.join(", "),
        Some(more) => format!("{} and {more} more", named.join(", ")),
    }
}

/// When a row was, as its cell says it.
fn time(report: &Report, time: &RowTime) -> String {
    let zone = report.question.zone;
    match (time, report.question.grain) {
        (RowTime::Days { first, .. }, Grain::Calendar(Unit::Month)) => {
            first.format("%Y-%m").to_string()
        }
        (RowTime::Days { first, .. }, _) => first.to_string(),
        (RowTime::Instants { from, until }, _) => {
            let (from, until) = (from.with_timezone(&zone), until.with_timezone(&zone));
            let clock = until.format("%H:%M").to_string();
            let end = match (until.date_naive() - from.date_naive()).num_days() {
                0 => clock,
                1 => format!("{clock} +1d"),
                _ => until.format("%Y-%m-%d %H:%M").to_string(),
            };
            format!("{} – {end}", from.format("%Y-%m-%d %H:%M"))
        }
    }
}
