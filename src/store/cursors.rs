//! Where polls stand and where they go on: the tables `poll_state` and `cursor`.

use chrono::{DateTime, Utc};

use crate::domain::account::AccountId;
use crate::domain::poll::{Failure, FailureKind, PollState};
use crate::domain::reading::Cursor;
use crate::store::cell::{self, Read};
use crate::store::database::{Connection, Error, Row, query};
use crate::store::packing::{packed, unpacked};

const READ_STATE: &str = "
    SELECT succeeded_at, next_at, failure, failures_in_a_row, refused_credential
    FROM poll_state WHERE account = $1";

const KEEP_SUCCESS: &str = "
    INSERT INTO poll_state (account, succeeded_at, next_at, failures_in_a_row)
    VALUES ($1, $2, $3, 0)
    ON CONFLICT (account) DO UPDATE SET
        succeeded_at = excluded.succeeded_at, next_at = excluded.next_at,
        failure = NULL, failures_in_a_row = 0, refused_credential = NULL";

const KEEP_FAILURE: &str = "
    INSERT INTO poll_state (account, next_at, failure, failures_in_a_row, refused_credential)
    VALUES ($1, $2, $3, 1, $4)
    ON CONFLICT (account) DO UPDATE SET
        next_at = excluded.next_at, failure = excluded.failure,
        failures_in_a_row = poll_state.failures_in_a_row + 1,
        refused_credential = COALESCE(excluded.refused_credential, poll_state.refused_credential)";

const READ_CURSOR: &str = "SELECT resume FROM cursor WHERE account = $1";

const KEEP_CURSOR: &str = "
    INSERT INTO cursor (account, resume) VALUES ($1, $2)
    ON CONFLICT (account) DO UPDATE SET resume = excluded.resume WHERE cursor.resume <> excluded.resume";

const FORGET_CURSOR: &str = "DELETE FROM cursor WHERE account = $1";

/// How the polls of an account stand; the default for one never polled.
pub(super) async fn state(
    connection: &mut Connection,
    account: &AccountId,
) -> Result<PollState, Error> {
    let statement = query(READ_STATE).bind(account.to_string());
    let mut found = cell::readable(connection, "poll_state", statement, state_of).await?;
    Ok(found.pop().unwrap_or_default())
}

fn state_of(row: &Row<'_>) -> Read<PollState> {
    let failure = row.text(2)?.and_then(|json| {
        let failure = serde_json::from_str(json).ok();
        if failure.is_none() {
            cell::odd("poll_state");
        }
        failure
    });
    Ok(PollState {
        succeeded_at: cell::maybe_instant(row, 0)?,
        next_at: cell::maybe_instant(row, 1)?,
        failure,
        failures_in_a_row: u32::try_from(cell::number(row, 3)?)?,
        refused_credential: cell::maybe_text(row, 4)?,
    })
}

/// Keeps that a poll went well.
pub(super) async fn keep_success(
    connection: &mut Connection,
    account: &str,
    succeeded_at: i64,
    next_at: DateTime<Utc>,
) -> Result<(), Error> {
    let statement = query(KEEP_SUCCESS)
        .bind(account)
        .bind(succeeded_at)
        .bind(cell::millis(next_at));
    connection.execute(statement).await
}

/// A failed poll.
pub(super) struct Failed<'a> {
    pub(super) account: &'a AccountId,
    pub(super) failure: &'a Failure,
    pub(super) next_at: Option<DateTime<Utc>>,
    pub(super) refused: Option<&'a str>,
}

/// Keeps a failed poll. While polls fail, one way or another, they fail since the first of them; what a person has
/// to mend begins anew. A refused credential stays known until a poll succeeds.
pub(super) async fn keep_failure(
    connection: &mut Connection,
    failed: Failed<'_>,
) -> Result<(), Error> {
    let mut failure = failed.failure.clone();
    let before = state(connection, failed.account).await?.failure;
    if let Some(before) = before.filter(|before| goes_on(before.kind, failure.kind)) {
        failure.since = before.since.min(failure.since);
    }
    let json = serde_json::to_string(&failure)?;
    let statement = query(KEEP_FAILURE)
        .bind(failed.account.to_string())
        .bind(failed.next_at.map(cell::millis))
        .bind(json)
        .bind(failed.refused.map(str::to_owned));
    connection.execute(statement).await
}

/// Whether a failure goes on with another: a vendor in trouble answers 500 now and not at all the next time.
fn goes_on(before: FailureKind, after: FailureKind) -> bool {
    let for_people = |kind| matches!(kind, FailureKind::Unauthorized | FailureKind::NotConfigured);
    before == after || !(for_people(before) || for_people(after))
}

/// Where the account's last good poll ended. What is damaged is nothing: then the next poll begins anew.
pub(super) async fn resume(
    connection: &mut Connection,
    account: &AccountId,
) -> Result<Option<Cursor>, Error> {
    let statement = query(READ_CURSOR).bind(account.to_string());
    let found = connection
        .first(statement, |row| cell::text(row, 0))
        .await?;
    let kept = found.and_then(Result::ok);
    Ok(kept.and_then(|kept| unpacked(&kept)).map(Cursor))
}

/// Keeps where the next poll goes on; `None`: it starts anew.
pub(super) async fn keep_resume(
    connection: &mut Connection,
    account: &str,
    resume: Option<&Cursor>,
) -> Result<(), Error> {
    let statement = match resume {
        Some(cursor) => query(KEEP_CURSOR)
            .bind(account)
            .bind(packed(&cell::clean(&cursor.0))),
        None => query(FORGET_CURSOR).bind(account),
    };
    connection.execute(statement).await
}
