//! SQLite: a file, or memory.

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, OpenFlags, params_from_iter};
use tokio::time::{Instant, sleep};

use crate::store::address::encoded;
use crate::store::database::Error;
use crate::store::database::row::Row;
use crate::store::database::statement::{Statement, Value};

/// How long another process may hold a file before that is an error.
const PATIENCE: Duration = Duration::from_secs(5);
/// How much of a file is kept in memory, as SQLite counts it: negative is KiB. What a round of polls looks at fits, so that
/// none of it is waited for: what the system keeps of a file may be gone after minutes.
const CACHE: i64 = -256;
/// The bytes of a page in a new file. What changes at a time is little and lies far apart, and of each page all is
/// written.
const PAGE: i64 = 1024;
/// How many pages the log may hold before they are moved to the file: as many bytes as SQLite has by itself.
const LOG: i64 = 4000;
/// How soon a held file is tried again.
const PAUSE: Duration = Duration::from_millis(10);

/// What is opened, and for what.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Opening<'a> {
    /// Nothing but memory.
    Memory,
    /// A file that is there, to read and write.
    ToWrite(&'a Path),
    /// A file, only to read.
    ToRead(&'a Path),
    /// A file that nobody writes to: it is read without any lock.
    Unchanging(&'a Path),
}

pub(super) async fn open(opening: Opening<'_>) -> Result<rusqlite::Connection, Error> {
    patiently(move || open_now(opening)).await
}

fn open_now(opening: Opening<'_>) -> rusqlite::Result<rusqlite::Connection> {
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let to_read = flags | OpenFlags::SQLITE_OPEN_READ_ONLY;
    let file = match opening {
        Opening::Memory => rusqlite::Connection::open_in_memory(),
        Opening::ToWrite(path) => {
            rusqlite::Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)
        }
        Opening::ToRead(path) => rusqlite::Connection::open_with_flags(path, to_read),
        Opening::Unchanging(path) => rusqlite::Connection::open_with_flags(
            unchanging(path),
            to_read | OpenFlags::SQLITE_OPEN_URI,
        ),
    }?;
    // Waiting is done here, where others can go on meanwhile.
    file.busy_timeout(Duration::ZERO)?;
    file.pragma_update(None, "page_size", PAGE)?;
    file.pragma_update(None, "wal_autocheckpoint", LOG)?;
    file.pragma_update(None, "cache_size", CACHE)?;
    Ok(file)
}

/// <https://www.sqlite.org/uri.html>
fn unchanging(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    let root = if path.starts_with('/') { "" } else { "/" };
    format!("file:{root}{}?immutable=1", encoded(&path))
}

pub(super) async fn script(file: &mut rusqlite::Connection, text: &str) -> Result<(), Error> {
    patiently(move || file.execute_batch(text)).await
}

pub(super) async fn each(
    file: &mut rusqlite::Connection,
    statement: &Statement,
    see: &mut (dyn FnMut(&Row<'_>) + Send),
) -> Result<(), Error> {
    patiently(move || each_now(file, statement, see)).await
}

fn each_now(
    file: &rusqlite::Connection,
    statement: &Statement,
    show: &mut dyn FnMut(&Row<'_>),
) -> rusqlite::Result<()> {
    match &statement.sql {
        // What is asked again and again is kept prepared.
        Cow::Borrowed(sql) => {
            let mut prepared = file.prepare_cached(sql)?;
            run(&mut prepared, statement, show)
        }
        // `$12` is a name, which is sought among all before it: of thousands that takes longer than the rows. `?12` is
        // the place itself.
        Cow::Owned(sql) => {
            let mut prepared = file.prepare(&sql.replace('$', "?"))?;
            run(&mut prepared, statement, show)
        }
    }
}

fn run(
    prepared: &mut rusqlite::Statement<'_>,
    statement: &Statement,
    show: &mut dyn FnMut(&Row<'_>),
) -> rusqlite::Result<()> {
    let mut rows = prepared.query(params_from_iter(&statement.values))?;
    while let Some(row) = rows.next()? {
        show(&Row::Sqlite(row));
    }
    Ok(())
}

/// Tries until the file is free, or for as long as anybody would wait.
///
/// A file is held before the first row of an answer, never in the middle of one: nothing is shown twice.
async fn patiently<T>(mut attempt: impl FnMut() -> rusqlite::Result<T>) -> Result<T, Error> {
    let mut since = None;
    loop {
        match attempt() {
            Err(error) if is_held(&error) => {
                let since = *since.get_or_insert_with(Instant::now);
                if since.elapsed() >= PATIENCE {
                    return Err(error.into());
                }
                sleep(PAUSE).await;
            }
            done => return Ok(done?),
        }
    }
}

fn is_held(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Number(Some(number)) => ValueRef::Integer(*number),
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Number(None) | Self::Text(None) => ValueRef::Null,
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}
