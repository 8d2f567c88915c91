//! What an engine is made of: settings in force, and the channels and places it was given.

use std::path::PathBuf;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::accounts::Registry;
use crate::app::ledger::{Ledger, Wish};
use crate::app::message::Update;
use crate::app::poller::Reach;
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

/// What an engine is made of.
pub struct Parts {
    /// The way to the world.
    pub reach: Reach,
    /// The ledger.
    pub ledger: Ledger,
    /// The providers.
    pub registry: Registry,
    /// The settings at start.
    pub settings: Settings,
    /// How they are read again.
    pub reload: Reload,
    /// Where updates go.
    pub updates: UnboundedSender<Update>,
    /// Reads whether the program starts at login.
    pub autostart: ReadAutostart,
    /// The file that "Settings…" opens.
    pub config_file: PathBuf,
}
