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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::Reading;
    use crate::domain::tokens::TokenCounts;
    use crate::domain::usage::{Attribution, Cost, UsageEvent};

    fn minute(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
    }

    /// A reading of requests at these minutes.
    fn requests(at: &[i64]) -> Reading {
        let mut reading = Reading::empty(AccountId::parse("venice"), minute(120));
        let event = |minutes: &i64| UsageEvent {
            key: minutes.to_string(),
            at: minute(*minutes),
            who: Attribution::default(),
            requests: 1,
            tokens: TokenCounts::default(),
            cost: Cost::Unknown,
        };
        reading.events = at.iter().map(event).collect();
        reading
    }

    fn counted(at_hand: &AtHand) -> Vec<Option<u64>> {
        let slots = at_hand
            .snapshot
            .accounts
            .iter()
            .flat_map(|known| &known.slots);
        slots.map(|slot| slot.requests).collect()
    }

    #[tokio::test]
    async fn what_did_not_change_is_not_read_again_until_another_has_written() {
        let here = (Zone::UTC, minute(121));
        let store = Store::open("sqlite::memory:").await.unwrap();
        let mut at_hand = AtHand::default();
        let first = requests(&[0, 60]);
        store.record_reading(&first, minute(125)).await.unwrap();
        at_hand.read(&store, here).await.unwrap();
        assert_eq!(counted(&at_hand), [Some(1), Some(1)]);
        // A mark that the ledger knows nothing of stays where nothing is read.
        at_hand.snapshot.accounts[0].slots[0].requests = Some(99);
        let more = requests(&[61]);
        let changed = store.record_reading(&more, minute(125)).await.unwrap();
        let changed = [(more.account, changed)];
        at_hand.follow(&store, &changed, here).await.unwrap();
        assert_eq!(counted(&at_hand), [Some(99), Some(2)]);
        at_hand.others = Some(-1);
        at_hand.follow(&store, &changed, here).await.unwrap();
        assert_eq!(counted(&at_hand), [Some(1), Some(2)]);
    }
}
