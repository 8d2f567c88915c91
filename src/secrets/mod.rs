//! Credentials: where they come from and how they are kept from being seen.
//!
//! [`Secret`] has no `Display`, its `Debug` is masked, and [`Secret::expose`] is called only where a request is
//! built (`http`) and where a secret is put away (`secrets`).

mod file;
mod keyring;
mod places;
mod said;
pub mod tokens;
pub mod vault;

use std::fmt;

/// A credential. Prints as `sk-a…wxyz`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text without surrounding white space; `None` when nothing is left.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The credential itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first four and last four characters; only dots when it is too short to hide the rest.
    #[must_use]
    pub fn masked(&self) -> String {
        let characters: Vec<char> = self.0.chars().collect();
        match characters.len() {
            0..=15 => "…".to_owned(),
            length => characters
                .iter()
                .take(4)
                .chain(&['…'])
                .chain(characters.iter().skip(length.saturating_sub(4)))
                .collect(),
        }
    }

    /// A mark to tell one credential from another without keeping it: 64-bit FNV-1a, hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash = self
            .0
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        format!("{hash:016x}")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
