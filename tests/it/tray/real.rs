//! The tray on a real desktop: Xfce's panel, dunst, gnome-keyring, real clicks. Pictures are kept in
//! `target/screenshots`.

use std::process::Command as Process;

use spendtray::analysis::digest::OverallState;
use spendtray::app::message::{Command, Update};
use spendtray::domain::alert::{AlertKey, Severity};
use spendtray::domain::ids::RuleId;
use spendtray::view::menu::Action;
use spendtray::view::notice::Notice;
use spendtray::view::{Face, Icon, View, icon};

use crate::support::desktop::app::App;
use crate::support::desktop::programs::run;
use crate::support::desktop::real::RealDesktop;
use crate::support::desktop::screen::{
    Place, click, icon_place, menu_place, open_menu, picture, point, press, tooltip_place, until,
};
use crate::support::desktop::{Outcome, Session, in_real_session};
use crate::tray::views::{info, two_accounts};

/// The lower right of the screen.
const CORNER: Place = Place {
    x: 640,
    y: 400,
    width: 640,
    height: 320,
};
/// The upper right of the screen, where notifications are.
const NOTIFICATIONS: Place = Place {
    x: 880,
    y: 0,
    width: 400,
    height: 200,
};

#[test]
fn the_icon_stands_in_the_panel_in_the_colour_of_its_state() -> Outcome {
    in_real_session(async |session: Session| {
        let desktop = RealDesktop::start(&session).await?;
        let app = App::start(&session, "XFCE")?;
        for (state, text) in [
            (OverallState::Ok, "$4"),
            (OverallState::Warning, "82%"),
            (OverallState::Critical, "$214"),
            (OverallState::Stale, "1.2k"),
            (OverallState::Error, "!"),
        ] {
            let view = with_icon(state, text);
            app.show(&view)?;
            desktop.icon().await?;
            until("the icon in its colour", async || shows(&view.icon).await).await?;
            let place = icon_place().await?;
            let name = format!("xfce-icon-{}", state.name());
            picture().await?.keep(&name, place, 6)?;
        }
        app.stop().await.map(drop)
    })
}

#[test]
fn a_left_click_opens_the_menu_and_keys_choose_from_it() -> Outcome {
    in_real_session(async |session: Session| {
        let desktop = RealDesktop::start(&session).await?;
        let mut app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        desktop.icon().await?;
        open_menu(icon_place().await?).await?;
        picture().await?.keep("xfce-menu", CORNER, 1)?;
        press(&["Down", "Down", "Right", "Down"]).await?;
        picture().await?.keep("xfce-submenu", CORNER, 1)?;
        press(&["Down", "Down", "Return"]).await?;
        let page = "https://venice.ai/settings/api".to_owned();
        assert_eq!(app.command().await?, Command::Act(Action::Open(page)));
        click(2)?;
        assert_eq!(app.command().await?, Command::Act(Action::RefreshAll));
        app.stop().await.map(drop)
    })
}

#[test]
fn an_open_menu_is_refreshed_in_place() -> Outcome {
    in_real_session(async |session: Session| {
        let desktop = RealDesktop::start(&session).await?;
        let mut app = App::start(&session, "XFCE")?;
        let mut view = two_accounts();
        app.show(&view)?;
        let item = desktop.icon().await?;
        let icon = icon_place().await?;
        let menu = open_menu(icon).await?;
        let before = picture().await?;
        view.menu[2].label = "Venice   41.0000 DIEM".to_owned();
        view.menu.insert(1, info("alert/1", "a new row"));
        app.show(&view)?;
        until("another picture", async || Ok(picture().await? != before)).await?;
        picture().await?.keep("xfce-menu-refreshed", CORNER, 1)?;
        assert_eq!(menu_place().await?, menu, "no row came, none was cut off");
        press(&["Up", "Return"]).await?;
        assert_eq!(app.command().await?, Command::Act(Action::Quit));
        until("the new row", async || {
            Ok(item.menu().await?.contains("a new row"))
        })
        .await?;
        let taller = open_menu(icon).await?;
        picture().await?.keep("xfce-menu-reopened", CORNER, 1)?;
        assert!(taller.height > menu.height, "{taller:?} {menu:?}");
        Ok(())
    })
}

#[test]
fn the_tooltip_has_the_short_line_and_the_accounts() -> Outcome {
    in_real_session(async |session: Session| {
        let desktop = RealDesktop::start(&session).await?;
        let app = App::start(&session, "XFCE")?;
        app.show(&two_accounts())?;
        desktop.icon().await?;
        point(icon_place().await?)?;
        tooltip_place().await?;
        picture().await?.keep("xfce-tooltip", CORNER, 1)?;
        app.stop().await.map(drop)
    })
}

#[test]
fn a_panel_that_crashes_shows_the_icon_again() -> Outcome {
    in_real_session(async |session: Session| {
        let mut desktop = RealDesktop::start(&session).await?;
        let app = App::start(&session, "XFCE")?;
        let view = with_icon(OverallState::Critical, "97%");
        app.show(&view)?;
        desktop.icon().await?;
        icon_place().await?;
        desktop.restart_panel().await?;
        desktop.icon().await?;
        until("the icon", async || shows(&view.icon).await).await?;
        app.stop().await.map(drop)
    })
}

#[test]
fn dunst_shows_a_notice_and_its_buttons_work() -> Outcome {
    in_real_session(async |session: Session| {
        let _desktop = RealDesktop::start(&session).await?;
        let mut app = App::start(&session, "XFCE")?;
        let page = "https://venice.ai/settings/api".to_owned();
        app.tell(&Notice {
            alert: Some(AlertKey {
                rule: RuleId::new("balance"),
                subject: "venice/work balance diem".to_owned(),
                period: String::new(),
            }),
            severity: Severity::Critical,
            title: "Venice (work): 2 % left".to_owned(),
            body: "2.0000 of 100 DIEM <left> & falling; top up or wait until 1am.".to_owned(),
            link: Some(page.clone()),
        })?;
        let history = || {
            run(
                Process::new("dunstctl").arg("count").arg("displayed"),
                "dunst",
            )
        };
        until("the notification", async || Ok(history()?.trim() == "1")).await?;
        picture().await?.keep("dunst", NOTIFICATIONS, 1)?;
        until("what the button says", async || {
            run(Process::new("dunstctl").args(["action", "0"]), "dunst")?;
            Ok(app.next_command() == Some(Command::Act(Action::Open(page.clone()))))
        })
        .await?;
        app.stop().await.map(drop)
    })
}

#[test]
fn a_copied_text_is_on_the_clipboard() -> Outcome {
    in_real_session(async |session: Session| {
        let app = App::start(&session, "XFCE")?;
        for text in ["42.5000 DIEM", "$4.21 · ünïcode"] {
            app.send(Update::Copy(text.to_owned()))?;
            let mut clipboard = arboard::Clipboard::new()?;
            until("the text on the clipboard", async || {
                Ok(clipboard.get_text().is_ok_and(|found| found == text))
            })
            .await?;
        }
        app.stop().await.map(drop)
    })
}

#[test]
fn the_secret_store_is_unlocked() -> Outcome {
    in_real_session(async |session: Session| {
        let mut desktop = RealDesktop::start(&session).await?;
        desktop.unlock_secrets().await?;
        let store =
            "printf s3cret | secret-tool store --label=test service spendtray username venice";
        run(Process::new("sh").args(["-c", store]), "libsecret-tools")?;
        let lookup = ["lookup", "service", "spendtray", "username", "venice"];
        let secret = run(Process::new("secret-tool").args(lookup), "libsecret-tools")?;
        assert_eq!(secret, "s3cret");
        Ok(())
    })
}

fn with_icon(state: OverallState, text: &str) -> View {
    let face = Face::Text(text.to_owned());
    View {
        icon: Icon { state, face },
        ..two_accounts()
    }
}

/// Whether the panel shows an icon, by its colour.
async fn shows(face: &Icon) -> Outcome<bool> {
    let place = icon_place().await?;
    Ok(picture().await?.count(place, commonest_colour(face)) > 40)
}

/// The colour of the pill: of what is neither clear nor lettering.
fn commonest_colour(face: &Icon) -> [u8; 3] {
    let pixels = icon::pixels(face, 48);
    let mut counts = std::collections::HashMap::new();
    for pixel in pixels.chunks_exact(4).filter(|pixel| pixel[3] == 255) {
        *counts.entry([pixel[0], pixel[1], pixel[2]]).or_insert(0) += 1;
    }
    let commonest = counts.into_iter().max_by_key(|(_, count)| *count);
    commonest.map(|(colour, _)| colour).unwrap_or_default()
}
