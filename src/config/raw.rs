//! One value of the file as written: what it can be taken for, or a sentence on why it cannot.

use rust_decimal::Decimal;
use toml_edit::Value;

use crate::config::Switch;
use crate::config::sheet::Findings;

/// A value as written.
pub(super) struct Raw<'a> {
    pub(super) value: &'a Value,
    /// The value's text in the file.
    pub(super) text: &'a str,
}

impl<'a> Raw<'a> {
    pub(super) fn string(&self) -> Result<&'a str, String> {
        self.value
            .as_str()
            .map(str::trim)
            .ok_or_else(|| format!("it must be a text in quotes, not {}", self.kind()))
    }

    /// A name: a text, or a whole number that stands for one.
    pub(super) fn name(&self) -> Result<String, String> {
        let text = match self.value.as_integer() {
            Some(number) => number.to_string(),
            None => self.string()?.to_owned(),
        };
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err("it must not be empty".to_owned());
        }
        Ok(text)
    }

    pub(super) fn integer(&self) -> Option<i64> {
        self.value.as_integer()
    }

    /// An exact number, read from the written text and never through a float.
    pub(super) fn decimal(&self) -> Result<Decimal, String> {
        let text = match self.value {
            Value::Integer(number) => number.value().to_string(),
            Value::Float(_) => self.text.to_owned(),
            Value::String(text) => text.value().trim().to_owned(),
            _ => return Err(format!("it must be a number, not {}", self.kind())),
        };
        let plain = text.replace('_', "");
        let plain = plain.strip_prefix('+').unwrap_or(&plain);
        Decimal::from_str_exact(plain)
            .or_else(|_| Decimal::from_scientific(plain))
            .map_err(|_| format!("`{text}` is no number that can be held exactly"))
    }

    pub(super) fn switch(&self) -> Result<Switch, String> {
        let on = match self.value {
            Value::Boolean(on) => Some(*on.value()),
            Value::String(text) => match text.value().trim().to_ascii_lowercase().as_str() {
                "true" | "on" | "yes" => Some(true),
                "false" | "off" | "no" => Some(false),
                _ => None,
            },
            _ => None,
        };
        match on {
            Some(true) => Ok(Switch::On),
            Some(false) => Ok(Switch::Off),
            None => Err("it must be true or false".to_owned()),
        }
    }

    /// The elements of a list; a single value is a list of one.
    pub(super) fn elements(&self, findings: &Findings<'a>) -> Vec<Raw<'a>> {
        match self.value {
            Value::Array(array) => array.iter().map(|value| findings.raw(value)).collect(),
            value => vec![findings.raw(value)],
        }
    }

    /// Texts for a provider: a text, number or switch, or a list of those.
    pub(super) fn texts(&self, findings: &Findings<'a>) -> Result<Vec<String>, String> {
        self.elements(findings)
            .iter()
            .map(|element| match element.value {
                Value::String(text) => Ok(text.value().trim().to_owned()),
                Value::Integer(number) => Ok(number.value().to_string()),
                Value::Float(_) | Value::Boolean(_) => Ok(element.text.to_owned()),
                _ => Err(format!(
                    "it must be a text, a number or a list of those, not {}",
                    element.kind()
                )),
            })
            .collect()
    }

    fn kind(&self) -> &'static str {
        match self.value {
            Value::String(_) => "a text",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::Datetime(_) => "a date",
            Value::Array(_) => "a list",
            Value::InlineTable(_) => "a table",
        }
    }
}
