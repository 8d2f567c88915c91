//! What polls learned besides usage: the last figures, and the history of balances, windows and prices.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::domain::account::AccountId;
use crate::domain::ids::{BalanceName, WindowName};
use crate::domain::money::{Currency, Money};
use crate::domain::reading::{Figures, Reading};
use crate::domain::snapshot::{BalancePoint, Latest, MOST_POINTS, Since, WindowPoint};
use crate::store::cell::{self, Read, Unreadable};
use crate::store::database::{Connection, Error, Row, query};
use crate::store::packing::{packed, unpacked};
use crate::store::{cursors, figures, usage};

/// A reading that much older than the last one has lost a race against another process: no poll takes longer. Its
/// usage is kept, its figures are not. One that is older still comes from a clock that was set back, and holds.
const LATE: TimeDelta = TimeDelta::seconds(120);

/// Figures that a later poll told again are as old as that poll.
const READ_LATEST: &str = "
    SELECT COALESCE(poll_state.succeeded_at, reading.taken_at), reading.figures, reading.completeness
    FROM reading LEFT JOIN poll_state ON poll_state.account = reading.account
    WHERE reading.account = $1";

const KEEP_LATEST: &str = "
    INSERT INTO reading (account, taken_at, figures, completeness) VALUES ($1, $2, $3, $4)
    ON CONFLICT (account) DO UPDATE SET
        taken_at = excluded.taken_at, figures = excluded.figures, completeness = excluded.completeness
    WHERE reading.figures <> excluded.figures OR reading.completeness <> excluded.completeness";

const KEEP_BALANCE: &str = "
    INSERT INTO balance_point (account, at, name, currency, nanos) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (account, at, name) DO UPDATE SET currency = excluded.currency, nanos = excluded.nanos";

const KEEP_WINDOW: &str = "
    INSERT INTO window_point (account, at, name, used_percent) VALUES ($1, $2, $3, $4)
    ON CONFLICT (account, at, name) DO UPDATE SET used_percent = excluded.used_percent";

const KEEP_PRICE: &str = "
    INSERT INTO price (symbol, currency, source, at, price) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (symbol, currency, source, at) DO UPDATE SET price = excluded.price";

const READ_BALANCES: &str = "
    SELECT at, name, currency, nanos FROM balance_point WHERE account = $1 AND at >= $2
    ORDER BY at DESC LIMIT $3";

const READ_WINDOWS: &str = "
    SELECT at, name, used_percent FROM window_point WHERE account = $1 AND at >= $2
    ORDER BY at DESC LIMIT $3";

/// Keeps everything a good poll learned. What it told before is not written again, except that it still holds. Returns
/// from when on usage and history are not what they were.
pub(super) async fn record(
    connection: &mut Connection,
    reading: &Reading,
    next_at: DateTime<Utc>,
) -> Result<Since, Error> {
    let account = reading.account.to_string();
    let before = latest(connection, &reading.account).await?;
    if let Some(newer) = before.as_ref().filter(|before| is_late(reading, before)) {
        let usage = usage::record(connection, reading).await?;
        let at = cell::millis(newer.taken_at);
        cursors::keep_success(connection, &account, at, next_at).await?;
        return Ok(Since {
            usage,
            points: None,
        });
    }
    let before = before.map(|latest| latest.figures);
    keep_changes(connection, reading, before.as_ref()).await?;
    keep_latest(connection, reading, before).await?;
    let usage = usage::record(connection, reading).await?;
    cursors::keep_resume(connection, &account, reading.resume.as_ref()).await?;
    let at = cell::millis(reading.taken_at);
    cursors::keep_success(connection, &account, at, next_at).await?;
    Ok(Since {
        usage,
        // What is kept is cut to milliseconds.
        points: Some(cell::from_millis(at).unwrap_or(reading.taken_at)),
    })
}

fn is_late(reading: &Reading, before: &Latest) -> bool {
    let behind = before.taken_at - reading.taken_at;
    // What is kept is cut to milliseconds.
    TimeDelta::milliseconds(1) <= behind && behind <= LATE
}

/// The last good figures of an account.
pub(super) async fn latest(
    connection: &mut Connection,
    account: &AccountId,
) -> Result<Option<Latest>, Error> {
    let statement = query(READ_LATEST).bind(account.to_string());
    let mut found = cell::readable(connection, "reading", statement, latest_of).await?;
    Ok(found.pop())
}

fn latest_of(row: &Row<'_>) -> Read<Latest> {
    Ok(Latest {
        taken_at: cell::instant(row, 0)?,
        figures: figures::parse(&unpacked(row.told(1)?).ok_or(Unreadable)?)?,
        complete: figures::parse_completeness(row.told(2)?),
    })
}

async fn keep_latest(
    connection: &mut Connection,
    reading: &Reading,
    before: Option<Figures>,
) -> Result<(), Error> {
    let held = figures::hold(&reading.figures, &reading.complete, before);
    let statement = query(KEEP_LATEST)
        .bind(reading.account.to_string())
        .bind(cell::millis(reading.taken_at))
        .bind(packed(&serde_json::to_string(&held)?))
        .bind(serde_json::to_string(&reading.complete)?);
    connection.execute(statement).await
}

/// Adds to the history what differs from the last figures.
async fn keep_changes(
    connection: &mut Connection,
    reading: &Reading,
    before: Option<&Figures>,
) -> Result<(), Error> {
    let nothing = Figures::default();
    let before = before.unwrap_or(&nothing);
    keep_balances(connection, reading, before).await?;
    keep_windows(connection, reading, before).await?;
    keep_prices(connection, reading, before).await
}

async fn keep_balances(
    connection: &mut Connection,
    reading: &Reading,
    before: &Figures,
) -> Result<(), Error> {
    for balance in &reading.figures.balances {
        let known = before.balances.iter().find(|old| old.name == balance.name);
        let Some(left) = balance.remaining else {
            continue;
        };
        if known.and_then(|old| old.remaining) == Some(left) {
            continue;
        }
        let Some(nanos) = left.nanos() else {
            tracing::warn!(
                account = %reading.account, balance = %balance.name,
                "a balance is too large for the history; the figure itself is kept"
            );
            continue;
        };
        let statement = query(KEEP_BALANCE)
            .bind(reading.account.to_string())
            .bind(cell::millis(reading.taken_at))
            .bind(cell::clean(balance.name.as_str()))
            .bind(left.currency.code().to_owned())
            .bind(nanos);
        connection.execute(statement).await?;
    }
    Ok(())
}

async fn keep_windows(
    connection: &mut Connection,
    reading: &Reading,
    before: &Figures,
) -> Result<(), Error> {
    for window in &reading.figures.windows {
        let known = before.windows.iter().find(|old| old.name == window.name);
        let Some(used) = window.used_percent else {
            continue;
        };
        if known.and_then(|old| old.used_percent) == Some(used) {
            continue;
        }
        let statement = query(KEEP_WINDOW)
            .bind(reading.account.to_string())
            .bind(cell::millis(reading.taken_at))
            .bind(cell::clean(window.name.as_str()))
            .bind(used.normalize().to_string());
        connection.execute(statement).await?;
    }
    Ok(())
}

async fn keep_prices(
    connection: &mut Connection,
    reading: &Reading,
    before: &Figures,
) -> Result<(), Error> {
    for price in &reading.figures.prices {
        let known = before.prices.iter().any(|old| {
            old.symbol == price.symbol && old.source == price.source && old.price == price.price
        });
        if known {
            continue;
        }
        let statement = query(KEEP_PRICE)
            .bind(cell::clean(price.symbol.as_str()))
            .bind(price.price.currency.code().to_owned())
            .bind(cell::clean(&price.source))
            .bind(cell::millis(price.at))
            .bind(price.price.amount.normalize().to_string());
        connection.execute(statement).await?;
    }
    Ok(())
}

/// The newest balances of an account since an instant, not more than [`MOST_POINTS`], oldest first.
pub(super) async fn balances(
    connection: &mut Connection,
    account: &AccountId,
    since: DateTime<Utc>,
) -> Result<Vec<BalancePoint>, Error> {
    let statement = query(READ_BALANCES)
        .bind(account.to_string())
        .bind(cell::millis(since))
        .bind(most_points());
    let read = |row: &Row<'_>| {
        let currency = Currency::new(row.told(2)?)?;
        Ok(BalancePoint {
            at: cell::instant(row, 0)?,
            name: BalanceName::new(cell::text(row, 1)?),
            remaining: Money::from_nanos(cell::number(row, 3)?, currency),
        })
    };
    let mut points = cell::readable(connection, "balance_point", statement, read).await?;
    points.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
    Ok(points)
}

fn most_points() -> i64 {
    i64::try_from(MOST_POINTS).unwrap_or(i64::MAX)
}

/// The newest window figures of an account since an instant, not more than [`MOST_POINTS`], oldest first.
pub(super) async fn windows(
    connection: &mut Connection,
    account: &AccountId,
    since: DateTime<Utc>,
) -> Result<Vec<WindowPoint>, Error> {
    let statement = query(READ_WINDOWS)
        .bind(account.to_string())
        .bind(cell::millis(since))
        .bind(most_points());
    let read = |row: &Row<'_>| {
        Ok(WindowPoint {
            at: cell::instant(row, 0)?,
            name: WindowName::new(cell::text(row, 1)?),
            used_percent: row.told(2)?.parse::<Decimal>()?,
        })
    };
    let mut points = cell::readable(connection, "window_point", statement, read).await?;
    points.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
    Ok(points)
}
