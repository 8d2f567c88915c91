//! `billing/usage-history`: the walk over Venice's ledger, page by page.
//!
//! Rows come oldest first and have no identity. A walk that ends early still knows everything before its last row; the
//! next poll goes on there. What the rows add up to: `slots`.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use tokio::time::Instant;

use crate::domain::money::{Currency, Money};
use crate::domain::usage::{SlotRange, SlotWidth};
use crate::providers::PollError;
use crate::providers::reply::{self, Vendor};
use crate::providers::venice::sku::Sku;
use crate::providers::venice::slots;
use crate::providers::wire::{Amount, Count, Lenient, Rows, Told};

const PATH: &str = "billing/usage-history";
const WHAT: &str = "Venice's answer to `billing/usage-history`";
/// The most that Venice allows.
const PAGE_SIZE: &str = "1000";
const MOST_PAGES: usize = 50;
/// A poll has two minutes in all; a walk over more is continued by the next poll.
const LONGEST_WALK: Duration = Duration::from_secs(45);

/// How far Venice's clock may be ahead of ours.
const FUTURE: TimeDelta = TimeDelta::days(1);

/// One charge or refund; top-ups are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) at: DateTime<Utc>,
    pub(super) sku: String,
    /// What it cost; negative for a refund. `None`: not told.
    pub(super) cost: Option<Money>,
    /// How many of what the SKU counts; millions of tokens where it counts these.
    pub(super) units: Option<Decimal>,
    pub(super) via: Via,
    pub(super) request: Option<Inference>,
}

/// Which way a charge came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    /// An API key.
    Api,
    /// Venice's own web application.
    WebApp,
    /// A refund, or not told.
    Other,
}

/// What every row of one request repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inference {
    pub(super) id: String,
    /// Cached ones included.
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
}

/// The rows of a walk and how it ended.
#[derive(Debug, Default)]
pub(super) struct Walk {
    entries: Vec<Entry>,
    unreadable: usize,
    /// Why it ended before the last page.
    stopped: Option<String>,
}

/// The cursor ran out: what was read so far does not count.
struct CursorExpired;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Page {
    data: Rows<Row>,
    next_cursor: Told<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Row {
    timestamp: Lenient<DateTime<Utc>>,
    sku: Lenient<String>,
    units: Amount,
    amount: Amount,
    currency: Lenient<String>,
    notes: Lenient<String>,
    inference_details: Lenient<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    request_id: Lenient<String>,
    prompt_tokens: Count,
    completion_tokens: Count,
}

/// Reads the ledger from `start` on; begins anew once when its cursor runs out.
pub(super) async fn walk(vendor: Vendor<'_>, start: DateTime<Utc>) -> Walk {
    for _ in 0..2 {
        if let Ok(mut walk) = walk_once(vendor, start).await {
            // A row from the far future would claim all time until then.
            let end = vendor.cx.now + FUTURE;
            walk.entries
                .retain(|entry| (start..end).contains(&entry.at));
            return walk;
        }
    }
    Walk {
        stopped: Some("its cursor ran out twice".to_owned()),
        ..Walk::default()
    }
}

async fn walk_once(vendor: Vendor<'_>, start: DateTime<Utc>) -> Result<Walk, CursorExpired> {
    let deadline = Instant::now() + LONGEST_WALK;
    let mut walk = Walk::default();
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = tokio::time::timeout_at(deadline, page(vendor, start, cursor.as_deref())).await;
        let next = match page {
            Ok(Ok((entries, unreadable, next))) => {
                walk.entries.extend(entries);
                walk.unreadable += unreadable;
                next
            }
            Ok(Err(PollError::Refused { status: 400, .. })) if cursor.is_some() => {
                return Err(CursorExpired);
            }
            Ok(Err(error)) => return Ok(walk.stop(error.reason())),
            Err(_) => return Ok(walk.stop("it takes too long for one poll".to_owned())),
        };
        cursor = match next {
            Told::Null => return Ok(walk),
            Told::Nothing => {
                return Ok(walk.stop("it does not say whether more follows".to_owned()));
            }
            Told::Value(next) if next.is_empty() => return Ok(walk),
            Told::Value(next) if cursor.as_ref() == Some(&next) => {
                return Ok(walk.stop("its cursor does not move on".to_owned()));
            }
            Told::Value(next) => Some(next),
        };
    }
    Ok(walk.stop(format!("it has more than {MOST_PAGES} pages")))
}

/// A page's entries, how many rows could not be read, and the cursor of the next.
type PageRead = (Vec<Entry>, usize, Told<String>);

async fn page(
    vendor: Vendor<'_>,
    start: DateTime<Utc>,
    cursor: Option<&str>,
) -> Result<PageRead, PollError> {
    let request = vendor.request(PATH)?;
    // Venice refuses a cursor in any company.
    let request = match cursor {
        Some(cursor) => request.query("cursor", cursor),
        None => request
            .query(
                "startTimestamp",
                start.to_rfc3339_opts(SecondsFormat::Millis, true),
            )
            .query("pageSize", PAGE_SIZE),
    };
    let reply = vendor.get(&request).await?;
    let page: Page = reply::object(&reply, WHAT)?;
    let Some(rows) = page.data.rows else {
        return Err(PollError::Malformed(format!("{WHAT} has no `data`")));
    };
    let told = rows.len();
    let dated: Vec<(DateTime<Utc>, Row)> = rows
        .into_iter()
        .filter_map(|row| Some((row.timestamp.0?, row)))
        .collect();
    let unreadable = page.data.unreadable + told - dated.len();
    let entries = dated
        .into_iter()
        .filter_map(|(at, row)| row.entry(at))
        .collect();
    Ok((entries, unreadable, page.next_cursor))
}

impl Row {
    fn entry(self, at: DateTime<Utc>) -> Option<Entry> {
        let sku = self.sku.0.unwrap_or_default();
        if Sku(&sku).is_purchase() {
            return None;
        }
        // Venice writes what is spent as negative.
        let cost = self
            .amount
            .0
            .zip(self.currency.0.as_deref().and_then(currency))
            .map(|(amount, currency)| Money::new(Decimal::ZERO - amount, currency));
        let refunded = cost.is_some_and(|cost| cost.amount < Decimal::ZERO);
        let via = match self.notes.0.as_deref() {
            Some("API Inference" | "LLM Inference") => Via::Api,
            Some(notes) if !notes.is_empty() && !refunded => Via::WebApp,
            _ => Via::Other,
        };
        Some(Entry {
            at,
            sku,
            cost,
            units: self.units.0,
            via,
            request: self.inference_details.0.and_then(Details::inference),
        })
    }
}

impl Details {
    fn inference(self) -> Option<Inference> {
        Some(Inference {
            id: self.request_id.0.filter(|id| !id.is_empty())?,
            prompt_tokens: self.prompt_tokens.0,
            completion_tokens: self.completion_tokens.0,
        })
    }
}

fn currency(code: &str) -> Option<Currency> {
    match code {
        // The old name.
        "VCU" => Some(Currency::DIEM),
        _ => Currency::new(code).ok(),
    }
}

impl Walk {
    fn stop(mut self, why: String) -> Self {
        self.stopped = Some(why);
        self
    }

    /// What did not come, in a sentence. `None`: everything came.
    pub(super) fn missing(&self) -> Option<String> {
        if let Some(why) = &self.stopped {
            return Some(format!("The usage history is incomplete: {why}."));
        }
        (self.unreadable > 0).then(|| {
            format!(
                "{} rows of the usage history could not be read.",
                self.unreadable
            )
        })
    }

    /// The end of what is known for sure, exclusive. `None`: nothing is.
    fn known_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let last = self.entries.iter().map(|entry| entry.at).max();
        if self.stopped.is_some() {
            // More rows of the last slot may be on the page that did not come.
            return last.map(|last| SlotWidth::QuarterHour.start_of(last));
        }
        let after_last = last.and_then(|last| last.checked_add_signed(TimeDelta::milliseconds(1)));
        Some(after_last.map_or(now, |after_last| after_last.max(now)))
    }

    /// Where the next walk starts: behind what is known for sure, else again `overlap` before the last row, because
    /// Venice books some rows late.
    pub(super) fn next_start(
        &self,
        start: DateTime<Utc>,
        now: DateTime<Utc>,
        overlap: TimeDelta,
    ) -> DateTime<Utc> {
        let next = if self.stopped.is_some() {
            self.known_until(now)
        } else {
            let last = self.entries.iter().map(|entry| entry.at).max();
            last.and_then(|last| last.min(now).checked_sub_signed(overlap))
        };
        next.map_or(start, |next| next.max(start))
    }

    /// The usage of the walked span. `None`: nothing of it is known for sure.
    pub(super) fn range(&self, start: DateTime<Utc>, now: DateTime<Utc>) -> Option<SlotRange> {
        let until = self.known_until(now).filter(|until| *until > start)?;
        let known = self.entries.iter().filter(|entry| entry.at < until);
        Some(SlotRange {
            from: start,
            until,
            slots: slots::sum(known),
        })
    }
}
