//! One pass over a file from an offset: whole lines are handed out of one reused buffer. What a line means is not
//! known here.
//!
//! Where a reader names a text that all its lines have, that text is searched in the whole buffer at once, and the lines
//! without it are not even found.
//!
//! Peak memory is the buffer: 128 KiB, and as much more as the longest line needs, up to [`LONGEST_LINE`].

use std::io::{self, Read};

use memchr::memmem::Finder;
use memchr::{memchr, memrchr};

use crate::hashing::sum;

/// A longer line is stepped over and counted. Lines of several megabytes are usual, because images stand in them.
pub const LONGEST_LINE: usize = 64 << 20;

const BUFFER: usize = 128 << 10;

/// Whether a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With a line break.
    Whole,
    /// With the file: its writer may not be done with it.
    Open,
}

/// A line that is handed out, without its break and what does not belong to it: byte order mark, NUL, space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// What is handed out.
    pub text: &'a [u8],
    /// Whether it ended.
    pub ending: Ending,
    /// Where the searched text stands in it. `None`: nowhere, or none is searched.
    pub hit: Option<Hit>,
}

/// Where in a line a searched text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Where first.
    pub at: usize,
    /// Whether it stands nowhere else in it.
    pub is_only: bool,
}

/// What a pass saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pass {
    /// Bytes up to and with the last line break: where the next pass goes on.
    pub complete: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Lines that were too long.
    pub too_long: u64,
    /// The first and the last KiB of whole lines, hashed as [`ends`] does. `None`: a line was stepped over.
    pub ends: Option<u64>,
}

/// How much of a file's beginning and end is remembered.
pub const KEPT: usize = 1024;

/// The first and the last KiB of a text, hashed: they differ in a file that was rewritten.
#[must_use]
pub fn ends(first: &[u8], last: &[u8]) -> u64 {
    sum(&[first, last].concat())
}

/// A buffer that outlives a pass, so that many files need one.
#[derive(Debug, Default)]
pub struct Buffer(Vec<u8>, Ends);

/// The first and the last KiB of the whole lines so far.
#[derive(Debug, Default)]
struct Ends {
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Ends {
    fn take(&mut self, text: &[u8]) {
        let missing = KEPT.saturating_sub(self.first.len()).min(text.len());
        self.first
            .extend_from_slice(text.get(..missing).unwrap_or_default());
        let fresh = text
            .get(text.len().saturating_sub(KEPT)..)
            .unwrap_or_default();
        let stays = KEPT - fresh.len();
        let goes = self.last.len().saturating_sub(stays);
        self.last.drain(..goes);
        self.last.extend_from_slice(fresh);
    }
}

impl Buffer {
    /// Hands each line to `each`, or each in which `needle` stands.
    ///
    /// # Errors
    /// When reading fails.
    pub fn lines(
        &mut self,
        from: &mut dyn Read,
        needle: Option<&Finder<'_>>,
        each: &mut dyn FnMut(Line<'_>),
    ) -> io::Result<Pass> {
        let mut pass = Pass::default();
        self.1.first.clear();
        self.1.last.clear();
        let mut stepped_over = false;
        let (mut filled, mut skipping) = (0, false);
        let mut dropped = 0_u64;
        self.0.resize(BUFFER.max(self.0.len().min(4 * BUFFER)), 0);
        self.0.shrink_to(4 * BUFFER);
        loop {
            let free = self.0.get_mut(filled..).unwrap_or_default();
            let read = match from.read(free) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            pass.bytes += read as u64;
            let text = self.0.get(..filled + read).unwrap_or_default();
            if read == 0 {
                if skipping {
                    pass.too_long += 1;
                } else {
                    let last = line(text, Ending::Open, needle);
                    let matters = last.hit.is_some() || needle.is_none();
                    if matters && !last.text.is_empty() {
                        each(last);
                    }
                }
                pass.ends = (!stepped_over).then(|| ends(&self.1.first, &self.1.last));
                return Ok(pass);
            }
            let fresh = text.get(filled..).unwrap_or_default();
            let Some(last) = memrchr(b'\n', fresh).map(|at| filled + at + 1) else {
                filled += read;
                if filled < self.0.len() {
                    continue;
                }
                if self.0.len() < LONGEST_LINE {
                    self.0.resize(self.0.len() * 2, 0);
                } else {
                    dropped += filled as u64;
                    (filled, skipping, stepped_over) = (0, true, true);
                }
                continue;
            };
            let mut whole = text.get(..last).unwrap_or_default();
            pass.complete += dropped + whole.len() as u64;
            self.1.take(whole);
            dropped = 0;
            if skipping {
                skipping = false;
                pass.too_long += 1;
                let end = memchr(b'\n', whole).map_or(whole.len(), |at| at + 1);
                whole = whole.get(end..).unwrap_or_default();
            }
            each_line(whole, needle, each);
            self.0.copy_within(last..filled + read, 0);
            filled = filled + read - last;
        }
    }
}

fn each_line(text: &[u8], needle: Option<&Finder<'_>>, each: &mut dyn FnMut(Line<'_>)) {
    let Some(needle) = needle else {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            let own = text.get(start..end).unwrap_or_default();
            let own = whole(own, None).unwrap_or_else(|| line(own, Ending::Whole, None));
            if !own.text.is_empty() {
                each(own);
            }
            start = end + 1;
        }
        return;
    };
    let (mut rest, mut next) = (text, needle.find(text));
    while let Some(at) = next {
        let (before, behind) = rest.split_at(at);
        let start = memrchr(b'\n', before).map_or(0, |at| at + 1);
        let end = at + memchr(b'\n', behind).unwrap_or(behind.len());
        let own = rest.get(start..end).unwrap_or_default();
        // The next one is looked for once, whether it stands in this line or in a later one.
        let from = at + needle.needle().len();
        let further = needle.find(rest.get(from..).unwrap_or_default());
        let further = further.map(|at| from + at);
        let hit = Hit {
            at: at - start,
            is_only: further.is_none_or(|at| at >= end),
        };
        each(whole(own, Some(hit)).unwrap_or_else(|| line(own, Ending::Whole, Some(needle))));
        next = match further {
            Some(at) if at <= end => needle.find(rest.get(end + 1..).unwrap_or_default()),
            Some(at) => Some(at - end - 1),
            None => None,
        };
        rest = rest.get(end + 1..).unwrap_or_default();
    }
}

/// A line as programs write it, which nothing surrounds that does not belong to it.
fn whole(own: &[u8], hit: Option<Hit>) -> Option<Line<'_>> {
    matches!(own, [b'{', .., b'}']).then_some(Line {
        text: own,
        ending: Ending::Whole,
        hit,
    })
}

fn line<'a>(text: &'a [u8], ending: Ending, needle: Option<&Finder<'_>>) -> Line<'a> {
    let text = trimmed(text);
    let hit = needle.and_then(|needle| {
        let mut hits = needle.find_iter(text);
        Some(Hit {
            at: hits.next()?,
            is_only: hits.next().is_none(),
        })
    });
    Line { text, ending, hit }
}

/// A line without what editors, copies and crashes leave around it.
#[must_use]
pub fn trimmed(line: &[u8]) -> &[u8] {
    let mut line = line;
    loop {
        let before = line.len();
        line = line.trim_ascii();
        line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        while let [0, rest @ ..] | [rest @ .., 0] = line {
            line = rest;
        }
        if line.len() == before {
            return line;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out its bytes a few at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(into.len()).min(self.0.len());
            let (now, later) = self.0.split_at(length);
            into[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    fn lines(text: &[u8], step: usize) -> (Vec<(Vec<u8>, Ending)>, Pass) {
        let mut seen = Vec::new();
        let pass = Buffer::default()
            .lines(&mut Drip(text, step), None, &mut |line| {
                seen.push((line.text.to_vec(), line.ending));
            })
            .unwrap();
        (seen, pass)
    }

    #[test]
    fn a_last_line_without_its_break_is_handed_out_as_open_and_not_as_done() {
        let (seen, pass) = lines(b"\xef\xbb\xbfone\r\n\n\0\0two\n  \nthr", 2);
        let open = |text: &[u8], ending| (text.to_vec(), ending);
        assert_eq!(
            seen,
            [
                open(b"one", Ending::Whole),
                open(b"two", Ending::Whole),
                open(b"thr", Ending::Open)
            ]
        );
        assert_eq!(pass.complete, 18);
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_one_line() {
        let mut text = vec![b'x'; 3 * BUFFER];
        text.extend(b"\nend\n");
        let (seen, pass) = lines(&text, usize::MAX);
        assert_eq!(
            seen.iter().map(|(line, _)| line.len()).collect::<Vec<_>>(),
            [3 * BUFFER, 3]
        );
        assert_eq!(pass.complete, text.len() as u64);
    }

    #[test]
    fn a_line_beyond_all_bounds_is_stepped_over_and_its_neighbours_are_not() {
        let mut text = b"a\n".to_vec();
        text.resize(LONGEST_LINE + 3 * BUFFER, b'x');
        text.extend(b"\nb\n");
        let (seen, pass) = lines(&text, usize::MAX);
        assert_eq!(
            seen.iter()
                .map(|(line, _)| line.clone())
                .collect::<Vec<_>>(),
            [b"a", b"b"]
        );
        assert_eq!((pass.complete, pass.too_long), (text.len() as u64, 1));
        assert_eq!(pass.ends, None);
    }

    proptest::proptest! {
        #[test]
        fn the_lines_are_the_same_however_the_bytes_arrive(
            text in proptest::collection::vec(proptest::sample::select(b"ab\n\r \0".to_vec()), 0..60),
            step in 1_usize..9,
        ) {
            proptest::prop_assert_eq!(lines(&text, step), lines(&text, usize::MAX));
        }

        #[test]
        fn the_ends_are_those_of_the_whole_lines(
            lengths in proptest::collection::vec(0_usize..900, 0..6),
            step in 1_usize..3000,
        ) {
            let mut text = Vec::new();
            for (number, length) in lengths.iter().enumerate() {
                text.extend(std::iter::repeat_n(b'a' + u8::try_from(number).unwrap(), *length));
                text.push(b'\n');
            }
            let whole = text.clone();
            text.extend(b"open");
            let (_, pass) = lines(&text, step);
            let first = &whole[..whole.len().min(KEPT)];
            let last = &whole[whole.len().saturating_sub(KEPT)..];
            proptest::prop_assert_eq!(pass.ends, Some(ends(first, last)));
        }

        #[test]
        fn just_the_lines_with_a_text_are_found(
            text in proptest::collection::vec(proptest::sample::select(b"{}xy\n\r ".to_vec()), 0..80),
            step in 1_usize..9,
        ) {
            let needle = Finder::new(b"xy");
            let mut found = Vec::new();
            Buffer::default().lines(&mut Drip(&text, step), Some(&needle), &mut |line| {
                let mut hits = needle.find_iter(line.text);
                assert_eq!(line.hit.map(|hit| hit.at), hits.next());
                assert_eq!(line.hit.is_some_and(|hit| hit.is_only), hits.next().is_none());
                found.push((line.text.to_vec(), line.ending));
            }).unwrap();
            let (mut all, _) = lines(&text, step);
            all.retain(|(line, _)| needle.find(line).is_some());
            proptest::prop_assert_eq!(found, all);
        }
    }
}
