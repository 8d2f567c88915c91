//! The resident process's ledger: the one the user wants, or memory until that one can be used.
//!
//! A ledger that is read-only, locked, damaged, of a newer version or out of reach must not end the process: the
//! figures then live in memory, the menu says so, and the wanted ledger is tried again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::{Store, StoreError};

/// How often a ledger that cannot be used is tried again.
const TRY_AGAIN: TimeDelta = TimeDelta::minutes(1);

/// A ledger in use.
#[derive(Debug)]
pub struct Ledger {
    url: String,
    store: Store,
    standing: Standing,
}

#[derive(Debug)]
enum Standing {
    Wanted,
    InMemory {
        why: String,
        tried_at: DateTime<Utc>,
    },
}

impl Ledger {
    /// Opens the wanted ledger, else one in memory.
    ///
    /// # Errors
    /// Only when not even memory serves.
    pub async fn open(url: String, now: DateTime<Utc>) -> Result<Self, StoreError> {
        match usable(&url).await {
            Ok(store) => Ok(Self {
                url,
                store,
                standing: Standing::Wanted,
            }),
            Err(why) => {
                tracing::error!(%why, "the ledger cannot be used; figures are kept in memory");
                let store = Store::open("sqlite::memory:").await?;
                Ok(Self {
                    url,
                    store,
                    standing: Standing::InMemory { why, tried_at: now },
                })
            }
        }
    }

    /// Where to read and write.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What is wrong, for the menu. `None`: the wanted ledger is in use.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        match &self.standing {
            Standing::Wanted => None,
            Standing::InMemory { why, .. } => Some(format!(
                "{why} Until then the figures are kept in memory only."
            )),
        }
    }

    /// Tries the wanted ledger again when it is time; returns whether the store in use has changed.
    pub async fn try_again(&mut self, now: DateTime<Utc>) -> Changed {
        match &mut self.standing {
            Standing::Wanted => return Changed::No,
            Standing::InMemory { tried_at, .. } if (now - *tried_at).abs() < TRY_AGAIN => {
                return Changed::No;
            }
            Standing::InMemory { tried_at, .. } => *tried_at = now,
        }
        match usable(&self.url).await {
            Ok(store) => {
                tracing::info!("the ledger can be used again");
                std::mem::replace(&mut self.store, store).close().await;
                self.standing = Standing::Wanted;
                Changed::Yes
            }
            Err(why) => {
                self.standing = Standing::InMemory { why, tried_at: now };
                Changed::No
            }
        }
    }
}

/// Whether another store is in use than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Another one.
    Yes,
    /// The same.
    No,
}

async fn usable(url: &str) -> Result<Store, String> {
    let store = Store::open(url).await.map_err(|error| error.to_string())?;
    match store.read_only_reason() {
        None => Ok(store),
        Some(why) => {
            store.close().await;
            Err(why)
        }
    }
}
