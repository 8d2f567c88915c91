//! Other programs' databases, read and never written: some agents keep what they used in SQLite with a write-ahead log.
//!
//! Opened read-only: nothing is written and nothing checkpointed; only SQLite's own shared lock is held while reading.
//! Rows that stand only in the write-ahead log are seen, because SQLite itself reads it. This is the one place outside
//! the ledger where SQL stands: that SQL is the other programs'.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use spendtray_skim::Raw;

use crate::logs::numbers;

/// Which rows tell what was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// OpenCode's messages.
    OpencodeMessages,
    /// Copilot CLI's requests.
    CopilotRequests,
}

/// When each session was first told of, in seconds since the epoch. `None`: that makes no sense.
pub(super) type Sessions = HashMap<String, Option<i64>>;

/// Only what counts leaves the database: the texts of a message stand in another table.
const OPENCODE_MESSAGES: &str =
    "SELECT id, session_id, data FROM message ORDER BY time_created, id";

const COPILOT_REQUESTS: &str = "assistant_usage_events";

/// What is read of a request; versions differ in which of these there are.
const COPILOT_COLUMNS: [&str; 9] = [
    "id",
    "session_id",
    "model",
    "created_at",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
];

/// Hands out every row as a JSON object.
pub(super) fn read(path: &Path, rows: Rows, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let read = open(path).and_then(|database| match rows {
        Rows::OpencodeMessages => opencode_messages(&database, each),
        Rows::CopilotRequests => copilot_requests(&database, each),
    });
    read.map_err(io::Error::other)
}

/// The sessions that Copilot CLI's store knows.
pub(super) fn copilot_sessions(path: &Path) -> io::Result<Sessions> {
    open(path)
        .and_then(|database| sessions(&database))
        .map_err(io::Error::other)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let to_read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, to_read)
}

fn columns(database: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = database.prepare("SELECT name FROM pragma_table_info(?)")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    names.collect()
}

fn opencode_messages(database: &Connection, each: &mut dyn FnMut(&[u8])) -> rusqlite::Result<()> {
    let mut statement = database.prepare(OPENCODE_MESSAGES)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let message = with_names(&text(row, 2)?, &text(row, 0)?, &text(row, 1)?);
        each(message.as_bytes());
    }
    Ok(())
}

fn copilot_requests(database: &Connection, each: &mut dyn FnMut(&[u8])) -> rusqlite::Result<()> {
    let there = columns(database, COPILOT_REQUESTS)?;
    let sessions = columns(database, "sessions")?;
    let has = |columns: &[String], name: &str| columns.iter().any(|column| column == name);
    let mut fields: Vec<String> = COPILOT_COLUMNS
        .iter()
        .filter(|name| has(&there, name))
        .map(|name| {
            // JSON has no blobs: such a value is none, and costs its row only.
            format!("'{name}', CASE typeof({name}) WHEN 'blob' THEN NULL ELSE {name} END")
        })
        .collect();
    if fields.is_empty() {
        return Ok(());
    }
    if has(&there, "session_id") && has(&sessions, "id") && has(&sessions, "cwd") {
        let folder = "'cwd', (SELECT CAST(cwd AS TEXT) FROM sessions \
            WHERE sessions.id = assistant_usage_events.session_id)";
        fields.push(folder.to_owned());
    }
    let query = format!(
        "SELECT json_object({}) FROM {COPILOT_REQUESTS} ORDER BY rowid",
        fields.join(", ")
    );
    let mut statement = database.prepare(&query)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        each(text(row, 0)?.as_bytes());
    }
    Ok(())
}

fn sessions(database: &Connection) -> rusqlite::Result<Sessions> {
    let columns = columns(database, COPILOT_REQUESTS)?;
    let has = |name: &str| columns.iter().any(|column| column == name);
    let mut sessions = Sessions::new();
    if !has("session_id") || !has("created_at") {
        return Ok(sessions);
    }
    let mut statement = database.prepare(
        "SELECT session_id, CAST(MIN(created_at) AS TEXT), typeof(MIN(created_at))
        FROM assistant_usage_events GROUP BY session_id",
    )?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let first = match text(row, 2)?.as_ref() {
            "text" => format!("\"{}\"", text(row, 1)?),
            _ => text(row, 1)?.into_owned(),
        };
        let first = numbers::instant(Raw(first.as_bytes()));
        sessions.insert(text(row, 0)?.into_owned(), first);
    }
    Ok(sessions)
}

/// A column's text with bad bytes replaced; nothing where there is none.
fn text<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<Cow<'r, str>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes),
        ValueRef::Integer(number) => Cow::Owned(number.to_string()),
        ValueRef::Null | ValueRef::Real(_) => Cow::Borrowed(""),
    })
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
