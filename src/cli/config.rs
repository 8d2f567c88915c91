//! `spendtray config`: where the settings are, what is in force and why, what is wrong with them.

use std::path::Path;
use std::process::Command;

use clap::{Args, Subcommand};

use crate::app::assembly::Assembly;
use crate::cli::failure::{Ended, Failure};
use crate::cli::session::Session;
use crate::config::{Origin, Setting, edit};
use crate::system::open;

/// Show, check and edit the configuration
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Action {
    /// Print the path of the configuration file
    Path,
    /// Print every value in force with its origin
    Show,
    /// Check the file: exit code 2 when it cannot be read, 0 otherwise
    Check {
        /// Exit code 2 also when a value is not used as written
        #[arg(long)]
        strict: bool,
    },
    /// Open the file in $VISUAL or $EDITOR, then check it
    Edit,
    /// Write a commented file with every key; an existing one is left as it is
    Init,
}

/// Runs the command.
pub(super) async fn run(session: &Session, arguments: ConfigArgs) -> Result<Ended, Failure> {
    let assembly = session.assembly_in_silence()?;
    let file = assembly.paths.config_file.clone();
    match arguments.action {
        Action::Path => session.output.data(&file.display().to_string())?,
        Action::Show => show(session, &assembly)?,
        Action::Check { strict } => return check(session, &assembly, strict),
        Action::Edit => {
            init(session, &file)?;
            open_editor(session, &file).await?;
            return check(session, &session.assembly_in_silence()?, false);
        }
        Action::Init => {
            if !init(session, &file)? {
                session.output.note(&format!(
                    "{} is there already and was left as it is.",
                    file.display()
                ));
            }
        }
    }
    Ok(Ended::Well)
}

/// Writes the template where there is no file; returns whether it did.
fn init(session: &Session, file: &Path) -> Result<bool, Failure> {
    let written = edit::init(file)?;
    if written {
        session.output.note(&format!("Written: {}", file.display()));
    }
    Ok(written)
}

fn show(session: &Session, assembly: &Assembly) -> Result<(), Failure> {
    if let Some(error) = &assembly.config_error {
        session.output.warn(&error.for_now());
    }
    let left = |setting: &Setting| format!("{} = {}", setting.key, setting.value);
    let settings = &assembly.loaded.settings;
    let width = settings
        .iter()
        .map(|setting| left(setting).chars().count().min(48))
        .max()
        .unwrap_or_default();
    let lines = settings.iter().map(|setting| {
        format!(
            "{:width$}  # {}\n",
            left(setting),
            origin(&setting.origin, &assembly.paths.config_file)
        )
    });
    session.output.data(&lines.collect::<String>())
}

fn origin(origin: &Origin, file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    match origin {
        Origin::Default => "default".to_owned(),
        Origin::File(line) => format!("{name} line {line}"),
        Origin::Environment(name) => format!("variable {name}"),
        Origin::Flag => "command line".to_owned(),
    }
}

fn check(session: &Session, assembly: &Assembly, strict: bool) -> Result<Ended, Failure> {
    if let Some(error) = &assembly.config_error {
        return Err(error.clone().into());
    }
    let notes = assembly.loaded.warnings.iter().map(ToString::to_string);
    let findings: Vec<String> = notes
        .chain(assembly.dot_env_notes.iter().cloned())
        .collect();
    for finding in &findings {
        session.output.data(&format!("warning: {finding}"))?;
    }
    if strict && !findings.is_empty() {
        return Err(
            Failure::usage("the configuration has values that are not used as written")
                .hinted("Run `spendtray config edit` to mend them."),
        );
    }
    if findings.is_empty() {
        session.output.data("ok")?;
    }
    if !assembly.paths.config_file.exists() {
        session.output.note(&format!(
            "There is no file {}; the defaults are in force. `spendtray config init` writes one.",
            assembly.paths.config_file.display()
        ));
    }
    Ok(Ended::Well)
}

/// Opens the file in the user's editor and waits for it; without one, in the program for its kind.
async fn open_editor(session: &Session, file: &Path) -> Result<(), Failure> {
    let chosen = session
        .environment
        .get("VISUAL")
        .or_else(|| session.environment.get("EDITOR"));
    let Some(chosen) = chosen else {
        return open::file(file).map_err(|error| {
            Failure::from(error)
                .hinted(format!("Set $EDITOR, or open {} yourself.", file.display()))
        });
    };
    let mut words = chosen.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).arg(file);
    let ended = tokio::task::spawn_blocking(move || command.status()).await;
    match ended {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(Failure::failed(format!(
            "the editor `{chosen}` ended with {status}"
        ))),
        Ok(Err(error)) => Err(Failure::failed(format!(
            "the editor `{chosen}` could not be started: {error}"
        ))
        .hinted("Set $VISUAL or $EDITOR to a program that is installed.")),
        Err(error) => Err(Failure::failed(error.to_string())),
    }
}
