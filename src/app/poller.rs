//! One poll of one account: credential, provider, outcome. One failure stays one.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::app::accounts::Planned;
use crate::app::pricing::Prices;
use crate::clock::Clock;
use crate::domain::account::CredentialPlace;
use crate::domain::poll::{Failure, FailureKind};
use crate::domain::reading::{Cursor, Reading};
use crate::domain::variables::Variables;
use crate::http::Http;
use crate::logs::Desk;
use crate::providers::{Auth, Kind, Need, PollContext, PollError};
use crate::secrets::Secret;
use crate::secrets::vault::{Missing, Vault, Wanted};
use crate::system::steps::Steps;

/// No poll takes longer, whatever the vendor does; a walk over many pages fits in.
const LONGEST_POLL: Duration = Duration::from_mins(2);

/// What polls reach the world through.
#[derive(Clone)]
pub struct Reach {
    /// The time.
    pub clock: Clock,
    /// The way to vendors.
    pub http: Http,
    /// The credentials.
    pub vault: Arc<Vault>,
    /// The environment with `.env`.
    pub variables: Arc<Variables>,
    /// Agents' logs on this machine.
    pub logs: Arc<Desk>,
    /// What models cost.
    pub prices: Arc<Prices>,
    /// Where vendors are asked.
    pub steps: Steps,
}

/// What a poll goes on from.
#[derive(Debug, Clone, Default)]
pub struct Background {
    /// What the last good poll returned to go on from.
    pub resume: Option<Cursor>,
    /// The mark of the credential the vendor refused last.
    pub refused_credential: Option<String>,
    /// How far back usage should reach.
    pub since: DateTime<Utc>,
    /// From when on it is enough where there is much to read; the account is then to be polled again at once. `None`:
    /// everything is read.
    pub fresh_since: Option<DateTime<Utc>>,
}

/// How a poll ended.
#[derive(Debug)]
pub struct Polled {
    /// The reading, or why there is none.
    pub result: Result<Reading, PollError>,
    /// The mark of the credential used. `None`: none was used.
    pub credential: Option<String>,
    /// Whether the vendor was asked at all.
    pub asked: Asked,
}

/// Whether a vendor was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It was, or would have been with a credential.
    Yes,
    /// It was not: it refused this very credential before, and what is known of that stays.
    No,
}

/// Polls an account once.
pub async fn poll(reach: &Reach, planned: &Planned, background: &Background) -> Polled {
    let polled = poll_once(reach, planned, background).await;
    let refused = matches!(polled.result, Err(PollError::Unauthorized { .. }));
    if !refused || polled.credential.is_none() {
        return polled;
    }
    // What the store said before may not be what it holds now.
    reach.vault.look_anew_for(planned.id());
    let mark = match credential(reach, planned).await {
        Ok(Some(secret)) => Some(secret.fingerprint()),
        Ok(None) | Err(_) => None,
    };
    if mark.is_some() && mark != polled.credential {
        return poll_once(reach, planned, background).await;
    }
    polled
}

async fn poll_once(reach: &Reach, planned: &Planned, background: &Background) -> Polled {
    let secret = match credential(reach, planned).await {
        Ok(secret) => secret,
        Err(error) => {
            return Polled {
                result: Err(error),
                credential: None,
                asked: Asked::Yes,
            };
        }
    };
    let mark = secret.as_ref().map(Secret::fingerprint);
    if mark.is_some() && mark == background.refused_credential {
        return Polled {
            result: Err(refused_before(planned)),
            credential: mark,
            asked: Asked::No,
        };
    }
    let asked = ask_with(reach.clone(), planned.clone(), secret, background.clone());
    let result = match planned.provider.kind {
        Kind::AgentLog => asked.await,
        Kind::BilledApi | Kind::Subscription | Kind::Market => {
            let ending = || PollError::Unreachable("the program ends".to_owned());
            reach
                .steps
                .run(asked)
                .await
                .unwrap_or_else(|| Err(ending()))
        }
    };
    Polled {
        result,
        credential: mark,
        asked: Asked::Yes,
    }
}

/// Asks with everything that belongs to the question, which then depends on nobody.
async fn ask_with(
    reach: Reach,
    planned: Planned,
    secret: Option<Secret>,
    background: Background,
) -> Result<Reading, PollError> {
    let prices = (planned.provider.kind == Kind::AgentLog).then(|| reach.prices.book());
    let context = PollContext {
        now: reach.clock.now(),
        account: &planned.account,
        secret: secret.as_ref(),
        http: &reach.http,
        logs: Some(&reach.logs),
        prices: prices.as_deref(),
        since: background.since,
        fresh_since: background.fresh_since,
        resume: background.resume.as_ref(),
    };
    ask(&planned, &context).await
}

/// Asks the vendor, for so long at most.
async fn ask(planned: &Planned, context: &PollContext<'_>) -> Result<Reading, PollError> {
    let name = planned.provider.name;
    match tokio::time::timeout(LONGEST_POLL, (planned.provider.poll)(context)).await {
        Ok(result) => result,
        Err(_) => Err(PollError::Unreachable(format!(
            "{name} did not finish answering within {} s",
            LONGEST_POLL.as_secs()
        ))),
    }
}

async fn credential(reach: &Reach, planned: &Planned) -> Result<Option<Secret>, PollError> {
    let Auth::ApiKey { need, help, env } = planned.provider.auth else {
        return Ok(None);
    };
    if planned.account.credential == CredentialPlace::None {
        return Ok(None);
    }
    let wanted = Wanted {
        account: planned.id(),
        place: &planned.account.credential,
        names: env,
        variables: &reach.variables,
    };
    let missing = match need {
        Need::Required => Missing::Matters,
        Need::Optional => Missing::IsFine,
    };
    let found = reach.vault.lookup_again(wanted, missing, reach.clock.now());
    match found.await {
        Ok(Some(found)) => Ok(Some(found.secret)),
        // Without its optional key a market source still answers; a locked store must not hide the price.
        Ok(None) | Err(_) if need == Need::Optional => Ok(None),
        Ok(None) => Err(PollError::NotConfigured {
            message: not_found(reach, planned).await,
            hint: format!("{help} Then run `spendtray login {}`.", planned.id()),
        }),
        Err(error) => Err(PollError::NotConfigured {
            message: error.to_string(),
            hint: "Run `spendtray doctor` to see which secret store works here.".to_owned(),
        }),
    }
}

/// That there is no key; and that the store which may hold it is not there, so that nobody looks for a key he has.
async fn not_found(reach: &Reach, planned: &Planned) -> String {
    let place = &planned.account.credential;
    let message = format!("no key for {} was found ({place})", planned.id());
    let absence = match place {
        CredentialPlace::Keyring => reach.vault.absence().await,
        _ => None,
    };
    match absence {
        Some(reason) => format!("{message}: {reason}"),
        None => message,
    }
}

fn refused_before(planned: &Planned) -> PollError {
    PollError::Unauthorized {
        message: format!(
            "{} refused this key before, so it is not tried again",
            planned.provider.name
        ),
        hint: format!("Run `spendtray login {}` with a new key.", planned.id()),
    }
}

/// A poll's error as the ledger keeps it.
#[must_use]
pub fn failure(error: &PollError, planned: &Planned, now: DateTime<Utc>) -> Failure {
    let retry_at = match error {
        PollError::Throttled { retry_at, .. } => *retry_at,
        _ => None,
    };
    let hint = error
        .hint()
        .map(str::to_owned)
        .or_else(|| match error.kind() {
            FailureKind::Unreachable => {
                Some("Check the network; it is tried again by itself.".to_owned())
            }
            FailureKind::Upstream => {
                Some("The vendor is in trouble; it is tried again by itself.".to_owned())
            }
            FailureKind::Malformed => Some(
                "If it stays, the vendor changed its answers: look for an update of spendtray."
                    .to_owned(),
            ),
            FailureKind::Refused => Some(format!(
                "Run `spendtray accounts test {}` to see it again.",
                planned.id()
            )),
            FailureKind::Throttled | FailureKind::Unauthorized | FailureKind::NotConfigured => None,
        });
    Failure {
        kind: error.kind(),
        message: error.to_string(),
        hint,
        retry_at,
        since: now,
    }
}
