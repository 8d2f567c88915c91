//! A statement with its values: what is asked, of either database.

use std::borrow::Cow;

/// A value in a column. The ledger has two kinds, and both may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Value {
    /// A number.
    Number(Option<i64>),
    /// A text.
    Text(Option<String>),
}

/// SQL with `$1` placeholders, and what stands for them.
#[derive(Debug, Clone)]
pub(in crate::store) struct Statement {
    pub(super) sql: Cow<'static, str>,
    pub(super) values: Vec<Value>,
}

/// A statement without values yet. One that is put together at run time is not kept prepared.
pub(in crate::store) fn query(sql: impl Into<Cow<'static, str>>) -> Statement {
    Statement {
        sql: sql.into(),
        values: Vec::new(),
    }
}

impl Statement {
    /// Gives the next placeholder its value.
    pub(in crate::store) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }
}

impl From<&'static str> for Statement {
    fn from(sql: &'static str) -> Self {
        query(sql)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Number(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}
