//! The figures as text for a terminal, one block an account.

use crate::analysis::digest::Digest;
use crate::domain::policy::Policy;

/// The figures as text: the short line, then the accounts, budgets and alerts.
#[must_use]
pub fn status(digest: &Digest, policy: &Policy) -> String {
    todo!()
}
