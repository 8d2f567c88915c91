//! Connections: how a ledger is opened, lent and closed. No table is known here but through `schema`.
//!
//! SQLite has one connection behind a lock, without timers: an idle ledger does no work, and the pool's maintenance
//! and time-outs would only add some. A server has a pool of two, so that reading need not wait for a write.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions as _, Connection as _, Executor as _};
use sqlx::{Row as _, Transaction};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};
use tokio::time::{Instant, sleep, timeout};

use crate::store::address::{Address, Wish, encoded};
use crate::store::dialect::{Dialect, SERVER_PATIENCE, unreachable_server};
use crate::store::error::StoreError;
use crate::store::{file, schema};

/// How long another process may hold a file before that is an error; sqlx sets the same for every statement.
const FILE_PATIENCE: Duration = Duration::from_secs(5);
/// How soon a file is tried again where SQLite itself does not wait.
const FILE_PAUSE: Duration = Duration::from_millis(10);
/// How long a server may take to answer the door.
const SERVER_CONNECT: Duration = Duration::from_secs(10);
const SERVER_CONNECTIONS: u32 = 2;

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

enum Connections {
    One(Mutex<Option<AnyConnection>>),
    Pool(AnyPool),
}

/// A connection for a while.
pub(super) enum Lease<'a> {
    One(MappedMutexGuard<'a, AnyConnection>),
    Pooled(PoolConnection<Any>),
}

impl Deref for Lease<'_> {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        match self {
            Self::One(connection) => connection,
            Self::Pooled(connection) => connection,
        }
    }
}

impl DerefMut for Lease<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        match self {
            Self::One(connection) => connection,
            Self::Pooled(connection) => connection,
        }
    }
}

impl Ledger {
    pub(super) async fn open(address: Address) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        match address {
            Address::Memory => open_memory().await,
            Address::File { path, wish } => open_file(path, wish).await,
            Address::Server { url, place } => open_server(&url, place).await,
        }
    }

    /// Lends a connection; of a file there is one, and who comes second waits.
    pub(super) async fn lend(&self) -> Result<Lease<'_>, StoreError> {
        match &self.connections {
            Connections::One(one) => MutexGuard::try_map(one.lock().await, Option::as_mut)
                .map(Lease::One)
                .map_err(|_| self.explain(&sqlx::Error::PoolClosed)),
            Connections::Pool(pool) => {
                let lent = pool.acquire().await;
                lent.map(Lease::Pooled).map_err(|e| self.explain(&e))
            }
        }
    }

    /// Begins a transaction that sees one state of the ledger throughout.
    pub(super) async fn read<'l>(
        &self,
        lease: &'l mut Lease<'_>,
    ) -> Result<Transaction<'l, Any>, StoreError> {
        let begun = lease.begin_with(self.dialect.begin_reading()).await;
        begun.map_err(|error| self.explain(&error))
    }

    /// Begins a transaction of the only writer.
    pub(super) async fn write<'l>(
        &self,
        lease: &'l mut Lease<'_>,
    ) -> Result<Transaction<'l, Any>, StoreError> {
        if let Some(problem) = &self.read_only {
            return Err(StoreError::ReadOnly {
                place: self.place.clone(),
                problem: problem.clone(),
            });
        }
        begin_writing(lease, self.dialect)
            .await
            .map_err(|error| self.explain(&error))
    }

    /// Ends a transaction so that nothing of it can be lost.
    pub(super) async fn commit(&self, transaction: Transaction<'_, Any>) -> Result<(), StoreError> {
        let committed = transaction.commit().await;
        committed.map_err(|error| self.explain(&error))
    }

    pub(super) fn explain(&self, error: &sqlx::Error) -> StoreError {
        self.dialect.explain(error, &self.place)
    }

    pub(super) async fn close(&self) {
        match &self.connections {
            Connections::One(one) => {
                if let Some(connection) = one.lock().await.take()
                    && let Err(error) = connection.close().await
                {
                    tracing::warn!(%error, place = self.place, "the ledger was not closed cleanly");
                }
            }
            Connections::Pool(pool) => pool.close().await,
        }
    }
}

/// Begins a transaction and waits until this is the only writer.
pub(super) async fn begin_writing(
    connection: &mut AnyConnection,
    dialect: Dialect,
) -> Result<Transaction<'_, Any>, sqlx::Error> {
    let mut transaction = connection.begin_with(dialect.begin_writing()).await?;
    if let Some(lock) = dialect.only_writer() {
        transaction.execute(lock).await?;
    }
    Ok(transaction)
}

async fn open_memory() -> Result<Ledger, StoreError> {
    let place = "in memory".to_owned();
    let explain = |error: sqlx::Error| Dialect::Sqlite.explain(&error, "in memory");
    let mut connection = connect("sqlite::memory:").await.map_err(explain)?;
    schema::bring_up_to_date(&mut connection, Dialect::Sqlite, &place).await?;
    Ok(Ledger {
        connections: Connections::One(Mutex::new(Some(connection))),
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
        connections: Connections::One(Mutex::new(Some(connection))),
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

async fn open_to_write(path: &Path, place: &str) -> Result<AnyConnection, StoreError> {
    file::prepare(path).map_err(|error| StoreError::Open {
        place: place.to_owned(),
        problem: error.to_string(),
        advice: "Allow access to it and its folder, or choose another ledger with --ledger",
    })?;
    let explain = |error: sqlx::Error| Dialect::Sqlite.explain(&error, place);
    let url = format!("sqlite:{}?mode=rw", encoded(&path.to_string_lossy()));
    let mut connection = connect(&url).await.map_err(explain)?;
    // Another program's database must not be touched, not even its journal.
    schema::version(&mut connection, Dialect::Sqlite, place).await?;
    write_ahead(&mut connection).await.map_err(explain)?;
    schema::bring_up_to_date(&mut connection, Dialect::Sqlite, place).await?;
    Ok(connection)
}

/// Switches to a write-ahead log: readers and the writer do not wait for each other.
///
/// Every commit is synced (`FULL`): there are few of them, one a poll, and what was told to a person must not be
/// told again after a power cut.
async fn write_ahead(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    connection.execute("PRAGMA synchronous = FULL").await?;
    let started = Instant::now();
    loop {
        let mode = connection.fetch_one("PRAGMA journal_mode").await?;
        if mode.try_get::<String, _>(0)? == "wal" {
            return Ok(());
        }
        match connection.execute("PRAGMA journal_mode = WAL").await {
            // A file system without shared memory keeps its old journal, and works.
            Ok(_) => return Ok(()),
            // SQLite does not wait here when others open the new file at the same time.
            Err(error) if is_busy(&error) && started.elapsed() < FILE_PATIENCE => {
                sleep(FILE_PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    matches!(
        Dialect::Sqlite.explain(error, ""),
        StoreError::Busy { .. } | StoreError::Query { .. }
    ) && error.as_database_error().is_some()
}

async fn open_to_read(path: &Path, place: &str) -> Result<AnyConnection, StoreError> {
    let url = format!("sqlite:{}?mode=ro", encoded(&path.to_string_lossy()));
    let opened = connect_to_read(&url, place).await;
    match opened {
        // Nobody can be writing where no log waits beside the file: then it need not be locked to be read.
        Err(StoreError::Open { .. } | StoreError::ReadOnly { .. })
            if !file::has_waiting_changes(path) =>
        {
            connect_to_read(&format!("{url}&immutable=1"), place).await
        }
        opened => opened,
    }
}

async fn connect_to_read(url: &str, place: &str) -> Result<AnyConnection, StoreError> {
    let explain = |error: sqlx::Error| Dialect::Sqlite.explain(&error, place);
    let mut connection = connect(url).await.map_err(explain)?;
    let found = schema::version(&mut connection, Dialect::Sqlite, place).await?;
    schema::check_current(found, place)?;
    Ok(connection)
}

async fn open_server(url: &str, place: String) -> Result<Ledger, StoreError> {
    let explain = |error: sqlx::Error| Dialect::Postgres.explain(&error, &place);
    let options = AnyConnectOptions::from_str(url)
        .map_err(explain)?
        .disable_statement_logging();
    // The first connection is made here: a pool would try a server that refuses until its time is over.
    let mut connection = match timeout(SERVER_CONNECT, options.connect()).await {
        Ok(connected) => connected.map_err(explain)?,
        Err(_) => {
            return Err(unreachable_server(
                place,
                &format!("it did not answer within {} s", SERVER_CONNECT.as_secs()),
            ));
        }
    };
    connection.execute(SERVER_PATIENCE).await.map_err(explain)?;
    schema::bring_up_to_date(&mut connection, Dialect::Postgres, &place).await?;
    connection.close().await.map_err(explain)?;
    Ok(Ledger {
        connections: Connections::Pool(server_pool(options)),
        dialect: Dialect::Postgres,
        place,
        file: None,
        read_only: None,
    })
}

fn server_pool(options: AnyConnectOptions) -> AnyPool {
    AnyPoolOptions::new()
        .max_connections(SERVER_CONNECTIONS)
        .acquire_timeout(SERVER_CONNECT)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SERVER_PATIENCE).await.map(drop) })
        })
        .connect_lazy_with(options)
}

async fn connect(url: &str) -> Result<AnyConnection, sqlx::Error> {
    AnyConnectOptions::from_str(url)?
        .disable_statement_logging()
        .connect()
        .await
}
