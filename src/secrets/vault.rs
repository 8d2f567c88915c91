//! Finds and keeps credentials: what the user stored (the system's secret store, else the announced file), then
//! the environment and `.env`.
//!
//! Every call may block on the system's store, so each runs off the runtime's thread and has a deadline.

use std::path::PathBuf;

use crate::domain::account::{AccountId, CredentialPlace};
use crate::domain::variables::Variables;
use crate::secrets::Secret;

/// The way to credentials.
#[derive(Debug)]
pub struct Vault {}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Whose credential.
    pub account: &'a AccountId,
    /// Where the configuration says it is.
    pub place: &'a CredentialPlace,
    /// The variables it may be in, best first; an account named `1` also looks for `NAME_1`.
    pub names: &'a [&'a str],
    /// The environment with `.env`.
    pub variables: &'a Variables,
}

/// A credential and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The credential.
    pub secret: Secret,
    /// Where, for people: `the system's secret store`, `the variable VENICE_ADMIN_KEY`.
    pub place: String,
}

/// Whether the system's secret store can be used, for `doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreStanding {
    /// It works.
    Open,
    /// It waits for the user to unlock it.
    Locked,
    /// There is none; the sentence says why and what to do.
    Absent(String),
}

/// Why a credential cannot be had or kept; each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {}

impl Vault {
    /// A vault that falls back to this file (0600) where the system has no secret store.
    #[must_use]
    pub fn new(file: PathBuf) -> Self {
        todo!()
    }

    /// Looks a credential up; `None`: it is nowhere.
    ///
    /// # Errors
    /// When a store is locked, or a named place cannot be read.
    pub async fn lookup(&self, wanted: Wanted<'_>) -> Result<Option<Found>, SecretError> {
        todo!()
    }

    /// Keeps a credential; returns where, for people.
    ///
    /// # Errors
    /// When neither the system's store nor the file takes it.
    pub async fn keep(&self, account: &AccountId, secret: &Secret) -> Result<String, SecretError> {
        todo!()
    }

    /// Forgets a credential; returns the places it was removed from.
    ///
    /// # Errors
    /// When a store that holds it is locked or cannot be written.
    pub async fn forget(&self, account: &AccountId) -> Result<Vec<String>, SecretError> {
        todo!()
    }

    /// How the system's store stands, without asking the user anything.
    pub async fn standing(&self) -> StoreStanding {
        todo!()
    }
}
