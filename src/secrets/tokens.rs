//! Token sets of a sign-in: how they lie at rest, and when they must be renewed.
//!
//! A set is kept like any other credential, as one line of JSON. Asking for a new one is `login`'s business.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::secrets::Secret;

/// So long before its end an access token is renewed: a poll with it must not end after it has.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// What a sign-in gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSet {
    /// Goes along with requests.
    pub access: Secret,
    /// Buys the next set. `None`: this one cannot be renewed.
    pub refresh: Option<Secret>,
    /// When the access token ends. `None`: not told.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The shape at rest. Times in milliseconds, as the vendors' own programs keep them.
#[derive(Serialize, Deserialize)]
struct AtRest {
    access_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
}

/// A token endpoint's answer (RFC 6749, 5.1).
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    /// Seconds from now.
    #[serde(default)]
    expires_in: Option<i64>,
}

impl TokenSet {
    /// Reads a set as it was kept; `None`: the credential is no token set.
    #[must_use]
    pub fn read(kept: &Secret) -> Option<Self> {
        let rest: AtRest = serde_json::from_str(kept.expose()).ok()?;
        Some(Self {
            access: Secret::new(&rest.access_token)?,
            refresh: rest.refresh_token.as_deref().and_then(Secret::new),
            expires_at: rest.expires_at_ms.and_then(DateTime::from_timestamp_millis),
        })
    }

    /// The set as it is kept; `None` only if it cannot be written as JSON, which no text prevents.
    #[must_use]
    pub fn at_rest(&self) -> Option<Secret> {
        let rest = AtRest {
            access_token: self.access.expose().to_owned(),
            refresh_token: self
                .refresh
                .as_ref()
                .map(|refresh| refresh.expose().to_owned()),
            expires_at_ms: self.expires_at.map(|at| at.timestamp_millis()),
        };
        Secret::new(&serde_json::to_string(&rest).ok()?)
    }

    /// Whether the access token has ended or soon will.
    #[must_use]
    pub fn needs_renewal(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|at| at <= now + MARGIN)
    }

    /// The body that buys the next set (RFC 6749, 6); `None`: this one cannot be renewed.
    #[must_use]
    pub fn renewal_request(&self, client_id: &str) -> Option<serde_json::Value> {
        let refresh = self.refresh.as_ref()?;
        Some(serde_json::json!({
            "grant_type": "refresh_token",
            "refresh_token": refresh.expose(),
            "client_id": client_id,
        }))
    }

    /// The next set from a token endpoint's answer; one that names no new refresh token leaves the old one valid.
    #[must_use]
    pub fn renewed(&self, answer: &[u8], now: DateTime<Utc>) -> Option<Self> {
        let answer: Answer = serde_json::from_slice(answer).ok()?;
        let life = answer.expires_in.and_then(TimeDelta::try_seconds);
        Some(Self {
            access: Secret::new(&answer.access_token)?,
            refresh: answer
                .refresh_token
                .as_deref()
                .and_then(Secret::new)
                .or_else(|| self.refresh.clone()),
            expires_at: life.and_then(|life| now.checked_add_signed(life)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-23T08:30:00Z".parse().unwrap()
    }

    fn set(minutes_left: i64) -> TokenSet {
        TokenSet {
            access: Secret::new("access-token-of-the-first-set").unwrap(),
            refresh: Secret::new("refresh-token-of-the-first-set"),
            expires_at: Some(now() + TimeDelta::minutes(minutes_left)),
        }
    }

    #[test]
    fn a_set_reads_back_as_it_was_kept_and_a_plain_key_is_none() {
        let kept = set(60).at_rest().unwrap();
        assert_eq!(TokenSet::read(&kept), Some(set(60)));
        assert_eq!(
            TokenSet::read(&Secret::new("sk-a-plain-key-and-no-set").unwrap()),
            None
        );
    }

    #[test]
    fn a_set_is_renewed_five_minutes_before_its_end() {
        assert!(set(4).needs_renewal(now()));
        assert!(set(5).needs_renewal(now()));
        assert!(!set(6).needs_renewal(now()));
        assert!(
            !TokenSet {
                expires_at: None,
                ..set(0)
            }
            .needs_renewal(now())
        );
    }

    #[test]
    fn an_answer_without_a_new_refresh_token_keeps_the_old_one() {
        let next = set(4)
            .renewed(
                br#"{"access_token":"the-next-access-token","expires_in":3600}"#,
                now(),
            )
            .unwrap();
        assert_eq!(next.refresh, set(4).refresh);
        assert_eq!(next.expires_at, Some(now() + TimeDelta::hours(1)));
        assert_eq!(set(4).renewed(b"<html>", now()), None);
    }

    #[test]
    fn no_token_is_seen_when_a_set_is_printed() {
        let printed = format!("{:?}", set(4));
        assert!(!printed.contains("of-the-first"), "{printed}");
    }
}
