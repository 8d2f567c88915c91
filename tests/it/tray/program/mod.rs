//! The real program as resident tray on simulated vendors: what a person sees of it, and what his clicks do.

mod alerts;
mod comings;
mod life;
mod menu;
mod real;
mod settings;
mod trouble;

use crate::support::desktop::Outcome;
use crate::support::desktop::remote::RemoteItem;
use crate::support::desktop::screen::until;

/// The simulated account's row.
const VENICE: &str = "Venice (demo)";

/// Waits until the menu says this.
async fn says(icon: &RemoteItem, text: &str) -> Outcome {
    let said = until(text, async || Ok(icon.menu().await?.contains(text))).await;
    match said {
        Ok(()) => Ok(()),
        Err(error) => Err(format!("{error}; the menu is\n{}", icon.menu().await?).into()),
    }
}

/// Waits until the first poll is over and its figures stand in the menu.
async fn polled(icon: &RemoteItem) -> Outcome {
    says(icon, " of 50.0000 DIEM").await?;
    says(icon, "Refresh now (last").await
}
