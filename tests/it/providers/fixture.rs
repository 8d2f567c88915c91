//! Fixture folders of providers: `tests/fixtures/providers/<id>/<case>/`.
//!
//! `index.json` says when it is, what the account looks like, and which file of `replies/` answers which request; the
//! first reply whose path and query match is taken. In `base_url` and `options`, `{vendor}` stands for the address of
//! the vendor on loopback, so that a provider of several hosts gives each a path of its own. `reading.snap` is what
//! must come out. A new folder is found by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use spendtray::clock::Clock;
use spendtray::domain::account::{Account, AccountId, CredentialPlace, Options};
use spendtray::domain::reading::{Cursor, Reading};
use spendtray::http::{Http, Limits};
use spendtray::providers::{ALL, Kind, PollContext, PollError, Provider};
use spendtray::secrets::Secret;

use crate::support::vendor::{Answer, Asked, Vendor};

/// What goes wrong in a helper of these tests.
pub(super) type Fault = Box<dyn Error>;

/// Little of everything, so that faults are soon over.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    answer: Duration::from_millis(500),
    pause: Duration::from_millis(1),
    body: 1 << 20,
};

/// A fixture folder, read.
pub(super) struct Case {
    /// `venice/staking`.
    pub(super) name: String,
    /// Where it lies.
    pub(super) folder: PathBuf,
    /// Whose fixture it is.
    pub(super) provider: &'static Provider,
    /// The vendor's answers.
    pub(super) replies: Vec<Reply>,
    index: Index,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    now: DateTime<Utc>,
    since: DateTime<Utc>,
    #[serde(default)]
    secret: Option<String>,
    #[serde(default = "whole_vendor")]
    base_url: String,
    #[serde(default)]
    options: Options,
    replies: Vec<Matcher>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Matcher {
    path: String,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default = "success")]
    status: u16,
    body: String,
}

/// One answer of the vendor and when it is given.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    /// The file's name.
    pub(super) file: String,
    /// What it says.
    pub(super) body: Value,
    matcher: Matcher,
    /// The body as it was written, numbers digit by digit.
    pub(super) text: String,
}

/// A poll of a case and what the vendor saw of it.
pub(super) struct Played {
    /// How it ended.
    pub(super) result: Result<Reading, PollError>,
    /// Requests that no reply of the fixture matches.
    pub(super) unmatched: Vec<Asked>,
    /// The log of requests.
    pub(super) log: String,
    /// The vendor's address, which changes from run to run.
    pub(super) vendor: String,
    /// How many bytes of long bodies the vendor got rid of.
    pub(super) sent: usize,
    /// How often the vendor was asked.
    pub(super) asked: usize,
}

const NO_FIXTURE: &str = r#"{"error":"no fixture for this"}"#;

fn whole_vendor() -> String {
    "{vendor}".to_owned()
}

const fn success() -> u16 {
    200
}

/// Every fixture of every provider.
pub(super) fn cases() -> Result<Vec<Case>, Fault> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/providers");
    let mut cases = Vec::new();
    // Logs have no vendor that answers; their samples are in tests/fixtures/logs.
    let asked = ALL
        .iter()
        .filter(|provider| provider.kind != Kind::AgentLog);
    for provider in asked {
        let folder = root.join(provider.id);
        let entries =
            fs::read_dir(&folder).map_err(|_| format!("{} has no fixture", provider.id))?;
        let folders: BTreeSet<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        for folder in folders {
            cases.push(Case::read(provider, folder)?);
        }
    }
    Ok(cases)
}

impl Case {
    /// The case of this name.
    pub(super) fn named(name: &str) -> Result<Self, Fault> {
        cases()?
            .into_iter()
            .find(|case| case.name == name)
            .ok_or_else(|| format!("no fixture {name}").into())
    }

    fn read(provider: &'static Provider, folder: PathBuf) -> Result<Self, Fault> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{}/{name}", provider.id);
        let text = fs::read_to_string(folder.join("index.json"))
            .map_err(|error| format!("{name}: index.json: {error}"))?;
        let index: Index =
            serde_json::from_str(&text).map_err(|error| format!("{name}: index.json: {error}"))?;
        let mut replies = Vec::new();
        for matcher in &index.replies {
            let text = fs::read_to_string(folder.join("replies").join(&matcher.body))
                .map_err(|error| format!("{name}: {}: {error}", matcher.body))?;
            replies.push(Reply {
                file: matcher.body.clone(),
                body: serde_json::from_str(&text).unwrap_or(Value::Null),
                matcher: matcher.clone(),
                text,
            });
        }
        Ok(Self {
            name,
            folder,
            provider,
            replies,
            index,
        })
    }

    /// The instant of the poll.
    pub(super) const fn now(&self) -> DateTime<Utc> {
        self.index.now
    }

    /// The credential it polls with.
    pub(super) fn secret(&self) -> Option<&str> {
        self.index.secret.as_deref()
    }

    /// The replies with their places, each file once.
    pub(super) fn distinct_replies(&self) -> impl Iterator<Item = (usize, &Reply)> {
        let mut known = BTreeSet::new();
        let replies = self.replies.iter().enumerate();
        replies.filter(move |(_, reply)| known.insert(reply.file.as_str()))
    }

    /// Polls the fixture as it is.
    pub(super) async fn play(&self) -> Result<Played, Fault> {
        self.play_on(None).await
    }

    /// Polls the fixture, going on from a cursor.
    pub(super) async fn play_on(&self, resume: Option<&Cursor>) -> Result<Played, Fault> {
        self.play_replies(self.replies.clone(), resume).await
    }

    /// Polls the fixture with another body in one reply.
    pub(super) async fn play_with(&self, index: usize, body: &Value) -> Result<Played, Fault> {
        let mut replies = self.replies.clone();
        replies[index].text = body.to_string();
        self.play_replies(replies, None).await
    }

    async fn play_replies(
        &self,
        replies: Vec<Reply>,
        resume: Option<&Cursor>,
    ) -> Result<Played, Fault> {
        let unmatched = Arc::new(Mutex::new(Vec::new()));
        let strays = Arc::clone(&unmatched);
        let vendor = Vendor::start(move |asked| {
            if let Some(reply) = replies.iter().find(|reply| reply.matcher.matches(asked)) {
                return Answer::json(reply.matcher.status, &reply.text);
            }
            let mut strays = strays.lock().unwrap_or_else(PoisonError::into_inner);
            strays.push(asked.clone());
            Answer::json(404, NO_FIXTURE)
        })
        .await?;
        let mut played = self.poll(&vendor, resume).await?;
        let strays = unmatched.lock().unwrap_or_else(PoisonError::into_inner);
        played.unmatched.clone_from(&strays);
        drop(strays);
        Ok(played)
    }

    /// Polls a vendor that answers by the fixture, each answer changed: it is given the reply's file, status and text.
    pub(super) async fn play_changed(
        &self,
        change: impl Fn(&Reply) -> Answer + Send + Sync + 'static,
    ) -> Result<Played, Fault> {
        let replies = self.replies.clone();
        self.play_by(move |asked| {
            let whole = replies.iter().find(|reply| reply.matcher.matches(asked));
            let mut paths = replies.iter();
            // A page that the fixture does not have is like the first.
            let reply = whole.or_else(|| paths.find(|reply| reply.matcher.path == asked.path));
            reply.map_or_else(|| Answer::json(404, NO_FIXTURE), &change)
        })
        .await
    }

    /// Polls a vendor that gives the same answer to everything.
    pub(super) async fn play_fault(&self, answer: Answer) -> Result<Played, Fault> {
        self.play_by(move |_| answer.clone()).await
    }

    /// Polls a vendor that answers as it likes.
    pub(super) async fn play_by(
        &self,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Result<Played, Fault> {
        let vendor = Vendor::start(answer).await?;
        self.poll(&vendor, None).await
    }

    async fn poll(&self, vendor: &Vendor, resume: Option<&Cursor>) -> Result<Played, Fault> {
        let account = self.account(vendor);
        let (result, log) = self.ask(&account, resume, |http| http).await?;
        Ok(Played {
            result,
            unmatched: Vec::new(),
            log,
            vendor: vendor.url().to_owned(),
            sent: vendor.sent(),
            asked: vendor.seen().len(),
        })
    }

    /// Polls the true hosts where no name leads anywhere; also returns the log.
    pub(super) async fn play_without_names(
        &self,
    ) -> Result<(Result<Reading, PollError>, String), Fault> {
        self.ask(&self.plain_account(), None, Http::without_names)
            .await
    }

    async fn ask(
        &self,
        account: &Account,
        resume: Option<&Cursor>,
        over: impl FnOnce(Http) -> Http,
    ) -> Result<(Result<Reading, PollError>, String), Fault> {
        let folder = tempfile::tempdir()?;
        let log = folder.path().join("http.jsonl");
        let http = Http::with_limits(Some(&log), &Clock::manual(self.index.now), LIMITS)?;
        let secret = self.secret().and_then(Secret::new);
        let context = PollContext {
            now: self.index.now,
            account,
            secret: secret.as_ref(),
            http: &over(http),
            logs: None,
            prices: None,
            since: self.index.since,
            fresh_since: None,
            resume,
        };
        let result = (self.provider.poll)(&context).await;
        Ok((result, fs::read_to_string(&log)?))
    }

    /// The account as if nothing of it were configured.
    pub(super) fn plain_account(&self) -> Account {
        Account {
            id: AccountId::new(self.provider.id.into(), None),
            label: self.provider.name.to_owned(),
            every: self.provider.every,
            credential: CredentialPlace::default(),
            base_url: None,
            options: Options::new(),
        }
    }

    fn account(&self, vendor: &Vendor) -> Account {
        let here = |text: &str| text.replace("{vendor}", vendor.url());
        let options = self.index.options.iter().map(|(name, texts)| {
            let texts = texts.iter().map(|text| here(text)).collect();
            (name.clone(), texts)
        });
        Account {
            base_url: Some(here(&self.index.base_url)),
            options: options.collect(),
            ..self.plain_account()
        }
    }
}

impl Reply {
    /// The status it comes with.
    pub(super) const fn status(&self) -> u16 {
        self.matcher.status
    }
}

impl Matcher {
    fn matches(&self, asked: &Asked) -> bool {
        let asks = |(name, value): (&String, &String)| asked.query.get(name) == Some(value);
        self.path == asked.path && self.query.iter().all(asks)
    }
}
