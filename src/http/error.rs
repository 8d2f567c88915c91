//! Why there is no answer, in words for people. No text carries a secret, a path or a query: the host is named.

use std::error::Error;
use std::io;

use reqwest::Url;
use rustls::CertificateError;

use crate::http::Limits;
use crate::http::client::host;

/// Why there is no answer. No text carries a secret or a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The name is unknown, or nobody answers for names.
    #[error("no such host: {host} (is the network up?)")]
    NoSuchHost {
        /// Who was asked.
        host: String,
    },
    /// Nothing listens there.
    #[error("{host} refused the connection")]
    Refused {
        /// Who was asked.
        host: String,
    },
    /// No answer in time.
    #[error("{host} did not answer within {seconds} s")]
    TimedOut {
        /// Who was asked.
        host: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The certificate is not good.
    #[error("the connection to {host} is not trusted: {reason}")]
    Untrusted {
        /// Who was asked.
        host: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// No connection for another reason.
    #[error("cannot connect to {host}: {reason}")]
    Unconnected {
        /// Who was asked.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// The connection ended before the answer did.
    #[error("{host} broke off before its answer was complete")]
    BrokenOff {
        /// Who was asked.
        host: String,
    },
    /// The answer is compressed and cannot be unpacked.
    #[error("the answer of {host} is damaged and cannot be unpacked")]
    Damaged {
        /// Who was asked.
        host: String,
    },
    /// The answer is larger than anything useful.
    #[error("the answer of {host} is larger than {megabytes} MB and was not read")]
    TooLarge {
        /// Who was asked.
        host: String,
        /// The limit.
        megabytes: usize,
    },
    /// The address is none, or one that is not allowed.
    #[error("the address cannot be used: {0}")]
    BadAddress(String),
    /// The credential cannot be a header.
    #[error("the credential holds characters that cannot be sent; store it again")]
    BadCredential,
    /// TLS or the log cannot be set up.
    #[error("{0}")]
    Setup(String),
}

impl HttpError {
    /// Whether another try may go better.
    pub(super) const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::NoSuchHost { .. }
                | Self::Refused { .. }
                | Self::TimedOut { .. }
                | Self::Unconnected { .. }
                | Self::BrokenOff { .. }
        )
    }

    pub(super) fn no_client(error: &(dyn Error + 'static)) -> Self {
        Self::Setup(format!(
            "TLS cannot be set up here: {}",
            innermost(error).unwrap_or_else(|| error.to_string())
        ))
    }

    pub(super) fn of(error: &reqwest::Error, url: &Url, limits: &Limits) -> Self {
        let host = host(url);
        if error.is_dns() {
            return Self::NoSuchHost { host };
        }
        if let Some(reason) = distrust(error) {
            return Self::Untrusted { host, reason };
        }
        if error.is_timeout() {
            let waited = if error.is_connect() {
                limits.connect
            } else {
                limits.answer
            };
            return Self::TimedOut {
                host,
                seconds: waited.as_secs(),
            };
        }
        if error.is_decode() && !is_of_the_connection(error) {
            return Self::Damaged { host };
        }
        if error.is_builder() {
            return Self::BadAddress(innermost(error).unwrap_or_default());
        }
        match system_kind(error) {
            Some(io::ErrorKind::ConnectionRefused) => Self::Refused { host },
            _ if error.is_connect() => Self::Unconnected {
                host,
                reason: innermost(error).unwrap_or_default(),
            },
            _ => Self::BrokenOff { host },
        }
    }
}

/// Every error in the chain, those that an [`io::Error`] wraps included.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn distrust(error: &reqwest::Error) -> Option<String> {
    chain(error)
        .filter_map(|error| error.downcast_ref::<rustls::Error>())
        .find_map(|error| match error {
            rustls::Error::InvalidCertificate(fault) => Some(certificate_fault(fault)),
            rustls::Error::NoCertificatesPresented => Some("it shows no certificate".to_owned()),
            _ => None,
        })
}

fn certificate_fault(fault: &CertificateError) -> String {
    let known = match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired (or the clock here is wrong)"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet (or the clock here is wrong)"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name"
        }
        CertificateError::UnknownIssuer => "nobody trusted here vouches for its certificate",
        CertificateError::Revoked => "its certificate has been revoked",
        other => return format!("its certificate is not valid: {other}"),
    };
    known.to_owned()
}

/// Whether the connection failed, which reqwest tells like a fault of what came over it.
fn is_of_the_connection(error: &reqwest::Error) -> bool {
    chain(error).any(<dyn Error>::is::<hyper::Error>)
}

fn system_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    chain(error)
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .last()
        .map(io::Error::kind)
}

/// The deepest cause; the outer ones repeat the address.
fn innermost(error: &(dyn Error + 'static)) -> Option<String> {
    chain(error).skip(1).last().map(ToString::to_string)
}
