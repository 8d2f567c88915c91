//! Keys that are refused, vendors that hang, a ledger that is none.

use std::time::Duration;

use spendtray::simulator::Fault;

use super::{VENICE, polled, says};
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::{FakeDaemon, FakeTray};
use crate::support::desktop::resident::{Resident, Vendors};
use crate::support::desktop::{Outcome, Session, in_own_session};

#[test]
fn a_revoked_key_is_told_once_and_never_sent_again_unasked() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut daemon = FakeDaemon::appear(&["actions", "body"]).await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::at(&session, &vendors)?;
        resident.start()?;
        let icon = tray.icon().await?;
        polled(&icon).await?;
        let refusal = Fault::Answer {
            status: 401,
            headers: Vec::new(),
            body: br#"{"error":"Authentication failed"}"#.to_vec(),
        };
        vendors.simulator.fail("venice", "", refusal);
        icon.click("Refresh now").await?;
        let shown = daemon.next().await?;
        assert!(shown.texts[2].starts_with(VENICE), "{:?}", shown.texts);
        assert!(
            shown.texts[3].contains("spendtray login venice/demo"),
            "{:?}",
            shown.texts
        );
        says(&icon, "key refused").await?;
        says(&icon, "`spendtray login").await?;
        says(&icon, "Refresh now (last").await?;
        let asked = vendors.asked("");
        // Each click makes the engine look at what is due.
        icon.click("Start at login").await?;
        says(&icon, "[x] Start at login").await?;
        icon.click("Start at login").await?;
        says(&icon, "[ ] Start at login").await?;
        assert_eq!(vendors.asked(""), asked);
        resident.save("refresh = nonsense")?;
        let next = daemon.next().await?;
        assert_eq!(next.texts[2], "The changed configuration is not used");
        assert!(
            !resident
                .log()
                .contains(spendtray::simulator::VENICE_ADMIN_KEY)
        );
        Ok(())
    })
}

#[test]
fn a_wrong_key_says_what_to_do_in_its_row() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::at(&session, &vendors)?;
        resident.set("VENICE_ADMIN_KEY", "VENICE_ADMIN_KEY_wrongwrongwrongwrong");
        resident.start()?;
        let icon = tray.icon().await?;
        says(&icon, "key refused").await?;
        says(&icon, "`spendtray login").await
    })
}

#[test]
fn a_vendor_that_hangs_holds_up_no_click() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let vendors = Vendors::start().await?;
        vendors.simulator.fail("venice", "", Fault::Hang);
        let mut resident = Resident::at(&session, &vendors)?;
        resident.start()?;
        let icon = tray.icon().await?;
        says(&icon, "Refreshing…").await?;
        icon.click("Start at login").await?;
        says(&icon, "[x] Start at login").await?;
        icon.click("Quit").await?;
        let (code, took) = resident.ended().await?;
        assert_eq!(code, Some(0));
        assert!(took < Duration::from_secs(2), "{took:?}");
        Ok(())
    })
}

#[test]
fn a_ledger_that_is_none_is_told_in_the_menu_and_figures_come_all_the_same() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::at(&session, &vendors)?;
        let ledger = ".local/share/spendtray/ledger.sqlite";
        resident.write(ledger, "no database, ".repeat(1000).as_bytes())?;
        resident.start()?;
        let icon = tray.icon().await?;
        polled(&icon).await?;
        says(&icon, "ledger.sqlite").await?;
        says(&icon, "kept in memory").await?;
        let kept = std::fs::read(resident.path(ledger))?;
        assert!(
            kept.starts_with(b"no database, "),
            "it is never overwritten"
        );
        Ok(())
    })
}
