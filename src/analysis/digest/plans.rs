//! What plans cost by the month.

use crate::analysis::digest::{AccountDigest, Digest};
use crate::domain::money::Purse;

impl Digest {
    /// What the plans cost a month, by currency: in no total, because it is paid whether anything is used or not.
    #[must_use]
    pub fn subscriptions(&self) -> Purse {
        let mut purse = Purse::default();
        let monthly = |each: &AccountDigest| each.plan.as_ref()?.monthly;
        let all = self.accounts.iter().filter_map(monthly);
        all.for_each(|monthly| purse.add(monthly));
        purse
    }
}
