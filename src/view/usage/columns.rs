//! Which columns a table of usage has, and what stands in them.

use std::collections::BTreeSet;

use crate::analysis::usage_report::{By, Grain, Group, Part, Report, Row, Sum};
use crate::domain::money::{Currency, Money};
use crate::domain::period::Unit;
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::Basis;
use crate::view::format;
use crate::view::phrase::quota::UNKNOWN;
use crate::view::phrase::spend::bounded;
use crate::view::usage::grid::{Grid, Side};
use crate::view::usage::{Names, time};

/// How counts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    /// `1,234,567`
    Whole,
    /// `1.2M`
    Short,
}

/// How much a table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    counts: Counts,
    /// The first so many of [`TOKENS`].
    tokens: usize,
}

impl Layout {
    pub(super) const fn of(counts: Counts, tokens: usize) -> Self {
        Self { counts, tokens }
    }
}

/// How fast a window was used.
const RATE: &str = "TOKENS/MIN";

type Count = fn(&Sum) -> Option<u64>;

/// The counts, the most wanted first, each with its place from the left.
const TOKENS: [(&str, usize, Count); 5] = [
    ("OUTPUT", 4, |sum| of(sum, |tokens| tokens.output)),
    ("INPUT", 1, |sum| of(sum, |tokens| tokens.input)),
    ("REQUESTS", 0, |sum| sum.requests),
    ("CACHE READ", 2, |sum| of(sum, |tokens| tokens.cached_input)),
    ("CACHE WRITE", 3, |sum| of(sum, TokenCounts::cache_writes)),
];

fn of(sum: &Sum, count: impl Fn(&TokenCounts) -> u64) -> Option<u64> {
    sum.tokens.as_ref().map(count)
}

/// The kinds of money in a table, a column each.
pub(super) struct Kinds(Vec<(Currency, Basis)>);

impl Kinds {
    pub(super) fn of(report: &Report) -> Self {
        let sums = report.totals.spend.iter();
        let kinds: BTreeSet<(Currency, Basis)> =
            sums.map(|(money, basis)| (money.currency, basis)).collect();
        Self(kinds.into_iter().collect())
    }

    pub(super) fn holds(&self, wanted: Basis) -> bool {
        self.0.iter().any(|(_, basis)| *basis == wanted)
    }

    fn names_currencies(&self) -> bool {
        let currencies: BTreeSet<Currency> = self.0.iter().map(|(currency, _)| *currency).collect();
        currencies.len() > 1
    }

    fn heads(&self) -> Vec<String> {
        let several = self.names_currencies();
        let heads = self.0.iter().map(|(currency, basis)| {
            let basis = match basis {
                Basis::Billed => "BILLED",
                Basis::Metered => "METERED",
                Basis::Estimated => "ESTIMATED",
            };
            if several {
                format!("{basis} {}", format::unit(*currency).to_uppercase())
            } else {
                basis.to_owned()
            }
        });
        match self.0.as_slice() {
            [] | [_] => vec!["COST".to_owned()],
            _ => heads.collect(),
        }
    }

    /// A sum's cells. One that has no price says so where its price would stand.
    fn cells(&self, sum: &Sum) -> Vec<String> {
        let nothing = if sum.spend.unpriced.is_empty() {
            UNKNOWN
        } else {
            "not priced"
        };
        let amounts = self.0.iter().map(|(currency, basis)| {
            let amount = sum.spend.get(*currency, *basis)?;
            let mut money = format::money(Money::new(amount, *currency));
            // What stands in the head need not stand in every cell.
            let unit = format!(" {}", format::unit(*currency));
            if self.names_currencies() && money.ends_with(&unit) {
                money.truncate(money.len() - unit.len());
            }
            let marked = match basis {
                Basis::Estimated => format!("~{money}"),
                Basis::Billed | Basis::Metered => money,
            };
            Some(bounded(&marked, sum.reach))
        });
        let amounts: Vec<Option<String>> = amounts.collect();
        if amounts.iter().all(Option::is_none) {
            let others = amounts.len().saturating_sub(1);
            let mut cells = vec![String::new(); others];
            cells.push(nothing.to_owned());
            return cells;
        }
        amounts.into_iter().map(Option::unwrap_or_default).collect()
    }
}

/// The table of a report in a layout.
pub(super) fn grid(report: &Report, names: &Names, kinds: &Kinds, layout: Layout) -> Grid {
    let mut counts: Vec<_> = TOKENS.iter().take(layout.tokens).collect();
    counts.sort_by_key(|(_, place, _)| *place);
    let by = &report.question.by;
    let parts = by.iter().map(|part| (head(*part).to_owned(), Side::Name));
    let heads = [(time_head(report), Side::Left)].into_iter().chain(parts);
    let numbers = counts.iter().map(|(name, ..)| (*name).to_owned());
    let tells_rate = report.question.grain == Grain::Block && layout.tokens > 3;
    let rate = tells_rate.then(|| RATE.to_owned());
    let numbers = numbers.chain(rate).chain(kinds.heads());
    let heads = heads.chain(numbers.map(|name| (name, Side::Right)));
    let mut grid = Grid::new(heads.collect());
    let cells = |first: String, parts: Vec<String>, (sum, rate): (&Sum, Option<String>)| {
        let counts = counts
            .iter()
            .map(|(_, _, count)| written(count(sum), layout));
        let cells = [first].into_iter().chain(parts).chain(counts);
        let cells = cells.chain(rate.filter(|_| tells_rate));
        cells.chain(kinds.cells(sum)).collect::<Vec<String>>()
    };
    let mut before = None;
    for row in &report.rows {
        let first = if before == Some(row.time) {
            String::new()
        } else {
            when(report, row)
        };
        before = Some(row.time);
        let parts = by.iter().map(|part| told(&row.group, *part, names));
        let rate = row
            .tokens_a_minute()
            .map(|rate| format::amount(rate.round()));
        let rate = rate.unwrap_or_else(|| UNKNOWN.to_owned());
        grid.row(&cells(first, parts.collect(), (&row.sum, Some(rate))));
    }
    let blank = vec![String::new(); by.len()];
    let totals = (&report.totals, Some(String::new()));
    grid.row(&cells("Total".to_owned(), blank, totals));
    grid
}

fn time_head(report: &Report) -> String {
    let head = match report.question.grain {
        Grain::Calendar(Unit::Day) => "DAY",
        Grain::Calendar(Unit::Week) => "WEEK FROM",
        Grain::Calendar(Unit::Month) => "MONTH",
        Grain::Session => "FROM – TO",
        Grain::Block => "WINDOW",
    };
    head.to_owned()
}

fn when(report: &Report, row: &Row) -> String {
    let text = time(report, &row.time);
    let (zone, now) = (report.question.zone, report.question.now);
    let runs = report.question.grain == Grain::Block && row.is_running(zone, now);
    if runs { format!("{text} (now)") } else { text }
}

const fn head(part: By) -> &'static str {
    match part {
        By::Account => "ACCOUNT",
        By::Project => "PROJECT",
        By::Session => "SESSION",
        By::Key => "KEY",
        By::Model => "MODEL",
    }
}

fn told(group: &Group, part: By, names: &Names) -> String {
    match part {
        By::Account => text(&group.account, ToString::to_string),
        By::Project => text(&group.project, |id| {
            names.projects.get(id).cloned().unwrap_or(id.to_string())
        }),
        By::Session => text(&group.session, ToString::to_string),
        By::Key => text(&group.key, |id| {
            names.keys.get(id).cloned().unwrap_or(id.to_string())
        }),
        By::Model => text(&group.model, ToString::to_string),
    }
}

fn text<T>(part: &Part<T>, name: impl Fn(&T) -> String) -> String {
    part.known().map_or_else(|| UNKNOWN.to_owned(), name)
}

fn written(count: Option<u64>, layout: Layout) -> String {
    match (count, layout.counts) {
        (None, _) => UNKNOWN.to_owned(),
        (Some(count), Counts::Whole) => format::count(count),
        (Some(count), Counts::Short) => format::count_short(count),
    }
}
