//! The log of requests, when the user asks for one: two JSON lines each, readable by the user alone.
//!
//! It never holds a body, a header or a credential.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::Method;
use serde::Serialize;

use crate::http::{HttpError, Reply};

/// An open log.
#[derive(Debug)]
pub(super) struct Log {
    file: Mutex<File>,
    next: AtomicU64,
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
    /// Opens or continues a log.
    pub(super) fn open(path: &Path) -> Result<Self, HttpError> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        let file = private(&mut options, path).map_err(|error| {
            HttpError::Setup(format!(
                "the log {} cannot be opened: {error}",
                path.display()
            ))
        })?;
        Ok(Self {
            file: Mutex::new(file),
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
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(text.as_bytes()) {
            tracing::debug!(%error, "the log of requests cannot be written");
        }
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions, path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};

    let file = options.mode(0o600).open(path)?;
    // An older file may have been made readable by others.
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions, path: &Path) -> std::io::Result<File> {
    options.open(path)
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
