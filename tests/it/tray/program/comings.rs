//! Bus, panel, notification daemon and secret store go and come back in any order, and the program lives on.
//!
//! Each story is an order drawn from a seed. `SPENDTRAY_SEED=7` plays that one in the place of all, and
//! `SPENDTRAY_STEPS=40` goes on for longer.

use spendtray::simulator::VENICE_ADMIN_KEY;

use super::{VENICE, polled, says};
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::{FakeDaemon, FakeTray, Shown};
use crate::support::desktop::remote::RemoteItem;
use crate::support::desktop::resident::{Resident, Vendors};
use crate::support::desktop::screen::until;
use crate::support::desktop::secret_store::SecretStore;
use crate::support::desktop::{Outcome, Session, in_own_session};
use crate::support::told;

/// How much happens in a story.
const STEPS: usize = 10;
/// The figure that stays whatever goes.
const FIGURE: &str = " of 50.0000 DIEM";

#[test]
fn services_go_and_come_back_in_one_order() -> Outcome {
    in_own_session(async |session: Session| play(session, 1).await)
}

#[test]
fn services_go_and_come_back_in_another_order() -> Outcome {
    in_own_session(async |session: Session| play(session, 2).await)
}

#[test]
fn services_go_and_come_back_in_a_third_order() -> Outcome {
    in_own_session(async |session: Session| play(session, 3).await)
}

/// Something that happens to the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    BusGoes,
    BusReturns,
    PanelGoes,
    PanelReturns,
    DaemonGoes,
    DaemonReturns,
    StoreGoes,
    StoreReturns,
    StoreLocks,
    /// So much DIEM is spent that its user wants to be told.
    LimitIsCrossed,
}

/// What keys are kept in.
enum Store {
    Absent,
    Open(SecretStore),
    Locked(SecretStore),
}

/// Whether the limit was crossed, and whether anybody was there to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crossed {
    No,
    Shown,
    Unseen,
}

/// A desktop whose services go and come.
struct Desktop {
    session: Session,
    vendors: Vendors,
    resident: Resident,
    config: String,
    bus: Option<Bus>,
    panel: Option<(FakeTray, RemoteItem)>,
    daemon: Option<FakeDaemon>,
    store: Store,
    crossed: Crossed,
    told: usize,
    probes: usize,
}

#[expect(
    clippy::print_stdout,
    reason = "whoever sees a story fail plays it again"
)]
async fn play(session: Session, seed: u64) -> Outcome {
    let seed = told("SPENDTRAY_SEED").map_or(Ok(seed), |text| text.parse())?;
    let steps = told("SPENDTRAY_STEPS").map_or(Ok(STEPS), |text| text.parse())?;
    let mut chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut desktop = Desktop::start(session).await?;
    println!("SPENDTRAY_SEED={seed} SPENDTRAY_STEPS={steps}");
    for _ in 0..steps {
        let possible = desktop.possible();
        let step = possible[usize::try_from(next(&mut chance))? % possible.len()];
        println!("{step:?}");
        desktop.take(step).await?;
        desktop.lives_on().await?;
    }
    println!("all return");
    desktop.ends_well().await
}

fn next(chance: &mut u64) -> u64 {
    *chance = chance
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1);
    *chance >> 33
}

impl Desktop {
    /// Everything is there, the key lies in the secret store, and the first poll is over.
    async fn start(session: Session) -> Outcome<Self> {
        let bus = Bus::start(&session)?;
        let store = SecretStore::start().await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::without_key(&session, &vendors)?;
        let login = ["login", "venice/demo", "--stdin", "--no-test"];
        let (code, words) = resident.run(&login, VENICE_ADMIN_KEY).await?;
        assert_eq!(code, Some(0), "{words}");
        let mut tray = FakeTray::appear().await?;
        resident.start()?;
        let icon = tray.icon().await?;
        polled(&icon).await?;
        Ok(Self {
            config: resident.config()?,
            daemon: Some(FakeDaemon::appear(&["actions", "body"]).await?),
            session,
            vendors,
            resident,
            bus: Some(bus),
            panel: Some((tray, icon)),
            store: Store::Open(store),
            crossed: Crossed::No,
            told: 0,
            probes: 0,
        })
    }

    /// What can happen next.
    fn possible(&self) -> Vec<Step> {
        if self.bus.is_none() {
            return vec![Step::BusReturns];
        }
        let mut steps = vec![Step::BusGoes];
        steps.push(match self.panel {
            Some(_) => Step::PanelGoes,
            None => Step::PanelReturns,
        });
        steps.push(match self.daemon {
            Some(_) => Step::DaemonGoes,
            None => Step::DaemonReturns,
        });
        match &self.store {
            Store::Absent => steps.push(Step::StoreReturns),
            Store::Locked(_) => steps.push(Step::StoreGoes),
            Store::Open(_) => {
                steps.extend([Step::StoreGoes, Step::StoreLocks]);
                if self.panel.is_some() && self.crossed == Crossed::No {
                    steps.push(Step::LimitIsCrossed);
                }
            }
        }
        steps
    }

    async fn take(&mut self, step: Step) -> Outcome {
        match step {
            Step::BusGoes => {
                (self.bus, self.panel, self.daemon) = (None, None, None);
                self.store = Store::Absent;
            }
            Step::BusReturns => self.bus = Some(Bus::start(&self.session)?),
            Step::PanelGoes => {
                if let Some((tray, _)) = self.panel.take() {
                    tray.disappear().await?;
                }
            }
            Step::PanelReturns => self.panel_returns().await?,
            Step::DaemonGoes => {
                if let Some(daemon) = self.daemon.take() {
                    daemon.disappear().await?;
                }
            }
            Step::DaemonReturns => {
                self.daemon = Some(FakeDaemon::appear(&["actions", "body"]).await?);
            }
            Step::StoreReturns => self.store = Store::Open(SecretStore::start().await?),
            Step::StoreGoes | Step::StoreLocks => self.store_changes(step).await?,
            Step::LimitIsCrossed => self.limit_is_crossed().await?,
        }
        Ok(())
    }

    async fn panel_returns(&mut self) -> Outcome {
        let mut tray = FakeTray::appear().await?;
        let icon = tray.icon().await?;
        self.panel = Some((tray, icon));
        Ok(())
    }

    async fn store_changes(&mut self, step: Step) -> Outcome {
        self.store = match std::mem::replace(&mut self.store, Store::Absent) {
            Store::Open(store) if step == Step::StoreLocks => {
                store.lock().await?;
                Store::Locked(store)
            }
            Store::Open(store) | Store::Locked(store) => {
                store.disappear().await?;
                Store::Absent
            }
            Store::Absent => Store::Absent,
        };
        Ok(())
    }

    async fn limit_is_crossed(&mut self) -> Outcome {
        let (_, icon) = self.panel.as_ref().ok_or("no panel")?;
        says(icon, "Refresh now (last").await?;
        self.vendors.cross();
        icon.click("Refresh now").await?;
        says(icon, "Alerts (1)").await?;
        self.crossed = Crossed::Unseen;
        if let Some(daemon) = &mut self.daemon {
            while !is_the_limit(&daemon.next().await?) {}
            (self.crossed, self.told) = (Crossed::Shown, 1);
        }
        Ok(())
    }

    /// What holds after each step.
    async fn lives_on(&mut self) -> Outcome {
        assert!(self.resident.lives()?, "it has ended");
        self.polls_go_on().await?;
        if let Some((_, icon)) = &self.panel {
            self.row_is_true(icon).await?;
        } else {
            let (code, words) = self.resident.run(&["status"], "").await?;
            assert!(matches!(code, Some(0 | 4)), "{code:?}: {words}");
            assert!(words.contains(FIGURE), "{words}");
        }
        self.told_once();
        self.resident.rests().await
    }

    /// An account that appears in the configuration is polled, whatever there is of a desktop.
    async fn polls_go_on(&mut self) -> Outcome {
        self.probes += 1;
        let simulator = &self.vendors.simulator;
        let url = |vendor| simulator.base_url(vendor).unwrap_or_default();
        let before = self.vendors.asked_of("frankfurter", "");
        self.resident.save(&format!(
            "{}\n[[account]]\nprovider = \"frankfurter\"\nname = \"probe{}\"\nbase_url = \"{}\"\necb_url = \"{}\"\n",
            self.config,
            self.probes,
            url("frankfurter"),
            url("ecb"),
        ))?;
        until("a poll", async || {
            Ok(self.vendors.asked_of("frankfurter", "") > before)
        })
        .await
    }

    /// The account's row says how its key stands, and never loses its figures.
    async fn row_is_true(&self, icon: &RemoteItem) -> Outcome {
        says(icon, "Refresh now (last").await?;
        let asked = self.vendors.asked("/billing/balance");
        icon.click("Refresh now").await?;
        match &self.store {
            Store::Absent => says(icon, "no secret store runs").await?,
            Store::Locked(_) => says(icon, "secret store is locked").await?,
            Store::Open(_) => {
                until("a poll with the key of the store", async || {
                    Ok(self.vendors.asked("/billing/balance") > asked)
                })
                .await?;
                until("a row without trouble", async || {
                    Ok(!icon.menu().await?.contains("no key"))
                })
                .await?;
            }
        }
        says(icon, FIGURE).await?;
        if self.crossed != Crossed::No {
            says(icon, "Alerts (1)").await?;
        }
        Ok(())
    }

    /// Whoever was there has seen the alert; nobody sees it twice, and nobody a popup of what is over.
    fn told_once(&mut self) {
        while let Some(shown) = self.daemon.as_mut().and_then(FakeDaemon::next_if_any) {
            self.told += usize::from(is_the_limit(&shown));
        }
        let expected = usize::from(self.crossed == Crossed::Shown);
        assert_eq!(self.told, expected, "{:?}", self.crossed);
    }

    /// With all of them back everything is as it was.
    async fn ends_well(&mut self) -> Outcome {
        loop {
            let possible = self.possible();
            let returns = [
                Step::BusReturns,
                Step::PanelReturns,
                Step::DaemonReturns,
                Step::StoreReturns,
            ];
            let next = returns.into_iter().find(|step| possible.contains(step));
            match next {
                Some(step) => self.take(step).await?,
                None => break,
            }
        }
        if matches!(self.store, Store::Locked(_)) {
            self.take(Step::StoreGoes).await?;
            self.take(Step::StoreReturns).await?;
        }
        self.lives_on().await?;
        self.resident.signal("TERM")?;
        assert_eq!(self.resident.ended().await?.0, Some(0));
        assert!(!self.resident.log().contains("panicked"));
        Ok(())
    }
}

fn is_the_limit(shown: &Shown) -> bool {
    shown.texts[2].starts_with(VENICE) && shown.texts[2].ends_with("DIEM left")
}
