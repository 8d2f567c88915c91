//! One request as a vendor sees it, and its answer. Knows no vendor and no socket.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::simulator::demo::World;

/// A simulated vendor: its card and a plain function.
pub(super) struct Vendor {
    /// The id, also the first part of its paths.
    pub(super) id: &'static str,
    /// What follows the id in its base URL.
    pub(super) root: &'static str,
    /// The variables that hold keys it accepts.
    pub(super) variables: &'static [(&'static str, &'static str)],
    /// Answers one request.
    pub(super) answer: fn(&Call<'_>) -> Reply,
}

/// A request.
pub(super) struct Call<'a> {
    /// The invented world.
    pub(super) world: &'a World,
    /// The instant.
    pub(super) now: DateTime<Utc>,
    /// `GET` and so on.
    pub(super) method: &'a str,
    /// The path without the vendor's prefix, decoded.
    pub(super) path: &'a str,
    /// The query, decoded, in order.
    pub(super) query: Vec<(String, String)>,
    /// Headers with lower-case names.
    pub(super) headers: &'a [(String, String)],
    /// What this vendor answered within the last minute, oldest first.
    pub(super) recent: Vec<Recent>,
}

/// An earlier answer of the same vendor.
pub(super) struct Recent {
    /// When.
    pub(super) at: DateTime<Utc>,
    /// Its status.
    pub(super) status: u16,
    /// The headers of the request.
    pub(super) headers: Vec<(String, String)>,
}

impl Call<'_> {
    /// A query parameter; of several the first.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first parameter that is not among these.
    pub(super) fn unknown_parameter(&self, known: &[&str]) -> Option<&str> {
        self.query
            .iter()
            .map(|(key, _)| key.as_str())
            .find(|key| !known.contains(key))
    }

    /// A header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(self.headers, name)
    }
}

/// A header's value by its lower-case name.
pub(super) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// The status.
    pub(super) status: u16,
    /// The headers, the content type among them.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// JSON with a status.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    /// XML with status 200.
    pub(super) fn xml(body: String) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/xml".to_owned())],
            body: body.into_bytes(),
        }
    }

    /// `{"error": message}` with a status.
    pub(super) fn error(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "error": message }))
    }

    /// `{"message": message}` with a status.
    pub(super) fn message(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "message": message }))
    }

    /// Adds a header.
    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A decimal as a JSON number, digit by digit.
pub(super) fn number(amount: Decimal) -> Value {
    serde_json::from_str(&amount.normalize().to_string()).unwrap_or(Value::Null)
}

/// An instant with milliseconds and `Z`.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The pairs of a query, decoded.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (
                decoded(&name.replace('+', " ")),
                decoded(&value.replace('+', " ")),
            )
        })
        .collect()
}

/// The text with its `%xx` resolved; what is no such pair stays.
pub(super) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        plain.push(escaped.unwrap_or(*first));
        rest = after
            .get(if escaped.is_some() { 2 } else { 0 }..)
            .unwrap_or_default();
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_and_keeps_its_order() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            pairs("a=1%2C2&b=x+y&a=%zz&c"),
            [
                pair("a", "1,2"),
                pair("b", "x y"),
                pair("a", "%zz"),
                pair("c", "")
            ]
        );
    }

    #[test]
    fn a_number_keeps_its_digits() {
        assert_eq!(number(Decimal::new(-38_400, 6)).to_string(), "-0.0384");
        assert_eq!(number(Decimal::new(5000, 2)).to_string(), "50");
    }
}
