//! Everything the ledger knows, put together by account.

use chrono::{DateTime, Utc};

use crate::domain::account::AccountId;
use crate::domain::poll::PollState;
use crate::domain::snapshot::{AccountSnapshot, Since, Snapshot};
use crate::store::database::{Connection, Error, Row};
use crate::store::{alerts, cell, cursors, readings, usage};

const READ_ACCOUNTS: &str = "
    SELECT account FROM reading UNION SELECT account FROM poll_state UNION SELECT account FROM usage_coverage
    ORDER BY account";

/// Everything known. Every account ever polled is in it, with or without success.
pub(super) async fn snapshot(
    connection: &mut Connection,
    since: DateTime<Utc>,
    watcher: &str,
) -> Result<Snapshot, Error> {
    let read = |row: &Row<'_>| row.told(0).map(AccountId::parse);
    let mut ids = cell::readable(connection, "reading", READ_ACCOUNTS, read).await?;
    // The server's order of letters is its own.
    ids.sort();
    let mut accounts = Vec::new();
    for id in &ids {
        accounts.extend(account(connection, id, Since::both(since)).await?);
    }
    Ok(Snapshot {
        accounts,
        alerts: alerts::all(connection, watcher).await?,
    })
}

/// What is known of one account. `None`: it was never polled.
pub(super) async fn account(
    connection: &mut Connection,
    id: &AccountId,
    since: Since,
) -> Result<Option<AccountSnapshot>, Error> {
    let latest = readings::latest(connection, id).await?;
    let poll = cursors::state(connection, id).await?;
    let reach = usage::coverage(connection, id).await?;
    if latest.is_none() && reach.is_none() && poll == PollState::default() {
        return Ok(None);
    }
    let mut account = AccountSnapshot {
        id: id.clone(),
        latest,
        poll,
        slots: Vec::new(),
        usage_since: reach.map(|(since, _)| since),
        usage_until: reach.map(|(_, until)| until),
        balance_history: Vec::new(),
        window_history: Vec::new(),
    };
    if let Some(since) = since.usage {
        account.slots = usage::since(connection, id, since).await?;
    }
    if let Some(since) = since.points {
        account.balance_history = readings::balances(connection, id, since).await?;
        account.window_history = readings::windows(connection, id, since).await?;
    }
    Ok(Some(account))
}
