//! `spendtray accounts rename`: another name in the configuration; a stored key moves along.

use crate::cli::failure::{Ended, Failure};
use crate::cli::selection;
use crate::cli::session::{Session, knock};
use crate::config::edit;
use crate::domain::account::{AccountId, CredentialPlace};
use crate::domain::variables::Variables;
use crate::secrets::vault::Wanted;

pub(super) async fn run(session: &Session, account: &str, name: &str) -> Result<Ended, Failure> {
    let assembly = session.assembly_to_change()?;
    let from = selection::exactly(&assembly, account)?;
    let to = renamed(&from, name)?;
    if from == to {
        session
            .output
            .note(&format!("The account is called {to} already."));
        return Ok(Ended::Well);
    }
    if selection::known(&assembly).contains(&to) {
        return Err(Failure::usage(format!("there is an account {to} already"))
            .hinted("Choose another name; `spendtray accounts` lists those in use."));
    }
    let vault = &assembly.reach.vault;
    // Only what is stored under the old id: a key in the environment is found by its own name.
    let stored = vault
        .lookup(Wanted {
            account: &from,
            place: &CredentialPlace::Keyring,
            names: &[],
            variables: &Variables::default(),
        })
        .await?;
    if let Some(found) = &stored {
        vault.keep(&to, &found.secret).await?;
    }
    if let Err(error) = edit::rename_account(&assembly.paths.config_file, &from, &to) {
        if stored.is_some() {
            vault.forget(&to).await?;
        }
        return Err(error.into());
    }
    if stored.is_some() {
        vault.forget(&from).await?;
    }
    session
        .output
        .note(&format!("The account {from} is now {to}."));
    knock(&assembly);
    Ok(Ended::Well)
}

/// The new id: a bare name, a whole id of the same provider, or the provider alone for no name.
fn renamed(from: &AccountId, name: &str) -> Result<AccountId, Failure> {
    let provider = from.provider();
    let to = if name.contains('/') || name == provider.as_str() {
        AccountId::parse(name)
    } else {
        AccountId::new(provider.clone(), Some(name))
    };
    if to.provider() != provider {
        return Err(
            Failure::usage(format!("{from} is an account of {provider} and stays one")).hinted(
                format!(
                    "To add one elsewhere, run `spendtray login {}`.",
                    to.provider()
                ),
            ),
        );
    }
    crate::cli::login::check_name(&to)?;
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(name: &str) -> Option<String> {
        renamed(&AccountId::parse("venice/work"), name)
            .ok()
            .map(|id| id.to_string())
    }

    #[test]
    fn a_new_name_may_be_bare_or_a_whole_id_or_none() {
        assert_eq!(to("home").as_deref(), Some("venice/home"));
        assert_eq!(to("venice/home").as_deref(), Some("venice/home"));
        assert_eq!(to("venice").as_deref(), Some("venice"));
        assert_eq!(to("openai/home"), None);
        assert_eq!(to("a b"), None);
    }
}
