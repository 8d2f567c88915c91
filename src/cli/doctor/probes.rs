//! The things `doctor` looks at, one function each. None waits for longer than a few seconds.

use crate::analysis::digest::{AccountDigest, AccountState};
use crate::app::assembly::Assembly;
use crate::cli::doctor::{Finding, logs};
use crate::cli::figures::{self, Polling};
use crate::secrets::vault::StoreStanding;
use crate::store::{Access, Integrity, Store};
use crate::system::autostart::Status;
use crate::system::session::{self, DesktopSession, Presence};

/// Everything, from the outside in.
pub(super) async fn all(assembly: &Assembly, online: bool) -> Vec<Finding> {
    let desktop_name = assembly.reach.variables.get("XDG_CURRENT_DESKTOP");
    let mut findings = desktop(desktop_name, &session::look().await);
    findings.push(secret_store(assembly).await);
    findings.push(autostart(assembly));
    findings.extend(configuration(assembly));
    findings.extend(logs::all(assembly).await);
    match assembly.store().await {
        Ok(store) => {
            findings.push(ledger(&store).await);
            findings.extend(accounts(assembly, &store, online).await);
            store.close().await;
        }
        Err(error) => findings.push(Finding::fault("ledger", error.to_string())),
    }
    findings
}

fn desktop(desktop: Option<&str>, session: &DesktopSession) -> Vec<Finding> {
    let bus = session.bus.as_ref().map(|bus| match bus {
        Presence::Present(_) => Finding::ok("session bus", "reached"),
        Presence::Absent(why) => Finding::fault("session bus", why)
            .mended_by("Start spendtray within a desktop session, or under `dbus-run-session`."),
    });
    if matches!(session.bus, Some(Presence::Absent(_))) {
        let untold = |subject: &str| Finding::note(subject, "cannot be told without a session bus");
        let untold = [untold("tray host"), untold("notifications")];
        return bus.into_iter().chain(untold).collect();
    }
    let tray = match &session.tray_host {
        Presence::Present(_) => Finding::ok("tray host", desktop.unwrap_or("shows icons")),
        Presence::Absent(why) => Finding::fault("tray host", why).mended_by(tray_mend(desktop)),
    };
    let notifications = match &session.notifications {
        Presence::Present(who) => Finding::ok("notifications", who.as_deref().unwrap_or("can be shown")),
        Presence::Absent(why) => Finding::fault("notifications", why)
            .mended_by("Install a notification daemon, such as `dunst` or `mako`; until then `spendtray alerts history` keeps them."),
    };
    bus.into_iter().chain([tray, notifications]).collect()
}

/// What shows tray icons on a desktop.
fn tray_mend(desktop: Option<&str>) -> String {
    let desktop = desktop.unwrap_or_default().to_lowercase();
    let mend = if desktop.contains("gnome") {
        "Install and enable the extension \"AppIndicator and KStatusNotifierItem Support\" (Debian: gnome-shell-extension-appindicator), then log in again."
    } else if ["sway", "hyprland", "wlroots", "niri", "river"]
        .iter()
        .any(|name| desktop.contains(name))
    {
        "Run a bar with a tray, such as waybar with its `tray` module."
    } else if desktop.contains("xfce") {
        "Add the \"Status Tray Plugin\" to the panel."
    } else if desktop.contains("mate") {
        "Add the \"Notification Area\" or the indicator applet to the panel."
    } else {
        "Run a panel or bar with a tray (StatusNotifierItem) in it."
    };
    format!("{mend} The icon appears by itself as soon as it is there.")
}

async fn secret_store(assembly: &Assembly) -> Finding {
    match assembly.reach.vault.standing().await {
        StoreStanding::Open => Finding::ok("secret store", "open"),
        StoreStanding::Locked => Finding::fault("secret store", "locked")
            .mended_by("Unlock it, for example by logging in to the desktop."),
        StoreStanding::Absent(why) => Finding::note(
            "secret store",
            format!(
                "{}. Keys are kept in {} (only you can read it)",
                why.trim_end_matches('.'),
                assembly.paths.secrets_file().display()
            ),
        ),
    }
}

fn autostart(assembly: &Assembly) -> Finding {
    let autostart = assembly.autostart();
    match autostart.status() {
        Status::On => Finding::ok("start at login", format!("on, {}", autostart.place())),
        Status::Off => Finding::note("start at login", "off"),
        Status::Unavailable => Finding::note("start at login", "this system offers no way"),
    }
}

fn configuration(assembly: &Assembly) -> Vec<Finding> {
    let subject = "configuration";
    if let Some(error) = &assembly.config_error {
        return vec![Finding::fault(subject, error.for_now()).mended_by(error.advice())];
    }
    let warnings = assembly.loaded.warnings.iter().map(ToString::to_string);
    let warnings: Vec<Finding> = warnings
        .chain(assembly.dot_env_notes.iter().cloned())
        .map(|warning| Finding::fault(subject, warning).mended_by("Run `spendtray config edit`."))
        .collect();
    if !warnings.is_empty() {
        return warnings;
    }
    let file = &assembly.paths.config_file;
    vec![if file.exists() {
        Finding::ok(subject, file.display().to_string())
    } else {
        Finding::note(
            subject,
            format!(
                "there is no file {}; the defaults are in force",
                file.display()
            ),
        )
    }]
}

async fn ledger(store: &Store) -> Finding {
    let subject = "ledger";
    let checkup = match store.check().await {
        Ok(checkup) => checkup,
        Err(error) => return Finding::fault(subject, error.to_string()),
    };
    if let Integrity::Damaged(problems) = &checkup.integrity {
        let place = &checkup.place;
        return Finding::fault(
            subject,
            format!("{place} is damaged: {}", problems.join("; ")),
        )
        .mended_by(
            "End spendtray, move the file away or put a backup in its place, then start again.",
        );
    }
    match checkup.access {
        Access::ReadWrite => Finding::ok(
            subject,
            format!(
                "{}, {} accounts, version {}",
                checkup.place, checkup.accounts, checkup.version
            ),
        ),
        Access::ReadOnly(reason) => Finding::fault(subject, reason)
            .mended_by("Make it writable; until then the tray keeps its figures in memory."),
    }
}

async fn accounts(assembly: &Assembly, store: &Store, online: bool) -> Vec<Finding> {
    let planned = assembly.planned();
    if planned.is_empty() && assembly.config_error.is_some() {
        return vec![Finding::note(
            "accounts",
            "none is known while the configuration cannot be read",
        )];
    }
    if planned.is_empty() {
        return vec![
            Finding::note("accounts", "none is set up")
                .mended_by("Run `spendtray login PROVIDER`."),
        ];
    }
    let digest = if online {
        figures::gather(assembly, store, &planned, Polling::Now)
            .await
            .map(|figures| figures.digest)
    } else {
        figures::look(assembly, store, &planned)
            .await
            .map(|(_, digest)| digest)
    };
    match digest {
        Ok(digest) => digest.accounts.iter().map(account).collect(),
        Err(failure) => vec![Finding::fault("accounts", failure.message)],
    }
}

fn account(account: &AccountDigest) -> Finding {
    let subject = format!("account {}", account.id());
    let hint = account
        .failure
        .as_ref()
        .and_then(|failure| failure.hint.clone());
    let finding = match (&account.failure, account.state) {
        (Some(failure), AccountState::Waiting) => {
            return Finding::note(subject, format!("told to wait: {}", failure.message));
        }
        (Some(failure), state) => {
            Finding::fault(subject, format!("{}: {}", state.name(), failure.message))
        }
        (None, AccountState::Unknown) => Finding::note(subject, "never polled"),
        (None, AccountState::Stale) => {
            Finding::note(subject, "its figures are old; nothing has polled it lately")
        }
        (None, state) => Finding::ok(subject, state.name()),
    };
    match hint {
        Some(hint) => finding.mended_by(hint),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(bus: Option<Presence>) -> Vec<String> {
        let session = DesktopSession {
            bus,
            tray_host: Presence::Present(None),
            notifications: Presence::Present(None),
        };
        let findings = desktop(None, &session).into_iter();
        findings.map(|finding| finding.subject).collect()
    }

    #[test]
    fn a_system_without_a_session_bus_is_told_of_none() {
        let bus = Some(Presence::Present(None));
        assert_eq!(subjects(bus), ["session bus", "tray host", "notifications"]);
        assert_eq!(subjects(None), ["tray host", "notifications"]);
    }
}
