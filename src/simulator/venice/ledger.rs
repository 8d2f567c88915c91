//! The ledger: every request priced and charged in the vendor's order, with purchases and refunds between.
//!
//! Balance, history, analytics and keys are all read from its rows, so that they cannot disagree.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::simulator::demo::World;
use crate::simulator::venice::catalogue::{Caller, Meter, Model, Part, VIDEO};
use crate::simulator::venice::epoch_start;
use crate::simulator::venice::traffic::{self, Draft};

/// The DIEM granted each day.
pub(super) const ALLOCATION: Decimal = Decimal::from_parts(50, 0, 0, false, 0);

/// What was there before the first row, in dollars.
const OPENING_USD: i64 = 12;
const OPENING_BUNDLED: i64 = 10;

/// Purchases: how many days before the start, of what, how much.
const PURCHASES: [(i64, Purse, i64); 3] = [
    (20, Purse::Usd, 20),
    (9, Purse::Usd, 20),
    (6, Purse::Bundled, 30),
];

/// How long after a failed video its price is given back.
const REFUND_AFTER: TimeDelta = TimeDelta::minutes(2);

/// What is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purse {
    /// The daily allocation.
    Diem,
    /// The subscription's credits.
    Bundled,
    /// Prepaid dollars.
    Usd,
}

impl Purse {
    /// The code in the ledger.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Diem => "DIEM",
            Self::Bundled => "BUNDLED_CREDITS",
            Self::Usd => "USD",
        }
    }
}

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// When.
    pub(super) at: DateTime<Utc>,
    /// What was billed.
    pub(super) sku: String,
    /// Dollars a unit.
    pub(super) price: Decimal,
    /// How many: millions of tokens, or pieces.
    pub(super) units: Decimal,
    /// Negative: spent.
    pub(super) amount: Decimal,
    /// From where.
    pub(super) purse: Purse,
    /// The vendor's remark.
    pub(super) notes: &'static str,
    /// The request it belongs to. `None`: no tokens were counted.
    pub(super) request: Option<Request>,
    /// Who spent it on what. `None`: a purchase or a refund.
    pub(super) origin: Option<Origin>,
}

/// The request of a row.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Its id.
    pub(super) id: String,
    /// Tokens read.
    pub(super) prompt: u64,
    /// Tokens written. `None`: the model writes none.
    pub(super) completion: Option<u64>,
    /// How long it took.
    pub(super) milliseconds: u64,
}

/// Who spent on what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    /// The key.
    pub(super) caller: &'static Caller,
    /// The model.
    pub(super) model: &'static Model,
    /// The part of the request.
    pub(super) part: Part,
}

/// The rows up to an instant.
#[derive(Debug)]
pub(crate) struct Ledger {
    opening: Arc<Vec<Row>>,
    since: Vec<Row>,
    purses: Purses,
    until: DateTime<Utc>,
}

impl Ledger {
    /// The ledger at the start.
    pub(crate) fn opening(seed: u64, started_at: DateTime<Utc>) -> Self {
        let mut purses = Purses::new(started_at - TimeDelta::days(traffic::DAYS_BEFORE));
        let mut rows = Vec::new();
        let mut purchases = PURCHASES
            .map(|(days_ago, purse, dollars)| {
                let at = epoch_start(started_at) - TimeDelta::days(days_ago) + TimeDelta::hours(9);
                purchase(at, purse, dollars)
            })
            .into_iter()
            .peekable();
        for draft in traffic::before(seed, started_at) {
            while let Some(row) = purchases.next_if(|row| row.at <= draft.at) {
                purses.add(row.purse, row.amount);
                rows.push(row);
            }
            let billed = purses.charge(&draft);
            rows.extend(refund(&draft, &billed, started_at).inspect(|row| {
                purses.add(row.purse, row.amount);
            }));
            rows.extend(billed);
        }
        rows.sort_by_key(|row| row.at);
        Self {
            opening: Arc::new(rows),
            since: Vec::new(),
            purses,
            until: started_at,
        }
    }

    /// The ledger at another instant.
    pub(crate) fn until(&self, world: &World, now: DateTime<Utc>) -> Self {
        let mut purses = self.purses.clone();
        let since = traffic::since(world, now)
            .iter()
            .flat_map(|draft| purses.charge(draft))
            .collect();
        Self {
            opening: Arc::clone(&self.opening),
            since,
            purses,
            until: now,
        }
    }

    /// Every row, oldest first.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.opening
            .iter()
            .chain(&self.since)
            .take_while(|row| row.at <= self.until)
    }

    /// The sum of a purse's rows since an instant; refunds and purchases count as they stand.
    pub(super) fn sum(&self, purse: Purse, since: DateTime<Utc>) -> Decimal {
        self.rows()
            .filter(|row| row.purse == purse && row.at >= since)
            .map(|row| row.amount)
            .sum()
    }

    /// What is left of dollars or bundled credits.
    pub(super) fn left(&self, purse: Purse) -> Decimal {
        let opening = match purse {
            Purse::Diem => 0,
            Purse::Bundled => OPENING_BUNDLED,
            Purse::Usd => OPENING_USD,
        };
        Decimal::from(opening) + self.sum(purse, DateTime::UNIX_EPOCH)
    }
}

/// What is left in each purse while requests are charged.
#[derive(Debug, Clone)]
struct Purses {
    day: NaiveDate,
    diem: Decimal,
    bundled: Decimal,
    usd: Decimal,
}

impl Purses {
    fn new(at: DateTime<Utc>) -> Self {
        Self {
            day: at.date_naive(),
            diem: ALLOCATION,
            bundled: Decimal::from(OPENING_BUNDLED),
            usd: Decimal::from(OPENING_USD),
        }
    }

    fn add(&mut self, purse: Purse, amount: Decimal) {
        let left = match purse {
            Purse::Diem => &mut self.diem,
            Purse::Bundled => &mut self.bundled,
            Purse::Usd => &mut self.usd,
        };
        *left += amount;
    }

    /// Bills a request wholly in the first currency that has money: DIEM, then bundled credits, then dollars.
    fn charge(&mut self, draft: &Draft) -> Vec<Row> {
        if draft.at.date_naive() != self.day {
            self.day = draft.at.date_naive();
            self.diem = ALLOCATION;
        }
        let purse = if self.diem > Decimal::ZERO {
            Purse::Diem
        } else if self.bundled > Decimal::ZERO {
            Purse::Bundled
        } else {
            Purse::Usd
        };
        let rows = rows(draft, purse);
        self.add(purse, rows.iter().map(|row| row.amount).sum());
        rows
    }
}

fn rows(draft: &Draft, purse: Purse) -> Vec<Row> {
    let parts = match draft.model.meter {
        Meter::Pieces { .. } => vec![(Part::Piece, Decimal::from(draft.prompt))],
        Meter::Tokens { .. } => [
            (Part::Input, draft.prompt - draft.cached),
            (Part::CacheRead, draft.cached),
            (Part::Output, draft.completion),
        ]
        .into_iter()
        .filter(|(_, tokens)| *tokens > 0)
        .map(|(part, tokens)| (part, millions(tokens)))
        .collect(),
    };
    parts
        .into_iter()
        .map(|(part, units)| row(draft, purse, part, units))
        .collect()
}

fn row(draft: &Draft, purse: Purse, part: Part, units: Decimal) -> Row {
    let price = draft.model.price(part);
    Row {
        at: draft.at,
        sku: draft.model.sku(part),
        price,
        units,
        amount: -(price * units),
        purse,
        notes: if draft.caller.id.is_some() {
            "API Inference"
        } else {
            "Venice Chat"
        },
        request: (part != Part::Piece).then(|| Request {
            id: format!("chatcmpl-{:016x}", draft.mark),
            prompt: draft.prompt,
            completion: (draft.completion > 0).then_some(draft.completion),
            milliseconds: 400 + draft.completion * 12,
        }),
        origin: Some(Origin {
            caller: draft.caller,
            model: draft.model,
            part,
        }),
    }
}

fn purchase(at: DateTime<Utc>, purse: Purse, dollars: i64) -> Row {
    Row {
        at,
        sku: "credit-purchase".to_owned(),
        price: Decimal::ONE,
        units: Decimal::from(dollars),
        amount: Decimal::from(dollars),
        purse,
        notes: if purse == Purse::Bundled {
            "Subscription credits"
        } else {
            "Credit purchase"
        },
        request: None,
        origin: None,
    }
}

/// One video in four fails and is given back, on the same day and to the same purse.
fn refund(draft: &Draft, billed: &[Row], started_at: DateTime<Utc>) -> Option<Row> {
    let at = draft.at + REFUND_AFTER;
    let fails = draft.model.id == VIDEO.id && draft.mark.is_multiple_of(4);
    if !fails || at > started_at || at.date_naive() != draft.at.date_naive() {
        return None;
    }
    let row = billed.first()?;
    Some(Row {
        at,
        amount: -row.amount,
        notes: "Refund",
        request: None,
        origin: None,
        ..row.clone()
    })
}

fn millions(tokens: u64) -> Decimal {
    Decimal::from_i128_with_scale(i128::from(tokens), 6)
}
