//! Clicks on the menu of the real program, by what its rows say.

use std::time::Duration;

use super::{VENICE, polled, says};
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::FakeTray;
use crate::support::desktop::resident::{Resident, Vendors};
use crate::support::desktop::screen::until;
use crate::support::desktop::{Outcome, Session, in_own_session};

/// Where start at login is kept.
const AUTOSTART: &str = ".config/autostart/spendtray.desktop";

#[test]
fn the_menu_has_accounts_keys_models_coins_budgets_and_what_one_can_do() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::at(&session, &vendors)?;
        resident.start()?;
        let icon = tray.icon().await?;
        polled(&icon).await?;
        for row in ["Keys (", "Models (", "VVV  $", "DIEM  $"] {
            says(&icon, row).await?;
        }
        let menu = icon.menu().await?;
        insta::assert_snapshot!(shape(&menu));
        let title = icon.text("Title").await?;
        assert!(title.ends_with(" DIEM left"), "{title}");
        Ok(())
    })
}

#[test]
fn clicks_open_pages_settings_and_start_at_login() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::at(&session, &vendors)?;
        resident.start()?;
        let icon = tray.icon().await?;
        polled(&icon).await?;
        icon.click("Open dashboard").await?;
        until("the dashboard", async || {
            Ok(resident.opened().contains("https://venice.ai/"))
        })
        .await?;
        icon.click("$50").await?;
        until("the page for paying", async || {
            Ok(resident.opened().contains("amount=50.00"))
        })
        .await?;
        icon.click("Settings…").await?;
        until("the settings", async || {
            Ok(resident
                .opened()
                .ends_with(".config/spendtray/config.toml\n"))
        })
        .await?;
        icon.click("Start at login").await?;
        says(&icon, "[x] Start at login").await?;
        let entry = std::fs::read_to_string(resident.path(AUTOSTART))?;
        assert!(entry.contains(env!("CARGO_BIN_EXE_spendtray")), "{entry}");
        icon.click("Start at login").await?;
        says(&icon, "[ ] Start at login").await?;
        let asked = vendors.asked("/billing/balance");
        icon.click("Refresh").await?;
        until("another question", async || {
            Ok(vendors.asked("/billing/balance") > asked)
        })
        .await
    })
}

#[test]
fn quit_ends_it_well_and_soon() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::at(&session, &vendors)?;
        resident.start()?;
        let icon = tray.icon().await?;
        says(&icon, VENICE).await?;
        icon.click("Quit").await?;
        let (code, took) = resident.ended().await?;
        assert_eq!(code, Some(0));
        assert!(took < Duration::from_secs(2), "{took:?}");
        Ok(())
    })
}

/// The menu with every figure as `#`: figures are the simulator's business.
fn shape(menu: &str) -> String {
    let mut text = String::new();
    for letter in menu.chars() {
        let part = matches!(letter, '.' | ',') && text.ends_with('#');
        if letter.is_ascii_digit() || part {
            if !text.ends_with('#') {
                text.push('#');
            }
        } else {
            text.push(letter);
        }
    }
    text
}
