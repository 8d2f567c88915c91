//! One HTTP client for all: time-outs, user agent, capped bodies, redirects that never carry a credential away.
//!
//! It knows no vendor: what a status means is `providers`'s business. Redirects are not followed at all: an answer
//! of 3xx is an answer, so a credential reaches only the host it was meant for. Plain `http` reaches only loopback,
//! a proxy only what is not loopback, and TLS is always verified. How often a request is tried: [`retry`]. What a
//! log may show: [`redact`].

mod client;
mod error;
mod log;
pub mod redact;
pub mod retry;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Url};

use crate::clock::Clock;
use crate::secrets::Secret;

pub use error::HttpError;

use client::{Clients, Names};
use log::Log;

/// The way to the vendors. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {
    clients: Arc<Clients>,
    log: Option<Arc<Log>>,
    clock: Clock,
    limits: Limits,
}

/// How long an answer may take and how large it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until the whole answer is there, connecting included.
    pub answer: Duration,
    /// The pause before the second try; it doubles for the third.
    pub pause: Duration,
    /// The largest body that is read, in bytes after decompression.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            pause: Duration::from_secs(1),
            body: 32 << 20,
        }
    }
}

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

impl<'a> Credential<'a> {
    /// What is sent.
    #[must_use]
    pub const fn secret(self) -> Option<&'a Secret> {
        match self {
            Self::None => None,
            Self::Bearer(secret) | Self::Header(_, secret) => Some(secret),
        }
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Reply {
    /// 100 to 599.
    pub status: u16,
    /// `Retry-After` as it came.
    pub retry_after: Option<String>,
    /// `ETag` as it came.
    pub etag: Option<String>,
    /// The body, decompressed and capped.
    pub body: Vec<u8>,
}

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

    fn address(&self) -> Result<Url, HttpError> {
        let mut url = client::address(&self.url)?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}

impl Http {
    /// A client; `log` is where requests are logged, two JSON lines each, redacted.
    ///
    /// # Errors
    /// When the log cannot be opened.
    pub fn new(log: Option<&Path>, clock: &Clock) -> Result<Self, HttpError> {
        Self::with_limits(log, clock, Limits::default())
    }

    /// A client with other limits than the usual.
    ///
    /// # Errors
    /// When the log cannot be opened.
    pub fn with_limits(
        log: Option<&Path>,
        clock: &Clock,
        limits: Limits,
    ) -> Result<Self, HttpError> {
        client::choose_cryptography();
        Ok(Self {
            clients: Arc::default(),
            log: log.map(Log::open).transpose()?.map(Arc::new),
            clock: clock.clone(),
            limits,
        })
    }

    /// The same client with connections of its own: for whoever runs in another reactor, because a connection lives in
    /// the one it was opened in.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self {
            clients: Arc::new(self.clients.apart()),
            ..self.clone()
        }
    }

    /// The same client on a machine where no host name leads anywhere, as without a network: only addresses of this
    /// machine are reached.
    #[must_use]
    pub fn without_names(self) -> Self {
        Self {
            clients: Arc::new(Clients::by(Names::Nobody)),
            ..self
        }
    }

    /// Asks; connection failures, time-outs and 5xx are tried again twice.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn get(&self, request: &Request<'_>) -> Result<Reply, HttpError> {
        let url = request.address()?;
        let mut tries = 1;
        loop {
            let result = self.send(request, &url, None).await;
            match retry::pause(&result, tries, self.limits.pause) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return result,
            }
            tries += 1;
        }
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
        let url = request.address()?;
        self.send(request, &url, Some(body)).await
    }

    /// Closes the connections that are kept open for a next request: between two rounds of polls there is none, and
    /// nothing has to wake up for them.
    pub fn rest(&self) {
        self.clients.rest();
    }

    async fn send(
        &self,
        request: &Request<'_>,
        url: &Url,
        body: Option<&serde_json::Value>,
    ) -> Result<Reply, HttpError> {
        let entry = self.log.as_ref().map(|log| {
            let address = redact::address(url, request.credential.secret());
            log.request(self.clock.now(), &method(body), address)
        });
        let result = match self.outgoing(request, url, body) {
            Ok(outgoing) => client::exchange(outgoing, url, &self.limits).await,
            Err(error) => Err(error),
        };
        if let (Some(log), Some(entry)) = (&self.log, entry) {
            log.outcome(self.clock.now(), entry, &result);
        }
        result
    }

    fn outgoing(
        &self,
        request: &Request<'_>,
        url: &Url,
        body: Option<&serde_json::Value>,
    ) -> Result<RequestBuilder, HttpError> {
        let mut outgoing = self
            .clients
            .to(url, &self.limits)?
            .request(method(body), url.clone());
        if let Some((name, value)) = client::credential_header(request.credential)? {
            outgoing = outgoing.header(name, value);
        }
        for (name, value) in &request.headers {
            outgoing = outgoing.header(*name, *value);
        }
        Ok(match body {
            Some(body) => outgoing.json(body),
            None => outgoing,
        })
    }
}

const fn method(body: Option<&serde_json::Value>) -> Method {
    match body {
        Some(_) => Method::POST,
        None => Method::GET,
    }
}
