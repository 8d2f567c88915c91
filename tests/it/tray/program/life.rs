//! How the real program starts and ends: twice, without a tray, without a bus.

use super::{VENICE, polled, says};
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::FakeTray;
use crate::support::desktop::resident::{Resident, Vendors};
use crate::support::desktop::screen::until;
use crate::support::desktop::{Outcome, Session, in_own_session};

#[test]
fn a_second_start_wakes_the_first_and_ends_well() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::without_key(&session, &vendors)?;
        resident.start()?;
        let icon = tray.icon().await?;
        says(&icon, "no key").await?;
        let login = resident
            .run(
                &["login", "venice/demo", "--stdin", "--no-test"],
                spendtray::simulator::VENICE_ADMIN_KEY,
            )
            .await?;
        assert_eq!(login.0, Some(0), "{}", login.1);
        let (code, words) = resident.run(&[], "").await?;
        assert_eq!(code, Some(0), "{words}");
        assert!(words.contains("already running"), "{words}");
        polled(&icon).await?;
        assert!(resident.lives()?);
        Ok(())
    })
}

#[test]
fn without_a_tray_it_says_so_polls_and_shows_itself_later() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::at(&session, &vendors)?;
        resident.start()?;
        until("what to do", async || {
            Ok(resident.said().contains("Status Tray Plugin"))
        })
        .await?;
        until("a poll", async || Ok(vendors.asked("/billing/balance") > 0)).await?;
        let mut tray = FakeTray::appear().await?;
        let icon = tray.icon().await?;
        polled(&icon).await?;
        assert_eq!(resident.said().lines().count(), 1, "{}", resident.said());
        Ok(())
    })
}

#[test]
fn without_a_bus_it_lives_and_polls_and_a_signal_ends_it() -> Outcome {
    in_own_session(async |session: Session| {
        let vendors = Vendors::start().await?;
        let mut resident = Resident::at(&session, &vendors)?;
        resident.start()?;
        until("what is missing", async || {
            Ok(resident.said().contains("no session bus"))
        })
        .await?;
        until("a poll", async || Ok(vendors.asked("/billing/balance") > 0)).await?;
        assert!(resident.lives()?);
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let icon = tray.icon().await?;
        says(&icon, VENICE).await?;
        resident.signal("TERM")?;
        assert_eq!(resident.ended().await?.0, Some(0));
        Ok(())
    })
}
