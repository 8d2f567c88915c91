//! Why a command did not do what it was asked: the kind decides the exit code, the hints say what to do next.
//!
//! One `From` for each error type of the layers below picks its kind; nothing is printed here.

use std::io;
use std::process::ExitCode;

use crate::app::assembly::AssemblyError;
use crate::app::demo::DemoError;
use crate::config::ConfigError;
use crate::secrets::vault::SecretError;
use crate::store::StoreError;
use crate::system::autostart::AutostartError;
use crate::system::open::OpenError;

/// How a command ended when nothing has to be said about it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// All is well: 0.
    Well,
    /// What was asked did not come about, and the output says why: 1.
    Failed,
    /// Some accounts failed, others did not: 4.
    Partly,
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Well => Self::SUCCESS,
            Ended::Failed => Self::from(1),
            Ended::Partly => Self::from(4),
        }
    }
}

/// What sort of failure; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It was tried and failed: 1.
    Failed,
    /// The command line or the configuration is wrong: 2.
    Usage,
    /// The reader of our output has gone: 0, and nothing is said.
    BrokenPipe,
}

/// Why a command did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// Decides the exit code.
    pub(super) kind: Kind,
    /// What happened and where, without a full stop's worth of blame.
    pub(super) message: String,
    /// What to do next, one sentence each.
    pub(super) hints: Vec<String>,
}

impl Failure {
    /// It was tried and failed.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The command line or the configuration is wrong.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub(super) fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Whether nothing is said about it.
    pub(super) fn is_silent(&self) -> bool {
        self.kind == Kind::BrokenPipe
    }

    /// The exit code.
    pub(super) fn code(&self) -> ExitCode {
        match self.kind {
            Kind::Failed => ExitCode::from(1),
            Kind::Usage => ExitCode::from(2),
            Kind::BrokenPipe => ExitCode::SUCCESS,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::new(Kind::BrokenPipe, "the output was closed")
        } else {
            Self::failed(error.to_string())
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let failure = match error {
            // What may not be written is none the worse for it.
            ConfigError::Unwritable { .. } => Self::failed(error.to_string()),
            _ => Self::usage(error.to_string()),
        };
        failure.hinted(error.advice())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::failed(error.to_string())
            .hinted("Run `spendtray doctor` to see what works here, or use another ledger with `--ledger URL`.")
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::failed(error.to_string())
            .hinted("Run `spendtray doctor` to see which secret store works here.")
    }
}

impl From<AssemblyError> for Failure {
    fn from(error: AssemblyError) -> Self {
        match error {
            AssemblyError::Config(error) => error.into(),
            AssemblyError::Http(error) => Self::failed(error.to_string()),
        }
    }
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<AutostartError> for Failure {
    fn from(error: AutostartError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_no_failure_to_the_shell() {
        let closed = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(Failure::from(closed).code(), ExitCode::SUCCESS);
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(Failure::from(full).code(), ExitCode::from(1));
    }

    #[test]
    fn the_kind_decides_the_exit_code() {
        assert_eq!(Failure::usage("x").code(), ExitCode::from(2));
        assert_eq!(ExitCode::from(Ended::Partly), ExitCode::from(4));
    }
}
