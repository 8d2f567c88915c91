//! A value as it stands in a text: what it is, is asked of it later, or never.

use std::borrow::Cow;

use memchr::memchr;

use crate::fields::fields;
use crate::instant::utc_seconds;
use crate::skim::Skim;

/// A value as it stands in the text, quotes and brackets included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Raw<'a>(
    /// Empty where there was none.
    pub &'a [u8],
);

impl<'a> Raw<'a> {
    /// The non-negative integer it is; `None` for anything else, also for one too large.
    #[must_use]
    #[inline(never)]
    pub fn count(self) -> Option<u64> {
        let (first, rest) = self.0.split_first()?;
        if rest.len() < SURELY_FITS {
            return rest.iter().try_fold(digit(*first)?, |number, byte| {
                Some(number * 10 + digit(*byte)?)
            });
        }
        rest.iter().try_fold(digit(*first)?, |number, byte| {
            number.checked_mul(10)?.checked_add(digit(*byte)?)
        })
    }

    /// The count, zero for null or nothing; `None` for anything else.
    #[must_use]
    pub fn count_or_zero(self) -> Option<u64> {
        if self.is_absent() {
            Some(0)
        } else {
            self.count()
        }
    }

    /// Whether it is null or was not there.
    #[must_use]
    pub fn is_absent(self) -> bool {
        self.0.is_empty() || self.0 == b"null"
    }

    /// This value, or the other where this is absent.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.is_absent() { other } else { self }
    }

    /// Whether it is `true`.
    #[must_use]
    pub fn is_true(self) -> bool {
        self.0 == b"true"
    }

    /// The seconds since the epoch of an instant in UTC, `"2026-11-20T08:15:30.123Z"`; `None` for any other, and for one
    /// that needs a calendar.
    #[must_use]
    #[inline(never)]
    pub fn utc_seconds(self) -> Option<i64> {
        utc_seconds(self.0)
    }

    /// The bytes between the quotes of a string that is not empty.
    #[must_use]
    pub fn bytes(self) -> Option<&'a [u8]> {
        let inner = self.0.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        (!inner.is_empty()).then_some(inner)
    }

    /// The text of a string that is not empty, with its escapes resolved and bad bytes replaced.
    #[must_use]
    pub fn text(self) -> Option<String> {
        self.chars().map(Cow::into_owned)
    }

    /// The same, copied only where something was resolved or replaced.
    #[must_use]
    pub fn chars(self) -> Option<Cow<'a, str>> {
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

    /// The values at some paths in the object it is: see [`fields`].
    #[must_use]
    pub fn fields<const N: usize>(self, paths: &[&str; N]) -> Option<[Self; N]> {
        fields(self.0, paths)
    }

    /// Hands out each field of the object it is, name and value. `None`: it is none, or `each` wants no more.
    pub fn each_field(self, each: &mut dyn FnMut(&'a [u8], Raw<'a>) -> Option<()>) -> Option<()> {
        let mut skim = Skim::new(self.0);
        let mut more = skim.enter(b'{', b'}')?;
        while more {
            each(skim.key()?, skim.raw()?)?;
            more = skim.more(b'}')?;
        }
        Some(())
    }

    /// Hands out each element of the array it is. `None`: it is none, or `each` wants no more.
    pub fn each_element(self, each: &mut dyn FnMut(Raw<'a>) -> Option<()>) -> Option<()> {
        let mut skim = Skim::new(self.0);
        let mut more = skim.enter(b'[', b']')?;
        while more {
            each(skim.raw()?)?;
            more = skim.more(b']')?;
        }
        Some(())
    }
}

/// A number of so many digits fits.
const SURELY_FITS: usize = 19;

fn digit(byte: u8) -> Option<u64> {
    byte.is_ascii_digit().then(|| u64::from(byte - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn what_stands_in_a_value_is_handed_out_in_order() {
        let (mut fields, mut elements) = (Vec::new(), Vec::new());
        let text = Raw(br#"{"a" : [1, "x]" ,{}], "b":{ } }"#);
        text.each_field(&mut |name, raw| {
            fields.push((name, raw.0));
            Some(())
        })
        .unwrap();
        assert_eq!(
            fields,
            [(&b"a"[..], &br#"[1, "x]" ,{}]"#[..]), (b"b", b"{ }")]
        );
        Raw(fields[0].1)
            .each_element(&mut |raw| {
                elements.push(raw.0);
                Some(())
            })
            .unwrap();
        assert_eq!(elements, [&b"1"[..], br#""x]""#, b"{}"]);
        assert_eq!(Raw(b"7").each_field(&mut |_, _| None), None);
    }
}
