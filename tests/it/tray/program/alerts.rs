//! A limit that is crossed: told once, with buttons that work, and not again after a restart.

use spendtray::simulator::Fault;

use super::{VENICE, polled, says};
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::{FakeDaemon, FakeTray, Shown};
use crate::support::desktop::remote::RemoteItem;
use crate::support::desktop::resident::{Resident, Vendors};
use crate::support::desktop::screen::until;
use crate::support::desktop::{Outcome, Session, in_own_session};

/// What the notification tells.
const LEFT: &str = "DIEM left";

/// A program whose DIEM has just fallen below what its user wants to be told of.
struct Crossed {
    vendors: Vendors,
    resident: Resident,
    tray: FakeTray,
    icon: RemoteItem,
    daemon: FakeDaemon,
    shown: Shown,
    _bus: Bus,
}

impl Crossed {
    async fn new(session: &Session) -> Outcome<Self> {
        let bus = Bus::start(session)?;
        let mut tray = FakeTray::appear().await?;
        let mut daemon = FakeDaemon::appear(&["actions", "body"]).await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::at(session, &vendors)?;
        resident.start()?;
        let icon = tray.icon().await?;
        polled(&icon).await?;
        let before = icon.text("Title").await?;
        vendors.cross();
        icon.click("Refresh now").await?;
        let shown = daemon.next().await?;
        until("another title", async || {
            Ok(icon.text("Title").await? != before)
        })
        .await?;
        says(&icon, "Refresh now (last").await?;
        Ok(Self {
            vendors,
            resident,
            tray,
            icon,
            daemon,
            shown,
            _bus: bus,
        })
    }

    /// Presses a button until it has done what it should: at once, the program may not listen yet.
    async fn press(&self, key: &str, mut done: impl AsyncFnMut() -> Outcome<bool>) -> Outcome {
        until(key, async || {
            self.daemon.press(&self.shown, key).await?;
            done().await
        })
        .await
    }
}

#[test]
fn a_crossing_is_told_with_its_figures_and_can_be_dealt_with() -> Outcome {
    in_own_session(async |session: Session| {
        let crossed = Crossed::new(&session).await?;
        let [app, _, title, body] = &crossed.shown.texts;
        assert_eq!(app, "Spendtray");
        assert!(
            title.starts_with(VENICE) && title.ends_with(LEFT),
            "{title}"
        );
        assert!(body.starts_with("You asked to be told below "), "{body}");
        assert!(body.contains("It refills to 50.0000 DIEM in "), "{body}");
        let labels = ["Open page", "Snooze 1 h", "Acknowledge"];
        for label in labels {
            assert!(crossed.shown.actions.iter().any(|action| action == label));
        }
        says(&crossed.icon, "Alerts (1)").await?;
        crossed
            .press("default", async || {
                let opened = crossed.resident.opened();
                Ok(opened.starts_with("https://venice.ai/billing?amount=25.00\n"))
            })
            .await?;
        crossed.icon.click("Snooze 1 h").await?;
        says(&crossed.icon, "Quiet until 11am").await?;
        crossed.icon.click("Acknowledge all").await?;
        says(&crossed.icon, "Alerts (1 seen)").await
    })
}

#[test]
fn the_button_snooze_keeps_it_quiet_for_an_hour() -> Outcome {
    in_own_session(async |session: Session| {
        let crossed = Crossed::new(&session).await?;
        crossed
            .press("snooze", async || {
                Ok(crossed.icon.menu().await?.contains("Quiet until 11am"))
            })
            .await
    })
}

#[test]
fn the_button_acknowledge_marks_it_as_seen() -> Outcome {
    in_own_session(async |session: Session| {
        let crossed = Crossed::new(&session).await?;
        crossed
            .press("acknowledge", async || {
                Ok(crossed.icon.menu().await?.contains("Alerts (1 seen)"))
            })
            .await?;
        let menu = crossed.icon.menu().await?;
        assert!(menu.contains("✓ Venice (demo)"), "{menu}");
        Ok(())
    })
}

#[test]
fn a_restart_shows_the_same_figures_at_once_and_tells_nothing_twice() -> Outcome {
    in_own_session(async |session: Session| {
        let mut crossed = Crossed::new(&session).await?;
        let title = crossed.icon.text("Title").await?;
        crossed.resident.signal("TERM")?;
        assert_eq!(crossed.resident.ended().await?.0, Some(0));
        crossed.vendors.simulator.fail("venice", "", Fault::Hang);
        crossed.resident.start()?;
        let icon = crossed.tray.icon().await?;
        says(&icon, " of 50.0000 DIEM").await?;
        assert_eq!(
            icon.text("Title").await?,
            title,
            "from the ledger, for nobody answers"
        );
        says(&icon, "Alerts (1)").await?;
        crossed.vendors.simulator.mend();
        crossed.resident.save("refresh = nonsense")?;
        let next = crossed.daemon.next().await?;
        assert_eq!(
            next.texts[2], "The changed configuration is not used",
            "the only other notification"
        );
        Ok(())
    })
}
