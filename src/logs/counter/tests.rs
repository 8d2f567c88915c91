//! What a counter has at hand, and that resting changes nothing.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::*;
use crate::domain::variables::Variables;
use crate::logs::CLAUDE_CODE;

/// 2026-11-23, eight o'clock.
const FIRST: i64 = 1_795_420_800;

/// Appends a line of a response, so many seconds later.
fn respond(home: &Path, id: &str, later: i64) {
    let folder = home.join(".claude/projects/alpha");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("s.jsonl");
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    let at = DateTime::from_timestamp(FIRST + later, 0).unwrap();
    let at = at.format("%Y-%m-%dT%H:%M:%SZ");
    let line = format!(
        r#"{{"type":"assistant","timestamp":"{at}","requestId":"r{id}","message":{{"id":"{id}","model":"m","stop_reason":"end_turn","usage":{{"input_tokens":1,"output_tokens":2}}}}}}"#
    );
    writeln!(file, "{line}").unwrap();
}

fn look(counter: &mut Counter, home: &Path) -> (usize, u64) {
    let places = Places {
        home,
        config_home: &home.join(".config"),
        variables: &Variables::default(),
    };
    counter.look(&places, &mut |_| {});
    let requests = counter.slots();
    let requests = requests.iter().map(|slot| slot.tally.requests).sum();
    (counter.known.table.responses().count(), requests)
}

#[test]
fn a_counter_at_rest_has_totals_only_and_counts_on_without_counting_twice() {
    let home = tempfile::tempdir().unwrap();
    respond(home.path(), "one", 0);
    let index = Some(home.path().join("index"));
    let mut counter = Counter::open(CLAUDE_CODE, index).unwrap();
    assert_eq!(look(&mut counter, home.path()), (1, 1));
    // What is not kept cannot be let go of.
    counter.rest(DateTime::<Utc>::MAX_UTC);
    assert_eq!(look(&mut counter, home.path()), (1, 1));
    counter.save().unwrap();
    counter.rest(DateTime::<Utc>::MAX_UTC);
    assert_eq!(look(&mut counter, home.path()), (0, 1));
    respond(home.path(), "one", 0);
    respond(home.path(), "two", 0);
    assert_eq!(look(&mut counter, home.path()), (2, 2));
}

#[test]
fn what_is_new_is_counted_beside_what_is_recent_and_the_others_are_not_read() {
    let home = tempfile::tempdir().unwrap();
    respond(home.path(), "old", 0);
    respond(home.path(), "recent", 30);
    let index = home.path().join("index");
    let mut counter = Counter::open(CLAUDE_CODE, Some(index.clone())).unwrap();
    look(&mut counter, home.path());
    counter.save().unwrap();
    let since = DateTime::from_timestamp(FIRST + 20, 0).unwrap();
    counter.rest(since);
    respond(home.path(), "new", 40);
    assert_eq!(look(&mut counter, home.path()), (2, 3));
    counter.save().unwrap();
    let mut ats = Vec::new();
    counter
        .each_response(since, &mut |view| ats.push(view.at - FIRST))
        .unwrap();
    assert_eq!(ats, [30, 40]);
    // Another one has them at hand when it is told to.
    let mut other = Counter::open(CLAUDE_CODE, Some(index)).unwrap();
    other.recall(since).unwrap();
    respond(home.path(), "newer", 50);
    assert_eq!(look(&mut other, home.path()), (3, 4));
    respond(home.path(), "old", 60);
    assert_eq!(look(&mut other, home.path()), (4, 4));
}

/// Whatever is let go of between two looks, the totals are those of a counter that never rests.
#[test]
fn resting_changes_no_total() {
    let home = tempfile::tempdir().unwrap();
    let index = home.path().join("index");
    let mut counter = Counter::open(CLAUDE_CODE, Some(index)).unwrap();
    let mut chance = 7_u64;
    let mut next = |below: u64| {
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (chance >> 33) % below
    };
    for _ in 0..60 {
        for _ in 0..=next(3) {
            let at = i64::try_from(next(5000)).unwrap();
            respond(home.path(), &next(40).to_string(), at);
        }
        look(&mut counter, home.path());
        let mut awake = Counter::open(CLAUDE_CODE, None).unwrap();
        look(&mut awake, home.path());
        assert_eq!(counter.slots(), awake.slots());
        counter.save().unwrap();
        let since = FIRST + i64::try_from(next(6000)).unwrap();
        counter.rest(DateTime::from_timestamp(since, 0).unwrap());
        counter.stayed = 0;
        let since = DateTime::from_timestamp(FIRST + 2500, 0).unwrap();
        if next(2) == 0 {
            counter.recall(since).unwrap();
        }
        let ats = |counter: &Counter| {
            let mut ats = Vec::new();
            let mut each = |view: ResponseView<'_>| ats.push(view.at);
            counter.each_response(since, &mut each).unwrap();
            ats.sort_unstable();
            ats
        };
        assert_eq!(ats(&counter), ats(&awake));
    }
}
