//! A private PostgreSQL server from Debian's package, on a socket of its own.
//!
//! One server serves all tests of the process, a database each. A shell beside it waits for the end of its standard
//! input, which comes when this process ends in whatever way, then stops the server and removes its folder.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::NoTls;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const PACKAGES: &str = "/usr/lib/postgresql";
const SCRIPT: &str = r#"
set -e
trap 'rm -rf "$2"' EXIT
"$1/initdb" --pgdata="$2/data" --username=spendtray --auth=trust --no-sync --encoding=UTF8 --no-locale >"$2/log" 2>&1 \
    || { echo "initdb failed: $(tail -n 3 "$2/log")"; exit 1; }
"$1/pg_ctl" --pgdata="$2/data" --log="$2/log" --wait start \
    --options="-F -k '$2' -c listen_addresses='' -c max_connections=60" >/dev/null 2>&1 \
    || { echo "pg_ctl failed: $(tail -n 3 "$2/log")"; exit 1; }
echo ready
read -r _ || true
"$1/pg_ctl" --pgdata="$2/data" --mode=immediate stop >/dev/null 2>&1
"#;

/// A running server; its shell holds on while `_alive` is open.
struct Server {
    socket: PathBuf,
    _shell: Child,
    _alive: ChildStdin,
}

/// The URL of a new, empty database.
pub(crate) async fn new_database() -> Outcome<String> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = SERVER
        .get_or_init(|| start().map_err(|error| error.to_string()))
        .as_ref()
        .map_err(Clone::clone)?;
    let name = format!("ledger{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let create = format!("CREATE DATABASE {name}");
    run(&url(&server.socket, "postgres"), &create).await?;
    Ok(url(&server.socket, &name))
}

/// Runs statements there, behind the program's back.
pub(crate) async fn run(url: &str, statements: &str) -> Outcome<()> {
    let (client, wire) = tokio_postgres::connect(url, NoTls).await?;
    let wire = tokio::spawn(wire);
    client.batch_execute(statements).await?;
    drop(client);
    Ok(wire.await??)
}

fn url(socket: &Path, database: &str) -> String {
    format!(
        "postgres:///{database}?host={}&user=spendtray",
        socket.display()
    )
}

fn start() -> Outcome<Server> {
    let programs = programs().ok_or_else(|| {
        format!(
            "there is no PostgreSQL in {PACKAGES}: install it with `apt-get install postgresql`"
        )
    })?;
    let folder = tempfile::Builder::new().prefix("pg").tempdir()?.keep();
    let mut command = as_somebody(&folder)?;
    let mut shell = command
        .args(["sh", "-c", SCRIPT, "sh"])
        .args([&programs, &folder])
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let alive = shell.stdin.take().ok_or("the shell has no input")?;
    let answers = shell.stdout.take().ok_or("the shell has no output")?;
    let mut answer = String::new();
    BufReader::new(answers).read_line(&mut answer)?;
    if answer.trim() != "ready" {
        return Err(format!("PostgreSQL did not start: {answer}").into());
    }
    Ok(Server {
        socket: folder,
        _shell: shell,
        _alive: alive,
    })
}

/// The folder of the newest version's programs.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir(PACKAGES)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|programs| programs.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop()
}

/// A command that runs as `postgres` when this process is the superuser, whom PostgreSQL refuses.
fn as_somebody(folder: &Path) -> Outcome<Command> {
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(Command::new("env"));
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let postgres = users
        .lines()
        .find_map(|line| line.strip_prefix("postgres:"))
        .ok_or("there is no user `postgres`: install the package `postgresql`")?;
    let ids: Vec<u32> = postgres
        .split(':')
        .filter_map(|field| field.parse().ok())
        .take(2)
        .collect();
    let [user, group] = ids[..] else {
        return Err("the line of `postgres` in /etc/passwd has no ids".into());
    };
    std::os::unix::fs::chown(folder, Some(user), Some(group))?;
    let mut command = Command::new("setpriv");
    command.args([
        &format!("--reuid={user}"),
        &format!("--regid={group}"),
        "--clear-groups",
    ]);
    Ok(command)
}
