//! What clicks ask of the desktop besides figures.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use spendtray::app::message::{Command, Update};
use spendtray::system::autostart::Status;

use crate::support::desktop::app::{App, autostart, config_file};
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::FakeDaemon;
use crate::support::desktop::{Outcome, Session, in_own_session, soon};

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

#[test]
fn pages_and_settings_are_opened_with_the_users_programs() -> Outcome {
    in_own_session(async |session: Session| {
        let opened = session.folder().join("opened");
        let program = session.programs().join("xdg-open");
        let script = format!(
            "#!/bin/sh\necho \"$@\" >{0}.new && mv {0}.new {0}\n",
            opened.display()
        );
        fs::write(&program, script)?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        let app = App::start(&session, "XFCE")?;
        let page = "https://venice.ai/x?a=$(id)&b=`id`;id";
        for (update, argument) in [
            (Update::Open(page.to_owned()), page.to_owned()),
            (Update::Edit, config_file(&session).display().to_string()),
        ] {
            app.send(update)?;
            let seen = soon("the program that opens", async {
                while !opened.exists() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            });
            seen.await?;
            assert_eq!(fs::read_to_string(&opened)?.trim(), argument);
            fs::remove_file(&opened)?;
        }
        app.stop().await.map(drop)
    })
}
