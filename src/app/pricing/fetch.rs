//! One question to a price list: what has changed since. No key, no cookie, nothing that tells who asks.

use crate::http::{Http, Request};

/// What is asked.
pub(super) struct Question {
    pub(super) url: String,
    /// The mark of the list that is known. `None`: none is.
    pub(super) etag: Option<String>,
}

/// What came.
pub(super) enum Answer {
    /// The list is the known one.
    Unchanged,
    /// Another.
    List(Fetched),
}

/// A list as it came.
pub(super) struct Fetched {
    pub(super) text: String,
    /// Its mark. `None`: it has none.
    pub(super) etag: Option<String>,
}

/// Why nothing came.
pub(super) struct Fault {
    /// One sentence without its full stop.
    pub(super) reason: String,
    /// Whether somebody answered.
    pub(super) answered: bool,
}

/// Asks once; what fails in passing is tried again twice by `http`.
pub(super) async fn ask(http: &Http, question: &Question) -> Result<Answer, Fault> {
    let mut request = Request::new(&question.url);
    if let Some(etag) = &question.etag {
        request = request.header("if-none-match", etag);
    }
    let reply = http.get(&request).await.map_err(|error| Fault {
        reason: error.to_string(),
        answered: false,
    })?;
    let answered = |reason: String| Fault {
        reason,
        answered: true,
    };
    match reply.status {
        200 => Ok(Answer::List(Fetched {
            text: String::from_utf8(reply.body)
                .map_err(|_| answered(format!("{} sent no text", host(&question.url))))?,
            etag: reply.etag,
        })),
        304 if question.etag.is_some() => Ok(Answer::Unchanged),
        status => Err(answered(format!(
            "{} answered HTTP {status}",
            host(&question.url)
        ))),
    }
}

/// Who is asked, as people name him.
pub(super) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}
