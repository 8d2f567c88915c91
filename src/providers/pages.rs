//! Reports and lists that come page by page in one envelope: `data`, `has_more`, and where the next page is.
//!
//! A walk that ends early keeps the pages it has. The first page alone is an error when it does not come, because
//! nothing is known then.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use crate::http::Request;
use crate::providers::PollError;
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Lenient, Rows, Told};

const MOST_PAGES: usize = 50;
/// A poll has two minutes in all.
const LONGEST_WALK: Duration = Duration::from_secs(45);

/// How a vendor is asked for the page after this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// By the token it gave: `page` is its `next_page`.
    Token,
    /// By the last entry's id, in this parameter.
    After(&'static str),
}

/// A walk to be made.
#[derive(Clone, Copy)]
struct Way<'a> {
    vendor: Vendor<'a>,
    first: &'a Request<'a>,
    turn: Turn,
    what: &'a str,
}

/// What a walk gathered and how it ended.
#[derive(Debug)]
pub(super) struct Walk<T> {
    /// What could be read, in order.
    pub(super) rows: Vec<T>,
    /// How many entries could not.
    pub(super) unreadable: usize,
    /// Why it ended before the last page.
    pub(super) stopped: Option<PollError>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Page<T> {
    #[serde(default)]
    data: Rows<T>,
    #[serde(default)]
    has_more: Lenient<bool>,
    #[serde(default, rename = "next_page")]
    token: Told<String>,
    #[serde(default)]
    last_id: Told<String>,
}

/// Walks over all pages of a request; `what` names the answer for people.
pub(super) async fn walk<T: for<'de> Deserialize<'de>>(
    vendor: Vendor<'_>,
    first: &Request<'_>,
    turn: Turn,
    what: &str,
) -> Result<Walk<T>, PollError> {
    let deadline = Instant::now() + LONGEST_WALK;
    let mut walk = Walk {
        rows: Vec::new(),
        unreadable: 0,
        stopped: None,
    };
    let way = Way {
        vendor,
        first,
        turn,
        what,
    };
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = tokio::time::timeout_at(deadline, page(way, token.as_deref()));
        let next = match page.await.unwrap_or_else(|_| Err(too_slow(what))) {
            Ok(page) => walk.take(page, turn),
            Err(error) if token.is_none() => return Err(error),
            Err(error) => return Ok(walk.stop(error)),
        };
        token = match next {
            Next::None => return Ok(walk),
            Next::Unclear => {
                let why = format!("{what} does not say where its next page is");
                return Ok(walk.stop(PollError::Malformed(why)));
            }
            Next::Page(next) if token.as_ref() == Some(&next) => {
                let why = format!("{what} names the same next page again");
                return Ok(walk.stop(PollError::Malformed(why)));
            }
            Next::Page(next) => Some(next),
        };
    }
    let why = format!("{what} has more than {MOST_PAGES} pages");
    Ok(walk.stop(PollError::Malformed(why)))
}

fn too_slow(what: &str) -> PollError {
    let seconds = LONGEST_WALK.as_secs();
    PollError::Unreachable(format!("{what} did not come within {seconds} s"))
}

async fn page<T: for<'de> Deserialize<'de>>(
    way: Way<'_>,
    token: Option<&str>,
) -> Result<Page<T>, PollError> {
    let Way {
        vendor,
        first,
        turn,
        what,
    } = way;
    let request = match (token, turn) {
        (None, _) => first.clone(),
        (Some(token), Turn::Token) => first.clone().query("page", token),
        (Some(token), Turn::After(parameter)) => first.clone().query(parameter, token),
    };
    let reply = vendor.get(&request).await?;
    let page: Page<T> = reply::object(&reply, what)?;
    if page.data.rows.is_none() {
        return Err(PollError::Malformed(format!("{what} has no `data`")));
    }
    Ok(page)
}

/// Where a walk goes on.
enum Next {
    None,
    Page(String),
    Unclear,
}

impl<T> Walk<T> {
    fn take(&mut self, page: Page<T>, turn: Turn) -> Next {
        self.rows.extend(page.data.rows.into_iter().flatten());
        self.unreadable += page.data.unreadable;
        let token = match turn {
            Turn::Token => page.token,
            Turn::After(_) => page.last_id,
        };
        let (named, is_null) = match token {
            Told::Value(token) => (Some(token).filter(|token| !token.is_empty()), false),
            Told::Null => (None, true),
            Told::Nothing => (None, false),
        };
        match (page.has_more.0, named) {
            (Some(false), _) => Next::None,
            (Some(true), Some(token)) => Next::Page(token),
            // Only a report's token says by itself that more follows; a list always names its last entry.
            (None, Some(token)) if turn == Turn::Token => Next::Page(token),
            (None, None) if is_null => Next::None,
            (None | Some(true), _) => Next::Unclear,
        }
    }

    /// Every row, if all came and could be read.
    pub(super) fn whole(self, what: &str) -> Result<Vec<T>, PollError> {
        match self.stopped {
            Some(why) => Err(why),
            None if self.unreadable > 0 => Err(reply::unreadable(what)),
            None => Ok(self.rows),
        }
    }

    /// The walk with each row made into something else.
    pub(super) fn map<U>(self, each: impl Fn(T) -> U) -> Walk<U> {
        Walk {
            rows: self.rows.into_iter().map(each).collect(),
            unreadable: self.unreadable,
            stopped: self.stopped,
        }
    }

    fn stop(mut self, why: PollError) -> Self {
        self.stopped = Some(why);
        self
    }
}
