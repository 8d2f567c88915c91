//! Numbers and texts as bytes that are kept: numbers of variable length, texts with their length. Reading never panics.

/// Writes.
#[derive(Debug, Default)]
pub struct Writer(
    /// What was written.
    pub Vec<u8>,
);

impl Writer {
    /// A number in as many bytes as it needs, seven bits each, the lowest first.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap_or(0));
    }

    /// Eight bytes, for hashes.
    pub fn fixed(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    /// One byte.
    pub fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Bytes, behind how many there are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend(bytes);
    }
}

/// Reads; `None` when the bytes end too early.
#[derive(Debug, Clone, Copy)]
pub struct Bytes<'a>(
    /// What is left to be read.
    pub &'a [u8],
);

impl<'a> Bytes<'a> {
    /// A number in as many bytes as it needs.
    #[inline(never)]
    pub fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0_u64, 0);
        while shift < 64 {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
        None
    }

    /// The same with a sign, which is the lowest bit.
    pub fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// Eight bytes.
    pub fn fixed(&mut self) -> Option<u64> {
        let (first, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*first))
    }

    /// Four bytes.
    pub fn short(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*first))
    }

    /// One byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Bytes, behind how many there are.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (first, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(first)
    }

    /// The same, where they are text.
    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(number in proptest::prelude::any::<u64>()) {
            let mut writer = Writer::default();
            writer.number(number);
            writer.fixed(number);
            writer.bytes(b"text");
            let mut bytes = Bytes(&writer.0);
            proptest::prop_assert_eq!(bytes.number(), Some(number));
            proptest::prop_assert_eq!(bytes.fixed(), Some(number));
            proptest::prop_assert_eq!(bytes.text(), Some("text"));
            proptest::prop_assert_eq!(bytes.byte(), None);
        }
    }
}
