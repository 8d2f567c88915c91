//! Which server is believed to be the right one: TLS is verified, always, whatever the URL calls it.
//!
//! The words are those of libpq (<https://www.postgresql.org/docs/current/libpq-ssl.html>), where `require` and
//! `prefer` take any certificate. Here they take none that the system or `sslrootcert` does not vouch for.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::database::Error;

/// This machine; a socket in a folder is always on it.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// How a server is spoken to.
#[derive(Clone)]
pub(super) enum Trust {
    /// In plain words.
    Plain,
    /// In TLS.
    Verified(MakeRustlsConnect),
}

/// What a URL says of TLS in words that the library does not know.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Whether the URL says anything about when TLS is spoken.
    is_told: bool,
    /// A file with certificates that are trusted besides the system's.
    roots: Option<PathBuf>,
}

/// Takes the words out of the URL that the library does not know.
pub(super) fn wanted(url: &str) -> (String, Wanted) {
    let Some((server, parameters)) = url.split_once('?') else {
        return (url.to_owned(), Wanted::default());
    };
    let mut wanted = Wanted::default();
    let mut kept = Vec::new();
    for parameter in parameters.split('&') {
        match parameter.split_once('=') {
            Some(("sslrootcert", path)) => wanted.roots = Some(PathBuf::from(path)),
            Some(("sslmode", "verify-ca" | "verify-full")) => {
                wanted.is_told = true;
                kept.push("sslmode=require");
            }
            Some(("sslmode", _)) => {
                wanted.is_told = true;
                kept.push(parameter);
            }
            _ => kept.push(parameter),
        }
    }
    (format!("{server}?{}", kept.join("&")), wanted)
}

/// Decides when TLS is spoken, and whom to trust then.
///
/// Where the URL does not say, a server elsewhere must speak it. One on this machine need not: nobody is in between, and
/// for the certificate that Debian makes it nobody vouches.
pub(super) fn trust(wanted: &Wanted, config: &mut Config) -> Result<Trust, Error> {
    if !wanted.is_told {
        let is_here = config.get_hosts().iter().all(is_here);
        config.ssl_mode(if is_here {
            SslMode::Disable
        } else {
            SslMode::Require
        });
    }
    if config.get_ssl_mode() == SslMode::Disable {
        return Ok(Trust::Plain);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(extra_roots(wanted)?, Arc::clone(&provider))
        .map_err(|error| untrusted(&error))?;
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| untrusted(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Trust::Verified(MakeRustlsConnect::new(client)))
}

fn untrusted(error: &rustls::Error) -> Error {
    Error::Trust(format!("TLS cannot be set up ({error})"))
}

fn extra_roots(wanted: &Wanted) -> Result<Vec<CertificateDer<'static>>, Error> {
    let Some(file) = &wanted.roots else {
        return Ok(Vec::new());
    };
    let unreadable = |problem: String| {
        Error::Trust(format!(
            "no certificate can be read from {} ({problem})",
            file.display()
        ))
    };
    let found =
        CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match found {
        Ok(roots) if roots.is_empty() => Err(unreadable("it holds none".to_owned())),
        Ok(roots) => Ok(roots),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

fn is_here(host: &Host) -> bool {
    let is_elsewhere = |name: &String| !HERE.contains(&name.as_str());
    !matches!(host, Host::Tcp(name) if is_elsewhere(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> SslMode {
        let (url, wanted) = wanted(url);
        let mut config: Config = url.parse().unwrap();
        trust(&wanted, &mut config).unwrap();
        config.get_ssl_mode()
    }

    #[test]
    fn only_a_server_on_this_machine_is_spoken_to_without_tls() {
        assert_eq!(
            mode("postgres:///money?host=/run/postgresql"),
            SslMode::Disable
        );
        assert_eq!(mode("postgres://ann@localhost/money"), SslMode::Disable);
        assert_eq!(
            mode("postgres://ann@localhost/money?sslmode=require"),
            SslMode::Require
        );
        assert_eq!(mode("postgres://ann@db.example/money"), SslMode::Require);
        assert_eq!(
            mode("postgres://ann@db.example/money?sslmode=verify-full"),
            SslMode::Require
        );
        assert_eq!(
            mode("postgres://ann@db.example/money?sslmode=disable"),
            SslMode::Disable
        );
    }

    #[test]
    fn certificates_that_cannot_be_read_are_told_with_their_file() {
        let (url, wanted) =
            wanted("postgres://db.example/money?sslrootcert=/nowhere/ca.pem&sslmode=verify-ca");
        assert_eq!(url, "postgres://db.example/money?sslmode=require");
        let refused = trust(&wanted, &mut url.parse().unwrap()).err().unwrap();
        assert!(refused.to_string().contains("/nowhere/ca.pem"), "{refused}");
    }
}
