//! What every provider must stand, found by its fixture folders alone: its readings, damaged answers, faults.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use spendtray::domain::reading::Reading;
use spendtray::providers::{Auth, Need, PollError};

use super::fixture::{Case, Fault, Played, cases};
use crate::support::vendor::Answer;

type Outcome = Result<(), Fault>;

#[tokio::test]
async fn every_fixture_gives_its_reading() -> Outcome {
    for case in cases()? {
        let played = case.play().await?;
        assert_eq!(played.unmatched, [], "{}", case.name);
        let text = match &played.result {
            Ok(reading) => text_of(reading)?,
            Err(error) => format!("{error:#?}"),
        };
        let text = text.replace(&played.vendor, "{vendor}");
        insta::with_settings!({
            snapshot_path => &case.folder,
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!("reading", text);
        });
    }
    Ok(())
}

#[tokio::test]
async fn polling_twice_gives_the_same_reading() -> Outcome {
    for case in cases()? {
        let (first, second) = (case.play().await?.result, case.play().await?.result);
        assert_eq!(first, second, "{}", case.name);
        let Ok(first) = first else { continue };
        let again = case.play_on(first.resume.as_ref()).await?.result;
        assert_eq!(
            again.map(|reading| reading.figures),
            Ok(first.figures),
            "{}",
            case.name
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_field_never_fails_with_a_panic_nor_becomes_zero() -> Outcome {
    let mut count = 0;
    for case in cases()? {
        let whole = zeros(&case.play().await?.result)?;
        for (index, reply) in case.distinct_replies() {
            for place in places(&reply.body) {
                for damage in [Damage::Removed, Damage::Null, Damage::WrongType] {
                    let what = format!("{}: {} {place} {damage:?}", case.name, reply.file);
                    let played = damaged(&case, index, &place, damage).await?;
                    unharmed(&case, &played, &what);
                    let zeros = zeros(&played.result)?;
                    assert!(zeros <= whole, "{what}: {:#?}", played.result);
                    count += 1;
                }
            }
        }
    }
    println!("damaged fields: {count} cases");
    Ok(())
}

/// A list is no object, though its entries could be taken for the fields in order.
#[tokio::test]
async fn a_list_in_an_objects_place_tells_nothing() -> Outcome {
    let mut count = 0;
    for case in cases()? {
        for (index, reply) in case.distinct_replies() {
            // A refusal's own words are repeated.
            let objects = places(&reply.body).into_iter().filter(|place| {
                let value = reply.body.pointer(place);
                reply.status() == 200 && value.is_some_and(Value::is_object)
            });
            for place in objects {
                let what = format!("{}: {} {place}", case.name, reply.file);
                let listed = damaged(&case, index, &place, Damage::Listed).await?;
                let wrong = damaged(&case, index, &place, Damage::WrongType).await?;
                let text = |played: &Played| {
                    format!("{:#?}", played.result).replace(&played.vendor, "{vendor}")
                };
                assert_eq!(text(&listed), text(&wrong), "{what}");
                count += 1;
            }
        }
    }
    println!("lists for objects: {count} cases");
    Ok(())
}

#[tokio::test]
async fn a_negative_or_huge_number_is_survived() -> Outcome {
    let mut count = 0;
    for case in cases()? {
        for (index, reply) in case.distinct_replies() {
            let numbers = places(&reply.body).into_iter().filter(|place| {
                let value = reply.body.pointer(place);
                value.is_some_and(|value| value.is_number() || is_numeric_text(value))
            });
            for place in numbers {
                for damage in [Damage::Negative, Damage::Huge] {
                    let what = format!("{}: {} {place} {damage:?}", case.name, reply.file);
                    unharmed(&case, &damaged(&case, index, &place, damage).await?, &what);
                    count += 1;
                }
            }
        }
    }
    println!("negative or huge numbers: {count} cases");
    Ok(())
}

#[tokio::test]
async fn a_vendors_refusal_is_told_apart() -> Outcome {
    for case in cases()? {
        // Vendors like to repeat the key they refuse.
        let body = json!({ "error": format!("no {}", case.secret().unwrap_or("key")) }).to_string();
        for status in [400, 401, 402, 403, 404, 410, 500, 503] {
            let error = refusal(&case, Answer::json(status, &body)).await?;
            let expected = match status {
                401 | 403 => matches!(error, PollError::Unauthorized { .. }),
                500.. => matches!(error, PollError::Upstream { .. }),
                _ => matches!(error, PollError::Refused { .. }),
            };
            assert!(expected, "{} on {status}: {error:?}", case.name);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_vendor_that_asks_to_wait_is_believed() -> Outcome {
    for case in cases()? {
        let wait = Answer::with(429, &[("retry-after", "60")], b"{}");
        let PollError::Throttled { retry_at, .. } = refusal(&case, wait).await? else {
            return Err(format!("{} does not wait", case.name).into());
        };
        assert_eq!(
            retry_at,
            Some(case.now() + TimeDelta::seconds(60)),
            "{}",
            case.name
        );
        let wait = Answer::json(429, "{}");
        let PollError::Throttled { retry_at, .. } = refusal(&case, wait).await? else {
            return Err(format!("{} does not wait", case.name).into());
        };
        assert_eq!(retry_at, None, "{}", case.name);
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_malformed() -> Outcome {
    for case in cases()? {
        for body in [
            "",
            "<!doctype html><title>Login</title>",
            "{\"balances\":{\"di",
            "null",
            "{}",
            "5",
        ] {
            let error = refusal(&case, Answer::json(200, body)).await?;
            assert!(
                matches!(error, PollError::Malformed(_)),
                "{} on `{body}`: {error:?}",
                case.name
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_vendor_that_cannot_be_reached_is_told_apart() -> Outcome {
    for case in cases()? {
        for answer in [Answer::Hang, Answer::Close, Answer::Truncated] {
            let error = refusal(&case, answer.clone()).await?;
            assert!(
                matches!(error, PollError::Unreachable(_)),
                "{} on {answer:?}: {error:?}",
                case.name
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_provider_that_needs_a_key_has_a_fixture_with_one() -> Outcome {
    for case in cases()? {
        if let Auth::ApiKey {
            need: Need::Required,
            ..
        } = case.provider.auth
        {
            assert!(case.secret().is_some(), "{}", case.name);
        }
    }
    Ok(())
}

/// The error a fault leads to, checked to be free of the secret.
async fn refusal(case: &Case, answer: Answer) -> Result<PollError, Fault> {
    let what = format!("{} on {answer:?}", case.name);
    let played = case.play_fault(answer).await?;
    unharmed(case, &played, &what);
    match played.result {
        Ok(reading) => Err(format!("{what} gave {reading:#?}").into()),
        Err(error) => Ok(error),
    }
}

/// Checks that the secret is nowhere and that a failure is one of understanding or of the vendor.
pub(super) fn unharmed(case: &Case, played: &Played, what: &str) {
    if let Some(secret) = case.secret() {
        let everything = format!("{:?}{}", played.result, played.log);
        assert!(!everything.contains(secret), "{what} shows the secret");
    }
    if let Err(error) = &played.result {
        assert!(
            !matches!(error, PollError::NotConfigured { .. }),
            "{what}: {error:?}"
        );
        assert!(error.to_string().chars().count() < 500, "{what}: {error}");
    }
}

#[derive(Debug, Clone, Copy)]
enum Damage {
    Removed,
    Null,
    WrongType,
    Listed,
    Negative,
    Huge,
}

async fn damaged(case: &Case, index: usize, place: &str, damage: Damage) -> Result<Played, Fault> {
    let mut body = case.replies[index].body.clone();
    damage.to(&mut body, place);
    case.play_with(index, &body).await
}

impl Damage {
    fn to(self, body: &mut Value, place: &str) {
        let Some((parent, name)) = place.rsplit_once('/') else {
            return;
        };
        let Some(parent) = body.pointer_mut(parent) else {
            return;
        };
        if let Self::Removed = self {
            match (parent, name.parse::<usize>()) {
                (Value::Object(fields), _) => {
                    fields.remove(&name.replace("~1", "/").replace("~0", "~"));
                }
                (Value::Array(entries), Ok(index)) => {
                    entries.remove(index);
                }
                _ => {}
            }
            return;
        }
        let Some(value) = body.pointer_mut(place) else {
            return;
        };
        *value = match self {
            Self::Null | Self::Removed => Value::Null,
            Self::WrongType => match value {
                Value::Object(_) | Value::Array(_) => json!("text"),
                _ => json!({"another": ["type"]}),
            },
            Self::Listed => {
                let fields = value.as_object().into_iter().flatten();
                fields.map(|(_, value)| value.clone()).collect()
            }
            Self::Negative => json!(-1234.5),
            Self::Huge => json!(1e300),
        };
    }
}

/// JSON pointers to each field once, wherever it occurs in a list; where it holds something rather than null.
pub(super) fn places(body: &Value) -> Vec<String> {
    let mut all = Vec::new();
    collect(body, ("", ""), &mut all);
    all.sort_by_key(|(_, _, is_null)| *is_null);
    let mut known = BTreeSet::new();
    all.retain(|(shape, ..)| known.insert(shape.clone()));
    all.into_iter().map(|(_, place, _)| place).collect()
}

fn collect(value: &Value, (shape, place): (&str, &str), all: &mut Vec<(String, String, bool)>) {
    if !place.is_empty() {
        all.push((shape.to_owned(), place.to_owned(), value.is_null()));
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                let (shape, place) = (format!("{shape}/{name}"), format!("{place}/{name}"));
                collect(value, (&shape, &place), all);
            }
        }
        Value::Array(entries) => {
            let shape = format!("{shape}/*");
            for (index, value) in entries.iter().enumerate() {
                collect(value, (&shape, &format!("{place}/{index}")), all);
            }
        }
        _ => {}
    }
}

fn is_numeric_text(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.parse::<Decimal>().is_ok())
}

/// How many amounts of a reading are zero; a failure shows none.
pub(super) fn zeros(result: &Result<Reading, PollError>) -> Result<usize, Fault> {
    let Ok(reading) = result else { return Ok(0) };
    let figures = serde_json::to_value(&reading.figures)?;
    let slots = reading.ranges.iter().flat_map(|range| &range.slots);
    let spends = slots.flat_map(|slot| slot.spend.iter());
    let zero_spends = spends.filter(|(money, _)| money.amount.is_zero()).count();
    Ok(zero_texts(&figures) + zero_spends)
}

/// Amounts are stored as texts.
fn zero_texts(value: &Value) -> usize {
    match value {
        Value::String(text) => {
            usize::from(text.parse::<Decimal>().is_ok_and(|amount| amount.is_zero()))
        }
        Value::Array(entries) => entries.iter().map(zero_texts).sum(),
        Value::Object(fields) => fields.values().map(zero_texts).sum(),
        _ => 0,
    }
}

fn text_of(reading: &Reading) -> Result<String, Fault> {
    let mut text = format!("{:?}\n", reading.complete);
    writeln!(text, "{}", serde_json::to_string_pretty(&reading.figures)?)?;
    for event in &reading.events {
        writeln!(text, "{event:?}")?;
    }
    for range in &reading.ranges {
        writeln!(text, "from {} until {}", range.from, range.until)?;
        for slot in &range.slots {
            let spend: Vec<String> = slot
                .spend
                .iter()
                .map(|(money, basis)| format!("{} {} {basis:?}", money.amount, money.currency))
                .collect();
            write!(text, "{} {:?}", slot.start.format("%F %H:%M"), slot.width)?;
            write!(text, " {:?}/{:?}", slot.who.key, slot.who.model)?;
            if let Some(project) = &slot.who.project {
                write!(text, " in {project}")?;
            }
            if !slot.spend.unpriced.is_empty() {
                write!(text, " unpriced {:?}", slot.spend.unpriced)?;
            }
            write!(text, " requests {:?} [{}]", slot.requests, spend.join(", "))?;
            writeln!(text, " {:?}", slot.tokens)?;
        }
    }
    Ok(text)
}
