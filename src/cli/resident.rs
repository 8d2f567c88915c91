//! No command: the resident tray. The first start stays, a second one wakes it.

use crate::app::resident::{Guards, Resident};
use crate::cli::Left;
use crate::cli::arguments::Globals;
use crate::cli::failure::{Ended, Failure};
use crate::cli::output::say;
use crate::cli::session::Session;
use crate::logging;
use crate::system::instance::{self, Claim};

/// Prepares the resident process, or wakes the one that runs.
pub(super) async fn run(session: &Session) -> Result<Left, Failure> {
    let assembly = session.assembly()?;
    let instance = match instance::claim(&assembly.paths.state) {
        Ok(Claim::First(instance)) => Some(instance),
        Ok(Claim::Running) => {
            session
                .output
                .note("Spendtray is already running; it was told to refresh.");
            return Ok(Ended::Well.into());
        }
        Err(error) => {
            session.output.warn(&format!(
                "a second start cannot be noticed, because {} cannot be used: {error}; make it a folder that you can write",
                assembly.paths.state.display()
            ));
            None
        }
    };
    if let Err(error) = logging::to_file(&assembly.paths.state, session.verbosity) {
        session.output.warn(&format!(
            "there is no log file, because {} cannot be written: {error}",
            assembly.paths.state.display()
        ));
    }
    let guards = Guards {
        instance,
        ..Guards::default()
    };
    let resident = Resident::prepare(&assembly, guards).await?;
    Ok(Left::Resident(Box::new(resident)))
}

/// How the mouth tells the person at the terminal something.
pub(super) fn voice(globals: &Globals) -> fn(&str) {
    if globals.quiet { |_| {} } else { say }
}
