//! `spendtray accounts`: who is polled, and how that goes; on, off, another name, a test.

mod list;
mod rename;
mod test;

use clap::{Args, Subcommand};

use crate::cli::failure::{Ended, Failure};
use crate::cli::selection;
use crate::cli::session::{Session, knock};
use crate::config::{Switch, edit};

pub(super) use test::learned;

/// List, test, switch and rename accounts
#[derive(Debug, Args)]
pub(super) struct AccountsArgs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the accounts: state, last poll, where the key is (the default)
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Poll accounts now and say what came; exit code 4 when some fail, 1 when all do
    Test {
        /// Only these accounts, or all accounts of these providers
        #[arg(value_name = "ID")]
        accounts: Vec<String>,
    },
    /// Poll an account again from now on
    Enable {
        /// The account
        #[arg(value_name = "ID")]
        account: String,
    },
    /// No longer poll an account; its key and its history stay
    Disable {
        /// The account
        #[arg(value_name = "ID")]
        account: String,
    },
    /// Give an account another name; its key moves along, its history starts anew
    Rename {
        /// The account
        #[arg(value_name = "ID")]
        account: String,
        /// Its new name: `work`, `venice/work`, or `venice` for none
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// Runs the command.
pub(super) async fn run(session: &Session, arguments: AccountsArgs) -> Result<Ended, Failure> {
    match arguments.action.unwrap_or(Action::List { json: false }) {
        Action::List { json } => list::run(session, json).await,
        Action::Test { accounts } => test::run(session, &accounts).await,
        Action::Enable { account } => switch(session, &account, Switch::On),
        Action::Disable { account } => switch(session, &account, Switch::Off),
        Action::Rename { account, name } => rename::run(session, &account, &name).await,
    }
}

/// Knocking needs the runtime, which runs while a command does.
fn switch(session: &Session, name: &str, switch: Switch) -> Result<Ended, Failure> {
    let assembly = session.assembly_to_change()?;
    let account = selection::exactly(&assembly, name)?;
    edit::switch_account(&assembly.paths.config_file, &account, switch)?;
    let word = match switch {
        Switch::On => "on",
        Switch::Off => "off",
    };
    session
        .output
        .note(&format!("The account {account} is switched {word}."));
    knock(&assembly);
    Ok(Ended::Well)
}
