//! One connection to a database: statements go out, rows come back. It knows no table and no meaning of any row.
//!
//! SQLite answers at once, on the thread that asks: an own thread for it would wake both for every row. Only where
//! another process holds the file is there a wait, and that wait is asynchronous. A server is always waited for.

mod postgres;
mod row;
mod sqlite;
mod statement;
mod transaction;
mod trust;

pub(super) use postgres::{Door, whole};
pub(super) use row::Row;
pub(super) use sqlite::Opening;
pub(super) use statement::{Statement, query};
pub(super) use transaction::Transaction;

/// What went wrong between here and the database.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// SQLite says so.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The server says so, or the way to it.
    #[error("{}", postgres::whole(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// The server's URL makes no sense.
    #[error("{0}")]
    Url(String),
    /// The certificate that the URL names, or those of the system, cannot be used.
    #[error("{0}")]
    Trust(String),
    /// The server did not answer the door.
    #[error("it did not answer in time")]
    Late,
    /// The ledger was closed before.
    #[error("it was closed")]
    Closed,
    /// What should be written cannot be put into a column.
    #[error(transparent)]
    Encode(#[from] serde_json::Error),
}

/// A connection.
pub(super) enum Connection {
    /// To a file or to memory.
    Sqlite(rusqlite::Connection),
    /// To a server.
    Postgres(postgres::Line),
}

impl Connection {
    /// Opens a file or memory.
    pub(super) async fn open(opening: Opening<'_>) -> Result<Self, Error> {
        sqlite::open(opening).await.map(Self::Sqlite)
    }

    /// Runs a statement whose answer is of no interest.
    pub(super) async fn execute(&mut self, statement: impl Into<Statement>) -> Result<(), Error> {
        let statement = statement.into();
        match self {
            Self::Sqlite(file) => sqlite::each(file, &statement, &mut |_| {}).await,
            Self::Postgres(line) => line.execute(&statement).await,
        }
    }

    /// Runs several statements without values.
    pub(super) async fn script(&mut self, text: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(file) => sqlite::script(file, text).await,
            Self::Postgres(line) => line.script(text).await,
        }
    }

    /// Shows every row of the answer, one after the other: none is kept here.
    pub(super) async fn each(
        &mut self,
        statement: impl Into<Statement>,
        mut see: impl FnMut(&Row<'_>) + Send,
    ) -> Result<(), Error> {
        let statement = statement.into();
        match self {
            Self::Sqlite(file) => sqlite::each(file, &statement, &mut see).await,
            Self::Postgres(line) => line.each(&statement, &mut see).await,
        }
    }

    /// Reads the first row of the answer. `None`: there is none.
    pub(super) async fn first<T: Send>(
        &mut self,
        statement: impl Into<Statement>,
        mut read: impl FnMut(&Row<'_>) -> T + Send,
    ) -> Result<Option<T>, Error> {
        let mut first = None;
        let see = |row: &Row<'_>| {
            if first.is_none() {
                first = Some(read(row));
            }
        };
        self.each(statement, see).await?;
        Ok(first)
    }

    /// Whether it can be lent again: a line that broke or was left in the middle of a transaction cannot.
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(line) => line.is_sound(),
        }
    }

    /// Closes it in order.
    pub(super) fn close(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(file) => file.close().map_err(|(_, error)| Error::Sqlite(error)),
            Self::Postgres(_) => Ok(()),
        }
    }
}
