//! In whose name Windows shows toasts: a name in the user's registry, without which they are dropped or PowerShell's.

use notify_rust::{Notification, Timeout, Urgency};
use windows_registry::CURRENT_USER;

use crate::domain::alert::Severity;

/// The program's name for Windows, its `AppUserModelID`.
const NAME: &str = "Spendtray";
/// Where a program that has no entry in the start menu tells its name.
const PLACE: &str = r"Software\Classes\AppUserModelId\Spendtray";

/// The sender of toasts.
#[derive(Debug)]
pub(super) struct Sender {
    /// `None`: it could not be registered, and toasts say that PowerShell sends them.
    name: Option<&'static str>,
}

impl Sender {
    /// Registers it.
    pub(super) fn new() -> Self {
        let registered = CURRENT_USER
            .create(PLACE)
            .and_then(|place| place.set_string("DisplayName", "Spendtray"))
            .inspect_err(|error| tracing::warn!(%error, "toasts cannot be sent in our name"));
        Self {
            name: registered.is_ok().then_some(NAME),
        }
    }

    /// Signs one, and lets it stay as long as it is urgent.
    pub(super) fn sign(&self, notification: &mut Notification, severity: Severity) {
        if let Some(name) = self.name {
            notification.app_id(name);
        }
        let (urgency, timeout) = match severity {
            Severity::Info => (Urgency::Low, Timeout::Default),
            Severity::Warning => (Urgency::Normal, Timeout::Default),
            Severity::Critical => (Urgency::Critical, Timeout::Never),
        };
        notification.urgency(urgency).timeout(timeout);
    }
}
