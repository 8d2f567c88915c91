//! One address of a vendor fails while the others answer: a reading then says that something is missing, or there is
//! none.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spendtray::domain::reading::Completeness;

use super::super::conformance::{places, unharmed, zeros};
use super::super::fixture::{Case, Played, Reply, cases};
use super::{Outcome, faults};
use crate::support::vendor::Answer;

/// What a vendor may leave out without a word, by provider and file: it is asked elsewhere, or need not exist.
const NEED_NOT_COME: &[(&str, &str)] = &[
    // Another source tells the price, under its own name.
    ("coingecko", "prices.json"),
    // There may be none, and a key that may not see it is as good.
    ("openai", "spend-limit.json"),
];

/// The faults that differ in what follows from them: statuses that mean the same are not tried twice.
fn different_faults() -> Vec<(String, Answer)> {
    let statuses = [
        "status 400",
        "status 401",
        "status 403",
        "status 404",
        "status 429",
        "status 503",
    ];
    let deep = [
        r#"{"data":"#,
        &"[".repeat(100_000),
        &"]".repeat(100_000),
        "}",
    ]
    .concat();
    faults()
        .into_iter()
        .filter(|(name, ..)| !name.starts_with("status") || statuses.contains(&name.as_str()))
        .filter(|(_, answer, _)| !matches!(answer, Answer::Hang | Answer::Drip))
        .map(|(name, answer, _)| (name, answer))
        .chain([("deeply nested within".to_owned(), Answer::json(200, &deep))])
        .collect()
}

#[tokio::test]
async fn what_one_address_does_not_tell_is_said_to_be_missing() -> Outcome {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &cases()? {
        let whole = zeros(&case.play().await?.result)?;
        for (_, reply) in case.distinct_replies() {
            if reply.status() != 200 {
                continue;
            }
            for (name, answer) in different_faults() {
                let what = format!("{}: {} {name}", case.name, reply.file);
                let file = reply.file.clone();
                let played = case
                    .play_changed(move |reply| {
                        if reply.file == file {
                            answer.clone()
                        } else {
                            Answer::json(reply.status(), &reply.text)
                        }
                    })
                    .await?;
                unharmed(case, &played, &what);
                let more = zeros(&played.result)?;
                assert!(more <= whole, "{what}: {:#?}", played.result);
                let said = !is_silent(&played) || need_not_come(case, reply);
                assert!(said, "{what}: {:#?}", played.result);
                *counts.entry(case.provider.id).or_default() += 1;
            }
        }
    }
    let all: usize = counts.values().sum();
    println!("one address fails: {all} cases {counts:?}");
    Ok(())
}

/// An entry that cannot be read may be the one that matters: then the list is not believed, or what is missing is said.
#[tokio::test]
async fn an_entry_that_cannot_be_read_is_said_to_be_missing() -> Outcome {
    let mut count = 0;
    for case in &cases()? {
        let whole = text(&case.play().await?);
        for (index, reply) in case.distinct_replies() {
            for place in lists(&reply.body) {
                let mut without = reply.body.clone();
                without.pointer_mut(&place).map(Value::take);
                if text(&case.play_with(index, &without).await?) == whole {
                    // Nobody reads this list.
                    continue;
                }
                for entry in [json!(7), json!("text"), json!(["text", 5, {}])] {
                    let what = format!("{}: {} {place} + {entry}", case.name, reply.file);
                    let mut body = reply.body.clone();
                    let list = body.pointer_mut(&place).and_then(Value::as_array_mut);
                    list.ok_or("no list")?.push(entry);
                    let played = case.play_with(index, &body).await?;
                    unharmed(case, &played, &what);
                    let believed = is_silent(&played) && text(&played) == whole;
                    assert!(!believed, "{what}: {:#?}", played.result);
                    count += 1;
                }
            }
        }
    }
    println!("entries that cannot be read: {count} cases");
    Ok(())
}

/// What a poll came to, whatever the vendor's address was this time.
fn text(played: &Played) -> String {
    format!("{:?}", played.result).replace(&played.vendor, "{vendor}")
}

/// JSON pointers to the lists of objects.
fn lists(body: &Value) -> Vec<String> {
    places(body)
        .into_iter()
        .filter(|place| {
            let list = body.pointer(place).and_then(Value::as_array);
            list.is_some_and(|list| list.iter().any(Value::is_object))
        })
        .collect()
}

fn is_silent(played: &Played) -> bool {
    let reading = played.result.as_ref();
    reading.is_ok_and(|reading| reading.complete == Completeness::Whole)
}

fn need_not_come(case: &Case, reply: &Reply) -> bool {
    NEED_NOT_COME.contains(&(case.provider.id, &reply.file))
}
