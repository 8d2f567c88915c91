//! The accounts: `[[account]]`, each with a provider that exists and an id of its own.

use std::collections::BTreeMap;

use crate::config::check::Surroundings;
use crate::config::check::values::{base_url, interval, optional, secret};
use crate::config::raw::Raw;
use crate::config::sheet::{Findings, Sheet};
use crate::config::{AccountConfig, Accounts, Switch};
use crate::domain::account::{AccountId, CredentialPlace, Options};
use crate::domain::ids::ProviderId;

/// Keys that every account has; anything else is the provider's.
const OWN_KEYS: [&str; 7] = [
    "provider", "name", "label", "secret", "enabled", "refresh", "base_url",
];

/// The accounts that can be used, in the file's order.
pub(super) fn accounts<'a>(
    root: &mut Sheet<'a>,
    findings: &mut Findings<'a>,
    surroundings: &Surroundings<'_>,
) -> Vec<AccountConfig> {
    let mut taken: BTreeMap<AccountId, Option<usize>> = BTreeMap::new();
    let mut accounts: Vec<AccountConfig> = Vec::new();
    for sheet in root.list(findings, "account") {
        let line = sheet.line_of(findings, "provider");
        let name = sheet.name().to_owned();
        let Some(account) = account(sheet, findings, surroundings) else {
            continue;
        };
        if let Some(first) = taken.get(&account.id) {
            let first = first.map_or_else(|| "above".to_owned(), |line| format!("in line {line}"));
            findings.warn(
                &name,
                line,
                format!(
                    "`{}` is already there {first}, so this account is skipped; give it a `name` of its own.",
                    account.id
                ),
            );
            continue;
        }
        let is_meant = |other: &&AccountConfig| {
            other.enabled == Switch::On && other.id.provider() == account.id.provider()
        };
        let provider = surroundings.provider(account.id.provider().as_str());
        if provider.is_some_and(|provider| provider.accounts == Accounts::One)
            && account.enabled == Switch::On
            && let Some(first) = accounts.iter().find(is_meant)
        {
            findings.warn(
                &name,
                line,
                format!(
                    "`{}` counts all of these logs already, so `{}` is skipped: it would count them a second time.",
                    first.id, account.id
                ),
            );
            continue;
        }
        taken.insert(account.id.clone(), line);
        accounts.push(account);
    }
    accounts
}

fn account<'a>(
    mut sheet: Sheet<'a>,
    findings: &mut Findings<'a>,
    surroundings: &Surroundings<'_>,
) -> Option<AccountConfig> {
    let id = id(&mut sheet, findings, surroundings)?;
    let label = sheet
        .take(findings, ("label", ""), |raw, _| optional(raw))
        .flatten();
    let credential = sheet
        .take(findings, ("secret", r#""keyring""#), |raw, _| {
            secret(raw.string()?)
        })
        .unwrap_or_default();
    let enabled = sheet.take(findings, ("enabled", "true"), |raw, _| raw.switch());
    let refresh = sheet
        .take_mended(findings, ("refresh", ""), |raw, _| interval(raw))
        .flatten();
    let base_url = sheet
        .take(findings, ("base_url", ""), |raw, _| {
            optional(raw)?.as_deref().map(base_url).transpose()
        })
        .flatten();
    let options = options(&mut sheet, findings, surroundings, &id);
    sheet.finish(findings);
    Some(AccountConfig {
        id,
        label,
        credential: match credential {
            CredentialPlace::File(path) => {
                CredentialPlace::File(surroundings.path(&path).to_string_lossy().into_owned())
            }
            other => other,
        },
        enabled: enabled.unwrap_or(Switch::On),
        refresh,
        base_url,
        options,
    })
}

/// The account's id; without a provider that exists there is no account.
fn id<'a>(
    sheet: &mut Sheet<'a>,
    findings: &mut Findings<'a>,
    surroundings: &Surroundings<'_>,
) -> Option<AccountId> {
    let line = sheet.line_of(findings, "provider");
    let key = sheet.key("provider");
    if !sheet.has("provider") {
        findings.warn(
            &key,
            line,
            "an account needs a `provider`, so this one is skipped.",
        );
        return None;
    }
    let provider = sheet.take(findings, ("provider", ""), |raw, _| {
        raw.string().map(str::to_owned)
    })?;
    if surroundings.provider(&provider).is_none() {
        let fault = surroundings.unknown_provider(&provider);
        findings.warn(&key, line, format!("{fault}; this account is skipped."));
        return None;
    }
    let name = sheet.take(findings, ("name", ""), |raw, _| raw.name());
    if name.is_none() && sheet.has("name") {
        let fault = "without a good `name` it would be another account, so it is skipped.";
        findings.warn(sheet.name(), line, fault);
        return None;
    }
    Some(AccountId::new(ProviderId::new(provider), name.as_deref()))
}

fn options<'a>(
    sheet: &mut Sheet<'a>,
    findings: &mut Findings<'a>,
    surroundings: &Surroundings<'_>,
    id: &AccountId,
) -> Options {
    let understood = surroundings
        .provider(id.provider().as_str())
        .map(|provider| provider.options.clone())
        .unwrap_or_default();
    let mut options = Options::new();
    for option in understood {
        if OWN_KEYS.contains(&option) {
            continue;
        }
        if let Some(texts) = sheet.take(findings, (option, ""), Raw::texts) {
            options.insert(option.to_owned(), texts);
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use crate::config::check::tests::{load, warnings};

    #[test]
    fn a_second_account_that_would_count_the_same_logs_again_is_skipped_and_named() {
        let text = r#"[[account]]
provider = "claude-code"
name = "old"
enabled = false
[[account]]
provider = "claude-code"
[[account]]
provider = "claude-code"
name = "work"
"#;
        let loaded = load(text);
        let ids = loaded
            .config
            .accounts
            .iter()
            .map(|each| each.id.to_string());
        assert_eq!(ids.collect::<Vec<_>>(), ["claude-code/old", "claude-code"]);
        assert_eq!(
            warnings(text),
            "line 8: `account[2]`: `claude-code` counts all of these logs already, so `claude-code/work` is skipped: it would \
            count them a second time."
        );
    }
}
