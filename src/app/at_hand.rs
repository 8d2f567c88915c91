//! What the engine has at hand of the ledger: read whole once, then only what is not as it was.
//!
//! Polls change the last quarters of an hour; a month of every account lies behind them.

use chrono::{DateTime, TimeDelta, Utc};

use crate::analysis::folding::{fine_from, fold};
use crate::app::record;
use crate::domain::account::AccountId;
use crate::domain::snapshot::{Since, Snapshot};
use crate::domain::zone::Zone;
use crate::store::{Store, StoreError};

/// The last snapshot.
#[derive(Default)]
pub(super) struct AtHand {
    /// What is known.
    pub(super) snapshot: Snapshot,
    /// What the ledger told of the writes of others when all of it was read. `None`: it does not tell.
    others: Option<i64>,
}

impl AtHand {
    /// Reads the ledger whole; when it cannot be read, the last snapshot stays.
    ///
    /// # Errors
    /// The ledger's.
    pub(super) async fn read(
        &mut self,
        store: &Store,
        (zone, now): (Zone, DateTime<Utc>),
    ) -> Result<(), StoreError> {
        // Asked before: what is written meanwhile is read next time.
        let others = store.writes_of_others().await;
        let mut snapshot = store.snapshot(record::since(now)).await?;
        for account in &mut snapshot.accounts {
            fold(account, zone, now);
        }
        *self = Self { snapshot, others };
        Ok(())
    }

    /// Reads of these accounts what is not as it was, and the alerts; everything, once another process has written.
    ///
    /// # Errors
    /// The ledger's; then everything is read the next time.
    pub(super) async fn follow(
        &mut self,
        store: &Store,
        changed: &[(AccountId, Since)],
        (zone, now): (Zone, DateTime<Utc>),
    ) -> Result<(), StoreError> {
        let others = store.writes_of_others().await;
        if others != self.others {
            return self.read(store, (zone, now)).await;
        }
        let followed = self.read_changed(store, changed, (zone, now)).await;
        if followed.is_err() {
            self.others = None;
        }
        followed
    }

    async fn read_changed(
        &mut self,
        store: &Store,
        changed: &[(AccountId, Since)],
        (zone, now): (Zone, DateTime<Utc>),
    ) -> Result<(), StoreError> {
        let all = Since::both(record::since(now));
        for (account, since) in changed {
            // Where nobody tells what others write, any of it may be new.
            let since = self
                .others
                .and_then(|_| self.surely_changed(account, *since));
            let newer = store.account(account, since.unwrap_or(all)).await?;
            let Some(mut newer) = newer else { continue };
            if let Some((known, since)) = self.snapshot.account_mut(account).zip(since) {
                known.renew(newer, since);
                // The sum of a day begins with the first of its quarters of an hour.
                known.forget_before(record::since(now) - TimeDelta::days(1));
                fold(known, zone, now);
            } else {
                fold(&mut newer, zone, now);
                self.snapshot.learn(newer);
            }
        }
        self.snapshot.alerts = store.alerts().await?;
        Ok(())
    }

    /// The change, if all before it is at hand as the ledger has it. `None`: the change reaches into what is kept as sums,
    /// or the account is new.
    fn surely_changed(&self, account: &AccountId, changed: Since) -> Option<Since> {
        let known = self.snapshot.account(account)?;
        let is_fine = |usage| fine_from(known).is_some_and(|from| from <= usage);
        changed.usage.is_none_or(is_fine).then_some(changed)
    }
}
