//! In whose name macOS shows notifications: ours where the program is installed as an application, else the Finder's,
//! because macOS shows none of a program that is no application.

use notify_rust::{Notification, get_bundle_identifier_or_default, set_application};

use crate::domain::alert::Severity;

/// The sender of notifications.
#[derive(Debug)]
pub(super) struct Sender;

impl Sender {
    /// Introduces it to the system.
    pub(super) fn new() -> Self {
        let bundle = get_bundle_identifier_or_default("Spendtray");
        if let Err(error) = set_application(&bundle) {
            tracing::debug!(%error, bundle, "notifications have no sender");
        }
        Self
    }

    /// Signs one. How urgent it is cannot be told here; how long it stays is the user's setting.
    #[expect(clippy::unused_self, reason = "other systems sign with a name")]
    pub(super) fn sign(&self, _notification: &mut Notification, _severity: Severity) {}
}
