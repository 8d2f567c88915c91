//! What the program says about itself: help, version, completions, the manual page.

use clap::CommandFactory as _;
use spendtray::cli::Cli;

use crate::support::world::{Outcome, World};

#[test]
fn the_help_names_every_command() -> Outcome {
    let world = World::empty()?;
    insta::assert_snapshot!(world.run(&["--help"])?.transcript());
    Ok(())
}

#[test]
fn every_command_has_help_and_an_unknown_option_is_a_usage_error() -> Outcome {
    let world = World::empty()?;
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        let help = world.run(&[name, "--help"])?;
        assert_eq!(help.code, Some(0), "{name}");
        assert!(help.stdout.contains("Usage: spendtray"), "{name}");
        assert_eq!(
            world.run(&[name, "--no-such-option"])?.code,
            Some(2),
            "{name}"
        );
    }
    Ok(())
}

#[test]
fn the_version_is_data() -> Outcome {
    let world = World::empty()?;
    let run = world.run(&["--version"])?;
    assert_eq!(
        run.stdout,
        format!("spendtray {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    Ok(())
}

#[test]
fn completions_know_the_commands_in_every_shell() -> Outcome {
    let world = World::empty()?;
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let run = world.run(&["completions", shell])?;
        assert_eq!(run.code, Some(0), "{shell}");
        for command in Cli::command().get_subcommands() {
            assert!(
                run.stdout.contains(command.get_name()),
                "{shell} {}",
                command.get_name()
            );
        }
    }
    Ok(())
}

#[test]
fn the_manual_page_has_every_command() -> Outcome {
    let world = World::empty()?;
    let run = world.run(&["man"])?;
    assert_eq!(run.code, Some(0));
    for command in Cli::command().get_subcommands() {
        let heading = format!(".SH SPENDTRAY {}\n", command.get_name().to_uppercase());
        assert!(run.stdout.contains(&heading), "{heading}");
    }
    for nested in ["SPENDTRAY ALERTS SNOOZE", "SPENDTRAY ACCOUNTS RENAME"] {
        assert!(run.stdout.contains(nested), "{nested}");
    }
    Ok(())
}

#[test]
fn colour_is_only_there_when_it_is_wanted() -> Outcome {
    let world = World::with_vendors()?;
    let plain = world.run(&["accounts", "test"])?;
    assert!(!plain.everything().contains('\u{1b}'));
    let painted = world.run(&["accounts", "test", "--color", "always"])?;
    assert!(painted.stdout.contains("\u{1b}[32mok,\u{1b}[0m"));
    Ok(())
}
