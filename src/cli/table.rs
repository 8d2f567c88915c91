//! Aligned columns for people: a head, rows, two blanks between. No wrapping, no lines, no colour of its own.

use crate::cli::output::Paint;
use crate::cli::output::Tone;

/// One cell: what it says, and its tone when it is a state word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    text: String,
    tone: Option<Tone>,
}

impl Cell {
    /// A state word.
    pub(super) fn state(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone: Some(tone),
        }
    }

    /// What is shown where nothing is known.
    pub(super) fn unknown() -> Self {
        Self::from("–")
    }

    /// The text, or the mark of the unknown.
    pub(super) fn known(text: Option<String>) -> Self {
        text.map_or_else(Self::unknown, Self::from)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, tone: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// Rows under a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table with these column names.
    pub(super) fn new(head: &[&str]) -> Self {
        Self {
            rows: vec![head.iter().map(|name| Cell::from(*name)).collect()],
        }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The table as text, each line ended; the last column is not padded.
    pub(super) fn text(&self, paint: Paint) -> String {
        let widths = self.widths();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let shown = cell
                    .tone
                    .map_or_else(|| cell.text.clone(), |tone| paint.word(&cell.text, tone));
                line.push_str(&shown);
                if column + 1 < row.len() {
                    let width = widths.get(column).copied().unwrap_or_default();
                    let blanks = width.saturating_sub(width_of(&cell.text)) + 2;
                    line.extend(std::iter::repeat_n(' ', blanks));
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells
                    .map(|cell| width_of(&cell.text))
                    .max()
                    .unwrap_or_default()
            })
            .collect()
    }
}

fn width_of(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_colour_takes_no_room() {
        let mut table = Table::new(&["ID", "STATE", "NOTE"]);
        table.row(vec![
            "venice/work".into(),
            Cell::state("fresh", Tone::Good),
            Cell::unknown(),
        ]);
        table.row(vec![
            "openai".into(),
            Cell::state("failed", Tone::Bad),
            "x".into(),
        ]);
        insta::assert_snapshot!(table.text(Paint::Plain), @r"
        ID           STATE   NOTE
        venice/work  fresh   –
        openai       failed  x
        ");
        let coloured = table
            .text(Paint::Colour)
            .replace("\u{1b}[32m", "")
            .replace("\u{1b}[31m", "")
            .replace("\u{1b}[0m", "");
        assert_eq!(coloured, table.text(Paint::Plain));
    }
}
