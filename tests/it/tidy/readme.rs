//! The README's tables agree with the program: providers and hosts, commands, exit codes.

use std::fs;

use clap::CommandFactory as _;
use spendtray::app::pricing::{PUBLIC_HOST, PUBLIC_LIST};
use spendtray::cli::Cli;
use spendtray::providers::ALL;

use super::source::{none_of, top};

fn readme() -> String {
    fs::read_to_string(top().join("README.md")).unwrap_or_default()
}

#[test]
fn every_provider_and_every_host_it_talks_to_stands_in_the_readme() {
    let text = readme();
    let wanted = ALL
        .iter()
        .flat_map(|provider| provider.hosts.iter().copied().chain([provider.id]))
        .chain([PUBLIC_HOST]);
    let missing: Vec<String> = wanted
        .filter(|word| !text.contains(&format!("`{word}`")))
        .map(str::to_owned)
        .collect();
    none_of(&missing);
    assert!(PUBLIC_LIST.starts_with(&format!("https://{PUBLIC_HOST}/")));
}

#[test]
fn every_command_stands_in_the_readme_and_no_other() {
    let text = readme();
    let commands: Vec<String> = Cli::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    let missing: Vec<String> = commands
        .iter()
        .filter(|name| *name != "help" && !text.contains(&format!("`spendtray {name}")))
        .cloned()
        .collect();
    none_of(&missing);
    let named = text
        .split("`spendtray ")
        .skip(1)
        .filter_map(|rest| rest.split([' ', '`', '\n']).next());
    let invented: Vec<String> = named
        .filter(|name| name.chars().all(char::is_alphabetic) && !name.is_empty())
        .filter(|name| !commands.iter().any(|command| command == name))
        .map(str::to_owned)
        .collect();
    none_of(&invented);
}

#[test]
fn the_two_commands_of_the_readme_are_there_and_ci_runs_the_second() {
    let text = readme();
    for command in ["packaging/demo", "tests/run"] {
        assert!(
            text.contains(&format!("./{command}")),
            "the README lacks ./{command}"
        );
        assert!(top().join(command).is_file(), "{command} is missing");
    }
    let ci = fs::read_to_string(top().join(".ci/run")).unwrap_or_default();
    assert!(ci.contains("tests/run"), ".ci/run does not call tests/run");
}
