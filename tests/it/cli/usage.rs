//! `spendtray usage`: what agents used is there at the first look, what vendors billed comes from the ledger.

use std::fs;

use serde_json::json;

use crate::support::world::{Outcome, World};

/// A response of Claude Code: when, of which model, in which folder and session.
type Line<'a> = (&'a str, &'a str, &'a str, &'a str);

fn write_transcript(world: &World, lines: &[Line<'_>]) -> Outcome {
    let folder = world.path(".claude/projects/-home-dev");
    fs::create_dir_all(&folder)?;
    let lines = lines.iter().enumerate();
    let lines: Vec<String> = lines
        .map(|(number, (at, model, folder, session))| {
            let line = json!({
                "type": "assistant", "uuid": format!("u{number}"), "timestamp": at, "cwd": folder,
                "sessionId": session, "requestId": format!("r{number}"),
                "message": { "id": format!("m{number}"), "model": model, "stop_reason": "end_turn",
                    "usage": { "input_tokens": 1000, "output_tokens": 100, "cache_read_input_tokens": 20_000 } },
            });
            line.to_string()
        })
        .collect();
    Ok(fs::write(folder.join("s.jsonl"), lines.join("\n") + "\n")?)
}

const OPUS: &str = "claude-opus-4-8";

/// Three days of work in two folders, the last of them today.
fn three_days() -> Outcome<World> {
    let world = World::empty()?;
    write_transcript(
        &world,
        &[
            ("2026-11-20T23:30:00Z", OPUS, "/home/dev/alpha", "s-one"),
            (
                "2026-11-22T15:00:00Z",
                "claude-haiku-4-5",
                "/home/dev/alpha",
                "s-two",
            ),
            (
                "2026-11-22T15:10:00Z",
                "glm, \"new\"",
                "/home/dev/beta",
                "s-two",
            ),
            ("2026-11-23T09:00:00Z", OPUS, "/home/dev/beta", "s-three"),
        ],
    )?;
    Ok(world)
}

#[test]
fn agents_use_is_there_at_the_first_look_without_a_tray() -> Outcome {
    let world = three_days()?;
    let run = world.run(&["usage"])?;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(run.transcript());
    Ok(())
}

#[test]
fn rows_are_split_by_what_is_asked_for() -> Outcome {
    let world = three_days()?;
    let run = world.run(&["usage", "monthly", "--by", "project,model"])?;
    insta::assert_snapshot!(run.transcript());
    let again = world.run(&["usage", "monthly", "--by", "model", "--by", "project"])?;
    assert_eq!(again.stdout, run.stdout, "the order of columns is fixed");
    Ok(())
}

#[test]
fn json_has_the_promised_keys_and_no_key_that_nobody_asked_for() -> Outcome {
    let world = three_days()?;
    let run = world.run(&[
        "usage",
        "weekly",
        "--by",
        "model",
        "--json",
        "--timezone",
        "Asia/Tokyo",
    ])?;
    insta::assert_snapshot!(run.stdout);
    let plain = world.run(&["usage", "--json"])?.json()?;
    for key in ["model", "account", "key", "project", "session", "active"] {
        assert!(plain["rows"][0].get(key).is_none(), "{key}");
    }
    let by_key = world.run(&["usage", "--json", "--by", "key"])?.json()?;
    assert!(
        by_key["rows"][0]
            .get("key")
            .is_some_and(serde_json::Value::is_null)
    );
    Ok(())
}

#[test]
fn csv_is_a_line_a_row_and_quotes_what_needs_it() -> Outcome {
    let world = three_days()?;
    let run = world.run(&["usage", "--csv", "--by", "model", "--since", "2026-11-22"])?;
    insta::assert_snapshot!(run.stdout);
    Ok(())
}

#[test]
fn sessions_tell_their_first_and_last_response() -> Outcome {
    let world = three_days()?;
    let run = world.run(&["usage", "session", "--since", "yesterday"])?;
    insta::assert_snapshot!(run.transcript());
    Ok(())
}

/// F57, F58, F59
#[test]
fn windows_tell_which_of_them_runs_and_how_full_it_is() -> Outcome {
    let world = three_days()?;
    world.write_config("timezone = \"UTC\"\n[[account]]\nprovider = \"claude-code\"\nplan = \"custom\"\nsession_tokens = 2200\n")?;
    let run = world.run(&["usage", "block", "--since", "today"])?;
    insta::assert_snapshot!(run.transcript());
    let json = world.run(&["usage", "block", "--json"])?.json()?;
    let active: Vec<bool> = json["rows"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|row| row["active"].as_bool())
        .collect();
    assert_eq!(active, [false, false, true]);
    let window = &world.run(&["status", "--json"])?.json()?["accounts"][0]["windows"][0];
    assert_eq!(
        (window["name"].as_str(), window["source"].as_str()),
        (Some("5h"), Some("estimated"))
    );
    assert_eq!(
        (window["used"].as_str(), window["limit"].as_str()),
        (Some("1100"), Some("2200"))
    );
    assert_eq!(window["used_percent"], "50");
    assert_eq!(window["elapsed_percent"], "20");
    assert_eq!(window["resets_at"], "2026-11-23T14:00:00Z");
    Ok(())
}

#[test]
fn days_are_cut_where_the_user_says() -> Outcome {
    let world = three_days()?;
    let days = |zone: &str| -> Outcome<Vec<String>> {
        let json = world
            .run(&["usage", "--json", "--timezone", zone])?
            .json()?;
        let rows = json["rows"].as_array().into_iter().flatten();
        Ok(rows
            .filter_map(|row| row["start"].as_str().map(str::to_owned))
            .collect())
    };
    assert_eq!(days("UTC")?, ["2026-11-20", "2026-11-22", "2026-11-23"]);
    assert_eq!(days("local")?, days("UTC")?);
    assert_eq!(days("Asia/Tokyo")?, ["2026-11-21", "2026-11-23"]);
    Ok(())
}

#[test]
fn what_vendors_billed_comes_from_the_ledger_and_is_polled_only_when_asked() -> Outcome {
    let world = World::with_vendors()?;
    write_transcript(
        &world,
        &[("2026-11-23T09:00:00Z", OPUS, "/home/dev/alpha", "s")],
    )?;
    let first = world.run(&["usage", "--by", "account", "--json"])?;
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(
        world.vendors()?.seen().len(),
        0,
        "no vendor is asked unasked"
    );
    let json = first.json()?;
    assert_eq!(json["complete"], false);
    assert!(
        json["missing"][0]
            .as_str()
            .is_some_and(|text| text.starts_with("Venice: never polled"))
    );
    assert_eq!(json["rows"][0]["account"], "claude-code");
    let refreshed = world.run(&["usage", "--by", "account", "--json", "--refresh"])?;
    assert_eq!(refreshed.code, Some(0), "{}", refreshed.stderr);
    let json = refreshed.json()?;
    let rows = json["rows"].as_array().ok_or("no rows")?;
    let venice = rows
        .iter()
        .find(|row| row["account"] == "venice")
        .ok_or("no Venice")?;
    assert!(
        venice["spend"]
            .as_array()
            .is_some_and(|sums| sums.iter().any(|sum| sum["basis"] == "billed"))
    );
    let asked = world.vendors()?.seen().len();
    let text = world.run(&["usage", "--by", "account"])?;
    assert!(text.stdout.contains("BILLED DIEM"), "{}", text.stdout);
    assert_eq!(world.vendors()?.seen().len(), asked);
    Ok(())
}

#[test]
fn wrong_usage_is_said_with_what_is_right() -> Outcome {
    let world = three_days()?;
    let mut said = String::new();
    for arguments in [
        &["--since", "soon"][..],
        &["--since", "today", "--until", "2026-11-01"],
        &["--timezone", "Europe/Berln"],
        &["--account", "nobody"],
    ] {
        let run = world.run(&[&["usage"], arguments].concat())?;
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
        said.push_str(&run.transcript());
    }
    insta::assert_snapshot!(said);
    Ok(())
}

#[test]
fn an_empty_home_has_no_rows_and_says_what_to_do() -> Outcome {
    let world = World::empty()?;
    let run = world.run(&["usage"])?;
    insta::assert_snapshot!(run.transcript());
    let json = world.run(&["usage", "--json"])?.json()?;
    assert_eq!(
        (&json["rows"], &json["complete"]),
        (&json!([]), &json!(true))
    );
    Ok(())
}

#[test]
fn budgets_on_a_project_and_on_a_model_count_agents_use() -> Outcome {
    let world = three_days()?;
    world.write_config(
        "timezone = \"UTC\"\n\
         [[budget]]\nproject = \"/home/dev/alpha\"\nperiod = \"month\"\namount = 1\ncurrency = \"USD\"\n\
         [[budget]]\nmodel = \"claude-opus-4-8\"\nperiod = \"month\"\namount = 0.05\ncurrency = \"USD\"\n\
         [[budget]]\nmodel = \"claude-opus-4-8\"\nproject = \"/home/dev/beta\"\nperiod = \"day\"\namount = 1\ncurrency = \"USD\"\n",
    )?;
    let json = world.run(&["status", "--json"])?.json()?;
    let budgets = json["budgets"].as_array().ok_or("no budgets")?;
    let spent: Vec<Option<&str>> = budgets
        .iter()
        .map(|budget| budget["spent"].as_str())
        .collect();
    // A response of Opus is 0.005 + 0.0025 + 0.01, one of Haiku a fifth.
    assert_eq!(spent, [Some("0.021"), Some("0.035"), Some("0.0175")]);
    assert_eq!(budgets[1]["percent"], "70");
    Ok(())
}

#[test]
fn a_ledger_that_can_only_be_read_hides_nothing_that_agents_used() -> Outcome {
    let world = three_days()?;
    assert_eq!(world.run(&["status"])?.code, Some(0));
    let url = format!("sqlite://{}?mode=ro", world.ledger_file().display());
    for command in ["usage", "status"] {
        let run = world.run(&[command, "--ledger", &url])?;
        assert_eq!(run.code, Some(0), "{}", run.transcript());
        assert!(run.stdout.contains("~$0.02"), "{}", run.stdout);
    }
    Ok(())
}

#[test]
fn an_unreadable_configuration_is_told_once() -> Outcome {
    let world = World::empty()?;
    world.write_config("[tray\n")?;
    let run = world.run(&["usage"])?;
    assert_eq!(run.code, Some(2));
    let said = run.stderr.matches("No account is known").count();
    assert_eq!(said, 1, "{}", run.stderr);
    Ok(())
}
