//! Reading one file: in which form its lines come, and where the last look ended.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::logs::database::{self, Rows};
use crate::logs::scan::{Buffer, Ending, LONGEST_LINE, trimmed};
use crate::logs::table::{Table, hash};

/// How a file holds its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One JSON object a line, appended.
    Lines,
    /// The same, compressed with Zstandard.
    Compressed,
    /// One JSON object in all.
    Document,
    /// A database of the agent's, with these rows in it.
    Database(Rows),
}

/// What a reader is told about its file.
pub(super) struct Source<'a> {
    /// Where it lies.
    pub(super) path: &'a Path,
    /// What the reader kept when it stopped within the file. `None`: it starts at the beginning.
    pub(super) kept: Option<&'a [u8]>,
}

/// Finds another file of the agent by a part of its name.
pub(super) type Find<'a> = &'a (dyn Fn(&str) -> Option<PathBuf> + Sync);

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heed {
    /// It was counted.
    Counted,
    /// It says nothing about usage.
    Passed,
    /// It should have said something, and made no sense.
    Bad,
}

/// What one agent's lines mean.
pub(super) trait Reader {
    /// Takes a line in.
    fn line(&mut self, line: &[u8], table: &mut Table) -> Heed;

    /// Takes in a last line that may not be finished: it will come again.
    fn open_line(&mut self, line: &[u8], table: &mut Table) -> Heed {
        self.line(line, table)
    }

    /// The file has ended.
    fn finish(&mut self, _find: Find<'_>, _table: &mut Table) {}

    /// What is needed to go on from here. `None`: it must start at the beginning.
    fn kept(&self) -> Option<Vec<u8>> {
        Some(Vec::new())
    }
}

/// Where a look at a file ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes of lines that are done.
    pub(super) offset: u64,
    /// The first and the last KiB before the offset, hashed.
    pub(super) ends: u64,
    /// What the reader needs to go on.
    pub(super) kept: Vec<u8>,
}

/// What a look at a file brought.
#[derive(Debug, Default)]
pub(super) struct Brought {
    pub(super) table: Table,
    pub(super) mark: Mark,
    pub(super) bytes: u64,
    /// Whether it went on where the last look ended.
    pub(super) went_on: bool,
    pub(super) bad: u64,
    pub(super) too_long: u64,
}

/// One look at one file.
pub(super) struct Glance<'a> {
    pub(super) path: &'a Path,
    pub(super) shape: Shape,
    pub(super) size: u64,
    /// Where the last look ended. `None`: there was none, or the file is another.
    pub(super) mark: Option<&'a Mark>,
    pub(super) find: Find<'a>,
    pub(super) reader: fn(&Source<'_>) -> Box<dyn Reader>,
}

impl Glance<'_> {
    pub(super) fn take(&self, buffer: &mut Buffer) -> io::Result<Brought> {
        let mut brought = Brought::default();
        match self.shape {
            Shape::Lines => self.lines(buffer, &mut brought)?,
            Shape::Compressed => {
                let file = File::open(self.path)?;
                let plain = ruzstd::decoding::StreamingDecoder::new(io::BufReader::new(file))
                    .map_err(io::Error::other)?;
                let mut reader = self.start(None);
                feed(reader.as_mut(), buffer, plain, &mut brought)?;
                brought.bytes = self.size;
                reader.finish(self.find, &mut brought.table);
            }
            Shape::Document => {
                let mut text = Vec::new();
                let file = File::open(self.path)?;
                file.take(LONGEST_LINE as u64 + 1).read_to_end(&mut text)?;
                brought.bytes = text.len() as u64;
                if text.len() > LONGEST_LINE {
                    brought.too_long += 1;
                } else if self.start(None).line(trimmed(&text), &mut brought.table) == Heed::Bad {
                    brought.bad += 1;
                }
            }
            Shape::Database(rows) => {
                brought.bytes = self.size;
                let mut reader = self.start(None);
                database::read(self.path, rows, &mut |row| {
                    let heed = reader.line(trimmed(row), &mut brought.table);
                    brought.bad += u64::from(heed == Heed::Bad);
                })?;
                reader.finish(self.find, &mut brought.table);
            }
        }
        Ok(brought)
    }

    fn start(&self, kept: Option<&[u8]>) -> Box<dyn Reader> {
        (self.reader)(&Source {
            path: self.path,
            kept,
        })
    }

    fn lines(&self, buffer: &mut Buffer, brought: &mut Brought) -> io::Result<()> {
        let mut file = File::open(self.path)?;
        let mut from = None;
        if let Some(mark) = self.mark
            && mark.offset > 0
            && mark.offset <= file.metadata()?.len()
            && ends(&mut file, mark.offset)? == mark.ends
        {
            from = Some(mark);
        }
        let offset = from.map_or(0, |mark| mark.offset);
        brought.went_on = from.is_some();
        file.seek(SeekFrom::Start(offset))?;
        let mut reader = self.start(from.map(|mark| mark.kept.as_slice()));
        let complete = feed(reader.as_mut(), buffer, &file, brought)?;
        brought.bytes = file.stream_position()?.saturating_sub(offset);
        reader.finish(self.find, &mut brought.table);
        if let Some(kept) = reader.kept() {
            let offset = offset + complete;
            brought.mark = Mark {
                offset,
                ends: ends(&mut file, offset)?,
                kept,
            };
        }
        Ok(())
    }
}

/// Hands all lines to a reader; how many bytes of whole lines there were.
fn feed(
    reader: &mut dyn Reader,
    buffer: &mut Buffer,
    from: impl Read,
    brought: &mut Brought,
) -> io::Result<u64> {
    let (table, bad) = (&mut brought.table, &mut brought.bad);
    let pass = buffer.lines(from, |line, ending| {
        let heed = match ending {
            Ending::Whole => reader.line(line, table),
            Ending::Open => reader.open_line(line, table),
        };
        // A last line that makes no sense yet is only half written.
        *bad += u64::from(heed == Heed::Bad && ending == Ending::Whole);
    })?;
    brought.too_long += pass.too_long;
    Ok(pass.complete)
}

/// The first and the last KiB before an offset, hashed: a file that was rewritten differs there.
fn ends(file: &mut File, offset: u64) -> io::Result<u64> {
    const LENGTH: u64 = 1024;
    let mut read = |from: u64| {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        let length = LENGTH.min(offset - from);
        file.take(length).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(bytes)
    };
    let first = read(0)?;
    let last = read(offset.saturating_sub(LENGTH))?;
    Ok(hash(&[&first, &last]))
}
