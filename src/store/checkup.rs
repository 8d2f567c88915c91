//! What `doctor` wants to know of a ledger.

use crate::store::connection::Ledger;
use crate::store::database::{Connection, Error, Row};
use crate::store::dialect::Lasting;
use crate::store::error::StoreError;
use crate::store::lease::Lease;
use crate::store::{cell, file, schema};

const COUNT_ACCOUNTS: &str = "SELECT COUNT(*) FROM reading";
const COUNT_SLOTS: &str = "SELECT COUNT(*) FROM usage_slot";
const COUNT_NOTICES: &str = "SELECT COUNT(*) FROM notice";
/// Writes nothing, but needs the permission to; SQLite begins to write what it may only read without complaint.
const TRY_TO_WRITE: &str = "DELETE FROM notice WHERE number < 0";

/// How a ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkup {
    /// The version of its tables.
    pub version: i64,
    /// The file, or the server without its password.
    pub place: String,
    /// How large the file is. `None`: it is none.
    pub size_bytes: Option<u64>,
    /// Whether it can be written.
    pub access: Access,
    /// Accounts with figures.
    pub accounts: u64,
    /// Rows of usage.
    pub slots: u64,
    /// Notices in the log.
    pub notices: u64,
    /// Whether it is sound.
    pub integrity: Integrity,
}

/// Whether a ledger can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// It can.
    ReadWrite,
    /// It cannot; why and what to do.
    ReadOnly(String),
}

/// Whether a ledger is sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integrity {
    /// Nothing was found.
    Sound,
    /// What was found.
    Damaged(Vec<String>),
    /// A server sees to that itself.
    NotChecked,
}

/// Looks at a ledger. Writes nothing.
pub(super) async fn checkup(ledger: &Ledger) -> Result<Checkup, StoreError> {
    let explain = |error: Error| ledger.explain(&error);
    let mut lease = ledger.lend().await?;
    let access = access(ledger, &mut lease).await?;
    let version = schema::version(&mut lease, ledger.dialect, &ledger.place).await?;
    Ok(Checkup {
        version,
        place: ledger.place.clone(),
        size_bytes: ledger.file.as_deref().and_then(file::size_bytes),
        access,
        accounts: count(&mut lease, COUNT_ACCOUNTS).await.map_err(explain)?,
        slots: count(&mut lease, COUNT_SLOTS).await.map_err(explain)?,
        notices: count(&mut lease, COUNT_NOTICES).await.map_err(explain)?,
        integrity: integrity(&mut lease, ledger.dialect.integrity())
            .await
            .map_err(explain)?,
    })
}

/// Becomes the writer and gives that up again.
async fn access(ledger: &Ledger, lease: &mut Lease<'_>) -> Result<Access, StoreError> {
    match try_to_write(ledger, lease).await {
        // Whoever keeps it busy writes: so it can be written.
        Ok(()) | Err(StoreError::Busy { .. }) => Ok(Access::ReadWrite),
        Err(error @ StoreError::ReadOnly { .. }) => Ok(Access::ReadOnly(error.to_string())),
        Err(error) => Err(error),
    }
}

async fn try_to_write(ledger: &Ledger, lease: &mut Lease<'_>) -> Result<(), StoreError> {
    let mut transaction = ledger.write(lease, Lasting::Crash).await?;
    let tried = transaction.execute(TRY_TO_WRITE).await;
    tried.map_err(|error| ledger.explain(&error))?;
    let given_up = transaction.give_up().await;
    given_up.map_err(|error| ledger.explain(&error))
}

async fn count(connection: &mut Connection, statement: &'static str) -> Result<u64, Error> {
    let found = connection
        .first(statement, |row| cell::number(row, 0))
        .await?;
    let count = found.and_then(Result::ok).unwrap_or_default();
    Ok(u64::try_from(count).unwrap_or_default())
}

async fn integrity(
    connection: &mut Connection,
    statement: Option<&'static str>,
) -> Result<Integrity, Error> {
    let Some(statement) = statement else {
        return Ok(Integrity::NotChecked);
    };
    let found = |row: &Row<'_>| cell::text(row, 0);
    let mut faults = cell::readable(connection, "quick_check", statement, found).await?;
    faults.retain(|fault| fault != "ok");
    Ok(if faults.is_empty() {
        Integrity::Sound
    } else {
        Integrity::Damaged(faults)
    })
}
