//! The index at rest: what was counted, and up to where each file was read. It outlives the logs.
//!
//! The file is a row of frames, each with its length and a hash, each complete in itself: what it names, the responses
//! it adds or betters, and the marks of the files they came from. A frame is appended in one write, so that a process
//! killed at any instant leaves whole frames and at most one torn one, and marks never run ahead of responses. A damaged
//! frame is stepped over: the marks of all files are forgotten then, the logs are read again, and what only the index
//! knew stays, but for what the damaged frame held.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use rust_decimal::Decimal;

use crate::domain::agent::{ModelOrigin, PromptSize, Region, Speed, Tally, Terms};
use crate::logs::codec::{Bytes, Writer};
use crate::logs::files::Stamp;
use crate::logs::reading::Mark;
use crate::logs::table::{Names, Place, Response, Table, hash};
use crate::system::private;

/// The first byte is no text's, the last is the version of what follows.
const MAGIC: &[u8; 8] = b"\xf1SPTLOG\x01";

const HEAD: usize = MAGIC.len() + 4 + 8;

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

/// An index as it was read.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) table: Table,
    /// By the hash of the path.
    pub(super) seen: HashMap<u64, Seen>,
    /// Whether something in it could not be read.
    pub(super) damaged: bool,
    /// Its length in bytes.
    pub(super) length: u64,
}

/// Reads what can be read. A file that is not there is an empty index.
pub(super) fn load(path: &Path) -> io::Result<Loaded> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Loaded::default()),
        Err(error) => return Err(error),
    };
    let mut loaded = Loaded {
        length: bytes.len() as u64,
        ..Loaded::default()
    };
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        if let Some((payload, after)) = frame(rest)
            && take(payload, &mut loaded).is_some()
        {
            rest = after;
            continue;
        }
        loaded.damaged = true;
        let beyond = rest.get(1..).unwrap_or_default();
        let next = memchr::memmem::find(beyond, MAGIC).unwrap_or(beyond.len());
        rest = beyond.get(next..).unwrap_or_default();
    }
    if loaded.damaged {
        loaded.seen.clear();
    }
    loaded.table.changed.clear();
    Ok(loaded)
}

/// The frame that starts here, and what follows it.
fn frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut head = Bytes(bytes.strip_prefix(MAGIC)?);
    let (length, rest) = head.0.split_first_chunk::<4>()?;
    head.0 = rest;
    let sum = head.fixed()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (payload, after) = head.0.split_at_checked(length)?;
    (hash(&[payload]) == sum).then_some((payload, after))
}

fn take(payload: &[u8], loaded: &mut Loaded) -> Option<()> {
    let mut bytes = Bytes(payload);
    let mut names = Names::default();
    for _ in 0..bytes.number()? {
        names.number(bytes.text()?);
    }
    for _ in 0..bytes.number()? {
        let key = bytes.fixed()?;
        let response = response(&mut bytes)?;
        loaded.table.adopt(key, &response, &names);
    }
    for _ in 0..bytes.number()? {
        let path = bytes.fixed()?;
        if bytes.byte()? == 0 {
            loaded.seen.remove(&path);
        } else {
            loaded.seen.insert(path, seen(&mut bytes)?);
        }
    }
    Some(())
}

/// What a frame is made of.
pub(super) struct News<'a> {
    pub(super) table: &'a Table,
    /// The responses that changed.
    pub(super) places: &'a [Place],
    /// The files that were read, by the hash of their paths; `None`: it is gone.
    pub(super) files: &'a [(u64, Option<&'a Seen>)],
}

impl News<'_> {
    /// Appends it to the index, which is made when it is not there; the index's length then.
    pub(super) fn append(&self, path: &Path) -> io::Result<u64> {
        let mut file = private::open_to_append(path)?;
        file.write_all(&self.frame())?;
        file.sync_data()?;
        file.metadata().map(|metadata| metadata.len())
    }

    /// Makes the index anew of nothing but this; its length then.
    pub(super) fn replace(&self, path: &Path) -> io::Result<u64> {
        private::replace(path, self.frame(), |_| Ok(()))?;
        fs::metadata(path).map(|metadata| metadata.len())
    }

    fn frame(&self) -> Vec<u8> {
        let mut names = Names::default();
        let mut body = Writer::default();
        let known = self
            .places
            .iter()
            .filter_map(|place| Some((place.0, self.table.responses.get(place)?)));
        let known: Vec<(u64, &Response)> = known.collect();
        body.number(known.len() as u64);
        for (key, response) in known {
            body.fixed(key);
            let local = [response.model, response.project, response.session]
                .map(|number| names.number(self.table.names.text(number)));
            write_response(&mut body, response, local);
        }
        body.number(self.files.len() as u64);
        for (path, seen) in self.files {
            body.fixed(*path);
            body.byte(u8::from(seen.is_some()));
            if let Some(seen) = seen {
                write_seen(&mut body, seen);
            }
        }
        let mut payload = Writer::default();
        let texts = names.told();
        payload.number(texts.len() as u64);
        for text in texts {
            payload.bytes(text.as_bytes());
        }
        payload.0.append(&mut body.0);
        let mut frame = Vec::with_capacity(HEAD + payload.0.len());
        frame.extend(MAGIC);
        frame.extend(
            u32::try_from(payload.0.len())
                .unwrap_or(u32::MAX)
                .to_le_bytes(),
        );
        frame.extend(hash(&[&payload.0]).to_le_bytes());
        frame.append(&mut payload.0);
        frame
    }
}

/// Holds other writers off until the result is dropped.
pub(super) fn hold(path: &Path) -> io::Result<Option<File>> {
    private::hold(path)
}

const SPEEDS: [Speed; 6] = [
    Speed::Standard,
    Speed::Fast,
    Speed::Priority,
    Speed::Flex,
    Speed::Batch,
    Speed::Unknown,
];
fn place<T: PartialEq>(all: &[T], one: &T) -> u64 {
    all.iter().position(|each| each == one).unwrap_or(0) as u64
}

/// Reads a value by its place in a list.
fn one_of<T: Copy>(bytes: &mut Bytes<'_>, all: &[T]) -> Option<T> {
    all.get(usize::try_from(bytes.number()?).ok()?).copied()
}

fn write_response(body: &mut Writer, response: &Response, names: [u32; 3]) {
    body.fixed(response.request);
    body.fixed(response.twin);
    body.byte(u8::from(response.side));
    body.signed(response.at);
    for name in names {
        body.number(u64::from(name));
    }
    let (terms, tally) = (&response.terms, &response.tally);
    body.number(place(&SPEEDS, &terms.speed));
    body.byte(u8::from(terms.region == Region::UnitedStates));
    body.byte(terms.prompt.rank());
    body.byte(u8::from(terms.model == ModelOrigin::Assumed));
    for count in [
        tally.requests,
        tally.tokens.input,
        tally.tokens.cached_input,
        tally.tokens.cache_write,
        tally.tokens.cache_write_5m,
        tally.tokens.cache_write_1h,
        tally.tokens.output,
        tally.tokens.reasoning,
        tally.web_searches,
        tally.unfinished,
    ] {
        body.number(count);
    }
    body.byte(u8::from(terms.recorded));
    if terms.recorded {
        body.bytes(&tally.recorded_usd.serialize());
    }
}

fn response(bytes: &mut Bytes<'_>) -> Option<Response> {
    let (request, twin) = (bytes.fixed()?, bytes.fixed()?);
    let side = bytes.byte()? != 0;
    let at = bytes.signed()?;
    let mut name = || u32::try_from(bytes.number()?).ok();
    let (model, project, session) = (name()?, name()?, name()?);
    let speed = one_of(bytes, &SPEEDS)?;
    let region = one_of(bytes, &[Region::Anywhere, Region::UnitedStates])?;
    let prompt = PromptSize::from_rank(bytes.byte()?)?;
    let origin = one_of(bytes, &[ModelOrigin::Named, ModelOrigin::Assumed])?;
    let mut tally = Tally::default();
    let tokens = &mut tally.tokens;
    for count in [
        &mut tally.requests,
        &mut tokens.input,
        &mut tokens.cached_input,
        &mut tokens.cache_write,
        &mut tokens.cache_write_5m,
        &mut tokens.cache_write_1h,
        &mut tokens.output,
        &mut tokens.reasoning,
        &mut tally.web_searches,
        &mut tally.unfinished,
    ] {
        *count = bytes.number()?;
    }
    let recorded = bytes.byte()? != 0;
    if recorded {
        let sum: [u8; 16] = bytes.bytes()?.try_into().ok()?;
        tally.recorded_usd = Decimal::deserialize(sum);
    }
    Some(Response {
        request,
        twin,
        side,
        at,
        model,
        project,
        session,
        terms: Terms {
            speed,
            region,
            prompt,
            model: origin,
            recorded,
        },
        tally,
    })
}

fn write_seen(body: &mut Writer, seen: &Seen) {
    body.fixed(seen.stamp.identity);
    body.number(seen.stamp.size);
    body.fixed(seen.stamp.modified);
    body.number(seen.mark.offset);
    body.fixed(seen.mark.ends);
    body.bytes(&seen.mark.kept);
    body.number(seen.bad);
    body.number(seen.too_long);
}

fn seen(bytes: &mut Bytes<'_>) -> Option<Seen> {
    Some(Seen {
        stamp: Stamp {
            identity: bytes.fixed()?,
            size: bytes.number()?,
            modified: bytes.fixed()?,
        },
        mark: Mark {
            offset: bytes.number()?,
            ends: bytes.fixed()?,
            kept: bytes.bytes()?.to_vec(),
        },
        bad: bytes.number()?,
        too_long: bytes.number()?,
    })
}
