//! `spendtray providers`: every provider, what it shows, which credential it needs, whether it is set up.

use clap::Args;
use serde::Serialize;

use crate::app::accounts::Planned;
use crate::cli::failure::{Ended, Failure};
use crate::cli::session::Session;
use crate::cli::status::json::SCHEMA;
use crate::cli::table::{Cell, Table};
use crate::providers::{Auth, Need, Provider};

/// List every provider: what it shows, which credential it needs, whether it is set up
#[derive(Debug, Args)]
pub(super) struct ProvidersArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct ProvidersJson {
    schema: u32,
    providers: Vec<ProviderJson>,
}

#[derive(Serialize)]
struct ProviderJson {
    id: &'static str,
    name: &'static str,
    shows: &'static str,
    credential: CredentialJson,
    hosts: &'static [&'static str],
    accounts: Vec<String>,
}

#[derive(Serialize)]
struct CredentialJson {
    kind: &'static str,
    required: bool,
    variables: &'static [&'static str],
    help: Option<&'static str>,
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &ProvidersArgs) -> Result<Ended, Failure> {
    let assembly = session.assembly()?;
    let planned = assembly.planned();
    if arguments.json {
        let providers = assembly
            .registry
            .iter()
            .map(|provider| json(provider, &planned));
        session.output.json(&ProvidersJson {
            schema: SCHEMA,
            providers: providers.collect(),
        })?;
        return Ok(Ended::Well);
    }
    let mut table = Table::new(&["PROVIDER", "CREDENTIAL", "ACCOUNTS", "SHOWS"]);
    for provider in assembly.registry {
        let accounts = accounts(provider, &planned);
        table.row(vec![
            provider.id.into(),
            credential(provider).into(),
            if accounts.is_empty() {
                Cell::unknown()
            } else {
                accounts.join(", ").into()
            },
            provider.shows.into(),
        ]);
    }
    session.output.data(&table.text(session.output.paint()))?;
    session
        .output
        .note("\nRun `spendtray login PROVIDER` to add an account; a variable that is set adds one by itself.");
    Ok(Ended::Well)
}

fn accounts(provider: &Provider, planned: &[Planned]) -> Vec<String> {
    planned
        .iter()
        .filter(|planned| planned.provider.id == provider.id)
        .map(|planned| planned.id().to_string())
        .collect()
}

fn credential(provider: &Provider) -> String {
    match provider.auth {
        Auth::None => "none".to_owned(),
        Auth::ApiKey { env, need, .. } => {
            let names = if env.is_empty() {
                "a key".to_owned()
            } else {
                env.join(" or ")
            };
            match need {
                Need::Required => names,
                Need::Optional => format!("{names} (optional)"),
            }
        }
    }
}

fn json(provider: &'static Provider, planned: &[Planned]) -> ProviderJson {
    let credential = match provider.auth {
        Auth::None => CredentialJson {
            kind: "none",
            required: false,
            variables: &[],
            help: None,
        },
        Auth::ApiKey { env, help, need } => CredentialJson {
            kind: "api_key",
            required: need == Need::Required,
            variables: env,
            help: Some(help),
        },
    };
    ProviderJson {
        id: provider.id,
        name: provider.name,
        shows: provider.shows,
        credential,
        hosts: provider.hosts,
        accounts: accounts(provider, planned),
    }
}
