//! The world around the real program: killed at any instant, started many times at once, a file saved without end, a
//! full disk. What was acknowledged stays, and every file can always be read.
//!
//! `SPENDTRAY_KILLS=1000` kills more often.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use spendtray::domain::account::AccountId;
use spendtray::domain::ids::RuleId;
use spendtray::store::{Integrity, Store};

use crate::support::disk::{self, SmallDisk};
use crate::support::told;
use crate::support::world::{NOW, Outcome, World};

const KILLS: u32 = 100;
const WRONG_KEY: &str = "VENICE_ADMIN_wrongwrongwrongwrong0123456789";
const SEED: u64 = 20_261_125;

fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    *seed >> 33
}

fn resident(world: &World) -> Outcome<Child> {
    let quiet = world
        .command(&[])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(quiet)
}

fn login(world: &World, account: &str, key: &str) -> Outcome<Child> {
    let mut child = world
        .command(&["login", account, "--stdin", "--no-test"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{key}")?;
    }
    Ok(child)
}

/// Waits for so long, also when it has ended; returns whether it ended well.
fn ended_well_after(child: &mut Child, patience: Duration) -> Outcome<bool> {
    let began = Instant::now();
    let ended = ended_within(child, patience)?;
    while began.elapsed() < patience {
        std::thread::yield_now();
    }
    Ok(ended)
}

/// Waits, but not for longer; returns whether it ended well.
fn ended_within(child: &mut Child, patience: Duration) -> Outcome<bool> {
    let began = Instant::now();
    while began.elapsed() < patience {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        std::thread::yield_now();
    }
    Ok(false)
}

/// A file that is there can be read as what it is.
fn parses(file: &Path) -> Outcome<String> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        text => text?,
    };
    text.parse::<toml_edit::DocumentMut>()
        .map_err(|error| format!("{}: {error}\n{text}", file.display()))?;
    Ok(text)
}

/// What the ledger held last, to be compared with what it holds after the next kill.
#[derive(Default)]
struct Seen {
    polled_at: BTreeMap<AccountId, DateTime<Utc>>,
    /// When the key was found to be refused.
    refused_at: BTreeSet<DateTime<Utc>>,
    notices: usize,
}

impl Seen {
    async fn compare(&mut self, world: &World) -> Outcome {
        if !world.ledger_file().exists() {
            return Ok(());
        }
        let store = Store::open(&Store::url_of(&world.ledger_file())).await?;
        let integrity = store.check().await?.integrity;
        assert!(!matches!(integrity, Integrity::Damaged(_)), "{integrity:?}");
        let since = NOW.parse::<DateTime<Utc>>()? - TimeDelta::days(30);
        let snapshot = store.snapshot(since).await?;
        let credential = |rule: &RuleId| rule.as_str() == "credential";
        let alerts = snapshot.alerts.iter();
        let refused = alerts.filter(|alert| {
            credential(&alert.key.rule) && alert.key.subject == "venice credential"
        });
        self.refused_at
            .extend(refused.filter_map(|alert| alert.raised_at));
        for account in snapshot.accounts {
            let Some(at) = account.poll.succeeded_at else {
                continue;
            };
            let before = self.polled_at.insert(account.id.clone(), at);
            assert!(before <= Some(at), "{}: {before:?}, then {at}", account.id);
        }
        let notices = store.notices(10_000).await?;
        assert!(notices.len() >= self.notices, "notices were lost");
        self.notices = notices.len();
        let keys = notices.iter().filter_map(|notice| notice.alert.as_ref());
        let told = keys.filter(|key| credential(&key.rule) && key.subject == "venice credential");
        assert_eq!(
            told.count(),
            self.refused_at.len(),
            "told as often as it was refused"
        );
        let mut once = BTreeSet::new();
        for key in notices.into_iter().filter_map(|notice| notice.alert) {
            let periodic = !key.period.is_empty();
            assert!(
                once.insert(key.clone()) || !periodic,
                "{key} was told twice"
            );
        }
        store.close().await;
        Ok(())
    }
}

#[tokio::test]
async fn killed_at_any_instant_it_loses_nothing_that_was_acknowledged() -> Outcome {
    let kills = told("SPENDTRAY_KILLS").map_or(Ok(KILLS), |text| text.parse())?;
    let mut world = World::with_vendors()?;
    let (mut chance, mut ledger) = (SEED, Seen::default());
    let mut kept: Vec<(String, String)> = Vec::new();
    let good_key = world.venice_key()?;
    // The first walk through a month of usage takes longer than any life here.
    assert_eq!(world.run(&["status", "--refresh"])?.code, Some(0));
    let start = NOW.parse::<DateTime<Utc>>()? + TimeDelta::minutes(7);
    for kill in 0..kills {
        let now = start + TimeDelta::minutes(7 * i64::from(kill));
        world.set("SPENDTRAY_NOW", &now.to_rfc3339());
        // Every few kills the key is another one, which the vendor refuses, and then the good one again.
        let good = (kill / 4) % 2 == 0;
        world.set("VENICE_ADMIN_KEY", if good { &good_key } else { WRONG_KEY });
        let mut program = resident(&world)?;
        let key = format!("VENICE_ADMIN_0123456789abcdef0123456789{kill:06}");
        let account = format!("venice/n{kill}");
        let mut writer = login(&world, &account, &key)?;
        // Some live long enough for all polls.
        let most = if kill % 4 == 3 { 1_500_000 } else { 300_000 };
        let patience = Duration::from_micros(next(&mut chance) % most);
        if ended_well_after(&mut writer, patience)? {
            kept.push((account, key));
        }
        writer.kill()?;
        program.kill()?;
        writer.wait()?;
        program.wait()?;
        let config = parses(&world.config_file())?;
        let secrets = parses(&world.path("data/spendtray/secrets.toml"))?;
        for (account, key) in &kept {
            let name = account.trim_start_matches("venice/");
            let at = format!("seed {SEED}, kill {kill}: {account}");
            assert!(
                config.contains(&format!("\"{name}\"")),
                "{at} is lost\n{config}"
            );
            assert!(secrets.contains(key.as_str()), "{at} lost its key");
        }
        ledger.compare(&world).await?;
        // So many accounts would only make the rest slow.
        if kept.len() > 8 {
            kept.clear();
            let config = world.config();
            let end = config
                .find("name = ")
                .and_then(|at| config[..at].rfind("[[account]]"));
            world.write_config(&config[..end.unwrap_or(config.len())])?;
        }
    }
    ledger.compare(&world).await?;
    println!(
        "killed {kills} times; {} accounts polled, {} notices",
        ledger.polled_at.len(),
        ledger.notices
    );
    assert!(!ledger.polled_at.is_empty(), "no poll was ever kept");
    assert!(ledger.notices > 0, "nothing was ever told");
    Ok(())
}

#[test]
fn of_twenty_starts_at_once_one_stays() -> Outcome {
    let world = World::empty()?;
    let mut starts: Vec<Child> = (0..20).map(|_| resident(&world)).collect::<Outcome<_>>()?;
    let began = Instant::now();
    let mut ended = BTreeSet::new();
    while ended.len() < 19 && began.elapsed() < Duration::from_secs(20) {
        for (number, child) in starts.iter_mut().enumerate() {
            if let Some(status) = child.try_wait()? {
                assert!(status.success(), "start {number}: {status}");
                ended.insert(number);
            }
        }
        std::thread::yield_now();
    }
    let lives = starts
        .iter_mut()
        .map(|child| Ok(child.try_wait()?.is_none()));
    let lives: Vec<bool> = lives.collect::<Outcome<_>>()?;
    for child in &mut starts {
        child.kill()?;
        child.wait()?;
    }
    assert_eq!(lives.iter().filter(|lives| **lives).count(), 1, "{lives:?}");
    Ok(())
}

#[tokio::test]
async fn a_file_saved_ten_times_a_second_asks_nobody_more_often() -> Outcome {
    let world = World::with_vendors()?;
    let mut program = resident(&world)?;
    let config = world.config();
    for save in 0..30 {
        world.write_config(&format!("{config}\n# saved {save} times\n"))?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let alive = program.try_wait()?.is_none();
    program.kill()?;
    program.wait()?;
    assert!(alive, "it ended");
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for seen in world.vendors()?.seen() {
        *asked.entry(format!("{seen:?}")).or_default() += 1;
    }
    let most = asked.values().max().copied().unwrap_or_default();
    assert!(most > 0, "nobody was asked");
    assert!(most <= 3, "{asked:#?}");
    Ok(())
}

#[test]
fn on_a_full_disk_figures_are_shown_and_nothing_is_broken() -> Outcome {
    disk::among_own_mounts("cli::storm::in_another_process_the_disk_is_full")
}

#[tokio::test]
async fn in_another_process_the_disk_is_full() -> Outcome {
    if !disk::may_mount() {
        return Ok(());
    }
    let world = World::with_vendors()?;
    let data = world.path("data/spendtray");
    std::fs::create_dir_all(&data)?;
    let disk = SmallDisk::at(&data)?;
    // Nothing is left of it.
    drop(std::fs::write(data.join("filler"), vec![0_u8; 190 << 10]));
    let run = world.run(&["status"])?;
    assert!(matches!(run.code, Some(0 | 1 | 4)), "{}", run.transcript());
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    assert!(!run.stderr.is_empty(), "a full disk is not told");
    let mut program = resident(&world)?;
    let ended = ended_within(&mut program, Duration::from_secs(2))?;
    let alive = program.try_wait()?.is_none();
    program.kill()?;
    program.wait()?;
    assert!(alive && !ended, "the resident process ended");
    std::fs::remove_file(data.join("filler"))?;
    drop(disk);
    let run = world.run(&["status", "--refresh"])?;
    assert_eq!(run.code, Some(0), "{}", run.transcript());
    Ok(())
}
