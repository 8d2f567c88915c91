//! What every command starts from: the environment, the places the user named, and the streams.

use crate::app::assembly::{self, Assembly};
use crate::cli::arguments::Globals;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Talk};
use crate::clock::Clock;
use crate::config::environment;
use crate::config::paths::Overrides;
use crate::domain::variables::Variables;
use crate::logging::{self, Verbosity};
use crate::providers;
use crate::store::{Store, StoreError};
use crate::system::instance::{self, Claim};

/// The ledger of a single look.
const IN_MEMORY: &str = "sqlite::memory:";

/// One run of the program.
#[derive(Debug)]
pub(super) struct Session {
    /// The process's environment.
    pub(super) environment: Variables,
    /// What the command line says about places.
    pub(super) overrides: Overrides,
    /// The streams.
    pub(super) output: Output,
    /// How much is logged.
    pub(super) verbosity: Verbosity,
}

impl Session {
    /// Reads the environment.
    pub(super) fn new(globals: &Globals) -> Self {
        let environment = environment::capture();
        let (talk, verbosity) = match (globals.quiet, globals.verbose) {
            (true, _) => (Talk::Quiet, Verbosity::Quiet),
            (false, 0) => (Talk::Normal, Verbosity::Normal),
            (false, 1) => (Talk::Normal, Verbosity::Verbose),
            (false, _) => (Talk::Normal, Verbosity::Debug),
        };
        Self {
            output: Output::new(talk, globals.color, environment.get("NO_COLOR")),
            overrides: Overrides {
                config: globals.config.clone(),
                ledger: globals.ledger.clone(),
            },
            environment,
            verbosity,
        }
    }

    /// Sends the log to standard error, as commands do.
    pub(super) fn log_to_stderr(&self) {
        logging::to_stderr(self.verbosity);
    }

    /// The time: the system's, or from `SPENDTRAY_NOW` on.
    pub(super) fn clock(&self) -> Clock {
        assembly::clock(&self.environment)
    }

    /// The parts that work together, without a word on what is wrong with the configuration.
    pub(super) fn assembly_in_silence(&self) -> Result<Assembly, Failure> {
        Ok(Assembly::new(
            self.environment.clone(),
            &self.overrides,
            providers::ALL,
        )?)
    }

    /// The parts that work together; what is wrong with the configuration is said, and costs only itself.
    pub(super) fn assembly(&self) -> Result<Assembly, Failure> {
        let assembly = self.assembly_in_silence()?;
        if let Some(error) = &assembly.config_error {
            self.output.warn(&error.for_now());
        }
        for warning in &assembly.loaded.warnings {
            self.output.warn(&warning.to_string());
        }
        for note in &assembly.dot_env_notes {
            self.output.warn(note);
        }
        Ok(assembly)
    }

    /// The parts for a command that changes the configuration: a broken file is refused, never changed.
    pub(super) fn assembly_to_change(&self) -> Result<Assembly, Failure> {
        let assembly = self.assembly_in_silence()?;
        match assembly.config_error {
            Some(error) => Err(error.into()),
            None => Ok(assembly),
        }
    }

    /// Opens the ledger; one that cannot be written is said.
    pub(super) async fn store(&self, assembly: &Assembly) -> Result<Store, Failure> {
        let store = assembly.store().await?;
        if let Some(reason) = store.read_only_reason() {
            self.output.warn(&reason);
        }
        Ok(store)
    }

    /// Opens the ledger for a look at the figures. Where its file cannot be had, memory takes its place: whoever may
    /// write nowhere sees his figures all the same. Other trouble is for people to mend first.
    pub(super) async fn store_for_a_look(&self, assembly: &Assembly) -> Result<Store, Failure> {
        match assembly.store().await {
            Err(error @ StoreError::Open { .. }) if Store::is_in_a_file(&assembly.ledger().url) => {
                self.output.warn(&format!(
                    "{error}. Until then each look asks the vendors anew and nothing is kept."
                ));
                Ok(Store::open(IN_MEMORY).await?)
            }
            _ => self.store(assembly).await,
        }
    }
}

/// Tells the resident process, when there is one, that something has changed.
pub(super) fn knock(assembly: &Assembly) {
    match instance::claim(&assembly.paths.state) {
        Ok(Claim::Running) => tracing::info!("the resident process was told to look again"),
        // Nobody is resident: the place is left as it was found.
        Ok(Claim::First(_place)) => {}
        Err(error) => tracing::info!(%error, "the resident process could not be told"),
    }
}
