//! Which figures are watched: the default rules, the budgets and the user's own rules, as probes on a digest.

use crate::analysis::digest::Digest;
use crate::domain::alert::Probe;
use crate::domain::policy::Policy;

/// Every watched figure of a digest.
#[must_use]
pub fn probes(digest: &Digest, policy: &Policy) -> Vec<Probe> {
    todo!()
}
