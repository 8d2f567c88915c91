//! The tables' version: read, compared, brought up to date. Migrations are append-only.

use crate::store::connection::begin_writing;
use crate::store::database::{Connection, Error, query};
use crate::store::dialect::Dialect;
use crate::store::error::StoreError;
use crate::store::meaning::meaning;

/// Every migration; the first makes version 1 of nothing.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_ledger.sql")];
/// The version this program writes.
const KNOWN: i64 = 1;

const FORGET_VERSION: &str = "DELETE FROM spendtray_ledger";
const KEEP_VERSION: &str = "INSERT INTO spendtray_ledger (version) VALUES ($1)";
const READ_VERSION: &str = "SELECT MAX(version) FROM spendtray_ledger";

/// The version of the tables; 0 when there are none.
pub(super) async fn version(
    connection: &mut Connection,
    dialect: Dialect,
    place: &str,
) -> Result<i64, StoreError> {
    let explain = |error: Error| meaning(&error, place);
    let corrupt = |problem: &str| StoreError::Corrupt {
        place: place.to_owned(),
        problem: problem.to_owned(),
    };
    // In this order: another process may make the tables between the two questions.
    let any = one_number(connection, dialect.any_tables()).await;
    let any = any.map_err(explain)?;
    let ours = one_number(connection, dialect.has_ledger()).await;
    if ours.map_err(explain)? == Some(0) {
        return match any {
            Some(0) => Ok(0),
            _ => Err(corrupt("it is a database of another program")),
        };
    }
    let found = one_number(connection, READ_VERSION)
        .await
        .map_err(explain)?;
    found.ok_or_else(|| corrupt("its version is missing"))
}

/// Refuses every version but the one this program writes, for a ledger that cannot be written to.
pub(super) fn check_current(found: i64, place: &str) -> Result<(), StoreError> {
    if found < KNOWN {
        return Err(StoreError::Migrate {
            place: place.to_owned(),
            from: found,
            to: KNOWN,
            problem: "it can only be read".to_owned(),
        });
    }
    check_not_newer(found, place)
}

fn check_not_newer(found: i64, place: &str) -> Result<(), StoreError> {
    if found > KNOWN {
        return Err(StoreError::Newer {
            place: place.to_owned(),
            found,
            known: KNOWN,
        });
    }
    Ok(())
}

/// Brings the tables up to date in one transaction. Of several processes one does it, the others find it done.
pub(super) async fn bring_up_to_date(
    connection: &mut Connection,
    dialect: Dialect,
    place: &str,
) -> Result<(), StoreError> {
    let before = version(connection, dialect, place).await?;
    check_not_newer(before, place)?;
    if before == KNOWN {
        return Ok(());
    }
    let explain = |error: Error| meaning(&error, place);
    let mut transaction = begin_writing(connection, dialect).await.map_err(explain)?;
    let found = version(&mut transaction, dialect, place).await?;
    check_not_newer(found, place)?;
    if found < KNOWN {
        let migrated = migrate(&mut transaction, found).await;
        migrated.map_err(|error| failed(explain(error), found))?;
    }
    transaction.commit().await.map_err(explain)
}

/// A statement that fails is a failed migration; a lock, a full disk or a missing permission stays what it is.
fn failed(error: StoreError, from: i64) -> StoreError {
    match error {
        StoreError::Query { place, problem, .. } => StoreError::Migrate {
            place,
            from,
            to: KNOWN,
            problem,
        },
        other => other,
    }
}

async fn migrate(connection: &mut Connection, found: i64) -> Result<(), Error> {
    let done = usize::try_from(found).unwrap_or_default();
    for migration in MIGRATIONS.into_iter().skip(done) {
        connection.script(migration).await?;
    }
    connection.execute(FORGET_VERSION).await?;
    connection.execute(query(KEEP_VERSION).bind(KNOWN)).await
}

async fn one_number(
    connection: &mut Connection,
    statement: &'static str,
) -> Result<Option<i64>, Error> {
    let found = connection.first(statement, |row| row.number(0)).await?;
    Ok(found.and_then(Result::ok).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_its_migration() {
        assert_eq!(i64::try_from(MIGRATIONS.len()), Ok(KNOWN));
    }
}
