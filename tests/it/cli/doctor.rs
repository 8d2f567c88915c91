//! `spendtray doctor` where everything is absent, and where something is broken.

use crate::support::world::{Outcome, World, write};

#[test]
fn everything_absent_is_found_with_its_mend() -> Outcome {
    let world = World::empty()?;
    let run = world.run(&["doctor"])?;
    assert_eq!(run.code, Some(1));
    insta::assert_snapshot!("doctor_absent", run.transcript());
    Ok(())
}

#[test]
fn each_account_is_judged_by_its_last_poll_or_polled_on_request() -> Outcome {
    let world = World::with_vendors()?;
    let before = world.run(&["doctor", "--json"])?.json()?;
    assert_eq!(standing(&before, "account venice"), "note");
    let after = world.run(&["doctor", "--json", "--online"])?.json()?;
    assert_eq!(standing(&after, "account venice"), "ok");
    Ok(())
}

#[test]
fn a_broken_ledger_and_a_broken_configuration_are_faults() -> Outcome {
    let world = World::empty()?;
    world.write_config("[[account]\n")?;
    write(
        &world.ledger_file(),
        b"this is no database, and long enough to be looked at twice",
    )?;
    let found = world.run(&["doctor", "--json"])?.json()?;
    assert_eq!(found["well"], false);
    assert_eq!(standing(&found, "ledger"), "fault");
    assert_eq!(standing(&found, "configuration"), "fault");
    Ok(())
}

fn standing<'a>(found: &'a serde_json::Value, subject: &str) -> &'a str {
    let findings = found["findings"].as_array().into_iter().flatten();
    let finding = findings
        .into_iter()
        .find(|finding| finding["subject"] == subject);
    finding
        .and_then(|finding| finding["standing"].as_str())
        .unwrap_or_default()
}
