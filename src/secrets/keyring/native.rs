//! Reads the stores of macOS and Windows. They are open while the user is logged in.

use std::future::{Ready, ready};

use keyring::Entry;

use crate::domain::account::AccountId;
use crate::secrets::Secret;
use crate::secrets::keyring::{LOOK, SERVICE, Trouble, meaning, with_entry};

pub(super) async fn read(account: &AccountId) -> Result<Option<Secret>, Trouble> {
    let text = with_entry(account, LOOK, Entry::get_password).await?;
    Ok(text.as_deref().and_then(Secret::new))
}

pub(super) fn look() -> Ready<Result<(), Trouble>> {
    ready(meaning(Entry::new(SERVICE, SERVICE)).map(drop))
}

pub(super) async fn holds(account: &AccountId) -> Result<bool, Trouble> {
    read(account).await.map(|secret| secret.is_some())
}
