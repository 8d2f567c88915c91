//! The settings in force and how they are read again: what the engine and its desk both go by.

use crate::app::ledger::Wish;
use crate::config::Config;
use crate::domain::variables::Variables;
use crate::view::menu::Checked;

/// The settings in force, and sentences on what is wrong with them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The ledger that is wanted.
    pub ledger: Wish,
    /// The configuration.
    pub config: Config,
    /// The environment with `.env`.
    pub variables: Variables,
    /// What was wrong and what was used instead, one sentence each.
    pub notes: Vec<String>,
}

/// Reads the settings again; the error is one sentence that names file and line.
pub type Reload = Box<dyn FnMut() -> Result<Settings, String> + Send>;

/// Reads whether the program starts at login. `None`: it cannot be told here.
pub type ReadAutostart = Box<dyn Fn() -> Option<Checked> + Send>;

/// Gives back to the system the memory that a round of polls took.
pub type GiveBack = Box<dyn Fn() + Send>;
