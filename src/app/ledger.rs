//! The resident process's ledger: the one the user wants, or memory until that one can be used.
//!
//! A ledger that is read-only, locked, damaged, of a newer version or out of reach must not end the process: the
//! figures then live in memory, the menu says so, and the wanted ledger is tried again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::{Store, StoreError};

/// How often a ledger that cannot be used is tried again.
const TRY_AGAIN: TimeDelta = TimeDelta::minutes(1);

/// The ledger the user wants, and who watches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Its URL.
    pub url: String,
    /// This installation's name in a shared one; empty in a file.
    pub watcher: String,
}

impl Wish {
    /// Opens it.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn open(&self) -> Result<Store, StoreError> {
        Ok(Store::open(&self.url).await?.watched_by(&self.watcher))
    }
}

/// A ledger in use.
#[derive(Debug)]
pub struct Ledger {
    wish: Wish,
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
    pub async fn open(wish: Wish, now: DateTime<Utc>) -> Result<Self, StoreError> {
        match usable(&wish).await {
            Ok(store) => Ok(Self {
                wish,
                store,
                standing: Standing::Wanted,
            }),
            Err(why) => {
                tracing::error!(%why, "the ledger cannot be used; figures are kept in memory");
                let store = Store::open("sqlite::memory:").await?;
                Ok(Self {
                    wish,
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

    /// The one that is wanted.
    #[must_use]
    pub fn wish(&self) -> &Wish {
        &self.wish
    }

    /// What is wrong, for the menu. `None`: the wanted ledger is in use.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        match &self.standing {
            Standing::Wanted => None,
            Standing::InMemory { why, .. } => Some(format!(
                "{why}. Until then the figures are kept in memory only."
            )),
        }
    }

    /// When the wanted ledger is tried again. `None`: it is in use.
    #[must_use]
    pub fn tries_again_at(&self) -> Option<DateTime<Utc>> {
        match &self.standing {
            Standing::Wanted => None,
            Standing::InMemory { tried_at, .. } => Some(*tried_at + TRY_AGAIN),
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
        match usable(&self.wish).await {
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

async fn usable(wish: &Wish) -> Result<Store, String> {
    let store = wish.open().await.map_err(|error| error.to_string())?;
    match store.read_only_reason() {
        None => Ok(store),
        Some(why) => {
            store.close().await;
            Err(why)
        }
    }
}
