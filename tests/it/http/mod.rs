//! The HTTP client against a vendor on loopback: what is tried again, what is refused, what is told to nobody.

#[cfg(target_os = "linux")]
mod memory;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rustls::pki_types::PrivatePkcs8KeyDer;
use spendtray::clock::Clock;
use spendtray::http::{Credential, Http, HttpError, Limits, Request};
use spendtray::secrets::Secret;

use crate::support::vendor::{Answer, Vendor};

type Outcome = Result<(), Box<dyn Error>>;

const KEY: &str = "VENICE_ADMIN_KEY_not-to-be-seen";

fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        answer: Duration::from_secs(10),
        pause: Duration::from_millis(1),
        body: 1 << 20,
    }
}

fn http(limits: Limits) -> Result<Http, HttpError> {
    Http::with_limits(None, &Clock::system(), limits)
}

fn key() -> Result<Secret, &'static str> {
    Secret::new(KEY).ok_or("no key")
}

/// A vendor that answers with these statuses in turn, then with the last.
async fn statuses(statuses: &'static [u16]) -> std::io::Result<Vendor> {
    let next = AtomicU16::new(0);
    Vendor::start(move |_| {
        let index = usize::from(next.fetch_add(1, Ordering::Relaxed));
        let status = statuses.get(index).or(statuses.last()).copied();
        Answer::json(status.unwrap_or(200), "{}")
    })
    .await
}

#[tokio::test]
async fn a_vendor_in_trouble_is_tried_three_times_at_most() -> Outcome {
    for (answers, hits, status) in [
        (&[503, 503, 200][..], 3, 200),
        (&[500][..], 3, 500),
        (&[404][..], 1, 404),
        (&[429][..], 1, 429),
    ] {
        let vendor = statuses(answers).await?;
        let reply = http(limits())?.get(&Request::new(vendor.url())).await?;
        assert_eq!((vendor.seen().len(), reply.status), (hits, status));
    }
    Ok(())
}

#[tokio::test]
async fn a_post_is_never_repeated() -> Outcome {
    let vendor = statuses(&[503]).await?;
    let body = serde_json::json!({"apiKeyType": "INFERENCE"});
    let reply = http(limits())?
        .post_json(&Request::new(vendor.url()), &body)
        .await?;
    assert_eq!(reply.status, 503);
    let seen = vendor.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].method, "POST");
    Ok(())
}

#[tokio::test]
async fn a_closed_connection_is_tried_again_and_named() -> Outcome {
    let vendor = Vendor::start(|_| Answer::Close).await?;
    let error = http(limits())?.get(&Request::new(vendor.url())).await;
    let host = vendor.url().trim_start_matches("http://").to_owned();
    assert_eq!(error.err(), Some(HttpError::BrokenOff { host }));
    assert_eq!(vendor.seen().len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_truncated_answer_is_no_answer() -> Outcome {
    let vendor = Vendor::start(|_| Answer::Truncated).await?;
    let error = http(limits())?.get(&Request::new(vendor.url())).await;
    assert!(
        matches!(error, Err(HttpError::BrokenOff { .. })),
        "{error:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_hanging_vendor_times_out() -> Outcome {
    let vendor = Vendor::start(|_| Answer::Hang).await?;
    let limits = Limits {
        answer: Duration::from_millis(50),
        ..limits()
    };
    let error = http(limits)?.get(&Request::new(vendor.url())).await;
    assert!(
        matches!(error, Err(HttpError::TimedOut { .. })),
        "{error:?}"
    );
    assert_eq!(vendor.seen().len(), 3);
    Ok(())
}

#[tokio::test]
async fn nobody_listening_is_a_refused_connection() -> Outcome {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let host = listener.local_addr()?.to_string();
    drop(listener);
    let error = http(limits())?
        .get(&Request::new(format!("http://{host}/x")).query("key", "hidden"))
        .await;
    let Err(error) = error else {
        return Err("somebody answered".into());
    };
    assert_eq!(error.to_string(), format!("{host} refused the connection"));
    Ok(())
}

#[tokio::test]
async fn compressed_answers_are_read() -> Outcome {
    const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\x48\xcd\xc9\xc9\x57\xb2\x52\x4a\xaf\xca\x2c\x50\xaa\x05\x00\xf6\x4f\x05\x6f\x10\x00\x00\x00";
    const BROTLI: &[u8] = b"\x10\x01\x10{\"hello\":\"brotli\"}\x03";
    let vendor = Vendor::start(|asked| match asked.path.as_str() {
        "/gzip" => Answer::with(200, &[("content-encoding", "gzip")], GZIP),
        _ => Answer::with(200, &[("content-encoding", "br")], BROTLI),
    })
    .await?;
    let http = http(limits())?;
    for name in ["gzip", "brotli"] {
        let url = format!("{}/{name}", vendor.url());
        let reply = http.get(&Request::new(url)).await?;
        let expected = format!(r#"{{"hello":"{name}"}}"#);
        assert_eq!(String::from_utf8(reply.body)?, expected);
    }
    let offered = vendor.seen()[0].headers.get("accept-encoding").cloned();
    assert_eq!(offered.as_deref(), Some("gzip,br"));
    Ok(())
}

#[tokio::test]
async fn a_huge_answer_is_refused_and_not_asked_for_again() -> Outcome {
    let vendor = Vendor::start(|asked| match asked.path.as_str() {
        "/told" => Answer::with(200, &[], &vec![b' '; 2 << 20]),
        _ => Answer::Long(256 << 20),
    })
    .await?;
    let http = http(limits())?;
    for path in ["told", "untold"] {
        let error = http
            .get(&Request::new(format!("{}/{path}", vendor.url())))
            .await;
        assert!(
            matches!(error, Err(HttpError::TooLarge { megabytes: 1, .. })),
            "{error:?}"
        );
    }
    assert_eq!(vendor.seen().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_damaged_packed_answer_is_told_from_a_broken_connection() -> Outcome {
    let vendor = Vendor::start(|asked| match asked.path.as_str() {
        "/damaged" => Answer::with(200, &[("content-encoding", "gzip")], b"{}"),
        _ => Answer::Truncated,
    })
    .await?;
    let http = http(limits())?;
    let get = async |path: &str| {
        let url = format!("{}/{path}", vendor.url());
        http.get(&Request::new(url)).await.err()
    };
    let host = vendor.url().trim_start_matches("http://").to_owned();
    let damaged = HttpError::Damaged { host: host.clone() };
    assert_eq!(get("damaged").await, Some(damaged));
    assert_eq!(vendor.seen().len(), 1, "it would be damaged again");
    assert_eq!(get("cut").await, Some(HttpError::BrokenOff { host }));
    Ok(())
}

#[tokio::test]
async fn without_names_a_host_is_not_found_and_this_machine_is() -> Outcome {
    let vendor = Vendor::start(|_| Answer::json(200, "{}")).await?;
    let http = http(limits())?.without_names();
    assert_eq!(http.get(&Request::new(vendor.url())).await?.status, 200);
    let error = http
        .get(&Request::new(
            "https://api.example.com/v1/secret?key=hidden",
        ))
        .await
        .err();
    let text = error.map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(text, "no such host: api.example.com (is the network up?)");
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_carries_no_credential_away() -> Outcome {
    let thief = Vendor::start(|_| Answer::json(200, "{}")).await?;
    let target = thief.url().to_owned();
    let vendor = Vendor::start(move |_| Answer::with(302, &[("location", &target)], b"")).await?;
    let key = key()?;
    let request = Request::new(vendor.url()).credential(Credential::Bearer(&key));
    assert_eq!(http(limits())?.get(&request).await?.status, 302);
    assert!(thief.seen().is_empty());
    let sent = vendor.seen()[0].headers.get("authorization").cloned();
    assert_eq!(sent, Some(format!("Bearer {KEY}")));
    Ok(())
}

#[tokio::test]
async fn a_request_says_who_asks_and_keeps_its_query() -> Outcome {
    let vendor = Vendor::start(|_| Answer::json(200, "{}")).await?;
    let key = key()?;
    let request = Request::new(format!("{}/v1", vendor.url()))
        .query("cursor", "a+b/c= &d")
        .header("accept", "application/json")
        .credential(Credential::Header("x-cg-demo-api-key", &key));
    http(limits())?.get(&request).await?;
    let asked = vendor.seen().remove(0);
    assert_eq!(
        asked.query.get("cursor").map(String::as_str),
        Some("a+b/c= &d")
    );
    assert_eq!(
        asked.headers.get("x-cg-demo-api-key").map(String::as_str),
        Some(KEY)
    );
    let agent = asked.headers.get("user-agent").cloned();
    assert_eq!(
        agent,
        Some(format!("spendtray/{}", env!("CARGO_PKG_VERSION")))
    );
    Ok(())
}

#[tokio::test]
async fn a_credential_that_is_no_header_is_explained() -> Outcome {
    let vendor = Vendor::start(|_| Answer::json(200, "{}")).await?;
    let key = Secret::new("two\nlines").ok_or("no key")?;
    let request = Request::new(vendor.url()).credential(Credential::Bearer(&key));
    assert_eq!(
        http(limits())?.get(&request).await.err(),
        Some(HttpError::BadCredential)
    );
    assert!(vendor.seen().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_log_has_two_lines_a_request_and_no_secret() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("http.jsonl");
    let vendor = Vendor::start(|_| Answer::json(200, r#"{"body":"unseen"}"#)).await?;
    let clock = Clock::manual("2026-11-23T08:30:00Z".parse()?);
    let http = Http::with_limits(Some(&path), &clock, limits())?;
    let key = key()?;
    let request = Request::new(format!("{}/billing/balance", vendor.url()))
        .credential(Credential::Bearer(&key))
        .query("currency", "USD")
        .query("api_key", KEY);
    http.get(&request).await?;
    http.post_json(&request, &serde_json::json!({"secret": "in the body"}))
        .await?;

    let text = std::fs::read_to_string(&path)?.replace(vendor.url(), "http://VENDOR");
    insta::assert_snapshot!(text, @r#"
    {"at":"2026-11-23T08:30:00.000Z","request":1,"method":"GET","url":"http://VENDOR/billing/balance?currency=USD&api_key=***"}
    {"at":"2026-11-23T08:30:00.000Z","request":1,"took_ms":0,"status":200,"bytes":17}
    {"at":"2026-11-23T08:30:00.000Z","request":2,"method":"POST","url":"http://VENDOR/billing/balance?currency=USD&api_key=***"}
    {"at":"2026-11-23T08:30:00.000Z","request":2,"took_ms":0,"status":200,"bytes":17}
    "#);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&path)?.permissions().mode() & 0o777,
            0o600
        );
    }
    Ok(())
}

/// Accepts one TLS connection with a certificate that nobody trusts.
fn untrusted_vendor() -> Result<String, Box<dyn Error>> {
    let certificate = include_bytes!("../../fixtures/http/untrusted.cert.der");
    let key = include_bytes!("../../fixtures/http/untrusted.key.der");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.to_vec().into()],
            PrivatePkcs8KeyDer::from(key.to_vec()).into(),
        )?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let mut connection = rustls::ServerConnection::new(Arc::new(config))?;
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        connection.complete_io(&mut stream)
    });
    Ok(format!("https://{address}"))
}

#[tokio::test]
async fn an_untrusted_certificate_is_explained_and_gets_no_credential() -> Outcome {
    let url = untrusted_vendor()?;
    let key = key()?;
    let request = Request::new(&url).credential(Credential::Bearer(&key));
    match http(limits())?.get(&request).await {
        Err(HttpError::Untrusted { reason, .. }) => {
            assert_eq!(reason, "nobody trusted here vouches for its certificate");
        }
        // A machine without any certificates trusts nobody either.
        Err(HttpError::Setup(reason)) => {
            assert!(reason.contains("certificates"), "{reason}");
        }
        other => return Err(format!("{other:?}").into()),
    }
    Ok(())
}

#[test]
fn a_log_that_cannot_be_opened_is_explained() {
    let error = Http::new(Some("/dev/null/http.jsonl".as_ref()), &Clock::system()).err();
    let text = error.map(|error| error.to_string()).unwrap_or_default();
    assert!(
        text.starts_with("the log /dev/null/http.jsonl cannot be opened: "),
        "{text}"
    );
}
