//! Local logs of coding agents: bytes in, exact usage out. No costs, no clock, no network, and no text of any prompt
//! leaves a parser.
//!
//! An agent is a value: where its logs lie, which files of them count, and what one of their lines means. [`Counter`]
//! reads what changed since the last look and keeps one entry a response, so that what was counted outlives the logs:
//! agents delete their transcripts after a month and rewrite them on resume, and a figure never falls because of it.
//!
//! Reading a file twice changes nothing. Everything else rests on that: a moved, restored or rewritten file, a damaged
//! index and two processes at once all end in reading again.

mod claude_cache;
mod claude_code;
mod codec;
mod codex;
mod counter;
mod database;
mod desk;
mod files;
mod gemini_cli;
mod index;
mod numbers;
mod opencode;
mod reading;
mod scan;
mod skim;
mod table;
mod told;

use std::path::{Path, PathBuf};

pub use counter::{Counter, Faults, Progress, ResponseView};
pub use desk::{Ask, Desk, Seen, Surroundings};
pub use files::Places;

use crate::logs::reading::{Reader, Shape, Source};
use crate::logs::told::AskVendor;

/// Claude Code.
pub const CLAUDE_CODE: &Agent = &claude_code::AGENT;
/// Codex.
pub const CODEX: &Agent = &codex::AGENT;
/// Gemini CLI.
pub const GEMINI_CLI: &Agent = &gemini_cli::AGENT;
/// OpenCode.
pub const OPENCODE: &Agent = &opencode::AGENT;

/// Every agent whose logs are understood, by id.
pub const ALL: &[&Agent] = &[CLAUDE_CODE, CODEX, GEMINI_CLI, OPENCODE];

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
