//! What `ccusage` says of the same corpus, and why it says something else: the generator knows which lines stand in it
//! that repeat a use, and by which rule they are known to.
//!
//! What differs, with `ccusage` 20.0.24:
//!
//! * **A response without `requestId`** (gateways; 3 in 100 sessions here) is known to it by message *and* request, so that
//!   each of its lines on the main chain counts: those of one stream, and their copies in a session that resumes another.
//!   Ours is known by its message alone where a line tells no request.
//! * **A sub-agent's message that a `progress` line nests** is known to it in its own session only: where a resumed session
//!   copies the line, it counts again. Ours is the same message wherever it stands.
//!
//! What is left of a day, a model and a class when these are taken away is zero.
//!
//! It knows what a fork of Codex replays by how its parent begins. (A fork that replays one event alone, of a parent that
//! begins with a replay of its own, is counted by it and not by ours; Codex writes no such fork.)

use std::collections::BTreeMap;

use serde_json::Value;

use super::Outcome;
use super::corpus::{Maker, Repeat};
use crate::table::Table;

/// Input, cached, written, output, by day and model as they are told.
type Told = BTreeMap<(String, String), [i128; 4]>;

/// Adds to the table what it told otherwise, and how much of that the corpus explains.
pub(super) fn compare(told: &str, maker: &Maker, table: &mut Table) -> Outcome {
    let theirs = theirs(&serde_json::from_str(told)?);
    let mut left = theirs;
    add(&mut left, -1, &maker.truth.0);
    left.retain(|_, tokens| *tokens != [0; 4]);
    table.add(
        "`ccusage` counts otherwise",
        "-",
        format!(
            "{} of {} days and models, {} tokens more",
            left.len(),
            maker.truth.0.len(),
            sum(&left)
        ),
    );
    for why in Repeat::ALL {
        let Some(repeated) = maker.repeated.get(&why) else {
            continue;
        };
        add(&mut left, -1, &repeated.0);
        let lines: u64 = repeated.0.values().map(|[lines, ..]| lines).sum();
        let mut alone = Told::new();
        add(&mut alone, 1, &repeated.0);
        table.add(
            why.told(),
            "-",
            format!("{lines} lines, {} tokens", sum(&alone)),
        );
    }
    left.retain(|_, tokens| *tokens != [0; 4]);
    let example = left.iter().next();
    table.add(
        "not explained by these",
        "0",
        format!(
            "{} tokens{}",
            sum(&left),
            example.map_or(String::new(), |example| format!(", such as {example:?}"))
        ),
    );
    Ok(())
}

fn theirs(report: &Value) -> Told {
    let mut told = Told::new();
    for day in report["daily"].as_array().into_iter().flatten() {
        let date = day["period"].as_str().or_else(|| day["date"].as_str());
        for model in day["modelBreakdowns"].as_array().into_iter().flatten() {
            let key = (
                date.unwrap_or_default().to_owned(),
                model["modelName"].as_str().unwrap_or_default().to_owned(),
            );
            let classes = [
                "inputTokens",
                "cacheReadTokens",
                "cacheCreationTokens",
                "outputTokens",
            ];
            let sums = told.entry(key).or_default();
            for (sum, class) in sums.iter_mut().zip(classes) {
                *sum += i128::from(model[class].as_u64().unwrap_or_default());
            }
        }
    }
    told
}

fn add(told: &mut Told, sign: i128, booked: &BTreeMap<(i64, String), [u64; 5]>) {
    for ((day, model), [_, tokens @ ..]) in booked {
        let key = (super::corpus::date(*day).to_string(), model.clone());
        let sums = told.entry(key).or_default();
        for (sum, more) in sums.iter_mut().zip(tokens) {
            *sum += sign * i128::from(*more);
        }
    }
}

fn sum(told: &Told) -> i128 {
    told.values().flatten().sum()
}
