//! A PostgreSQL server: its door, and the line behind it.

use std::error::Error as _;
use std::str::FromStr as _;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio::time::timeout;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Socket};

use crate::store::database::Error;
use crate::store::database::row::Row;
use crate::store::database::statement::{Statement, Value};
use crate::store::database::trust::{self, Trust};

/// How long a server may take to answer the door.
const PATIENCE: Duration = Duration::from_secs(10);

/// What every line is told: no statement waits for ever, and a writer that vanished lets go.
const MANNERS: &str = "SET lock_timeout = '5s'; SET statement_timeout = '30s'; \
     SET idle_in_transaction_session_timeout = '30s'";

/// The way to a server.
pub(in crate::store) struct Door {
    config: Config,
    trust: Trust,
}

impl Door {
    /// Reads the server's URL.
    pub(in crate::store) fn parse(url: &str) -> Result<Self, Error> {
        let (url, wanted) = trust::wanted(url);
        let understood = Config::from_str(&url);
        let mut config = understood.map_err(|error| Error::Url(whole(&error)))?;
        let trust = trust::trust(&wanted, &mut config)?;
        config.application_name("spendtray");
        Ok(Self { config, trust })
    }

    /// Opens a line.
    pub(in crate::store) async fn open(&self) -> Result<super::Connection, Error> {
        let line = timeout(PATIENCE, self.connect()).await;
        line.map_err(|_| Error::Late)?
            .map(super::Connection::Postgres)
    }

    async fn connect(&self) -> Result<Line, Error> {
        let client = match &self.trust {
            Trust::Plain => self.speak(NoTls).await?,
            Trust::Verified(tls) => self.speak(tls.clone()).await?,
        };
        client.batch_execute(MANNERS).await?;
        Ok(Line(Some(client)))
    }

    async fn speak<T>(&self, tls: T) -> Result<Client, Error>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, wire) = self.config.connect(tls).await?;
        // It ends when the client is dropped.
        tokio::spawn(async move {
            if let Err(error) = wire.await {
                tracing::info!(%error, "the line to the ledger's server broke");
            }
        });
        Ok(client)
    }
}

/// A line to a server. `None`: it was cut.
pub(in crate::store) struct Line(Option<Client>);

impl Line {
    pub(super) fn is_sound(&self) -> bool {
        self.0.as_ref().is_some_and(|client| !client.is_closed())
    }

    /// Cuts the line; the server gives up what was begun on it.
    pub(super) fn cut(&mut self) {
        self.0 = None;
    }

    fn client(&self) -> Result<&Client, Error> {
        self.0.as_ref().ok_or(Error::Closed)
    }

    pub(super) async fn script(&self, text: &str) -> Result<(), Error> {
        Ok(self.client()?.batch_execute(text).await?)
    }

    pub(super) async fn execute(&self, statement: &Statement) -> Result<(), Error> {
        let values = typed(statement);
        self.client()?
            .execute_typed(&statement.sql, &values)
            .await?;
        Ok(())
    }

    pub(super) async fn each(
        &self,
        statement: &Statement,
        see: &mut (dyn FnMut(&Row<'_>) + Send),
    ) -> Result<(), Error> {
        let values = typed(statement);
        let client = self.client()?;
        let rows = client.query_typed_raw(&statement.sql, values).await?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows.try_next().await? {
            see(&Row::Postgres(&row));
        }
        Ok(())
    }
}

/// The values with their types told, so that the server need not guess and asks no second time.
fn typed(statement: &Statement) -> Vec<(&(dyn ToSql + Sync), Type)> {
    let values = statement.values.iter();
    values
        .map(|value| match value {
            Value::Number(number) => (number as &(dyn ToSql + Sync), Type::INT8),
            Value::Text(text) => (text as &(dyn ToSql + Sync), Type::TEXT),
        })
        .collect()
}

/// The error with its causes: the library's own text says only where it happened.
pub(in crate::store) fn whole(error: &tokio_postgres::Error) -> String {
    if let Some(told) = error.as_db_error() {
        return told.message().to_owned();
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
