//! What is new is there first, and a watcher's word is enough to count it.

use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use spendtray::domain::variables::Variables;
use spendtray::logs::{CLAUDE_CODE, Counter, Order, Places};

use super::stage::{Outcome, sum};

const TODAY: i64 = 1_795_132_800;

/// A transcript of one response, last written when it was.
fn transcript(home: &Path, name: &str, at: i64) -> Outcome<PathBuf> {
    let folder = home.join(".claude/projects/alpha");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{name}.jsonl"));
    respond(&path, name, at)?;
    let file = fs::OpenOptions::new().append(true).open(&path)?;
    file.set_modified(UNIX_EPOCH + Duration::from_secs(u64::try_from(at)?))?;
    Ok(path)
}

fn respond(path: &Path, id: &str, at: i64) -> Outcome<()> {
    let time = DateTime::from_timestamp(at, 0).ok_or("no such instant")?;
    let time = time.format("%Y-%m-%dT%H:%M:%SZ");
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    writeln!(
        file,
        r#"{{"type":"assistant","timestamp":"{time}","requestId":"r{id}","message":{{"id":"m{id}","model":"m","content":[],"stop_reason":"end_turn","usage":{{"input_tokens":1,"output_tokens":2}}}}}}"#
    )?;
    Ok(())
}

fn today() -> Outcome<DateTime<Utc>> {
    Ok(DateTime::from_timestamp(TODAY, 0).ok_or("no such instant")?)
}

/// A home with ten old transcripts and two of today.
fn home() -> Outcome<tempfile::TempDir> {
    let home = tempfile::tempdir()?;
    for number in 0..10 {
        transcript(
            home.path(),
            &format!("old{number}"),
            TODAY - 86_400 * (number + 1),
        )?;
    }
    for number in 0..2 {
        transcript(home.path(), &format!("new{number}"), TODAY + 60 * number)?;
    }
    Ok(home)
}

fn look(counter: &mut Counter, home: &Path, flow: ControlFlow<()>) -> Outcome<Vec<(u64, u64)>> {
    let mut told = Vec::new();
    let places = Places {
        home,
        config_home: &home.join(".config"),
        variables: &Variables::default(),
    };
    let since = today()?;
    let order = Order {
        since,
        watch: &mut |_| {},
        pause: &mut |counter, progress| {
            let of_today = sum(&counter.slots_since(since));
            told.push((progress.read, of_today.requests));
            flow
        },
    };
    counter.look_fresh_first(&places, order);
    Ok(told)
}

#[test]
fn todays_number_is_there_before_the_rest_has_been_read() -> Outcome<()> {
    let home = home()?;
    let mut counter = Counter::open(CLAUDE_CODE, None)?;
    let told = look(&mut counter, home.path(), ControlFlow::Continue(()))?;
    assert_eq!(told, [(2, 2), (12, 2)]);
    assert_eq!(sum(&counter.slots()).requests, 12);
    Ok(())
}

#[test]
fn a_look_that_is_broken_off_is_finished_by_the_next() -> Outcome<()> {
    let home = home()?;
    let mut counter = Counter::open(CLAUDE_CODE, Some(home.path().join("index")))?;
    look(&mut counter, home.path(), ControlFlow::Break(()))?;
    assert_eq!(sum(&counter.slots()).requests, 2);
    counter.save()?;
    let mut counter = Counter::open(CLAUDE_CODE, Some(home.path().join("index")))?;
    look(&mut counter, home.path(), ControlFlow::Continue(()))?;
    assert_eq!(sum(&counter.slots()).requests, 12);
    Ok(())
}

#[test]
fn a_line_in_a_file_that_a_watcher_tells_is_counted_without_a_walk() -> Outcome<()> {
    let home = home()?;
    let mut counter = Counter::open(CLAUDE_CODE, Some(home.path().join("index")))?;
    look(&mut counter, home.path(), ControlFlow::Continue(()))?;
    let path = home.path().join(".claude/projects/alpha/new0.jsonl");
    respond(&path, "more", TODAY + 500)?;
    let stranger = home.path().join("stranger.jsonl");
    respond(&stranger, "stranger", TODAY + 500)?;
    let places = Places {
        home: home.path(),
        config_home: &home.path().join(".config"),
        variables: &Variables::default(),
    };
    counter.look_at(&places, &[path, stranger], &mut |_| {});
    assert_eq!(sum(&counter.slots_since(today()?)).requests, 3);
    assert_eq!(sum(&counter.slots()).requests, 13);
    Ok(())
}
