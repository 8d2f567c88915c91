//! A transaction: all of it happens, or nothing. Who drops it without a commit gives it up.

use std::ops::{Deref, DerefMut};

use crate::store::database::{Connection, Error};

/// A transaction under way; statements go through it as through its connection.
pub(in crate::store) struct Transaction<'c> {
    connection: &'c mut Connection,
    is_open: bool,
}

impl<'c> Transaction<'c> {
    /// Begins one with the statement of the dialect.
    pub(in crate::store) async fn begin(
        connection: &'c mut Connection,
        with: &'static str,
    ) -> Result<Self, Error> {
        // On a server it counts as begun before it is: whoever stops waiting for the answer has to give it up too.
        let transaction = Self {
            connection,
            is_open: true,
        };
        transaction.connection.script(with).await?;
        Ok(transaction)
    }

    /// Ends it so that nothing of it can be lost.
    pub(in crate::store) async fn commit(mut self) -> Result<(), Error> {
        self.connection.script("COMMIT").await?;
        self.is_open = false;
        Ok(())
    }

    /// Gives it up and keeps the connection.
    pub(in crate::store) async fn give_up(mut self) -> Result<(), Error> {
        self.connection.script("ROLLBACK").await?;
        self.is_open = false;
        Ok(())
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        match self.connection {
            Connection::Sqlite(file) => {
                if !file.is_autocommit()
                    && let Err(error) = file.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "a transaction could not be given up");
                }
            }
            // The server gives it up when the line is cut, which is surer than asking it to.
            Connection::Postgres(line) => line.cut(),
        }
    }
}
