//! Another program's database, read and never written: OpenCode keeps its messages in SQLite with a write-ahead log.
//!
//! Opened read-only: nothing is written and nothing checkpointed; only SQLite's own shared lock is held while reading. Rows that stand only in the write-ahead log are seen,
//! because SQLite itself reads it. This is the one place outside the ledger where SQL stands: that SQL is OpenCode's.

use std::io;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Row as _};

use crate::logs::reading::{Heed, Reader};
use crate::logs::table::Table;

/// Hands every message to the reader, with its id and session in it; how many made no sense.
pub(super) fn read(path: &Path, mut reader: Box<dyn Reader>, table: &mut Table) -> io::Result<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let rows = runtime.block_on(rows(path)).map_err(io::Error::other)?;
    let mut bad = 0;
    for row in rows {
        bad += u64::from(reader.line(row.as_bytes(), table) == Heed::Bad);
    }
    Ok(bad)
}

async fn rows(path: &Path) -> Result<Vec<String>, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    // Only what counts leaves the database: the texts of a message stand in another table.
    let found = sqlx::query("SELECT id, session_id, data FROM message ORDER BY time_created, id")
        .fetch_all(&mut connection)
        .await?;
    connection.close().await?;
    let text = |value: Option<String>| value.unwrap_or_default();
    found
        .iter()
        .map(|row| {
            let (id, session) = (text(row.try_get(0)?), text(row.try_get(1)?));
            Ok(with_names(&text(row.try_get(2)?), &id, &session))
        })
        .collect()
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
