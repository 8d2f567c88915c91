//! Reading answers that may change under us: a field that is missing, null or of another type costs that field only.
//!
//! Numbers are read from their text, so no amount passes through a float. A list is never taken for an object's fields
//! in order, as serde would. These types borrow from the answer and work only with `serde_json`.

use std::str::FromStr as _;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A field that is `None` when it is missing, null or of another type; it may hold anything but a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lenient<T>(pub(super) Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        Ok(Self(unlisted(raw)))
    }
}

/// A value that is no list. `None`: it is one, or of another type.
fn unlisted<'de, T: Deserialize<'de>>(raw: &'de RawValue) -> Option<T> {
    let text = raw.get();
    (!text.starts_with('[')).then(|| serde_json::from_str(text).ok())?
}

/// A field where null says something else than its absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Told<T> {
    /// Missing, or of another type.
    #[default]
    Nothing,
    /// Null.
    Null,
    /// A value.
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Told<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        if raw.get() == "null" {
            return Ok(Self::Null);
        }
        Ok(unlisted(raw).map_or(Self::Nothing, Self::Value))
    }
}

/// The entries of a list that could be read, and how many could not. `None`: there is no list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows<T> {
    /// What could be read, in order.
    pub(super) rows: Option<Vec<T>>,
    /// How many entries could not.
    pub(super) unreadable: usize,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self {
            rows: None,
            unreadable: 0,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        let list: Option<Vec<Lenient<T>>> = serde_json::from_str(raw.get()).ok();
        let length = list.as_ref().map_or(0, Vec::len);
        let rows: Option<Vec<T>> =
            list.map(|entries| entries.into_iter().filter_map(|entry| entry.0).collect());
        let unreadable = length - rows.as_ref().map_or(0, Vec::len);
        Ok(Self { rows, unreadable })
    }
}

/// An exact amount, from a number or a text that is one. `None`: missing, null, no number, or more than fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Amount(pub(super) Option<Decimal>);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?.get();
        Ok(Self(if raw.starts_with('"') {
            serde_json::from_str::<String>(raw)
                .ok()
                .and_then(|text| decimal(text.trim()))
        } else {
            decimal(raw)
        }))
    }
}

/// A count, from a whole number that is not negative or a text that is one. `None`: anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Count(pub(super) Option<u64>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Amount(amount) = Amount::deserialize(deserializer)?;
        Ok(Self(
            amount
                .filter(|amount| amount.is_integer() && !amount.is_sign_negative())
                .and_then(|amount| amount.to_u64()),
        ))
    }
}

/// The exact value of a decimal or scientific number; trailing zeros are dropped.
fn decimal(text: &str) -> Option<Decimal> {
    let plain = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.bytes().all(plain) {
        return None;
    }
    let value = if text.contains(['e', 'E']) {
        Decimal::from_scientific(&text.replacen("e+", "e", 1).replacen("E+", "E", 1)).ok()?
    } else {
        Decimal::from_str(text).ok()?
    };
    // Normalizing also turns minus zero into zero.
    Some(value.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq, Eq)]
    #[serde(default)]
    struct Body {
        name: Lenient<String>,
        amount: Amount,
        count: Count,
        owner: Told<String>,
        rows: Rows<Row>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq, Eq)]
    #[serde(default)]
    struct Row {
        amount: Amount,
    }

    fn read(text: &str) -> Body {
        serde_json::from_str(text).unwrap()
    }

    fn amount(text: &str) -> Option<String> {
        read(&format!(r#"{{"amount":{text}}}"#))
            .amount
            .0
            .map(|amount| amount.to_string())
    }

    #[test]
    fn amounts_are_read_exactly() {
        for (text, expected) in [
            ("0.1", Some("0.1")),
            (
                "1234567890123456.123456789",
                Some("1234567890123456.123456789"),
            ),
            ("\"37.425000000000000000\"", Some("37.425")),
            ("1e-7", Some("0.0000001")),
            ("1.5E+3", Some("1500")),
            ("-0.0137", Some("-0.0137")),
            ("\" 50 \"", Some("50")),
            ("-0.00", Some("0")),
            ("1e400", None),
            ("99999999999999999999999999999999", None),
            ("null", None),
            ("true", None),
            ("\"NaN\"", None),
            ("\"1_000\"", None),
            ("\"\"", None),
            ("[1]", None),
        ] {
            assert_eq!(amount(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_count_is_whole_and_not_negative() {
        let count = |text: &str| read(&format!(r#"{{"count":{text}}}"#)).count.0;
        assert_eq!(count("5"), Some(5));
        assert_eq!(count("5.0"), Some(5));
        assert_eq!(count("\"7\""), Some(7));
        assert_eq!(count("5.5"), None);
        assert_eq!(count("-1"), None);
        assert_eq!(count("1e30"), None);
    }

    #[test]
    fn a_wrong_field_costs_that_field_only() {
        let body = read(r#"{"name":5,"amount":"2","rows":[{"amount":1},7,null,{}],"owner":null}"#);
        assert_eq!(body.name.0, None);
        assert_eq!(body.amount.0, Some(Decimal::TWO));
        assert_eq!(body.owner, Told::Null);
        assert_eq!(body.rows.rows.map(|rows| rows.len()), Some(2));
        assert_eq!(body.rows.unreadable, 2);
        assert_eq!(read(r#"{"rows":{}}"#), Body::default());
    }

    #[test]
    fn a_list_is_not_taken_for_an_objects_fields_in_order() {
        #[derive(Debug, Default, Deserialize)]
        #[serde(default)]
        struct Outer {
            row: Lenient<Row>,
            rows: Rows<Row>,
        }
        let outer: Outer = serde_json::from_str(r#"{"row":[7],"rows":[[7],{}]}"#).unwrap();
        assert_eq!(outer.row.0, None);
        assert_eq!(outer.rows.unreadable, 1);
    }
}
