//! Finds where something is kept by its hash: eight bytes an item, and nothing of the item itself.

/// Positions by hash. The owner keeps the items, and tells whether a position holds what is looked for.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    /// A position below, half of its hash above. The length is a power of two, and a quarter at least is free.
    cells: Vec<u64>,
    filled: usize,
}

/// The lower half of a cell.
const POSITION: u64 = u32::MAX as u64;

/// A cell without a position. It is not zero: memory that only claims to be zeroed costs a fault when it is read and
/// another when it is written.
const FREE: u64 = u64::MAX;

impl Lookup {
    /// The positions that may have that hash, mostly none or the one; those that have it are among them.
    #[must_use]
    pub fn positions(&self, hash: u64) -> Positions<'_> {
        let half = half(hash);
        Positions {
            cells: &self.cells,
            half,
            at: self.home(half),
        }
    }

    /// Adds a position below the largest number of 32 bits.
    pub fn insert(&mut self, hash: u64, position: u32) {
        if (self.filled + 1) * 4 > self.cells.len() * 3 {
            let length = (self.cells.len() * 2).max(16);
            let before = std::mem::replace(&mut self.cells, vec![FREE; length]);
            for cell in before.into_iter().filter(|cell| *cell != FREE) {
                self.put(cell);
            }
        }
        self.put(half(hash) << 32 | u64::from(position));
        self.filled += 1;
    }

    fn put(&mut self, cell: u64) {
        let mask = self.cells.len().saturating_sub(1);
        let mut at = self.home(cell >> 32);
        while let Some(place) = self.cells.get_mut(at) {
            if *place == FREE {
                *place = cell;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    fn home(&self, half: u64) -> usize {
        let mask = self.cells.len().saturating_sub(1);
        usize::try_from(half).unwrap_or(0) & mask
    }
}

/// The positions that may have a hash.
#[derive(Debug, Clone)]
pub struct Positions<'a> {
    cells: &'a [u64],
    half: u64,
    at: usize,
}

impl Iterator for Positions<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let mask = self.cells.len().checked_sub(1)?;
        loop {
            let cell = *self.cells.get(self.at)?;
            if cell == FREE {
                return None;
            }
            self.at = (self.at + 1) & mask;
            if cell >> 32 == self.half {
                return u32::try_from(cell & POSITION).ok();
            }
        }
    }
}

/// Both halves of a hash in one.
const fn half(hash: u64) -> u64 {
    (hash ^ hash >> 32) & POSITION
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
