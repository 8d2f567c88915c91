//! Hashes that are the same in every build, because they outlive them.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A hash of ids, whose parts are told apart: FNV-1a with a final mix. Zero is never one: it means "not told".
#[must_use]
#[inline(never)]
pub fn hash(parts: &[&[u8]]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in *part {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
        sum = (sum ^ 0xff).wrapping_mul(PRIME);
    }
    mixed(sum).max(1)
}

/// The hashes of two ids at once, which takes as long as one.
#[must_use]
#[inline(never)]
pub fn hash_two(one: &[u8], other: &[u8]) -> [u64; 2] {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(PRIME);
    let (mut first, mut second) = (0xcbf2_9ce4_8422_2325_u64, 0xcbf2_9ce4_8422_2325_u64);
    let both = one.len().min(other.len());
    for (one, other) in one.iter().zip(other) {
        first = step(first, *one);
        second = step(second, *other);
    }
    let end = |sum, rest: &[u8]| {
        let sum = rest.iter().fold(sum, |sum, byte| step(sum, *byte));
        mixed(step(sum, 0xff)).max(1)
    };
    [
        end(first, one.get(both..).unwrap_or_default()),
        end(second, other.get(both..).unwrap_or_default()),
    ]
}

/// A hash of many bytes: four times eight at a time. Any one bit that differs is noticed.
#[must_use]
#[inline(never)]
pub fn sum(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut lanes = [1_u64, 2, 3, 4];
    let step = |lane: u64, word: [u8; 8]| {
        (lane ^ u64::from_le_bytes(word))
            .wrapping_mul(ODD)
            .rotate_left(29)
    };
    let mut blocks = bytes.chunks_exact(32);
    for block in &mut blocks {
        for (lane, word) in lanes.iter_mut().zip(block.chunks_exact(8)) {
            *lane = step(*lane, word.try_into().unwrap_or_default());
        }
    }
    for (number, part) in blocks.remainder().chunks(8).enumerate() {
        let mut word = [0; 8];
        for (place, byte) in word.iter_mut().zip(part) {
            *place = *byte;
        }
        if let Some(lane) = lanes.get_mut(number) {
            *lane = step(*lane, word);
        }
    }
    let length = bytes.len() as u64;
    let folded = lanes
        .iter()
        .fold(length, |sum, lane| mixed(sum ^ lane).wrapping_mul(ODD));
    mixed(folded)
}

/// One hash of two numbers.
#[must_use]
pub const fn both(one: u64, other: u64) -> u64 {
    mixed(one.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ mixed(other))
}

/// A map by hashes, which need not be hashed again.
pub type Map<T> = HashMap<u64, T, BuildHasherDefault<Hashed>>;

/// A set of hashes, which need not be hashed again.
pub type Set = HashSet<u64, BuildHasherDefault<Hashed>>;

/// Takes a hash for what it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = sum(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

const fn mixed(mut sum: u64) -> u64 {
    sum ^= sum >> 33;
    sum = sum.wrapping_mul(0xff51_afd7_ed55_8ccd);
    sum ^ (sum >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_never_change() {
        assert_eq!(hash(&[b"msg_01", b"req_01"]), 0xebc2_dfde_0fb8_aa23);
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
        assert_eq!(sum(b"what was counted outlives the logs"), SUM);
        assert_ne!(sum(b"\0"), sum(b""));
        for (one, other) in [(&b"msg_01"[..], &b"r"[..]), (b"", b"req_01"), (b"a", b"b")] {
            assert_eq!(hash_two(one, other), [hash(&[one]), hash(&[other])]);
        }
    }

    const SUM: u64 = 14_185_864_901_898_243_928;

    proptest::proptest! {
        #[test]
        fn a_bit_that_differs_is_noticed(
            mut bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..100),
            at in 0_usize..1000,
            bit in 0_u32..8,
        ) {
            let before = sum(&bytes);
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            proptest::prop_assert_ne!(sum(&bytes), before);
        }
    }
}
