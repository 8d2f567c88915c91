//! An alert as a desktop notification: title, body and the page that helps. Showing it is `desktop`'s business.

use crate::analysis::digest::AccountCard;
use crate::domain::alert::{AlertKey, AlertRecord, Severity};

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
    todo!()
}
