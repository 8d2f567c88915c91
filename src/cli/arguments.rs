//! The command line: the commands, and the options that hold for all of them.
//!
//! What a command's own options mean is said in the command's file.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::cli::accounts::AccountsArgs;
use crate::cli::alerts::AlertsArgs;
use crate::cli::autostart::AutostartArgs;
use crate::cli::completions::CompletionsArgs;
use crate::cli::config::ConfigArgs;
use crate::cli::demo::DemoArgs;
use crate::cli::doctor::DoctorArgs;
use crate::cli::login::LoginArgs;
use crate::cli::logout::LogoutArgs;
use crate::cli::output::ColorChoice;
use crate::cli::prices::PricesArgs;
use crate::cli::providers::ProvidersArgs;
use crate::cli::status::StatusArgs;
use crate::cli::usage::UsageArgs;

/// What your AI keys, subscriptions and tokens cost right now, in the system tray
#[derive(Debug, Default, Parser)]
#[command(name = "spendtray", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) globals: Globals,
}

const EXIT_CODES: &str = "\
Without a command the tray starts and stays; a second start wakes the first.
Exit codes: 0 ok, 1 failed, 2 wrong usage or configuration, 4 partly failed (some accounts).
First steps: `spendtray demo`, then `spendtray login PROVIDER`, then `spendtray`.";

/// Options of every command.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Globals {
    /// Use this configuration file [env: `SPENDTRAY_CONFIG`]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Use this ledger: `sqlite:///path`, `sqlite::memory:` or `postgres://…` [env: `SPENDTRAY_LEDGER`]
    #[arg(long, global = true, value_name = "URL")]
    pub(super) ledger: Option<String>,
    /// Say only what goes wrong
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say what happens; twice: everything
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Colour state words: `auto` (on a terminal, unless `NO_COLOR` is set), `always` or `never`
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub(super) color: ColorChoice,
}

/// The commands, in the order in which a newcomer meets them.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Demo(DemoArgs),
    Status(StatusArgs),
    Usage(UsageArgs),
    Prices(PricesArgs),
    Login(LoginArgs),
    Logout(LogoutArgs),
    Accounts(AccountsArgs),
    Providers(ProvidersArgs),
    Alerts(AlertsArgs),
    Config(ConfigArgs),
    Autostart(AutostartArgs),
    Doctor(DoctorArgs),
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

impl Command {
    /// Whether it draws on the screen or sets up its own log, so that a log on standard error would disturb.
    pub(super) fn stays_on_screen(&self) -> bool {
        match self {
            Self::Status(arguments) => arguments.watch,
            Self::Demo(arguments) => !arguments.once,
            _ => false,
        }
    }
}

/// The definition of the command line, for completions and the manual page.
pub(super) fn definition() -> clap::Command {
    Cli::command()
}

/// Reads the arguments; help, version and refusals are written here, and the exit code is what is left.
pub(super) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, ExitCode> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // Started without a word, as at each login: what would understand them need not even be loaded.
    if arguments.len() <= 1 {
        return Ok(Cli::default());
    }
    let color = color_of_help(&arguments);
    Cli::command()
        .color(color)
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(|refusal| {
            // A reader that has gone needs no help text.
            drop(refusal.print());
            u8::try_from(refusal.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
        })
}

/// `--color` also holds for help and refusals, which are written before the line is understood.
fn color_of_help(arguments: &[OsString]) -> clap::ColorChoice {
    let texts: Vec<&str> = arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .collect();
    let beside = texts.windows(2).find_map(|pair| {
        (pair.first() == Some(&"--color"))
            .then(|| pair.last().copied())
            .flatten()
    });
    let attached = texts.iter().find_map(|text| text.strip_prefix("--color="));
    match beside.or(attached) {
        Some("never") => clap::ColorChoice::Never,
        Some("always") => clap::ColorChoice::Always,
        _ => clap::ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        definition().debug_assert();
    }

    #[test]
    fn no_word_means_what_the_definition_says_it_means() {
        let read = Cli::try_parse_from(["spendtray"]).unwrap();
        assert_eq!(format!("{:?}", Cli::default()), format!("{read:?}"));
    }

    #[test]
    fn commands_of_later_versions_are_not_listed() {
        let help = definition().render_long_help().to_string();
        for later in ["report", "export", "models", "keys ", "ledger "] {
            assert!(!help.contains(&format!("\n  {later}")), "{later}");
        }
    }

    #[test]
    fn every_command_and_option_explains_itself() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command
                .get_arguments()
                .filter(|argument| !argument.is_hide_set())
            {
                assert!(
                    argument.get_help().is_some(),
                    "{} {}",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command
                .get_subcommands()
                .filter(|command| command.get_name() != "help")
                .for_each(check);
        }
        check(&definition());
    }
}
