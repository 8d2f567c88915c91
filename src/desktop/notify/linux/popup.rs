//! A notice in the terms of the notification specification. Pure.

use notify_rust::{Hint, Notification, Timeout, Urgency};

use crate::desktop::notify::buttons::buttons;
use crate::desktop::notify::linux::daemon::{Body, Buttons, Daemon};
use crate::domain::alert::Severity;
use crate::view::notice::Notice;

/// The notification for a notice, as this daemon can show it.
pub(super) fn popup(notice: &Notice, daemon: &Daemon) -> Notification {
    let mut notification = Notification::new();
    notification
        .appname("Spendtray")
        .icon(icon(notice.severity))
        .summary(&notice.title)
        .body(&body(&notice.body, daemon.body))
        .urgency(urgency(notice.severity))
        .timeout(staying(notice.severity))
        .hint(Hint::Category(category(notice).to_owned()))
        .hint(Hint::DesktopEntry("spendtray".to_owned()));
    if daemon.buttons == Buttons::Shown {
        for (button, label) in buttons(notice) {
            notification.action(button, label);
        }
    }
    notification
}

fn body(text: &str, reading: Body) -> String {
    match reading {
        Body::Text => text.to_owned(),
        Body::Markup => text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;"),
    }
}

/// A picture that every theme has; the program's own may not be installed, and the desktop entry names it anyway.
fn icon(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "dialog-information",
        Severity::Warning => "dialog-warning",
        Severity::Critical => "dialog-error",
    }
}

fn urgency(severity: Severity) -> Urgency {
    match severity {
        Severity::Info => Urgency::Low,
        Severity::Warning => Urgency::Normal,
        Severity::Critical => Urgency::Critical,
    }
}

/// What must be acted on stays until somebody has seen it.
fn staying(severity: Severity) -> Timeout {
    match severity {
        Severity::Info | Severity::Warning => Timeout::Default,
        Severity::Critical => Timeout::Never,
    }
}

fn category(notice: &Notice) -> &'static str {
    match notice.alert {
        Some(_) => "x-spendtray.alert",
        None => "x-spendtray.message",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::AlertKey;
    use crate::domain::ids::RuleId;

    fn key() -> AlertKey {
        AlertKey {
            rule: RuleId::new("window"),
            subject: "venice/work".to_owned(),
            period: String::new(),
        }
    }

    fn notice(alert: Option<AlertKey>, link: Option<&str>) -> Notice {
        Notice {
            alert,
            severity: Severity::Critical,
            title: "Venice (work): 2 % left".to_owned(),
            body: "<b>2 of 100</b> DIEM & falling".to_owned(),
            link: link.map(ToOwned::to_owned),
        }
    }

    fn daemon(buttons: Buttons, body: Body) -> Daemon {
        Daemon {
            name: ":1.7".to_owned(),
            buttons,
            body,
        }
    }

    #[test]
    fn a_body_is_text_for_every_daemon() {
        let notice = notice(None, None);
        let plain = popup(&notice, &daemon(Buttons::Shown, Body::Text));
        assert_eq!(plain.body, notice.body);
        let markup = popup(&notice, &daemon(Buttons::Shown, Body::Markup));
        assert_eq!(
            markup.body,
            "&lt;b&gt;2 of 100&lt;/b&gt; DIEM &amp; falling"
        );
    }

    #[test]
    fn buttons_are_those_that_can_do_something() {
        let all = notice(Some(key()), Some("https://venice.ai"));
        let whole = popup(&all, &daemon(Buttons::Shown, Body::Text));
        assert_eq!(
            whole.actions,
            [
                "default",
                "Open page",
                "snooze",
                "Snooze 1 h",
                "acknowledge",
                "Acknowledge"
            ]
        );
        let none = popup(&all, &daemon(Buttons::Ignored, Body::Text));
        assert!(none.actions.is_empty());
        let message = popup(&notice(None, None), &daemon(Buttons::Shown, Body::Text));
        assert!(message.actions.is_empty());
    }

    #[test]
    fn what_is_critical_stays() {
        let shown = popup(&notice(None, None), &daemon(Buttons::Shown, Body::Text));
        assert_eq!(shown.timeout, Timeout::Never);
        assert!(shown.hints.contains(&Hint::Urgency(Urgency::Critical)));
    }
}
