//! When a request is tried again, and until when a vendor asks to be left alone. Pure: it neither waits nor asks a clock.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::http::{HttpError, Reply};

/// How often a request is tried in all.
const TRIES: u32 = 3;

/// A vendor that asks for more than this is asked again after it nevertheless.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(1);

/// The pause before the next try, after so many tries; `None`: it ends here.
///
/// Connection failures, time-outs and 5xx are tried again, after one pause and then after two. A 4xx never is, and
/// neither is an answer that says itself when to come back.
#[must_use]
pub fn pause(result: &Result<Reply, HttpError>, tries: u32, first: Duration) -> Option<Duration> {
    let passing = match result {
        Ok(reply) => (500..=599).contains(&reply.status) && reply.retry_after.is_none(),
        Err(error) => error.is_passing(),
    };
    (passing && tries < TRIES).then(|| first * 2_u32.pow(tries.saturating_sub(1)))
}

/// The instant that `Retry-After` names, as seconds or as an HTTP date; never before `now`, never later than a day.
/// `None`: it names none.
#[must_use]
pub fn retry_at(retry_after: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = retry_after.trim();
    let wait = match seconds(text) {
        Some(wait) => wait,
        None => DateTime::parse_from_rfc2822(text).ok()?.to_utc() - now,
    };
    Some(now + wait.clamp(TimeDelta::zero(), LONGEST_WAIT))
}

/// Whole seconds, rounded up; more than fit are as good as many.
fn seconds(text: &str) -> Option<TimeDelta> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let up = i64::from(fraction.bytes().any(|byte| byte != b'0'));
    let whole: i64 = whole.parse().unwrap_or(i64::MAX);
    Some(TimeDelta::try_seconds(whole.saturating_add(up)).unwrap_or(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(1);

    fn answer(status: u16) -> Reply {
        Reply {
            status,
            etag: None,
            retry_after: None,
            body: Vec::new(),
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_pause_doubles_and_the_third_try_is_the_last() {
        let broken = Ok(answer(503));
        assert_eq!(pause(&broken, 1, FIRST), Some(FIRST));
        assert_eq!(pause(&broken, 2, FIRST), Some(FIRST * 2));
        assert_eq!(pause(&broken, 3, FIRST), None);
    }

    #[test]
    fn a_refusal_is_never_tried_again() {
        for status in [200, 304, 400, 401, 403, 404, 408, 429] {
            assert_eq!(pause(&Ok(answer(status)), 1, FIRST), None, "{status}");
        }
    }

    #[test]
    fn a_connection_failure_is_tried_again_but_distrust_is_not() {
        let host = "h".to_owned();
        let refused = Err(HttpError::Refused { host: host.clone() });
        assert_eq!(pause(&refused, 1, FIRST), Some(FIRST));
        let reason = "expired".to_owned();
        let distrusted = Err(HttpError::Untrusted { host, reason });
        assert_eq!(pause(&distrusted, 1, FIRST), None);
    }

    #[test]
    fn an_answer_that_says_when_to_come_back_is_believed() {
        let mut busy = answer(503);
        busy.retry_after = Some("120".to_owned());
        assert_eq!(pause(&Ok(busy), 1, FIRST), None);
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now = at("2026-11-23T08:30:00Z");
        let cases = [
            ("60", Some("2026-11-23T08:31:00Z")),
            (" 0 ", Some("2026-11-23T08:30:00Z")),
            ("1.5", Some("2026-11-23T08:30:02Z")),
            ("99999999999999999999", Some("2026-11-24T08:30:00Z")),
            (
                "Mon, 23 Nov 2026 08:45:00 GMT",
                Some("2026-11-23T08:45:00Z"),
            ),
            (
                "Mon, 23 Nov 2026 07:00:00 GMT",
                Some("2026-11-23T08:30:00Z"),
            ),
            ("-5", None),
            ("soon", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(retry_at(text, now), expected.map(at), "{text}");
        }
    }
}
