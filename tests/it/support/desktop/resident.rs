//! The real program as resident tray of a session, on simulated vendors whose time the story moves.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use spendtray::clock::Clock;
use spendtray::simulator::{Simulator, VENICE_ADMIN_KEY};

use super::programs::{Program, command, run};
use super::screen::until;
use super::{Outcome, Session};

/// When the program runs; its time goes on from there.
const NOW: &str = "2026-11-23T10:00:00Z";
/// So long before, the vendors' story begins, and stands still until a test moves it.
const EARLIER: TimeDelta = TimeDelta::minutes(10);

/// So long a program is watched to see whether it rests, and so many hundredths of a second it may work meanwhile.
const WHILE: Duration = Duration::from_millis(300);
const NEXT_TO_NONE: u64 = 3;

/// Simulated vendors.
pub(crate) struct Vendors {
    /// They serve on the story's own runtime.
    pub(crate) simulator: Simulator,
    clock: Clock,
}

impl Vendors {
    /// Starts them.
    pub(crate) async fn start() -> Outcome<Self> {
        let clock = Clock::manual(NOW.parse::<DateTime<Utc>>()? - EARLIER);
        let simulator = Simulator::start(clock.clone(), 7).await?;
        Ok(Self { simulator, clock })
    }

    /// Lets the agents burn through so much DIEM that the limit in the configuration is crossed.
    pub(crate) fn cross(&self) {
        self.clock.advance(TimeDelta::minutes(2));
    }

    /// How often Venice was asked something whose path contains this.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.asked_of("venice", path)
    }

    /// How often a vendor was asked something whose path contains this.
    pub(crate) fn asked_of(&self, vendor: &str, path: &str) -> usize {
        let seen = self.simulator.seen();
        let of_vendor = seen.iter().filter(|seen| seen.vendor == vendor);
        of_vendor.filter(|seen| seen.path.contains(path)).count()
    }
}

/// A home with a configuration, and the program that lives in it.
pub(crate) struct Resident {
    home: PathBuf,
    programs: PathBuf,
    variables: Vec<(String, String)>,
    program: Option<Program>,
}

impl Resident {
    /// A home whose accounts are those vendors, with their keys in the environment.
    pub(crate) fn at(session: &Session, vendors: &Vendors) -> Outcome<Self> {
        let mut resident = Self::without_key(session, vendors)?;
        resident.save(&vendors.simulator.config_toml())?;
        resident.set("VENICE_ADMIN_KEY", VENICE_ADMIN_KEY);
        Ok(resident)
    }

    /// A home whose accounts are those vendors; the program looks for Venice's key where it is usually kept.
    pub(crate) fn without_key(session: &Session, vendors: &Vendors) -> Outcome<Self> {
        let mut resident = Self {
            home: session.home(),
            programs: session.programs(),
            variables: Vec::new(),
            program: None,
        };
        for (name, value) in vendors.simulator.variables() {
            if name != "VENICE_ADMIN_KEY" {
                resident.set(&name, &value);
            }
        }
        let config = vendors.simulator.config_toml();
        resident.save(&config.replace("secret = \"env:VENICE_ADMIN_KEY\"\n", ""))?;
        resident.fake_opener()?;
        Ok(resident)
    }

    /// Sets a variable of the program.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// A place in the home.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.home.join(relative)
    }

    /// Writes a file in the home.
    pub(crate) fn write(&self, relative: &str, bytes: &[u8]) -> Outcome {
        let file = self.path(relative);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(file, bytes)?)
    }

    /// Writes the configuration file, as an editor does.
    pub(crate) fn save(&self, text: &str) -> Outcome {
        self.write(".config/spendtray/config.toml", text.as_bytes())
    }

    /// What stands in the configuration file.
    pub(crate) fn config(&self) -> Outcome<String> {
        Ok(fs::read_to_string(
            self.path(".config/spendtray/config.toml"),
        )?)
    }

    /// Starts the resident program.
    pub(crate) fn start(&mut self) -> Outcome {
        let mut shell = self.prepared(command("sh"));
        shell
            .args(["-c", "exec \"$0\" 2>>\"$1\""])
            .arg(env!("CARGO_BIN_EXE_spendtray"))
            .arg(self.path("said"));
        self.program = Some(Program::start(&mut shell, "dash")?);
        Ok(())
    }

    /// Runs a command of the program to its end with something on its standard input; returns exit code and words.
    pub(crate) async fn run(
        &self,
        arguments: &[&str],
        input: &str,
    ) -> Outcome<(Option<i32>, String)> {
        let mut program = self.prepared(command("sh"));
        program
            .args(["-c", "printf %s \"$INPUT\" | \"$0\" \"$@\" 2>&1"])
            .arg(env!("CARGO_BIN_EXE_spendtray"))
            .args(arguments)
            .env("INPUT", input);
        // The vendors answer on this very thread.
        let output = tokio::task::spawn_blocking(move || program.output()).await??;
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok((output.status.code(), words))
    }

    /// What the program has said at its terminal so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.path("said")).unwrap_or_default()
    }

    /// What it has written into its log so far.
    pub(crate) fn log(&self) -> String {
        let file = self.path(".local/state/spendtray/log/spendtray.log");
        fs::read_to_string(file).unwrap_or_default()
    }

    /// The addresses and files that it has opened, one a line.
    pub(crate) fn opened(&self) -> String {
        fs::read_to_string(self.path("opened")).unwrap_or_default()
    }

    /// Sends the program a signal by name.
    pub(crate) fn signal(&self, name: &str) -> Outcome {
        let program = self.program.as_ref().ok_or("it does not run")?;
        program.signal(name)
    }

    /// Waits for the program's end; returns exit code and how long that took.
    pub(crate) async fn ended(&mut self) -> Outcome<(Option<i32>, Duration)> {
        let began = Instant::now();
        let mut program = self.program.take().ok_or("it does not run")?;
        let mut code = None;
        until("the end of the program", async || {
            let ended = program.ended()?;
            code = ended.and_then(|status| status.code());
            Ok(ended.is_some())
        })
        .await?;
        Ok((code, began.elapsed()))
    }

    /// Whether it runs still.
    pub(crate) fn lives(&mut self) -> Outcome<bool> {
        let program = self.program.as_mut().ok_or("it was not started")?;
        Ok(program.ended()?.is_none())
    }

    /// Waits until it uses next to no processor time for a while: one that spins never comes to rest.
    pub(crate) async fn rests(&self) -> Outcome {
        until("a program at rest", async || {
            let before = self.ticks()?;
            tokio::time::sleep(WHILE).await;
            Ok(self.ticks()? <= before + NEXT_TO_NONE)
        })
        .await
    }

    /// The processor time that it has used, in hundredths of a second.
    fn ticks(&self) -> Outcome<u64> {
        let program = self.program.as_ref().ok_or("it does not run")?;
        let status = fs::read_to_string(format!("/proc/{}/stat", program.id()))?;
        let behind_name = status.rsplit(')').next().unwrap_or_default();
        // The third field is the first one behind the name; user and system time are the 14th and 15th.
        let fields = behind_name.split_whitespace().skip(11).take(2);
        Ok(fields.map(str::parse::<u64>).sum::<Result<u64, _>>()?)
    }

    fn prepared(&self, mut process: Command) -> Command {
        for variable in ["SPENDTRAY_CONFIG", "SPENDTRAY_LEDGER", "VENICE_API_KEY"] {
            process.env_remove(variable);
        }
        process
            .env_remove("VENICE_ADMIN_KEY")
            .env_remove("COINGECKO_API_KEY")
            .env("SPENDTRAY_NOW", NOW)
            .env("TZ", "UTC")
            .env("XDG_CURRENT_DESKTOP", "XFCE")
            .envs(self.variables.iter().cloned());
        process
    }

    /// Pages and files are not opened but written down.
    fn fake_opener(&self) -> Outcome {
        let script = self.programs.join("xdg-open");
        let text = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$1\" >>'{}'\n",
            self.path("opened").display()
        );
        fs::write(&script, text)?;
        run(Command::new("chmod").arg("+x").arg(&script), "coreutils").map(drop)
    }
}
