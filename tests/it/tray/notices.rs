//! Notifications: what the daemon is given, and what buttons do.

use std::time::Duration;

use spendtray::app::message::Command;
use spendtray::domain::alert::{AlertKey, Severity};
use spendtray::domain::ids::RuleId;
use spendtray::view::menu::Action;
use spendtray::view::notice::Notice;

use crate::support::desktop::app::App;
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::{FakeDaemon, Shown};
use crate::support::desktop::{Outcome, Session, in_own_session};

/// What a usual daemon can do.
const ABLE: [&str; 3] = ["actions", "body", "body-markup"];

fn key(subject: &str) -> AlertKey {
    AlertKey {
        rule: RuleId::new("window"),
        subject: subject.to_owned(),
        period: "2026-11-23".to_owned(),
    }
}

fn notice() -> Notice {
    Notice {
        alert: Some(key("venice/work balance diem")),
        severity: Severity::Critical,
        title: "Venice (work): 2 % left".to_owned(),
        body: "2.0000 of 100 DIEM <left> & falling".to_owned(),
        link: Some("https://venice.ai/settings/api".to_owned()),
    }
}

/// Presses until it is heard: notify-rust listens a moment after the daemon has been told, no finger is that fast.
async fn pressed(
    app: &mut App,
    daemon: &FakeDaemon,
    shown: &Shown,
    button: &str,
) -> Outcome<Command> {
    let command = app.command();
    tokio::pin!(command);
    loop {
        daemon.press(shown, button).await?;
        tokio::select! {
            command = &mut command => return command,
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
    }
}

#[test]
fn a_notice_is_shown_with_all_that_helps() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut daemon = FakeDaemon::appear(&ABLE).await?;
        let app = App::start(&session, "XFCE")?;
        app.tell(&notice())?;
        let shown = daemon.next().await?;
        let texts = [
            "Spendtray",
            "dialog-error",
            "Venice (work): 2 % left",
            "2.0000 of 100 DIEM &lt;left&gt; &amp; falling",
        ];
        assert_eq!(shown.texts, texts);
        assert_eq!(
            shown.actions,
            [
                "default",
                "Open page",
                "snooze",
                "Snooze 1 h",
                "acknowledge",
                "Acknowledge"
            ]
        );
        assert_eq!(
            (shown.urgency, shown.timeout, shown.replaces),
            (Some(2), 0, 0)
        );
        assert_eq!(shown.category.as_deref(), Some("x-spendtray.alert"));
        app.stop().await.map(drop)
    })
}

#[test]
fn buttons_become_commands() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut daemon = FakeDaemon::appear(&ABLE).await?;
        let mut app = App::start(&session, "XFCE")?;
        let alert = key("venice/work balance diem");
        for (button, action) in [
            (
                "default",
                Action::Open("https://venice.ai/settings/api".to_owned()),
            ),
            ("snooze", Action::Snooze(alert.clone())),
            ("acknowledge", Action::Acknowledge(alert.clone())),
        ] {
            app.tell(&notice())?;
            let shown = daemon.next().await?;
            let command = pressed(&mut app, &daemon, &shown, button).await?;
            assert_eq!(command, Command::Act(action));
        }
        app.stop().await.map(drop)
    })
}

#[test]
fn the_same_alert_takes_the_place_of_its_notification() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut daemon = FakeDaemon::appear(&ABLE).await?;
        let mut app = App::start(&session, "XFCE")?;
        app.tell(&notice())?;
        let first = daemon.next().await?;
        let other = Notice {
            alert: Some(key("claude window 5h")),
            ..notice()
        };
        app.tell(&other)?;
        let second = daemon.next().await?;
        assert_eq!(second.replaces, 0, "another alert is another notification");
        app.tell(&notice())?;
        let third = daemon.next().await?;
        assert_eq!(third.replaces, first.id);
        assert_eq!(
            pressed(&mut app, &daemon, &third, "acknowledge").await?,
            Command::Act(Action::Acknowledge(key("venice/work balance diem")))
        );
        app.stop().await.map(drop)
    })
}

#[test]
fn a_daemon_without_buttons_and_markup_gets_plain_text() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut daemon = FakeDaemon::appear(&["body"]).await?;
        let app = App::start(&session, "XFCE")?;
        app.tell(&notice())?;
        let shown = daemon.next().await?;
        assert!(shown.actions.is_empty());
        assert_eq!(shown.texts[3], notice().body);
        app.stop().await.map(drop)
    })
}

#[test]
fn a_missing_daemon_costs_a_notice_and_no_more() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let app = App::start(&session, "XFCE")?;
        app.tell(&notice())?;
        app.tell(&notice())?;
        let mut daemon = FakeDaemon::appear(&ABLE).await?;
        // Those before may have been lost or have come just in time.
        let last = Notice {
            title: "the last one".to_owned(),
            ..notice()
        };
        app.tell(&last)?;
        while daemon.next().await?.texts[2] != last.title {}
        daemon.disappear().await?;
        let mut daemon = FakeDaemon::appear(&ABLE).await?;
        app.tell(&notice())?;
        let shown = daemon.next().await?;
        assert_eq!(
            shown.replaces, 0,
            "a number of another daemon means nothing to this one"
        );
        app.stop().await.map(drop)
    })
}
