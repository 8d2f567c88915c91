//! `spendtray status`: the figures once, as text, JSON or a line for a status bar; or live on the whole screen.

mod bars;
pub(super) mod json;
mod theme;
mod watch;

use clap::{Args, ValueEnum};

use crate::app::assembly::Assembly;
use crate::cli::failure::{Ended, Failure};
use crate::cli::figures::{self, Figures, Polling};
use crate::cli::selection;
use crate::cli::session::Session;
use crate::cli::status::theme::Theme;
use crate::view;

/// Show the figures once
///
/// Figures come from the ledger; only accounts of which nothing is known are polled. With `--refresh` all are.
///
/// Exit codes: 0 ok, 1 when every account failed, 4 when some did, 2 for an unknown account or a
/// configuration that cannot be read. With
/// `--format` a line that could be printed is always 0, because status bars hide a line that comes with another.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Print JSON (schema 1)
    #[arg(long, conflicts_with_all = ["format", "watch"])]
    json: bool,
    /// Print one line for a status bar
    #[arg(long, value_name = "BAR", conflicts_with = "watch")]
    format: Option<Bar>,
    /// Show only this account, or all accounts of this provider; may be repeated
    #[arg(long, value_name = "ID")]
    account: Vec<String>,
    /// Poll now
    #[arg(long)]
    refresh: bool,
    /// Show the figures live on the whole screen: r refreshes, t changes the theme, ? helps, q quits
    #[arg(long)]
    pub(super) watch: bool,
}

/// Which status bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Bar {
    /// A JSON object with text, tooltip, class and percentage
    Waybar,
    /// A line with `%{F…}` colours
    Polybar,
    /// A line with `#[fg=…]` colours
    Tmux,
    /// The short line alone
    Plain,
}

/// Runs the command.
pub(super) async fn run(session: &Session, arguments: &StatusArgs) -> Result<Ended, Failure> {
    if arguments.watch {
        watch::check_terminal()?;
    }
    let assembly = session.assembly()?;
    let wanted = selection::choose(&assembly, &arguments.account)?;
    let store = match arguments.format {
        // A bar looks every few seconds; without a ledger it would ask the vendors as often.
        Some(_) => session.store(&assembly).await?,
        None => session.store_for_a_look(&assembly).await?,
    };
    let polling = if arguments.refresh {
        Polling::Now
    } else {
        Polling::WhatIsUnknown
    };
    if arguments.watch {
        let ended = watch::run(session, (&assembly, &store), &wanted, polling).await;
        store.close().await;
        return ended;
    }
    let figures = figures::gather(&assembly, &store, &wanted, polling).await;
    store.close().await;
    let figures = figures?;
    show(session, &assembly, arguments, &figures)?;
    match arguments.format {
        Some(_) => Ok(Ended::Well),
        None if is_unreadable(&assembly, &figures) => {
            Err(Failure::usage(selection::nobody(&assembly)))
        }
        None => figures.ended(),
    }
}

/// Whether nothing is shown because the configuration cannot be read: then nobody is told to set anything up.
fn is_unreadable(assembly: &Assembly, figures: &Figures) -> bool {
    assembly.config_error.is_some() && figures.digest.accounts.is_empty()
}

fn show(
    session: &Session,
    assembly: &Assembly,
    arguments: &StatusArgs,
    figures: &Figures,
) -> Result<(), Failure> {
    let (digest, policy) = (&figures.digest, &assembly.loaded.config.policy);
    let title = || view::title(digest, policy);
    match arguments.format {
        Some(Bar::Waybar) => session.output.data(&bars::waybar(digest, policy)),
        Some(Bar::Polybar) => session.output.data(&bars::polybar(&title(), digest.state)),
        Some(Bar::Tmux) => session.output.data(&bars::tmux(&title(), digest.state)),
        Some(Bar::Plain) => session.output.data(&title()),
        None if arguments.json => session.output.json(&json::status(digest, &title())),
        None if is_unreadable(assembly, figures) => Ok(()),
        None if digest.accounts.is_empty() => nothing_set_up(session),
        None => session
            .output
            .data(&painted(session, &view::text::status(digest, policy))),
    }
}

/// The text with its state words coloured, where colour is wanted.
pub(super) fn painted(session: &Session, text: &str) -> String {
    let theme = Theme::first(session.output.paint());
    text.lines().map(|line| theme.line(line) + "\n").collect()
}

/// What a newcomer reads.
fn nothing_set_up(session: &Session) -> Result<(), Failure> {
    session.output.data(
        "No account is set up yet.\n\
         Run `spendtray login PROVIDER` to add one (`spendtray providers` lists them), \
         or `spendtray demo` to look around with invented figures.",
    )
}
