//! Lines of one kind differ in numbers and ids only. A pattern learned from one line, which was read field by field,
//! tells where the fields stand in the next: the text between the gaps is compared, and nothing is read.
//!
//! A text that fits has the very structure of the one that was learned from: in a gap stand only digits, or what can
//! stand in a string without ending it. So a fit proves as much as reading would.

use std::ops::Range;

use crate::raw::Raw;
use crate::skim::{digits, plain_quote};

/// Kinds of lines that are known at a time.
const MOST_KINDS: usize = 16;

/// After so many lessons lines are taken to have no pattern.
const MOST_LESSONS: u32 = 10_000;

/// What may stand between two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// Digits, one at least.
    Digits,
    /// Text without quotes and backslashes.
    Text,
    /// Nothing: the part is the last.
    None,
}

/// A place in a text: so far behind the start of a part.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    part: u16,
    offset: u16,
}

/// A kind of line: its parts, and where its fields stand.
#[derive(Debug)]
struct Kind {
    /// The parts, one behind the other.
    text: Vec<u8>,
    /// Their lengths, and what follows each.
    parts: Vec<(u16, Gap)>,
    /// A field's number, its start and its end. All of a kind is as small as can be, because it is read for every line,
    /// and what is between lines has always just pushed it out of the way.
    fields: Vec<(u16, Anchor, Anchor)>,
}

/// The kinds of lines that were seen last.
#[derive(Debug, Default)]
pub struct Patterns {
    kinds: Vec<Kind>,
    lessons: u32,
    /// Where the parts of the text at hand begin; there is room for those of every kind.
    starts: Vec<usize>,
}

impl Patterns {
    /// Fills in the fields of the text that starts at a place in a line; where that text ends. `None`: it is of no known
    /// kind, and no field was touched.
    #[inline(never)]
    pub fn read<'a>(
        &mut self,
        line: &'a [u8],
        start: usize,
        fields: &mut [Raw<'a>],
    ) -> Option<usize> {
        let starts = &mut self.starts;
        let mut fitting = self.kinds.iter().enumerate();
        let (number, end) =
            fitting.find_map(|(number, kind)| Some((number, kind.fit(line, start, starts)?)))?;
        self.kinds.swap(0, number);
        let at = |anchor: &Anchor| {
            Some(self.starts.get(usize::from(anchor.part))? + usize::from(anchor.offset))
        };
        for (field, from, to) in &self.kinds.first()?.fields {
            if let Some(field) = fields.get_mut(usize::from(*field)) {
                *field = Raw(line.get(at(from)?..at(to)?)?);
            }
        }
        Some(end)
    }

    /// Learns from a piece of a line that was read.
    pub fn learn(&mut self, lesson: &Lesson<'_>) {
        if self.lessons >= MOST_LESSONS {
            return;
        }
        self.lessons += 1;
        let Some(kind) = Kind::of(lesson) else {
            return;
        };
        if self.starts.len() < kind.parts.len() {
            self.starts.resize(kind.parts.len(), 0);
        }
        self.kinds.truncate(MOST_KINDS - 1);
        self.kinds.insert(0, kind);
    }
}

/// A piece of a line that was read.
#[derive(Debug)]
pub struct Lesson<'a> {
    /// The whole line.
    pub line: &'a [u8],
    /// Where in it the piece stands.
    pub piece: Range<usize>,
    /// All its fields, by number.
    pub fields: &'a [Raw<'a>],
    /// Those whose strings are different in every line.
    pub varying: &'a [usize],
}

impl Kind {
    fn of(lesson: &Lesson<'_>) -> Option<Self> {
        let Lesson {
            line,
            piece,
            fields,
            varying,
        } = lesson;
        let ranges = fields.iter().enumerate().filter_map(|(number, raw)| {
            let start = raw.0.as_ptr().addr().checked_sub(line.as_ptr().addr())?;
            let range = start..start + raw.0.len();
            let inside = !raw.0.is_empty() && piece.start <= start && range.end <= piece.end;
            inside.then_some((number, range))
        });
        let ranges: Vec<(usize, Range<usize>)> = ranges.collect();
        let strings = ranges.iter().filter(|(number, range)| {
            varying.contains(number) && range.len() >= 2 && line.get(range.start) == Some(&b'"')
        });
        let mut strings: Vec<Range<usize>> = strings
            .map(|(_, range)| range.start + 1..range.end - 1)
            .collect();
        strings.sort_unstable_by_key(|range| range.start);
        let gaps = gaps(line, piece, &strings);
        let (mut kind, mut begins, mut begin) = (
            Self {
                text: Vec::new(),
                parts: Vec::new(),
                fields: Vec::new(),
            },
            Vec::new(),
            piece.start,
        );
        let last = (piece.end..piece.end, Gap::None);
        for (gap, what) in gaps.iter().chain([&last]) {
            let part = line.get(begin..gap.start)?;
            begins.push(begin);
            kind.text.extend(part);
            kind.parts.push((u16::try_from(part.len()).ok()?, *what));
            begin = gap.end;
        }
        let anchor = |place: usize| {
            let part = begins
                .partition_point(|begin| *begin <= place)
                .checked_sub(1)?;
            let offset = place - begins.get(part)?;
            // A field that begins or ends within a gap cannot be told.
            let offset = u16::try_from(offset).ok()?;
            (offset <= kind.parts.get(part)?.0).then_some(Anchor {
                part: u16::try_from(part).ok()?,
                offset,
            })
        };
        let mut anchored = Vec::new();
        for (number, range) in ranges {
            let number = u16::try_from(number).ok()?;
            anchored.push((number, anchor(range.start)?, anchor(range.end)?));
        }
        kind.fields = anchored;
        Some(kind)
    }

    /// Where a text that fits ends; where its parts begin.
    fn fit(&self, line: &[u8], start: usize, starts: &mut [usize]) -> Option<usize> {
        let (mut rest, mut text) = (line.get(start..)?, self.text.as_slice());
        for ((length, gap), begin) in self.parts.iter().zip(starts) {
            let length = usize::from(*length);
            let (part, others) = text.split_at_checked(length)?;
            let (own, behind) = rest.split_at_checked(length)?;
            if !is_same(own, part) {
                return None;
            }
            *begin = line.len() - rest.len();
            let gap = match gap {
                Gap::Digits => Some(digits(behind)).filter(|count| *count > 0)?,
                Gap::Text => plain_quote(behind)?,
                Gap::None => 0,
            };
            (rest, text) = (behind.get(gap..)?, others);
        }
        Some(line.len() - rest.len())
    }
}

/// Whether two texts of one length are the same. They are short: a call to compare them would take longer.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let (Some(last), Some(other_last)) = (one.last_chunk::<8>(), other.last_chunk()) else {
        return one.iter().zip(other).all(|(one, other)| one == other);
    };
    let is_same =
        |one: &[u8; 8], other: &[u8; 8]| u64::from_le_bytes(*one) == u64::from_le_bytes(*other);
    // What the last eight share with those before is compared twice, which takes less than byte by byte.
    let (words, others) = (one.as_chunks::<8>().0, other.as_chunks::<8>().0);
    let mut both = words.iter().zip(others);
    both.all(|(one, other)| is_same(one, other)) && is_same(last, other_last)
}

/// Where numbers and varying strings stand.
fn gaps(line: &[u8], piece: &Range<usize>, strings: &[Range<usize>]) -> Vec<(Range<usize>, Gap)> {
    let mut gaps = Vec::new();
    let mut strings = strings.iter().peekable();
    let is_digit = |at: usize| line.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = piece.start;
    while at < piece.end {
        if let Some(string) = strings.next_if(|string| string.start <= at) {
            gaps.push((string.clone(), Gap::Text));
            at = string.end.max(at);
        } else if line.get(at) == Some(&b':') && is_digit(at + 1) {
            let end = (at + 1..piece.end).find(|at| !is_digit(*at));
            let end = end.unwrap_or(piece.end);
            gaps.push((at + 1..end, Gap::Digits));
            at = end;
        } else {
            at += 1;
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = br#"{"id":"a-1","n":12,"deep":{"m":0},"kind":"k"}"#;

    fn learned() -> Patterns {
        let mut patterns = Patterns::default();
        let line = LINE;
        let raw = |from: usize, to: usize| Raw(&line[from..to]);
        let fields = [raw(6, 11), raw(16, 18), raw(26, 33), raw(41, 44)];
        patterns.learn(&Lesson {
            line,
            piece: 0..line.len(),
            fields: &fields,
            varying: &[0],
        });
        patterns
    }

    fn read(line: &str) -> Option<Vec<String>> {
        let mut found = [Raw::default(); 4];
        let end = learned().read(line.as_bytes(), 0, &mut found)?;
        let texts = found.map(|raw| String::from_utf8_lossy(raw.0).into_owned());
        (end == line.len()).then(|| texts.to_vec())
    }

    #[test]
    fn the_fields_of_the_next_line_of_the_kind_are_found() {
        let line = r#"{"id":"other","n":7000,"deep":{"m":33},"kind":"k"}"#;
        let fields = [r#""other""#, "7000", r#"{"m":33}"#, r#""k""#];
        assert_eq!(read(line).unwrap(), fields);
    }

    #[test]
    fn a_line_that_is_otherwise_does_not_fit() {
        for line in [
            r#"{"id":"o\"r","n":7,"deep":{"m":3},"kind":"k"}"#,
            r#"{"id":"or","n":-7,"deep":{"m":3},"kind":"k"}"#,
            r#"{"id":"or","n":,"deep":{"m":3},"kind":"k"}"#,
            r#"{"id":"or","n":7,"deep":{"m":3},"kind":"x"}"#,
            r#"{"id":"or","n":7,"deep":{"m":3},"kind":"k"},"#,
            r#"{"id":"or","n":7"#,
            "",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
