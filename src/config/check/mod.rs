//! What the file means: every value checked, bad ones replaced by their default with a warning.
//!
//! It never fails: a bad value costs that value, a bad account that account. Nothing is read here but the name of
//! the machine's time zone.

mod accounts;
mod prices;
mod values;
mod watched;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::domain::zone::Zone;

use crate::config::check::accounts::accounts;
use crate::config::check::prices::prices;
use crate::config::check::values::{
    currency, icon, interval, optional, percent, quiet_hours, web_address,
};
use crate::config::check::watched::{alerts, budgets, holdings};
use crate::config::file::Written;
use crate::config::sheet::{Findings, Mended, Sheet};
use crate::config::suggest::did_you_mean;
use crate::config::{Config, KnownProvider, Loaded, Notifications, Origin};
use crate::domain::policy::Policy;
use crate::domain::variables::Variables;

/// What else decides on the meaning.
pub(super) struct Surroundings<'a> {
    /// The environment with `.env`.
    pub(super) variables: &'a Variables,
    /// The providers.
    pub(super) known: &'a [KnownProvider],
    /// The folder of the file; relative paths start there.
    pub(super) folder: &'a Path,
}

impl Surroundings<'_> {
    fn provider(&self, id: &str) -> Option<&KnownProvider> {
        self.known.iter().find(|provider| provider.id == id)
    }

    fn unknown_provider(&self, id: &str) -> String {
        let hint = did_you_mean(id, self.known.iter().map(|provider| provider.id));
        if hint.is_empty() {
            format!("there is no provider `{id}`; `spendtray providers` lists them")
        } else {
            format!("there is no provider `{id}`{}", hint.trim_end_matches('?'))
        }
    }

    /// A path as written, with `~` and relative parts resolved.
    fn path(&self, text: &str) -> PathBuf {
        let home = self
            .variables
            .get("HOME")
            .or_else(|| self.variables.get("USERPROFILE"));
        match (text.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => Path::new(home).join(rest),
            _ => self.folder.join(text),
        }
    }
}

/// The meaning of a file.
pub(super) fn check(written: &Written, surroundings: &Surroundings<'_>) -> Loaded {
    let mut findings = Findings::new(written);
    let mut root = Sheet::root(written);
    let default = Config::default();
    let refresh = root
        .take_mended(&mut findings, ("refresh", r#""auto""#), |raw, _| {
            interval(raw)
        })
        .flatten();
    let zone = zone(&mut root, &mut findings, surroundings.variables);
    let policy = Policy {
        zone,
        currency: root
            .take(&mut findings, ("currency", r#""USD""#), |raw, _| {
                currency(raw)
            })
            .unwrap_or(default.policy.currency),
        ..default.policy
    };
    let ledger = ledger(&mut root, &mut findings, surroundings.variables);
    let http_log = root
        .take(&mut findings, ("http_log", r#""""#), |raw, _| optional(raw))
        .flatten()
        .map(|path| surroundings.path(&path));
    let policy = tray(&mut root, &mut findings, policy);
    let notifications = notifications(&mut root, &mut findings, &default.notifications);
    let prices = prices(&mut root, &mut findings);
    let accounts = accounts(&mut root, &mut findings, surroundings);
    let policy = Policy {
        budgets: budgets(&mut root, &mut findings, surroundings, policy.currency),
        rules: alerts(&mut root, &mut findings, surroundings),
        holdings: holdings(&mut root, &mut findings),
        ..policy
    };
    root.finish(&mut findings);
    let Findings {
        mut warnings,
        settings,
        ..
    } = findings;
    warnings.sort_by_key(|warning| warning.line);
    Loaded {
        config: Config {
            refresh,
            policy,
            accounts,
            notifications,
            prices,
            ledger,
            http_log,
        },
        warnings,
        settings,
    }
}

/// The zone that cuts days: as written, else the machine's.
fn zone<'a>(root: &mut Sheet<'a>, findings: &mut Findings<'a>, variables: &Variables) -> Zone {
    let written = root.take(findings, ("timezone", r#""local""#), |raw, _| {
        match raw.string()? {
            "local" => Ok(None),
            name => values::zone(name).map(Some),
        }
    });
    if let Some(Some(zone)) = written {
        return zone;
    }
    zone_of_machine(variables).unwrap_or_else(|| {
        let line = root.has("timezone").then(|| root.line_of(findings, "timezone"));
        findings.warn(
            "timezone",
            line.flatten(),
            "this machine does not tell its time zone, so days are cut in UTC; write it as \"Europe/Berlin\".",
        );
        Zone::UTC
    })
}

/// The zone of a name as in the configuration: `local`, `UTC` or an IANA name.
pub(super) fn zone_named(name: &str, variables: &Variables) -> Result<Zone, String> {
    if name.eq_ignore_ascii_case("local") {
        return zone_of_machine(variables)
            .ok_or_else(|| "this machine does not tell its time zone".to_owned());
    }
    values::zone(name)
}

/// The machine's zone. `None`: it does not tell it.
fn zone_of_machine(variables: &Variables) -> Option<Zone> {
    let named = variables.get("TZ").and_then(zone_of_variable);
    let machine = || iana_time_zone::get_timezone().ok()?.parse().ok();
    named.or_else(machine)
}

/// `Europe/Berlin`, also as `:Europe/Berlin` or as a path into the zone database.
fn zone_of_variable(text: &str) -> Option<Zone> {
    let name = text.trim().trim_start_matches(':');
    let name = name.split_once("zoneinfo/").map_or(name, |(_, name)| name);
    name.parse().ok()
}

fn ledger<'a>(
    root: &mut Sheet<'a>,
    findings: &mut Findings<'a>,
    variables: &Variables,
) -> Option<String> {
    let ledger = root
        .take(findings, ("ledger", r#""""#), |raw, _| {
            match optional(raw)? {
                Some(url) => values::ledger(&url).map(Some),
                None => Ok(None),
            }
        })
        .flatten();
    if let Some(url) = variables.get("SPENDTRAY_LEDGER") {
        findings.settings.retain(|setting| setting.key != "ledger");
        let origin = Origin::Environment("SPENDTRAY_LEDGER".to_owned());
        findings.note("ledger".to_owned(), &format!("\"{url}\""), origin);
    }
    ledger
}

fn tray<'a>(root: &mut Sheet<'a>, findings: &mut Findings<'a>, policy: Policy) -> Policy {
    let mut tray = root.table(findings, "tray");
    let title = tray
        .take(findings, ("title", r#""""#), |raw, _| optional(raw))
        .flatten();
    let icon = tray.take(findings, ("icon", r#""number""#), |raw, _| icon(raw));
    let warn_at = tray
        .take(findings, ("warn_at", "75"), |raw, _| percent(raw))
        .unwrap_or(policy.warn_at);
    let critical_at = tray.take_mended(findings, ("critical_at", "90"), |raw, _| {
        let value = percent(raw)?;
        let fault = (value < warn_at).then(|| {
            let fault = "it is below `warn_at`, so nothing would ever be a warning";
            (warn_at.to_string(), fault.to_owned())
        });
        Ok(Mended {
            value: value.max(warn_at),
            fault,
        })
    });
    tray.finish(findings);
    Policy {
        title,
        icon: icon.unwrap_or(policy.icon),
        warn_at,
        critical_at: critical_at.unwrap_or(policy.critical_at.max(warn_at)),
        ..policy
    }
}

fn notifications<'a>(
    root: &mut Sheet<'a>,
    findings: &mut Findings<'a>,
    default: &Notifications,
) -> Notifications {
    let mut sheet = root.table(findings, "notifications");
    let enabled = sheet.take(findings, ("enabled", "true"), |raw, _| raw.switch());
    let quiet_hours = sheet.take(findings, ("quiet_hours", r#""""#), |raw, _| {
        optional(raw)?.as_deref().map(quiet_hours).transpose()
    });
    let webhook = sheet.take(findings, ("webhook", r#""""#), |raw, _| {
        optional(raw)?.as_deref().map(web_address).transpose()
    });
    sheet.finish(findings);
    Notifications {
        enabled: enabled.unwrap_or(default.enabled),
        quiet_hours: quiet_hours.flatten(),
        webhook: webhook.flatten(),
    }
}
