//! Hosts and buses that are missing, go and come back.

use crate::support::desktop::app::App;
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::FakeTray;
use crate::support::desktop::{Outcome, Session, in_own_session};
use crate::tray::views::{info, two_accounts};

#[test]
fn without_a_tray_it_says_what_to_install_and_appears_with_one() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut app = App::start(&session, "ubuntu:GNOME")?;
        app.show(&two_accounts())?;
        let sentence = app.sentence().await?;
        assert!(
            sentence.contains("gnome-shell-extension-appindicator"),
            "{sentence}"
        );
        let mut tray = FakeTray::appear().await?;
        assert_eq!(
            tray.icon().await?.text("Title").await?,
            "$4.21 · 42.50 DIEM"
        );
        assert!(app.is_silent());
        app.stop().await.map(drop)
    })
}

#[test]
fn a_panel_that_restarts_gets_the_icon_again() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let icon = tray.icon().await?;
        icon.event(0, "opened").await?;
        for round in 1..=3 {
            tray.disappear().await?;
            view.menu.insert(
                1,
                info(&format!("alert/{round}"), &format!("round {round}")),
            );
            app.show(&view)?;
            tray = FakeTray::appear().await?;
            let icon = tray.icon().await?;
            let newest = icon.menu().await?;
            assert!(
                newest.contains("round"),
                "its menus closed with it: {newest}"
            );
        }
        assert!(app.is_silent());
        app.stop().await.map(drop)
    })
}

#[test]
fn a_panel_that_has_its_name_before_it_listens_is_told_again() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        let mut tray = FakeTray::appear_asleep().await?;
        assert_eq!(
            tray.icon().await?.text("Title").await?,
            "$4.21 · 42.50 DIEM"
        );
        app.stop().await.map(drop)
    })
}

#[test]
fn without_a_bus_it_says_so_and_appears_with_one() -> Outcome {
    in_own_session(async |session: Session| {
        let mut app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        let sentence = app.sentence().await?;
        assert!(sentence.starts_with("no session bus"), "{sentence}");
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        assert_eq!(
            tray.icon().await?.text("Title").await?,
            "$4.21 · 42.50 DIEM"
        );
        assert!(app.is_silent());
        app.stop().await.map(drop)
    })
}

#[test]
fn a_bus_that_dies_costs_the_icon_until_there_is_one_again() -> Outcome {
    in_own_session(async |session: Session| {
        let bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let numbers = tray.icon().await?.row("Quit").await?.number;
        drop(bus);
        view.title = "$9.99".to_owned();
        app.show(&view)?;
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let icon = tray.icon().await?;
        assert_eq!(icon.text("Title").await?, "$9.99");
        assert_eq!(icon.row("Quit").await?.number, numbers);
        app.stop().await.map(drop)
    })
}
