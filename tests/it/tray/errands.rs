//! What clicks ask of the desktop besides figures.

use std::fs;

use spendtray::app::message::{Command, Update};
use spendtray::system::autostart::Status;

use crate::support::desktop::app::{App, autostart};
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::FakeDaemon;
use crate::support::desktop::{Outcome, Session, in_own_session};

#[test]
fn start_at_login_is_toggled_and_the_menu_drawn_anew() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut app = App::start(&session, "XFCE")?;
        for status in [Status::On, Status::Off] {
            app.send(Update::ToggleAutostart)?;
            assert_eq!(app.command().await?, Command::Redraw);
            assert_eq!(autostart(&session).status(), status);
        }
        app.stop().await.map(drop)
    })
}

#[test]
fn what_fails_is_told_with_what_to_do() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut daemon = FakeDaemon::appear(&["actions"]).await?;
        let mut app = App::start(&session, "XFCE")?;
        app.send(Update::Open("http://venice.ai/".to_owned()))?;
        let shown = daemon.next().await?;
        assert_eq!(shown.texts[2], "The page could not be opened");
        assert!(shown.texts[3].ends_with("http://venice.ai/"), "{shown:?}");

        fs::create_dir_all(session.home().join(".config"))?;
        fs::write(
            session.home().join(".config/autostart"),
            "a file in the way",
        )?;
        app.send(Update::ToggleAutostart)?;
        assert_eq!(
            daemon.next().await?.texts[2],
            "Start at login could not be changed"
        );
        assert_eq!(app.command().await?, Command::Redraw);
        app.stop().await.map(drop)
    })
}
