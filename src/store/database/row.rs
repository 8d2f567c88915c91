//! A row of an answer, while it is shown. Cells are read by their place.

use crate::store::cell::{Read, Unreadable};

/// A row.
pub(in crate::store) enum Row<'r> {
    /// From SQLite.
    Sqlite(&'r rusqlite::Row<'r>),
    /// From a server.
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// A number that may be missing.
    pub(in crate::store) fn number(&self, column: usize) -> Read<Option<i64>> {
        match self {
            Self::Sqlite(row) => Ok(row.get_ref(column)?.as_i64_or_null()?),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// A text that may be missing.
    pub(in crate::store) fn text(&self, column: usize) -> Read<Option<&str>> {
        match self {
            Self::Sqlite(row) => Ok(row.get_ref(column)?.as_str_or_null()?),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }

    /// A text that is there.
    pub(in crate::store) fn told(&self, column: usize) -> Read<&str> {
        self.text(column)?.ok_or(Unreadable)
    }
}
