//! The menu: what hosts read of it, clicks, and that an open menu is left alone.

use spendtray::app::message::Command;
use spendtray::view::menu::{Action, Checked, ItemKind};

use crate::support::desktop::app::App;
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::FakeTray;
use crate::support::desktop::{Outcome, Session, in_own_session};
use crate::tray::views::{info, two_accounts};

/// The number of the menu itself.
const ROOT: i32 = 0;

#[test]
fn the_whole_menu_is_there() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        insta::assert_snapshot!(tray.icon().await?.menu().await?);
        app.stop().await.map(drop)
    })
}

#[test]
fn a_click_becomes_the_command_of_its_row() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        let icon = tray.icon().await?;
        icon.click("key ci_bot").await?;
        icon.click("Refresh now").await?;
        assert_eq!(
            app.command().await?,
            Command::Act(Action::RefreshAll),
            "a row that informs does nothing"
        );
        icon.click("Open dashboard").await?;
        let page = "https://venice.ai/settings/api".to_owned();
        assert_eq!(app.command().await?, Command::Act(Action::Open(page)));
        icon.click("Start at login").await?;
        assert_eq!(app.command().await?, Command::Act(Action::ToggleAutostart));
        assert!(
            icon.event(4711, "clicked").await.is_err(),
            "there is no such row"
        );
        app.stop().await.map(drop)
    })
}

#[test]
fn a_menu_about_to_be_shown_asks_what_the_time_has_done() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        let icon = tray.icon().await?;
        icon.about_to_show().await?;
        assert_eq!(app.any_command().await?, Command::Look);
        app.stop().await.map(drop)
    })
}

#[test]
fn other_texts_and_marks_are_told_row_by_row() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let mut icon = tray.icon().await?;
        let (venice, autostart) = (
            icon.row("Venice").await?.number,
            icon.row("Start at login").await?.number,
        );
        view.menu[2].label = "Venice   41.0000 DIEM".to_owned();
        view.menu[6].kind = ItemKind::Check(Checked::Yes);
        app.show(&view)?;
        let expected = format!("ItemsPropertiesUpdated {venice}:label {autostart}:toggle-state");
        assert_eq!(icon.signal().await?, expected);
        assert!(icon.menu().await?.contains("[x] Start at login"));
        app.stop().await.map(drop)
    })
}

#[test]
fn rows_keep_their_numbers_when_others_come() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let mut icon = tray.icon().await?;
        let quit = icon.row("Quit").await?.number;
        view.menu
            .insert(1, info("alert/1", "Venice (work): 2 % left"));
        app.show(&view)?;
        icon.signals_until("LayoutUpdated").await?;
        assert_eq!(icon.row("Quit").await?.number, quit);
        assert!(icon.row("Venice (work)").await?.number > quit);
        icon.event(quit, "clicked").await?;
        assert_eq!(app.command().await?, Command::Act(Action::Quit));
        app.stop().await.map(drop)
    })
}

#[test]
fn an_open_menu_is_not_rebuilt_under_the_pointer() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let mut icon = tray.icon().await?;
        assert!(!icon.about_to_show().await?);
        icon.event(ROOT, "opened").await?;
        let before = icon.menu().await?;

        view.menu.insert(1, info("alert/1", "a new row"));
        view.menu[0].label = "$5.00 today".to_owned();
        app.show(&view)?;
        assert!(icon.signal().await?.starts_with("ItemsPropertiesUpdated"));
        let during = icon.menu().await?;
        assert_eq!(
            during,
            before.replace("$4.21 today · $214.90 this month", "$5.00 today")
        );

        icon.event(ROOT, "closed").await?;
        assert!(icon.signal().await?.starts_with("LayoutUpdated"));
        assert!(icon.menu().await?.contains("a new row"));
        app.stop().await.map(drop)
    })
}

#[test]
fn a_click_closes_the_menu_for_those_who_do_not_say_so() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let mut icon = tray.icon().await?;
        assert!(!icon.about_to_show().await?);
        view.menu.insert(1, info("alert/1", "a new row"));
        view.menu[0].label = "$5.00 today".to_owned();
        app.show(&view)?;
        assert!(icon.signal().await?.starts_with("ItemsPropertiesUpdated"));
        assert!(!icon.menu().await?.contains("a new row"));
        icon.click("Refresh now").await?;
        assert!(icon.signal().await?.starts_with("LayoutUpdated"));
        assert!(icon.menu().await?.contains("a new row"));
        assert_eq!(app.command().await?, Command::Act(Action::RefreshAll));
        app.stop().await.map(drop)
    })
}
