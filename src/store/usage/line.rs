//! Slots as lines of text: a day of them in one row of an answer, and back.
//!
//! Why: SQLite works on a thread of its own and hands each row over by itself. A month of usage is many thousands of
//! rows, and as many times two threads would wake each other.

use sqlx::any::AnyRow;

use crate::store::cell::{self, Read, Unreadable};
use crate::store::usage::row::SlotRow;

/// Between the cells of a line.
const CELL: char = '\u{1f}';
/// Between lines.
const LINE: char = '\u{1e}';

/// Asks for slots as lines; the rest of the question follows.
macro_rules! ask_for_lines {
    ($condition:literal) => {
        concat!(
            "SELECT string_agg(CAST(start_at AS TEXT) || '\u{1f}' || width || '\u{1f}' || origin || '\u{1f}' ||
            REPLACE(REPLACE(api_key, '\u{1f}', ''), '\u{1e}', '') || '\u{1f}' ||
            REPLACE(REPLACE(model, '\u{1f}', ''), '\u{1e}', '') || '\u{1f}' ||
            REPLACE(REPLACE(project, '\u{1f}', ''), '\u{1e}', '') || '\u{1f}' ||
            REPLACE(REPLACE(person, '\u{1f}', ''), '\u{1e}', '') || '\u{1f}' ||
            COALESCE(CAST(requests AS TEXT), '') || '\u{1f}' || COALESCE(CAST(input AS TEXT), '') || '\u{1f}' ||
            COALESCE(CAST(cached_input AS TEXT), '') || '\u{1f}' ||
            COALESCE(CAST(cache_write AS TEXT), '') || '\u{1f}' ||
            COALESCE(CAST(cache_write_5m AS TEXT), '') || '\u{1f}' ||
            COALESCE(CAST(cache_write_1h AS TEXT), '') || '\u{1f}' ||
            COALESCE(CAST(output AS TEXT), '') || '\u{1f}' || COALESCE(CAST(reasoning AS TEXT), '') || '\u{1f}' ||
            basis || '\u{1f}' || currency || '\u{1f}' || COALESCE(CAST(nanos AS TEXT), '') || '\u{1f}' ||
            REPLACE(REPLACE(unpriced, '\u{1f}', ''), '\u{1e}', ''), '\u{1e}')
            FROM usage_slot WHERE ",
            $condition,
            " GROUP BY start_at / 86400000"
        )
    };
}
pub(super) use ask_for_lines;

/// The slots in an answer's rows; of one that cannot be read, its start if that can be.
pub(super) fn read(rows: &[AnyRow]) -> Vec<Result<SlotRow, Option<i64>>> {
    let texts = rows.iter().flat_map(|row| cell::text(row, 0));
    texts
        .flat_map(|text| text.split(LINE).map(slot).collect::<Vec<_>>())
        .collect()
}

fn slot(line: &str) -> Result<SlotRow, Option<i64>> {
    let cells: Vec<&str> = line.split(CELL).collect();
    let start_at = cells.first().and_then(|cell| cell.parse().ok());
    SlotRow::of_cells(&cells).map_err(|_| start_at)
}

/// A text among the cells.
pub(super) fn text(cells: &[&str], place: usize) -> Read<String> {
    cells
        .get(place)
        .map(|cell| (*cell).to_owned())
        .ok_or(Unreadable)
}

/// A number among the cells; empty is none.
pub(super) fn maybe_number(cells: &[&str], place: usize) -> Read<Option<i64>> {
    match cells.get(place) {
        Some(&"") => Ok(None),
        Some(cell) => Ok(Some(cell.parse()?)),
        None => Err(Unreadable),
    }
}
