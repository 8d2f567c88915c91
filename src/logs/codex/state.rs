//! What is known of a rollout up to a line, and how it is kept between two looks.

use crate::domain::agent::Speed;
use crate::logs::codex::wire::Totals;
use spendtray_skim::codec::{Bytes, Writer};

/// What is known of a rollout up to a line.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    /// The thread's id. Empty: its head has not been seen.
    pub(super) thread: String,
    pub(super) project: String,
    pub(super) model: String,
    pub(super) speed: Speed,
    /// The last totals. `None`: there were none yet.
    pub(super) totals: Option<Totals>,
    /// Whether records were seen: totals are only the baseline then.
    pub(super) records: bool,
    /// A fork's creation in seconds while its parent's events are replayed.
    pub(super) replaying: Option<i64>,
    pub(super) parent: String,
}

const SPEEDS: [Speed; 4] = [
    Speed::Standard,
    Speed::Priority,
    Speed::Flex,
    Speed::Unknown,
];

impl State {
    pub(super) fn written(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        for text in [&self.thread, &self.project, &self.model] {
            writer.bytes(text.as_bytes());
        }
        let speed = SPEEDS.iter().position(|speed| *speed == self.speed);
        writer.byte(u8::try_from(speed.unwrap_or(0)).unwrap_or(0));
        writer.byte(u8::from(self.records));
        for total in self.totals.iter().flatten() {
            writer.number(*total);
        }
        writer.0
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let mut state = Self::default();
        for place in [&mut state.thread, &mut state.project, &mut state.model] {
            bytes.text()?.clone_into(place);
        }
        state.speed = *SPEEDS.get(usize::from(bytes.byte()?))?;
        state.records = bytes.byte()? != 0;
        if !bytes.0.is_empty() {
            let mut totals = Totals::default();
            for total in &mut totals {
                *total = bytes.number()?;
            }
            state.totals = Some(totals);
        }
        Some(state)
    }
}
