//! Which responses are kept elsewhere only: four bytes each. It may take one for such that is none, never the other way
//! round.

/// Marks of responses, by the hashes of their ids.
#[derive(Debug, Clone, Default)]
pub(super) struct Gone {
    /// Half of each hash; sorted but for those that came since the last [`Self::sort`].
    halves: Vec<u32>,
}

impl Gone {
    /// Adds one; [`Self::sort`] must follow before anything is asked.
    pub(super) fn add(&mut self, hash: u64) {
        self.halves.push(half(hash));
    }

    pub(super) fn sort(&mut self) {
        self.halves.sort_unstable();
        self.halves.dedup();
        self.halves.shrink_to_fit();
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.halves.is_empty()
    }

    /// Whether it may be one of them.
    pub(super) fn may_have(&self, hash: u64) -> bool {
        self.halves.binary_search(&half(hash)).is_ok()
    }
}

/// The lower half.
fn half(hash: u64) -> u32 {
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0)
}
