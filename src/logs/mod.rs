//! Local logs of coding agents: bytes in, exact usage out. No costs, no clock, no network, and no text of any prompt
//! leaves a parser.
//!
//! An agent is a value: where its logs lie, which files of them count, and what one of their lines means. [`Counter`]
//! reads what changed since the last look and keeps one entry a response, so that what was counted outlives the logs:
//! agents delete their transcripts after a month and rewrite them on resume, and a figure never falls because of it.
//!
//! Reading a file twice changes nothing. Everything else rests on that: a moved, restored or rewritten file, a damaged
//! index and two processes at once all end in reading again.

mod amp;
mod claude_cache;
mod claude_code;
mod codex;
mod copilot_cli;
mod counter;
mod database;
mod desk;
mod droid;
mod files;
mod gemini_cli;
mod gone;
mod index;
mod labels;
mod look;
mod numbers;
mod opencode;
mod pi;
mod reading;
mod response;
mod sight;
mod standing;
mod table;
mod told;
mod totals;
mod watching;

use std::path::{Path, PathBuf};

pub use counter::Counter;
pub use desk::{Ask, Desk, Seen, Surroundings};
pub use files::Places;
pub use sight::{Faults, Order, Progress, ResponseView};
pub use watching::Watch;

use crate::logs::reading::{Reader, Shape, Source};
use crate::logs::told::AskVendor;

/// Amp.
pub const AMP: &Agent = &amp::AGENT;
/// Claude Code.
pub const CLAUDE_CODE: &Agent = &claude_code::AGENT;
/// Codex.
pub const CODEX: &Agent = &codex::AGENT;
/// Copilot CLI.
pub const COPILOT_CLI: &Agent = &copilot_cli::AGENT;
/// Droid.
pub const DROID: &Agent = &droid::AGENT;
/// Gemini CLI.
pub const GEMINI_CLI: &Agent = &gemini_cli::AGENT;
/// OpenCode.
pub const OPENCODE: &Agent = &opencode::AGENT;
/// pi.
pub const PI: &Agent = &pi::AGENT;

/// Every agent whose logs are understood, by id.
pub const ALL: &[&Agent] = &[
    AMP,
    CLAUDE_CODE,
    CODEX,
    COPILOT_CLI,
    DROID,
    GEMINI_CLI,
    OPENCODE,
    PI,
];

/// A coding agent that keeps a log.
pub struct Agent {
    /// The id of its account, as users type it.
    pub id: &'static str,
    /// The name people read.
    pub name: &'static str,
    roots: fn(&Places<'_>) -> Vec<PathBuf>,
    shape: fn(&Path) -> Option<Shape>,
    reader: fn(&Source<'_>) -> Box<dyn Reader>,
    told: AskVendor,
}

impl Agent {
    /// Whether there is a place where its logs would lie.
    #[must_use]
    pub fn is_here(&self, places: &Places<'_>) -> bool {
        (self.roots)(places).iter().any(|root| root.exists())
    }
}
