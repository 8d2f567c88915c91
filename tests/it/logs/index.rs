//! What was counted outlives the logs and every accident.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use spendtray::domain::agent::Tally;
use spendtray::logs::Counter;

use super::stage::{Outcome, agent, copy, look, samples, sum};

/// A home with one sample's transcripts, and an index.
struct Desk {
    home: tempfile::TempDir,
}

impl Desk {
    fn with(case: &str) -> Outcome<Self> {
        let desk = Self {
            home: tempfile::tempdir()?,
        };
        desk.put(case)?;
        Ok(desk)
    }

    fn put(&self, case: &str) -> Outcome<()> {
        copy(&samples().join("claude-code").join(case), &self.logs())?;
        Ok(())
    }

    fn logs(&self) -> PathBuf {
        self.home.path().join("logs")
    }

    fn index(&self) -> PathBuf {
        self.home.path().join("state/claude-code.index")
    }

    /// A new process looks and keeps what it saw.
    fn run(&self) -> Outcome<(Tally, u64)> {
        let mut counter = Counter::open(agent("claude-code")?, Some(self.index()))?;
        let bytes = look(
            &mut counter,
            Path::new("/none"),
            &[("CLAUDE_CONFIG_DIR", &self.logs())],
        );
        counter.save()?;
        Ok((sum(&counter.slots()), bytes))
    }

    fn transcript(&self) -> Outcome<PathBuf> {
        let folder = self.logs().join("projects/-home-dev-alpha");
        let mut entries = fs::read_dir(folder)?;
        Ok(entries.next().ok_or("no transcript")??.path())
    }
}

/// F61
#[test]
fn nothing_new_is_nothing_read() -> Outcome<()> {
    let desk = Desk::with("c01-streaming-partials")?;
    let (first, read) = desk.run()?;
    assert!(read > 0);
    let before = fs::read(desk.index())?;
    assert_eq!(desk.run()?, (first, 0));
    assert_eq!(fs::read(desk.index())?, before);
    Ok(())
}

#[test]
fn every_response_is_handed_out_once_and_they_sum_up_to_the_slots() -> Outcome<()> {
    let desk = Desk::with("c02-cross-file-duplicates")?;
    let (slots, _) = desk.run()?;
    let counter = Counter::open(agent("claude-code")?, Some(desk.index()))?;
    let mut responses = Tally::default();
    counter.each_response(DateTime::UNIX_EPOCH, &mut |response| {
        assert!(response.at > 0 && !response.model.is_empty() && !response.session.is_empty());
        responses.add(&response.tally);
    })?;
    assert_eq!(responses, slots);
    Ok(())
}

#[test]
fn responses_since_an_instant_are_the_same_with_and_without_the_others_at_hand() -> Outcome<()> {
    let desk = Desk::with("c14-blocks")?;
    desk.run()?;
    let mut deep = Counter::open(agent("claude-code")?, None)?;
    let variables = [("CLAUDE_CONFIG_DIR", desk.logs())];
    let variables = variables
        .each_ref()
        .map(|(name, path)| (*name, path.as_path()));
    look(&mut deep, Path::new("/none"), &variables);
    let shallow = Counter::open(agent("claude-code")?, Some(desk.index()))?;
    let mut all = Vec::new();
    deep.each_response(DateTime::UNIX_EPOCH, &mut |response| all.push(response.at))?;
    all.sort_unstable();
    let middle = all.get(all.len() / 2).copied().ok_or("no responses")?;
    let since = DateTime::from_timestamp(middle, 0).ok_or("no such instant")?;
    for counter in [&deep, &shallow] {
        let mut found = Vec::new();
        counter.each_response(since, &mut |response| found.push(response.at))?;
        found.sort_unstable();
        let wanted: Vec<i64> = all.iter().copied().filter(|at| *at >= middle).collect();
        assert_eq!(found, wanted);
        assert!(found.len() < all.len());
    }
    Ok(())
}

/// F61
#[test]
fn a_line_that_was_half_written_is_counted_when_it_is_whole_and_only_the_new_bytes_are_read()
-> Outcome<()> {
    let desk = Desk::with("c09-damaged/step1")?;
    assert_eq!(desk.run()?.0.tokens.output, 60);
    let length = fs::metadata(desk.transcript()?)?.len();
    desk.put("c09-damaged/step2")?;
    let (tally, read) = desk.run()?;
    assert_eq!((tally.requests, tally.tokens.output), (5, 150));
    assert!(read < length, "{read} of {length} bytes were read again");
    Ok(())
}

#[test]
fn a_rewritten_transcript_never_lowers_what_was_counted() -> Outcome<()> {
    let desk = Desk::with("c15-rewrite/step1")?;
    assert_eq!(desk.run()?.0.tokens.output, 550);
    desk.put("c15-rewrite/step2")?;
    assert_eq!(desk.run()?.0.tokens.output, 910);
    fs::remove_dir_all(desk.logs())?;
    assert_eq!(desk.run()?.0.tokens.output, 910);
    desk.put("c15-rewrite/step1")?;
    assert_eq!(desk.run()?.0.tokens.output, 910);
    Ok(())
}

#[test]
fn a_transcript_that_moved_or_was_cut_is_counted_once() -> Outcome<()> {
    let desk = Desk::with("c01-streaming-partials")?;
    let (first, _) = desk.run()?;
    let here = desk.transcript()?;
    let there = desk.logs().join("projects/elsewhere");
    fs::create_dir(&there)?;
    fs::rename(&here, there.join("moved.jsonl"))?;
    assert_eq!(desk.run()?.0, first);
    let text = fs::read(there.join("moved.jsonl"))?;
    fs::write(
        there.join("moved.jsonl"),
        text.get(..text.len() / 2).unwrap_or_default(),
    )?;
    assert_eq!(desk.run()?.0, first);
    Ok(())
}

#[test]
fn an_index_cut_at_any_place_is_made_whole_from_the_logs() -> Outcome<()> {
    let desk = Desk::with("c09-damaged/step1")?;
    desk.run()?;
    desk.put("c09-damaged/step2")?;
    let (whole, _) = desk.run()?;
    let bytes = fs::read(desk.index())?;
    for length in (0..bytes.len()).step_by(7) {
        fs::write(desk.index(), bytes.get(..length).unwrap_or_default())?;
        assert_eq!(desk.run()?.0, whole, "cut at {length}");
        assert_eq!(desk.run()?, (whole, 0), "cut at {length}");
    }
    Ok(())
}

#[test]
fn a_damaged_index_keeps_what_only_it_knew_where_that_can_be_read() -> Outcome<()> {
    let desk = Desk::with("c15-rewrite/step1")?;
    desk.run()?;
    let first = fs::metadata(desk.index())?.len();
    desk.put("c15-rewrite/step2")?;
    desk.run()?;
    let mut bytes = fs::read(desk.index())?;
    let middle = usize::try_from(first)? + 40;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 0xff;
    }
    fs::write(desk.index(), bytes)?;
    let mut counter = Counter::open(agent("claude-code")?, Some(desk.index()))?;
    assert_eq!(counter.faults().damaged_indexes, 1);
    assert_eq!(sum(&counter.slots()).tokens.output, 550);
    look(
        &mut counter,
        Path::new("/none"),
        &[("CLAUDE_CONFIG_DIR", &desk.logs())],
    );
    assert_eq!(sum(&counter.slots()).tokens.output, 910);
    Ok(())
}

#[test]
fn two_processes_that_keep_at_once_lose_nothing() -> Outcome<()> {
    let desk = Desk::with("c15-rewrite/step1")?;
    let open = || {
        Counter::open(agent("claude-code")?, Some(desk.index()))
            .map_err(Into::<Box<dyn std::error::Error>>::into)
    };
    let places = desk.logs();
    let (mut one, mut other) = (open()?, open()?);
    look(
        &mut one,
        Path::new("/none"),
        &[("CLAUDE_CONFIG_DIR", &places)],
    );
    desk.put("c15-rewrite/step2")?;
    look(
        &mut other,
        Path::new("/none"),
        &[("CLAUDE_CONFIG_DIR", &places)],
    );
    other.save()?;
    one.save()?;
    assert_eq!(sum(&open()?.slots()).tokens.output, 910);
    Ok(())
}

#[test]
fn what_makes_no_sense_is_counted_and_its_neighbours_are_too() -> Outcome<()> {
    let desk = Desk::with("c09-damaged/step2")?;
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(desk.transcript()?)?;
    file.write_all(
        b"{\"type\":\"assistant\",\"message\":{\"usage\":{\"input_tokens\":\"many\"}}}\n",
    )?;
    drop(file);
    let mut counter = Counter::open(agent("claude-code")?, None)?;
    look(
        &mut counter,
        Path::new("/none"),
        &[("CLAUDE_CONFIG_DIR", &desk.logs())],
    );
    assert_eq!(sum(&counter.slots()).requests, 5);
    assert_eq!(counter.faults().bad_lines, 2);
    Ok(())
}

#[cfg(unix)]
#[test]
fn folders_that_lead_back_to_themselves_end() -> Outcome<()> {
    let desk = Desk::with("c01-streaming-partials")?;
    let (first, _) = desk.run()?;
    let projects = desk.logs().join("projects");
    std::os::unix::fs::symlink(&projects, projects.join("loop"))?;
    std::os::unix::fs::symlink(projects.join("nowhere"), projects.join("broken.jsonl"))?;
    assert_eq!(desk.run()?.0, first);
    Ok(())
}
