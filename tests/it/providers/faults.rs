//! The fault matrix: every provider's fixtures x every fault of the wire, counted. A new fixture is in it by itself.
//!
//! Faults of single fields are here too; what a reading must keep under them is `conformance`'s.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use spendtray::domain::reading::Cursor;
use spendtray::providers::PollError;

use super::conformance::unharmed;
use super::fixture::{Case, Fault, cases};
use crate::support::vendor::{Answer, Vendor};

type Outcome = Result<(), Fault>;

/// No fault may hold a poll up for longer, with the short limits of fixtures: three tries of each of some requests.
const LONGEST: Duration = Duration::from_secs(20);

/// What must come of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The key is refused.
    Unauthorized,
    /// To be asked later, at a time that was told.
    WaitUntilTold,
    /// To be asked later.
    Wait,
    /// The vendor is in trouble.
    Upstream,
    /// The request is refused.
    Refused,
    /// Nothing came.
    Unreachable,
    /// What came makes no sense.
    Malformed,
    /// Any failure; only no figure.
    Failure,
}

impl Verdict {
    fn fits(self, error: &PollError) -> bool {
        match self {
            Self::Unauthorized => matches!(error, PollError::Unauthorized { .. }),
            Self::WaitUntilTold => {
                matches!(error, PollError::Throttled { retry_at, .. } if retry_at.is_some())
            }
            Self::Wait => matches!(error, PollError::Throttled { .. }),
            Self::Upstream => matches!(error, PollError::Upstream { .. }),
            Self::Refused => matches!(error, PollError::Refused { .. }),
            Self::Unreachable => matches!(error, PollError::Unreachable(_)),
            Self::Malformed => matches!(error, PollError::Malformed(_)),
            Self::Failure => true,
        }
    }
}

fn of_status(status: u16) -> Verdict {
    match status {
        401 | 403 => Verdict::Unauthorized,
        429 => Verdict::Wait,
        500.. => Verdict::Upstream,
        _ => Verdict::Refused,
    }
}

/// Every fault that is one answer to everything, with its name.
fn faults() -> Vec<(String, Answer, Verdict)> {
    let mut faults: Vec<(String, Answer, Verdict)> = (400..=599)
        .filter(|status| *status != 408)
        .map(|status| {
            let answer = Answer::json(status, r#"{"error":"as told"}"#);
            (format!("status {status}"), answer, of_status(status))
        })
        .collect();
    let waits = [
        ("60", Verdict::WaitUntilTold),
        ("Mon, 23 Nov 2026 23:00:00 GMT", Verdict::WaitUntilTold),
        ("999999999999999999999", Verdict::Wait),
        ("-1", Verdict::Wait),
        ("soon", Verdict::Wait),
    ];
    for (wait, verdict) in waits {
        let answer = Answer::with(429, &[("retry-after", wait)], b"{}");
        faults.push((format!("429 with Retry-After {wait}"), answer, verdict));
    }
    faults.extend(nonsense());
    faults
}

/// Faults of what comes with a good status.
fn nonsense() -> Vec<(String, Answer, Verdict)> {
    let mut faults = Vec::new();
    let encoded = |encoding: &str, body: &[u8]| {
        let json = ("content-type", "application/json");
        Answer::with(200, &[json, ("content-encoding", encoding)], body)
    };
    let bodies = [
        ("empty", ""),
        ("a page", "<!doctype html><title>Login</title>"),
        ("cut off", r#"{"data":[{"amount":"1"#),
        ("a number", "5"),
        ("nothing in JSON", "null"),
        ("an empty object", "{}"),
        ("an error with 200", r#"{"error":{"message":"no"}}"#),
        ("text in a list", r#"["text"]"#),
    ];
    for (name, body) in bodies {
        let answer = Answer::json(200, body);
        faults.push((name.to_owned(), answer, Verdict::Malformed));
    }
    let deep = "[".repeat(100_000);
    let more = [
        (
            "deeply nested",
            Answer::json(200, &deep),
            Verdict::Malformed,
        ),
        (
            "not UTF-8",
            Answer::with(200, &[], b"{\"data\":\"\xff\xfe\"}"),
            Verdict::Malformed,
        ),
        (
            "gzip that is none",
            encoded("gzip", b"{}"),
            Verdict::Failure,
        ),
        (
            "brotli that is none",
            encoded("br", b"{}"),
            Verdict::Failure,
        ),
        (
            "gzip cut off",
            encoded("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab"),
            Verdict::Failure,
        ),
        ("truncated", Answer::Truncated, Verdict::Unreachable),
        ("closed", Answer::Close, Verdict::Unreachable),
        ("hanging", Answer::Hang, Verdict::Unreachable),
        ("too much", Answer::Long(40 << 20), Verdict::Failure),
    ];
    faults.extend(more.map(|(name, answer, verdict)| (name.to_owned(), answer, verdict)));
    faults
}

#[tokio::test]
async fn every_provider_stands_every_fault_of_the_wire() -> Outcome {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &one_a_provider()? {
        for (name, answer, verdict) in faults() {
            let what = format!("{} on {name}", case.name);
            let began = Instant::now();
            let played = case.play_fault(answer).await?;
            unharmed(case, &played, &what);
            match &played.result {
                Ok(reading) => return Err(format!("{what} gave {reading:#?}").into()),
                Err(error) => assert!(verdict.fits(error), "{what}: {error:?}, not {verdict:?}"),
            }
            assert!(began.elapsed() < LONGEST, "{what}: {:?}", began.elapsed());
            *counts.entry(case.provider.id).or_default() += 1;
        }
    }
    let all: usize = counts.values().sum();
    println!("faults of the wire: {all} cases {counts:?}");
    Ok(())
}

#[tokio::test]
async fn a_credential_never_follows_a_redirect_to_another_host() -> Outcome {
    let mut count = 0;
    for case in &one_a_provider()? {
        for status in [301, 302, 303, 307, 308] {
            let elsewhere = Vendor::start(|_| Answer::json(200, "{}")).await?;
            // Another name is another host, also on the same machine.
            let target = format!(
                "{}/stolen",
                elsewhere.url().replace("127.0.0.1", "localhost")
            );
            let answer = Answer::with(status, &[("location", &target)], b"");
            let played = case.play_fault(answer).await?;
            let what = format!("{} on {status}", case.name);
            unharmed(case, &played, &what);
            assert!(played.result.is_err(), "{what}: {:#?}", played.result);
            let secret = case.secret().unwrap_or("no secret at all");
            for asked in elsewhere.seen() {
                let everything = format!("{asked:?}");
                assert!(!everything.contains(secret), "{what}: {everything}");
            }
            count += 1;
        }
    }
    println!("redirects: {count} cases");
    Ok(())
}

/// A vendor whose every page names a next one, or that knows no cursor any more, neither loops nor fails for ever.
#[tokio::test]
async fn an_expired_cursor_and_endless_pages_end() -> Outcome {
    let mut count = 0;
    for case in &cases()? {
        for cursor in ["", "expired", "{}", "null", "\u{0}", "{\"v\":999}"] {
            let cursor = Cursor(cursor.to_owned());
            let played = case.play_on(Some(&cursor)).await?;
            let what = format!("{} from cursor {cursor:?}", case.name);
            unharmed(case, &played, &what);
            let whole = case.play().await?;
            let figures = |result: &Result<spendtray::domain::reading::Reading, PollError>| {
                result.as_ref().map(|reading| reading.figures.clone()).ok()
            };
            assert_eq!(figures(&played.result), figures(&whole.result), "{what}");
            count += 1;
        }
        for (index, reply) in case.distinct_replies() {
            let mut body = reply.body.clone();
            let Some(fields) = body.as_object_mut() else {
                continue;
            };
            for (name, value) in [
                ("has_more", "true"),
                ("next_page", "\"again\""),
                ("next", "\"again\""),
            ] {
                fields.insert(name.to_owned(), serde_json::from_str(value)?);
            }
            let what = format!("{}: {} has no end", case.name, reply.file);
            let limit = tokio::time::timeout(LONGEST, case.play_with(index, &body));
            let played = limit.await.map_err(|_| what.clone())??;
            unharmed(case, &played, &what);
            count += 1;
        }
    }
    println!("cursors and endless pages: {count} cases");
    Ok(())
}

/// After three answers of trouble the poll ends: a vendor in trouble is not hammered.
#[tokio::test]
async fn a_vendor_in_trouble_is_asked_three_times_at_most_for_one_answer() -> Outcome {
    for case in &one_a_provider()? {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let played = case
            .play_by(move |_| {
                counter.fetch_add(1, Ordering::Relaxed);
                Answer::json(503, "{}")
            })
            .await?;
        assert!(played.result.is_err(), "{}", case.name);
        let requests = played.log.lines().count().max(1);
        let asked = asked.load(Ordering::Relaxed);
        assert!(
            asked <= 3 * requests.max(8),
            "{}: {asked} of {requests}",
            case.name
        );
    }
    Ok(())
}

/// Nobody may send us away for a year.
#[tokio::test]
async fn a_retry_after_of_a_year_is_taken_for_a_day() -> Outcome {
    for case in &one_a_provider()? {
        let wait = Answer::with(429, &[("retry-after", "31536000")], b"{}");
        let played = case.play_fault(wait).await?;
        let Err(PollError::Throttled { retry_at, .. }) = played.result else {
            return Err(format!("{} does not wait", case.name).into());
        };
        let day = case.now() + TimeDelta::days(1);
        assert_eq!(retry_at, Some(day), "{}", case.name);
    }
    Ok(())
}

/// The first fixture of each provider: faults of the wire do not look at what the fixture holds.
fn one_a_provider() -> Result<Vec<Case>, Fault> {
    let mut all = cases()?;
    let mut known = std::collections::BTreeSet::new();
    all.retain(|case| known.insert(case.provider.id));
    Ok(all)
}
