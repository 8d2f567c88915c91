//! What the configuration file says, with the line of every key. What it means is `check`'s business.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use toml_edit::{Document, TableLike, TomlError};

use crate::config::ConfigError;

/// A configuration a person writes stays far below; beyond it something else was named by mistake.
const LARGEST_BYTES: u64 = 4 * 1024 * 1024;

/// The file as written.
pub(super) struct Written {
    document: Document<String>,
    line_starts: Vec<usize>,
}

impl Written {
    /// Reads the file; an absent one is empty.
    pub(super) fn read(file: &Path) -> Result<Self, ConfigError> {
        Self::parse(file, &read_text(file)?.unwrap_or_default())
    }

    /// Takes a text that stands in this file.
    pub(super) fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let document =
            Document::parse(text.to_owned()).map_err(|error| syntax(file, text, &error))?;
        Ok(Self {
            document,
            line_starts,
        })
    }

    /// The whole as a table.
    pub(super) fn root(&self) -> &dyn TableLike {
        self.document.as_table()
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// The text of a span.
    pub(super) fn text(&self, span: Option<std::ops::Range<usize>>) -> &str {
        span.and_then(|span| self.document.raw().get(span))
            .unwrap_or_default()
    }
}

/// The file's text without a byte order mark; `None` when there is no file.
pub(super) fn read_text(file: &Path) -> Result<Option<String>, ConfigError> {
    let unreadable = |reason: String| ConfigError::Unreadable {
        file: file.to_owned(),
        reason,
    };
    let opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
    };
    let mut bytes = Vec::new();
    opened
        .take(LARGEST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > LARGEST_BYTES {
        return Err(unreadable(format!(
            "it is larger than {} MiB and so no configuration",
            LARGEST_BYTES / 1024 / 1024
        )));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(
            error
                .as_bytes()
                .get(..error.utf8_error().valid_up_to())
                .unwrap_or_default(),
        );
        let (line, column) = place(&good, good.len());
        ConfigError::Syntax {
            file: file.to_owned(),
            line,
            column,
            message: "this is not UTF-8 text; save the file as UTF-8.".to_owned(),
        }
    })?;
    Ok(Some(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }))
}

/// What the parser says, with line and column.
pub(super) fn syntax(file: &Path, text: &str, error: &TomlError) -> ConfigError {
    let offset = error.span().map_or(0, |span| span.start);
    let (line, column) = place(text, offset);
    ConfigError::Syntax {
        file: file.to_owned(),
        line,
        column,
        message: error.message().trim().replace('\n', ", "),
    }
}

/// Line and column in characters of a byte, both from 1.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text
        .char_indices()
        .take_while(|(at, _)| *at < offset)
        .map(|(_, character)| character);
    before.fold((1, 1), |(line, column), character| {
        if character == '\n' {
            (line + 1, 1)
        } else {
            (line, column + 1)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Written, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, bytes).unwrap();
        let result = Written::read(&file);
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "reading never writes");
        result
    }

    fn message(result: Result<Written, ConfigError>) -> String {
        let text = result.err().unwrap().to_string();
        text.split_once("config.toml").unwrap().1.to_owned()
    }

    #[test]
    fn a_broken_file_is_named_with_line_and_column_and_left_alone() {
        insta::assert_snapshot!(message(read(b"refresh = \"5m\"\n[tray\n")), @r#":2:6: unclosed table, expected `]`"#);
        insta::assert_snapshot!(message(read("a = 1\r\nb = \"ü\r\n".as_bytes())), @r#":2:8: invalid basic string, expected `"`"#);
        insta::assert_snapshot!(message(read(b"a = 1\na = 2\n")), @r#":2:1: duplicate key"#);
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        insta::assert_snapshot!(message(read(b"a = 1\nb = \"\xff\"\n")), @r#":2:6: this is not UTF-8 text; save the file as UTF-8."#);
        let huge = vec![b'#'; usize::try_from(LARGEST_BYTES).unwrap() + 1];
        insta::assert_snapshot!(message(read(&huge)), @r#" cannot be read: it is larger than 4 MiB and so no configuration."#);
    }

    #[test]
    fn a_byte_order_mark_and_windows_lines_are_understood() {
        let written = read("\u{feff}a = 1\r\nb = 2\r\n".as_bytes()).unwrap();
        let key = written.root().key("b").unwrap();
        assert_eq!(written.line(key.span().unwrap().start), 2);
    }

    #[test]
    fn an_absent_file_is_empty_and_a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            Written::read(&folder.path().join("none"))
                .unwrap()
                .root()
                .is_empty()
        );
        assert!(matches!(
            Written::read(folder.path()),
            Err(ConfigError::Unreadable { .. })
        ));
    }
}
