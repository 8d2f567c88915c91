//! Usage over time: pieces of usage, from the ledger and from agents' logs alike, summed by day, week, month, session or
//! five-hour window, and by whom they are asked for.
//!
//! Money of different currencies or basis is never added. Where an account's usage is not known for the whole of a row,
//! the row says so.

pub mod agents;
mod building;
mod group;
mod reach;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::domain::zone::Zone;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::analysis::digest::SumReach;
use crate::analysis::session;
use crate::analysis::usage_report::building::{Building, Place};
use crate::domain::account::AccountId;
use crate::domain::ids::SessionId;
use crate::domain::period::{Span, Unit, start_of_day};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{SlotWidth, Spend, UsageSlot};

pub use group::{By, Group, Part};
pub use reach::Known;

/// Over what rows sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// A day, week or month of the zone.
    Calendar(Unit),
    /// An agent's session, by its id.
    Session,
    /// A five-hour window of an agent.
    Block,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Over what rows sum.
    pub grain: Grain,
    /// By whom, besides time.
    pub by: Vec<By>,
    /// The first day. `None`: as far back as is known.
    pub since: Option<NaiveDate>,
    /// The last day, inclusive. `None`: up to now.
    pub until: Option<NaiveDate>,
    /// The zone that cuts days.
    pub zone: Zone,
    /// The instant.
    pub now: DateTime<Utc>,
}

/// A piece of usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The agent's session. `None`: not told, or no agent.
    pub session: Option<SessionId>,
    /// The five-hour window it falls in. `None`: no agent.
    pub window: Option<Span>,
    /// Its first instant.
    pub first_at: DateTime<Utc>,
    /// Its last instant.
    pub last_at: DateTime<Utc>,
    /// What was used, when and by whom.
    pub slot: UsageSlot,
}

impl From<UsageSlot> for Piece {
    fn from(slot: UsageSlot) -> Self {
        Self {
            session: None,
            window: None,
            first_at: slot.start,
            last_at: slot.start,
            slot,
        }
    }
}

/// An account's usage, and how much of it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Whose it is.
    pub account: AccountId,
    /// What people read.
    pub label: String,
    /// The usage.
    pub pieces: Vec<Piece>,
    /// From when to when it is known.
    pub known: Known,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was asked; what a grain cannot do without is among `by`.
    pub question: Question,
    /// Oldest first.
    pub rows: Vec<Row>,
    /// The sum of all rows.
    pub totals: Sum,
    /// What of that which was asked is missing, one sentence each.
    pub missing: Vec<String>,
    /// Why rows at the edge of what is known are lower bounds although nothing that was asked is missing.
    pub edges: Vec<String>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When.
    pub time: RowTime,
    /// By whom.
    pub group: Group,
    /// How much.
    pub sum: Sum,
    /// Its first and last use, inclusive; of vendors the starts of their slots.
    pub used: Span,
}

/// A row's time. Ends are exclusive but for a session's, which is its last response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowTime {
    /// Days of the zone.
    Days {
        /// The first.
        first: NaiveDate,
        /// The first one after.
        end: NaiveDate,
    },
    /// Instants.
    Instants {
        /// The first.
        from: DateTime<Utc>,
        /// The end.
        until: DateTime<Utc>,
    },
}

/// What was added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The tokens. `None`: nobody told them.
    pub tokens: Option<TokenCounts>,
    /// The requests. `None`: nobody told them.
    pub requests: Option<u64>,
    /// The money; models without a price are named in it.
    pub spend: Spend,
    /// Whether the money is all there is.
    pub reach: SumReach,
}

impl Default for Sum {
    fn default() -> Self {
        Self {
            tokens: None,
            requests: None,
            spend: Spend::default(),
            reach: SumReach::Whole,
        }
    }
}

impl Sum {
    fn add(&mut self, slot: &UsageSlot) {
        self.spend.merge(&slot.spend);
        if let Some(tokens) = &slot.tokens {
            self.tokens.get_or_insert_default().add(tokens);
        }
        if let Some(more) = slot.requests {
            let requests = self.requests.get_or_insert(0);
            *requests = requests.saturating_add(more);
        }
        if !slot.spend.unpriced.is_empty() {
            self.reach = SumReach::LowerBound;
        }
    }
}

/// Sums the usage of accounts as asked.
#[must_use]
pub fn report(question: Question, sources: &[Source]) -> Report {
    let question = question.with_what_the_grain_needs();
    let mut rows: BTreeMap<(Place, Group), Building<'_>> = BTreeMap::new();
    let mut days = BTreeMap::new();
    for source in sources {
        for piece in &source.pieces {
            let Some(place) = question.place(piece, &mut days) else {
                continue;
            };
            let group = Group::of(&question.by, source, piece);
            let row = rows.entry((place, group)).or_default();
            row.add(source, piece);
        }
    }
    let mut rows: Vec<(Row, Vec<&Source>)> = rows
        .into_iter()
        .map(|((place, group), built)| {
            let time = place.time(&built);
            let row = Row {
                time,
                group,
                sum: built.sum,
                used: Span {
                    from: built.first_at,
                    until: built.last_at,
                },
            };
            (row, built.sources)
        })
        .filter(|(row, _)| question.wants(row))
        .collect();
    rows.sort_by(|(one, _), (other, _)| (one.time, &one.group).cmp(&(other.time, &other.group)));
    let mut totals = total(rows.iter().map(|(row, _)| row));
    let lacks = reach::mark(&question, sources, &mut rows);
    if !lacks.missing.is_empty() {
        totals.reach = SumReach::LowerBound;
    }
    Report {
        rows: rows.into_iter().map(|(row, _)| row).collect(),
        totals,
        missing: reach::sentences(&question, &lacks.missing),
        edges: reach::sentences(&question, &lacks.edges),
        question,
    }
}

fn total<'a>(rows: impl Iterator<Item = &'a Row>) -> Sum {
    let mut totals = Sum::default();
    for Row { sum, .. } in rows {
        totals.spend.merge(&sum.spend);
        if let Some(tokens) = &sum.tokens {
            totals.tokens.get_or_insert_default().add(tokens);
        }
        if let Some(more) = sum.requests {
            let requests = totals.requests.get_or_insert(0);
            *requests = requests.saturating_add(more);
        }
        totals.reach = totals.reach.and(sum.reach);
    }
    totals
}

impl Question {
    /// A session or a window is always one account's.
    fn with_what_the_grain_needs(mut self) -> Self {
        match self.grain {
            Grain::Calendar(_) => {}
            Grain::Session => self.by.extend([By::Account, By::Session]),
            Grain::Block => self.by.push(By::Account),
        }
        self.by.sort_unstable();
        self.by.dedup();
        self
    }

    /// Where a piece is counted. `None`: nowhere, because it lies outside what is asked or has no session.
    fn place(&self, piece: &Piece, days: &mut BTreeMap<NaiveDate, Span>) -> Option<Place> {
        match self.grain {
            Grain::Calendar(unit) => {
                let day = self.day_of(&piece.slot);
                if !self.holds(day, day) {
                    return None;
                }
                let (zone, start) = (self.zone, |day| start_of_day(day, self.zone));
                let span = days
                    .entry(day)
                    .or_insert_with(|| unit.around(start(day), zone));
                Some(Place::Days(self.date(span.from), self.date(span.until)))
            }
            Grain::Session => Some(Place::Session(piece.session.clone()?)),
            Grain::Block => {
                let window = piece.window?;
                Some(Place::Window(window.from, window.until))
            }
        }
    }

    /// The day a slot counts to. A vendor that reports whole days reports UTC days: such a day counts as the zone's
    /// day of the same date, because it cannot be cut.
    fn day_of(&self, slot: &UsageSlot) -> NaiveDate {
        match slot.width {
            SlotWidth::QuarterHour => self.date(slot.start),
            SlotWidth::Day => slot.start.date_naive(),
        }
    }

    fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    fn holds(&self, first: NaiveDate, last: NaiveDate) -> bool {
        self.since.is_none_or(|since| last >= since)
            && self.until.is_none_or(|until| first <= until)
    }

    /// Whether a session or window touches the days that are asked for. It is then told as a whole.
    fn wants(&self, row: &Row) -> bool {
        match row.time {
            RowTime::Days { .. } => true,
            RowTime::Instants { from, until } => {
                let last = match self.grain {
                    Grain::Block => until - TimeDelta::milliseconds(1),
                    Grain::Calendar(_) | Grain::Session => until,
                };
                self.holds(self.date(from), self.date(last))
            }
        }
    }
}

impl Row {
    /// Whether it goes on at the instant.
    #[must_use]
    pub fn is_running(&self, zone: Zone, now: DateTime<Utc>) -> bool {
        self.span(zone).contains(now)
    }

    /// How fast tokens that count against a plan were used, so many a minute. `None`: they are not told, or it was once.
    #[must_use]
    pub fn tokens_a_minute(&self) -> Option<Decimal> {
        let tokens = self.sum.tokens?;
        let tokens = tokens.input.saturating_add(tokens.output);
        session::tokens_a_minute(tokens, self.used.from, self.used.until)
    }

    /// Its instants.
    #[must_use]
    pub fn span(&self, zone: Zone) -> Span {
        match self.time {
            RowTime::Days { first, end } => Span {
                from: start_of_day(first, zone),
                until: start_of_day(end, zone),
            },
            RowTime::Instants { from, until } => Span { from, until },
        }
    }
}
