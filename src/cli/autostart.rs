//! `spendtray autostart`: start at login, or no longer.

use clap::{Args, Subcommand};

use crate::cli::failure::{Ended, Failure};
use crate::cli::session::{Session, knock};
use crate::system::autostart::Status;

/// Start the tray at login, or no longer
#[derive(Debug, Args)]
pub(super) struct AutostartArgs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Action {
    /// Say whether it starts at login: on, off or unavailable (the default)
    Status,
    /// Start at login
    Enable,
    /// No longer start at login
    Disable,
}

/// Runs the command.
#[expect(
    clippy::needless_pass_by_value,
    reason = "commands own their arguments"
)]
pub(super) fn run(session: &Session, arguments: AutostartArgs) -> Result<Ended, Failure> {
    let assembly = session.assembly_in_silence()?;
    let autostart = assembly.autostart();
    match arguments.action.unwrap_or(Action::Status) {
        Action::Status => {
            let (word, entry) = match autostart.status() {
                Status::On => ("on", format!("The entry is {}.", autostart.place())),
                Status::Off => (
                    "off",
                    "Run `spendtray autostart enable` to start it at login.".to_owned(),
                ),
                Status::Unavailable => (
                    "unavailable",
                    "This system offers no way to start a program at login.".to_owned(),
                ),
            };
            session.output.data(word)?;
            session.output.note(&entry);
        }
        Action::Enable => {
            autostart.enable()?;
            session
                .output
                .note(&format!("Spendtray starts at login: {}", autostart.place()));
            knock(&assembly);
        }
        Action::Disable => {
            autostart.disable()?;
            session.output.note("Spendtray no longer starts at login.");
            knock(&assembly);
        }
    }
    Ok(Ended::Well)
}
