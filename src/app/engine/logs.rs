//! Agents' logs in the engine: asked when they grow, left alone while they are watched, and read part by part where
//! there is much. An agent that is installed while the program runs gets its account as soon as it has logs.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::Engine;
use super::round::Haste;
use crate::app::accounts::{LOOKED_AT, Planned, awaited};
use crate::domain::account::AccountId;
use crate::domain::period;
use crate::logs::{Progress, Watch};
use crate::providers::Kind;
use crate::system::watch::{TELLING, Telling};
use crate::view::FilesRead;

/// While much is read, the menu counts up this often.
const COUNTED_EVERY: Duration = Duration::from_secs(1);
/// Where a write is told late, the files that may be held open are looked at this often.
const UNTOLD: Duration = Duration::from_mins(1);
/// What is wanted before all else reaches so far back: a session that began on the day before belongs to it.
const SESSIONS: TimeDelta = TimeDelta::hours(10);

impl Engine {
    /// Asks the accounts of agents whose logs were written.
    pub(super) async fn logs_grew(&mut self, agents: &[&str], now: DateTime<Utc>) {
        let grew = |planned: &&Planned| is_log(planned) && agents.contains(&planned.provider.id);
        let grown = self.planned.iter().filter(grew);
        let grown: Vec<AccountId> = grown.map(|planned| planned.id().clone()).collect();
        // Vendors under way are not hurried: an agent writes all day.
        self.haste = Haste::SomebodyWaits;
        for account in grown {
            self.ask(&account, now).await;
        }
        let is_planned = |id: &&str| self.planned.iter().any(|each| each.provider.id == *id);
        if !agents.iter().all(is_planned) {
            self.await_agents();
        }
    }

    /// Waits for the logs of agents that have none, and makes accounts of those that have some now.
    pub(super) fn await_agents(&mut self) {
        let config = self.desk.config();
        let awaited = awaited(config, self.registry, &self.planned);
        let logs = Arc::clone(&self.reach.logs);
        for agent in &awaited {
            logs.expect(agent);
        }
        // It may have come before it was waited for.
        if !awaited.iter().any(|agent| logs.has(agent)) {
            return;
        }
        let config = config.clone();
        self.plan(&config);
        self.desk
            .deal(self.planned.iter().map(Planned::card).collect());
        for planned in &self.planned {
            let at_once = Some(DateTime::UNIX_EPOCH);
            self.due.entry(planned.id().clone()).or_insert(at_once);
        }
    }

    /// No longer listens for the logs of agents that were switched off.
    pub(super) fn dismiss_agents(&self, before: &[Planned]) {
        let is_planned = |id: &AccountId| self.planned.iter().any(|planned| planned.id() == id);
        let gone = before.iter().filter(|planned| !is_planned(planned.id()));
        for planned in gone.filter(|planned| is_log(planned)) {
            self.reach.logs.dismiss(planned.provider.id);
        }
    }

    /// Looks for the agents whose coming nobody would tell.
    pub(super) fn look_for_agents(&mut self) {
        let awaited = awaited(self.desk.config(), self.registry, &self.planned);
        let is_told = |id: &&str| matches!(self.reach.logs.watch(id), Watch::Told { .. });
        if !awaited.iter().all(is_told) {
            self.await_agents();
        }
    }

    /// From when on a log's usage is enough for a first figure. `None`: the account is none of a log.
    pub(super) fn fresh_since(
        &self,
        planned: &Planned,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let zone = self.desk.config().policy.zone;
        let today = period::start_of_day(now.with_timezone(&zone).date_naive(), zone);
        is_log(planned).then(|| today.min(now - SESSIONS))
    }

    /// How often an account is asked from now on: what tells us when it grows need not be asked as often.
    pub(super) fn every(&self, planned: &Planned) -> Duration {
        let every = planned.account.every;
        let watch = || self.reach.logs.watch(planned.provider.id);
        if is_log(planned) && matches!(watch(), Watch::Told { .. }) {
            every.max(match TELLING {
                Telling::AtOnce => LOOKED_AT,
                Telling::AtClose => UNTOLD,
            })
        } else {
            every
        }
    }

    /// Whether a poll left something of its logs to the next.
    pub(super) fn is_behind(&self, account: &AccountId) -> bool {
        let mut planned = self.planned.iter();
        planned.any(|planned| planned.id() == account && self.progress(planned).is_some())
    }

    /// How far the reading of each account's logs has come, where that takes long.
    pub(super) fn reading(&self) -> Vec<(AccountId, FilesRead)> {
        let planned = self.planned.iter();
        let reading = planned.filter_map(|planned| {
            let progress = self.progress(planned)?;
            let left = progress.changed.saturating_sub(progress.read);
            let read = FilesRead {
                read: progress.files.saturating_sub(left),
                files: progress.files,
            };
            Some((planned.id().clone(), read))
        });
        reading.collect()
    }

    /// The longest sleep while something is read that is counted in the menu.
    pub(super) fn counting(&self, longest: Duration) -> Duration {
        let reads =
            |planned: &Planned| is_log(planned) && self.in_flight.contains_key(planned.id());
        if self.planned.iter().any(reads) {
            longest.min(COUNTED_EVERY)
        } else {
            longest
        }
    }

    fn progress(&self, planned: &Planned) -> Option<Progress> {
        let progress = self.reach.logs.progress(planned.provider.id);
        progress.filter(|_| is_log(planned))
    }
}

pub(super) fn is_log(planned: &Planned) -> bool {
    planned.provider.kind == Kind::AgentLog
}
