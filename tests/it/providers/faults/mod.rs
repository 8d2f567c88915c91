//! The fault matrix: every provider's fixtures x every fault of the wire, counted. A new fixture is in it by itself.
//!
//! Under none of them is anything lost that the ledger holds. Faults of single fields are `conformance`'s.

mod alone;
mod packed;
mod pages;
mod unresolved;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use spendtray::app::accounts::Planned;
use spendtray::app::poller::failure;
use spendtray::app::record;
use spendtray::domain::snapshot::AccountSnapshot;
use spendtray::providers::{ALL, Kind, PollError};
use spendtray::store::Store;

use super::conformance::unharmed;
use super::fixture::{self, Case, cases};
use crate::support::vendor::Answer;

type Outcome = Result<(), fixture::Fault>;

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
        }
    }
}

fn of_status(status: u16) -> Verdict {
    match status {
        401 | 403 => Verdict::Unauthorized,
        429 => Verdict::Wait,
        500..=599 => Verdict::Upstream,
        _ => Verdict::Refused,
    }
}

/// Every fault that is one answer, with its name.
fn faults() -> Vec<(String, Answer, Verdict)> {
    let mut faults: Vec<(String, Answer, Verdict)> = (300..=308)
        .chain(400..=599)
        .chain([600, 999])
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
    faults.extend(breaks());
    faults
}

/// What comes with a good status and makes no sense.
fn nonsense() -> Vec<(String, Answer, Verdict)> {
    let encoded = |encoding: &str, body: &[u8]| {
        let json = ("content-type", "application/json");
        Answer::with(200, &[json, ("content-encoding", encoding)], body)
    };
    let deep = "[".repeat(100_000);
    let bodies = [
        ("empty", ""),
        ("a page", "<!doctype html><title>Login</title>"),
        ("cut off", r#"{"data":[{"amount":"1"#),
        ("a number", "5"),
        ("nothing in JSON", "null"),
        ("an empty object", "{}"),
        ("an error with 200", r#"{"error":{"message":"no"}}"#),
        ("text in a list", r#"["text"]"#),
        ("deeply nested", &deep),
    ];
    let bodies = bodies.map(|(name, body)| (name, Answer::json(200, body)));
    let more = [
        (
            "not UTF-8",
            Answer::with(200, &[], b"{\"data\":\"\xff\xfe\"}"),
        ),
        ("gzip that is none", encoded("gzip", b"{}")),
        ("brotli that is none", encoded("br", b"{}")),
        (
            "gzip cut off",
            encoded("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab"),
        ),
        ("nothing at all", Answer::with(204, &[], b"")),
    ];
    let named = |(name, answer): (&str, Answer)| (name.to_owned(), answer, Verdict::Malformed);
    bodies.into_iter().chain(more).map(named).collect()
}

/// Where no whole answer comes.
fn breaks() -> Vec<(String, Answer, Verdict)> {
    let filler = "f".repeat(1 << 20);
    let breaks = [
        (
            "a header of 1 MB",
            Answer::with(200, &[("x-filler", &filler)], b"{}"),
        ),
        ("no HTTP", Answer::Raw(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())),
        ("truncated", Answer::Truncated),
        ("closed", Answer::Close),
        ("reset", Answer::Reset),
        ("hanging", Answer::Hang),
        ("dripping", Answer::Drip),
    ];
    let named = |(name, answer): (&str, Answer)| (name.to_owned(), answer, Verdict::Unreachable);
    breaks.map(named).into()
}

#[test]
fn every_provider_that_speaks_http_is_in_the_matrix() -> Outcome {
    let covered: BTreeSet<&str> = cases()?
        .iter()
        .filter(|case| !case.replies.is_empty())
        .map(|case| case.provider.id)
        .collect();
    for provider in ALL {
        let speaks_http = !provider.hosts.is_empty();
        let (id, is_log) = (provider.id, provider.kind == Kind::AgentLog);
        assert_ne!(speaks_http, is_log, "{id} names hosts, or is a log");
        assert!(
            is_log || covered.contains(id),
            "{id} has no answer in tests/fixtures/providers/{id}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn every_provider_stands_every_fault_of_the_wire() -> Outcome {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &one_a_provider()? {
        let ledger = Ledger::after_good_poll(case).await?;
        for (name, answer, verdict) in faults() {
            let what = format!("{} on {name}", case.name);
            let began = Instant::now();
            let played = case.play_fault(answer).await?;
            unharmed(case, &played, &what);
            match &played.result {
                Ok(reading) => return Err(format!("{what} gave {reading:#?}").into()),
                Err(error) => {
                    assert!(verdict.fits(error), "{what}: {error:?}, not {verdict:?}");
                    ledger.keeps_everything_on(error, &what).await?;
                }
            }
            assert!(began.elapsed() < LONGEST, "{what}: {:?}", began.elapsed());
            *counts.entry(case.provider.id).or_default() += 1;
        }
    }
    let all: usize = counts.values().sum();
    println!("faults of the wire: {all} cases {counts:?}");
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
fn one_a_provider() -> Result<Vec<Case>, fixture::Fault> {
    let mut all = cases()?;
    let mut known = BTreeSet::new();
    all.retain(|case| known.insert(case.provider.id));
    Ok(all)
}

/// A ledger that holds a good reading.
struct Ledger {
    store: Store,
    planned: Planned,
    now: DateTime<Utc>,
    good: AccountSnapshot,
}

impl Ledger {
    async fn after_good_poll(case: &Case) -> Result<Self, fixture::Fault> {
        let store = Store::open("sqlite::memory:").await?;
        let planned = Planned {
            account: case.plain_account(),
            provider: case.provider,
        };
        let reading = case.play().await?.result?;
        store.record_reading(&reading, case.now()).await?;
        let good = known(&store, &planned, case.now()).await?;
        assert!(good.latest.is_some(), "{}", case.name);
        Ok(Self {
            store,
            planned,
            now: case.now(),
            good,
        })
    }

    /// A failure is noted with what to do, and takes nothing away.
    async fn keeps_everything_on(&self, error: &PollError, what: &str) -> Outcome {
        let failure = failure(error, &self.planned, self.now);
        let waits = matches!(error, PollError::Throttled { .. });
        assert!(waits || failure.hint.is_some(), "{what}: {failure:?}");
        self.store
            .record_failure(self.planned.id(), &failure, Some(self.now), None)
            .await?;
        let known = known(&self.store, &self.planned, self.now).await?;
        let noted = known.poll.failure.as_ref().map(|noted| noted.kind);
        assert_eq!(noted, Some(error.kind()), "{what}");
        let unharmed = AccountSnapshot {
            poll: self.good.poll.clone(),
            ..known
        };
        assert_eq!(unharmed, self.good, "{what}");
        Ok(())
    }
}

async fn known(
    store: &Store,
    planned: &Planned,
    now: DateTime<Utc>,
) -> Result<AccountSnapshot, fixture::Fault> {
    let snapshot = store.snapshot(record::since(now)).await?;
    let account = snapshot.account(planned.id()).cloned();
    account.ok_or_else(|| "the ledger knows no such account".into())
}
