//! `spendtray logout`: forgets a stored key and switches the account off. Its history stays in the ledger.

use clap::Args;

use crate::app::assembly::Assembly;
use crate::cli::failure::{Ended, Failure};
use crate::cli::selection;
use crate::cli::session::{Session, knock};
use crate::config::{Switch, edit};
use crate::domain::account::{AccountId, CredentialPlace};
use crate::providers::{Auth, Provider};

/// Forget an account's key and switch the account off
///
/// What the ledger knows of it stays. Where nothing was stored, that is said and the exit code is 0: the
/// outcome is the one that was asked for.
#[derive(Debug, Args)]
pub(super) struct LogoutArgs {
    /// The account: `venice` or `venice/work`
    #[arg(value_name = "PROVIDER[/NAME]")]
    account: String,
}

/// Runs the command.
pub(super) async fn run(session: &Session, arguments: &LogoutArgs) -> Result<Ended, Failure> {
    let assembly = session.assembly_to_change()?;
    let account = AccountId::parse(&arguments.account);
    let provider = selection::provider(assembly.registry, account.provider().as_str())?;
    let places = assembly.reach.vault.forget(&account).await?;
    if places.is_empty() {
        session
            .output
            .note(&format!("No key is stored for {account}."));
    } else {
        session.output.note(&format!(
            "The key for {account} is removed from {}.",
            places.join(" and ")
        ));
    }
    if selection::known(&assembly).contains(&account) {
        edit::switch_account(&assembly.paths.config_file, &account, Switch::Off)?;
        session
            .output
            .note(&format!("The account {account} is switched off."));
    }
    for remains in elsewhere(&assembly, provider, &account) {
        session.output.warn(&format!(
            "{remains} still holds a key for {account}; it is not used as long as the account is switched off"
        ));
    }
    knock(&assembly);
    Ok(Ended::Well)
}

/// The places that hold a key and are not ours to clean.
fn elsewhere(assembly: &Assembly, provider: &Provider, account: &AccountId) -> Vec<String> {
    let configured = assembly
        .loaded
        .config
        .accounts
        .iter()
        .find(|configured| configured.id == *account)
        .map(|configured| &configured.credential);
    match configured {
        Some(CredentialPlace::Environment(name)) => {
            let set = assembly.reach.variables.get(name).is_some();
            set.then(|| format!("the variable {name}"))
                .into_iter()
                .collect()
        }
        Some(place @ (CredentialPlace::File(_) | CredentialPlace::Command(_))) => {
            vec![format!("`{place}`")]
        }
        _ => variables_of(provider, account)
            .into_iter()
            .filter(|name| assembly.reach.variables.get(name).is_some())
            .map(|name| format!("the variable {name}"))
            .collect(),
    }
}

/// The variables an account's key may be in: `NAME`, or `NAME_1` for the account named `1`.
fn variables_of(provider: &Provider, account: &AccountId) -> Vec<String> {
    let Auth::ApiKey { env, .. } = provider.auth else {
        return Vec::new();
    };
    match account.name() {
        None => env.iter().map(|name| (*name).to_owned()).collect(),
        Some(number) => env.iter().map(|name| format!("{name}_{number}")).collect(),
    }
}
