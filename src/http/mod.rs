//! One HTTP client for all: time-outs, user agent, capped bodies, redirects that never carry a credential away.
//!
//! It knows no vendor: what a status means is `providers`'s business.

use std::path::Path;

use crate::clock::Clock;
use crate::secrets::Secret;

/// The way to the vendors. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {}

/// One request. `GET` unless it has a body.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The whole address without the query.
    pub url: String,
    /// The query, in order.
    pub query: Vec<(&'a str, String)>,
    /// The credential and where it goes.
    pub credential: Credential<'a>,
    /// Further headers.
    pub headers: Vec<(&'a str, &'a str)>,
}

/// Where a credential goes.
#[derive(Debug, Clone, Copy)]
pub enum Credential<'a> {
    /// None is sent.
    None,
    /// `Authorization: Bearer …`
    Bearer(&'a Secret),
    /// A header of this name.
    Header(&'a str, &'a Secret),
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Reply {
    /// 100 to 599.
    pub status: u16,
    /// `Retry-After` as it came.
    pub retry_after: Option<String>,
    /// The body, decompressed and capped.
    pub body: Vec<u8>,
}

/// Why there is no answer. No text carries a secret or a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {}

impl<'a> Request<'a> {
    /// A plain request.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            query: Vec::new(),
            credential: Credential::None,
            headers: Vec::new(),
        }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn query(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Sends a credential.
    #[must_use]
    pub fn credential(mut self, credential: Credential<'a>) -> Self {
        self.credential = credential;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'a str, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl Http {
    /// A client; `log` is where requests are logged, one JSON line each, redacted.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(log: Option<&Path>, clock: &Clock) -> Result<Self, HttpError> {
        todo!()
    }

    /// Asks; connection failures, time-outs and 5xx are tried again twice.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn get(&self, request: &Request<'_>) -> Result<Reply, HttpError> {
        todo!()
    }

    /// Posts JSON once; never repeated.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post_json(
        &self,
        request: &Request<'_>,
        body: &serde_json::Value,
    ) -> Result<Reply, HttpError> {
        todo!()
    }
}
