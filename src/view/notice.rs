//! An alert as a desktop notification: title, body and the page that helps. Showing it is `desktop`'s business.

use crate::analysis::digest::AccountCard;
use crate::domain::alert::{AlertKey, AlertRecord, Severity};

/// What a page for paying is asked for; the user can change it there.
const USUAL_TOP_UP: &str = "25.00";

/// A desktop notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The alert it tells of; the buttons act on it. `None`: a message of the program itself.
    pub alert: Option<AlertKey>,
    /// How bad.
    pub severity: Severity,
    /// One line: what happened.
    pub title: String,
    /// The figures, and what to do. Plain text.
    pub body: String,
    /// The page that helps, for the "open" button.
    pub link: Option<String>,
}

/// An alert as a notification; the card of its account, when it has one, gives the page that helps.
#[must_use]
pub fn notice(alert: &AlertRecord, card: Option<&AccountCard>) -> Notice {
    Notice {
        alert: Some(alert.key.clone()),
        severity: alert.severity,
        title: alert.title.clone(),
        body: alert.body.clone(),
        link: card.and_then(|card| link(alert, card)),
    }
}

/// Where money runs out, the page for paying helps; everywhere else the dashboard.
fn link(alert: &AlertRecord, card: &AccountCard) -> Option<String> {
    let is_balance = alert.key.subject.split(' ').nth(1) == Some("balance");
    let pay = card
        .top_up
        .as_ref()
        .filter(|_| is_balance)
        .map(|page| page.replace("{amount}", USUAL_TOP_UP));
    pay.or_else(|| card.dashboard.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn a_low_balance_leads_to_the_page_for_paying() {
        let card = sample::card("venice/work", "Venice (work)");
        let told = notice(&sample::alert("venice/work balance diem"), Some(&card));
        assert_eq!(
            told.link.as_deref(),
            Some("https://venice.example/pay?amount=25.00")
        );
        assert_eq!(told.title, "Venice (work): 8.2000 DIEM left");
    }

    #[test]
    fn every_other_alert_leads_to_the_dashboard_if_there_is_one() {
        let card = sample::card("venice/work", "Venice (work)");
        let alert = sample::alert("venice/work window 5h");
        assert_eq!(notice(&alert, Some(&card)).link, card.dashboard);
        assert_eq!(notice(&alert, None).link, None);
    }
}
