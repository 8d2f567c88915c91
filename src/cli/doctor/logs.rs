//! What `doctor` says of agents' logs and of the prices they are valued at; nothing where no agent is.

use std::path::Path;
use std::sync::Arc;

use crate::app::assembly::Assembly;
use crate::app::pricing::Standing as Prices;
use crate::cli::doctor::Finding;
use crate::config::Switch;
use crate::logs::{self, Agent, Ask, Seen, Watch};
use crate::system::watch::{TELLING, Telling};

/// So many prices that are not believed are named.
const MOST_NAMED: usize = 3;

/// Every agent that is here, then the prices.
pub(super) async fn all(assembly: &Assembly) -> Vec<Finding> {
    let desk = &assembly.reach.logs;
    let indexes = assembly.paths.state.join("agents");
    // As the tray does, to see whether it can.
    let _ear = desk.listen();
    let here: Vec<&'static Agent> = logs::ALL
        .iter()
        .copied()
        .filter(|agent| desk.has(agent.id))
        .collect();
    let mut findings = Vec::new();
    for agent in &here {
        let (desk, agent) = (Arc::clone(desk), *agent);
        let looked = tokio::task::spawn_blocking(move || desk.look(agent, Ask::TOTALS)).await;
        let seen = looked
            .map_err(|error| error.to_string())
            .and_then(|seen| seen.map_err(|error| error.to_string()));
        match seen {
            Ok(Some(seen)) => findings.extend(of_agent(agent, &seen, &indexes)),
            Ok(None) => {}
            Err(error) => findings.push(
                Finding::fault(
                    subject(agent),
                    format!("what was counted cannot be read: {error}"),
                )
                .mended_by(format!(
                    "Make {} readable for you, or move it away: what the logs still hold is counted again.",
                    indexes.display()
                )),
            ),
        }
    }
    if !here.is_empty() {
        findings.push(prices(&assembly.reach.prices.standing()));
    }
    findings
}

fn subject(agent: &Agent) -> String {
    format!("logs of {}", agent.name)
}

/// What was counted, then a row for each sort of fault there is.
fn of_agent(agent: &Agent, seen: &Seen, indexes: &Path) -> Vec<Finding> {
    let responses: u64 = seen
        .slots
        .iter()
        .fold(0, |sum, slot| sum.saturating_add(slot.tally.requests));
    let counted = Finding::ok(
        subject(agent),
        format!(
            "{}, {} counted",
            count(seen.files, "file", "files"),
            count(responses, "response", "responses")
        ),
    );
    let faults = &seen.faults;
    let mut findings = vec![counted];
    findings.extend(watched(agent, &seen.watch));
    findings.extend(bad_lines(agent, faults.bad_lines));
    findings.extend(long_lines(agent, faults.long_lines));
    findings.extend(unreadable(agent, faults.unreadable));
    findings.extend(damaged(agent, faults.damaged_indexes));
    if let Some(reason) = &seen.unsaved {
        let fault = format!("what was counted cannot be kept: {reason}");
        findings.push(Finding::fault(subject(agent), fault).mended_by(format!(
            "Make {} writable for you; until then every start reads all logs again.",
            indexes.display()
        )));
    }
    findings
}

/// How the tray comes to know of a new line.
fn watched(agent: &Agent, watch: &Watch) -> Option<Finding> {
    match watch {
        Watch::Unasked => None,
        Watch::Told { folders, beyond } => {
            let folders = count(*folders as u64, "folder", "folders");
            let soon = match TELLING {
                Telling::AtOnce => "at once",
                Telling::AtClose => "within a minute",
            };
            let mut detail = format!("the tray hears of each new line {soon}, in {folders}");
            if *beyond > 0 {
                let beyond = count(*beyond as u64, "folder", "folders");
                detail = format!("{detail}, and looks at {beyond} long unused every ten minutes");
            }
            Some(Finding::ok(subject(agent), detail))
        }
        Watch::Walked { reason } => {
            let detail = format!("the tray looks at them every half minute: {reason}");
            Some(Finding::note(subject(agent), detail).mended_by(
                "Nothing has to be done: what is new is only shown half a minute later.",
            ))
        }
    }
}

fn bad_lines(agent: &Agent, number: u64) -> Option<Finding> {
    let detail = format!(
        "{} made no sense and {} not counted",
        count(number, "line", "lines"),
        if number == 1 { "is" } else { "are" }
    );
    let finding = Finding::note(subject(agent), detail).mended_by(
        "A crash leaves such lines, and nothing has to be done. If there are more after every session, the agent \
        writes in a new way: look for a newer spendtray.",
    );
    (number > 0).then_some(finding)
}

fn long_lines(agent: &Agent, number: u64) -> Option<Finding> {
    let many = count(number, "line or file", "lines or files");
    let finding = Finding::note(
        subject(agent),
        format!("{many} of more than 64 MiB stepped over"),
    )
    .mended_by(
        "Nothing has to be done for a line: only what was pasted or attached is so long. A whole file of that size is not counted.",
    );
    (number > 0).then_some(finding)
}

fn unreadable(agent: &Agent, number: u64) -> Option<Finding> {
    let many = count(number, "file or folder", "files or folders");
    let finding = Finding::fault(subject(agent), format!("{many} cannot be read"))
        .mended_by("Make them readable for you; what is in them is counted then.");
    (number > 0).then_some(finding)
}

fn damaged(agent: &Agent, number: u64) -> Option<Finding> {
    let finding = Finding::note(
        subject(agent),
        "what was kept of earlier looks was damaged and has been made anew from the logs",
    )
    .mended_by(
        "Only counts whose logs are gone can be missing. If it happens again, check the disk.",
    );
    (number > 0).then_some(finding)
}

fn prices(prices: &Prices) -> Finding {
    let held = match prices.as_of {
        Some(day) => format!("prices of {day}"),
        None => "none".to_owned(),
    };
    let own = (prices.own > 0).then(|| format!("{} of your own", prices.own));
    let asked = match (prices.refresh, prices.asked_at) {
        (Switch::Off, _) => "the public list is not asked".to_owned(),
        (Switch::On, None) => format!("{} has not been asked yet", prices.host),
        (Switch::On, Some(at)) => format!("{} answered on {}", prices.host, at.date_naive()),
    };
    let trouble = prices.trouble.as_ref();
    let trouble = trouble.map(|reason| format!("the last time nothing came: {reason}"));
    let parts = [Some(held), own, Some(asked), ignored(prices), trouble];
    let detail: Vec<String> = parts.into_iter().flatten().collect();
    Finding::ok("model prices", detail.join("; "))
}

/// Which fetched prices are not used, and why.
fn ignored(prices: &Prices) -> Option<String> {
    let ignored = &prices.disbelieved;
    let named: Vec<String> = ignored
        .iter()
        .take(MOST_NAMED)
        .map(|ignored| format!("{}: {}", ignored.model, ignored.reason))
        .collect();
    let more = if ignored.len() > MOST_NAMED {
        " …"
    } else {
        ""
    };
    let many = count(ignored.len() as u64, "fetched price", "fetched prices");
    (!ignored.is_empty()).then(|| format!("{many} ignored ({}{more})", named.join(", ")))
}

fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};

    use super::*;
    use crate::app::pricing::Disbelieved;
    use crate::logs::Faults;

    fn told(findings: &[Finding]) -> String {
        let rows = findings.iter().map(|finding| {
            let mend = finding.mend.as_deref().unwrap_or("-");
            format!(
                "{:?} {}: {} | {mend}",
                finding.standing, finding.subject, finding.detail
            )
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_sort_of_fault_has_a_row_with_what_to_do_and_none_has_no_row() {
        let seen = |faults, unsaved: Option<&str>| Seen {
            slots: Vec::new(),
            slots_since: DateTime::UNIX_EPOCH,
            projects: Vec::new(),
            is_recorded: true,
            uses: Vec::new(),
            quota: None,
            revision: String::new(),
            files: 1,
            faults,
            unsaved: unsaved.map(str::to_owned),
            watch: Watch::Unasked,
            behind: None,
        };
        let indexes = Path::new("/state/agents");
        let well = of_agent(logs::CODEX, &seen(Faults::default(), None), indexes);
        assert_eq!(
            told(&well),
            "Ok logs of Codex: 1 file, 0 responses counted | -"
        );
        let faults = Faults {
            bad_lines: 2,
            long_lines: 1,
            unreadable: 3,
            damaged_indexes: 1,
        };
        insta::assert_snapshot!(told(&of_agent(
            logs::CODEX,
            &seen(faults, Some("disk full")),
            indexes
        )));
    }

    #[test]
    fn whether_logs_are_watched_or_walked_is_said_and_why() {
        let said = |watch| {
            let findings = watched(logs::CODEX, &watch);
            told(findings.as_slice())
        };
        let told = |folders, beyond| Watch::Told { folders, beyond };
        let walked = Watch::Walked {
            reason: "/home/me/.codex: it lies on a network file system".to_owned(),
        };
        let all = [said(told(1, 0)), said(told(1000, 7)), said(walked)];
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn prices_tell_their_day_whom_they_are_from_and_what_was_not_believed() {
        let ignored = |model: &str| Disbelieved {
            model: model.to_owned(),
            reason: "`input_cost_per_token` is negative".to_owned(),
        };
        let mut standing = Prices {
            refresh: Switch::On,
            as_of: NaiveDate::from_ymd_opt(2026, 11, 25),
            asked_at: "2026-11-25T08:00:00Z".parse().ok(),
            host: "prices.example".to_owned(),
            own: 2,
            trouble: Some("prices.example answered HTTP 404".to_owned()),
            disbelieved: ["a", "b", "c", "d"].map(ignored).to_vec(),
        };
        let first = told(&[prices(&standing)]);
        standing.refresh = Switch::Off;
        standing.own = 0;
        standing.trouble = None;
        standing.disbelieved.truncate(1);
        insta::assert_snapshot!([first, told(&[prices(&standing)])].join("\n"));
    }
}
