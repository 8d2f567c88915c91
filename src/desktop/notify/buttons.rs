//! The buttons of a notification, and what they mean. Pure.

use notify_rust::NotificationResponse;

use crate::view::menu::Action;
use crate::view::notice::Notice;

/// A click on the notification itself; some show it as a button beside the others.
const OPEN: &str = "default";
const SNOOZE: &str = "snooze";
const ACKNOWLEDGE: &str = "acknowledge";

/// The buttons that can do something, with their labels.
pub(super) fn buttons(notice: &Notice) -> Vec<(&'static str, &'static str)> {
    let mut buttons = Vec::new();
    if notice.link.is_some() {
        buttons.push((OPEN, "Open page"));
    }
    if notice.alert.is_some() {
        buttons.push((SNOOZE, "Snooze 1 h"));
        buttons.push((ACKNOWLEDGE, "Acknowledge"));
    }
    buttons
}

/// What an answer asks for. `None`: nothing, or it is no button of ours.
pub(super) fn meaning(response: &NotificationResponse, notice: &Notice) -> Option<Action> {
    let button = match response {
        NotificationResponse::Default => OPEN,
        NotificationResponse::Action(button) => button.as_str(),
        NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => return None,
    };
    match button {
        OPEN => notice.link.clone().map(Action::Open),
        SNOOZE => notice.alert.clone().map(Action::Snooze),
        ACKNOWLEDGE => notice.alert.clone().map(Action::Acknowledge),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::{AlertKey, Severity};
    use crate::domain::ids::RuleId;

    fn key() -> AlertKey {
        AlertKey {
            rule: RuleId::new("window"),
            subject: "venice/work".to_owned(),
            period: String::new(),
        }
    }

    fn notice() -> Notice {
        Notice {
            alert: Some(key()),
            severity: Severity::Warning,
            title: String::new(),
            body: String::new(),
            link: Some("https://venice.ai".to_owned()),
        }
    }

    fn pressed(button: &str) -> Option<Action> {
        meaning(&NotificationResponse::Action(button.to_owned()), &notice())
    }

    #[test]
    fn buttons_mean_what_they_say() {
        let open = Some(Action::Open("https://venice.ai".to_owned()));
        let click = meaning(&NotificationResponse::Default, &notice());
        assert_eq!((&pressed(OPEN), &click), (&open, &open));
        assert_eq!(pressed(SNOOZE), Some(Action::Snooze(key())));
        assert_eq!(pressed(ACKNOWLEDGE), Some(Action::Acknowledge(key())));
        assert_eq!(pressed("inline-reply"), None);
    }

    #[test]
    fn every_button_that_is_shown_does_something() {
        for (button, _) in buttons(&notice()) {
            assert!(pressed(button).is_some(), "{button}");
        }
    }
}
