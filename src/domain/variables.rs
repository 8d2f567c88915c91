//! The environment's variables as plain data, captured once at start. Reading the real environment is `config`'s business.

use std::collections::BTreeMap;
use std::fmt;

/// Names and values; its `Debug` shows names only, because values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The value of a variable; an empty one counts as not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.trim().is_empty())
    }

    /// The names that are set and not empty.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, _)| name.as_str())
    }

    /// Takes over what is not set yet: `.env` never overrides the environment.
    pub fn fill_in(&mut self, more: impl IntoIterator<Item = (String, String)>) {
        for (name, value) in more {
            if self.get(&name).is_none() {
                self.0.insert(name, value);
            }
        }
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
