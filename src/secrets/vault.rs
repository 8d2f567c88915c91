//! Finds and keeps credentials: what the user stored (the system's secret store, else the announced file), then
//! the environment and `.env`.
//!
//! Every call may block on the system's store, so each runs off the runtime's thread and has a deadline.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::domain::account::{AccountId, CredentialPlace};
use crate::domain::variables::Variables;
use crate::secrets::file::SecretsFile;
use crate::secrets::keyring::Trouble;
use crate::secrets::said::{Belief, Said};
use crate::secrets::{Secret, keyring, places};

/// The system's store, as people read it.
const STORE: &str = "the system's secret store";

/// The way to credentials.
#[derive(Debug)]
pub struct Vault {
    store: Store,
    file: SecretsFile,
    said: Said,
}

/// Which store comes before the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Store {
    System,
    None,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Whose credential.
    pub account: &'a AccountId,
    /// Where the configuration says it is.
    pub place: &'a CredentialPlace,
    /// The variables it may be in, best first; an account named `1` also looks for `NAME_1`.
    pub names: &'a [&'a str],
    /// The environment with `.env`.
    pub variables: &'a Variables,
}

/// Whether it matters that a credential is nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Nothing works without it.
    Matters,
    /// It works without.
    IsFine,
}

/// A credential and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The credential.
    pub secret: Secret,
    /// Where, for people: `the system's secret store`, `the variable VENICE_ADMIN_KEY`.
    pub place: String,
}

/// Whether the system's secret store can be used, for `doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreStanding {
    /// It works.
    Open,
    /// It waits for the user to unlock it.
    Locked,
    /// There is none; the sentence says why and what to do.
    Absent(String),
}

/// Why a credential cannot be had or kept; each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The system's store waits to be unlocked.
    #[error(
        "the system's secret store is locked: unlock it (\"Passwords and Keys\", KWallet, or log in to the desktop), then try again."
    )]
    Locked,
    /// The system's store is there and failed.
    #[error("the system's secret store failed: {0}.")]
    Store(String),
    /// A file cannot be read or written.
    #[error("{}: {reason}.", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The program that should print the credential did not.
    #[error("the program `{program}` gave no key: {reason}.")]
    Command {
        /// The program, without its arguments.
        program: String,
        /// What happened.
        reason: String,
    },
}

impl Vault {
    /// A vault that falls back to this file (0600) where the system has no secret store.
    #[must_use]
    pub fn new(file: PathBuf) -> Self {
        Self {
            store: Store::System,
            file: SecretsFile { path: file },
            said: Said::default(),
        }
    }

    /// A vault that never asks the system's store: for the demonstration and for tests.
    #[must_use]
    pub fn file_only(file: PathBuf) -> Self {
        Self {
            store: Store::None,
            file: SecretsFile { path: file },
            said: Said::default(),
        }
    }

    /// Looks a credential up; `None`: it is nowhere.
    ///
    /// # Errors
    /// When a store is locked, or a named place cannot be read.
    pub async fn lookup(&self, wanted: Wanted<'_>) -> Result<Option<Found>, SecretError> {
        match wanted.place {
            CredentialPlace::Keyring => self.search(wanted).await,
            CredentialPlace::Environment(name) => Ok(in_variable(wanted.variables, name)),
            CredentialPlace::File(path) => places::file(path).await.map(Some),
            CredentialPlace::Command(words) => places::command(words).await.map(Some),
            CredentialPlace::None => Ok(None),
        }
    }

    /// Looks a credential up once more, as polls do: what the system's store said within the hour is believed, until
    /// [`Self::look_anew`]. Only a credential that matters and is nowhere is looked for each time.
    ///
    /// # Errors
    /// As [`Self::lookup`].
    pub async fn lookup_again(
        &self,
        wanted: Wanted<'_>,
        missing: Missing,
        now: DateTime<Utc>,
    ) -> Result<Option<Found>, SecretError> {
        if *wanted.place != CredentialPlace::Keyring {
            return self.lookup(wanted).await;
        }
        let believed = match self.said.lately(wanted.account, now) {
            Belief::Holds(secret) => self.found(wanted, Ok(Some(secret)))?,
            Belief::HoldsNothing => self.found(wanted, Ok(None))?,
            Belief::None => return self.ask_store(wanted, now).await,
        };
        if believed.is_none() && missing == Missing::Matters {
            return self.ask_store(wanted, now).await;
        }
        Ok(believed)
    }

    async fn ask_store(
        &self,
        wanted: Wanted<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<Found>, SecretError> {
        let store = self.in_store(wanted.account).await;
        match &store {
            Ok(said) => self.said.note(wanted.account, said.clone(), now),
            Err(Trouble::Absent(_)) => self.said.note(wanted.account, None, now),
            Err(Trouble::Locked | Trouble::Failed(_)) => {}
        }
        self.found(wanted, store)
    }

    /// Forgets what the store said: somebody may just have stored something else.
    pub fn look_anew(&self) {
        self.said.forget();
    }

    /// Forgets what it said of one account: its credential is refused.
    pub fn look_anew_for(&self, account: &AccountId) {
        self.said.forget_of(account);
    }

    /// What the user stored, then the variables.
    async fn search(&self, wanted: Wanted<'_>) -> Result<Option<Found>, SecretError> {
        let store = self.in_store(wanted.account).await;
        self.found(wanted, store)
    }

    /// What the store said, else what is elsewhere. A store that cannot be asked is an error only when nothing else has a
    /// credential: then it may be there.
    fn found(
        &self,
        wanted: Wanted<'_>,
        store: Result<Option<Secret>, Trouble>,
    ) -> Result<Option<Found>, SecretError> {
        if let Ok(Some(secret)) = store {
            let place = STORE.to_owned();
            return Ok(Some(Found { secret, place }));
        }
        let elsewhere = self.elsewhere(wanted);
        match (elsewhere, store) {
            (Ok(Some(found)), _) => Ok(Some(found)),
            (_, Err(Trouble::Locked)) => Err(SecretError::Locked),
            (_, Err(Trouble::Failed(reason))) => Err(SecretError::Store(reason)),
            (nothing, Ok(_) | Err(Trouble::Absent(_))) => nothing,
        }
    }

    /// What the file or a variable holds. A file that cannot be read is an error only when no variable has one.
    fn elsewhere(&self, wanted: Wanted<'_>) -> Result<Option<Found>, SecretError> {
        let file = self.file.read(wanted.account);
        if let Ok(Some(secret)) = file {
            let place = format!("the file {}", self.file.path.display());
            return Ok(Some(Found { secret, place }));
        }
        let found = variable_names(wanted.account, wanted.names)
            .into_iter()
            .find_map(|name| in_variable(wanted.variables, &name));
        match found {
            Some(found) => Ok(Some(found)),
            None => file.map(|_| None),
        }
    }

    async fn in_store(&self, account: &AccountId) -> Result<Option<Secret>, Trouble> {
        match self.store {
            Store::System => keyring::read(account).await,
            Store::None => Ok(None),
        }
    }

    /// Keeps a credential; returns where, for people.
    ///
    /// # Errors
    /// When neither the system's store nor the file takes it.
    pub async fn keep(&self, account: &AccountId, secret: &Secret) -> Result<String, SecretError> {
        self.said.forget_of(account);
        let reason = match self.store {
            Store::None => "no secret store is used here".to_owned(),
            Store::System => match keyring::write(account, secret).await {
                Ok(()) => {
                    // An older copy in the file would be found again when the store goes away.
                    self.file.forget(account)?;
                    return Ok(STORE.to_owned());
                }
                Err(Trouble::Locked) => return Err(SecretError::Locked),
                Err(Trouble::Absent(reason)) => reason,
                Err(Trouble::Failed(reason)) => {
                    format!("the system's secret store failed: {reason}")
                }
            },
        };
        self.file.write(account, secret)?;
        Ok(format!(
            "the file {}, which only you can read ({reason})",
            self.file.path.display()
        ))
    }

    /// Forgets a credential; returns the places it was removed from.
    ///
    /// # Errors
    /// When a store that holds it is locked or cannot be written.
    pub async fn forget(&self, account: &AccountId) -> Result<Vec<String>, SecretError> {
        self.said.forget_of(account);
        let mut places = Vec::new();
        if self.file.forget(account)? {
            places.push(format!("the file {}", self.file.path.display()));
        }
        let forgotten = match self.store {
            Store::System => keyring::forget(account).await,
            Store::None => Ok(false),
        };
        match forgotten {
            Ok(true) => places.push(STORE.to_owned()),
            Ok(false) | Err(Trouble::Absent(_)) => {}
            Err(Trouble::Locked) => return Err(SecretError::Locked),
            Err(Trouble::Failed(reason)) => return Err(SecretError::Store(reason)),
        }
        Ok(places)
    }

    /// Why the system's store holds nothing that can be found now. `None`: it can be asked, or is not used here.
    pub async fn absence(&self) -> Option<String> {
        match self.store {
            Store::None => None,
            Store::System => match keyring::look().await {
                Err(Trouble::Absent(reason)) => Some(reason),
                Ok(()) | Err(Trouble::Locked | Trouble::Failed(_)) => None,
            },
        }
    }

    /// How the system's store stands, without asking the user anything.
    pub async fn standing(&self) -> StoreStanding {
        let stands = match self.store {
            Store::System => keyring::look().await,
            Store::None => Err(Trouble::Absent("no secret store is used here".to_owned())),
        };
        match stands {
            Ok(()) => StoreStanding::Open,
            Err(Trouble::Locked) => StoreStanding::Locked,
            Err(Trouble::Absent(reason) | Trouble::Failed(reason)) => StoreStanding::Absent(reason),
        }
    }
}

/// The variables an account looks at, best first: `NAME`, or `NAME_WORK` when it is called `work`.
fn variable_names(account: &AccountId, names: &[&str]) -> Vec<String> {
    let suffix: String = account.name().map_or_else(String::new, |name| {
        let letters = name.chars().map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_uppercase()
            } else {
                '_'
            }
        });
        std::iter::once('_').chain(letters).collect()
    });
    names.iter().map(|name| format!("{name}{suffix}")).collect()
}

fn in_variable(variables: &Variables, name: &str) -> Option<Found> {
    let secret = Secret::new(variables.get(name)?)?;
    let place = format!("the variable {name}");
    Some(Found { secret, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scene {
        home: tempfile::TempDir,
        vault: Vault,
        variables: Variables,
    }

    fn scene(variables: &[(&str, &str)]) -> Scene {
        let home = tempfile::tempdir().unwrap();
        Scene {
            vault: Vault::file_only(home.path().join("secrets.toml")),
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            home,
        }
    }

    impl Scene {
        async fn found(
            &self,
            account: &str,
            place: &CredentialPlace,
        ) -> Result<String, SecretError> {
            let wanted = Wanted {
                account: &AccountId::parse(account),
                place,
                names: &["VENICE_ADMIN_KEY", "VENICE_API_KEY"],
                variables: &self.variables,
            };
            let found = self.vault.lookup(wanted).await?;
            Ok(found.map_or("nowhere".to_owned(), |found| {
                let home = self.home.path().to_str().unwrap();
                format!(
                    "{} in {}",
                    found.secret.expose(),
                    found.place.replace(home, "~")
                )
            }))
        }
    }

    #[tokio::test]
    async fn the_best_variable_wins_and_a_named_account_has_its_own() {
        let scene = scene(&[
            ("VENICE_API_KEY", "plain"),
            ("VENICE_ADMIN_KEY", "admin"),
            ("VENICE_API_KEY_2", "second"),
            ("VENICE_ADMIN_KEY_MY_WORK", "work"),
        ]);
        let keyring = CredentialPlace::Keyring;
        assert_eq!(
            scene.found("venice", &keyring).await.unwrap(),
            "admin in the variable VENICE_ADMIN_KEY"
        );
        assert_eq!(
            scene.found("venice/2", &keyring).await.unwrap(),
            "second in the variable VENICE_API_KEY_2"
        );
        assert_eq!(
            scene.found("venice/my-work", &keyring).await.unwrap(),
            "work in the variable VENICE_ADMIN_KEY_MY_WORK"
        );
        assert_eq!(scene.found("venice/3", &keyring).await.unwrap(), "nowhere");
    }

    #[tokio::test]
    async fn what_the_user_stored_wins_over_a_variable_until_it_is_forgotten() {
        let scene = scene(&[("VENICE_API_KEY", "variable")]);
        let venice = AccountId::parse("venice");
        let place = scene
            .vault
            .keep(&venice, &Secret::new("stored").unwrap())
            .await
            .unwrap();
        assert!(place.contains("which only you can read"), "{place}");
        let keyring = CredentialPlace::Keyring;
        assert_eq!(
            scene.found("venice", &keyring).await.unwrap(),
            "stored in the file ~/secrets.toml"
        );
        assert_eq!(scene.vault.forget(&venice).await.unwrap().len(), 1);
        assert_eq!(scene.vault.forget(&venice).await.unwrap().len(), 0);
        assert_eq!(
            scene.found("venice", &keyring).await.unwrap(),
            "variable in the variable VENICE_API_KEY"
        );
    }

    #[tokio::test]
    async fn a_broken_file_does_not_hide_a_variable_and_is_told_without_one() {
        let scene = scene(&[("VENICE_API_KEY", "variable")]);
        std::fs::write(scene.home.path().join("secrets.toml"), "broken").unwrap();
        let keyring = CredentialPlace::Keyring;
        assert!(
            scene
                .found("venice", &keyring)
                .await
                .unwrap()
                .starts_with("variable")
        );
        assert!(matches!(
            scene.found("venice/x", &keyring).await,
            Err(SecretError::File { .. })
        ));
    }

    #[tokio::test]
    async fn a_named_place_is_the_only_one_asked() {
        let scene = scene(&[("VENICE_API_KEY", "variable"), ("MINE", "mine")]);
        let environment = |name: &str| CredentialPlace::Environment(name.to_owned());
        assert_eq!(
            scene.found("venice", &environment("MINE")).await.unwrap(),
            "mine in the variable MINE"
        );
        assert_eq!(
            scene.found("venice", &environment("OTHER")).await.unwrap(),
            "nowhere"
        );
        assert_eq!(
            scene.found("venice", &CredentialPlace::None).await.unwrap(),
            "nowhere"
        );
        let absent = CredentialPlace::File("/no/such/file".to_owned());
        assert!(scene.found("venice", &absent).await.is_err());
    }

    #[tokio::test]
    async fn what_the_store_said_is_believed_for_an_hour_or_until_told_unless_it_matters() {
        let scene = scene(&[]);
        let (account, now) = (AccountId::parse("coingecko"), DateTime::UNIX_EPOCH);
        let at = |minutes| now + chrono::TimeDelta::minutes(minutes);
        let look = async |missing, minutes| {
            let wanted = Wanted {
                account: &account,
                place: &CredentialPlace::Keyring,
                names: &["COINGECKO_API_KEY"],
                variables: &scene.variables,
            };
            let found = scene.vault.lookup_again(wanted, missing, at(minutes));
            found.await.unwrap().is_some()
        };
        let is_believed = |minutes| scene.vault.said.lately(&account, at(minutes)) != Belief::None;
        assert!(!look(Missing::IsFine, 0).await);
        assert!(is_believed(59) && !is_believed(60));
        assert!(!look(Missing::Matters, 59).await);
        assert!(is_believed(118), "it was asked again");
        scene.vault.look_anew();
        assert!(!is_believed(59));
        let stored = Secret::new("stored").unwrap();
        assert!(!look(Missing::IsFine, 60).await);
        scene.vault.file.write(&account, &stored).unwrap();
        assert!(
            look(Missing::IsFine, 61).await,
            "other places are looked at"
        );
        scene.vault.file.forget(&account).unwrap();
        scene.vault.said.note(&account, Some(stored), at(62));
        assert!(look(Missing::Matters, 121).await, "a key is believed too");
        scene.vault.look_anew_for(&account);
        assert!(!look(Missing::Matters, 121).await, "until it is refused");
    }

    #[tokio::test]
    async fn without_a_store_the_standing_says_so() {
        assert!(matches!(
            scene(&[]).vault.standing().await,
            StoreStanding::Absent(_)
        ));
    }
}
