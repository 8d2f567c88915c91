//! Reads one table of the file: takes values key by key, notes where each came from, and what was wrong.

use toml_edit::{Item, TableLike, Value};

use crate::config::file::Written;
use crate::config::raw::Raw;
use crate::config::suggest::did_you_mean;
use crate::config::{Origin, Setting, Warning};

/// What was found while reading.
pub(super) struct Findings<'a> {
    written: &'a Written,
    /// What was wrong.
    pub(super) warnings: Vec<Warning>,
    /// Every value in force.
    pub(super) settings: Vec<Setting>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(written: &'a Written) -> Self {
        Self {
            written,
            warnings: Vec::new(),
            settings: Vec::new(),
        }
    }

    /// Notes a fault.
    pub(super) fn warn(&mut self, key: &str, line: Option<usize>, message: impl Into<String>) {
        self.warnings.push(Warning {
            key: key.to_owned(),
            line,
            message: message.into(),
        });
    }

    /// A value with its text.
    pub(super) fn raw(&self, value: &'a Value) -> Raw<'a> {
        Raw {
            value,
            text: self.written.text(value.span()),
        }
    }

    /// Notes a value in force.
    pub(super) fn note(&mut self, key: String, value: &str, origin: Origin) {
        self.settings.push(Setting {
            key,
            value: without_password(value),
            origin,
        });
    }
}

/// A value that was put right: what is used, how that is written, and what was wrong.
pub(super) struct Mended<T> {
    /// What is used.
    pub(super) value: T,
    /// The used value as TOML, and what was wrong. `None`: nothing was.
    pub(super) fault: Option<(String, String)>,
}

/// One table of the file.
pub(super) struct Sheet<'a> {
    table: Option<&'a dyn TableLike>,
    prefix: String,
    line: Option<usize>,
    understood: Vec<String>,
}

impl<'a> Sheet<'a> {
    /// The whole file.
    pub(super) fn root(written: &'a Written) -> Self {
        Self {
            table: Some(written.root()),
            prefix: String::new(),
            line: None,
            understood: Vec::new(),
        }
    }

    /// The full name of a key.
    pub(super) fn key(&self, key: &str) -> String {
        if self.prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.prefix)
        }
    }

    /// The name of the table: `account[1]`.
    pub(super) fn name(&self) -> &str {
        &self.prefix
    }

    /// The line of a key, or where the table begins when the key is absent.
    pub(super) fn line_of(&self, findings: &Findings<'a>, key: &str) -> Option<usize> {
        self.table
            .and_then(|table| table.key(key))
            .and_then(toml_edit::Key::span)
            .map(|span| findings.written.line(span.start))
            .or(self.line)
    }

    /// Whether the key is written.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// The keys that were written.
    pub(super) fn keys(&self) -> Vec<&'a str> {
        self.table
            .map(|table| table.iter().map(|(key, _)| key).collect())
            .unwrap_or_default()
    }

    /// Takes a value; a bad one is warned of and costs only itself. `default` is how the default is written, empty
    /// for "none".
    pub(super) fn take<T>(
        &mut self,
        findings: &mut Findings<'a>,
        (key, default): (&str, &str),
        read: impl FnOnce(&Raw<'a>, &Findings<'a>) -> Result<T, String>,
    ) -> Option<T> {
        self.take_mended(findings, (key, default), |raw, findings| {
            read(raw, findings).map(|value| Mended { value, fault: None })
        })
    }

    /// Takes a value that may be put right.
    pub(super) fn take_mended<T>(
        &mut self,
        findings: &mut Findings<'a>,
        (key, default): (&str, &str),
        read: impl FnOnce(&Raw<'a>, &Findings<'a>) -> Result<Mended<T>, String>,
    ) -> Option<T> {
        self.understood.push(key.to_owned());
        let full = self.key(key);
        let Some(item) = self.table.and_then(|table| table.get(key)) else {
            if !default.is_empty() {
                findings.note(full, default, Origin::Default);
            }
            return None;
        };
        let line = self.line_of(findings, key);
        let result = match item.as_value() {
            Some(value) => {
                let raw = findings.raw(value);
                read(&raw, findings).map(|mended| (mended, raw.text))
            }
            None => Err("it must be one value, not a table".to_owned()),
        };
        match result {
            Ok((Mended { value, fault }, text)) => {
                let used = fault.as_ref().map_or(text, |(used, _)| used);
                findings.note(
                    full.clone(),
                    used,
                    line.map_or(Origin::Default, Origin::File),
                );
                if let Some((used, fault)) = &fault {
                    findings.warn(&full, line, format!("{fault}; {used} is used."));
                }
                Some(value)
            }
            Err(fault) => {
                let instead = if default.is_empty() {
                    "it is left out".to_owned()
                } else {
                    findings.note(full.clone(), default, Origin::Default);
                    format!("the default {default} is used")
                };
                findings.warn(&full, line, format!("{fault}; {instead}."));
                None
            }
        }
    }

    /// A table within this one; an absent one is empty.
    pub(super) fn table(&mut self, findings: &mut Findings<'a>, key: &str) -> Self {
        self.understood.push(key.to_owned());
        let line = self.line_of(findings, key);
        let item = self.table.and_then(|table| table.get(key));
        let table = item.and_then(Item::as_table_like);
        if item.is_some() && table.is_none() {
            findings.warn(
                &self.key(key),
                line,
                format!("it must be a table that starts with [{key}]; its defaults are used."),
            );
        }
        Self {
            table,
            prefix: self.key(key),
            line,
            understood: Vec::new(),
        }
    }

    /// The tables of a list: `[[key]]`, or a list of inline tables.
    pub(super) fn list(&mut self, findings: &mut Findings<'a>, key: &str) -> Vec<Self> {
        self.understood.push(key.to_owned());
        let Some(item) = self.table.and_then(|table| table.get(key)) else {
            return Vec::new();
        };
        let tables: Vec<(&dyn TableLike, Option<std::ops::Range<usize>>)> = match item {
            Item::ArrayOfTables(tables) => tables
                .iter()
                .map(|table| (table as &dyn TableLike, table.span()))
                .collect(),
            Item::Table(table) => vec![(table, table.span())],
            Item::Value(Value::Array(array)) => array
                .iter()
                .filter_map(|value| {
                    Some((value.as_inline_table()? as &dyn TableLike, value.span()))
                })
                .collect(),
            _ => Vec::new(),
        };
        let expected = item
            .as_array()
            .map_or(tables.len().max(1), toml_edit::Array::len);
        if tables.len() < expected || item.is_table() {
            let line = self.line_of(findings, key);
            let message = format!("each entry must be a table that starts with [[{key}]].");
            findings.warn(&self.key(key), line, message);
        }
        tables
            .into_iter()
            .enumerate()
            .map(|(index, (table, span))| Self {
                table: Some(table),
                prefix: format!("{}[{index}]", self.key(key)),
                line: span.map(|span| findings.written.line(span.start)),
                understood: Vec::new(),
            })
            .collect()
    }

    /// Warns of every key that nobody asked for.
    pub(super) fn finish(self, findings: &mut Findings<'a>) {
        for key in self.keys() {
            if !self.understood.iter().any(|known| known == key) {
                let hint = did_you_mean(key, self.understood.iter().map(String::as_str));
                let end = if hint.is_empty() { "." } else { "" };
                let line = self.line_of(findings, key);
                findings.warn(
                    &self.key(key),
                    line,
                    format!("this key is not known and is ignored{hint}{end}"),
                );
            }
        }
    }
}

/// A URL's text with its password masked; other text as it is.
fn without_password(text: &str) -> String {
    let masked = text.split_once("://").and_then(|(scheme, rest)| {
        let authority = rest.split(['/', '?']).next()?;
        let (user, _) = authority.rsplit_once('@')?;
        let (name, _) = user.split_once(':')?;
        Some(format!("{scheme}://{name}:…{}", rest.get(user.len()..)?))
    });
    masked.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        assert_eq!(
            without_password("\"postgres://me:p@ss@host/db\""),
            "\"postgres://me:…@host/db\""
        );
        assert_eq!(
            without_password("\"https://a/b:c@d\""),
            "\"https://a/b:c@d\""
        );
    }
}
