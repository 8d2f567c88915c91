//! The demo: invented accounts from simulated vendors on loopback, in a throw-away home.
//!
//! It needs no key and no network, and writes nothing of the user's.

use std::io;
use std::sync::Arc;

use crate::app::assembly::{Assembly, AssemblyError};
use crate::app::pricing::Prices;
use crate::clock::Clock;
use crate::config::paths::{Overrides, Paths};
use crate::domain::variables::Variables;
use crate::providers;
use crate::secrets::vault::Vault;
use crate::simulator::Simulator;

/// Decides the invented month; always the same, so that every demo tells the same story.
const SEED: u64 = 20_261_123;

/// What the demo's process must hold on to.
#[derive(Debug)]
pub struct Demo {
    /// The vendors.
    pub simulator: Simulator,
    home: tempfile::TempDir,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No loopback port or no temporary folder.
    #[error("the demo needs a port on loopback and a temporary folder: {0}")]
    Place(#[from] io::Error),
    /// The parts do not fit together.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
}

/// Starts the vendors and puts together what works on them. The environment is the user's; of it only what the
/// desktop needs is kept.
///
/// # Errors
/// [`DemoError`].
pub async fn start(environment: &Variables, clock: Clock) -> Result<(Assembly, Demo), DemoError> {
    let simulator = Simulator::start(clock, SEED).await?;
    let home = tempfile::Builder::new()
        .prefix("spendtray-demo-")
        .tempdir()?;
    // With nothing but a home told, everything lies in it, wherever this system keeps what.
    let mut variables = vec![(
        "HOME".to_owned(),
        home.path().to_string_lossy().into_owned(),
    )];
    variables.extend(kept(environment));
    variables.extend(simulator.variables());
    let variables: Variables = variables.into_iter().collect();
    let config_file = Paths::find(&variables, &Overrides::default()).config_file;
    if let Some(folder) = config_file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&config_file, simulator.config_toml())?;
    let mut assembly = Assembly::new(variables, &Overrides::default(), providers::ALL)?;
    assembly.reach.prices = Arc::new(Prices::bundled());
    // The user's own secret store is neither read nor asked.
    assembly.reach.vault = Arc::new(Vault::file_only(assembly.paths.secrets_file()));
    Ok((assembly, Demo { simulator, home }))
}

/// What says where the desktop is, when and in which zone it is.
fn kept(environment: &Variables) -> Vec<(String, String)> {
    [
        "TZ",
        "XDG_CURRENT_DESKTOP",
        "XDG_RUNTIME_DIR",
        "SPENDTRAY_NOW",
    ]
    .into_iter()
    .filter_map(|name| {
        environment
            .get(name)
            .map(|value| (name.to_owned(), value.to_owned()))
    })
    .collect()
}

impl Demo {
    /// The throw-away home.
    #[must_use]
    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }
}
