//! `spendtray completions`: what a shell needs to complete our commands.

use clap::Args;
use clap_complete::Shell;

use crate::cli::arguments;
use crate::cli::failure::{Ended, Failure};
use crate::cli::session::Session;

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Bash: spendtray completions bash > ~/.local/share/bash-completion/completions/spendtray
Zsh:  spendtray completions zsh > a folder of $fpath, as _spendtray
Fish: spendtray completions fish > ~/.config/fish/completions/spendtray.fish")]
pub(super) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &CompletionsArgs) -> Result<Ended, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut arguments::definition(),
        "spendtray",
        &mut script,
    );
    session.output.data(&String::from_utf8_lossy(&script))?;
    Ok(Ended::Well)
}
