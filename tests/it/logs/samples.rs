//! Every sample equals its expected totals, by class and model.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use serde_json::Value;
use spendtray::domain::agent::{AgentSlot, ModelOrigin, Tally};

use super::stage::{Outcome, copy, samples, slots, sum};

fn expected() -> Outcome<Value> {
    let text = fs::read_to_string(samples().join("expected.json"))?;
    Ok(serde_json::from_str(&text)?)
}

fn by_model(slots: &[AgentSlot]) -> BTreeMap<String, Tally> {
    let mut sums: BTreeMap<String, Tally> = BTreeMap::new();
    for slot in slots {
        let sum = sums.entry(slot.model.to_string()).or_default();
        sum.add(&slot.tally);
    }
    sums
}

/// The figures of a tally under the names the expectations use for Claude Code.
fn claude_figures(tally: &Tally) -> [(&'static str, u64); 6] {
    [
        ("requests", tally.requests),
        ("input", tally.tokens.input),
        ("output", tally.tokens.output),
        ("cache_write_5m", tally.tokens.cache_write_5m),
        ("cache_write_1h", tally.tokens.cache_write_1h),
        ("cache_read", tally.tokens.cached_input),
    ]
}

/// The same for Codex, whose input includes the cache.
fn codex_figures(tally: &Tally) -> [(&'static str, u64); 7] {
    let tokens = &tally.tokens;
    let input = tokens.input + tokens.cached_input + tokens.cache_write;
    [
        ("requests", tally.requests),
        ("input_incl_cached", input),
        ("cached", tokens.cached_input),
        ("cache_write", tokens.cache_write),
        ("uncached_input", tokens.input),
        ("output_incl_reasoning", tokens.output),
        ("reasoning", tokens.reasoning),
    ]
}

/// The same for the others, whose output excludes what was only thought.
fn other_figures(tally: &Tally, apart: u64, tool: u64) -> [(&'static str, u64); 5] {
    [
        ("requests", tally.requests),
        ("input", tally.tokens.input - tool),
        ("output", tally.tokens.output - apart),
        ("cache_read", tally.tokens.cached_input),
        ("cache_write_5m", tally.tokens.cache_write),
    ]
}

/// Complaints about figures that differ from those of an expectation.
fn compare(case: &str, wanted: &Value, figures: &[(&'static str, u64)]) -> Vec<String> {
    let differs = figures
        .iter()
        .filter(|(name, figure)| wanted.get(*name).and_then(Value::as_u64) != Some(*figure));
    differs
        .map(|(name, figure)| format!("{case}: {name} is {figure}, not {}", wanted[*name]))
        .collect()
}

fn compare_claude(case: &str, wanted: &Value, slots: &[AgentSlot]) -> Vec<String> {
    let mut complaints = compare(case, wanted, &claude_figures(&sum(slots)));
    let models = by_model(slots);
    let named = wanted["by_model"].as_object().into_iter().flatten();
    for (model, wanted) in named {
        let tally = models.get(model).copied().unwrap_or_default();
        complaints.extend(compare(
            &format!("{case} {model}"),
            wanted,
            &claude_figures(&tally),
        ));
    }
    if wanted["by_model"].as_object().map(serde_json::Map::len) != Some(models.len()) {
        complaints.push(format!("{case}: models are {:?}", models.keys()));
    }
    if let Some(unfinished) = wanted["unfinalised_requests"].as_u64()
        && unfinished != sum(slots).unfinished
    {
        complaints.push(format!("{case}: {} unfinished", sum(slots).unfinished));
    }
    complaints
}

/// F54 (a broken line, offsets, both homes and `CLAUDE_CONFIG_DIR`), F55 (one response, its final counts), F56 (by model)
#[test]
fn claude_codes_samples_equal_their_totals() -> Outcome<()> {
    let expected = expected()?;
    let mut complaints = Vec::new();
    let groups = [("claude-code", ""), ("claude-code-ambiguous", "ambiguous/")];
    for (group, folder) in groups {
        let cases = expected[group].as_object().into_iter().flatten();
        for (case, wanted) in cases.filter(|(case, _)| !case.ends_with("persisted-union")) {
            let place = samples()
                .join("claude-code")
                .join(format!("{folder}{case}"));
            let home = place.join("home");
            let slots = if home.is_dir() {
                slots("claude-code", &home, &[])?
            } else {
                slots(
                    "claude-code",
                    Path::new("/none"),
                    &[("CLAUDE_CONFIG_DIR", &place)],
                )?
            };
            complaints.extend(compare_claude(case, wanted, &slots));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    Ok(())
}

#[test]
fn codexs_samples_equal_their_totals() -> Outcome<()> {
    let expected = expected()?;
    let mut complaints = Vec::new();
    for (case, wanted) in expected["codex"].as_object().into_iter().flatten() {
        let place = samples().join("codex").join(case);
        let slots = slots("codex-logs", Path::new("/none"), &[("CODEX_HOME", &place)])?;
        complaints.extend(compare(case, wanted, &codex_figures(&sum(&slots))));
        for (model, wanted) in wanted["by_model"].as_object().into_iter().flatten() {
            let tally = by_model(&slots).get(model).copied().unwrap_or_default();
            let figures = codex_figures(&tally);
            let named = [
                ("requests", figures[0].1),
                ("input", figures[1].1),
                ("output", figures[5].1),
            ];
            complaints.extend(compare(&format!("{case} {model}"), wanted, &named));
        }
        let assumed = slots
            .iter()
            .filter(|slot| slot.terms.model == ModelOrigin::Assumed);
        let assumed: u64 = assumed.map(|slot| slot.tally.requests).sum();
        if wanted["fallback_model_requests"].as_u64() != Some(assumed) {
            complaints.push(format!("{case}: {assumed} requests of an assumed model"));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    Ok(())
}

#[test]
fn gemini_clis_samples_equal_their_totals() -> Outcome<()> {
    let wanted = &expected()?["others"]["gemini"];
    let slots = slots("gemini-logs", &samples().join("gemini/home"), &[])?;
    let tally = sum(&slots);
    let complaints = compare("gemini", wanted, &other_figures(&tally, 675, 200));
    assert!(complaints.is_empty(), "{complaints:?}");
    assert_eq!(tally.tokens.reasoning, 675);
    Ok(())
}

#[test]
fn opencodes_samples_equal_their_totals_and_the_write_ahead_log_is_seen() -> Outcome<()> {
    let wanted = &expected()?["others"]["opencode"];
    let home = tempfile::tempdir()?;
    copy(&samples().join("opencode/data"), home.path())?;
    let slots = slots(
        "opencode-logs",
        Path::new("/none"),
        &[("OPENCODE_DATA_DIR", home.path())],
    )?;
    let tally = sum(&slots);
    // Of 300 tokens of reasoning the newer form's 150 stand beside the output, the older form's within.
    let complaints = compare("opencode", wanted, &other_figures(&tally, 150, 0));
    assert!(complaints.is_empty(), "{complaints:?}");
    assert_eq!(tally.tokens.reasoning, 300);
    assert_eq!(tally.recorded_usd.to_string(), "0.01092");
    Ok(())
}

#[test]
fn a_response_belongs_to_the_day_of_its_first_line() -> Outcome<()> {
    let place = samples().join("claude-code/ambiguous/a02-partials-across-midnight");
    let slots = slots(
        "claude-code",
        Path::new("/none"),
        &[("CLAUDE_CONFIG_DIR", &place)],
    )?;
    let days: Vec<NaiveDate> = slots.iter().map(|slot| slot.start.date_naive()).collect();
    assert_eq!(days, [NaiveDate::from_ymd_opt(2026, 9, 14).unwrap()]);
    Ok(())
}
