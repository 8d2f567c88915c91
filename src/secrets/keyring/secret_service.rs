//! Reads the Secret Service (GNOME Keyring, `KWallet`, `KeePassXC`) without ever opening a prompt.
//!
//! Each look connects anew: a service that appeared, was restarted or went away since is met as it is now, and
//! nothing stays open between polls.

use std::collections::HashMap;

use secret_service::{EncryptionType, Error, Item, SearchItemsResult, SecretService};

use crate::domain::account::AccountId;
use crate::secrets::Secret;
use crate::secrets::keyring::{SERVICE, Trouble};

pub(super) async fn read(account: &AccountId) -> Result<Option<Secret>, Trouble> {
    let service = connect().await?;
    let found = search(&service, account).await?;
    let Some(item) = found.unlocked.first() else {
        return if found.locked.is_empty() {
            // A locked collection may hide its entries.
            unlocked(&service).await.map(|()| None)
        } else {
            Err(Trouble::Locked)
        };
    };
    let bytes = item.get_secret().await.map_err(trouble)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Trouble::Failed("it holds something that is no text".to_owned()))?;
    Ok(Secret::new(&text))
}

pub(super) async fn look() -> Result<(), Trouble> {
    unlocked(&connect().await?).await
}

/// Whether there is an entry, locked or not.
pub(super) async fn holds(account: &AccountId) -> Result<bool, Trouble> {
    let service = connect().await?;
    let found = search(&service, account).await?;
    Ok(!found.unlocked.is_empty() || !found.locked.is_empty())
}

async fn connect() -> Result<SecretService<'static>, Trouble> {
    let connected = SecretService::connect(EncryptionType::Dh).await;
    connected.map_err(|error| {
        // What a bus itself answers has such a name; any other fault means that none was reached.
        let why = if error.to_string().contains("org.freedesktop.DBus.Error.") {
            "no secret store runs in this session; install and start GNOME Keyring, KWallet or KeePassXC to have one"
        } else {
            "there is no session bus here, through which a secret store could be reached"
        };
        Trouble::Absent(why.to_owned())
    })
}

/// Whether the collection that takes new entries is open.
async fn unlocked(service: &SecretService<'_>) -> Result<(), Trouble> {
    let collection = match service.get_default_collection().await {
        Ok(collection) => collection,
        Err(Error::NoResult) => {
            return Err(Trouble::Absent(
                "the secret store has no default keyring yet; make one in \"Passwords and Keys\" or KWallet's settings"
                    .to_owned(),
            ));
        }
        Err(error) => return Err(trouble(error)),
    };
    if collection.is_locked().await.map_err(trouble)? {
        return Err(Trouble::Locked);
    }
    Ok(())
}

/// Entries of an account, by the attributes that `keyring` gives them.
async fn search<'a>(
    service: &'a SecretService<'_>,
    account: &AccountId,
) -> Result<SearchItemsResult<Item<'a>>, Trouble> {
    let user = account.to_string();
    let attributes = HashMap::from([("service", SERVICE), ("username", user.as_str())]);
    service.search_items(attributes).await.map_err(trouble)
}

fn trouble(error: Error) -> Trouble {
    match error {
        Error::Locked | Error::Prompt | Error::PromptDisconnected => Trouble::Locked,
        error => Trouble::Failed(error.to_string()),
    }
}
