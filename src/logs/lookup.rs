//! Finds where something is kept by its hash: four bytes an item, and nothing of the item itself.

/// Positions by hash. The owner keeps the items and tells whether a position holds what is looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Lookup {
    /// A position plus one; zero is free. The length is a power of two, and a quarter at least is free.
    cells: Vec<u32>,
    filled: usize,
}

impl Lookup {
    /// The position with that hash which holds what is looked for.
    pub(super) fn find(&self, hash: u64, holds: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.cells.len().checked_sub(1)?;
        let mut at = home(hash, mask);
        loop {
            let position = self.cells.get(at)?.checked_sub(1)?;
            if holds(position) {
                return Some(position);
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a position that [`Self::find`] did not find; `hash_of` tells the hash of those that are there.
    pub(super) fn insert(&mut self, hash: u64, position: u32, hash_of: impl Fn(u32) -> u64) {
        if (self.filled + 1) * 4 > self.cells.len() * 3 {
            let length = (self.cells.len() * 2).max(16);
            let before = std::mem::replace(&mut self.cells, vec![0; length]);
            for cell in before.into_iter().filter(|cell| *cell > 0) {
                self.put(hash_of(cell - 1), cell);
            }
        }
        self.put(hash, position.saturating_add(1));
        self.filled += 1;
    }

    fn put(&mut self, hash: u64, cell: u32) {
        let mask = self.cells.len().saturating_sub(1);
        let mut at = home(hash, mask);
        while let Some(place) = self.cells.get_mut(at) {
            if *place == 0 {
                *place = cell;
                return;
            }
            at = (at + 1) & mask;
        }
    }
}

fn home(hash: u64, mask: usize) -> usize {
    usize::try_from(hash & u64::from(u32::MAX)).unwrap_or(0) & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_was_put_in_is_found_also_when_hashes_are_equal(hashes in proptest::collection::vec(0_u64..50, 0..200)) {
            let mut lookup = Lookup::default();
            let mut all: Vec<(u64, usize)> = Vec::new();
            for (number, hash) in hashes.into_iter().enumerate() {
                let hash_of = |at: u32| all[usize::try_from(at).unwrap()].0;
                lookup.insert(hash, u32::try_from(all.len()).unwrap(), hash_of);
                all.push((hash, number));
            }
            for (at, item) in all.iter().enumerate() {
                let found = lookup.find(item.0, |position| all[usize::try_from(position).unwrap()] == *item);
                proptest::prop_assert_eq!(found, u32::try_from(at).ok());
            }
            proptest::prop_assert_eq!(lookup.find(77, |_| false), None);
        }
    }
}
