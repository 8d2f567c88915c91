//! Everything a command or the resident process works with, made once at start from flags and environment.
//!
//! Making it asks no vendor and opens no ledger; a broken configuration file costs only itself.

use std::sync::Arc;

use crate::analysis::digest::AccountCard;
use crate::app::accounts::{Planned, Registry, planned};
use crate::app::ledger::Wish;
use crate::app::poller::Reach;
use crate::app::pricing::Prices;
use crate::app::settings::{Reload, Settings};
use crate::app::watcher;
use crate::clock::Clock;
use crate::config::paths::{Overrides, Paths};
use crate::config::{self, Accounts, ConfigError, KnownProvider, Loaded, environment};
use crate::domain::variables::Variables;
use crate::http::{Http, HttpError};
use crate::logs::{Desk, Surroundings};
use crate::providers::Kind;
use crate::secrets::vault::Vault;
use crate::store::{Store, StoreError};
use crate::system::autostart::Autostart;
use crate::system::steps::Steps;

/// The parts that commands and the resident process share.
pub struct Assembly {
    /// Places on disk.
    pub paths: Paths,
    /// The configuration as read, with its warnings.
    pub loaded: Loaded,
    /// Why the configuration file is not used. `None`: it is.
    pub config_error: Option<ConfigError>,
    /// Sentences on lines of `.env` that could not be read.
    pub dot_env_notes: Vec<String>,
    /// The way to the world.
    pub reach: Reach,
    /// The providers.
    pub registry: Registry,
    environment: Variables,
}

/// Why there is nothing to work with.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// No HTTP client.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// No settings at all.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Assembly {
    /// Puts the parts together.
    ///
    /// # Errors
    /// When TLS cannot be set up, or not even the defaults can be used.
    pub fn new(
        environment: Variables,
        overrides: &Overrides,
        registry: Registry,
    ) -> Result<Self, AssemblyError> {
        let paths = Paths::find(&environment, overrides);
        let mut variables = environment.clone();
        let dot_env_notes = environment::add_dot_env(&mut variables, &paths.config_file);
        let (loaded, config_error) =
            match config::load(&paths.config_file, &variables, &known(registry)) {
                Ok(loaded) => (loaded, None),
                Err(error) => (config::defaults(&variables)?, Some(error)),
            };
        let clock = clock(&variables);
        let variables = Arc::new(variables);
        let logs = Desk::new(Surroundings {
            home: paths.home.clone(),
            config_home: paths.config_home.clone(),
            variables: Arc::clone(&variables),
            indexes: paths.state.join("agents"),
        });
        let reach = Reach {
            logs: Arc::new(logs),
            prices: Arc::new(Prices::new(&paths.cache, loaded.config.prices.clone())),
            http: Http::new(loaded.config.http_log.as_deref(), &clock)?,
            clock,
            steps: Steps::default(),
            vault: Arc::new(Vault::new(paths.secrets_file())),
            variables,
        };
        Ok(Self {
            paths,
            loaded,
            config_error,
            dot_env_notes,
            reach,
            registry,
            environment,
        })
    }

    /// The accounts to poll.
    #[must_use]
    pub fn planned(&self) -> Vec<Planned> {
        planned(
            &self.loaded.config,
            &self.reach.variables,
            self.registry,
            &|id| self.reach.logs.has(id),
        )
    }

    /// What the digest is told about them.
    #[must_use]
    pub fn cards(&self) -> Vec<AccountCard> {
        self.planned().iter().map(Planned::card).collect()
    }

    /// The ledger that is wanted: flag or variable, configuration, default file.
    #[must_use]
    pub fn ledger(&self) -> Wish {
        wish(&self.paths, &self.loaded.config)
    }

    /// Opens it.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn store(&self) -> Result<Store, StoreError> {
        self.ledger().open().await
    }

    /// The settings in force, for the engine.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let broken = self.config_error.iter().map(ConfigError::for_now);
        Settings {
            ledger: self.ledger(),
            config: self.loaded.config.clone(),
            variables: self.reach.variables.as_ref().clone(),
            notes: broken
                .chain(notes(&self.loaded, &self.dot_env_notes))
                .collect(),
        }
    }

    /// How the settings are read again.
    #[must_use]
    pub fn reload(&self) -> Reload {
        let (paths, environment, registry) =
            (self.paths.clone(), self.environment.clone(), self.registry);
        Box::new(move || {
            let mut variables = environment.clone();
            let dot_env_notes = environment::add_dot_env(&mut variables, &paths.config_file);
            let loaded = config::load(&paths.config_file, &variables, &known(registry))
                .map_err(|error| error.to_string())?;
            Ok(Settings {
                ledger: wish(&paths, &loaded.config),
                notes: notes(&loaded, &dot_env_notes),
                config: loaded.config,
                variables,
            })
        })
    }

    /// Start at login for this very program.
    #[must_use]
    pub fn autostart(&self) -> Autostart {
        let program = std::env::current_exe().unwrap_or_else(|_| "spendtray".into());
        Autostart::new(program, &self.paths.config_home, &self.paths.home)
    }
}

fn wish(paths: &Paths, config: &config::Config) -> Wish {
    let named = paths
        .ledger_override
        .clone()
        .or_else(|| config.ledger.clone());
    let url = named.unwrap_or_else(|| Store::url_of(&paths.ledger_file()));
    Wish {
        watcher: watcher::name(&paths.state, &url),
        url,
    }
}

fn notes(loaded: &Loaded, dot_env_notes: &[String]) -> Vec<String> {
    loaded
        .warnings
        .iter()
        .map(ToString::to_string)
        .chain(dot_env_notes.iter().cloned())
        .collect()
}

/// The providers as the configuration must know them.
#[must_use]
pub fn known(registry: Registry) -> Vec<KnownProvider> {
    registry
        .iter()
        .map(|provider| KnownProvider {
            id: provider.id,
            options: provider.options.iter().map(|(name, _)| *name).collect(),
            accounts: match provider.kind {
                Kind::AgentLog => Accounts::One,
                Kind::BilledApi | Kind::Subscription | Kind::Market => Accounts::Many,
            },
        })
        .collect()
}

/// The system's time, or from `SPENDTRAY_NOW` on: for transcripts that must not change with the day.
#[must_use]
pub fn clock(variables: &Variables) -> Clock {
    variables
        .get("SPENDTRAY_NOW")
        .and_then(|text| text.parse().ok())
        .map_or_else(Clock::system, Clock::starting_at)
}
