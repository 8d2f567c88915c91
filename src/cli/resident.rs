//! No command: the resident tray. The first start stays, a second one wakes it.

use std::pin::Pin;

use tokio::sync::mpsc::UnboundedSender;

use crate::app::message::Command;
use crate::app::resident::{Guards, Resident};
use crate::cli::Left;
use crate::cli::arguments::Globals;
use crate::cli::failure::{Ended, Failure};
use crate::cli::output::say;
use crate::cli::session::Session;
use crate::logging;
use crate::system::instance::{self, Claim};
use crate::system::stop;
use crate::view::menu::Action;

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
                "a second start cannot be noticed, because {} cannot be used: {error}",
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
        demo: None,
    };
    let resident = Resident::prepare(&assembly, guards).await?;
    Ok(staying(resident))
}

/// A resident process that also ends well when the system or the terminal asks it to.
pub(super) fn staying(mut resident: Resident) -> Left {
    resident.engine = until_told(resident.engine, resident.commands.clone());
    Left::Resident(Box::new(resident))
}

fn until_told(
    engine: Pin<Box<dyn Future<Output = ()> + Send>>,
    commands: UnboundedSender<Command>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let mut engine = engine;
        tokio::select! {
            () = &mut engine => return,
            () = stop::asked() => drop(commands.send(Command::Act(Action::Quit))),
        }
        engine.await;
    })
}

/// How the mouth tells the person at the terminal something.
pub(super) fn voice(globals: &Globals) -> fn(&str) {
    if globals.quiet { |_| {} } else { say }
}
