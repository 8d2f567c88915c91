//! How a ledger is opened. No table is known here but through `schema`.

use std::path::{Path, PathBuf};

use crate::store::address::{Address, Wish};
use crate::store::database::{Connection, Door, Error, Opening, Row, Transaction};
use crate::store::dialect::{Dialect, Lasting};
use crate::store::error::StoreError;
use crate::store::lease::{Connections, Lease};
use crate::store::meaning::meaning;
use crate::store::{file, schema};

/// An open ledger.
pub(super) struct Ledger {
    connections: Connections,
    pub(super) dialect: Dialect,
    /// The file, or the server without its password.
    pub(super) place: String,
    /// The file. `None`: memory or a server.
    pub(super) file: Option<PathBuf>,
    /// Why nothing can be written, found at the opening. `None`: nothing is known against it.
    pub(super) read_only: Option<String>,
}

impl Ledger {
    pub(super) async fn open(address: Address) -> Result<Self, StoreError> {
        match address {
            Address::Memory => open_memory().await,
            Address::File { path, wish } => open_file(path, wish).await,
            Address::Server { url, place } => open_server(&url, place).await,
        }
    }

    /// Lends a connection.
    pub(super) async fn lend(&self) -> Result<Lease<'_>, StoreError> {
        let lent = self.connections.lend().await;
        lent.map_err(|error| self.explain(&error))
    }

    /// Begins a transaction that sees one state of the ledger throughout.
    pub(super) async fn read<'l>(
        &self,
        lease: &'l mut Lease<'_>,
    ) -> Result<Transaction<'l>, StoreError> {
        let begun = Transaction::begin(lease, self.dialect.begin_reading()).await;
        begun.map_err(|error| self.explain(&error))
    }

    /// Begins a transaction of the only writer.
    pub(super) async fn write<'l>(
        &self,
        lease: &'l mut Lease<'_>,
        lasting: Lasting,
    ) -> Result<Transaction<'l>, StoreError> {
        if let Some(problem) = &self.read_only {
            return Err(StoreError::ReadOnly {
                place: self.place.clone(),
                problem: problem.clone(),
            });
        }
        if let Some(pragma) = self.dialect.lasting(lasting) {
            let set = lease.execute(pragma).await;
            set.map_err(|error| self.explain(&error))?;
        }
        let begun = begin_writing(lease, self.dialect).await;
        begun.map_err(|error| self.explain(&error))
    }

    /// Ends a transaction so that nothing of it can be lost.
    pub(super) async fn commit(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        let committed = transaction.commit().await;
        committed.map_err(|error| self.explain(&error))
    }

    pub(super) fn explain(&self, error: &Error) -> StoreError {
        meaning(error, &self.place)
    }

    pub(super) async fn close(&self) {
        if let Err(error) = self.connections.close().await {
            tracing::warn!(%error, place = self.place, "the ledger was not closed cleanly");
        }
    }
}

/// Begins a transaction and waits until this is the only writer.
pub(super) async fn begin_writing(
    connection: &mut Connection,
    dialect: Dialect,
) -> Result<Transaction<'_>, Error> {
    let mut transaction = Transaction::begin(connection, dialect.begin_writing()).await?;
    if let Some(lock) = dialect.only_writer() {
        transaction.execute(lock).await?;
    }
    Ok(transaction)
}

async fn open_memory() -> Result<Ledger, StoreError> {
    let place = "in memory".to_owned();
    let explain = |error: Error| meaning(&error, "in memory");
    let mut connection = Connection::open(Opening::Memory).await.map_err(explain)?;
    schema::bring_up_to_date(&mut connection, Dialect::Sqlite, &place).await?;
    Ok(Ledger {
        connections: Connections::one(connection),
        dialect: Dialect::Sqlite,
        place,
        file: None,
        read_only: None,
    })
}

async fn open_file(path: PathBuf, wish: Wish) -> Result<Ledger, StoreError> {
    let place = path.display().to_string();
    let (connection, read_only) = match wish {
        Wish::Read => (
            open_to_read(&path, &place).await?,
            Some("its URL says ?mode=ro".to_owned()),
        ),
        Wish::Write => match open_to_write(&path, &place).await {
            Ok(connection) => (connection, None),
            // A folder that cannot be written to has no room for SQLite's companion files.
            Err(error @ (StoreError::Open { .. } | StoreError::ReadOnly { .. })) => {
                let Ok(connection) = open_to_read(&path, &place).await else {
                    return Err(error);
                };
                tracing::warn!(%error, "the ledger is only read");
                (connection, Some(problem_of(&error)))
            }
            Err(error) => return Err(error),
        },
    };
    Ok(Ledger {
        connections: Connections::one(connection),
        dialect: Dialect::Sqlite,
        place,
        file: Some(path),
        read_only,
    })
}

fn problem_of(error: &StoreError) -> String {
    match error {
        StoreError::Open { problem, .. } | StoreError::ReadOnly { problem, .. } => problem.clone(),
        other => other.to_string(),
    }
}

async fn open_to_write(path: &Path, place: &str) -> Result<Connection, StoreError> {
    file::prepare(path).map_err(|error| StoreError::Open {
        place: place.to_owned(),
        problem: error.to_string(),
        advice: "Allow access to it and its folder, or choose another ledger with --ledger",
    })?;
    let explain = |error: Error| meaning(&error, place);
    let opened = Connection::open(Opening::ToWrite(path)).await;
    let mut connection = opened.map_err(explain)?;
    // Another program's database must not be touched, not even its journal.
    schema::version(&mut connection, Dialect::Sqlite, place).await?;
    write_ahead(&mut connection).await.map_err(explain)?;
    schema::bring_up_to_date(&mut connection, Dialect::Sqlite, place).await?;
    Ok(connection)
}

/// Switches to a write-ahead log: readers and the writer do not wait for each other. A file system without shared
/// memory keeps its old journal, and works.
///
/// What a commit outlives is said with each ([`Lasting`]).
async fn write_ahead(connection: &mut Connection) -> Result<(), Error> {
    let is_on = |row: &Row<'_>| row.told(0).is_ok_and(|mode| mode == "wal");
    let asked = connection.first("PRAGMA journal_mode", is_on).await?;
    if asked == Some(true) {
        return Ok(());
    }
    connection.execute("PRAGMA journal_mode = WAL").await
}

async fn open_to_read(path: &Path, place: &str) -> Result<Connection, StoreError> {
    match connect_to_read(Opening::ToRead(path), place).await {
        // Nobody can be writing where no log waits beside the file: then it need not be locked to be read.
        Err(StoreError::Open { .. } | StoreError::ReadOnly { .. })
            if !file::has_waiting_changes(path) =>
        {
            connect_to_read(Opening::Unchanging(path), place).await
        }
        opened => opened,
    }
}

async fn connect_to_read(opening: Opening<'_>, place: &str) -> Result<Connection, StoreError> {
    let explain = |error: Error| meaning(&error, place);
    let mut connection = Connection::open(opening).await.map_err(explain)?;
    let found = schema::version(&mut connection, Dialect::Sqlite, place).await?;
    schema::check_current(found, place)?;
    Ok(connection)
}

async fn open_server(url: &str, place: String) -> Result<Ledger, StoreError> {
    let explain = |error: Error| meaning(&error, &place);
    let door = Door::parse(url).map_err(explain)?;
    let mut line = door.open().await.map_err(explain)?;
    schema::bring_up_to_date(&mut line, Dialect::Postgres, &place).await?;
    Ok(Ledger {
        connections: Connections::lines(door, line),
        dialect: Dialect::Postgres,
        place,
        file: None,
        read_only: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_poll_is_kept_through_a_crash_and_what_was_told_through_a_power_cut() {
        let ledger = Ledger::open(Address::Memory).await.unwrap();
        for (lasting, synced) in [
            (Lasting::PowerCut, 2),
            (Lasting::Crash, 1),
            (Lasting::PowerCut, 2),
        ] {
            let mut lease = ledger.lend().await.unwrap();
            let transaction = ledger.write(&mut lease, lasting).await.unwrap();
            ledger.commit(transaction).await.unwrap();
            let read = |row: &Row<'_>| row.number(0).ok().flatten();
            let found = lease.first("PRAGMA synchronous", read).await.unwrap();
            assert_eq!(found, Some(Some(synced)), "{lasting:?}");
        }
    }
}
