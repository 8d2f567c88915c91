//! Folders that may not be written or read, seen by an ordinary user: the superuser may do everything, so as him the
//! real program runs as nobody.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::world::{Outcome, World};

/// When everything is due again.
const LATER: &str = "2026-11-23T11:00:00Z";
/// User and group of nobody, on every system.
const NOBODY: &str = "65534";
/// The longest a program is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a folder allows.
const OPEN: u32 = 0o755;
const READ_ONLY: u32 = 0o555;
const SHUT: u32 = 0o000;

/// A world whose user is no superuser.
struct Ordinary {
    world: World,
    shut: Vec<PathBuf>,
}

impl Ordinary {
    fn new(world: World) -> Outcome<Self> {
        for folder in ["config/spendtray", "data/spendtray", "state", "cache"] {
            std::fs::create_dir_all(world.path(folder))?;
        }
        if is_superuser()? {
            let owner = format!("{NOBODY}:{NOBODY}");
            let given = Command::new("chown")
                .args(["-R", &owner])
                .arg(world.path(""))
                .status()?;
            assert!(given.success(), "chown: {given}");
        }
        Ok(Self {
            world,
            shut: Vec::new(),
        })
    }

    /// Sets what a folder or file of the home allows.
    fn allow(&mut self, place: &str, mode: u32) -> Outcome {
        let place = self.world.path(place);
        set_mode(&place, mode)?;
        self.shut.push(place);
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> Outcome<Command> {
        let program = self.world.command(arguments);
        if !is_superuser()? {
            return Ok(program);
        }
        let mut as_nobody = Command::new("setpriv");
        as_nobody
            .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"])
            .arg(program.get_program())
            .args(program.get_args())
            .env_clear()
            .current_dir("/");
        for (name, value) in program.get_envs() {
            as_nobody.env(name, value.unwrap_or_default());
        }
        Ok(as_nobody)
    }

    fn run(&self, arguments: &[&str]) -> Outcome<Ended> {
        let mut program = self
            .command(arguments)?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut input) = program.stdin.take() {
            // One that does not read it may have ended already.
            drop(input.write_all(b"VENICE_ADMIN_KEY_0123456789"));
        }
        Ok(Ended::of(&program.wait_with_output()?))
    }

    /// Starts the resident program, ends it when it has asked a vendor anew, and returns what it said.
    fn polls_all_the_same(&self) -> Outcome<Ended> {
        let asked = self.world.vendors()?.seen().len();
        self.resident_until(|| Ok(self.world.vendors()?.seen().len() > asked))
    }

    /// Starts the resident program, ends it when something is so, and returns what it said.
    fn resident_until(&self, is_so: impl Fn() -> Outcome<bool>) -> Outcome<Ended> {
        let mut program = self
            .command(&[])?
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let came = within_patience(&mut program, is_so);
        let alive = program.try_wait()?.is_none();
        let quit = Command::new("kill")
            .args(["-s", "TERM", &program.id().to_string()])
            .status()?;
        let ended = Ended::of(&program.wait_with_output()?);
        assert!(alive && quit.success(), "it ended: {}", ended.words);
        assert!(came?, "waited in vain: {}", ended.words);
        Ok(ended)
    }
}

impl Drop for Ordinary {
    fn drop(&mut self) {
        // Otherwise an ordinary user could not remove the home.
        for place in &self.shut {
            drop(set_mode(place, OPEN));
        }
    }
}

/// A program that has ended.
struct Ended {
    code: Option<i32>,
    shown: String,
    words: String,
}

impl Ended {
    fn of(output: &Output) -> Self {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!words.contains("panicked"), "{words}");
        Self {
            code: output.status.code(),
            shown: String::from_utf8_lossy(&output.stdout).into_owned(),
            words,
        }
    }

    /// Whether it came to this, and said all of that.
    fn is(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.shown, self.words);
        for part in words {
            assert!(self.words.contains(part), "{part}: {}", self.words);
        }
    }
}

fn within_patience(program: &mut Child, is_so: impl Fn() -> Outcome<bool>) -> Outcome<bool> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE && program.try_wait()?.is_none() {
        if is_so()? {
            return Ok(true);
        }
        std::thread::yield_now();
    }
    Ok(false)
}

fn set_mode(place: &Path, mode: u32) -> std::io::Result<()> {
    std::fs::set_permissions(place, std::fs::Permissions::from_mode(mode))
}

fn is_superuser() -> Outcome<bool> {
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}

#[test]
fn without_a_place_for_the_ledger_figures_are_shown_and_not_kept() -> Outcome {
    let mut home = Ordinary::new(World::with_vendors()?)?;
    home.allow("data/spendtray", READ_ONLY)?;
    let status = home.run(&["status"])?;
    status.is(
        0,
        &[
            "ledger.sqlite cannot be opened: ",
            "Allow access to it",
            "nothing is kept",
        ],
    );
    assert!(
        status.shown.contains(" of 50.0000 DIEM"),
        "{}",
        status.shown
    );
    let asked = home.world.vendors()?.seen().len();
    let bar = home.run(&["status", "--format", "plain"])?;
    bar.is(1, &["ledger.sqlite cannot be opened: "]);
    assert_eq!(
        home.world.vendors()?.seen().len(),
        asked,
        "a bar that looks every second asks nobody"
    );
    home.polls_all_the_same()?
        .is(0, &["figures are kept in memory"]);
    let doctor = home.run(&["doctor"])?;
    assert_eq!(doctor.code, Some(1), "{}", doctor.shown);
    assert!(doctor.shown.contains("fault  ledger: "), "{}", doctor.shown);
    Ok(())
}

#[test]
fn a_ledger_that_was_made_read_only_still_shows_its_figures() -> Outcome {
    let mut home = Ordinary::new(World::with_vendors()?)?;
    let first = home.run(&["status"])?;
    first.is(0, &[]);
    home.allow("data/spendtray/ledger.sqlite", 0o444)?;
    home.allow("data/spendtray", READ_ONLY)?;
    let second = home.run(&["status"])?;
    second.is(0, &["can only be read"]);
    assert!(
        second.shown.contains(" of 50.0000 DIEM"),
        "{}",
        second.shown
    );
    home.world.set("SPENDTRAY_NOW", LATER);
    home.polls_all_the_same()?
        .is(0, &["figures are kept in memory"]);
    Ok(())
}

#[test]
fn without_a_place_for_lock_and_log_it_says_so_and_polls() -> Outcome {
    let mut home = Ordinary::new(World::with_vendors()?)?;
    home.allow("state", READ_ONLY)?;
    home.run(&["status"])?.is(0, &[]);
    home.world.set("SPENDTRAY_NOW", LATER);
    home.polls_all_the_same()?.is(
        0,
        &["a second start cannot be noticed", "there is no log file"],
    );
    Ok(())
}

#[test]
fn a_configuration_that_may_not_be_read_is_said_and_never_replaced() -> Outcome {
    let mut home = Ordinary::new(World::empty()?)?;
    home.world.write_config("refresh = \"5m\"\n")?;
    home.allow("config/spendtray", SHUT)?;
    let status = home.run(&["status"])?;
    status.is(
        2,
        &[
            "config.toml cannot be read: ",
            "(os error 13). Defaults",
            "--config FILE",
        ],
    );
    home.run(&["config", "init"])?.is(1, &["config.toml"]);
    let log = home.world.path("state/spendtray/log/spendtray.log");
    let settled =
        || Ok(std::fs::read_to_string(&log).is_ok_and(|log| log.contains("no session bus")));
    home.resident_until(settled)?
        .is(0, &["config.toml cannot be read: ", "Defaults are used"]);
    home.allow("config/spendtray", OPEN)?;
    assert_eq!(home.world.config(), "refresh = \"5m\"\n");
    Ok(())
}

#[test]
fn without_a_runtime_folder_nothing_is_missed() -> Outcome {
    let mut home = Ordinary::new(World::with_vendors()?)?;
    home.world.set("XDG_RUNTIME_DIR", "/nowhere/run");
    home.run(&["status"])?.is(0, &[]);
    home.world.set("SPENDTRAY_NOW", LATER);
    home.polls_all_the_same()?.is(0, &["no session bus"]);
    Ok(())
}

#[test]
fn in_a_home_where_nothing_may_be_written_figures_are_shown() -> Outcome {
    let mut home = Ordinary::new(World::with_vendors()?)?;
    for folder in [
        "config/spendtray",
        "config",
        "data/spendtray",
        "state",
        "cache",
        "run",
        "",
    ] {
        home.allow(folder, READ_ONLY)?;
    }
    let status = home.run(&["status"])?;
    status.is(0, &["nothing is kept"]);
    assert!(
        status.shown.contains(" of 50.0000 DIEM"),
        "{}",
        status.shown
    );
    home.polls_all_the_same()?.is(
        0,
        &[
            "a second start cannot be noticed",
            "there is no log file",
            "figures are kept in memory",
        ],
    );
    for refused in [
        &["accounts", "disable", "venice"][..],
        &["autostart", "enable"],
        &["login", "venice/other", "--stdin", "--no-test"],
    ] {
        home.run(refused)?.is(1, &["Permission denied"]);
    }
    Ok(())
}
