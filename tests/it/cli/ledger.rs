//! Commands on a ledger that is damaged, newer, or can only be read.

use crate::support::world::{Outcome, World, write};

#[test]
fn a_damaged_ledger_is_said_and_left_as_it_is() -> Outcome {
    let world = World::with_vendors()?;
    let garbage = b"this is no database, and long enough to be looked at twice";
    write(&world.ledger_file(), garbage)?;
    let run = world.run(&["status"])?;
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    assert!(run.stderr.contains("ledger.sqlite"), "{}", run.stderr);
    assert!(run.stderr.contains("hint: "), "{}", run.stderr);
    assert_eq!(std::fs::read(world.ledger_file())?, garbage);
    Ok(())
}

#[test]
fn a_ledger_of_a_later_version_is_said_and_left_as_it_is() -> Outcome {
    let world = World::empty()?;
    assert_eq!(world.run(&["status"])?.code, Some(0));
    let other = rusqlite::Connection::open(world.ledger_file())?;
    other.execute("UPDATE spendtray_ledger SET version = 99", ())?;
    drop(other);
    let run = world.run(&["status"])?;
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("version 99"), "{}", run.stderr);
    Ok(())
}

#[test]
fn a_url_that_is_none_is_said_without_its_password() -> Outcome {
    let world = World::empty()?;
    for url in [
        "oracle://me:geheim@host/db",
        "postgres://me:geheim@127.0.0.1:1/db",
    ] {
        let run = world.run(&["status", "--ledger", url])?;
        assert_eq!(run.code, Some(1), "{}", run.transcript());
        assert!(!run.everything().contains("geheim"), "{}", run.stderr);
    }
    Ok(())
}

#[test]
fn a_ledger_in_memory_serves_a_single_look() -> Outcome {
    let world = World::with_vendors()?;
    let run = world.run(&["status", "--ledger", "sqlite::memory:", "--format", "plain"])?;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(!world.ledger_file().exists());
    Ok(())
}

#[test]
fn a_ledger_that_can_only_be_read_still_shows_the_last_figures() -> Outcome {
    let world = World::with_vendors()?;
    let first = world.run(&["status", "--format", "plain"])?;
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let asked = world.vendors()?.seen().len();
    let url = format!("sqlite://{}?mode=ro", world.ledger_file().display());
    let second = world.run(&["status", "--format", "plain", "--ledger", &url])?;
    assert_eq!((second.code, second.stdout), (Some(0), first.stdout));
    assert!(second.stderr.starts_with("warning: "), "{}", second.stderr);
    let refresh = world.run(&["status", "--refresh", "--ledger", &url])?;
    assert_eq!(refresh.code, Some(1));
    assert!(refresh.stdout.contains("Venice"), "{}", refresh.stdout);
    assert!(
        refresh.stderr.contains("error: nothing was polled: "),
        "{}",
        refresh.stderr
    );
    assert_eq!(
        world.vendors()?.seen().len(),
        asked,
        "no vendor is asked for nothing"
    );
    Ok(())
}
