//! The samples cost what their expectations say, to the last digit.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;
use spendtray::analysis::{costing, pricelist};
use spendtray::domain::agent::AgentSlot;
use spendtray::domain::ids::ModelId;
use spendtray::domain::money::Currency;
use spendtray::domain::price::PriceBook;
use spendtray::domain::usage::Basis;

use super::stage::{Outcome, copy, samples, slots};

fn frozen_prices() -> Outcome<PriceBook> {
    let text = fs::read_to_string(samples().join("prices.json"))?;
    let as_of = NaiveDate::from_str("2026-09-01")?;
    let mut book = PriceBook::default();
    book.add(pricelist::parse(&text, as_of)?);
    Ok(book)
}

/// A complaint when slots cost something else, or leave other models unpriced.
fn compare(case: &str, wanted: &Value, slots: &[AgentSlot]) -> Outcome<Option<String>> {
    let spend = costing::spend(&frozen_prices()?, slots);
    let sum = spend
        .get(Currency::USD, Basis::Estimated)
        .unwrap_or_default();
    let text = wanted["cost_usd"].to_string();
    let expected = Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text))?;
    // What was cut off is named too, and makes the sum a lower bound.
    let cut_off = format!("({})", costing::UNFINISHED);
    let unpriced: Vec<&str> = spend
        .unpriced
        .iter()
        .map(ModelId::as_str)
        .filter(|name| !name.ends_with(&cut_off))
        .collect();
    let named = ["unpriced_tokens_by_model", "unpriced"];
    let named = named.iter().find_map(|key| wanted[*key].as_object());
    let without: Vec<&str> = named
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect();
    let same = sum.normalize() == expected.normalize() && unpriced == without;
    Ok((!same).then(|| format!("{case}: {sum}, not {expected}; {unpriced:?}, not {without:?}")))
}

fn place(case: &str) -> PathBuf {
    samples().join(case)
}

#[test]
fn every_sample_costs_what_it_should() -> Outcome<()> {
    let expected: Value =
        serde_json::from_str(&fs::read_to_string(samples().join("expected.json"))?)?;
    let none = Path::new("/none");
    let mut complaints = Vec::new();
    for (group, folder) in [("claude-code", ""), ("claude-code-ambiguous", "ambiguous/")] {
        for (case, wanted) in expected[group].as_object().into_iter().flatten() {
            let place = place(&format!("claude-code/{folder}{case}"));
            let home = place.join("home");
            let found = if home.is_dir() {
                slots("claude-code", &home, &[])?
            } else if place.is_dir() {
                slots("claude-code", none, &[("CLAUDE_CONFIG_DIR", &place)])?
            } else {
                continue;
            };
            complaints.extend(compare(case, wanted, &found)?);
        }
    }
    for (case, wanted) in expected["codex"].as_object().into_iter().flatten() {
        let found = slots(
            "codex-logs",
            none,
            &[("CODEX_HOME", &place(&format!("codex/{case}")))],
        )?;
        complaints.extend(compare(case, wanted, &found)?);
    }
    let gemini = slots("gemini-logs", &place("gemini/home"), &[])?;
    complaints.extend(compare("gemini", &expected["others"]["gemini"], &gemini)?);
    let data = tempfile::tempdir()?;
    copy(&place("opencode/data"), data.path())?;
    let opencode = slots("opencode-logs", none, &[("OPENCODE_DATA_DIR", data.path())])?;
    complaints.extend(compare(
        "opencode",
        &expected["others"]["opencode"],
        &opencode,
    )?);
    complaints.extend(other_agents(&expected["others"])?);
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    Ok(())
}

fn other_agents(expected: &Value) -> Outcome<Vec<String>> {
    let none = Path::new("/none");
    let mut complaints = Vec::new();
    for (id, case, variable, folder) in [
        ("amp-logs", "amp", "AMP_DATA_DIR", "amp"),
        (
            "droid-logs",
            "droid",
            "DROID_SESSIONS_DIR",
            "droid/sessions",
        ),
        ("pi-logs", "pi", "PI_AGENT_DIR", "pi/sessions"),
    ] {
        let found = slots(id, none, &[(variable, &place(folder))])?;
        complaints.extend(compare(case, &expected[case], &found)?);
    }
    for (case, part) in [
        ("copilot-otel", "otel/copilot-20260915.jsonl"),
        ("copilot-store", "session-store.db"),
    ] {
        let home = tempfile::tempdir()?;
        let to = home.path().join(part);
        fs::create_dir_all(to.parent().ok_or("no folder")?)?;
        fs::copy(place("copilot/home/.copilot").join(part), to)?;
        let found = slots("copilot-logs", none, &[("COPILOT_HOME", home.path())])?;
        complaints.extend(compare(case, &expected[case], &found)?);
    }
    Ok(complaints)
}
