//! What an engine is made of: the channels and places it was given.

use std::path::PathBuf;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::accounts::Registry;
use crate::app::ledger::Ledger;
use crate::app::message::Update;
use crate::app::poller::Reach;
use crate::app::settings::{GiveBack, ReadAutostart, Reload, Settings};

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
    /// Called at rest, when the connections of a round are closed.
    pub give_back: GiveBack,
    /// The file that "Settings…" opens.
    pub config_file: PathBuf,
}
