//! The tray of macOS and Windows, as far as Linux shows it: title, menu, clicks, changes. Its end is in `end`.
//!
//! libappindicator exports no pictures of rows and no tooltip, and tells nobody when a menu is open.

use std::path::PathBuf;

use spendtray::analysis::digest::OverallState;
use spendtray::app::message::Command;
use spendtray::view::menu::{Action, Checked, ItemKind};

use crate::support::desktop::app::App;
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::FakeTray;
use crate::support::desktop::remote::RemoteItem;
use crate::support::desktop::{Outcome, Session, in_own_session};
use crate::tray::views::{button, info, two_accounts};

#[test]
fn the_title_and_the_whole_menu_are_there() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        let icon = tray.icon().await?;
        assert_eq!(icon.text("XAyatanaLabel").await?, "$4.21 · 42.50 DIEM");
        insta::assert_snapshot!(icon.menu().await?);
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
        app.stop().await.map(drop)
    })
}

#[test]
fn a_mark_is_set_by_the_engine_and_not_by_the_click() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let mut icon = tray.icon().await?;
        icon.click("Start at login").await?;
        assert_eq!(app.command().await?, Command::Act(Action::ToggleAutostart));
        view.menu[0].label = "$4.22 today".to_owned();
        app.show(&view)?;
        changed_to(&mut icon, "$4.22 today").await?;
        assert!(icon.menu().await?.contains("[ ] Start at login"));
        view.menu[6].kind = ItemKind::Check(Checked::Yes);
        app.show(&view)?;
        changed_to(&mut icon, "[x] Start at login").await?;
        app.stop().await.map(drop)
    })
}

#[test]
fn texts_change_in_place_also_when_other_rows_of_the_same_kind_come() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let mut icon = tray.icon().await?;
        let (first, settings) = (
            icon.row("$4.21 today").await?.number,
            icon.row("Settings").await?.number,
        );
        view.menu[0].label = "A_b & c_d <e>".to_owned();
        view.menu[3].children[0].label = "Session (5 h) 34 %".to_owned();
        view.menu[7] = button("program/other", "Other", Action::AcknowledgeAll);
        app.show(&view)?;
        changed_to(&mut icon, "A_b & c_d <e>").await?;
        changed_to(&mut icon, "Other").await?;
        changed_to(&mut icon, "Session (5 h) 34 %").await?;
        assert_eq!(icon.row("A_b").await?.number, first);
        assert_eq!(icon.row("Other").await?.number, settings);
        view.menu[2].label = "Venice   41.0000 DIEM".to_owned();
        app.show(&view)?;
        changed_to(&mut icon, "41.0000 DIEM").await?;
        icon.click("Other").await?;
        assert_eq!(app.command().await?, Command::Act(Action::AcknowledgeAll));
        app.stop().await.map(drop)
    })
}

#[test]
fn a_menu_of_another_shape_takes_the_place_of_the_old_one() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let mut icon = tray.icon().await?;
        for round in 0..20 {
            let label = format!("alert {round}");
            view.menu.insert(1, info(&label, &label));
            app.show(&view)?;
            changed_to(&mut icon, &label).await?;
        }
        assert_eq!(icon.rows().await?.len(), 15 + 20);
        icon.click("Quit").await?;
        assert_eq!(app.command().await?, Command::Act(Action::Quit));
        app.stop().await.map(drop)
    })
}

#[test]
fn title_and_icon_follow_the_view() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let mut icon = tray.icon().await?;
        let before = std::fs::read(picture(&icon.text("IconName").await?))?;
        view.icon.state = OverallState::Critical;
        app.show(&view)?;
        icon.signals_until("NewIcon").await?;
        let after = std::fs::read(picture(&icon.text("IconName").await?))?;
        assert_ne!(before, after);
        view.title = "$99.99".to_owned();
        app.show(&view)?;
        icon.signals_until("XAyatanaNewLabel $99.99").await?;
        assert_eq!(icon.text("XAyatanaLabel").await?, "$99.99");
        app.stop().await.map(drop)
    })
}

/// Where libappindicator keeps the picture of this name.
fn picture(name: &str) -> PathBuf {
    PathBuf::from(name)
}

/// Waits for a menu with this text.
async fn changed_to(icon: &mut RemoteItem, text: &str) -> Outcome {
    loop {
        let menu = icon.menu().await?;
        if menu.contains(text) {
            return Ok(());
        }
        let signal = icon.signal().await;
        signal.map_err(|error| format!("{error}, for `{text}` in:\n{menu}"))?;
    }
}
