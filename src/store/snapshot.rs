//! Everything the ledger knows, put together by account.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::account::AccountId;
use crate::domain::poll::PollState;
use crate::domain::snapshot::{AccountSnapshot, Snapshot};
use crate::store::database::{Connection, Error};
use crate::store::{alerts, cursors, readings, usage};

/// Everything known. Every account ever polled is in it, with or without success.
pub(super) async fn snapshot(
    connection: &mut Connection,
    since: DateTime<Utc>,
    watcher: &str,
) -> Result<Snapshot, Error> {
    let mut accounts: BTreeMap<AccountId, AccountSnapshot> = BTreeMap::new();
    for (id, latest) in readings::all_latest(connection).await? {
        entry(&mut accounts, id).latest = Some(latest);
    }
    for (id, poll) in cursors::states(connection).await? {
        entry(&mut accounts, id).poll = poll;
    }
    for (id, (since, until)) in usage::coverages(connection).await? {
        let account = entry(&mut accounts, id);
        account.usage_since = Some(since);
        account.usage_until = Some(until);
    }
    for account in accounts.values_mut() {
        account.slots = usage::since(connection, &account.id, since).await?;
        account.balance_history = readings::balances(connection, &account.id, since).await?;
        account.window_history = readings::windows(connection, &account.id, since).await?;
    }
    Ok(Snapshot {
        accounts: accounts.into_values().collect(),
        alerts: alerts::all(connection, watcher).await?,
    })
}

fn entry(
    accounts: &mut BTreeMap<AccountId, AccountSnapshot>,
    id: AccountId,
) -> &mut AccountSnapshot {
    accounts
        .entry(id.clone())
        .or_insert_with(|| AccountSnapshot {
            id,
            latest: None,
            poll: PollState::default(),
            slots: Vec::new(),
            usage_since: None,
            usage_until: None,
            balance_history: Vec::new(),
            window_history: Vec::new(),
        })
}
