//! One run: chance moves the clock and the vendors, clicks, saves settings and pulls the plug; then all is compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use spendtray::app::message::{Command, Update};
use spendtray::clock::Clock;
use spendtray::domain::alert::AlertKey;
use spendtray::domain::zone::Zone;
use spendtray::secrets::Secret;
use spendtray::store::Store;
use spendtray::view::View;
use spendtray::view::menu::Action;
use spendtray::view::notice::Notice;
use tempfile::TempDir;

use super::chance::Chance;
use super::model::{Known, RULES};
use super::vendors::{self, Mood, Telling, Trouble, Vendor};
use crate::support::stage::{Outcome, Set, Stage, says};

/// Days are cut where clocks are set forth and back.
pub(super) const ZONE: &str = "Europe/Berlin";

/// The user's zone.
pub(super) fn zone() -> Zone {
    ZONE.parse().unwrap_or(Zone::UTC)
}
const ACCOUNTS: usize = 3;
const BROKEN: &str = "refresh = [";

/// What happened, for the end of a test.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) steps: usize,
    pub(super) polls: usize,
    pub(super) crashes: usize,
    pub(super) notices: usize,
}

/// A run under way.
pub(super) struct Run {
    pub(super) chance: Chance,
    set: Set,
    stage: Stage,
    /// The test's own eyes on the ledger.
    pub(super) store: Store,
    pub(super) vendors: Vec<Arc<Vendor>>,
    pub(super) model: Vec<Known>,
    keys: Vec<u32>,
    broken: bool,
    pub(super) view: Option<View>,
    /// What the engine told in this step.
    pub(super) told: Vec<Notice>,
    /// What the model expects to be told in this step, and where a crash may have kept it to the ledger.
    pub(super) expected: Vec<(String, String)>,
    pub(super) crashed: bool,
    /// Alerts told once in their period.
    pub(super) told_in_period: BTreeSet<AlertKey>,
    pub(super) tally: Tally,
    /// What happened last, for whoever looks into a seed that fails.
    pub(super) trail: Vec<String>,
    marks: usize,
    _memory: Option<TempDir>,
}

impl Run {
    /// The first start in an empty home.
    pub(super) async fn begin(seed: u64) -> Outcome<Self> {
        let mut chance = Chance::new(seed);
        let start = "2026-01-05T08:00:00Z".parse::<DateTime<Utc>>()?
            + TimeDelta::hours(i64::from(chance.below(24 * 300)));
        let names: Vec<String> = (0..ACCOUNTS).map(|n| format!("s{seed}n{n}")).collect();
        let vendors: Vec<Arc<Vendor>> = names.iter().map(|name| vendors::vendor(name)).collect();
        vendors[1].state().eur = Some(Decimal::from(40));
        vendors[2].state().telling = Telling::Ranges;
        let minutes = [5, 15, 60];
        let model: Vec<Known> = names
            .iter()
            .zip(minutes)
            .map(|(name, minutes)| Known::new(name, Duration::from_mins(minutes)))
            .collect();
        let mut set = Set::new("")?;
        let memory = in_memory(&set)?;
        let url = Store::url_of(&set.home.path().join("ledger/ledger.sqlite"));
        set.clock = Clock::manual(start);
        set.ledger = Some(url.clone());
        set.registry = vendors::REGISTRY;
        set.config = config(&model);
        set.variables = variables(&[0; ACCOUNTS]);
        let stage = set.start().await?;
        let mut run = Self {
            chance,
            stage,
            store: Store::open(&url).await?,
            set,
            vendors,
            model,
            keys: vec![0; ACCOUNTS],
            broken: false,
            view: None,
            told: Vec::new(),
            expected: Vec::new(),
            crashed: false,
            told_in_period: BTreeSet::new(),
            tally: Tally::default(),
            trail: Vec::new(),
            marks: 0,
            _memory: memory,
        };
        run.quiet().await?;
        run.compare().await?;
        Ok(run)
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.set.clock.now()
    }

    /// One step: time passes, the world changes, somebody does something, and all is compared.
    pub(super) async fn step(&mut self) -> Outcome {
        self.tally.steps += 1;
        self.told.clear();
        self.expected.clear();
        self.crashed = false;
        self.time_passes();
        self.world_changes();
        if self.chance.one_in(12) {
            self.crash().await?;
        } else {
            self.something_is_done().await?;
        }
        self.quiet().await?;
        self.compare().await?;
        self.alerts_are_answered().await
    }

    fn time_passes(&mut self) {
        let by = match self.chance.below(100) {
            0..=39 => self.chance.minutes(1, 30),
            40..=59 => self.chance.minutes(60, 360),
            60..=97 => self.chance.minutes(1200, 2400),
            _ => {
                let back = self.chance.minutes(3, 1800);
                // Periods come a second time, and so do their alerts.
                self.told_in_period.clear();
                for known in &mut self.model {
                    known.shift(back);
                }
                for vendor in &self.vendors {
                    let mut state = vendor.state();
                    // A minute may have passed unseen before the clock was set.
                    state.not_before = state.not_before.map(|at| at - back);
                }
                -back
            }
        };
        self.set.clock.advance(by);
        let now = self.now();
        self.trail.push(format!("{now} after {by}"));
        for vendor in &self.vendors {
            vendor
                .state()
                .used(&mut self.chance, now, by.max(TimeDelta::minutes(1)));
        }
    }

    fn world_changes(&mut self) {
        for index in 0..ACCOUNTS {
            let mark = mark(index, self.keys[index]);
            let mut state = self.vendors[index].state();
            state.usd = match self.chance.below(20) {
                0 => None,
                _ => Some(Decimal::new(i64::from(self.chance.below(3_000)), 2)),
            };
            if self.chance.one_in(8) {
                state.mood = mood(&mut self.chance, index);
            }
            if self.chance.one_in(60) {
                state.bad_keys.insert(mark);
            }
        }
    }

    async fn something_is_done(&mut self) -> Outcome {
        let commands = self.stage.commands.clone();
        let send = |command| commands.send(command);
        let what = self.chance.below(12);
        self.trail.push(format!("action {what}"));
        match what {
            0 => send(Command::Act(Action::RefreshAll))?,
            1 => {
                let id = self.model[self.chance.index(ACCOUNTS)].id.clone();
                send(Command::Act(Action::Refresh(id)))?;
            }
            2 => send(Command::Wake)?,
            3 => self.clicks_while_it_hangs().await?,
            4 => self.settings_are_saved()?,
            5 => self.new_keys().await?,
            _ => send(Command::Redraw)?,
        }
        Ok(())
    }

    /// A vendor hangs, and somebody clicks until it answers.
    async fn clicks_while_it_hangs(&mut self) -> Outcome {
        let vendor = Arc::clone(&self.vendors[self.chance.index(ACCOUNTS)]);
        let gate = Arc::clone(&vendor.gate).write_owned().await;
        let asked_before = vendor.state().asked;
        let saves = !self.broken && self.chance.one_in(2);
        for _ in 0..=self.chance.below(3) {
            if saves {
                self.stage.save(&self.set.config)?;
            } else {
                let refresh = Command::Act(Action::RefreshAll);
                self.stage.commands.send(refresh)?;
            }
        }
        self.mark().await?;
        if vendor.state().asked > asked_before + 1 {
            return Err("a vendor that had not answered yet was asked again".into());
        }
        drop(gate);
        Ok(())
    }

    fn settings_are_saved(&mut self) -> Outcome {
        self.broken = self.chance.one_in(3);
        if self.broken {
            return self.stage.save(BROKEN);
        }
        let changed = self.chance.index(ACCOUNTS);
        let known = &mut self.model[changed];
        let every = Duration::from_mins([5, 10, 30, 60][self.chance.index(4)]);
        if std::mem::replace(&mut known.every, every) != every {
            // Whoever is told to wait is not asked by new settings either.
            known.due = known.due.map(|due| match &known.failure {
                Some(failing) if failing.retry_at.is_some() => due,
                _ => self.set.clock.now(),
            });
        }
        self.set.config = config(&self.model);
        self.stage.save(&self.set.config)
    }

    /// Who was refused gets another key.
    async fn new_keys(&mut self) -> Outcome {
        if self.broken {
            self.broken = false;
            self.stage.save(&self.set.config)?;
            self.quiet().await?;
        }
        let now = self.now();
        for (index, known) in self.model.iter_mut().enumerate() {
            let bad = &self.vendors[index].state().bad_keys;
            if bad.contains(&mark(index, self.keys[index])) {
                self.keys[index] += 1;
                if known.due.is_none() {
                    known.due = Some(now);
                }
            }
        }
        self.set.variables = variables(&self.keys);
        let variables = self.set.variables.clone().into_iter().collect();
        self.stage.change_variables(variables)
    }

    /// The plug is pulled at some await, and the program is started again.
    async fn crash(&mut self) -> Outcome {
        let awaits = usize::try_from(self.chance.below(60))?;
        self.stage.crash_after(awaits);
        self.stage.commands.send(Command::Act(Action::RefreshAll))?;
        self.crashed = self.until_crash().await?;
        self.stage.crash_after(usize::MAX);
        if !self.crashed {
            return Ok(());
        }
        self.tally.crashes += 1;
        self.trail.push(format!("crash at await {awaits}"));
        // Waits until what the dead process had begun to write has ended.
        self.store.purge(DateTime::UNIX_EPOCH).await?;
        self.settle_doubts().await?;
        let now = self.now();
        for (known, vendor) in self.model.iter_mut().zip(&self.vendors) {
            known.restart(now);
            if known
                .next_at
                .is_some_and(|at| at > now + TimeDelta::hours(24))
            {
                // Only a clock that was set back plans so far ahead; nobody can tell for how long to wait then.
                vendor.state().not_before = None;
            }
        }
        self.broken = false;
        self.view = None;
        self.stage = self.set.start().await?;
        Ok(())
    }

    /// Whether it crashed before it had nothing more to do.
    async fn until_crash(&mut self) -> Outcome<bool> {
        loop {
            self.marks += 1;
            let mark = Update::Copy(format!("mark {}", self.marks));
            let text = Action::Copy(format!("mark {}", self.marks));
            if self.stage.commands.send(Command::Act(text)).is_err() {
                return Ok(true);
            }
            loop {
                match self.stage.last_words().await? {
                    None => return Ok(true),
                    Some(update) if update == mark => break,
                    Some(update) => self.take(update),
                }
            }
            if !self.is_refreshing() {
                return Ok(false);
            }
            match self.stage.last_words().await? {
                None => return Ok(true),
                Some(update) => self.take(update),
            }
        }
    }

    /// Which answers reached the ledger before the crash.
    async fn settle_doubts(&mut self) -> Outcome {
        for (known, vendor) in self.model.iter_mut().zip(&self.vendors) {
            let ledger = self.store.poll_state(&known.id).await?;
            self.expected.extend(expect(known, self.set.clock.now()));
            let answers = std::mem::take(&mut vendor.state().answered);
            for answered in answers {
                if known.is_kept(&answered, &ledger) {
                    known.accept(&answered);
                    self.expected.extend(expect(known, self.set.clock.now()));
                }
            }
            let told = known.failure.as_ref().and_then(|failing| failing.retry_at);
            let throttled = told.and(known.next_at);
            let refused = ledger.refused_credential;
            let mut state = vendor.state();
            state.told_bad.retain(|mark| Some(mark) == refused.as_ref());
            state.not_before = state.not_before.min(throttled);
        }
        Ok(())
    }

    /// Sends a command that is answered, and takes everything that is told before.
    async fn mark(&mut self) -> Outcome {
        self.marks += 1;
        let text = format!("mark {}", self.marks);
        let mark = Update::Copy(text.clone());
        self.stage.commands.send(Command::Act(Action::Copy(text)))?;
        loop {
            let update = self.stage.update().await?;
            if update == mark {
                return Ok(());
            }
            self.take(update);
        }
    }

    /// Waits until the engine has nothing more to do.
    async fn quiet(&mut self) -> Outcome {
        loop {
            self.mark().await?;
            if !self.is_refreshing() {
                return Ok(());
            }
            let update = self.stage.update().await?;
            self.take(update);
        }
    }

    fn is_refreshing(&self) -> bool {
        let view = self.view.as_ref();
        view.is_some_and(|view| says(&view.menu, "Refreshing…"))
    }

    fn take(&mut self, update: Update) {
        match update {
            Update::View(view) => self.view = Some(*view),
            Update::Notice(notice) => self.told.push(notice),
            _ => {}
        }
    }

    /// A person acknowledges or snoozes, after all was compared.
    async fn alerts_are_answered(&mut self) -> Outcome {
        match self.chance.below(20) {
            0 => {
                self.stage
                    .commands
                    .send(Command::Act(Action::AcknowledgeAll))?;
                self.model.iter_mut().for_each(Known::acknowledge);
            }
            1 | 2 => {
                let (rule, subject) = RULES[self.chance.index(RULES.len())];
                let until = self.now() + TimeDelta::hours(1);
                let known = self.chance.index(ACCOUNTS);
                let known = &mut self.model[known];
                known.snooze(rule, until);
                let key = AlertKey {
                    rule: rule.into(),
                    subject: format!("{} {subject}", known.id),
                    period: String::new(),
                };
                self.stage
                    .commands
                    .send(Command::Act(Action::Snooze(key)))?;
            }
            _ => return Ok(()),
        }
        self.quiet().await
    }
}

/// Lets the ledger's folder lie in memory where that can be had: a thousand days are synced often.
fn in_memory(set: &Set) -> Outcome<Option<TempDir>> {
    let folder = set.home.path().join("ledger");
    let Ok(memory) = tempfile::tempdir_in("/dev/shm") else {
        std::fs::create_dir(folder)?;
        return Ok(None);
    };
    std::os::unix::fs::symlink(memory.path(), folder)?;
    Ok(Some(memory))
}

/// What an account's rules must tell now, as rule and subject.
pub(super) fn expect(known: &mut Known, now: DateTime<Utc>) -> Vec<(String, String)> {
    let told = known.judge(now);
    let subjects: BTreeMap<&str, &str> = RULES.into_iter().collect();
    told.into_iter()
        .map(|rule| (rule.to_owned(), format!("{} {}", known.id, subjects[rule])))
        .collect()
}

fn mood(chance: &mut Chance, index: usize) -> Mood {
    match chance.below(8) {
        0 => Mood::Failing(Trouble::Upstream),
        1 => Mood::Failing(Trouble::Refused),
        2 => Mood::Failing(Trouble::Malformed),
        // Only one of them: when nobody can be reached it is the network, and another rule holds.
        3 if index == 0 => Mood::Failing(Trouble::Unreachable),
        4 => Mood::Throttling(None),
        5 => Mood::Throttling(Some(chance.minutes(1, 120))),
        6 => Mood::Throttling(Some(chance.minutes(0, 2400) - TimeDelta::minutes(5))),
        _ => Mood::Good,
    }
}

fn config(model: &[Known]) -> String {
    let mut text = format!("timezone = \"{ZONE}\"\n[tray]\ntitle = \"{{spend.today}}\"\n");
    for (index, known) in model.iter().enumerate() {
        let name = known.id.name().unwrap_or_default();
        let minutes = known.every.as_secs() / 60;
        text.extend([format!(
            "[[account]]\nprovider = \"simulated\"\nname = \"{name}\"\nsecret = \"env:KEY{index}\"\nrefresh = \"{minutes}m\"\n\
             [[alert]]\nmetric = \"{}.balance.usd\"\nbelow = 10\n",
            known.id
        )]);
    }
    text
}

fn key(index: usize, number: u32) -> String {
    format!("the-key-number-{number}-of-account-{index}")
}

fn mark(index: usize, number: u32) -> String {
    Secret::new(&key(index, number))
        .map(|secret| secret.fingerprint())
        .unwrap_or_default()
}

fn variables(keys: &[u32]) -> BTreeMap<String, String> {
    let keys = keys.iter().enumerate();
    keys.map(|(index, number)| (format!("KEY{index}"), key(index, *number)))
        .collect()
}
