//! THE LEDGER: all SQL of the program. One set of statements for SQLite and PostgreSQL.
//!
//! Why one SQL: columns of `TEXT` and `BIGINT` only, `$1` placeholders and `ON CONFLICT` upserts mean the same on
//! both, so there is one folder of migrations and one place to look. What differs is in `dialect`.
//! Why one writer: every write is one transaction that takes the writer's lock first; so a crash leaves all of a poll
//! or nothing, and several processes never count anything twice.
//!
//! What is kept of time is cut to milliseconds, what is kept of money is rounded to nanos. The last figures of an
//! account are kept as JSON, packed when it is long, and stay exact.

mod address;
mod alerts;
mod cell;
mod checkup;
mod connection;
mod cursors;
mod database;
mod dialect;
mod error;
mod figures;
mod file;
mod lease;
mod meaning;
mod packing;
mod purge;
mod readings;
mod schema;
mod snapshot;
mod usage;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::account::AccountId;
use crate::domain::alert::{AlertRecord, NoticeRecord};
use crate::domain::poll::{Failure, PollState};
use crate::domain::reading::{Cursor, Reading};
use crate::domain::snapshot::{AccountSnapshot, Since, Snapshot};
use crate::store::address::Address;
use crate::store::alerts::Told;
use crate::store::connection::Ledger;
use crate::store::database::Error;
use crate::store::dialect::Lasting;

pub use checkup::{Access, Checkup, Integrity};
pub use error::StoreError;

/// The ledger. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    ledger: Arc<Ledger>,
    watcher: Arc<str>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.ledger.place).finish()
    }
}

impl Store {
    /// Opens a ledger and brings its tables up to date. `sqlite:///path`, `sqlite::memory:` or `postgres://…`.
    ///
    /// A file that can only be read is opened to be read; then what would write says [`StoreError::ReadOnly`].
    ///
    /// # Errors
    /// A URL that is none, a file that cannot be opened, is corrupt, locked or of a newer version.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let ledger = Ledger::open(Address::parse(url)?).await?;
        Ok(Self {
            ledger: Arc::new(ledger),
            watcher: Arc::from(""),
        })
    }

    /// The same ledger for one of several people who share it: alerts and notices are his own.
    #[must_use]
    pub fn watched_by(mut self, watcher: &str) -> Self {
        self.watcher = Arc::from(watcher);
        self
    }

    /// The URL of a SQLite file.
    #[must_use]
    pub fn url_of(file: &Path) -> String {
        address::url_of(file)
    }

    /// Whether a URL names a SQLite file, not a server or memory.
    #[must_use]
    pub fn is_in_a_file(url: &str) -> bool {
        matches!(Address::parse(url), Ok(Address::File { .. }))
    }

    /// What is open, for people: the file, or the server without its password.
    #[must_use]
    pub fn place(&self) -> String {
        self.ledger.place.clone()
    }

    /// Why nothing can be written, and what to do. `None`: it can.
    #[must_use]
    pub fn read_only_reason(&self) -> Option<String> {
        let problem = self.ledger.read_only.clone()?;
        let place = self.place();
        Some(StoreError::ReadOnly { place, problem }.to_string())
    }

    /// Everything known, with usage and history since an instant.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn snapshot(&self, since: DateTime<Utc>) -> Result<Snapshot, StoreError> {
        let mut lease = self.ledger.lend().await?;
        let mut transaction = self.ledger.read(&mut lease).await?;
        let snapshot = snapshot::snapshot(&mut transaction, since, &self.watcher).await;
        let snapshot = snapshot.map_err(|error| self.ledger.explain(&error))?;
        self.ledger.commit(transaction).await?;
        Ok(snapshot)
    }

    /// What is known of one account, with usage and history since an instant each. `None`: it was never polled.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn account(
        &self,
        id: &AccountId,
        since: Since,
    ) -> Result<Option<AccountSnapshot>, StoreError> {
        let mut lease = self.ledger.lend().await?;
        let mut transaction = self.ledger.read(&mut lease).await?;
        let account = snapshot::account(&mut transaction, id, since).await;
        let account = account.map_err(|error| self.ledger.explain(&error))?;
        self.ledger.commit(transaction).await?;
        Ok(account)
    }

    /// A number that is another one once somebody else has written to the ledger. `None`: nobody can tell.
    pub async fn writes_of_others(&self) -> Option<i64> {
        let ask = self.ledger.dialect.writes_of_others()?;
        let mut lease = self.ledger.lend().await.ok()?;
        let told = lease.first(ask, |row| cell::number(row, 0).ok()).await;
        told.ok().flatten().flatten()
    }

    /// Every alert that is or was, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn alerts(&self) -> Result<Vec<AlertRecord>, StoreError> {
        let mut lease = self.ledger.lend().await?;
        let alerts = alerts::all(&mut lease, &self.watcher).await;
        alerts.map_err(|error| self.ledger.explain(&error))
    }

    /// How the polls of an account stand; the default for one never polled.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn poll_state(&self, account: &AccountId) -> Result<PollState, StoreError> {
        let mut lease = self.ledger.lend().await?;
        let state = cursors::state(&mut lease, account).await;
        state.map_err(|error| self.ledger.explain(&error))
    }

    /// Where the account's last good poll ended.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn resume(&self, account: &AccountId) -> Result<Option<Cursor>, StoreError> {
        let mut lease = self.ledger.lend().await?;
        let cursor = cursors::resume(&mut lease, account).await;
        cursor.map_err(|error| self.ledger.explain(&error))
    }

    /// Keeps a good poll in one transaction: figures, history (only changes), usage, cursor, poll state.
    ///
    /// Of a reading up to two minutes older than the last one only the usage is kept: another process was faster.
    /// Returns from when on usage and history are not what they were.
    ///
    /// # Errors
    /// When it cannot be written; then nothing of it was.
    pub async fn record_reading(
        &self,
        reading: &Reading,
        next_at: DateTime<Utc>,
    ) -> Result<Since, StoreError> {
        let changed = self.record_readings(&[(reading, next_at)]).await?;
        Ok(changed.first().copied().unwrap_or_default())
    }

    /// Keeps the good polls of a round, each as [`Self::record_reading`] does, in one transaction of all.
    ///
    /// # Errors
    /// When one of them cannot be written; then none was.
    pub async fn record_readings(
        &self,
        readings: &[(&Reading, DateTime<Utc>)],
    ) -> Result<Vec<Since>, StoreError> {
        let mut lease = self.ledger.lend().await?;
        let mut transaction = self.ledger.write(&mut lease, Lasting::Crash).await?;
        let mut changed = Vec::with_capacity(readings.len());
        for (reading, next_at) in readings {
            let kept = readings::record(&mut transaction, reading, *next_at).await;
            changed.push(kept.map_err(|error| self.ledger.explain(&error))?);
        }
        self.ledger.commit(transaction).await?;
        Ok(changed)
    }

    /// Keeps a failed poll; the last good figures stay. `refused`: the mark of the credential that was refused.
    ///
    /// # Errors
    /// When it cannot be written.
    #[expect(
        clippy::too_many_arguments,
        reason = "the four are what a failed poll consists of, and there is one caller"
    )]
    pub async fn record_failure(
        &self,
        account: &AccountId,
        failure: &Failure,
        next_at: Option<DateTime<Utc>>,
        refused: Option<&str>,
    ) -> Result<(), StoreError> {
        let failed = cursors::Failed {
            account,
            failure,
            next_at,
            refused,
        };
        let mut lease = self.ledger.lend().await?;
        let mut transaction = self.ledger.write(&mut lease, Lasting::Crash).await?;
        let kept = cursors::keep_failure(&mut transaction, failed).await;
        kept.map_err(|error| self.ledger.explain(&error))?;
        self.ledger.commit(transaction).await
    }

    /// Keeps alerts.
    ///
    /// # Errors
    /// When they cannot be written; then none was.
    pub async fn save_alerts(
        &self,
        alerts: &[AlertRecord],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.save_alerts_and_notices(alerts, &[], now).await
    }

    /// Keeps alerts and what is told of them, in one transaction.
    ///
    /// # Errors
    /// When they cannot be written; then nothing was.
    pub async fn save_alerts_and_notices(
        &self,
        alerts: &[AlertRecord],
        notices: &[NoticeRecord],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if alerts.is_empty() && notices.is_empty() {
            return Ok(());
        }
        let explain = |error: Error| self.ledger.explain(&error);
        let mut lease = self.ledger.lend().await?;
        let mut transaction = self.ledger.write(&mut lease, Lasting::PowerCut).await?;
        let told = Told {
            watcher: &self.watcher,
            at: now,
        };
        for alert in alerts {
            let kept = alerts::keep(&mut transaction, alert, told).await;
            kept.map_err(explain)?;
        }
        for notice in notices {
            let kept = alerts::log(&mut transaction, notice, &self.watcher).await;
            kept.map_err(explain)?;
        }
        self.ledger.commit(transaction).await
    }

    /// The last notices, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn notices(&self, most: u32) -> Result<Vec<NoticeRecord>, StoreError> {
        let mut lease = self.ledger.lend().await?;
        let notices = alerts::notices(&mut lease, &self.watcher, most).await;
        notices.map_err(|error| self.ledger.explain(&error))
    }

    /// Drops history of balances, windows, usage and notices older than the start of that day of UTC.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn purge(&self, before: DateTime<Utc>) -> Result<(), StoreError> {
        let mut lease = self.ledger.lend().await?;
        let mut transaction = self.ledger.write(&mut lease, Lasting::PowerCut).await?;
        let purged = purge::forget(&mut transaction, before).await;
        purged.map_err(|error| self.ledger.explain(&error))?;
        self.ledger.commit(transaction).await
    }

    /// Looks whether the ledger is sound, and what is in it.
    ///
    /// # Errors
    /// When it cannot be read at all.
    pub async fn check(&self) -> Result<Checkup, StoreError> {
        checkup::checkup(&self.ledger).await
    }

    /// Writes everything out and lets the file go. What comes after says that it was closed.
    pub async fn close(&self) {
        self.ledger.close().await;
    }
}
