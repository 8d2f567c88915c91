//! JSON skimmed, not parsed: the few fields of interest are found and everything else is stepped over. It accepts a
//! little more than JSON is, and never panics; text that does not close properly is refused.

use std::borrow::Cow;

use memchr::memchr;

/// The deepest nesting that is stepped through field by field; stepping over values has no limit.
#[derive(Clone)]
pub(super) struct Skim<'a> {
    text: &'a [u8],
    at: usize,
}

/// So many words of a string are looked at before the rest is searched.
const WORDS: usize = 5;

/// A value as it stands in the text, quotes and brackets included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Raw<'a>(pub(super) &'a [u8]);

impl<'a> Skim<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// In the middle of a text.
    pub(super) const fn starting_at(text: &'a [u8], at: usize) -> Self {
        Self { text, at }
    }

    /// Where in the text it stands.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// What was stepped over since a position.
    pub(super) fn since(&self, start: usize) -> Raw<'a> {
        Raw(self.text.get(start..self.at).unwrap_or_default())
    }

    /// Behind a value: whether more fields follow, or their object ends. `None`: neither.
    pub(super) fn more(&mut self) -> Option<bool> {
        match self.next()? {
            b',' => Some(true),
            b'}' => Some(false),
            _ => None,
        }
    }

    /// Visits each field of the object that starts here; `visit` must take the value with one of the other methods.
    pub(super) fn object(
        &mut self,
        visit: impl FnMut(&mut Self, &'a [u8]) -> Option<()>,
    ) -> Option<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        self.fields(visit)
    }

    /// Visits the fields from the key that starts here to the end of their object.
    pub(super) fn fields(
        &mut self,
        mut visit: impl FnMut(&mut Self, &'a [u8]) -> Option<()>,
    ) -> Option<()> {
        loop {
            let key = self.string()?;
            self.expect(b':')?;
            visit(self, key)?;
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// Visits each element of the array that starts here.
    pub(super) fn array(&mut self, mut visit: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.peek()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            visit(self)?;
            match self.next()? {
                b',' => {}
                b']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// Visits the fields when an object starts here, and steps over anything else.
    pub(super) fn object_if_any(
        &mut self,
        visit: impl FnMut(&mut Self, &'a [u8]) -> Option<()>,
    ) -> Option<()> {
        if self.peek()? == b'{' {
            self.object(visit)
        } else {
            self.skip()
        }
    }

    /// Takes the value that starts here.
    pub(super) fn raw(&mut self) -> Option<Raw<'a>> {
        self.peek()?;
        let start = self.at;
        self.skip()?;
        Some(self.since(start))
    }

    /// Steps over the value that starts here.
    pub(super) fn skip(&mut self) -> Option<()> {
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
    pub(super) fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The first byte of what comes next.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
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
    #[inline]
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
#[inline]
pub(super) fn plain_quote(text: &[u8]) -> Option<usize> {
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

fn digit(byte: u8) -> Option<u64> {
    byte.is_ascii_digit().then(|| u64::from(byte - b'0'))
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl<'a> Raw<'a> {
    /// The non-negative integer it is; `None` for anything else, also for one too large.
    pub(super) fn count(self) -> Option<u64> {
        let (first, rest) = self.0.split_first()?;
        rest.iter().try_fold(digit(*first)?, |number, byte| {
            number.checked_mul(10)?.checked_add(digit(*byte)?)
        })
    }

    /// The count, zero for null or nothing; `None` for anything else.
    pub(super) fn count_or_zero(self) -> Option<u64> {
        if self.is_absent() {
            Some(0)
        } else {
            self.count()
        }
    }

    /// Whether it is null or was not there.
    pub(super) fn is_absent(self) -> bool {
        self.0.is_empty() || self.0 == b"null"
    }

    /// Whether it is `true`.
    pub(super) fn is_true(self) -> bool {
        self.0 == b"true"
    }

    /// The bytes between the quotes of a string that is not empty.
    pub(super) fn bytes(self) -> Option<&'a [u8]> {
        let inner = self.0.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        (!inner.is_empty()).then_some(inner)
    }

    /// The text of a string that is not empty, with its escapes resolved and bad bytes replaced.
    pub(super) fn text(self) -> Option<String> {
        self.chars().map(Cow::into_owned)
    }

    /// The same, copied only where something was resolved or replaced.
    pub(super) fn chars(self) -> Option<Cow<'a, str>> {
        let bytes = self.bytes()?;
        let inner = match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        };
        if memchr(b'\\', inner.as_bytes()).is_none() {
            return Some(inner);
        }
        let resolved = serde_json::from_str(&format!("\"{inner}\"")).ok();
        Some(resolved.map_or(inner, Cow::Owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str, wanted: &str) -> Option<String> {
        let mut found = None;
        let mut skim = Skim::new(text.as_bytes());
        skim.object(|skim, key| {
            let raw = skim.raw()?;
            if key == wanted.as_bytes() {
                found = Some(String::from_utf8_lossy(raw.0).into_owned());
            }
            Some(())
        })?;
        found
    }

    #[test]
    fn a_field_is_found_behind_strings_with_quotes_and_nested_values() {
        let text = r#" { "a" : "x\\\"}{" , "b":[{"c":"]"},1,null], "n" : -1.5e3 , "z": 7 } "#;
        assert_eq!(field(text, "z").as_deref(), Some("7"));
        assert_eq!(field(text, "n").as_deref(), Some("-1.5e3"));
        assert_eq!(field(text, "b").as_deref(), Some(r#"[{"c":"]"},1,null]"#));
    }

    #[test]
    fn text_that_does_not_close_is_refused() {
        for torn in [
            r#"{"z":7"#,
            r#"{"z":"#,
            r#"{"z":"7}"#,
            r#"{"z""#,
            "{",
            "",
            "]",
            r#"{"z":7,]"#,
        ] {
            assert_eq!(field(torn, "z"), None, "{torn}");
        }
    }

    #[test]
    fn only_whole_numbers_without_sign_are_counts() {
        for (text, count) in [
            ("12", Some(12)),
            ("-1", None),
            ("1.0", None),
            ("\"1\"", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(Raw(text.as_bytes()).count(), count, "{text}");
        }
    }

    #[test]
    fn escapes_are_resolved_and_bad_bytes_replaced() {
        assert_eq!(Raw(br#""C:\\dev""#).text().as_deref(), Some(r"C:\dev"));
        assert_eq!(Raw(b"\"a\xffb\"").text().as_deref(), Some("a\u{fffd}b"));
        assert_eq!(Raw(b"\"\"").text(), None);
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics_on_any_text(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let mut skim = Skim::new(&text);
            let _done = skim.object(|skim, _| skim.raw().map(drop));
            let _again = Skim::new(&text).skip();
        }
    }
}
