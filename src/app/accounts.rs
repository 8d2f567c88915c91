//! Who is polled: the accounts of the configuration, and those that appear by themselves.
//!
//! Pure: configuration, variables and registry in, accounts out; whether there are logs is asked. Whether a credential really is in the secret
//! store is found out when polling.

use crate::analysis::digest::{AccountCard, AccountShape};
use crate::config::{AccountConfig, Config, Switch};
use crate::domain::account::{Account, AccountId, CredentialPlace, Options};
use crate::domain::money::Currency;
use crate::domain::variables::Variables;
use crate::providers::{Appears, Auth, Kind, Provider};

/// Every provider the program knows; tests bring their own.
pub type Registry = &'static [&'static Provider];

/// An agent's logs are looked at, and that is kept, at least so often.
pub(super) const LOOKED_AT: std::time::Duration = std::time::Duration::from_mins(10);

/// An account with its provider.
#[derive(Clone)]
pub struct Planned {
    /// The account.
    pub account: Account,
    /// Who answers.
    pub provider: &'static Provider,
}

impl Planned {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &AccountId {
        &self.account.id
    }

    /// What the digest is told about it.
    #[must_use]
    pub fn card(&self) -> AccountCard {
        AccountCard {
            id: self.account.id.clone(),
            label: self.account.label.clone(),
            every: self.promised(),
            dashboard: self.provider.links.dashboard.map(str::to_owned),
            top_up: self.provider.links.top_up.map(str::to_owned),
            shape: if self.provider.kind == Kind::Market {
                AccountShape::Market
            } else {
                AccountShape::Spending
            },
        }
    }

    /// How old its figures may be. A look at logs that brought nothing is kept every few minutes only.
    fn promised(&self) -> std::time::Duration {
        match self.provider.kind {
            Kind::AgentLog => self.account.every.max(LOOKED_AT),
            Kind::BilledApi | Kind::Subscription | Kind::Market => self.account.every,
        }
    }

    /// The environment variables that may hold its credential, best first.
    #[must_use]
    pub fn variable_names(&self) -> &'static [&'static str] {
        match self.provider.auth {
            Auth::ApiKey { env, .. } => env,
            Auth::None => &[],
        }
    }
}

/// The accounts to poll: configured ones first, in the file's order, then those that appear by themselves. `has_logs`
/// says whether an agent, by its provider's id, has logs on this machine.
#[must_use]
pub fn planned(
    config: &Config,
    variables: &Variables,
    registry: Registry,
    has_logs: &dyn Fn(&str) -> bool,
) -> Vec<Planned> {
    let mut planned: Vec<Planned> = config
        .accounts
        .iter()
        .filter(|account| account.enabled == Switch::On)
        .filter_map(|account| configured(config, account, registry))
        .collect();
    for provider in registry
        .iter()
        .filter(|provider| provider.appears == Appears::WithCredential)
    {
        let found = names_in_environment(provider, config, variables)
            .into_iter()
            .map(|name| AccountId::new(provider.id.into(), name.as_deref()))
            .filter(|id| !config.accounts.iter().any(|account| account.id == *id))
            .map(|id| appeared(config, provider, id));
        planned.extend(found.collect::<Vec<_>>());
    }
    for provider in registry
        .iter()
        .filter(|provider| provider.appears == Appears::WithLogs)
    {
        if !is_configured(config, provider) && has_logs(provider.id) {
            let id = AccountId::new(provider.id.into(), None);
            planned.push(appeared(config, provider, id));
        }
    }
    for provider in registry {
        if wanted_unasked(provider, config, &planned) && !is_configured(config, provider) {
            planned.push(appeared(
                config,
                provider,
                AccountId::new(provider.id.into(), None),
            ));
        }
    }
    planned
}

/// The agents whose accounts would appear if their logs did, by their providers' ids.
pub(super) fn awaited(
    config: &Config,
    registry: Registry,
    planned: &[Planned],
) -> Vec<&'static str> {
    let is_awaited = |provider: &&&Provider| {
        provider.appears == Appears::WithLogs
            && !is_configured(config, provider)
            && !planned.iter().any(|known| known.provider.id == provider.id)
    };
    let awaited = registry.iter().filter(is_awaited);
    awaited.map(|provider| provider.id).collect()
}

fn is_configured(config: &Config, provider: &Provider) -> bool {
    config
        .accounts
        .iter()
        .any(|account| account.id.provider().as_str() == provider.id)
}

fn wanted_unasked(provider: &Provider, config: &Config, planned: &[Planned]) -> bool {
    match provider.appears {
        Appears::WithCredential | Appears::WithLogs => false,
        Appears::WithCoins => {
            !config.policy.holdings.is_empty()
                || planned.iter().any(|other| !other.provider.coins.is_empty())
        }
        Appears::WithForeignCurrency => {
            config.policy.currency != Currency::USD && !planned.is_empty()
        }
    }
}

/// The account names whose variables are set: none for `NAME`, `1` for `NAME_1` and so on. A variable that a
/// configured account names as its own makes no other account appear.
fn names_in_environment(
    provider: &Provider,
    config: &Config,
    variables: &Variables,
) -> Vec<Option<String>> {
    let Auth::ApiKey { env, .. } = provider.auth else {
        return Vec::new();
    };
    let taken = |name: &str| {
        config.accounts.iter().any(|account| {
            matches!(&account.credential, CredentialPlace::Environment(taken) if taken == name)
        })
    };
    let is_free = |name: &str| variables.get(name).is_some() && !taken(name);
    let mut names = Vec::new();
    if env.iter().any(|name| is_free(name)) {
        names.push(None);
    }
    let numbered = |number: &u32| env.iter().any(|name| is_free(&format!("{name}_{number}")));
    names.extend(
        (1..=99)
            .filter(numbered)
            .map(|number: u32| Some(number.to_string())),
    );
    names
}

fn configured(config: &Config, account: &AccountConfig, registry: Registry) -> Option<Planned> {
    let provider = registry
        .iter()
        .find(|provider| provider.id == account.id.provider().as_str())?;
    let credential = match (&account.credential, provider.auth) {
        (CredentialPlace::Keyring, Auth::None) => CredentialPlace::None,
        (place, _) => place.clone(),
    };
    Some(Planned {
        account: Account {
            id: account.id.clone(),
            label: account
                .label
                .clone()
                .unwrap_or_else(|| label(provider, &account.id)),
            every: account.refresh.or(config.refresh).unwrap_or(provider.every),
            credential,
            base_url: account.base_url.clone(),
            options: options(config, provider, account.options.clone()),
        },
        provider,
    })
}

fn appeared(config: &Config, provider: &'static Provider, id: AccountId) -> Planned {
    let credential = if provider.auth == Auth::None {
        CredentialPlace::None
    } else {
        CredentialPlace::Keyring
    };
    Planned {
        account: Account {
            label: label(provider, &id),
            id,
            every: every(config, provider),
            credential,
            base_url: None,
            options: options(config, provider, Options::new()),
        },
        provider,
    }
}

/// Market sources are not asked more often than they like; logs cost nothing and are looked at as often as they grow.
fn every(config: &Config, provider: &Provider) -> std::time::Duration {
    let wished = config.refresh.unwrap_or(provider.every);
    match provider.kind {
        Kind::Market => wished.max(provider.every),
        Kind::AgentLog => wished.min(provider.every),
        Kind::BilledApi | Kind::Subscription => wished,
    }
}

/// The user's currency reaches the market sources that understand it, unless the account says otherwise.
fn options(config: &Config, provider: &Provider, mut options: Options) -> Options {
    let understands = |name: &str| provider.options.iter().any(|(option, _)| *option == name);
    let currency = config.policy.currency;
    if understands("currencies") && currency != Currency::USD {
        options
            .entry("currencies".to_owned())
            .or_insert_with(|| vec!["usd".to_owned(), currency.code().to_ascii_lowercase()]);
    }
    if understands("symbols") && currency != Currency::USD {
        options
            .entry("symbols".to_owned())
            .or_insert_with(|| vec![currency.code().to_owned()]);
    }
    options
}

fn label(provider: &Provider, id: &AccountId) -> String {
    id.name().map_or_else(
        || provider.name.to_owned(),
        |name| format!("{} ({name})", provider.name),
    )
}
