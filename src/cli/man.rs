//! `spendtray man`: the manual page, every command in it.

use clap_mangen::Man;

use crate::cli::arguments;
use crate::cli::failure::{Ended, Failure};
use crate::cli::session::Session;

/// Runs the command.
pub(super) fn run(session: &Session) -> Result<Ended, Failure> {
    session.output.data(&page()?)?;
    Ok(Ended::Well)
}

fn page() -> Result<String, Failure> {
    let mut definition = arguments::definition();
    definition.build();
    let mut page = Vec::new();
    Man::new(definition.clone()).render(&mut page)?;
    let mut commands = Vec::new();
    collect(&definition, &mut commands);
    for (name, command) in commands {
        section(&name, command, &mut page)?;
    }
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Every command below this one with its full name, in order; `help` explains itself.
fn collect<'a>(command: &'a clap::Command, into: &mut Vec<(String, &'a clap::Command)>) {
    for command in command
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
    {
        into.push((
            command.get_bin_name().unwrap_or_default().to_owned(),
            command,
        ));
        collect(command, into);
    }
}

/// One command's part of the page: its name as a section, then how it is called and its options.
fn section(name: &str, command: &clap::Command, page: &mut Vec<u8>) -> Result<(), Failure> {
    page.extend(format!(".SH {}\n", name.to_uppercase()).into_bytes());
    let man = Man::new(command.clone());
    man.render_description_section(page)?;
    man.render_synopsis_section(page)?;
    if command
        .get_arguments()
        .any(|argument| !argument.is_global_set() && !argument.is_hide_set())
    {
        man.render_options_section(page)?;
    }
    Ok(())
}
