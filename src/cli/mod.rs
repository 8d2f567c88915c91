//! Mouth 2: the command line. One file a command; parsing here, figures from `app`, words from `view`.
//!
//! A command gets a `Session`, returns how it ended, and writes only through
//! `Output`: data to standard output, words to standard error.

mod accounts;
mod alerts;
mod arguments;
mod autostart;
mod completions;
mod config;
mod demo;
mod doctor;
mod failure;
mod figures;
mod login;
mod logout;
mod man;
mod output;
mod prices;
mod providers;
mod resident;
mod selection;
mod session;
mod status;
mod table;
mod usage;

pub use arguments::Cli;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::app::resident::Resident;
use crate::cli::arguments::Command;
use crate::cli::failure::{Ended, Failure};
use crate::cli::output::Output;
use crate::cli::session::Session;
use crate::system::steps::Driver;

/// What is left to do after the command line has been read.
pub enum Outcome {
    /// Nothing: the command has run.
    Done(ExitCode),
    /// The process stays, with a face if it was built with one.
    Stay(Box<Stay>),
}

/// A process that stays.
pub struct Stay {
    /// Where its engine runs.
    pub driver: Driver,
    /// Its engine and channels.
    pub resident: Resident,
    /// Tells the person at the terminal something.
    pub say: fn(&str),
}

/// What a command leaves behind.
enum Left {
    Nothing(Ended),
    Resident(Box<Resident>),
}

impl From<Ended> for Left {
    fn from(ended: Ended) -> Self {
        Self::Nothing(ended)
    }
}

/// Reads the command line and runs it.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Outcome {
    let line = match arguments::read(arguments) {
        Ok(line) => line,
        Err(code) => return Outcome::Done(code),
    };
    let session = Session::new(&line.globals);
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return Outcome::Done(refused(&session.output, &error.into())),
    };
    let say = resident::voice(&line.globals);
    let code = match runtime.block_on(dispatch(&session, line)) {
        Ok(Left::Resident(mut resident)) => {
            return Outcome::Stay(Box::new(Stay {
                driver: Driver::new(runtime, resident.stepper.take()),
                resident: *resident,
                say,
            }));
        }
        Ok(Left::Nothing(ended)) => ended.into(),
        Err(failure) => refused(&session.output, &failure),
    };
    // A look-up of a name or of a key may still hang in the system; nobody waits for it any more.
    runtime.shutdown_background();
    Outcome::Done(code)
}

fn refused(output: &Output, failure: &Failure) -> ExitCode {
    if failure.is_silent() {
        return failure.code();
    }
    output.failure(failure);
    failure.code()
}

async fn dispatch(session: &Session, line: Cli) -> Result<Left, Failure> {
    let Some(command) = line.command else {
        return resident::run(session).await;
    };
    if !command.stays_on_screen() {
        session.log_to_stderr();
    }
    let ended = match command {
        Command::Demo(arguments) => return demo::run(session, &arguments).await,
        Command::Status(arguments) => status::run(session, &arguments).await?,
        Command::Usage(arguments) => usage::run(session, &arguments).await?,
        Command::Prices(arguments) => prices::run(session, &arguments).await?,
        Command::Accounts(arguments) => accounts::run(session, arguments).await?,
        Command::Alerts(arguments) => alerts::run(session, arguments).await?,
        Command::Login(arguments) => login::run(session, &arguments).await?,
        Command::Logout(arguments) => logout::run(session, &arguments).await?,
        Command::Providers(arguments) => providers::run(session, &arguments)?,
        Command::Config(arguments) => config::run(session, arguments).await?,
        Command::Autostart(arguments) => autostart::run(session, arguments)?,
        Command::Doctor(arguments) => doctor::run(session, &arguments).await?,
        Command::Completions(arguments) => completions::run(session, &arguments)?,
        Command::Man => man::run(session)?,
    };
    Ok(ended.into())
}
