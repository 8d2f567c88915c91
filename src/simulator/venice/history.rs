//! `/billing/usage-history`: the ledger page by page, by a cursor that suffers no company and does not last.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::simulator::call::{Call, Reply, instant, number};
use crate::simulator::venice::invalid;
use crate::simulator::venice::ledger::Row;

const PARAMETERS: [&str; 5] = [
    "currency",
    "startTimestamp",
    "endTimestamp",
    "pageSize",
    "cursor",
];
const CURRENCIES: [&str; 4] = ["USD", "DIEM", "BUNDLED_CREDITS", "EARNED_CREDITS"];
const LARGEST_PAGE: usize = 1000;
const SMALLEST_PAGE: usize = 10;
const LONGEST_TIMESTAMP: usize = 40;

/// How long a cursor lasts; the vendor does not say.
const CURSOR_LASTS: TimeDelta = TimeDelta::minutes(10);

/// A walk over the ledger and how far it got.
struct Walk {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    currency: Option<String>,
    page_size: usize,
    offset: usize,
}

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let walk = match call.parameter("cursor") {
        None => first_page(call),
        Some(cursor) => next_page(call, cursor),
    };
    walk.map_or_else(|refusal| refusal, |walk| page(call, walk))
}

fn first_page(call: &Call<'_>) -> Result<Walk, Reply> {
    if let Some(unknown) = call.unknown_parameter(&PARAMETERS) {
        return Err(invalid(unknown, "Unrecognized key(s) in object"));
    }
    let currency = call.parameter("currency").map(str::to_owned);
    if currency
        .as_ref()
        .is_some_and(|code| !CURRENCIES.contains(&code.as_str()))
    {
        return Err(invalid("currency", "Invalid enum value"));
    }
    let from = timestamp(call, "startTimestamp")?.unwrap_or(DateTime::UNIX_EPOCH);
    let until = timestamp(call, "endTimestamp")?;
    if until.is_some_and(|until| until <= from) {
        return Err(invalid("endTimestamp", "Must be after startTimestamp"));
    }
    Ok(Walk {
        from,
        // Rows of later instants would shift nothing, but a walk shall end where it began.
        until: until.unwrap_or(call.now + TimeDelta::milliseconds(1)),
        currency,
        page_size: page_size(call)?,
        offset: 0,
    })
}

fn page_size(call: &Call<'_>) -> Result<usize, Reply> {
    let Some(text) = call.parameter("pageSize") else {
        return Ok(LARGEST_PAGE);
    };
    match text.parse::<usize>() {
        Ok(size) if size > LARGEST_PAGE => Err(invalid(
            "pageSize",
            "Number must be less than or equal to 1000",
        )),
        Ok(size) if size < SMALLEST_PAGE => Err(invalid(
            "pageSize",
            "Number must be greater than or equal to 10",
        )),
        Ok(size) => Ok(size),
        Err(_) => Err(invalid("pageSize", "Expected number, received nan")),
    }
}

fn timestamp(call: &Call<'_>, name: &str) -> Result<Option<DateTime<Utc>>, Reply> {
    let Some(text) = call.parameter(name) else {
        return Ok(None);
    };
    let fits = text.len() <= LONGEST_TIMESTAMP && text.ends_with('Z');
    text.parse()
        .ok()
        .filter(|_| fits)
        .map(Some)
        .ok_or_else(|| invalid(name, "Invalid datetime"))
}

fn next_page(call: &Call<'_>, cursor: &str) -> Result<Walk, Reply> {
    if let Some(companion) = call.unknown_parameter(&["cursor"]) {
        let message = "Must not be sent together with a cursor";
        return Err(invalid(companion, message));
    }
    opened(cursor, call.now).ok_or_else(|| {
        let message = "Invalid or expired cursor; restart from the first page";
        Reply::error(400, message)
    })
}

fn page(call: &Call<'_>, walk: Walk) -> Reply {
    let ledger = call.world.ledger(call.now);
    let mut rows = ledger
        .rows()
        .filter(|row| row.at >= walk.from && row.at < walk.until)
        .filter(|row| {
            walk.currency
                .as_ref()
                .is_none_or(|code| code == row.purse.code())
        })
        .skip(walk.offset);
    let data: Vec<Value> = rows.by_ref().take(walk.page_size).map(body).collect();
    let next = rows.next().map(|_| {
        let offset = walk.offset + data.len();
        sealed(&Walk { offset, ..walk }, call.now)
    });
    Reply::json(200, &json!({"data": data, "nextCursor": next}))
}

fn body(row: &Row) -> Value {
    let details = row.request.as_ref().map(|request| {
        json!({
            "requestId": request.id,
            "promptTokens": request.prompt,
            "completionTokens": request.completion,
            "inferenceExecutionTime": request.milliseconds,
        })
    });
    json!({
        "timestamp": instant(row.at),
        "sku": row.sku,
        "pricePerUnitUsd": number(row.price),
        "units": number(row.units),
        "amount": number(row.amount),
        "currency": row.purse.code(),
        "notes": row.notes,
        "inferenceDetails": details,
    })
}

/// A cursor is the walk itself, written so that nobody is tempted to read it.
fn sealed(walk: &Walk, now: DateTime<Utc>) -> String {
    let text = format!(
        "{} {} {} {} {} {}",
        now.timestamp_millis(),
        walk.from.timestamp_millis(),
        walk.until.timestamp_millis(),
        walk.page_size,
        walk.offset,
        walk.currency.as_deref().unwrap_or_default(),
    );
    text.bytes()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

fn opened(cursor: &str, now: DateTime<Utc>) -> Option<Walk> {
    let bytes: Option<Vec<u8>> = cursor
        .as_bytes()
        .chunks(2)
        .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())
        .collect();
    let text = String::from_utf8(bytes?).ok()?;
    let mut fields = text.split(' ');
    let mut time = || DateTime::from_timestamp_millis(fields.next()?.parse().ok()?);
    let (issued, from, until) = (time()?, time()?, time()?);
    let mut count = || fields.next()?.parse::<usize>().ok();
    let (page_size, offset) = (count()?, count()?);
    (now - issued <= CURSOR_LASTS).then_some(Walk {
        from,
        until,
        currency: fields
            .next()
            .filter(|code| !code.is_empty())
            .map(str::to_owned),
        page_size,
        offset,
    })
}
