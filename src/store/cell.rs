//! Cells: how values are written into columns and read back. A cell that cannot be read costs its row, never more.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::value::{Error as NotAWord, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use sqlx::Row as _;
use sqlx::any::AnyRow;

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

/// The enum's value of that name. `None`: there is none.
pub(super) fn from_word<T: DeserializeOwned>(name: &str) -> Option<T> {
    let name: StrDeserializer<'_, NotAWord> = name.into_deserializer();
    T::deserialize(name).ok()
}

/// Reads a text.
pub(super) fn text(row: &AnyRow, column: usize) -> Option<String> {
    row.try_get(column).ok()
}

/// Reads a text that may be missing.
pub(super) fn maybe_text(row: &AnyRow, column: usize) -> Option<Option<String>> {
    row.try_get(column).ok()
}

/// Reads a number.
pub(super) fn number(row: &AnyRow, column: usize) -> Option<i64> {
    row.try_get(column).ok()
}

/// Reads a number that may be missing.
pub(super) fn maybe_number(row: &AnyRow, column: usize) -> Option<Option<i64>> {
    row.try_get(column).ok()
}

/// Reads an instant.
pub(super) fn instant(row: &AnyRow, column: usize) -> Option<DateTime<Utc>> {
    number(row, column).and_then(DateTime::from_timestamp_millis)
}

/// Reads an instant that may be missing.
pub(super) fn maybe_instant(row: &AnyRow, column: usize) -> Option<Option<DateTime<Utc>>> {
    match maybe_number(row, column)? {
        Some(millis) => DateTime::from_timestamp_millis(millis).map(Some),
        None => Some(None),
    }
}

/// Reads every row that can be read; says once for each table that some could not.
pub(super) fn readable<T>(
    table: &'static str,
    rows: &[AnyRow],
    read: impl Fn(&AnyRow) -> Option<T>,
) -> Vec<T> {
    let read: Vec<T> = rows.iter().filter_map(read).collect();
    if read.len() < rows.len() {
        odd(table);
    }
    read
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
        assert_eq!(from_word(&word(Basis::Metered)), Some(Basis::Metered));
        assert_eq!(from_word::<Basis>("guessed"), None);
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
