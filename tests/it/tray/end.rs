//! The end comes in time, whatever hangs.

use std::time::Duration;

use spendtray::app::message::{Command, Update};
use spendtray::view::menu::Action;

use crate::support::desktop::app::App;
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::FakeTray;
use crate::support::desktop::programs::{command, run};
use crate::support::desktop::{Outcome, Session, in_own_session};
use crate::tray::views::two_accounts;

/// What users are promised.
const IN_TIME: Duration = Duration::from_secs(2);

#[test]
fn quit_ends_at_once_when_the_engine_stops() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        tray.icon().await?.click("Quit").await?;
        assert_eq!(app.command().await?, Command::Act(Action::Quit));
        assert!(app.stop().await? < Duration::from_secs(1));
        Ok(())
    })
}

#[test]
fn quit_ends_in_time_when_the_engine_does_not_stop() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        tray.icon().await?.click("Quit").await?;
        assert!(app.ended().await? < IN_TIME);
        Ok(())
    })
}

#[test]
fn a_hanging_bus_does_not_hold_up_the_end() -> Outcome {
    in_own_session(async |session: Session| {
        let bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        tray.icon().await?;
        bus.hang()?;
        let mut view = two_accounts();
        for number in 0..2000 {
            view.title = format!("${number}");
            app.show(&view)?;
        }
        assert!(app.stop().await? < Duration::from_secs(1));
        Ok(())
    })
}

#[test]
fn a_signal_asks_the_engine_to_stop() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        tray.icon().await?;
        let us = std::process::id().to_string();
        run(command("kill").args(["-s", "TERM", &us]), "procps")?;
        assert_eq!(app.command().await?, Command::Act(Action::Quit));
        app.send(Update::Stopped)?;
        assert!(app.ended().await? < Duration::from_secs(1));
        Ok(())
    })
}

// A toolkit does not say when it has found no bus, which is what this test waits for.
#[cfg(not(feature = "toolkit-tray"))]
#[test]
fn a_second_signal_is_an_order() -> Outcome {
    in_own_session(async |session: Session| {
        let mut app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        // By then it listens to signals.
        app.sentence().await?;
        let us = std::process::id().to_string();
        run(command("kill").args(["-s", "HUP", &us]), "procps")?;
        assert_eq!(app.command().await?, Command::Act(Action::Quit));
        run(command("kill").args(["-s", "INT", &us]), "procps")?;
        assert!(app.ended().await? < Duration::from_secs(1));
        Ok(())
    })
}
