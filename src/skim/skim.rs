//! Steps through JSON, value by value. It accepts a little more than JSON is, and never panics; text that does not close
//! properly is refused.

use memchr::memchr;

use crate::raw::Raw;

/// Steps through a text.
#[derive(Debug)]
pub(crate) struct Skim<'a> {
    text: &'a [u8],
    at: usize,
}

/// So many words of a string are looked at before the rest is searched.
const WORDS: usize = 5;

impl<'a> Skim<'a> {
    /// At the beginning of a text.
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// In the middle of a text.
    pub(crate) const fn starting_at(text: &'a [u8], at: usize) -> Self {
        Self { text, at }
    }

    /// Where in the text it stands.
    pub(crate) const fn position(&self) -> usize {
        self.at
    }

    /// What was stepped over since a position.
    pub(crate) fn since(&self, start: usize) -> Raw<'a> {
        Raw(self.text.get(start..self.at).unwrap_or_default())
    }

    /// Behind a value: whether more of its neighbours follow, or what holds them ends with this bracket. `None`: neither.
    pub(crate) fn more(&mut self, closing: u8) -> Option<bool> {
        match self.next()? {
            b',' => Some(true),
            byte => (byte == closing).then_some(false),
        }
    }

    /// Enters the object or array that starts with this bracket; whether anything stands in it. `None`: none starts here.
    pub(crate) fn enter(&mut self, opening: u8, closing: u8) -> Option<bool> {
        self.expect(opening)?;
        let is_empty = self.peek()? == closing;
        self.at += usize::from(is_empty);
        Some(!is_empty)
    }

    /// Takes a key, so that its value is next.
    pub(crate) fn key(&mut self) -> Option<&'a [u8]> {
        let key = self.string()?;
        self.expect(b':')?;
        Some(key)
    }

    /// Takes the value that starts here.
    pub(crate) fn raw(&mut self) -> Option<Raw<'a>> {
        self.peek()?;
        let start = self.at;
        self.skip()?;
        Some(self.since(start))
    }

    /// Steps over the value that starts here.
    pub(crate) fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' | b'[' => self.skip_nested(),
            b',' | b':' | b'}' | b']' => None,
            _ => {
                let rest = self.text.get(self.at..)?;
                let goes_on = |byte: &&u8| {
                    byte.is_ascii_digit()
                        || !(matches!(byte, b',' | b'}' | b']') || is_space(**byte))
                };
                self.at += rest.iter().take_while(goes_on).count();
                Some(())
            }
        }
    }

    /// Whether nothing but space is left.
    pub(crate) fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The first byte of what comes next. `None`: the text ends.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.get(self.at)?;
            if byte > b' ' || !is_space(byte) {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    #[inline]
    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    /// Takes a string without its quotes, escapes left as they are.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let start = self.at;
        let rest = self.text.get(start..)?;
        let mut end = quote(rest)?;
        while rest.get(end.wrapping_sub(1)) == Some(&b'\\') && ends_in_escape(rest.get(..end)?) {
            end += 1 + quote(rest.get(end + 1..)?)?;
        }
        self.at = start + end + 1;
        rest.get(..end)
    }

    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.string().map(drop)?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                    if depth == 0 {
                        return Some(());
                    }
                }
                _ => self.at += 1,
            }
        }
    }
}

/// Where the next quote stands. Most strings are names and ids: a search would cost more to begin than a few words.
#[inline]
fn quote(text: &[u8]) -> Option<usize> {
    let mut rest = text;
    for number in 0..WORDS {
        let Some((word, after)) = rest.split_first_chunk::<8>() else {
            break;
        };
        let found = bytes_of(u64::from_le_bytes(*word), b'"');
        if found != 0 {
            return Some(number * 8 + usize::try_from(found.trailing_zeros() / 8).ok()?);
        }
        rest = after;
    }
    Some(text.len() - rest.len() + memchr(b'"', rest)?)
}

/// The same, where no backslash stands before it.
pub(crate) fn plain_quote(text: &[u8]) -> Option<usize> {
    let mut rest = text;
    let end = loop {
        let Some((word, after)) = rest.split_first_chunk::<8>() else {
            break rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        };
        let word = u64::from_le_bytes(*word);
        let found = bytes_of(word, b'"') | bytes_of(word, b'\\');
        if found != 0 {
            break usize::try_from(found.trailing_zeros() / 8).ok()?;
        }
        rest = after;
    };
    (rest.get(end) == Some(&b'"')).then_some(text.len() - rest.len() + end)
}

/// How many digits a text begins with. Counts differ in length from line to line: a step a digit would be guessed wrong
/// each time.
#[inline]
pub(crate) fn digits(text: &[u8]) -> usize {
    const HIGH: u64 = u64::MAX / 255 * 0xf0;
    const THREE: u64 = u64::MAX / 255 * 0x30;
    const SIX: u64 = u64::MAX / 255 * 0x06;
    let mut rest = text;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        // Only a digit is 3x and still that with six more; what an overflow carries on stands behind the first other.
        let other = (word & HIGH ^ THREE) | (word.wrapping_add(SIX) & HIGH ^ THREE);
        if other != 0 {
            let digits = usize::try_from(other.trailing_zeros() / 8).unwrap_or(0);
            return text.len() - rest.len() + digits;
        }
        rest = after;
    }
    let more = rest.iter().take_while(|byte| byte.is_ascii_digit());
    text.len() - rest.len() + more.count()
}

/// Whether what follows is escaped: behind an odd number of backslashes.
fn ends_in_escape(text: &[u8]) -> bool {
    let Some(b'\\') = text.last() else {
        return false;
    };
    let backslashes = text.iter().rev().take_while(|byte| **byte == b'\\');
    backslashes.count() % 2 == 1
}

/// Marks the bytes of a word that are this one; above the lowest that is, others may be marked too.
const fn bytes_of(word: u64, byte: u8) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    let zero_there = word ^ (ONES * byte as u64);
    zero_there.wrapping_sub(ONES) & !zero_there & (ONES << 7)
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn digits_end_where_anything_else_stands(text in "[0-9]{0,20}", behind in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..12)) {
            let whole = [text.as_bytes(), &behind].concat();
            let wanted = whole.iter().take_while(|byte| byte.is_ascii_digit()).count();
            proptest::prop_assert_eq!(digits(&whole), wanted);
        }
    }
}
