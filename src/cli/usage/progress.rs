//! The first look at many logs takes a while: a person at a terminal is told how far it has come.

use std::sync::Arc;

use crate::app::accounts::Planned;
use crate::app::assembly::Assembly;
use crate::cli::output;
use crate::logs::{self, Agent, Desk, Progress};
use crate::view::format;

/// Fewer files are read before anybody could read a word.
const MANY: u64 = 200;

/// Reads the logs of accounts of which nothing was counted yet, so that the poll that follows finds them read. What goes wrong is told by
/// that poll.
pub(super) async fn catch_up(assembly: &Assembly, wanted: &[Planned]) {
    for planned in wanted {
        let agent = logs::ALL
            .iter()
            .find(|agent| agent.id == planned.provider.id);
        if let Some(agent) = agent.filter(|agent| assembly.reach.logs.is_new(agent)) {
            let desk = Arc::clone(&assembly.reach.logs);
            let read = tokio::task::spawn_blocking(move || watched(&desk, agent));
            if let Err(error) = read.await {
                tracing::warn!(%error, "reading logs was broken off");
            }
        }
    }
}

fn watched(desk: &Desk, agent: &'static Agent) {
    let mut shown = String::new();
    let looked = desk.catch_up(agent, &mut |progress| {
        if let Some(line) = line(agent.name, progress).filter(|line| *line != shown) {
            output::progress(&line);
            shown = line;
        }
    });
    if !shown.is_empty() {
        output::progress("");
    }
    if let Err(error) = looked {
        tracing::info!(%error, agent.id, "its logs could not be looked at");
    }
}

/// In whole percent, so that a terminal is not flooded. `None`: it is not worth a word.
fn line(name: &str, progress: Progress) -> Option<String> {
    if progress.changed < MANY {
        return None;
    }
    let percent = progress
        .read
        .saturating_mul(100)
        .checked_div(progress.changed)?;
    let files = format::count(progress.changed);
    Some(format!("Reading {files} logs of {name}: {percent} %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_long_look_is_told_in_whole_percent() {
        let at = |read, changed| {
            let progress = Progress {
                read,
                changed,
                ..Progress::default()
            };
            line("Claude Code", progress)
        };
        assert_eq!(at(50, 199), None);
        let told = at(617, 1234).unwrap_or_default();
        assert_eq!(told, "Reading 1,234 logs of Claude Code: 50 %");
    }
}
