//! What a ledger URL means, and which paths are refused. Opens nothing.

use std::path::{Component, Path, PathBuf};

use crate::store::error::StoreError;

/// What the name of a ledger file ends in; a slip in the URL must not turn a picture into a ledger.
const ENDINGS: [&str; 3] = ["sqlite", "sqlite3", "db"];
/// Folders of the system, where no ledger belongs. The superuser's home is not among them: it is his.
const SYSTEM_FOLDERS: [&str; 13] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/sbin",
    "/sys",
    "/usr",
    "c:/windows",
    "c:/program files",
    "c:/program files (x86)",
];
const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Where a ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// In memory; gone when it is closed.
    Memory,
    /// In a SQLite file, an absolute path.
    File {
        /// The file.
        path: PathBuf,
        /// Whether it may be written.
        wish: Wish,
    },
    /// On a PostgreSQL server.
    Server {
        /// The whole URL; it may hold a password.
        url: String,
        /// The URL as people may see it.
        place: String,
    },
}

/// What the URL asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// To read and write.
    Write,
    /// Only to read: `?mode=ro`.
    Read,
}

impl Address {
    /// Reads a ledger URL.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let refuse = |problem: String| StoreError::Url {
            url: without_password(url),
            problem,
        };
        let (scheme, rest) = url
            .split_once(':')
            .ok_or_else(|| refuse("it names no kind of database".to_owned()))?;
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => sqlite(rest).map_err(refuse),
            "postgres" | "postgresql" => Ok(Self::Server {
                url: url.to_owned(),
                place: without_password(url),
            }),
            "csv" => Err(refuse(
                "a folder of CSV files is not supported by this version".to_owned(),
            )),
            other => Err(refuse(format!(
                "`{other}` is not a kind of database it knows (known: sqlite, postgres)"
            ))),
        }
    }
}

fn sqlite(rest: &str) -> Result<Address, String> {
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if path == ":memory:" {
        return Ok(Address::Memory);
    }
    let path = decoded(path).ok_or("its path is not UTF-8")?;
    if path.is_empty() {
        return Err("it names no file".to_owned());
    }
    let path = absolute(after_drive_slash(&path))?;
    check(&path)?;
    Ok(Address::File {
        path,
        wish: wish(query)?,
    })
}

fn wish(query: &str) -> Result<Wish, String> {
    match query {
        "" | "mode=rw" | "mode=rwc" => Ok(Wish::Write),
        "mode=ro" => Ok(Wish::Read),
        other => Err(format!(
            "`?{other}` is not understood (known: ?mode=ro; write ? in a name as %3F)"
        )),
    }
}

/// `/C:/folder` is `C:/folder`: a URL's path starts with a slash, a Windows path does not.
fn after_drive_slash(path: &str) -> &str {
    path.strip_prefix('/')
        .filter(|rest| has_drive(rest))
        .unwrap_or(path)
}

fn has_drive(path: &str) -> bool {
    let mut letters = path.bytes();
    letters
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic())
        && letters.next() == Some(b':')
        && matches!(letters.next(), Some(b'/' | b'\\'))
}

/// The path from the root, without `.` and `..`: what is checked is what is opened.
fn absolute(path: &str) -> Result<PathBuf, String> {
    let whole = std::path::absolute(path).map_err(|error| error.to_string())?;
    let mut plain = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    Ok(plain)
}

fn check(path: &Path) -> Result<(), String> {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    if !ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
        return Err("the file's name must end in .sqlite, .sqlite3 or .db".to_owned());
    }
    let folder = path.to_string_lossy().replace('\\', "/").to_lowercase();
    let within = SYSTEM_FOLDERS.into_iter().find(|system| {
        folder
            .strip_prefix(system)
            .is_some_and(|rest| rest.starts_with('/'))
    });
    match within {
        Some(system) => Err(format!("{system} belongs to the system")),
        None => Ok(()),
    }
}

/// The URL of a SQLite file.
pub(super) fn url_of(file: &Path) -> String {
    let path = file.to_string_lossy();
    if has_drive(&path) {
        format!("sqlite:///{}", encoded(&path.replace('\\', "/")))
    } else {
        format!("sqlite://{}", encoded(&path))
    }
}

/// The path with everything but letters, digits and the marks of a path as `%XX`.
pub(super) fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/:.-_~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            for digit in [byte >> 4, byte & 15] {
                text.extend(HEX.get(usize::from(digit)).copied().map(char::from));
            }
        }
    }
    text
}

/// The path with `%XX` read; a `%` before anything else stays one. `None`: not UTF-8.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> u8 {
    let index = HEX.iter().position(|hex| *hex == byte.to_ascii_uppercase());
    index
        .and_then(|index| u8::try_from(index).ok())
        .unwrap_or(0)
}

/// The URL without password and parameters; a parameter can be a password too.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return format!("`{url}`");
    };
    let (login, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let (host, parameters) = host.split_once('?').unwrap_or((host, ""));
    let socket = parameters
        .split('&')
        .find_map(|parameter| parameter.strip_prefix("host="))
        .map(|socket| format!("?host={socket}"))
        .unwrap_or_default();
    let user = login.split([':', '?']).next().unwrap_or_default();
    let at = if user.is_empty() { "" } else { "@" };
    format!("{scheme}://{user}{at}{host}{socket}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(url: &str) -> PathBuf {
        match Address::parse(url).unwrap() {
            Address::File { path, .. } => path,
            other => panic!("{url} is {other:?}"),
        }
    }

    fn refusal(url: &str) -> String {
        Address::parse(url).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_named_in_every_usual_way() {
        assert_eq!(
            file("sqlite:///tmp/a b/l.sqlite"),
            Path::new("/tmp/a b/l.sqlite")
        );
        assert_eq!(
            file("sqlite:/tmp/100%25%3F%23.db"),
            Path::new("/tmp/100%?#.db")
        );
        assert_eq!(
            file("sqlite:///tmp/50% off#1.db"),
            Path::new("/tmp/50% off#1.db")
        );
        assert_eq!(
            file("sqlite:///tmp/x/../l.sqlite3"),
            Path::new("/tmp/l.sqlite3")
        );
        let here = std::path::absolute("l.sqlite").unwrap();
        assert_eq!(file("sqlite://l.sqlite"), here);
        assert_eq!(file("sqlite:l.sqlite"), here);
        for memory in ["sqlite::memory:", "sqlite://:memory:"] {
            assert_eq!(Address::parse(memory), Ok(Address::Memory));
        }
    }

    #[test]
    fn the_url_of_a_file_names_that_file() {
        for path in ["/tmp/a b.db", "/tmp/100%41?x#y.sqlite", "/tmp/ü/l.sqlite"] {
            assert_eq!(file(&url_of(Path::new(path))), Path::new(path));
        }
        let windows = url_of(Path::new(r"C:\Users\Ann Lee\ledger.sqlite"));
        assert_eq!(windows, "sqlite:///C:/Users/Ann%20Lee/ledger.sqlite");
        assert_eq!(after_drive_slash("/C:/x.db"), "C:/x.db");
    }

    #[test]
    fn only_ledger_names_outside_of_system_folders_are_taken() {
        for url in [
            "sqlite:///tmp/x.txt",
            "sqlite:///tmp/x",
            "sqlite:///etc/l.sqlite",
            "sqlite:///tmp/../usr/share/l.db",
            "sqlite://",
            "sqlite:///tmp/l.db?mode=rude",
        ] {
            assert!(Address::parse(url).is_err(), "{url}");
        }
        assert!(check(Path::new("C:/Windows/l.db")).is_err());
        insta::assert_snapshot!(refusal("sqlite:///tmp/x.txt"), @"sqlite:///tmp/x.txt is no usable ledger URL: the file's name must end in .sqlite, .sqlite3 or .db. Use sqlite:///path/ledger.sqlite, sqlite::memory: or postgres://user@host/database");
    }

    #[test]
    fn an_unknown_kind_of_database_is_told_which_are_known() {
        insta::assert_snapshot!(refusal("mysql://root:hunter2@db/money"), @"mysql://root@db/money is no usable ledger URL: `mysql` is not a kind of database it knows (known: sqlite, postgres). Use sqlite:///path/ledger.sqlite, sqlite::memory: or postgres://user@host/database");
        insta::assert_snapshot!(refusal("csv:///home/ann/ledger"), @"csv:///home/ann/ledger is no usable ledger URL: a folder of CSV files is not supported by this version. Use sqlite:///path/ledger.sqlite, sqlite::memory: or postgres://user@host/database");
        insta::assert_snapshot!(refusal("ledger.sqlite"), @"`ledger.sqlite` is no usable ledger URL: it names no kind of database. Use sqlite:///path/ledger.sqlite, sqlite::memory: or postgres://user@host/database");
    }

    #[test]
    fn no_password_is_shown() {
        for url in [
            "postgres://ann:hunter2@db.example:5432/money",
            "postgres://ann:hunt@er2/?x@db.example:5432/money",
            "postgres://db.example/money?user=ann&password=hunter2",
            "postgres:///money?password=hunter2&host=/run/postgresql",
        ] {
            let Address::Server { place, .. } = Address::parse(url).unwrap() else {
                panic!("{url}")
            };
            assert!(!place.contains("hunt"), "{place}");
            assert!(place.contains("money"), "{place}");
        }
    }
}
