//! `spendtray demo`: useful on every machine, and nothing of the user's is touched.

use crate::support::world::{Outcome, World};

#[test]
fn once_prints_the_invented_figures() -> Outcome {
    let world = World::empty()?;
    let run = world.run(&["demo", "--once"])?;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(
        run.stderr
            .starts_with("Invented figures from simulated vendors"),
        "{}",
        run.stderr
    );
    for part in ["Venice (demo)", "DIEM", "Keys", "Coins", "VVV", "Budgets"] {
        assert!(
            run.stdout.contains(part),
            "{part} is missing:\n{}",
            run.stdout
        );
    }
    assert!(!run.stdout.contains("not reachable"), "{}", run.stdout);
    Ok(())
}

#[test]
fn without_a_desktop_it_ends_with_the_figures_and_says_how_to_see_the_tray() -> Outcome {
    let world = World::empty()?;
    let run = world.run(&["demo"])?;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(!run.stdout.is_empty());
    assert!(
        run.stderr.contains("No tray can be shown here"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("within a desktop session"),
        "{}",
        run.stderr
    );
    Ok(())
}

#[test]
fn nothing_is_written_to_the_home_and_a_broken_configuration_does_not_matter() -> Outcome {
    let world = World::empty()?;
    world.write_config("[[[")?;
    let run = world.run(&["demo", "--once"])?;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(world.config(), "[[[");
    for folder in ["data", "state", "cache"] {
        assert!(!world.path(folder).exists(), "{folder}");
    }
    Ok(())
}
