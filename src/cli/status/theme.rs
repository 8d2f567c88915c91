//! How the live view paints: only state words, and each theme shows the same words.

use crate::cli::output::Paint;

/// A theme of the live view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Theme {
    /// The terminal's colours.
    Colour,
    /// The terminal's bright colours, bold.
    Bright,
    /// No colour.
    Mono,
}

impl Theme {
    /// The one to begin with.
    pub(super) fn first(paint: Paint) -> Self {
        match paint {
            Paint::Colour => Self::Colour,
            Paint::Plain => Self::Mono,
        }
    }

    /// The next one.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Colour => Self::Bright,
            Self::Bright => Self::Mono,
            Self::Mono => Self::Colour,
        }
    }

    /// A line with its state words painted.
    pub(super) fn line(self, line: &str) -> String {
        if self == Self::Mono {
            return line.to_owned();
        }
        line.split_inclusive(' ')
            .map(|piece| {
                let word = piece.trim_end();
                let bare = word.trim_matches(|character: char| !character.is_alphanumeric());
                match self.code(bare) {
                    Some(code) => format!("\u{1b}[{code}m{word}\u{1b}[0m{}", &piece[word.len()..]),
                    None => piece.to_owned(),
                }
            })
            .collect()
    }

    fn code(self, word: &str) -> Option<&'static str> {
        let (colour, bright) = match word {
            "ok" | "fresh" => ("32", "1;92"),
            "stale" | "waiting" | "warning" => ("33", "1;93"),
            "critical" | "error" | "failed" | "unauthorized" => ("31", "1;91"),
            "unknown" => ("2", "1;97"),
            _ => return None,
        };
        Some(if self == Self::Bright { bright } else { colour })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_state_words_are_painted() {
        let line = "Venice (work)  $4.21 today · stale, 3 h ago";
        assert_eq!(Theme::Mono.line(line), line);
        assert_eq!(
            Theme::Colour.line(line),
            "Venice (work)  $4.21 today · \u{1b}[33mstale,\u{1b}[0m 3 h ago"
        );
    }

    #[test]
    fn themes_go_round() {
        assert_eq!(Theme::Colour.next().next().next(), Theme::Colour);
    }
}
