//! Another program's database, read and never written: OpenCode keeps its messages in SQLite with a write-ahead log.
//!
//! Opened read-only: nothing is written and nothing checkpointed; only SQLite's own shared lock is held while reading.
//! Rows that stand only in the write-ahead log are seen, because SQLite itself reads it. This is the one place outside
//! the ledger where SQL stands: that SQL is OpenCode's.

use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row};

use crate::logs::reading::{Heed, Reader};
use crate::logs::table::Table;

/// Only what counts leaves the database: the texts of a message stand in another table.
const MESSAGES: &str = "SELECT id, session_id, data FROM message ORDER BY time_created, id";

/// Hands every message to the reader, with its id and session in it; how many made no sense.
pub(super) fn read(path: &Path, mut reader: Box<dyn Reader>, table: &mut Table) -> io::Result<u64> {
    messages(path, |message| {
        reader.line(message.as_bytes(), table) == Heed::Bad
    })
    .map_err(io::Error::other)
}

fn messages(path: &Path, mut is_bad: impl FnMut(&str) -> bool) -> rusqlite::Result<u64> {
    let to_read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, to_read)?;
    let mut statement = connection.prepare(MESSAGES)?;
    let mut rows = statement.query(())?;
    let mut bad = 0;
    while let Some(row) = rows.next()? {
        let message = with_names(text(row, 2)?, text(row, 0)?, text(row, 1)?);
        bad += u64::from(is_bad(&message));
    }
    Ok(bad)
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<&'r str> {
    let found = row.get_ref(column)?.as_str_or_null()?;
    Ok(found.unwrap_or_default())
}

/// A message with the id and session that stand in columns of their own; the columns win.
fn with_names(data: &str, id: &str, session: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let Some(body) = data.trim().strip_suffix('}') else {
        return data.to_owned();
    };
    let comma = if body.trim_end().ends_with('{') {
        ""
    } else {
        ","
    };
    format!(
        "{body}{comma}\"id\":{},\"sessionID\":{}}}",
        quoted(id),
        quoted(session)
    )
}
