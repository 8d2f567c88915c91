//! The connections: which client an address gets, what may be addressed at all, one exchange with a capped body.
//!
//! It neither repeats nor logs.

use std::future::ready;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::header::{AUTHORIZATION, ETAG, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, Url};
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt as _;

use crate::http::{Credential, HttpError, Limits, Reply};

const USER_AGENT: &str = concat!("spendtray/", env!("CARGO_PKG_VERSION"));

/// One client for each way out, made when it is needed. Whom to trust is found out once, for it takes many files;
/// loopback in plain words works without any trusted certificate.
#[derive(Debug, Default)]
pub(super) struct Clients {
    plain_loopback: Mutex<Option<Client>>,
    tls_loopback: Mutex<Option<Client>>,
    remote: Mutex<Option<Client>>,
    trust: OnceLock<ClientConfig>,
    names: Names,
}

/// Who tells where a host is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Names {
    /// The system.
    #[default]
    System,
    /// Nobody: no name leads anywhere, and no proxy either.
    Nobody,
}

/// A resolver that knows no name.
struct KnowsNobody;

impl Resolve for KnowsNobody {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(ready(Err("nobody answers for names".into())))
    }
}

impl Clients {
    /// Clients whose way to other machines depends on these names.
    pub(super) fn by(names: Names) -> Self {
        Self {
            names,
            ..Self::default()
        }
    }

    /// Clients to the same places with connections of their own.
    pub(super) fn apart(&self) -> Self {
        Self {
            trust: self.trust.clone(),
            ..Self::by(self.names)
        }
    }

    /// The client for an address that [`address`] accepted.
    pub(super) fn to(&self, url: &Url, limits: &Limits) -> Result<Client, HttpError> {
        let is_plain = url.scheme() == "http";
        let slot = match (is_plain, is_loopback(url)) {
            (true, _) => &self.plain_loopback,
            (false, true) => &self.tls_loopback,
            (false, false) => &self.remote,
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = slot.as_ref() {
            return Ok(client.clone());
        }
        let builder = Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(limits.connect)
            .timeout(limits.answer)
            .redirect(Policy::none());
        let builder = if is_plain {
            builder.no_proxy().tls_certs_only(Vec::new())
        } else if is_loopback(url) {
            self.secured(builder.no_proxy())?
        } else if self.names == Names::System {
            self.secured(builder)?
        } else {
            let nowhere = builder.no_proxy().tls_certs_only(Vec::new());
            nowhere.dns_resolver(Arc::new(KnowsNobody))
        };
        let client = builder
            .build()
            .map_err(|error| HttpError::no_client(&error))?;
        Ok(slot.insert(client).clone())
    }

    fn secured(&self, builder: ClientBuilder) -> Result<ClientBuilder, HttpError> {
        let trust = self.trust()?;
        Ok(builder.https_only(true).tls_backend_preconfigured(trust))
    }

    /// Closes the connections that are kept open for a next request.
    pub(super) fn rest(&self) {
        for slot in [&self.plain_loopback, &self.tls_loopback, &self.remote] {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    fn trust(&self) -> Result<ClientConfig, HttpError> {
        if let Some(config) = self.trust.get() {
            return Ok(config.clone());
        }
        let mut config =
            ClientConfig::with_platform_verifier().map_err(|error| HttpError::no_client(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(self.trust.get_or_init(|| config).clone())
    }
}

/// Makes ring the process's cryptography; a second call changes nothing.
pub(super) fn choose_cryptography() {
    // An error only says that a provider was chosen before, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// Reads an address: `https`, or `http` to loopback, without a name and password in it.
pub(super) fn address(text: &str) -> Result<Url, HttpError> {
    let url = Url::parse(text).map_err(|error| HttpError::BadAddress(error.to_string()))?;
    let Some(host) = url.host_str() else {
        return Err(HttpError::BadAddress("it names no host".to_owned()));
    };
    let fault = match url.scheme() {
        "https" => None,
        "http" if is_loopback(&url) => None,
        "http" => Some(format!(
            "plain http reaches only this computer; use https for {host}"
        )),
        other => Some(format!("`{other}` is not https")),
    };
    if let Some(fault) = fault {
        return Err(HttpError::BadAddress(fault));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(HttpError::BadAddress(format!(
            "it holds a user name or password before {host}; keep the credential out of the address"
        )));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}

/// The header that carries a credential, marked so that no library prints it.
pub(super) fn credential_header(
    credential: Credential<'_>,
) -> Result<Option<(HeaderName, HeaderValue)>, HttpError> {
    let (name, text) = match credential {
        Credential::None => return Ok(None),
        Credential::Bearer(secret) => (AUTHORIZATION, format!("Bearer {}", secret.expose())),
        Credential::Header(name, secret) => (
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| HttpError::BadCredential)?,
            secret.expose().to_owned(),
        ),
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| HttpError::BadCredential)?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}

/// Sends once and reads the whole answer.
pub(super) async fn exchange(
    outgoing: RequestBuilder,
    url: &Url,
    limits: &Limits,
) -> Result<Reply, HttpError> {
    let failed = |error: reqwest::Error| HttpError::of(&error, url, limits);
    let mut response = outgoing.send().await.map_err(failed)?;
    let too_large = || HttpError::TooLarge {
        host: host(url),
        megabytes: limits.body >> 20,
    };
    let told = response
        .content_length()
        .and_then(|length| usize::try_from(length).ok());
    if told.is_some_and(|length| length > limits.body) {
        return Err(too_large());
    }
    // Put together once: a body that grows would be in memory twice at each step.
    let mut chunks = Vec::new();
    let mut length = 0;
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        length += chunk.len();
        if length > limits.body {
            return Err(too_large());
        }
        chunks.push(chunk);
    }
    Ok(Reply {
        status: response.status().as_u16(),
        retry_after: header(&response, RETRY_AFTER),
        etag: header(&response, ETAG),
        body: chunks.concat(),
    })
}

fn header(response: &Response, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(value.to_str().ok()?.to_owned())
}

/// The host as people write it, with a port that is not the usual one.
pub(super) fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{name}:{port}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_reaches_only_loopback() {
        for good in [
            "https://api.venice.ai/api/v1",
            "http://127.0.0.1:8080/x",
            "http://127.9.9.9",
            "http://[::1]:80",
            "http://localhost:1",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.venice.ai",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "api.venice.ai",
            "",
            "https://user:word@api.venice.ai",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refused_address_is_explained_without_its_password() {
        let error = address("https://ann:hunter2@api.venice.ai/x?key=k").unwrap_err();
        insta::assert_snapshot!(error, @"the address cannot be used: it holds a user name or password before api.venice.ai; keep the credential out of the address");
    }
}
