//! Other programs' databases, read and never written: some agents keep what they used in SQLite with a write-ahead log.
//!
//! Opened read-only: nothing is written and nothing checkpointed; only SQLite's own shared lock is held while reading.
//! Rows that stand only in the write-ahead log are seen, because SQLite itself reads it. This is the one place outside
//! the ledger where SQL stands: that SQL is the other programs'.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use crate::logs::numbers;
use crate::logs::skim::Raw;

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
const OPENCODE_MESSAGES: &str = "SELECT CAST(id AS BLOB), CAST(session_id AS BLOB), CAST(data AS BLOB) \
    FROM message ORDER BY time_created, id";

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

/// Every row as a JSON object.
pub(super) fn read(path: &Path, rows: Rows) -> io::Result<Vec<Vec<u8>>> {
    asked(path, async |connection| match rows {
        Rows::OpencodeMessages => opencode_messages(connection).await,
        Rows::CopilotRequests => copilot_requests(connection).await,
    })
}

/// The sessions that Copilot CLI's store knows.
pub(super) fn copilot_sessions(path: &Path) -> io::Result<Sessions> {
    asked(path, async |connection| {
        let columns = columns(connection, COPILOT_REQUESTS).await?;
        let has = |name: &str| columns.iter().any(|column| column == name);
        if !has("session_id") || !has("created_at") {
            return Ok(Sessions::new());
        }
        let first = "SELECT CAST(session_id AS BLOB), CAST(MIN(created_at) AS BLOB) \
            FROM assistant_usage_events GROUP BY session_id";
        let rows = sqlx::query(first).fetch_all(connection).await?;
        let session = |row: &SqliteRow| {
            let first = text(row, 1);
            let is_number = first.bytes().all(|byte| byte.is_ascii_digit());
            let raw = if is_number {
                first
            } else {
                format!("\"{first}\"")
            };
            (text(row, 0), numbers::seconds(Raw(raw.as_bytes())))
        };
        Ok(rows.iter().map(session).collect())
    })
}

fn asked<T>(
    path: &Path,
    ask: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, sqlx::Error>,
) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    runtime
        .block_on(async {
            let mut connection = SqliteConnection::connect_with(&options).await?;
            let answer = ask(&mut connection).await;
            connection.close().await?;
            answer
        })
        .map_err(io::Error::other)
}

async fn columns(
    connection: &mut SqliteConnection,
    table: &str,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
        .bind(table)
        .fetch_all(connection)
        .await
}

async fn opencode_messages(connection: &mut SqliteConnection) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    let rows = sqlx::query(OPENCODE_MESSAGES).fetch_all(connection).await?;
    let message = |row: &SqliteRow| {
        let (id, session) = (text(row, 0), text(row, 1));
        with_names(&text(row, 2), &id, &session).into_bytes()
    };
    Ok(rows.iter().map(message).collect())
}

async fn copilot_requests(connection: &mut SqliteConnection) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    let there = columns(&mut *connection, COPILOT_REQUESTS).await?;
    let sessions = columns(&mut *connection, "sessions").await?;
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
        return Ok(Vec::new());
    }
    if has(&there, "session_id") && has(&sessions, "id") && has(&sessions, "cwd") {
        let folder = "'cwd', (SELECT CAST(cwd AS TEXT) FROM sessions \
            WHERE sessions.id = assistant_usage_events.session_id)";
        fields.push(folder.to_owned());
    }
    let query = format!(
        "SELECT CAST(json_object({}) AS BLOB) FROM {COPILOT_REQUESTS} ORDER BY rowid",
        fields.join(", ")
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query))
        .fetch_all(connection)
        .await?;
    let row = |row: &SqliteRow| row.try_get::<Vec<u8>, _>(0).unwrap_or_default();
    Ok(rows.iter().map(row).collect())
}

/// A column's text with bad bytes replaced; nothing where there is none.
fn text(row: &SqliteRow, column: usize) -> String {
    let bytes: Option<Vec<u8>> = row.try_get(column).ok().flatten();
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
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
