//! Cells: how values are written into columns and read back. A cell that cannot be read costs its row, never more.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::value::{Error as NotAWord, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer as _};

use crate::store::database::{Connection, Error, Row, Statement};

/// More tokens or requests than anybody counts at once; a vendor's nonsense must not make every later sum overflow.
const MOST: u64 = i64::MAX.cast_unsigned() >> 10;

/// An instant as milliseconds of UTC; what is finer is cut off.
pub(super) fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// A count, at most [`MOST`].
pub(super) fn count(count: u64) -> i64 {
    count.min(MOST).cast_signed()
}

/// A vendor's text without the NUL characters that PostgreSQL does not take.
pub(super) fn clean(text: &str) -> String {
    text.replace('\0', "")
}

/// The name of an enum's value, the same as in JSON.
pub(super) fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// A cell, a row or a part of one that makes no sense.
#[derive(Debug)]
pub(super) struct Unreadable;

impl<E: std::error::Error> From<E> for Unreadable {
    fn from(_: E) -> Self {
        Self
    }
}

/// What was read, if it could be.
pub(super) type Read<T> = Result<T, Unreadable>;

/// The enum's value of that name.
pub(super) fn from_word<T: DeserializeOwned>(name: &str) -> Read<T> {
    let name: StrDeserializer<'_, NotAWord> = name.into_deserializer();
    Ok(T::deserialize(name)?)
}

/// Reads a text.
pub(super) fn text(row: &Row<'_>, column: usize) -> Read<String> {
    row.told(column).map(str::to_owned)
}

/// Reads a text that may be missing.
pub(super) fn maybe_text(row: &Row<'_>, column: usize) -> Read<Option<String>> {
    Ok(row.text(column)?.map(str::to_owned))
}

/// Reads a number.
pub(super) fn number(row: &Row<'_>, column: usize) -> Read<i64> {
    row.number(column)?.ok_or(Unreadable)
}

/// Reads a number that may be missing.
pub(super) fn maybe_number(row: &Row<'_>, column: usize) -> Read<Option<i64>> {
    row.number(column)
}

/// Reads an instant.
pub(super) fn instant(row: &Row<'_>, column: usize) -> Read<DateTime<Utc>> {
    from_millis(number(row, column)?)
}

/// Reads an instant that may be missing.
pub(super) fn maybe_instant(row: &Row<'_>, column: usize) -> Read<Option<DateTime<Utc>>> {
    maybe_number(row, column)?.map(from_millis).transpose()
}

/// The instant of that many milliseconds.
pub(super) fn from_millis(millis: i64) -> Read<DateTime<Utc>> {
    DateTime::from_timestamp_millis(millis).ok_or(Unreadable)
}

/// Reads every row that can be read; says once for each table that some could not.
pub(super) async fn readable<T: Send>(
    connection: &mut Connection,
    table: &'static str,
    statement: impl Into<Statement>,
    mut read: impl FnMut(&Row<'_>) -> Read<T> + Send,
) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    let see = |row: &Row<'_>| match read(row) {
        Ok(value) => found.push(value),
        Err(Unreadable) => odd(table),
    };
    connection.each(statement, see).await?;
    Ok(found)
}

/// Says, once for each table, that something in it cannot be read.
pub(super) fn odd(table: &'static str) {
    static TOLD: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    if TOLD
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(table)
    {
        tracing::warn!(
            table,
            "something in the ledger cannot be read and is left out"
        );
    }
}

/// `($1, $2), ($3, $4)`: places for that many rows of that many columns.
pub(super) fn places(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * columns * 6);
    for place in 0..rows * columns {
        let before = match (place, place % columns) {
            (0, _) => "(",
            (_, 0) => "), (",
            _ => ", ",
        };
        text.push_str(before);
        text.push('$');
        text.push_str(&(place + 1).to_string());
    }
    text.push(')');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::usage::Basis;

    #[test]
    fn words_are_those_of_json_and_an_unknown_one_is_none() {
        assert_eq!(word(Basis::Metered), "metered");
        let read: Basis = from_word("metered").unwrap();
        assert_eq!(read, Basis::Metered);
        assert!(from_word::<Basis>("guessed").is_err());
    }

    #[test]
    fn places_are_numbered_through() {
        assert_eq!(places(2, 3), "($1, $2, $3), ($4, $5, $6)");
    }

    #[test]
    fn a_thousand_largest_counts_still_add_up() {
        assert!(count(u64::MAX).checked_mul(1000).is_some());
    }
}
