//! A line appended to a transcript while the program is resident: how long until the new total is known and kept, and how
//! long a whole poll of the account takes, in the middle of many logs.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use spendtray::analysis::pricelist;
use spendtray::clock::Clock;
use spendtray::domain::account::{Account, AccountId, CredentialPlace};
use spendtray::domain::reading::Cursor;
use spendtray::domain::variables::Variables;
use spendtray::http::Http;
use spendtray::logs::{Ask, CLAUDE_CODE, Desk, Surroundings};
use spendtray::providers::{ALL, PollContext, Provider};
use spendtray::system::memory;
use spendtray::system::watch::Happened;

use super::child::{line, status};
use super::corpus::{TODAY, stamp};
use super::files;
use crate::Outcome;

const LINES: usize = 200;

/// What is looked at.
struct Resident {
    desk: Arc<Desk>,
    transcript: PathBuf,
    now: DateTime<Utc>,
    appended: usize,
}

/// Appends lines and looks, then appends lines and polls.
pub(super) fn run(home: &Path, indexes: &Path) -> Outcome<String> {
    let mut resident = Resident {
        desk: Arc::new(Desk::new(Surroundings {
            home: home.to_owned(),
            config_home: home.join(".config"),
            variables: Arc::new(Variables::default()),
            indexes: indexes.to_owned(),
        })),
        transcript: files(&home.join(".claude"))?.pop().ok_or("no transcript")?,
        now: DateTime::from_timestamp(TODAY + 40_200, 0).ok_or("no such instant")?,
        appended: 0,
    };
    let ear = resident.desk.listen();
    let mut looks = resident.looks()?;
    let mut polls = resident.polls()?;
    drop(ear);
    memory::give_back();
    let mut told = String::new();
    write!(
        told,
        "{}; the whole poll {}; {} MB at rest",
        shares(&mut looks),
        shares(&mut polls),
        status("VmRSS:")? / 1_000_000
    )?;
    Ok(told)
}

impl Resident {
    /// Appends a line, as the watcher tells it.
    fn append(&mut self) -> Outcome {
        self.appended += 1;
        let line = line(
            &format!("resident_{}_{}", std::process::id(), self.appended),
            &stamp(TODAY + 40_100, 1),
        );
        OpenOptions::new()
            .append(true)
            .open(&self.transcript)?
            .write_all(line.as_bytes())?;
        Ok(())
    }

    fn looks(&mut self) -> Outcome<Vec<Duration>> {
        let (mut times, mut revision, mut before) = (Vec::new(), None::<String>, 0);
        for number in 0..=LINES {
            self.append()?;
            let began = Instant::now();
            let happened = [Happened::At(self.transcript.clone())];
            let _worth_a_look = self.desk.heard(&happened);
            let ask = Ask {
                slots_since: self.now - TimeDelta::days(33),
                known: revision.as_deref(),
                told_at: Some(self.now),
                uses_since: self.now - TimeDelta::days(15),
                singly_if_since: self.now - TimeDelta::hours(10),
                pause: TimeDelta::hours(5),
                now: self.now,
                fresh_since: None,
            };
            let seen = self.desk.look(CLAUDE_CODE, ask)?.ok_or("nothing new")?;
            let today = seen.slots.iter().rev().take_while(|slot| {
                let quarter = TimeDelta::minutes(15);
                slot.start + quarter > self.now - TimeDelta::seconds(100)
            });
            let total: u64 = today.map(|slot| slot.tally.requests).sum();
            // The first look is at everything.
            if number > 0 {
                times.push(began.elapsed());
                if total <= before {
                    return Err("a line was not counted".into());
                }
            }
            (revision, before) = (Some(seen.revision), total);
        }
        Ok(times)
    }

    fn polls(&mut self) -> Outcome<Vec<Duration>> {
        let provider = ALL.iter().find(|provider| provider.id == CLAUDE_CODE.id);
        let provider = provider.ok_or("no such provider")?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (mut times, mut resume) = (Vec::new(), None);
        for number in 0..=LINES {
            self.append()?;
            let poll = self.poll(provider, resume.as_ref());
            let (next, took) = runtime.block_on(poll)?;
            resume = next;
            if number > 0 {
                times.push(took);
            }
        }
        Ok(times)
    }

    async fn poll(
        &self,
        provider: &Provider,
        resume: Option<&Cursor>,
    ) -> Outcome<(Option<Cursor>, Duration)> {
        let account = Account {
            id: AccountId::parse(provider.id),
            label: provider.name.to_owned(),
            every: provider.every,
            credential: CredentialPlace::None,
            base_url: None,
            options: std::collections::BTreeMap::new(),
        };
        let http = Http::new(None, &Clock::manual(self.now))?;
        let prices = pricelist::bundled();
        let happened = [Happened::At(self.transcript.clone())];
        let began = Instant::now();
        let _worth_a_look = self.desk.heard(&happened);
        let context = PollContext {
            now: self.now,
            account: &account,
            secret: None,
            http: &http,
            logs: Some(&self.desk),
            prices: Some(&prices),
            since: self.now - TimeDelta::days(33),
            fresh_since: None,
            resume,
        };
        let reading = (provider.poll)(&context).await?;
        Ok((reading.resume, began.elapsed()))
    }
}

/// The middle of some times, and that which one in a hundred exceeds.
fn shares(times: &mut [Duration]) -> String {
    times.sort();
    let at = |share: usize| {
        times
            .get(times.len() * share / 100)
            .map_or(0, Duration::as_micros)
    };
    format!("{} µs, 99 of 100 {} µs", at(50), at(99))
}
