//! The index at rest: what was counted, and up to where each file was read. It outlives the logs.
//!
//! The file is a row of frames, each with its length and a hash, each complete in itself: names and labels, totals by
//! quarter of an hour, the marks of files, and responses. A later frame's word on a quarter, a file or a response
//! stands. What a look brings is appended as one frame in one write, so that a process killed at any instant leaves
//! whole frames and at most one torn one, and neither totals nor marks run ahead of responses; more than fits one frame
//! is written as a new file that takes the old one's place, whose frames say that more follow.
//!
//! Totals and marks are read at once; the responses only when something must be compared with them. A damaged frame is
//! stepped over: the marks of all files are forgotten then, the logs are read again, the totals are made anew of the
//! responses that can be read, and what only the index knew stays, but for what the damaged frame held.

mod body;
mod frame;
mod older;

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use spendtray_skim::hashing::{Map, hash, sum};

use crate::logs::files::Stamp;
use crate::logs::index::body::Sections;
use crate::logs::index::frame::Follows;
pub(super) use crate::logs::index::frame::{Frame, MOST_RESPONSES};
use crate::logs::reading::Mark;
use crate::logs::table::{Change, Table};
use crate::logs::totals::Totals;
use crate::system::private;
use spendtray_skim::codec::Bytes;

/// The first byte is no text's; the version follows.
const MAGIC: &[u8; 7] = b"\xf1SPTLOG";

/// Responses and marks; a hash of every byte for itself.
const OLDER: u8 = 1;
/// What is written now.
const NOW: u8 = 2;

const HEAD: usize = MAGIC.len() + 1 + 4 + 8;

/// So much of an index is in memory at a time, and as much more as its longest frame needs.
const PIECE: usize = 128 << 10;

/// What is known of one file of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) stamp: Stamp,
    pub(super) mark: Mark,
    /// Lines that made no sense.
    pub(super) bad: u64,
    /// Lines that were too long.
    pub(super) too_long: u64,
}

/// What was counted, and up to where.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The responses, where they were read; their labels in any case.
    pub(super) table: Table,
    pub(super) totals: Totals,
    /// By the hash of the path.
    pub(super) seen: Map<Seen>,
}

impl Known {
    /// Takes over all that a table knows.
    pub(super) fn absorb(&mut self, table: &Table) {
        let totals = &mut self.totals;
        self.table.absorb(table, &mut |change| totals.take(change));
    }
}

/// How much of an index is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Totals and marks.
    Totals,
    /// The responses too.
    Responses,
    /// Nothing but the responses since then, in seconds since the epoch, and which others there are.
    ResponsesSince(u32),
}

/// An index as it was read.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) known: Known,
    /// What was read; more than was asked for where that was needed.
    pub(super) depth: Depth,
    /// Whether something in it could not be read.
    pub(super) damaged: bool,
    /// Whether it must be written anew: it is damaged, or of an older version.
    pub(super) stale: bool,
    /// Its length in bytes.
    pub(super) length: u64,
}

/// Reads what can be read. A file that is not there is an empty index.
pub(super) fn load(path: &Path, depth: Depth) -> io::Result<Loaded> {
    load_onto(Known::default(), path, depth)
}

/// The same, added to what is known of the same index, all of which is kept.
pub(super) fn load_onto(known: Known, path: &Path, depth: Depth) -> io::Result<Loaded> {
    let mut loaded = Loaded {
        known,
        depth,
        damaged: false,
        stale: false,
        length: 0,
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            loaded.depth = Depth::Responses;
            return Ok(loaded);
        }
        Err(error) => return Err(error),
    };
    if loaded.pass(&mut file)?.is_some() {
        loaded.settle();
        return Ok(loaded);
    }
    // What cannot be read frame by frame is read anew, as far as it can be.
    let depth = match depth {
        Depth::Totals => Depth::Responses,
        deep => deep,
    };
    Ok(salvage(&fs::read(path)?, depth))
}

/// Reads an index of which something is damaged or old.
fn salvage(bytes: &[u8], depth: Depth) -> Loaded {
    let mut loaded = Loaded {
        known: Known::default(),
        depth,
        damaged: false,
        stale: false,
        length: bytes.len() as u64,
    };
    let (mut rest, mut last) = (bytes, Follows::Nothing);
    while !rest.is_empty() {
        let framed = split(rest);
        if let Some((version, payload, after)) = framed
            && let Some(follows) = take(version, payload, &mut loaded)
        {
            loaded.stale |= version == OLDER;
            (rest, last) = (after, follows);
            continue;
        }
        loaded.damaged = true;
        let beyond = rest.get(1..).unwrap_or_default();
        let next = memchr::memmem::find(beyond, MAGIC).unwrap_or(beyond.len());
        rest = beyond.get(next..).unwrap_or_default();
    }
    loaded.damaged |= last == Follows::More;
    loaded.stale |= loaded.damaged;
    if loaded.stale {
        loaded.known.seen.clear();
    }
    loaded.settle();
    loaded
}

impl Loaded {
    /// Takes frame after frame. `None`: one is damaged, or of an older version.
    fn pass(&mut self, file: &mut File) -> io::Result<Option<()>> {
        let (mut buffer, mut filled, mut last) = (vec![0; 2 * PIECE], 0, Follows::Nothing);
        loop {
            if buffer.len() - filled < PIECE {
                buffer.resize(buffer.len() * 2, 0);
            }
            let read = match file.read(buffer.get_mut(filled..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            self.length += read as u64;
            if read == 0 {
                let is_whole = filled == 0 && last == Follows::Nothing;
                return Ok(is_whole.then_some(()));
            }
            filled += read;
            let mut rest = buffer.get(..filled).unwrap_or_default();
            while let Some((version, payload, after)) = split(rest) {
                let taken = (version == NOW).then(|| take(version, payload, self));
                let Some(follows) = taken.flatten() else {
                    return Ok(None);
                };
                (rest, last) = (after, follows);
            }
            let done = filled - rest.len();
            buffer.copy_within(done..filled, 0);
            filled -= done;
        }
    }

    /// All was taken: nothing of it has changed.
    fn settle(&mut self) {
        let Known { table, totals, .. } = &mut self.known;
        if self.depth == Depth::Responses {
            *totals = Totals::default();
            for (_, after) in table.responses() {
                totals.take(&Change {
                    before: None,
                    after: &after,
                });
            }
        }
        table.all_entered();
        table.keep();
        totals.keep();
    }
}

/// The version and payload of the frame that starts here, and what follows it.
fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let mut head = Bytes(bytes.strip_prefix(MAGIC)?);
    let version = head.byte()?;
    let (length, rest) = head.0.split_first_chunk::<4>()?;
    head.0 = rest;
    let told = head.fixed()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (payload, after) = head.0.split_at_checked(length)?;
    let own = match version {
        OLDER => hash(&[payload]),
        NOW => sum(payload),
        _ => return None,
    };
    (own == told).then_some((version, payload, after))
}

fn take(version: u8, payload: &[u8], loaded: &mut Loaded) -> Option<Follows> {
    if version == OLDER {
        older::take(payload, &mut loaded.known.table)?;
        return Some(Follows::Nothing);
    }
    let Known {
        table,
        totals,
        seen,
    } = &mut loaded.known;
    let mut sections = Sections::of(payload)?;
    match loaded.depth {
        Depth::Totals => {
            sections.slots(&mut table.labels, totals)?;
            sections.files(seen)?;
        }
        Depth::Responses => {
            sections.skip()?;
            sections.files(seen)?;
            sections.responses(table, 0)?;
        }
        Depth::ResponsesSince(since) => {
            sections.skip()?;
            sections.skip()?;
            sections.responses(table, since)?;
        }
    }
    Some(sections.follows)
}

/// Appends a frame in one write; the index's length then. When it fails, the index is as long as before.
pub(super) fn append(path: &Path, frame: &Frame<'_>) -> io::Result<u64> {
    let mut file = private::open_to_append(path)?;
    let before = file.metadata()?.len();
    // Nothing waits for the disk: what a power failure takes of the end is read from the logs again.
    if let Err(error) = file.write_all(&frame.bytes(Follows::Nothing)) {
        // Where even that fails, the torn frame is stepped over by the next who reads.
        drop(file.set_len(before));
        return Err(error);
    }
    file.metadata().map(|metadata| metadata.len())
}

/// Makes the index anew of nothing but what is known; its length then.
pub(super) fn replace(path: &Path, known: &Known) -> io::Result<u64> {
    private::replace_with(path, |file| frame::all(known, file))?;
    fs::metadata(path).map(|metadata| metadata.len())
}

/// Holds other writers off until the result is dropped.
pub(super) fn hold(path: &Path) -> io::Result<Option<File>> {
    private::hold(path)
}
