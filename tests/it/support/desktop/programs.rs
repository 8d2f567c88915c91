//! The programs of a session: found or missed by the name of their package, and ended with the test.

use std::io::{BufRead, BufReader, ErrorKind};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use super::Outcome;

/// A running program; killed when dropped.
pub(crate) struct Program(Child);

impl Program {
    /// Starts it, quietly.
    pub(crate) fn start(command: &mut Command, package: &str) -> Outcome<Self> {
        let quiet = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        spawn(quiet, package).map(Self)
    }

    /// Starts it, and waits for the first line it writes: that it is ready.
    pub(crate) fn start_ready(command: &mut Command, package: &str) -> Outcome<(Self, String)> {
        let piped = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = spawn(piped, package)?;
        let output = child.stdout.take();
        let program = Self(child);
        let mut line = String::new();
        if let Some(output) = output {
            BufReader::new(output).read_line(&mut line)?;
        }
        match line.trim() {
            "" => Err(format!("a program of the package {package} ended at once").into()),
            line => Ok((program, line.to_owned())),
        }
    }

    /// Starts it, and returns the way to tell it something.
    pub(crate) fn start_told(command: &mut Command, package: &str) -> Outcome<(Self, ChildStdin)> {
        let told = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = spawn(told, package)?;
        let input = child.stdin.take().ok_or("no way in")?;
        Ok((Self(child), input))
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended. `None`: it runs.
    pub(crate) fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }

    /// Sends it a signal by name: `STOP`, `TERM`.
    pub(crate) fn signal(&self, name: &str) -> Outcome {
        run(
            command("kill").args(["-s", name, &self.id().to_string()]),
            "procps",
        )
        .map(drop)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended already is as good.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A program that dies with the thread that starts it, whatever becomes of that.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    command
}

/// Runs a program to its end and returns what it wrote; the error names the package to install.
pub(crate) fn run(command: &mut Command, package: &str) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| not_started(command, package, &error))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{command:?} (Debian package {package}): {}: {errors}{text}",
        output.status
    )
    .into())
}

/// Fails with the name of the package if a program is not installed.
pub(crate) fn need(program: &str, package: &str) -> Outcome {
    let found = Command::new("which")
        .arg(program)
        .stdout(Stdio::null())
        .status()?;
    if found.success() {
        return Ok(());
    }
    Err(format!("`{program}` is not installed: apt-get install {package}").into())
}

fn spawn(command: &mut Command, package: &str) -> Outcome<Child> {
    if let Some(program) = command.get_args().nth(3).and_then(|name| name.to_str()) {
        need(program, package)?;
    }
    command
        .spawn()
        .map_err(|error| not_started(command, package, &error))
}

fn not_started(
    command: &Command,
    package: &str,
    error: &std::io::Error,
) -> Box<dyn std::error::Error> {
    let reason = match error.kind() {
        ErrorKind::NotFound => format!("not installed: apt-get install {package} util-linux"),
        _ => error.to_string(),
    };
    format!("{command:?}: {reason}").into()
}
