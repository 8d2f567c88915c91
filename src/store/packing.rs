//! Long texts made small. What a provider told and remembers is written anew with most polls, and of a database whole
//! pages are written.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};

/// Stands before a packed text. No other text that is kept begins so: it is JSON.
const MARK: &str = "deflate:";
/// A shorter text fits on a page anyway, and can be read by people.
const WORTH_IT: usize = 512;
/// No text is longer; a damaged text must not fill ours.
const MOST_BYTES: u64 = 64 << 20;

/// A text as it is kept.
pub(super) fn packed(text: &str) -> String {
    let mut small = Vec::new();
    let mut deflate = DeflateEncoder::new(text.as_bytes(), Compression::default());
    if text.len() < WORTH_IT || deflate.read_to_end(&mut small).is_err() {
        return text.to_owned();
    }
    format!("{MARK}{}", STANDARD_NO_PAD.encode(small))
}

/// The text that was kept. `None`: it is damaged.
pub(super) fn unpacked(kept: &str) -> Option<String> {
    let Some(small) = kept.strip_prefix(MARK) else {
        return Some(kept.to_owned());
    };
    let small = STANDARD_NO_PAD.decode(small).ok()?;
    let mut text = String::new();
    let mut inflate = DeflateDecoder::new(small.as_slice()).take(MOST_BYTES);
    inflate.read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_kept_in_a_third_of_its_length_and_comes_back() {
        let text = r#"{"id":"6f1c2a90","label":"ci","spend":"12.9"},"#.repeat(100);
        let kept = packed(&text);
        assert!(kept.len() * 3 < text.len(), "{}", kept.len());
        assert_eq!(unpacked(&kept), Some(text));
    }

    #[test]
    fn a_short_text_stays_as_it_is_and_so_does_what_an_older_version_wrote() {
        assert_eq!(packed("{\"next\":1}"), "{\"next\":1}");
        let old = "x".repeat(5000);
        assert_eq!(unpacked(&old), Some(old));
    }

    #[test]
    fn a_damaged_text_is_nothing() {
        let kept = packed(&"remember me ".repeat(100));
        assert_eq!(unpacked(&kept[..kept.len() / 2]), None);
        assert_eq!(unpacked("deflate:%%"), None);
    }
}
