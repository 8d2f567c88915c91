//! The scenes: what the vault does with the store that the process finds.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta};
use spendtray::config::environment::capture;
use spendtray::domain::account::{AccountId, CredentialPlace};
use spendtray::domain::variables::Variables;
use spendtray::secrets::Secret;
use spendtray::secrets::vault::{Missing, SecretError, StoreStanding, Vault, Wanted};

use crate::secrets::stage::{keyring, lock};

const STORE: &str = "the system's secret store";

type Outcome = Result<(), Box<dyn Error>>;

pub(super) fn play(name: &str) -> Outcome {
    let home = PathBuf::from(capture().get("HOME").ok_or("no home")?);
    let scene = Scene {
        vault: Vault::new(home.join("secrets.toml")),
        home,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match name {
            "no_bus" => scene.no_bus().await,
            "appears_late" => scene.appears_late().await,
            "unlocked" => scene.unlocked().await,
            "locked" => scene.locked().await,
            "restarted" => scene.restarted().await,
            other => Err(format!("no scene {other}").into()),
        }
    })
}

struct Scene {
    home: PathBuf,
    vault: Vault,
}

fn venice() -> AccountId {
    AccountId::parse("venice/work")
}

fn secret(text: &str) -> Result<Secret, Box<dyn Error>> {
    Secret::new(text).ok_or_else(|| "an empty secret".into())
}

fn variables(text: &str) -> Variables {
    let pair = ("VENICE_API_KEY_WORK".to_owned(), text.to_owned());
    [pair].into_iter().collect()
}

impl Scene {
    /// The credential and where it was found.
    async fn found(&self, variable: &str) -> Result<Option<(String, String)>, SecretError> {
        let (account, variables) = (venice(), variables(variable));
        let wanted = Wanted {
            account: &account,
            place: &CredentialPlace::Keyring,
            names: &["VENICE_API_KEY"],
            variables: &variables,
        };
        let found = self.vault.lookup(wanted).await?;
        Ok(found.map(|found| (found.secret.expose().to_owned(), found.place)))
    }

    /// The credential as a poll finds it at a minute.
    async fn found_again(&self, minute: i64) -> Result<Option<String>, SecretError> {
        let (account, variables) = (venice(), variables(""));
        let wanted = Wanted {
            account: &account,
            place: &CredentialPlace::Keyring,
            names: &["VENICE_API_KEY"],
            variables: &variables,
        };
        let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let found = self.vault.lookup_again(wanted, Missing::Matters, now);
        Ok(found.await?.map(|found| found.secret.expose().to_owned()))
    }

    fn file(&self) -> &Path {
        &self.home
    }

    async fn no_bus(&self) -> Outcome {
        let StoreStanding::Absent(why) = self.vault.standing().await else {
            return Err("a store without a bus".into());
        };
        assert!(why.contains("no session bus"), "{why}");
        assert_eq!(self.found("").await?, None);
        assert_eq!(
            self.found("from-variable")
                .await?
                .map(|found| found.0)
                .as_deref(),
            Some("from-variable")
        );
        let place = self.vault.keep(&venice(), &secret("kept")?).await?;
        assert!(
            place.contains("secrets.toml") && place.contains(&why),
            "{place}"
        );
        assert_eq!(
            self.found("from-variable")
                .await?
                .map(|found| found.0)
                .as_deref(),
            Some("kept")
        );
        Ok(())
    }

    async fn appears_late(&self) -> Outcome {
        let StoreStanding::Absent(why) = self.vault.standing().await else {
            return Err("a store without a service".into());
        };
        assert!(why.contains("no secret store runs"), "{why}");
        let place = self.vault.keep(&venice(), &secret("in-file")?).await?;
        assert!(place.contains("secrets.toml"), "{place}");

        let _daemon = keyring(self.file(), "password")?;
        assert_eq!(self.vault.standing().await, StoreStanding::Open);
        assert_eq!(
            self.found("").await?.map(|found| found.0).as_deref(),
            Some("in-file")
        );
        assert_eq!(
            self.vault.keep(&venice(), &secret("in-store")?).await?,
            STORE
        );
        assert_eq!(
            self.found("").await?,
            Some(("in-store".to_owned(), STORE.to_owned()))
        );
        let file = std::fs::read_to_string(self.home.join("secrets.toml"))?;
        assert!(!file.contains("in-file"), "the older copy is gone: {file}");
        Ok(())
    }

    async fn unlocked(&self) -> Outcome {
        let _daemon = keyring(self.file(), "password")?;
        assert_eq!(self.found("").await?, None);
        assert_eq!(self.vault.forget(&venice()).await?, Vec::<String>::new());
        assert_eq!(self.vault.keep(&venice(), &secret("one")?).await?, STORE);
        assert_eq!(
            self.vault.keep(&venice(), &secret("two \"ü\"")?).await?,
            STORE
        );
        assert_eq!(
            self.found("from-variable").await?,
            Some(("two \"ü\"".to_owned(), STORE.to_owned()))
        );
        assert_eq!(self.vault.forget(&venice()).await?, [STORE]);
        assert_eq!(self.found("").await?, None);
        assert!(!self.home.join("secrets.toml").exists());
        Ok(())
    }

    async fn locked(&self) -> Outcome {
        let _daemon = keyring(self.file(), "password")?;
        self.vault.keep(&venice(), &secret("stored")?).await?;
        assert_eq!(self.found_again(0).await?.as_deref(), Some("stored"));
        lock()?;
        assert_eq!(
            self.found_again(59).await?.as_deref(),
            Some("stored"),
            "the store is not asked each time"
        );
        assert_eq!(self.found_again(60).await, Err(SecretError::Locked));
        let began = Instant::now();
        assert_eq!(self.vault.standing().await, StoreStanding::Locked);
        assert_eq!(self.found("").await, Err(SecretError::Locked));
        assert_eq!(
            self.found("from-variable")
                .await?
                .map(|found| found.0)
                .as_deref(),
            Some("from-variable")
        );
        assert_eq!(
            self.vault.keep(&venice(), &secret("new")?).await,
            Err(SecretError::Locked)
        );
        assert_eq!(self.vault.forget(&venice()).await, Err(SecretError::Locked));
        assert!(
            began.elapsed() < Duration::from_secs(4),
            "{:?}",
            began.elapsed()
        );
        Ok(())
    }

    async fn restarted(&self) -> Outcome {
        let daemon = keyring(self.file(), "password")?;
        self.vault.keep(&venice(), &secret("stored")?).await?;
        drop(daemon);
        assert_eq!(self.found("").await?, None);
        let _daemon = keyring(self.file(), "password")?;
        assert_eq!(
            self.found("").await?,
            Some(("stored".to_owned(), STORE.to_owned()))
        );
        Ok(())
    }
}
