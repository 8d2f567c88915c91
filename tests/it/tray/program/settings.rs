//! The configuration file, saved while the real program runs.

use super::{polled, says};
use crate::support::desktop::bus::Bus;
use crate::support::desktop::fakes::{FakeDaemon, FakeTray};
use crate::support::desktop::resident::{Resident, Vendors};
use crate::support::desktop::screen::until;
use crate::support::desktop::{Outcome, Session, in_own_session};

#[test]
fn a_saved_change_takes_effect_at_once() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::at(&session, &vendors)?;
        resident.start()?;
        let icon = tray.icon().await?;
        polled(&icon).await?;
        let second = resident
            .config()?
            .replace("name = \"demo\"", "name = \"second\"");
        let account = second
            .split("[[account]]")
            .nth(1)
            .ok_or("no account in the configuration")?;
        resident.save(&format!(
            "{}\n[[account]]{account}\n[tray]\ntitle = \"{{venice/second.usd}} to spend\"\n",
            resident.config()?
        ))?;
        says(&icon, "Venice (second)").await?;
        until("the title of the new template", async || {
            let title = icon.text("Title").await?;
            Ok(title.starts_with('$') && title.ends_with(" to spend"))
        })
        .await
    })
}

#[test]
fn a_broken_change_is_told_with_its_line_and_the_old_settings_stay() -> Outcome {
    in_own_session(async |session: Session| {
        let _bus = Bus::start(&session)?;
        let mut tray = FakeTray::appear().await?;
        let mut daemon = FakeDaemon::appear(&["actions", "body"]).await?;
        let vendors = Vendors::start().await?;
        let mut resident = Resident::at(&session, &vendors)?;
        resident.start()?;
        let icon = tray.icon().await?;
        polled(&icon).await?;
        let (good, title) = (resident.config()?, icon.text("Title").await?);
        resident.save(&format!("# a remark\nrefresh = = 5\n{good}"))?;
        let shown = daemon.next().await?;
        assert_eq!(shown.texts[2], "The changed configuration is not used");
        assert!(
            shown.texts[3].contains("config.toml:2:"),
            "{}",
            shown.texts[3]
        );
        assert!(
            shown.texts[3].contains("old settings stay"),
            "{}",
            shown.texts[3]
        );
        says(&icon, "config.toml:2:").await?;
        assert_eq!(icon.text("Title").await?, title);
        resident.save(&good)?;
        until("a menu without the note", async || {
            Ok(!icon.menu().await?.contains("config.toml:2:"))
        })
        .await
    })
}
