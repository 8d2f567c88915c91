//! Columns of text, to the left or to the right, two blanks between; names give way when there is no room.

use crate::view::format;

/// On which side a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Names that may be cut.
    Name,
    /// Texts that may not.
    Left,
    /// Numbers.
    Right,
}

/// Names are never cut shorter.
const SHORTEST_NAME: usize = 12;
const BETWEEN: usize = 2;

/// A head, rows and a foot.
#[derive(Debug, Clone, Default)]
pub(super) struct Grid {
    sides: Vec<Side>,
    widths: Vec<usize>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub(super) fn new(head: Vec<(String, Side)>) -> Self {
        let (head, sides): (Vec<String>, Vec<Side>) = head.into_iter().unzip();
        let mut grid = Self {
            sides,
            ..Self::default()
        };
        grid.row(&head);
        grid
    }

    /// Adds a row; what would steer a terminal is taken out of it.
    pub(super) fn row(&mut self, cells: &[String]) {
        let cells: Vec<String> = cells.iter().map(|cell| format::printable(cell)).collect();
        self.widths.resize(self.sides.len(), 0);
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.chars().count());
        }
        self.rows.push(cells);
    }

    fn width(&self) -> usize {
        let between = BETWEEN * self.widths.len().saturating_sub(1);
        self.widths.iter().sum::<usize>() + between
    }

    /// Cuts names, the widest first, until it fits into so many columns; whether it does.
    pub(super) fn shrink_names(&mut self, room: usize) -> bool {
        while self.width() > room {
            let names = self.sides.iter().zip(&mut self.widths);
            let widest = names
                .filter(|(side, width)| **side == Side::Name && **width > SHORTEST_NAME)
                .map(|(_, width)| width)
                .max();
            match widest {
                Some(width) => *width -= 1,
                None => return false,
            }
        }
        true
    }

    /// The text, a rule before the last row, each line ended.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let foot = self.rows.len().saturating_sub(1);
        for (number, row) in self.rows.iter().enumerate() {
            if number == foot {
                text.push_str(&"─".repeat(self.width()));
                text.push('\n');
            }
            text.push_str(self.line(row).trim_end());
            text.push('\n');
        }
        text
    }

    fn line(&self, row: &[String]) -> String {
        let cells = row.iter().zip(&self.sides).zip(&self.widths);
        let cells: Vec<String> = cells
            .map(|((cell, side), width)| match side {
                Side::Name => format!("{:<width$}", format::trim(cell, *width)),
                Side::Left => format!("{cell:<width$}"),
                Side::Right => format!("{cell:>width$}"),
            })
            .collect();
        cells.join(&" ".repeat(BETWEEN))
    }
}
