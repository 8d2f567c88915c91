//! `World`: a home, a configuration and a time of its own for the real program, with vendors on loopback.
//!
//! The program gets no variable of the test's own environment, so that it finds neither a bus nor a key of the
//! developer's. What differs between runs (folders, ports, seconds) is replaced before a transcript is compared.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;

use spendtray::clock::Clock;
use spendtray::simulator::Simulator;
use tempfile::TempDir;
use tokio::sync::oneshot;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// When every run takes place; from there time goes on.
pub(crate) const NOW: &str = "2026-11-23T10:00:00Z";

/// A home of its own.
pub(crate) struct World {
    home: TempDir,
    variables: BTreeMap<String, String>,
    vendors: Option<Vendors>,
}

impl World {
    /// A home with nothing in it: no configuration, no key, no vendor.
    pub(crate) fn empty() -> Outcome<Self> {
        let home = tempfile::Builder::new()
            .prefix("spendtray-world-")
            .tempdir()?;
        let mut world = Self {
            variables: BTreeMap::new(),
            vendors: None,
            home,
        };
        let place = |folder: &str| world.path(folder).to_string_lossy().into_owned();
        let folders = [
            ("HOME", place("")),
            ("XDG_CONFIG_HOME", place("config")),
            ("XDG_DATA_HOME", place("data")),
            ("XDG_STATE_HOME", place("state")),
            ("XDG_CACHE_HOME", place("cache")),
            ("XDG_RUNTIME_DIR", place("run")),
        ];
        std::fs::create_dir_all(world.path("run"))?;
        for (name, value) in folders {
            world.set(name, &value);
        }
        world.set("SPENDTRAY_NOW", NOW);
        world.set("TZ", "UTC");
        world.set("PATH", "/usr/local/bin:/usr/bin:/bin");
        Ok(world)
    }

    /// A home whose accounts are simulated vendors, with the keys that they accept.
    pub(crate) fn with_vendors() -> Outcome<Self> {
        let mut world = Self::with_vendors_and_no_key()?;
        // A key of any other vendor would make its account appear, and ask the real one.
        let keys = world.vendors()?.variables().into_iter();
        let of_accounts =
            |name: &str| name.starts_with("VENICE_") || name.starts_with("COINGECKO_");
        for (name, value) in keys.filter(|(name, _)| of_accounts(name)) {
            world.set(&name, &value);
        }
        Ok(world)
    }

    /// A home with the accounts of the demo: every simulated vendor.
    pub(crate) fn with_every_vendor() -> Outcome<Self> {
        let mut world = Self::empty()?;
        let vendors = Vendors::start()?;
        let config = vendors.simulator.config_toml();
        world.write_config(&config.replace("timezone = \"local\"", "timezone = \"UTC\""))?;
        for (name, value) in vendors.simulator.variables() {
            world.set(&name, &value);
        }
        world.vendors = Some(vendors);
        Ok(world)
    }

    /// A home whose accounts are simulated vendors, without any key.
    pub(crate) fn with_vendors_and_no_key() -> Outcome<Self> {
        let mut world = Self::empty()?;
        let vendors = Vendors::start()?;
        world.write_config(&accounts_at(&vendors.simulator))?;
        world.vendors = Some(vendors);
        Ok(world)
    }

    /// The simulated vendors.
    pub(crate) fn vendors(&self) -> Outcome<&Simulator> {
        let vendors = self.vendors.as_ref().ok_or("this world has no vendors")?;
        Ok(&vendors.simulator)
    }

    /// The key that the simulated Venice accepts.
    pub(crate) fn venice_key(&self) -> Outcome<String> {
        let variables = self.vendors()?.variables();
        let key = variables
            .into_iter()
            .find(|(name, _)| name == "VENICE_ADMIN_KEY");
        Ok(key.ok_or("the simulator has no Venice key")?.1)
    }

    /// A place in the home.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.home.path().join(relative)
    }

    /// The configuration file.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.path("config/spendtray/config.toml")
    }

    /// The ledger's file.
    pub(crate) fn ledger_file(&self) -> PathBuf {
        self.path("data/spendtray/ledger.sqlite")
    }

    /// Sets a variable of the program's environment.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Writes the configuration file.
    pub(crate) fn write_config(&self, text: &str) -> Outcome {
        write(&self.config_file(), text.as_bytes())
    }

    /// What stands in the configuration file; empty when there is none.
    pub(crate) fn config(&self) -> String {
        std::fs::read_to_string(self.config_file()).unwrap_or_default()
    }

    /// Runs the program.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome<Run> {
        self.run_with(arguments, "")
    }

    /// Runs the program with something on its standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Outcome<Run> {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read its input may have ended already.
            drop(stdin.write_all(input.as_bytes()));
        }
        Ok(self.told(arguments, &child.wait_with_output()?))
    }

    /// The program, ready to run in this world.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spendtray"));
        command
            .args(arguments)
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.home.path());
        command
    }

    fn told(&self, arguments: &[&str], output: &Output) -> Run {
        Run {
            command: format!("spendtray {}", arguments.join(" "))
                .trim_end()
                .to_owned(),
            code: output.status.code(),
            stdout: self.steady(&String::from_utf8_lossy(&output.stdout)),
            stderr: self.steady(&String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// The text without what differs between runs.
    fn steady(&self, text: &str) -> String {
        let home = self.home.path().to_string_lossy();
        let text = text.replace(home.as_ref(), "~");
        let port = self
            .vendors
            .as_ref()
            .and_then(|vendors| vendors.simulator.base_url("venice"))
            .and_then(|url| {
                Some(
                    url.split("127.0.0.1:")
                        .nth(1)?
                        .split('/')
                        .next()?
                        .to_owned(),
                )
            });
        let text = match port {
            Some(port) => text.replace(&format!(":{port}"), ":PORT"),
            None => text,
        };
        without_seconds(&text)
    }
}

/// A program that has ended. Compare its transcript, or look at its parts.
#[must_use = "what the program did must be looked at"]
pub(crate) struct Run {
    command: String,
    /// The exit code; `None`: a signal ended it.
    pub(crate) code: Option<i32>,
    /// Data.
    pub(crate) stdout: String,
    /// Words.
    pub(crate) stderr: String,
}

impl Run {
    /// Everything as a person sees it in a terminal, words marked.
    pub(crate) fn transcript(&self) -> String {
        let mut words = String::new();
        for line in self.stderr.lines() {
            words.extend([
                "! ", line, "
",
            ]);
        }
        let code = match self.code {
            Some(0) => String::new(),
            Some(code) => format!("(exit {code})\n"),
            None => "(ended by a signal)\n".to_owned(),
        };
        format!("$ {}\n{}{words}{code}", self.command, self.stdout)
    }

    /// The transcript with every figure as `#`: for what says invented figures, which are the simulator's business.
    pub(crate) fn transcript_without_figures(&self) -> String {
        let mut text = String::new();
        for letter in self.transcript().chars() {
            let part_of_figure = letter == '.' && text.ends_with('#');
            if letter.is_ascii_digit() || part_of_figure {
                if !text.ends_with('#') {
                    text.push('#');
                }
            } else {
                text.push(letter);
            }
        }
        text
    }

    /// Data and words together.
    pub(crate) fn everything(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Data as JSON.
    pub(crate) fn json(&self) -> Outcome<serde_json::Value> {
        Ok(serde_json::from_str(&self.stdout)?)
    }
}

/// Simulated vendors on a thread of their own.
struct Vendors {
    simulator: Arc<Simulator>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Vendors {
    fn start() -> Outcome<Self> {
        const SEED: u64 = 7;
        let clock = Clock::starting_at(NOW.parse()?);
        let (started, simulator) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                drop(started.send(Simulator::start(clock, SEED).await.map(Arc::new)));
                drop(stopped.await);
            });
        });
        Ok(Self {
            simulator: simulator.recv()??,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Vendors {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap_or_default();
        }
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// The configuration: one account a vendor, at its place on loopback, and a holding.
fn accounts_at(simulator: &Simulator) -> String {
    let url = |vendor: &str| simulator.base_url(vendor).unwrap_or_default();
    format!(
        r#"timezone = "UTC"

[[account]]
provider = "venice"
base_url = "{venice}"

[[account]]
provider = "coingecko"
base_url = "{coingecko}"
plan = "demo"
geckoterminal_url = "{geckoterminal}"
dexscreener_url = "{dexscreener}"
coinbase_url = "{coinbase}"

[[account]]
provider = "frankfurter"
base_url = "{frankfurter}"
ecb_url = "{ecb}"
symbols = ["EUR"]

[[holding]]
symbol = "VVV"
amount = 2750
"#,
        venice = url("venice"),
        coingecko = url("coingecko"),
        geckoterminal = url("geckoterminal"),
        dexscreener = url("dexscreener"),
        coinbase = url("coinbase"),
        frankfurter = url("frankfurter"),
        ecb = url("ecb"),
    )
}

/// Writes a file and the folders above it.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Outcome {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(file, bytes)?)
}

/// The seconds within a run's first minute, which depend on how fast the machine is.
fn without_seconds(text: &str) -> String {
    const MINUTE: &str = "2026-11-23T10:00:";
    let mut steady = String::new();
    let mut rest = text;
    while let Some(place) = rest.find(MINUTE) {
        let (before, at) = rest.split_at(place + MINUTE.len());
        steady.push_str(before);
        steady.push_str("SS");
        rest = at.trim_start_matches(|digit: char| digit.is_ascii_digit());
    }
    steady + rest
}
