//! How long an engine sleeps, by what it waits for.

use std::path::Path;

use tokio::sync::mpsc::unbounded_channel;

use super::*;
use crate::app::ledger::Wish;
use crate::app::pricing::Prices;
use crate::app::settings::Settings;
use crate::clock::Clock;
use crate::config;
use crate::domain::variables::Variables;
use crate::http::Http;
use crate::logs::Surroundings;
use crate::providers::ALL;
use crate::secrets::vault::Vault;
use crate::system::steps::Steps;

const NOW: &str = "2026-11-23T08:30:00Z";
const CLAUDE_CODE: &str = "claude-code";

/// An engine that has not begun, with Claude Code's logs as its only account; figures in a ledger of that URL.
async fn engine(home: &Path, ledger_url: &str) -> Engine {
    std::fs::create_dir_all(home.join(".claude/projects")).unwrap();
    let clock = Clock::manual(NOW.parse().unwrap());
    let variables = Variables::default();
    let wish = Wish {
        url: ledger_url.to_owned(),
        watcher: String::new(),
    };
    Engine::new(Parts {
        ledger: Ledger::open(wish.clone(), clock.now()).await.unwrap(),
        registry: ALL,
        settings: Settings {
            ledger: wish,
            config: config::defaults(&variables).unwrap().config,
            variables: Variables::default(),
            notes: Vec::new(),
        },
        reload: Box::new(|| Err("nothing to reload".to_owned())),
        updates: unbounded_channel().0,
        autostart: Box::new(|| None),
        give_back: Box::new(|| {}),
        config_file: home.join("config.toml"),
        reach: Reach {
            http: Http::new(None, &clock).unwrap(),
            clock,
            vault: Arc::new(Vault::file_only(home.join("secrets.toml"))),
            logs: Arc::new(crate::logs::Desk::new(Surroundings {
                home: home.to_owned(),
                config_home: home.join(".config"),
                variables: Arc::default(),
                indexes: home.join("agents"),
            })),
            variables: Arc::default(),
            prices: Arc::new(Prices::bundled()),
            steps: Steps::default(),
        },
    })
}

/// What an engine is brought to wait for, and how many milliseconds it sleeps then.
type Case = (&'static str, fn(&mut Engine, DateTime<Utc>), u64);

fn account(name: &str) -> AccountId {
    AccountId::parse(name)
}

const CASES: &[Case] = &[
    ("nothing", |_, _| {}, 300_000),
    (
        "a poll without a plan",
        |engine, _| _ = engine.due.insert(account("venice"), None),
        300_000,
    ),
    (
        "a poll that is due soon",
        |engine, now| {
            let at = now + TimeDelta::seconds(42);
            engine.due.insert(account("venice"), Some(at));
        },
        42_000,
    ),
    (
        "the first of two",
        |engine, now| {
            for (name, seconds) in [("venice", 42), ("openai", 41)] {
                let at = now + TimeDelta::seconds(seconds);
                engine.due.insert(account(name), Some(at));
            }
        },
        41_000,
    ),
    (
        "a poll that is overdue",
        |engine, now| {
            let at = now - TimeDelta::hours(1);
            engine.due.insert(account("venice"), Some(at));
        },
        0,
    ),
    (
        "a poll in an hour",
        |engine, now| {
            let at = now + TimeDelta::hours(1);
            engine.due.insert(account("venice"), Some(at));
        },
        300_000,
    ),
    (
        "what a poll brought is to be shown",
        |engine, now| engine.show_at = Some(now + TimeDelta::milliseconds(300)),
        300,
    ),
    (
        "memory is to be given back",
        |engine, now| engine.rest_at = Some(now + TimeDelta::seconds(1)),
        1000,
    ),
];

#[tokio::test]
async fn it_sleeps_until_the_first_thing_is_due_and_never_longer_than_five_minutes() {
    for (case, bring, wanted) in CASES {
        let home = tempfile::tempdir().unwrap();
        let mut engine = engine(home.path(), "sqlite::memory:").await;
        let now = engine.seen_at;
        bring(&mut engine, now);
        assert_eq!(engine.wait(), Duration::from_millis(*wanted), "{case}");
    }
}

#[tokio::test]
async fn while_logs_are_read_it_counts_each_second_and_waits_for_nothing_of_the_poll() {
    let home = tempfile::tempdir().unwrap();
    let mut engine = engine(home.path(), "sqlite::memory:").await;
    let (now, logs) = (engine.seen_at, account(CLAUDE_CODE));
    engine.due.insert(logs.clone(), Some(DateTime::UNIX_EPOCH));
    assert_eq!(engine.wait(), Duration::ZERO, "it is due");
    engine.start(&logs, now).await;
    assert_eq!(engine.wait(), Duration::from_secs(1), "it is under way");
    engine.rest_at = Some(now);
    assert_eq!(engine.wait(), Duration::from_secs(1), "nobody rests now");
    engine.show_at = Some(now + TimeDelta::milliseconds(300));
    assert_eq!(engine.wait(), Duration::from_millis(300));
    engine.abandon_polls();
    assert_eq!(engine.wait(), Duration::ZERO, "it rests and asks again");
}

#[tokio::test]
async fn it_wakes_when_time_alone_changes_what_is_shown() {
    let home = tempfile::tempdir().unwrap();
    let mut engine = engine(home.path(), "sqlite::memory:").await;
    let clock = engine.reach.clock.clone();
    let midnight: DateTime<Utc> = "2026-11-24T00:00:00Z".parse().unwrap();
    clock.set(midnight - TimeDelta::seconds(10));
    engine.show(clock.now()).await;
    assert_eq!(engine.wait(), Duration::from_secs(10));
}

#[tokio::test]
async fn a_ledger_that_cannot_be_used_is_tried_again_in_a_minute() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ledger.sqlite");
    std::fs::write(&file, "no database").unwrap();
    let url = crate::store::Store::url_of(&file);
    let engine = engine(home.path(), &url).await;
    assert_eq!(engine.wait(), Duration::from_mins(1));
}
