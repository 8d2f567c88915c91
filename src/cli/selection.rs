//! Which accounts and providers a command means, and what to say when there is none of that name.

use crate::app::accounts::{Planned, Registry};
use crate::app::assembly::Assembly;
use crate::cli::failure::Failure;
use crate::config::{ConfigError, Switch};
use crate::domain::account::AccountId;
use crate::providers::Provider;

/// The accounts of these names, in the configuration's order; no name means all. A provider's id means all its accounts.
pub(super) fn choose(assembly: &Assembly, names: &[String]) -> Result<Vec<Planned>, Failure> {
    let planned = assembly.planned();
    if names.is_empty() {
        return Ok(planned);
    }
    for name in names {
        if !planned.iter().any(|planned| is_meant(planned.id(), name)) {
            return Err(unknown_account(assembly, name));
        }
    }
    Ok(planned
        .into_iter()
        .filter(|planned| names.iter().any(|name| is_meant(planned.id(), name)))
        .collect())
}

fn is_meant(id: &AccountId, name: &str) -> bool {
    id.to_string() == name || id.provider().as_str() == name
}

/// Every account that is known, switched on or not: configured ones first.
pub(super) fn known(assembly: &Assembly) -> Vec<AccountId> {
    let mut known: Vec<AccountId> = assembly
        .loaded
        .config
        .accounts
        .iter()
        .map(|account| account.id.clone())
        .collect();
    for planned in assembly.planned() {
        if !known.contains(planned.id()) {
            known.push(planned.id().clone());
        }
    }
    known
}

/// The known account of exactly this id.
pub(super) fn exactly(assembly: &Assembly, name: &str) -> Result<AccountId, Failure> {
    let id = AccountId::parse(name);
    if known(assembly).contains(&id) {
        Ok(id)
    } else {
        Err(unknown_account(assembly, name))
    }
}

fn unknown_account(assembly: &Assembly, name: &str) -> Failure {
    let shown = shown(name);
    let off = assembly
        .loaded
        .config
        .accounts
        .iter()
        .find(|account| account.enabled == Switch::Off && is_meant(&account.id, name));
    if let Some(account) = off {
        let id = &account.id;
        return Failure::usage(format!("the account `{id}` is disabled"))
            .hinted(format!("Run `spendtray accounts enable {id}`."));
    }
    let failure = Failure::usage(format!("there is no account `{shown}`"));
    let known: Vec<String> = known(assembly).iter().map(ToString::to_string).collect();
    if known.is_empty() {
        return failure.hinted(nobody(assembly));
    }
    failure.hinted(format!("Known accounts: {}.", known.join(", ")))
}

/// Why no account can be shown, and what to do.
pub(super) const fn nobody(assembly: &Assembly) -> &'static str {
    match assembly.config_error {
        None => "No account is set up yet. Run `spendtray login PROVIDER` to add one.",
        Some(ConfigError::Unreadable { .. }) => {
            "No account is known while the configuration cannot be read. Make it a file that you can read, or choose \
             another one with `--config FILE`."
        }
        Some(_) => {
            "No account is known while the configuration cannot be read. Run `spendtray config edit` to mend it."
        }
    }
}

/// The provider of this id.
pub(super) fn provider(registry: Registry, id: &str) -> Result<&'static Provider, Failure> {
    if let Some(provider) = registry.iter().find(|provider| provider.id == id) {
        return Ok(provider);
    }
    let failure = Failure::usage(format!("there is no provider `{}`", shown(id)));
    let ids: Vec<&str> = registry.iter().map(|provider| provider.id).collect();
    Err(match nearest(id, &ids) {
        Some(near) => failure.hinted(format!("Did you mean `{near}`?")),
        None => failure.hinted(format!("Known providers: {}.", ids.join(", "))),
    })
}

/// The candidate that a slip of at most a third of its letters turns into the text.
fn nearest<'a>(text: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let text = text.to_lowercase();
    candidates
        .iter()
        .map(|candidate| (strsim::osa_distance(&text, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// A name as it may be repeated: what is too long for one may be a key that slipped into the wrong place.
fn shown(name: &str) -> String {
    const LONGEST: usize = 32;
    if name.chars().count() > LONGEST || name.chars().any(char::is_control) {
        "…".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood() {
        let ids = ["venice", "openai", "openrouter", "coingecko"];
        assert_eq!(nearest("vencie", &ids), Some("venice"));
        assert_eq!(nearest("OpenAi", &ids), Some("openai"));
        assert_eq!(nearest("coingeko", &ids), Some("coingecko"));
        assert_eq!(nearest("stripe", &ids), None);
    }

    #[test]
    fn a_key_in_the_wrong_place_is_not_repeated() {
        assert_eq!(shown("venise"), "venise");
        assert_eq!(shown("sk-live-0123456789abcdef0123456789abcdef"), "…");
        assert_eq!(shown("a\u{1b}[31m"), "…");
    }

    #[test]
    fn an_account_is_meant_by_its_id_or_its_provider() {
        let id = AccountId::parse("venice/work");
        assert!(is_meant(&id, "venice/work"));
        assert!(is_meant(&id, "venice"));
        assert!(!is_meant(&id, "venice/home"));
    }
}
