//! Where a vendor leads: to another host, to a cursor it forgot, to page after page without end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use spendtray::domain::reading::{Completeness, Cursor};
use spendtray::providers::PollError;

use super::super::conformance::unharmed;
use super::super::fixture::{Reply, cases};
use super::{LONGEST, Outcome};
use crate::support::vendor::{Answer, Vendor};

/// The most entries any vendor puts on a page.
const FULL_PAGE: usize = 100;
/// Who asks more often walked over pages.
const MANY: usize = 45;
/// No poll asks so often.
const TOO_MANY: usize = 1000;

#[tokio::test]
async fn a_credential_never_follows_a_redirect_to_another_host() -> Outcome {
    let mut count = 0;
    for case in &cases()? {
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
            // Nothing is asked there at all: a client of its own may strip one header and carry another.
            assert_eq!(elsewhere.seen(), [], "{what}");
            count += 1;
        }
    }
    println!("redirects: {count} cases");
    Ok(())
}

/// A cursor that nobody knows any more is none.
#[tokio::test]
async fn an_expired_cursor_begins_anew() -> Outcome {
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
    }
    println!("cursors: {count} cases");
    Ok(())
}

/// A vendor whose every page names a next one, another each time or the same, neither holds a poll up nor is believed.
#[tokio::test]
async fn endless_pages_end() -> Outcome {
    let mut count = 0;
    let mut most: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &cases()? {
        for moves in [Moves::On, Moves::Never] {
            let pages = AtomicUsize::new(0);
            let turn = move |reply: &Reply| {
                let page = match moves {
                    Moves::On => pages.fetch_add(1, Ordering::Relaxed),
                    Moves::Never => 0,
                };
                Answer::json(reply.status(), &endless(reply, page))
            };
            let what = format!("{} has no end ({moves:?})", case.name);
            let limit = tokio::time::timeout(LONGEST, case.play_changed(turn));
            let played = limit.await.map_err(|_| what.clone())??;
            unharmed(case, &played, &what);
            let long = played.asked > MANY;
            if let Ok(reading) = &played.result {
                assert!(
                    !long || reading.complete != Completeness::Whole,
                    "{what}: {reading:#?}"
                );
            }
            let asked = most.entry(case.provider.id).or_default();
            *asked = played.asked.max(*asked);
            assert!(played.asked < TOO_MANY, "{what}: asked {}", played.asked);
            count += 1;
        }
    }
    println!("endless pages: {count} cases, asked at most {most:?}");
    Ok(())
}

/// Whether the pages of a vendor that has no end are told apart.
#[derive(Debug, Clone, Copy)]
enum Moves {
    On,
    Never,
}

/// The reply as a page that is full, and after which another one comes.
fn endless(reply: &Reply, page: usize) -> String {
    let mut body = reply.body.clone();
    let Some(fields) = body.as_object_mut() else {
        return reply.text.clone();
    };
    if let Some(rows) = fields.get_mut("data").and_then(Value::as_array_mut)
        && let Some(last) = rows.last().cloned()
    {
        rows.resize(rows.len().max(FULL_PAGE), last);
    }
    for name in ["nextCursor", "next_cursor", "next_page", "next", "last_id"] {
        fields.insert(name.to_owned(), json!(format!("page{page}")));
    }
    for name in ["has_more", "hasMore"] {
        fields.insert(name.to_owned(), json!(true));
    }
    body.to_string()
}
