//! Accounts: who is polled. Never a secret.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::ids::ProviderId;

/// An account's id: the provider, and a name when the user gave one. Prints as `venice/work` or `venice`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct AccountId {
    provider: ProviderId,
    name: Option<String>,
}

impl AccountId {
    /// The id of a provider's account; an empty name is no name.
    #[must_use]
    pub fn new(provider: ProviderId, name: Option<&str>) -> Self {
        Self {
            provider,
            name: name.filter(|name| !name.is_empty()).map(str::to_owned),
        }
    }

    /// Reads `provider` or `provider/name`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.split_once('/') {
            Some((provider, name)) => Self::new(provider.into(), Some(name)),
            None => Self::new(text.into(), None),
        }
    }

    /// Whose account it is.
    #[must_use]
    pub fn provider(&self) -> &ProviderId {
        &self.provider
    }

    /// What the user called it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => f.pad(&format!("{}/{name}", self.provider)),
            None => f.pad(self.provider.as_str()),
        }
    }
}

impl From<String> for AccountId {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.to_string()
    }
}

/// An account to poll, as the configuration and the registry of providers make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What people read: `Venice (work)`.
    pub label: String,
    /// How often it is polled.
    pub every: Duration,
    /// Where its credential is.
    pub credential: CredentialPlace,
    /// Replaces the provider's base URL; checked: `https`, or `http` to loopback.
    pub base_url: Option<String>,
    /// What only this provider understands, from the account's table in the configuration.
    pub options: Options,
}

/// A provider's own settings of an account: a name and one or more texts each.
pub type Options = BTreeMap<String, Vec<String>>;

/// Where an account's credential is kept. Prints as in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CredentialPlace {
    /// The lookup order: the system's secret store, the announced file, the environment, `.env`.
    #[default]
    Keyring,
    /// A variable of the environment or of `.env`.
    Environment(String),
    /// A file whose first line it is.
    File(String),
    /// The first line that a program prints.
    Command(Vec<String>),
    /// The provider needs none.
    None,
}

impl fmt::Display for CredentialPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("keyring"),
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
            Self::Command(words) => write!(f, "command:{}", words.join(" ")),
            Self::None => f.write_str("none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_reads_back_as_it_prints() {
        for text in ["venice", "venice/work", "openai/a/b"] {
            assert_eq!(AccountId::parse(text).to_string(), text);
        }
        assert_eq!(AccountId::parse("venice/").to_string(), "venice");
    }
}
