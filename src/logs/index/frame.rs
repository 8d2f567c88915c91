//! A frame being written: names and labels get numbers of its own, so that each frame can be read alone.

use std::collections::HashMap;
use std::io::{self, Write};

use spendtray_skim::hashing::sum;

use crate::logs::index::body::{write_response, write_seen, write_slot};
use crate::logs::index::{HEAD, Known, MAGIC, NOW, Seen};
use crate::logs::labels::{Labels, packed};
use crate::logs::response::Response;
use crate::logs::totals::Slot;
use spendtray_skim::codec::Writer;

/// More responses than this are not put into one frame.
pub(in crate::logs) const MOST_RESPONSES: usize = 2048;

/// Whether a writing ends with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::logs) enum Follows {
    /// It does.
    Nothing,
    /// It goes on: an index that ends here was cut.
    More,
}

/// A frame being written.
pub(in crate::logs) struct Frame<'a> {
    labels: &'a Labels,
    names: Local,
    label_numbers: Local,
    texts: Writer,
    label_bodies: Writer,
    sections: [Section; 3],
}

/// Numbers of this frame by those of the table.
#[derive(Default)]
struct Local {
    numbers: HashMap<u32, u32>,
    last: Option<(u32, u32)>,
}

impl Local {
    /// The frame's number, and whether it is new.
    fn number(&mut self, outside: u32) -> (u32, bool) {
        if let Some((known, number)) = self.last
            && known == outside
        {
            return (number, false);
        }
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(outside).or_insert(next);
        self.last = Some((outside, number));
        (number, number == next)
    }
}

#[derive(Default)]
struct Section {
    items: u64,
    body: Writer,
}

impl<'a> Frame<'a> {
    pub(in crate::logs) fn new(labels: &'a Labels) -> Self {
        Self {
            labels,
            names: Local::default(),
            label_numbers: Local::default(),
            texts: Writer::default(),
            label_bodies: Writer::default(),
            sections: Default::default(),
        }
    }

    fn label(&mut self, outside: u32) -> u64 {
        let (number, is_new) = self.label_numbers.number(outside);
        if is_new {
            let label = self.labels.get(outside);
            for name in [label.model, label.project, label.session] {
                let (number, is_new) = self.names.number(name);
                if is_new {
                    self.texts.bytes(self.labels.names.text(name).as_bytes());
                }
                self.label_bodies.number(u64::from(number));
            }
            self.label_bodies.number(u64::from(packed(label.terms)));
        }
        u64::from(number)
    }

    pub(in crate::logs) fn slot(&mut self, slot: &Slot) {
        let label = self.label(slot.label);
        let [slots, _, _] = &mut self.sections;
        slots.items += 1;
        write_slot(&mut slots.body, slot, label);
    }

    /// A file by the hash of its path; `None`: it is gone.
    pub(in crate::logs) fn file(&mut self, path: u64, seen: Option<&Seen>) {
        let [_, files, _] = &mut self.sections;
        files.items += 1;
        write_seen(&mut files.body, path, seen);
    }

    pub(in crate::logs) fn response(&mut self, key: u64, response: &Response) {
        let label = self.label(response.label);
        let [_, _, responses] = &mut self.sections;
        responses.items += 1;
        write_response(&mut responses.body, key, response, label);
    }

    /// The frame as it is written; whether the writer has more to write, without which it says nothing.
    pub(in crate::logs) fn bytes(&self, follows: Follows) -> Vec<u8> {
        let mut payload = Writer::default();
        payload.byte(u8::from(follows == Follows::More));
        payload.number(self.names.numbers.len() as u64);
        payload.0.extend(&self.texts.0);
        payload.number(self.label_numbers.numbers.len() as u64);
        payload.0.extend(&self.label_bodies.0);
        for section in &self.sections {
            payload.number(section.items);
            payload.bytes(&section.body.0);
        }
        let length = u32::try_from(payload.0.len()).unwrap_or(u32::MAX);
        let mut frame = Vec::with_capacity(HEAD + payload.0.len());
        frame.extend(MAGIC);
        frame.push(NOW);
        frame.extend(length.to_le_bytes());
        frame.extend(sum(&payload.0).to_le_bytes());
        frame.append(&mut payload.0);
        frame
    }
}

/// Writes all that is known: responses, then their totals, then the marks.
pub(super) fn all(known: &Known, into: &mut impl Write) -> io::Result<()> {
    let labels = &known.table.labels;
    let responses = known.table.responses();
    frames(labels, into, responses, |frame, (key, response)| {
        frame.response(key, &response);
    })?;
    frames(labels, into, known.totals.told(), |frame, slot| {
        frame.slot(slot);
    })?;
    let mut files: Vec<_> = known.seen.iter().collect();
    files.sort_unstable_by_key(|(path, _)| **path);
    frames(labels, into, files.into_iter(), |frame, (path, seen)| {
        frame.file(*path, Some(seen));
    })?;
    into.write_all(&Frame::new(labels).bytes(Follows::Nothing))
}

fn frames<T>(
    labels: &Labels,
    into: &mut impl Write,
    mut items: impl Iterator<Item = T>,
    put: impl Fn(&mut Frame<'_>, T),
) -> io::Result<()> {
    loop {
        let mut frame = Frame::new(labels);
        let mut count = 0;
        for item in items.by_ref().take(MOST_RESPONSES) {
            put(&mut frame, item);
            count += 1;
        }
        if count == 0 {
            return Ok(());
        }
        into.write_all(&frame.bytes(Follows::More))?;
    }
}
