//! What a poll remembers until the next one, as the text of its cursor.
//!
//! What was learned with one credential is not told to another: that one starts anew. What there is to remember is each
//! provider's own.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::reading::Cursor;
use crate::secrets::Secret;

/// A memory as the store keeps it.
#[derive(Serialize, Deserialize)]
struct AtRest<M> {
    /// The mark of the credential it was learned with.
    credential: String,
    #[serde(flatten)]
    memory: M,
}

/// What was learned with this credential; nothing when it was another one, or when the text cannot be read.
pub(super) fn recall<M: Default + DeserializeOwned>(cursor: Option<&Cursor>, secret: &Secret) -> M {
    read::<AtRest<M>>(cursor)
        .filter(|kept| kept.credential == secret.fingerprint())
        .map(|kept| kept.memory)
        .unwrap_or_default()
}

/// The cursor that remembers what was learned with this credential.
pub(super) fn keep<M: Serialize>(memory: &M, secret: &Secret) -> Option<Cursor> {
    write(&AtRest {
        credential: secret.fingerprint(),
        memory,
    })
}

/// What a cursor says. `None`: there is none, or it is of another version.
pub(super) fn read<M: DeserializeOwned>(cursor: Option<&Cursor>) -> Option<M> {
    serde_json::from_str(&cursor?.0).ok()
}

/// The cursor that says this.
pub(super) fn write<M: Serialize>(memory: &M) -> Option<Cursor> {
    serde_json::to_string(memory).ok().map(Cursor)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::NaiveDate;
    use rust_decimal::Decimal;

    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    struct Memory {
        daily: BTreeMap<NaiveDate, Option<Decimal>>,
        count: Option<u64>,
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text).unwrap()
    }

    #[test]
    fn the_same_credential_remembers_and_another_does_not() {
        let day = "2026-11-23".parse().unwrap();
        let memory = Memory {
            daily: [(day, Some(Decimal::new(15, 1))), (NaiveDate::MIN, None)].into(),
            count: Some(u64::MAX),
        };
        let cursor = keep(&memory, &secret("a")).unwrap();
        assert_eq!(recall::<Memory>(Some(&cursor), &secret("a")), memory);
        assert_eq!(
            recall::<Memory>(Some(&cursor), &secret("b")),
            Memory::default()
        );
    }

    #[test]
    fn the_text_is_the_memory_with_the_mark_before_it() {
        let memory = Memory {
            count: Some(3),
            ..Memory::default()
        };
        let mark = secret("a").fingerprint();
        let text = format!(r#"{{"credential":"{mark}","daily":{{}},"count":3}}"#);
        assert_eq!(keep(&memory, &secret("a")).unwrap().0, text);
        // Written by an earlier version, in another order.
        let earlier = Cursor(format!(r#"{{"count":3,"gone":[],"credential":"{mark}"}}"#));
        assert_eq!(recall::<Memory>(Some(&earlier), &secret("a")), memory);
    }

    #[test]
    fn what_cannot_be_read_is_forgotten() {
        for text in ["", "null", "[]", r#"{"count":3}"#, r#"{"credential":7}"#] {
            let cursor = Cursor(text.to_owned());
            let recalled: Memory = recall(Some(&cursor), &secret("a"));
            assert_eq!(recalled, Memory::default(), "{text}");
        }
    }
}
