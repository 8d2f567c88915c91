//! From an HTTP answer to what a poll makes of it: one error for each way an answer can be useless.
//!
//! It knows no vendor; a provider asks through a [`Vendor`] and reads the answer with [`object`].

use serde::Deserialize;

use crate::http::{Credential, HttpError, Reply, Request, redact, retry};
use crate::providers::wire::Rows;
use crate::providers::{Auth, PollContext, PollError, Provider};
use crate::secrets::Secret;

/// How much of an answer an error repeats, in characters.
const EXCERPT: usize = 200;

/// A provider being asked on behalf of an account.
#[derive(Clone, Copy)]
pub(super) struct Vendor<'a> {
    pub(super) cx: &'a PollContext<'a>,
    pub(super) card: &'a Provider,
}

impl<'a> Vendor<'a> {
    pub(super) const fn new(cx: &'a PollContext<'a>, card: &'a Provider) -> Self {
        Self { cx, card }
    }

    /// The address of a path below the base URL.
    pub(super) fn url(&self, path: &str) -> String {
        let base = self.cx.base_url(self.card.base_url);
        format!("{base}/{}", path.trim_start_matches('/'))
    }

    /// The account's credential.
    pub(super) fn key(&self) -> Result<&'a Secret, PollError> {
        self.cx.secret.ok_or_else(|| PollError::NotConfigured {
            message: format!("no key for {} was found", self.cx.account.id),
            hint: self.how_to_log_in(),
        })
    }

    /// A request with the account's credential as bearer.
    pub(super) fn request(&self, path: &str) -> Result<Request<'a>, PollError> {
        Ok(Request::new(self.url(path)).credential(Credential::Bearer(self.key()?)))
    }

    /// Asks once; anything but success is an error.
    pub(super) async fn get(&self, request: &Request<'_>) -> Result<Reply, PollError> {
        let secret = request.credential.secret();
        let reply = self
            .cx
            .http
            .get(request)
            .await
            .map_err(|error| self.unanswered(&error))?;
        match self.fault(&reply, secret) {
            None => Ok(reply),
            Some(error) => Err(error),
        }
    }

    /// What to do when the credential is refused.
    pub(super) fn how_to_log_in(&self) -> String {
        match self.card.auth {
            Auth::ApiKey { help, .. } => {
                format!("{help} Then run `spendtray login {}`.", self.cx.account.id)
            }
            Auth::None => "It needs no key; look for an update of spendtray.".to_owned(),
        }
    }

    fn unanswered(&self, error: &HttpError) -> PollError {
        match error {
            HttpError::TooLarge { .. } | HttpError::Damaged { .. } => {
                PollError::Malformed(error.to_string())
            }
            HttpError::BadAddress(_) => PollError::NotConfigured {
                message: error.to_string(),
                hint: format!(
                    "Mend `base_url` of the account {} in the configuration.",
                    self.cx.account.id
                ),
            },
            HttpError::BadCredential => PollError::NotConfigured {
                message: error.to_string(),
                hint: self.how_to_log_in(),
            },
            HttpError::Setup(_) => PollError::NotConfigured {
                message: error.to_string(),
                hint: "Install the system's certificates (package `ca-certificates`).".to_owned(),
            },
            _ => PollError::Unreachable(error.to_string()),
        }
    }

    /// What a status other than success means. `None`: success.
    fn fault(&self, reply: &Reply, secret: Option<&Secret>) -> Option<PollError> {
        let name = self.card.name;
        let status = reply.status;
        let said = said(reply, secret);
        Some(match status {
            200..=299 => return None,
            401 | 403 => PollError::Unauthorized {
                message: format!("{name} refused the credential (HTTP {status}): {said}"),
                hint: self.how_to_log_in(),
            },
            429 => PollError::Throttled {
                message: format!("{name} asks to wait (HTTP 429): {said}"),
                retry_at: reply
                    .retry_after
                    .as_deref()
                    .and_then(|text| retry::retry_at(text, self.cx.now)),
            },
            500..=599 => PollError::Upstream {
                status,
                excerpt: said,
            },
            300..=399 => refused(
                status,
                format!(
                    "{name} points to another address, which is not followed; if it moved, set `base_url`"
                ),
            ),
            402 => refused(status, format!("{name} wants money or sees no key: {said}")),
            404 => refused(status, format!("{name} does not know this address: {said}")),
            410 => refused(
                status,
                format!("{name} has retired this address, look for an update of spendtray: {said}"),
            ),
            _ => refused(status, said),
        })
    }
}

const fn refused(status: u16, excerpt: String) -> PollError {
    PollError::Refused { status, excerpt }
}

impl<'a> PollContext<'a> {
    /// The account's own base URL, else the usual one; without a slash at the end.
    #[must_use]
    pub fn base_url(&self, usual: &'a str) -> &'a str {
        self.account
            .base_url
            .as_deref()
            .unwrap_or(usual)
            .trim_end_matches('/')
    }
}

/// Reads an answer that is a JSON object; `what` names it for people: ``Venice's answer to `billing/balance` ``.
pub(super) fn object<'r, T: Deserialize<'r>>(reply: &'r Reply, what: &str) -> Result<T, PollError> {
    read(reply, what, Shape::Object)
}

/// Reads an answer that is a JSON list; `what` as for [`object`].
pub(super) fn list<'r, T: Deserialize<'r>>(reply: &'r Reply, what: &str) -> Result<T, PollError> {
    read(reply, what, Shape::List)
}

/// Every entry of an answer's `data`; one that cannot be read may be the one that matters.
pub(super) fn data<T>(rows: Rows<T>, what: &str) -> Result<Vec<T>, PollError> {
    every(rows, what)?.ok_or_else(|| PollError::Malformed(format!("{what} has no `data`")))
}

/// Every entry of a list. `None`: there is no list.
pub(super) fn every<T>(rows: Rows<T>, what: &str) -> Result<Option<Vec<T>>, PollError> {
    if rows.unreadable > 0 {
        return Err(unreadable(what));
    }
    Ok(rows.rows)
}

/// An answer of which not all can be read.
pub(super) fn unreadable(what: &str) -> PollError {
    PollError::Malformed(format!("{what} has entries that cannot be read"))
}

/// What an answer must be: a list would be taken for an object's fields in order.
#[derive(Clone, Copy)]
enum Shape {
    Object,
    List,
}

fn read<'r, T: Deserialize<'r>>(
    reply: &'r Reply,
    what: &str,
    shape: Shape,
) -> Result<T, PollError> {
    let malformed = |fault: &str| PollError::Malformed(format!("{what} {fault}"));
    match (reply.body.trim_ascii_start().first(), shape) {
        (None, _) => return Err(malformed("is empty")),
        (Some(b'<'), _) => return Err(malformed("is a web page, not JSON")),
        (Some(b'{'), Shape::Object) | (Some(b'['), Shape::List) => {}
        (Some(_), Shape::Object) => return Err(malformed("is not a JSON object")),
        (Some(_), Shape::List) => return Err(malformed("is not a JSON list")),
    }
    serde_json::from_slice(&reply.body).map_err(|error| {
        // The error's own text may repeat the answer.
        let place = format!("line {}, column {}", error.line(), error.column());
        malformed(&if error.is_eof() {
            format!("is cut off at {place}")
        } else {
            format!("cannot be read at {place}")
        })
    })
}

/// What the vendor says about its refusal: its message, else the beginning of the answer; redacted, one line.
fn said(reply: &Reply, secret: Option<&Secret>) -> String {
    let body = String::from_utf8_lossy(&reply.body);
    let text = match message(&reply.body) {
        Some(message) => message,
        None if body.trim_start().starts_with('<') => "(a web page)".to_owned(),
        None => body.into_owned(),
    };
    let clean = redact::scrub(&text, secret);
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "(it says nothing)".to_owned();
    }
    line.chars()
        .filter(|character| !character.is_control())
        .take(EXCERPT)
        .collect()
}

/// `{"error":"…"}`, `{"error":{"message":"…"}}`, `{"message":"…"}`, `{"detail":"…"}` and so on.
fn message(body: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    let places = [
        "/error/message",
        "/error",
        "/message",
        "/detail",
        "/status/error_message",
        "/error_description",
    ];
    places
        .iter()
        .find_map(|place| answer.pointer(place)?.as_str().map(str::to_owned))
}
