//! Finds where something is kept by its hash: some eight bytes an item, and nothing of the item itself.

/// Positions by hash. The owner keeps the items, and tells whether a position holds what is looked for.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    /// A position below, and above it what there is room for of its hash. The length is a power of two, and a quarter of
    /// them at least is free.
    cells: Vec<u32>,
    /// Half of the hash of each position.
    halves: Vec<u32>,
    filled: usize,
}

/// A cell without a position. It is not zero: memory that only claims to be zeroed costs a fault when it is read and
/// another when it is written.
const FREE: u32 = u32::MAX;

/// As many cells as there are at first.
const FIRST: usize = 32;

impl Lookup {
    /// The positions of that hash, and rarely of another.
    #[must_use]
    #[inline(never)]
    pub fn positions(&self, hash: u64) -> Positions<'_> {
        let half = half(hash);
        let mask = mask(self.cells.len());
        Positions {
            of: self,
            half,
            mask,
            at: half & mask,
        }
    }

    /// Adds a position, which is one behind those that were added before or only little further.
    #[inline(never)]
    pub fn insert(&mut self, hash: u64, position: u32) {
        let half = half(hash);
        let place = usize::try_from(position).unwrap_or(0);
        self.halves.resize(self.halves.len().max(place + 1), 0);
        if let Some(own) = self.halves.get_mut(place) {
            *own = half;
        }
        self.filled += 1;
        if self.filled * 4 <= self.cells.len() * 3 {
            return self.put(half, position);
        }
        let before = std::mem::take(&mut self.cells);
        let known = mask(before.len());
        self.cells = vec![FREE; (before.len() * 2).max(FIRST)];
        for cell in before.into_iter().filter(|cell| *cell != FREE) {
            let position = cell & known;
            let half = self.halves.get(usize::try_from(position).unwrap_or(0));
            self.put(half.copied().unwrap_or(0), position);
        }
        self.put(half, position);
    }

    fn put(&mut self, half: u32, position: u32) {
        let mask = mask(self.cells.len());
        let mut at = half & mask;
        while let Some(place) = self.cells.get_mut(usize::try_from(at).unwrap_or(0)) {
            if *place == FREE {
                // There are more cells than positions, so that these bits are free.
                *place = half & !mask | position & mask;
                return;
            }
            at = at.wrapping_add(1) & mask;
        }
    }
}

/// The positions of a hash.
#[derive(Debug, Clone)]
pub struct Positions<'a> {
    of: &'a Lookup,
    half: u32,
    mask: u32,
    at: u32,
}

impl Iterator for Positions<'_> {
    type Item = u32;

    #[inline(never)]
    fn next(&mut self) -> Option<u32> {
        loop {
            let cell = *self.of.cells.get(usize::try_from(self.at).ok()?)?;
            if cell == FREE {
                return None;
            }
            self.at = self.at.wrapping_add(1) & self.mask;
            let position = cell & self.mask;
            if cell & !self.mask == self.half & !self.mask
                && self.of.halves.get(usize::try_from(position).ok()?) == Some(&self.half)
            {
                return Some(position);
            }
        }
    }
}

/// The bits of a place among so many cells.
fn mask(cells: usize) -> u32 {
    u32::try_from(cells.saturating_sub(1)).unwrap_or(u32::MAX)
}

/// Both halves of a hash in one.
fn half(hash: u64) -> u32 {
    u32::try_from((hash ^ hash >> 32) & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_was_put_in_is_found_also_when_hashes_are_equal(hashes in proptest::collection::vec(0_u64..50, 0..200)) {
            let mut lookup = Lookup::default();
            for (position, hash) in hashes.iter().enumerate() {
                lookup.insert(*hash, u32::try_from(position).unwrap());
            }
            for hash in 0..51 {
                let mut found: Vec<u32> = lookup.positions(hash).collect();
                found.sort_unstable();
                let all = hashes.iter().zip(0_u32..).filter(|(own, _)| **own == hash);
                let wanted: Vec<u32> = all.map(|(_, position)| position).collect();
                proptest::prop_assert_eq!(found, wanted);
            }
        }
    }

    #[test]
    fn hashes_that_differ_in_either_half_are_mostly_told_apart() {
        let mut lookup = Lookup::default();
        lookup.insert(7 << 32 | 9, 0);
        assert_eq!(lookup.positions(7 << 32 | 9).next(), Some(0));
        assert_eq!(lookup.positions(8 << 32 | 9).next(), None);
        assert_eq!(lookup.positions(7 << 32 | 8).next(), None);
        assert_eq!(Lookup::default().positions(0).next(), None);
    }
}
