//! Start at login on Windows: a value under the user's `Run` key, and the user's own switch in the Task Manager.

use std::path::PathBuf;

use windows_registry::CURRENT_USER;

use crate::system::autostart::{AutostartError, Folders, Status};

const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
/// Where the Task Manager keeps what the user switched off there.
const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";
const NAME: &str = "Spendtray";

/// The value of one program.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    program: PathBuf,
}

impl Entry {
    pub(super) fn new(program: PathBuf, _folders: Folders<'_>) -> Self {
        Self { program }
    }

    pub(super) fn status(&self) -> Status {
        let value = CURRENT_USER.open(RUN).and_then(|run| run.get_string(NAME));
        if value.is_ok_and(|value| value == self.value()) && !is_switched_off() {
            Status::On
        } else {
            Status::Off
        }
    }

    pub(super) fn enable(&self) -> Result<(), AutostartError> {
        if is_switched_off() {
            let approved = CURRENT_USER.create(APPROVED);
            approved
                .and_then(|approved| approved.remove_value(NAME))
                .map_err(|error| trouble(APPROVED, &error))?;
        }
        let run = CURRENT_USER.create(RUN);
        run.and_then(|run| run.set_string(NAME, self.value()))
            .map_err(|error| trouble(RUN, &error))
    }

    #[expect(clippy::unused_self, reason = "other systems have a file of their own")]
    pub(super) fn disable(&self) -> Result<(), AutostartError> {
        let run = CURRENT_USER
            .create(RUN)
            .map_err(|error| trouble(RUN, &error))?;
        if run.get_type(NAME).is_err() {
            return Ok(());
        }
        run.remove_value(NAME).map_err(|error| trouble(RUN, &error))
    }

    #[expect(clippy::unused_self, reason = "other systems have a file of their own")]
    pub(super) fn place(&self) -> String {
        format!(r"HKEY_CURRENT_USER\{RUN}\{NAME}")
    }

    /// The command line: quoted, for a path with blanks would else be cut at the first.
    fn value(&self) -> String {
        format!("\"{}\"", self.program.display())
    }
}

/// Whether the user switched the program off in the Task Manager: the first byte of its value is odd then.
fn is_switched_off() -> bool {
    let value = CURRENT_USER
        .open(APPROVED)
        .and_then(|approved| approved.get_value(NAME));
    value.is_ok_and(|value| value.first().is_some_and(|byte| byte % 2 == 1))
}

fn trouble(key: &str, error: &impl std::fmt::Display) -> AutostartError {
    AutostartError(format!(
        r"The registry key HKEY_CURRENT_USER\{key} could not be changed: {error}. Switch the program on or off under Settings, Apps, Startup."
    ))
}
