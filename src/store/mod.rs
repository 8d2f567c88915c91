//! THE LEDGER: all SQL of the program. One set of statements for SQLite and PostgreSQL.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::domain::account::AccountId;
use crate::domain::alert::{AlertRecord, NoticeRecord};
use crate::domain::poll::{Failure, PollState};
use crate::domain::reading::{Cursor, Reading};
use crate::domain::snapshot::Snapshot;

/// The ledger. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {}

/// Why the ledger cannot be used; each says what happened, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {}

impl Store {
    /// Opens a ledger and brings its tables up to date. `sqlite:///path`, `sqlite::memory:` or `postgres://…`.
    ///
    /// # Errors
    /// A URL that is none, a file that cannot be opened, is corrupt, locked or of a newer version.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        todo!()
    }

    /// The URL of a SQLite file.
    #[must_use]
    pub fn url_of(file: &Path) -> String {
        todo!()
    }

    /// What is open, for people: the file, or the server without its password.
    #[must_use]
    pub fn place(&self) -> String {
        todo!()
    }

    /// Why nothing can be written, and what to do. `None`: it can.
    #[must_use]
    pub fn read_only_reason(&self) -> Option<String> {
        todo!()
    }

    /// Everything known, with usage and history since an instant.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn snapshot(&self, since: DateTime<Utc>) -> Result<Snapshot, StoreError> {
        todo!()
    }

    /// How the polls of an account stand; the default for one never polled.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn poll_state(&self, account: &AccountId) -> Result<PollState, StoreError> {
        todo!()
    }

    /// Where the account's last good poll ended.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn resume(&self, account: &AccountId) -> Result<Option<Cursor>, StoreError> {
        todo!()
    }

    /// Keeps a good poll in one transaction: figures, history (only changes), usage, cursor, poll state.
    ///
    /// # Errors
    /// When it cannot be written; then nothing of it was.
    pub async fn record_reading(
        &self,
        reading: &Reading,
        next_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Keeps a failed poll; the last good figures stay. `refused`: the mark of the credential that was refused.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn record_failure(
        &self,
        account: &AccountId,
        failure: &Failure,
        next_at: Option<DateTime<Utc>>,
        refused: Option<&str>,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Keeps alerts.
    ///
    /// # Errors
    /// When they cannot be written; then none was.
    pub async fn save_alerts(&self, alerts: &[AlertRecord]) -> Result<(), StoreError> {
        todo!()
    }

    /// Keeps alerts and what is told of them, in one transaction.
    ///
    /// # Errors
    /// When they cannot be written; then nothing was.
    pub async fn save_alerts_and_notices(
        &self,
        alerts: &[AlertRecord],
        notices: &[NoticeRecord],
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// The last notices, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn notices(&self, most: u32) -> Result<Vec<NoticeRecord>, StoreError> {
        todo!()
    }

    /// Drops history of balances, windows, usage and notices older than an instant.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn purge(&self, before: DateTime<Utc>) -> Result<(), StoreError> {
        todo!()
    }

    /// Writes everything out and lets the file go.
    pub async fn close(&self) {
        todo!()
    }
}
