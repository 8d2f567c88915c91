//! What a scene needs: a private session bus, a GNOME Keyring on it, and a process to play in.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The variable that names the scene.
pub(super) const SCENE: &str = "SPENDTRAY_TEST_SCENE";

const CONFIGURATION: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=FOLDER/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"#;

/// The programs of a scene, what each can be asked, and its Debian package.
const TOOLS: [(&str, &str, &str); 3] = [
    ("dbus-daemon", "--version", "dbus-daemon"),
    ("gdbus", "help", "libglib2.0-bin"),
    ("gnome-keyring-daemon", "--version", "gnome-keyring"),
];

/// Fails with the packages to install when a program is not there.
pub(super) fn tools_are_there() -> Result<(), Box<dyn Error>> {
    let missing = TOOLS.iter().filter(|(tool, question, _)| {
        let tried = Command::new(tool)
            .arg(question)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        tried.is_err()
    });
    let packages: Vec<&str> = missing.map(|(_, _, package)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    Err(format!("not installed: apt-get install {}", packages.join(" ")).into())
}

/// Ends when dropped.
pub(super) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A session bus that starts no service by itself.
pub(super) struct Bus {
    pub(super) address: String,
    _process: Process,
    _folder: TempDir,
}

impl Bus {
    pub(super) fn start() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().to_str().ok_or("a folder without a name")?;
        let configuration = folder.path().join("bus.conf");
        std::fs::write(&configuration, CONFIGURATION.replace("FOLDER", path))?;
        let mut child = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", configuration.display()))
            .args(["--nofork", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let process = Process(child);
        let mut address = String::new();
        BufReader::new(output).read_line(&mut address)?;
        Ok(Self {
            address: address.trim().to_owned(),
            _process: process,
            _folder: folder,
        })
    }
}

/// A GNOME Keyring whose files lie in this home, unlocked with this password; returns when it can be asked.
pub(super) fn keyring(home: &Path, password: &str) -> Result<Process, Box<dyn Error>> {
    let mut child = Command::new("gnome-keyring-daemon")
        .args(["--foreground", "--unlock", "--components=secrets"])
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_RUNTIME_DIR", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut input = child.stdin.take().ok_or("no input")?;
    input.write_all(password.as_bytes())?;
    drop(input);
    let process = Process(child);
    gdbus(&[
        "wait",
        "--session",
        "--timeout",
        "20",
        "org.freedesktop.secrets",
    ])?;
    Ok(process)
}

/// Locks the default collection.
pub(super) fn lock() -> Result<(), Box<dyn Error>> {
    gdbus(&[
        "call",
        "--session",
        "--dest=org.freedesktop.secrets",
        "--object-path=/org/freedesktop/secrets",
        "--method=org.freedesktop.Secret.Service.Lock",
        "['/org/freedesktop/secrets/aliases/default']",
    ])
}

fn gdbus(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let output = Command::new("gdbus").args(arguments).output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into())
    }
}

/// Plays a scene in a process of its own, on this bus.
pub(super) fn play(scene: &str, bus: &str) -> Result<(), Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    let output = Command::new(std::env::current_exe()?)
        .args(["secrets::plays_a_scene", "--exact", "--nocapture"])
        .env(SCENE, scene)
        .env("DBUS_SESSION_BUS_ADDRESS", bus)
        .env("HOME", home.path())
        .output()?;
    if output.status.success() {
        Ok(())
    } else {
        let text = [output.stdout, output.stderr].concat();
        Err(format!("{scene}: {}", String::from_utf8_lossy(&text)).into())
    }
}
