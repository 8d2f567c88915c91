//! The system's secret store: macOS Keychain, Windows Credential Manager, Secret Service elsewhere.
//!
//! `keyring` writes and forgets, which a person waits for and may have to unlock the store for. Reading happens in the
//! background and must neither open a prompt nor wait for one: on Linux `secret_service` looks first whether it can.
//! The stores block, and `keyring` must not be called within a runtime, so its calls have a thread of their own: a
//! thread that waits for a prompt does not hold up the program's end, as one of the runtime's would.

#[cfg(not(target_os = "linux"))]
mod native;
#[cfg(target_os = "linux")]
mod secret_service;

use std::thread;
use std::time::Duration;

use ::keyring::{Entry, Error};
use tokio::sync::oneshot;

#[cfg(not(target_os = "linux"))]
use crate::secrets::keyring::native as reader;
#[cfg(target_os = "linux")]
use crate::secrets::keyring::secret_service as reader;

use crate::domain::account::AccountId;
use crate::secrets::Secret;

/// The name under which the store lists the program's entries; an entry's user is the account's id.
const SERVICE: &str = "spendtray";
/// So long a background look may take.
const LOOK: Duration = Duration::from_secs(5);
/// So long a person has to unlock the store.
const PROMPT: Duration = Duration::from_mins(1);

/// Why the store cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// There is none; why, and what to do.
    Absent(String),
    /// It waits to be unlocked.
    Locked,
    /// It is there and failed.
    Failed(String),
}

/// Reads an account's entry without asking the user anything.
pub(super) async fn read(account: &AccountId) -> Result<Option<Secret>, Trouble> {
    in_time(reader::read(account)).await
}

/// Whether the store could take an entry now, without asking the user anything.
pub(super) async fn look() -> Result<(), Trouble> {
    in_time(reader::look()).await
}

/// Keeps an account's entry; the user may be asked to unlock the store.
pub(super) async fn write(account: &AccountId, secret: &Secret) -> Result<(), Trouble> {
    // `keyring` remembers for ever that there was no store, so it is asked only when there is one.
    match look().await {
        Ok(()) | Err(Trouble::Locked) => {}
        Err(trouble) => return Err(trouble),
    }
    let secret = secret.clone();
    let written = with_entry(account, PROMPT, move |entry| {
        entry.set_password(secret.expose())
    });
    written.await.map(drop)
}

/// Forgets an account's entry; returns whether there was one. The user may be asked to unlock the store.
pub(super) async fn forget(account: &AccountId) -> Result<bool, Trouble> {
    if !in_time(reader::holds(account)).await? {
        return Ok(false);
    }
    let gone = with_entry(account, PROMPT, Entry::delete_credential);
    gone.await.map(|gone| gone.is_some())
}

async fn in_time<T>(look: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::time::timeout(LOOK, look).await.unwrap_or_else(|_| {
        Err(Trouble::Failed(format!(
            "it did not answer within {} s",
            LOOK.as_secs()
        )))
    })
}

/// Does something with an entry on a thread of its own; `None`: there is no such entry.
async fn with_entry<T: Send + 'static>(
    account: &AccountId,
    deadline: Duration,
    work: impl FnOnce(&Entry) -> ::keyring::Result<T> + Send + 'static,
) -> Result<Option<T>, Trouble> {
    let user = account.to_string();
    let (tell, told) = oneshot::channel();
    thread::Builder::new()
        .name("secret-store".to_owned())
        .spawn(move || {
            let result = Entry::new(SERVICE, &user).and_then(|entry| work(&entry));
            // Nobody listens any more when the deadline has passed.
            drop(tell.send(result));
        })
        .map_err(|error| Trouble::Failed(error.to_string()))?;
    match tokio::time::timeout(deadline, told).await {
        Ok(Ok(result)) => meaning(result),
        Ok(Err(_)) => Err(Trouble::Failed("its call broke off".to_owned())),
        // What takes so long is a prompt that nobody answers.
        Err(_) => Err(Trouble::Locked),
    }
}

fn meaning<T>(result: ::keyring::Result<T>) -> Result<Option<T>, Trouble> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::NoEntry) => Ok(None),
        Err(Error::NoStorageAccess(_)) => Err(Trouble::Locked),
        Err(Error::NoDefaultStore) => Err(Trouble::Absent(
            "this system has no secret store".to_owned(),
        )),
        Err(Error::Ambiguous(entries)) => Err(Trouble::Failed(format!(
            "it holds {} entries for the same account; delete all but one of them",
            entries.len()
        ))),
        Err(Error::BadEncoding(_)) => Err(Trouble::Failed(
            "it holds something that is no text".to_owned(),
        )),
        Err(error) => Err(Trouble::Failed(error.to_string())),
    }
}
