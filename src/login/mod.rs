//! Sign-ins that last: access tokens are renewed before they end, by one process at a time.
//!
//! A refresh token may be good for one use only, so two processes must never spend the same one: who holds the
//! account's lock looks again whether another has renewed meanwhile. No vendor is known here; a provider that needs
//! it names its token endpoint.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::domain::account::{AccountId, CredentialPlace};
use crate::domain::variables::Variables;
use crate::http::{Http, HttpError, Request};
use crate::secrets::Secret;
use crate::secrets::tokens::TokenSet;
use crate::secrets::vault::{SecretError, Vault, Wanted};
use crate::system::private;

/// How the tokens of a vendor are renewed.
#[derive(Debug, Clone, Copy)]
pub struct Renewal<'a> {
    /// Where they are kept.
    pub vault: &'a Vault,
    /// The way to the endpoint.
    pub http: &'a Http,
    /// The vendor's token endpoint.
    pub endpoint: &'a str,
    /// What the vendor calls this program.
    pub client_id: &'a str,
    /// The folder of locks that keep other processes off; made when it is not there.
    pub locks: &'a Path,
}

/// Why there is no access token; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Nobody has signed in.
    #[error("{0} has no sign-in; run `spendtray login {0}`")]
    NotSignedIn(AccountId),
    /// The sign-in has ended for good.
    #[error("the sign-in of {account} has ended (HTTP {status}); run `spendtray login {account}`")]
    Ended {
        /// Whose.
        account: AccountId,
        /// What the endpoint answered.
        status: u16,
    },
    /// The endpoint is in trouble; the old set was kept.
    #[error(
        "the sign-in of {account} could not be renewed (HTTP {status}); it is tried again by itself"
    )]
    Trouble {
        /// Whose.
        account: AccountId,
        /// What the endpoint answered.
        status: u16,
    },
    /// The store of secrets.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The way to the endpoint.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The lock that keeps other processes off.
    #[error("{folder} cannot be locked: {problem}")]
    Lock {
        /// Where it should lie.
        folder: PathBuf,
        /// Why.
        problem: String,
    },
}

impl Renewal<'_> {
    /// An access token that holds for the next minutes, renewed and kept if it had to be.
    ///
    /// # Errors
    /// [`LoginError`]; then what was kept is unchanged.
    pub async fn access(
        &self,
        account: &AccountId,
        now: DateTime<Utc>,
    ) -> Result<Secret, LoginError> {
        let set = self.kept(account).await?;
        if !set.needs_renewal(now) {
            return Ok(set.access);
        }
        let _held = self.hold(account).await?;
        // Another process may have renewed it while this one waited.
        let set = self.kept(account).await?;
        if !set.needs_renewal(now) {
            return Ok(set.access);
        }
        self.renew(account, &set, now).await
    }

    async fn renew(
        &self,
        account: &AccountId,
        set: &TokenSet,
        now: DateTime<Utc>,
    ) -> Result<Secret, LoginError> {
        let ended = |status| LoginError::Ended {
            account: account.clone(),
            status,
        };
        let trouble = |status| LoginError::Trouble {
            account: account.clone(),
            status,
        };
        let body = set
            .renewal_request(self.client_id)
            .ok_or_else(|| ended(0))?;
        let reply = self
            .http
            .post_json(&Request::new(self.endpoint), &body)
            .await?;
        match reply.status {
            200..=299 => {}
            400 | 401 | 403 => return Err(ended(reply.status)),
            status => return Err(trouble(status)),
        }
        let next = set
            .renewed(&reply.body, now)
            .ok_or_else(|| trouble(reply.status))?;
        if let Some(kept) = next.at_rest() {
            self.vault.keep(account, &kept).await?;
        }
        Ok(next.access)
    }

    async fn kept(&self, account: &AccountId) -> Result<TokenSet, LoginError> {
        let wanted = Wanted {
            account,
            place: &CredentialPlace::Keyring,
            names: &[],
            variables: &Variables::default(),
        };
        let found = self.vault.lookup(wanted).await?;
        let set = found.and_then(|found| TokenSet::read(&found.secret));
        set.ok_or_else(|| LoginError::NotSignedIn(account.clone()))
    }

    /// Waits for the account's lock off the runtime's thread: another process may hold it for as long as a request.
    async fn hold(&self, account: &AccountId) -> Result<Option<std::fs::File>, LoginError> {
        let folder = self.locks.join(account.to_string().replace('/', "-"));
        let inside = folder.join("lock");
        let held = tokio::task::spawn_blocking(move || private::hold(&inside)).await;
        let problem = match held {
            Ok(Ok(held)) => return Ok(held),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        Err(LoginError::Lock { folder, problem })
    }
}
