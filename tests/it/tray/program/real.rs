//! The real program in a real session: xfce4-panel, dunst and an unlocked gnome-keyring.

use std::fs;
use std::path::Path;
use std::process::Command;

use spendtray::simulator::VENICE_ADMIN_KEY;

use super::{polled, says};
use crate::support::desktop::programs::run;
use crate::support::desktop::real::RealDesktop;
use crate::support::desktop::resident::{Resident, Vendors};
use crate::support::desktop::screen::{Place, icon_place, open_menu, picture, press, until};
use crate::support::desktop::{Outcome, Session, in_real_session};

/// The lower right of the screen.
const CORNER: Place = Place {
    x: 180,
    y: 300,
    width: 1100,
    height: 420,
};
/// The upper right of the screen, where notifications are.
const NOTIFICATIONS: Place = Place {
    x: 880,
    y: 0,
    width: 400,
    height: 200,
};

#[test]
fn a_person_logs_in_sees_his_figures_is_told_once_and_restarts_what_he_likes() -> Outcome {
    in_real_session(async |session: Session| {
        let mut desktop = RealDesktop::start(&session).await?;
        desktop.unlock_secrets().await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::without_key(&session, &vendors)?;
        logs_in(&resident).await?;

        resident.start()?;
        let icon = desktop.icon().await?;
        polled(&icon).await?;
        picture()
            .await?
            .keep("program-panel", icon_place().await?, 6)?;
        assert_eq!(told()?, 0, "nothing has been crossed yet");

        vendors.cross();
        icon.click("Refresh now").await?;
        until("the notification", async || Ok(told()? == 1)).await?;
        picture()
            .await?
            .keep("program-notification", NOTIFICATIONS, 1)?;
        says(&icon, "Alerts (1)").await?;
        run(Command::new("dunstctl").args(["action", "0"]), "dunst")?;
        until("the page of the notification", async || {
            Ok(resident.opened().contains("amount=25.00"))
        })
        .await?;

        copies(&icon).await?;
        open_menu(icon_place().await?).await?;
        press(&["Down", "Down", "Right"]).await?;
        picture().await?.keep("program-menu", CORNER, 1)?;
        press(&["Escape"]).await?;

        let title = icon.text("Title").await?;
        desktop.restart_panel().await?;
        assert_eq!(desktop.icon().await?.text("Title").await?, title);
        icon_place().await?;

        resident.signal("TERM")?;
        assert_eq!(resident.ended().await?.0, Some(0));
        resident.start()?;
        let icon = desktop.icon().await?;
        polled(&icon).await?;
        assert_eq!(icon.text("Title").await?, title);
        let asked = vendors.asked("/billing/balance");
        icon.click("Refresh now").await?;
        until("another poll", async || {
            Ok(vendors.asked("/billing/balance") > asked)
        })
        .await?;
        polled(&icon).await?;
        assert_eq!(told()?, 1, "no second notification");
        assert_eq!(
            files_with(&session.home(), VENICE_ADMIN_KEY)?,
            Vec::<String>::new()
        );
        Ok(())
    })
}

/// The key goes to the secret store, and is found there by any program of the user.
async fn logs_in(resident: &Resident) -> Outcome {
    let login = ["login", "venice/demo", "--stdin"];
    let (code, words) = resident.run(&login, VENICE_ADMIN_KEY).await?;
    assert_eq!(code, Some(0), "{words}");
    assert!(!words.contains(VENICE_ADMIN_KEY), "{words}");
    let lookup = ["lookup", "service", "spendtray", "username", "venice/demo"];
    let found = run(Command::new("secret-tool").args(lookup), "libsecret-tools")?;
    assert_eq!(found.trim(), VENICE_ADMIN_KEY);
    Ok(())
}

/// "Copy figures" puts the account's page on the clipboard.
async fn copies(icon: &crate::support::desktop::remote::RemoteItem) -> Outcome {
    icon.click("Copy figures").await?;
    let mut clipboard = arboard::Clipboard::new()?;
    until("the figures on the clipboard", async || {
        let text = clipboard.get_text().unwrap_or_default();
        Ok(text.starts_with("Venice (demo)") && text.contains("Models"))
    })
    .await
}

/// How many notifications dunst has shown and shows.
fn told() -> Outcome<usize> {
    let count = |which| -> Outcome<usize> {
        let text = run(Command::new("dunstctl").args(["count", which]), "dunst")?;
        Ok(text.trim().parse()?)
    };
    Ok(count("displayed")? + count("history")? + count("waiting")?)
}

/// The files below a folder that hold a text. The keyring's own files are encrypted.
fn files_with(folder: &Path, text: &str) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files_with(&entry.path(), text)?);
        } else if entry.file_type()?.is_file() {
            let bytes = fs::read(entry.path())?;
            if bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
            {
                found.push(entry.path().display().to_string());
            }
        }
    }
    Ok(found)
}
