//! What stands in a frame, written and read. Reading never panics and believes no number.

use rust_decimal::Decimal;
use spendtray_skim::hashing::Map;

use crate::domain::agent::{Tally, Terms};
use crate::domain::tokens::TokenCounts;
use crate::logs::files::Stamp;
use crate::logs::index::Seen;
use crate::logs::index::frame::{Follows, MOST_RESPONSES};
use crate::logs::labels::{Label, Labels, unpacked};
use crate::logs::reading::Mark;
use crate::logs::response::Response;
use crate::logs::table::{Table, bounded};
use crate::logs::totals::{Slot, Totals};
use spendtray_skim::codec::{Bytes, Writer};

/// Which of a tally's figures are told, in order; the last says that dollars follow.
const FIGURES: usize = 10;
const DOLLARS: u64 = 1 << FIGURES;

fn figures(tally: &Tally) -> [u64; FIGURES] {
    let tokens = &tally.tokens;
    [
        tokens.output,
        tokens.input,
        tokens.cached_input,
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        tokens.cache_write,
        tokens.reasoning,
        tally.unfinished,
        tally.web_searches,
        tally.requests,
    ]
}

/// Only what differs from these many requests and zero of everything else is written.
fn write_tally(body: &mut Writer, tally: &Tally, requests: u64) {
    let mut told = figures(tally);
    if let Some(last) = told.last_mut() {
        *last = last.wrapping_sub(requests);
    }
    let mut mask = 0;
    for (place, figure) in told.iter().enumerate() {
        mask |= u64::from(*figure != 0) << place;
    }
    let has_dollars = !tally.recorded_usd.is_zero();
    body.number(mask | if has_dollars { DOLLARS } else { 0 });
    for figure in told.iter().filter(|figure| **figure != 0) {
        body.number(*figure);
    }
    if has_dollars {
        body.bytes(&tally.recorded_usd.serialize());
    }
}

fn tally(bytes: &mut Bytes<'_>, requests: u64) -> Option<Tally> {
    let mask = bytes.number()?;
    let mut told = [0; FIGURES];
    for (number, figure) in told.iter_mut().enumerate() {
        if mask >> number & 1 != 0 {
            *figure = bytes.number()?;
        }
    }
    let mut recorded_usd = Decimal::ZERO;
    if mask & DOLLARS != 0 {
        let sum: [u8; 16] = bytes.bytes()?.try_into().ok()?;
        recorded_usd = Decimal::deserialize(sum);
    }
    let [output, input, cached_input, rest @ ..] = told;
    let [short, long, untold, rest @ ..] = rest;
    let [reasoning, unfinished, web_searches, more] = rest;
    Some(Tally {
        requests: more.wrapping_add(requests),
        tokens: TokenCounts {
            input,
            cached_input,
            cache_write: untold,
            cache_write_5m: short,
            cache_write_1h: long,
            output,
            reasoning,
        },
        web_searches,
        unfinished,
        recorded_usd,
    })
}

pub(super) fn write_slot(body: &mut Writer, slot: &Slot, label: u64) {
    body.number(u64::from(slot.quarter));
    body.number(label);
    write_tally(body, &slot.tally, 0);
}

const SIDE: u8 = 1;
const REQUEST: u8 = 2;
const TWIN: u8 = 4;

pub(super) fn write_response(body: &mut Writer, key: u64, response: &Response, label: u64) {
    let flag = |is_set, flag| if is_set { flag } else { 0 };
    body.fixed(key);
    body.byte(
        flag(response.side, SIDE)
            | flag(response.request != 0, REQUEST)
            | flag(response.twin != 0, TWIN),
    );
    if response.request != 0 {
        body.0.extend(response.request.to_le_bytes());
    }
    if response.twin != 0 {
        body.fixed(response.twin);
    }
    body.0.extend(response.at.to_le_bytes());
    body.number(label);
    write_tally(body, &response.tally, 1);
}

pub(super) fn write_seen(body: &mut Writer, path: u64, seen: Option<&Seen>) {
    body.fixed(path);
    body.byte(u8::from(seen.is_some()));
    let Some(seen) = seen else {
        return;
    };
    body.fixed(seen.stamp.identity);
    body.number(seen.stamp.size);
    body.fixed(seen.stamp.modified);
    body.number(seen.mark.offset);
    body.fixed(seen.mark.ends);
    body.bytes(&seen.mark.kept);
    body.number(seen.bad);
    body.number(seen.too_long);
}

/// The sections of a frame, to be asked for in the order in which they stand.
pub(super) struct Sections<'a> {
    rest: Bytes<'a>,
    names: Vec<&'a str>,
    /// Each a model, a project and a session among the names, and terms.
    labels: Vec<([usize; 3], Terms)>,
    /// Whether its writer had more to write.
    pub(super) follows: Follows,
}

impl<'a> Sections<'a> {
    pub(super) fn of(payload: &'a [u8]) -> Option<Self> {
        let mut rest = Bytes(payload);
        let follows = match rest.byte()? {
            0 => Follows::Nothing,
            _ => Follows::More,
        };
        let mut names = Vec::new();
        for _ in 0..rest.number()? {
            names.push(rest.text()?);
        }
        let mut labels = Vec::new();
        for _ in 0..rest.number()? {
            let mut name = || usize::try_from(rest.number()?).ok();
            let whose = [name()?, name()?, name()?];
            labels.push((whose, unpacked(u16::try_from(rest.number()?).ok()?)?));
        }
        Some(Self {
            rest,
            names,
            labels,
            follows,
        })
    }

    /// The table's numbers of the frame's labels; what is new among them is taken into the table's.
    fn numbers(&self, labels: &mut Labels) -> Option<Vec<u32>> {
        let names = self.names.iter().map(|name| labels.names.number(name));
        let names: Vec<u32> = names.collect();
        let numbers = self.labels.iter().map(|(whose, terms)| {
            let [model, project, session] = whose.map(|name| names.get(name).copied());
            Some(labels.number(Label {
                model: model?,
                project: project?,
                session: session?,
                terms: *terms,
            }))
        });
        numbers.collect()
    }

    fn next(&mut self) -> Option<(u64, Bytes<'a>)> {
        let items = self.rest.number()?;
        Some((items, Bytes(self.rest.bytes()?)))
    }

    pub(super) fn slots(&mut self, labels: &mut Labels, totals: &mut Totals) -> Option<()> {
        let (items, mut bytes) = self.next()?;
        if items == 0 {
            return Some(());
        }
        let numbers = self.numbers(labels)?;
        totals.make_room_for(usize::try_from(items).ok()?.min(MOST_RESPONSES));
        for _ in 0..items {
            totals.set(&Slot {
                quarter: u32::try_from(bytes.number()?).ok()?,
                label: label(&mut bytes, &numbers)?,
                tally: tally(&mut bytes, 0)?,
            });
        }
        Some(())
    }

    /// Steps over a section.
    pub(super) fn skip(&mut self) -> Option<()> {
        self.next().map(drop)
    }

    pub(super) fn files(&mut self, seen: &mut Map<Seen>) -> Option<()> {
        let (items, mut bytes) = self.next()?;
        seen.reserve(usize::try_from(items).ok()?.min(MOST_RESPONSES));
        for _ in 0..items {
            let path = bytes.fixed()?;
            if bytes.byte()? == 0 {
                seen.remove(&path);
            } else {
                seen.insert(path, one_seen(&mut bytes)?);
            }
        }
        Some(())
    }

    pub(super) fn responses(&mut self, table: &mut Table, since: u32) -> Option<()> {
        let (items, mut bytes) = self.next()?;
        let numbers = self.numbers(&mut table.labels)?;
        for _ in 0..items {
            let key = bytes.fixed()?;
            let flags = bytes.byte()?;
            let request = match flags & REQUEST {
                0 => 0,
                _ => bytes.short()?,
            };
            let twin = match flags & TWIN {
                0 => 0,
                _ => bytes.fixed()?,
            };
            let at = bytes.short()?;
            let label = label(&mut bytes, &numbers)?;
            let tally = bounded(&tally(&mut bytes, 1)?);
            let side = flags & SIDE != 0;
            let response = Response {
                request,
                twin,
                side,
                at,
                label,
                tally,
            };
            table.enter_since(since, key, &response);
        }
        Some(())
    }
}

fn label(bytes: &mut Bytes<'_>, numbers: &[u32]) -> Option<u32> {
    let number = usize::try_from(bytes.number()?).ok()?;
    numbers.get(number).copied()
}

fn one_seen(bytes: &mut Bytes<'_>) -> Option<Seen> {
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
