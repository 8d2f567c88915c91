//! `spendtray login`: takes a key, stores it where the system keeps secrets, switches the account on, tries it.
//!
//! A key is never taken from the command line, where other programs and the shell's history would see it.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use clap::Args;

use crate::app::accounts::Planned;
use crate::app::assembly::Assembly;
use crate::cli::accounts::learned;
use crate::cli::failure::{Ended, Failure};
use crate::cli::figures::{self, Polling};
use crate::cli::selection;
use crate::cli::session::{Session, knock};
use crate::config::{Switch, edit};
use crate::domain::account::{AccountId, CredentialPlace};
use crate::domain::poll::FailureKind;
use crate::providers::{Auth, Need, Provider};
use crate::secrets::Secret;

/// No key is longer; a file given by mistake is.
const LONGEST_KEY: usize = 8192;

/// Add an account: take its key, store it in the system's secret store, test it
///
/// The key is asked for without echo, or read from standard input with `--stdin`. It is never taken as an
/// argument. Where the system has no secret store, the key goes into a file only you can read, and its
/// place is named.
#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// The provider, and a name when you have several accounts there: `venice` or `venice/work`
    #[arg(value_name = "PROVIDER[/NAME]")]
    account: String,
    /// Read the key from the first line of standard input
    #[arg(long)]
    stdin: bool,
    /// Store the key without asking the vendor whether it works
    #[arg(long)]
    no_test: bool,
    /// Taken only to refuse it without repeating it
    #[arg(hide = true)]
    surplus: Vec<String>,
    /// Taken only to refuse it without repeating it
    #[arg(long = "key", visible_alias = "api-key", hide = true)]
    key: Option<String>,
}

/// Runs the command.
pub(super) async fn run(session: &Session, arguments: &LoginArgs) -> Result<Ended, Failure> {
    if !arguments.surplus.is_empty() || arguments.key.is_some() {
        return Err(Failure::usage("a key is not taken as an argument: other programs and the shell's history would see it")
            .hinted("Run the command without it: the key is asked for. Or pipe it in with `--stdin`."));
    }
    let assembly = session.assembly_to_change()?;
    let account = AccountId::parse(&arguments.account);
    let provider = selection::provider(assembly.registry, account.provider().as_str())?;
    check_name(&account)?;
    check_place(&assembly, &account)?;
    if let Some(secret) = key(provider, &account, arguments)? {
        let place = assembly.reach.vault.keep(&account, &secret).await?;
        session
            .output
            .note(&format!("The key for {account} is stored in {place}."));
    }
    edit::switch_account(&assembly.paths.config_file, &account, Switch::On)?;
    session.output.note(&format!(
        "The account {account} is switched on in {}.",
        assembly.paths.config_file.display()
    ));
    let ended = if arguments.no_test {
        Ended::Well
    } else {
        test(session, &account).await?
    };
    knock(&assembly);
    Ok(ended)
}

/// A name is one short word, so that it can stand in an id and in a TOML string.
pub(super) fn check_name(account: &AccountId) -> Result<(), Failure> {
    let fits = account.name().is_none_or(|name| {
        name.len() <= 32
            && name
                .chars()
                .all(|each| each.is_alphanumeric() || "-_.".contains(each))
    });
    if fits {
        return Ok(());
    }
    Err(
        Failure::usage("an account's name is at most 32 letters, digits, `-`, `_` or `.`").hinted(
            format!("For example `spendtray login {}/work`.", account.provider()),
        ),
    )
}

/// A key in the secret store would not be looked at when the configuration names another place.
fn check_place(assembly: &Assembly, account: &AccountId) -> Result<(), Failure> {
    let accounts = &assembly.loaded.config.accounts;
    let place = accounts
        .iter()
        .find(|configured| configured.id == *account)
        .map(|configured| &configured.credential);
    match place {
        Some(
            place @ (CredentialPlace::Environment(_)
            | CredentialPlace::File(_)
            | CredentialPlace::Command(_)),
        ) => Err(Failure::usage(format!(
            "the configuration says that {account} takes its key from `{place}`"
        ))
        .hinted(
            "Change the key there, or remove its `secret` line with `spendtray config edit` first.",
        )),
        _ => Ok(()),
    }
}

/// The key the user gives. `None`: the account works without one.
fn key(
    provider: &Provider,
    account: &AccountId,
    arguments: &LoginArgs,
) -> Result<Option<Secret>, Failure> {
    let Auth::ApiKey { help, need, .. } = provider.auth else {
        return Ok(None);
    };
    let text = if arguments.stdin {
        first_line()?
    } else {
        ask(provider, account, help, need)?
    };
    let secret = checked(&text)?;
    if secret.is_none() && need == Need::Required {
        return Err(Failure::usage("no key was given").hinted(help));
    }
    Ok(secret)
}

fn first_line() -> Result<String, Failure> {
    let mut line = Vec::new();
    let limit = u64::try_from(LONGEST_KEY).unwrap_or(u64::MAX) + 2;
    io::stdin()
        .lock()
        .take(limit)
        .read_until(b'\n', &mut line)?;
    String::from_utf8(line).map_err(|_| not_a_key("it is not text"))
}

fn ask(
    provider: &Provider,
    account: &AccountId,
    help: &str,
    need: Need,
) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(
            Failure::usage("there is no terminal to ask for the key on").hinted(format!(
                "Pipe it in: `… | spendtray login {account} --stdin`."
            )),
        );
    }
    let empty = match need {
        Need::Required => "",
        Need::Optional => " (empty: without one)",
    };
    let prompt = format!("{help}\nKey for {} ({account}){empty}: ", provider.name);
    rpassword::prompt_password(prompt).map_err(|error| {
        Failure::usage(format!("the key could not be asked for: {error}")).hinted(format!(
            "Pipe it in: `… | spendtray login {account} --stdin`."
        ))
    })
}

/// The key in a text, when it can be one; the text is never repeated.
fn checked(text: &str) -> Result<Option<Secret>, Failure> {
    let text = text.trim();
    if text.len() > LONGEST_KEY {
        return Err(not_a_key("it is too long"));
    }
    if text.contains(char::is_whitespace) {
        return Err(not_a_key("it has blanks in it"));
    }
    if !text.chars().all(|each| each.is_ascii_graphic()) {
        return Err(not_a_key("it has characters that no key has"));
    }
    Ok(Secret::new(text))
}

fn not_a_key(why: &str) -> Failure {
    Failure::usage(format!("this is no key: {why}")).hinted("Copy it again from the vendor's page.")
}

/// Polls the account once with what was just stored, and says what was learned.
async fn test(session: &Session, account: &AccountId) -> Result<Ended, Failure> {
    let assembly = session.assembly_in_silence()?;
    let wanted: Vec<Planned> = assembly
        .planned()
        .into_iter()
        .filter(|planned| planned.id() == account)
        .collect();
    let store = session.store(&assembly).await?;
    let figures = figures::gather(&assembly, &store, &wanted, Polling::Now).await;
    store.close().await;
    let figures = figures?;
    let Some(outcome) = figures.outcomes.first() else {
        let why = figures
            .not_polled
            .unwrap_or_else(|| "it is not among the accounts".to_owned());
        return Err(Failure::failed(format!(
            "The account is set up, but it could not be tested: {why}"
        )));
    };
    match &outcome.failure {
        None => {
            let digest = figures
                .digest
                .accounts
                .iter()
                .find(|each| each.id() == account);
            session.output.data(&format!(
                "{account}: {}",
                digest
                    .map(|digest| learned(digest, &figures.snapshot))
                    .unwrap_or_default()
            ))?;
            Ok(Ended::Well)
        }
        Some(failure) => {
            let stored = match failure.kind {
                FailureKind::Unauthorized => "The key is stored, but it does not work",
                _ => "The account is set up, but it could not be polled",
            };
            let failed = Failure::failed(format!("{stored}: {}", failure.message));
            Err(match &failure.hint {
                Some(hint) => failed.hinted(hint.clone()),
                None => failed,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        checked(text)
            .err()
            .map(|failure| failure.message)
            .unwrap_or_default()
    }

    #[test]
    fn a_key_is_taken_without_the_blanks_around_it() {
        let secret = checked("  sk-0123456789abcdef\r\n").unwrap().unwrap();
        assert_eq!(secret.expose(), "sk-0123456789abcdef");
        assert_eq!(checked(" \n").unwrap(), None);
    }

    #[test]
    fn what_cannot_be_a_key_is_refused_and_not_repeated() {
        assert_eq!(
            refusal("my key is sk-1"),
            "this is no key: it has blanks in it"
        );
        assert_eq!(
            refusal("sk-ключ"),
            "this is no key: it has characters that no key has"
        );
        assert_eq!(refusal(&"x".repeat(9000)), "this is no key: it is too long");
    }

    #[test]
    fn a_name_is_one_short_word() {
        assert!(check_name(&AccountId::parse("venice/work-2")).is_ok());
        assert!(check_name(&AccountId::parse("venice")).is_ok());
        assert!(check_name(&AccountId::parse("venice/a b")).is_err());
        assert!(check_name(&AccountId::parse("venice/a/b")).is_err());
    }
}
