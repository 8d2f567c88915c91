//! The log of requests, when the user asks for one: two JSON lines each, readable by the user alone.
//!
//! It never holds a body, a header or a credential. When it has grown large it is put aside once, as `NAME.1`, over
//! the one that was put aside before.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::Method;
use serde::Serialize;

use crate::http::{HttpError, Reply};
use crate::system::private;

/// When a log is put aside, in bytes.
const LARGE: u64 = 10 << 20;

/// An open log.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    open: Mutex<Open>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Open {
    file: File,
    length: u64,
}

/// A request that was logged and waits for its outcome.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    number: u64,
    sent_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct RequestLine<'a> {
    at: String,
    request: u64,
    method: &'a str,
    url: String,
}

#[derive(Serialize)]
struct OutcomeLine {
    at: String,
    request: u64,
    took_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Log {
    /// Opens or continues a log; makes its folder.
    pub(super) fn open(path: &Path) -> Result<Self, HttpError> {
        let open = Open::at(path).map_err(|error| {
            HttpError::Setup(format!(
                "the log {} cannot be opened: {error}",
                path.display()
            ))
        })?;
        Ok(Self {
            path: path.to_owned(),
            open: Mutex::new(open),
            next: AtomicU64::new(1),
        })
    }

    /// Notes that a request goes out; the address is redacted already.
    pub(super) fn request(&self, now: DateTime<Utc>, method: &Method, address: String) -> Entry {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.write(&RequestLine {
            at: instant(now),
            request: number,
            method: method.as_str(),
            url: address,
        });
        Entry {
            number,
            sent_at: now,
        }
    }

    /// Notes how it went.
    pub(super) fn outcome(
        &self,
        now: DateTime<Utc>,
        entry: Entry,
        result: &Result<Reply, HttpError>,
    ) {
        let reply = result.as_ref().ok();
        self.write(&OutcomeLine {
            at: instant(now),
            request: entry.number,
            took_ms: (now - entry.sent_at).num_milliseconds(),
            status: reply.map(|reply| reply.status),
            bytes: reply.map(|reply| reply.body.len()),
            error: result.as_ref().err().map(ToString::to_string),
        });
    }

    fn write(&self, line: &impl Serialize) {
        let Ok(mut text) = serde_json::to_string(line) else {
            return;
        };
        text.push('\n');
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = open.write(&text, &self.path) {
            tracing::debug!(%error, "the log of requests cannot be written");
        }
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            private::make_folder(folder)?;
        }
        let file = private::open_to_append(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }

    fn write(&mut self, text: &str, path: &Path) -> io::Result<()> {
        if self.length > LARGE {
            let mut aside = path.as_os_str().to_owned();
            aside.push(".1");
            fs::rename(path, aside)?;
            *self = Self::at(path)?;
        }
        self.file.write_all(text.as_bytes())?;
        self.length = self.length.saturating_add(text.len() as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_log_is_put_aside_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log/http.jsonl");
        let aside = folder.path().join("log/http.jsonl.1");
        let log = Log::open(&path).unwrap();
        log.open.lock().unwrap().file.set_len(LARGE + 1).unwrap();
        drop(log);

        let log = Log::open(&path).unwrap();
        for _ in 0..2 {
            log.request(
                DateTime::UNIX_EPOCH,
                &Method::GET,
                "https://h.example/".to_owned(),
            );
        }
        assert_eq!(fs::metadata(aside).unwrap().len(), LARGE + 1);
        assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 2);
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
