//! Reading one file: in which form its lines come, and where the last look ended.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use memchr::memmem::Finder;
use spendtray_skim::{Buffer, Ending, Hit, KEPT, LONGEST_LINE, Pass, ends, trimmed};

use crate::logs::database::{self, Rows};
use crate::logs::table::Table;

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

    /// A text without which a line says nothing: lines that lack it are not handed to this reader. `None`: every line
    /// may matter.
    fn needle(&self) -> Option<&'static Finder<'static>> {
        None
    }

    /// Takes a line in which the needle stands.
    fn hit(&mut self, line: &[u8], _hit: Hit, table: &mut Table) -> Heed {
        self.line(line, table)
    }

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
                let mut reader = self.start(None);
                feed(
                    reader.as_mut(),
                    buffer,
                    &mut plain(self.path)?,
                    &mut brought,
                )?;
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
            && ends_before(&mut file, mark.offset)? == mark.ends
        {
            from = Some(mark);
        }
        let offset = from.map_or(0, |mark| mark.offset);
        brought.went_on = from.is_some();
        if self.mark.is_some() {
            file.seek(SeekFrom::Start(offset))?;
        }
        let mut reader = self.start(from.map(|mark| mark.kept.as_slice()));
        // What is appended while it is read belongs to the next look: it is not in the stamp either.
        let mut rest = (&file).take(self.size.saturating_sub(offset));
        let pass = feed(reader.as_mut(), buffer, &mut rest, brought)?;
        brought.bytes = pass.bytes;
        reader.finish(self.find, &mut brought.table);
        if let Some(kept) = reader.kept() {
            let ends = match pass.ends {
                Some(ends) if offset == 0 => ends,
                _ => ends_before(&mut file, offset + pass.complete)?,
            };
            let offset = offset + pass.complete;
            brought.mark = Mark { offset, ends, kept };
        }
        Ok(())
    }
}

/// The text of a compressed file.
pub(super) fn plain(path: &Path) -> io::Result<impl Read> {
    let file = io::BufReader::new(File::open(path)?);
    ruzstd::decoding::StreamingDecoder::new(file).map_err(io::Error::other)
}

/// Hands all lines to a reader.
fn feed(
    reader: &mut dyn Reader,
    buffer: &mut Buffer,
    from: &mut dyn Read,
    brought: &mut Brought,
) -> io::Result<Pass> {
    let (table, bad) = (&mut brought.table, &mut brought.bad);
    let needle = reader.needle();
    let pass = buffer.lines(from, needle, &mut |line| {
        let heed = match (line.ending, line.hit) {
            (Ending::Open, _) => reader.open_line(line.text, table),
            (Ending::Whole, Some(hit)) => reader.hit(line.text, hit, table),
            (Ending::Whole, None) => reader.line(line.text, table),
        };
        // A last line that makes no sense yet is only half written.
        *bad += u64::from(heed == Heed::Bad && line.ending == Ending::Whole);
    })?;
    brought.too_long += pass.too_long;
    Ok(pass)
}

/// The first and the last KiB before an offset, hashed: a file that was rewritten differs there.
fn ends_before(file: &mut File, offset: u64) -> io::Result<u64> {
    let mut read = |from: u64| {
        let mut bytes = Vec::with_capacity(KEPT);
        file.seek(SeekFrom::Start(from))?;
        let length = (KEPT as u64).min(offset - from);
        (&mut *file).take(length).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(bytes)
    };
    let first = read(0)?;
    Ok(ends(&first, &read(offset.saturating_sub(KEPT as u64))?))
}
