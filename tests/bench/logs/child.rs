//! What is measured: a process that looks at the logs of a home and prints totals.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use chrono::{DateTime, Utc};
use spendtray::domain::agent::AgentSlot;
use spendtray::domain::ids::ModelId;
use spendtray::domain::variables::Variables;
use spendtray::logs::{CLAUDE_CODE, CODEX, Counter, Order, Places};

use super::corpus::{DAY, Truth};
use super::resident;
use crate::Outcome;

/// Runs as a child: `scan HOME INDEXES`, `today HOME SECONDS`, `resident HOME INDEXES`.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let [what, home, other] = arguments else {
        return Err("a child is told what, where and with what".into());
    };
    let home = Path::new(home);
    match what.as_str() {
        "scan" => {
            let (told, read) = scan(home, (other != "-").then(|| Path::new(other)))?;
            print!("{told}");
            println!("read {read}");
        }
        "today" => print!("{}", today(home, other.parse()?)?),
        _ => println!("{}", resident::run(home, Path::new(other))?),
    }
    println!("peak {}", status("VmHWM:")?);
    Ok(())
}

fn scan(home: &Path, indexes: Option<&Path>) -> Outcome<(String, u64)> {
    let mut truth = Truth::default();
    let mut read = 0;
    for agent in [CLAUDE_CODE, CODEX] {
        let index = indexes.map(|folder| folder.join(format!("{}.index", agent.id)));
        let mut counter = Counter::open(agent, index)?;
        read += with_places(home, |places| counter.look(places, &mut |_| {}).bytes);
        counter.save()?;
        sum(&counter.slots(), &mut truth);
    }
    Ok((truth.told(), read))
}

fn with_places<T>(home: &Path, look: impl FnOnce(&Places<'_>) -> T) -> T {
    let variables: Variables = BTreeMap::<String, String>::new().into_iter().collect();
    look(&Places {
        home,
        config_home: &home.join(".config"),
        variables: &variables,
    })
}

fn sum(slots: &[AgentSlot], truth: &mut Truth) {
    let mut sums: BTreeMap<(i64, &ModelId), [u64; 5]> = BTreeMap::new();
    for slot in slots {
        let tokens = &slot.tally.tokens;
        let figures = [
            slot.tally.requests,
            tokens.input,
            tokens.cached_input,
            tokens.cache_writes(),
            tokens.output,
        ];
        let key = (slot.start.timestamp().div_euclid(DAY), &slot.model);
        let sums = sums.entry(key).or_default();
        for (sum, more) in sums.iter_mut().zip(figures) {
            *sum += more;
        }
    }
    let named = sums
        .into_iter()
        .map(|((day, model), sums)| ((day, model.to_string()), sums));
    truth.0.extend(named);
}

/// The totals of the day that begins at an instant; what else is to be read is left.
fn today(home: &Path, since: i64) -> Outcome<String> {
    let since = DateTime::<Utc>::from_timestamp(since, 0).ok_or("no such instant")?;
    let mut truth = Truth::default();
    for agent in [CLAUDE_CODE, CODEX] {
        let mut counter = Counter::open(agent, None)?;
        with_places(home, |places| {
            let order = Order {
                since,
                watch: &mut |_| {},
                pause: &mut |counter, _| {
                    sum(&counter.slots_since(since), &mut truth);
                    ControlFlow::Break(())
                },
            };
            counter.look_fresh_first(places, order)
        });
    }
    Ok(truth.told())
}

/// A line of one more response.
pub(super) fn line(id: &str, time: &str) -> String {
    format!(
        "{{\"isSidechain\":false,\"cwd\":\"/home/dev/alpha\",\"sessionId\":\"{id}\",\"type\":\"assistant\",\"uuid\":\"{id}\",\"timestamp\":\"{time}\",\"requestId\":\"req_{id}\",\"message\":{{\"id\":\"msg_{id}\",\"model\":\"claude-opus-4-8\",\"content\":[],\"stop_reason\":\"end_turn\",\"usage\":{{\"input_tokens\":3,\"output_tokens\":4}}}}}}\n"
    )
}

/// What the system says of this process's memory, in bytes.
pub(super) fn status(name: &str) -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kib.unwrap_or_default() * 1024)
}
