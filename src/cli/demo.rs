//! `spendtray demo`: the tray with invented accounts, in a throw-away home. Nothing of the user's is touched.

use clap::Args;

use crate::app::assembly::Assembly;
use crate::app::demo;
use crate::app::resident::{Guards, Resident};
use crate::cli::failure::Failure;
use crate::cli::figures::{self, Polling};
use crate::cli::session::Session;
use crate::cli::{Left, status};
use crate::system::session::{self, Presence};
use crate::view;

/// Try it with invented accounts: no key, no network, nothing of yours is touched
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Print the figures once as text instead of starting a tray
    #[arg(long)]
    pub(super) once: bool,
}

/// Runs the command.
pub(super) async fn run(session: &Session, arguments: &DemoArgs) -> Result<Left, Failure> {
    let invented = "Invented figures from simulated vendors on this machine; nothing of yours is read or written.";
    let (assembly, demo) = demo::start(&session.environment, session.clock()).await?;
    if arguments.once {
        session.output.note(invented);
        return once(session, &assembly).await;
    }
    if let Presence::Absent(why) = session::bus().await {
        session.output.note(invented);
        session.output.note(&format!(
            "No tray can be shown here: {why} These are the figures it would show."
        ));
        let ended = once(session, &assembly).await;
        session
            .output
            .note("To see the tray, run `spendtray demo` within a desktop session.");
        return ended;
    }
    session.log_to_stderr();
    session.output.note(&format!(
        "{invented} A budget will be crossed in about a minute. Ctrl-C ends it."
    ));
    let guards = Guards {
        instance: None,
        demo: Some(demo),
    };
    let resident = Resident::prepare(&assembly, guards).await?;
    Ok(Left::Resident(Box::new(resident)))
}

async fn once(session: &Session, assembly: &Assembly) -> Result<Left, Failure> {
    let store = session.store(assembly).await?;
    let figures = figures::gather(assembly, &store, &assembly.planned(), Polling::Now).await;
    store.close().await;
    let figures = figures?;
    let text = view::text::status(&figures.digest, &assembly.loaded.config.policy);
    session.output.data(&status::painted(session, &text))?;
    Ok(figures.ended()?.into())
}
