//! The world around the index: killed while it is written, a full disk, every byte damaged. What was kept stays, totals
//! and responses agree, and the logs make the rest whole.
//!
//! `SPENDTRAY_KILLS=1000` kills more often.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chrono::DateTime;
use spendtray::domain::agent::Tally;
use spendtray::logs::Counter;

use super::stage::{Outcome, agent, copy, look, samples, sum};
use crate::support::disk::{self, SmallDisk};
use crate::support::told;

const SEED: u64 = 20_261_125;
const KILLS: u32 = 60;

fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    *seed >> 33
}

fn index(home: &Path) -> PathBuf {
    home.join("state/claude-code.index")
}

fn open(home: &Path) -> Outcome<Counter> {
    Ok(Counter::open(agent("claude-code")?, Some(index(home)))?)
}

fn look_at(counter: &mut Counter, home: &Path) {
    look(
        counter,
        Path::new("/none"),
        &[("CLAUDE_CONFIG_DIR", &home.join("logs"))],
    );
}

/// Appends a response of its own to a transcript.
fn respond(home: &Path, file: u64, number: u64) -> Outcome<()> {
    let folder = home.join("logs/projects/alpha");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{file}.jsonl"));
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    let line = format!(
        "{{\"type\":\"assistant\",\"timestamp\":\"2026-09-15T10:{:02}:00Z\",\"requestId\":\"r{number}\",\"message\":{{\"id\":\"m{number}\",\"model\":\"claude-opus-4-8\",\"content\":[],\"stop_reason\":null,\"usage\":{{\"input_tokens\":1,\"output_tokens\":{number}}}}}}}\n",
        number % 60
    );
    Ok(file.write_all(line.as_bytes())?)
}

/// The totals of all responses, which must be those of the slots.
fn agreed(counter: &Counter, at: &str) -> Outcome<Tally> {
    let mut responses = Tally::default();
    counter.each_response(DateTime::UNIX_EPOCH, &mut |response| {
        responses.add(&response.tally);
    })?;
    assert_eq!(responses, sum(&counter.slots()), "{at}");
    Ok(responses)
}

/// Not a test by itself: what is killed below. It counts on from the number it is told, for ever.
#[test]
fn a_child_that_counts_until_it_is_killed() -> Outcome<()> {
    let (Some(home), Some(start)) = (told("SPENDTRAY_STORM_HOME"), told("SPENDTRAY_STORM_START"))
    else {
        return Ok(());
    };
    let (home, mut number) = (PathBuf::from(home), start.parse::<u64>()?);
    let mut counter = open(&home)?;
    loop {
        number += 1;
        respond(&home, number % 7, number)?;
        if number.is_multiple_of(13) {
            counter = open(&home)?;
        }
        look_at(&mut counter, &home);
        counter.save()?;
        println!("kept {number} {}", sum(&counter.slots()).requests);
        // From now on only the index knows.
        if number.is_multiple_of(17) {
            fs::remove_file(home.join(format!("logs/projects/alpha/{}.jsonl", number % 7)))?;
        }
    }
}

#[test]
fn killed_at_any_instant_the_index_loses_nothing_that_was_kept() -> Outcome<()> {
    let kills = told("SPENDTRAY_KILLS").map_or(Ok(KILLS), |text| text.parse())?;
    let home = tempfile::tempdir()?;
    let (mut chance, mut number, mut kept) = (SEED, 0_u64, 0_u64);
    for kill in 0..kills {
        let mut child = Command::new(std::env::current_exe()?)
            .args([
                "--exact",
                "logs::storm::a_child_that_counts_until_it_is_killed",
            ])
            .arg("--nocapture")
            .env("SPENDTRAY_STORM_HOME", home.path())
            .env("SPENDTRAY_STORM_START", number.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let patience = Duration::from_micros(next(&mut chance) % 40_000);
        let mut began = None;
        for line in BufReader::new(output).lines() {
            let line = line?;
            // The first line stands behind what the test program says of itself.
            let Some((_, told)) = line.split_once("kept ") else {
                continue;
            };
            let (last, requests) = told.split_once(' ').ok_or("no number")?;
            (number, kept) = (last.parse()?, requests.parse()?);
            if began.get_or_insert_with(Instant::now).elapsed() >= patience {
                child.kill()?;
            }
        }
        child.kill()?;
        child.wait()?;
        // It may have written a line that it did not come to tell of.
        number += 1;
        let at = format!("seed {SEED}, kill {kill}");
        let counter = open(home.path())?;
        let found = agreed(&counter, &at)?.requests;
        assert!(
            kept <= found && found <= number,
            "{at}: {kept}, {found}, {number}"
        );
        assert_eq!(counter.faults().damaged_indexes, 0, "{at}");
    }
    assert!(kept > u64::from(kills), "nothing was ever kept");
    Ok(())
}

#[test]
fn on_a_full_disk_the_index_stays_what_it_was_until_there_is_room() -> Outcome<()> {
    disk::among_own_mounts("logs::storm::in_another_process_the_disk_is_full")
}

#[test]
fn in_another_process_the_disk_is_full() -> Outcome<()> {
    if !disk::may_mount() {
        return Ok(());
    }
    let home = tempfile::tempdir()?;
    let state = home.path().join("state");
    fs::create_dir_all(&state)?;
    let disk = SmallDisk::at(&state)?;
    for number in 1..=5 {
        respond(home.path(), 0, number)?;
    }
    let mut counter = open(home.path())?;
    look_at(&mut counter, home.path());
    counter.save()?;
    drop(fs::write(state.join("filler"), vec![0_u8; 190 << 10]));
    // An append, and then what must be written anew as a whole.
    for more in [1_u64, 3000] {
        let from = 5 + more;
        for number in from..from + more {
            respond(home.path(), 1, number)?;
        }
        look_at(&mut counter, home.path());
        let before = agreed(&counter, "in memory")?.requests;
        if counter.save().is_err() {
            assert_eq!(agreed(&counter, "after a failed save")?.requests, before);
            let other = open(home.path())?;
            assert_eq!(other.faults().damaged_indexes, 0);
            assert!(agreed(&other, "on the disk")?.requests >= 5);
        }
    }
    assert!(counter.save().is_err(), "3,000 responses fit a full disk");
    fs::remove_file(state.join("filler"))?;
    counter.save()?;
    let whole = agreed(&open(home.path())?, "with room again")?;
    assert_eq!(whole, sum(&counter.slots()));
    drop(counter);
    drop(disk);
    Ok(())
}

/// A home whose index was written twice, how long it was after the first time, and what it knew each time. Some of it
/// no longer stands in the logs.
fn two_writings(home: &Path) -> Outcome<(Vec<u8>, usize, [Tally; 2])> {
    let step = |name: &str| samples().join("claude-code/c15-rewrite").join(name);
    copy(&step("step1"), &home.join("logs"))?;
    let mut counter = open(home)?;
    look_at(&mut counter, home);
    counter.save()?;
    let first = sum(&counter.slots());
    let length = fs::read(index(home))?.len();
    copy(&step("step2"), &home.join("logs"))?;
    look_at(&mut counter, home);
    counter.save()?;
    Ok((
        fs::read(index(home))?,
        length,
        [first, sum(&counter.slots())],
    ))
}

#[test]
fn whatever_byte_is_damaged_the_rest_is_kept_and_the_logs_make_it_whole() -> Outcome<()> {
    let home = tempfile::tempdir()?;
    let (bytes, _, [_, whole]) = two_writings(home.path())?;
    let mut fresh = Counter::open(agent("claude-code")?, None)?;
    look_at(&mut fresh, home.path());
    let logged = sum(&fresh.slots()).requests;
    let mut kept_some = 0;
    for at in 0..bytes.len() {
        for bit in [0, 3, 7] {
            let mut damaged = bytes.clone();
            if let Some(byte) = damaged.get_mut(at) {
                *byte ^= 1 << bit;
            }
            fs::write(index(home.path()), damaged)?;
            let place = format!("bit {bit} of byte {at}");
            let mut counter = open(home.path())?;
            assert_eq!(counter.faults().damaged_indexes, 1, "{place}");
            let kept = agreed(&counter, &place)?;
            assert!(kept.requests <= whole.requests, "{place}");
            kept_some += u64::from(kept.requests > 0);
            if bit == 3 {
                look_at(&mut counter, home.path());
                let made = agreed(&counter, &place)?;
                assert!(made.requests >= kept.requests.max(logged), "{place}");
            }
        }
    }
    assert!(kept_some > 0, "nothing was ever kept");
    Ok(())
}

#[test]
fn cut_at_any_length_the_index_keeps_its_whole_frames() -> Outcome<()> {
    let home = tempfile::tempdir()?;
    let (bytes, first_length, [first, _]) = two_writings(home.path())?;
    let mut kept_first = false;
    for length in 0..bytes.len() {
        fs::write(index(home.path()), bytes.get(..length).unwrap_or_default())?;
        let counter = open(home.path())?;
        let kept = agreed(&counter, &format!("cut at {length}"))?;
        let is_first = kept == first;
        assert!(is_first || kept == Tally::default(), "cut at {length}");
        // Once the first frame is there, it stays; only whole writings are not called damaged.
        let is_whole = length == 0 || length == first_length;
        assert_eq!(
            counter.faults().damaged_indexes == 0,
            is_whole,
            "cut at {length}"
        );
        assert!(is_first >= kept_first, "cut at {length}");
        kept_first = is_first;
    }
    assert!(kept_first);
    Ok(())
}
