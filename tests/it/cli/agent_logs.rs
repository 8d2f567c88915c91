//! A coding agent's log on this machine is an account by itself: without a key, without a network.

use std::fs;

use crate::support::world::{Outcome, World};

/// A transcript with a response of each model, on the morning of the tests' day.
fn write_transcript(world: &World, models: &[&str]) -> Outcome {
    let folder = world.path(".claude/projects/-home-dev-alpha");
    fs::create_dir_all(&folder)?;
    let mut text = String::new();
    for (number, model) in models.iter().enumerate() {
        let line = serde_json::json!({
            "type": "assistant", "uuid": format!("u{number}"), "timestamp": "2026-11-23T09:00:00Z",
            "cwd": "/home/dev/alpha", "sessionId": "s", "requestId": format!("r{number}"),
            "message": { "id": format!("m{number}"), "model": model, "stop_reason": "end_turn",
                "usage": { "input_tokens": 1000, "output_tokens": 100 } },
        });
        text.push_str(&line.to_string());
        text.push('\n');
    }
    fs::write(folder.join("s.jsonl"), text)?;
    Ok(())
}

#[test]
fn claude_codes_tokens_and_cost_are_there_at_the_first_look() -> Outcome {
    let world = World::empty()?;
    write_transcript(&world, &["claude-opus-4-8"])?;
    let run = world.run(&["status", "--json"])?;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let account = &run.json()?["accounts"][0];
    assert_eq!(account["id"], "claude-code");
    assert_eq!(account["state"], "fresh");
    let today = &account["spend"]["today"][0];
    assert_eq!(
        (today["amount"].as_str(), today["basis"].as_str()),
        (Some("0.0075"), Some("estimated"))
    );
    assert_eq!(account["tokens"]["today"]["input"], 1000);
    assert_eq!(account["tokens"]["today"]["requests"], 1);
    let text = world.run(&["status"])?.stdout;
    assert!(text.contains("Claude Code"), "{text}");
    Ok(())
}

#[test]
fn a_response_more_is_there_after_a_refresh_and_stays_when_the_transcript_is_deleted() -> Outcome {
    let world = World::empty()?;
    write_transcript(&world, &["claude-opus-4-8"])?;
    assert_eq!(world.run(&["status"])?.code, Some(0));
    write_transcript(&world, &["claude-opus-4-8", "claude-opus-4-8"])?;
    let today = |refresh: &[&str]| -> Outcome<String> {
        let status = world
            .run(&[&["status", "--json"], refresh].concat())?
            .json()?;
        let amount = &status["accounts"][0]["spend"]["today"][0]["amount"];
        Ok(amount.as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(today(&["--refresh"])?, "0.015");
    fs::remove_dir_all(world.path(".claude"))?;
    assert_eq!(today(&["--refresh"])?, "0.015");
    Ok(())
}

#[test]
fn a_model_without_a_price_shows_its_tokens_and_is_never_free() -> Outcome {
    let world = World::empty()?;
    write_transcript(&world, &["glm-unheard-of"])?;
    let status = world.run(&["status", "--json"])?.json()?;
    let account = &status["accounts"][0];
    assert_eq!(account["tokens"]["today"]["output"], 100);
    assert!(!account["spend"].to_string().contains("\"0\""), "{account}");
    Ok(())
}

#[test]
fn the_users_own_price_counts_and_the_date_of_the_others_is_said() -> Outcome {
    let world = World::empty()?;
    write_transcript(&world, &["claude-opus-4-8", "glm-unheard-of"])?;
    let text = world.run(&["status"])?.stdout;
    assert!(text.contains("Prices of 2026-11-23"), "{text}");
    assert!(text.contains("Not priced: glm-unheard-of"), "{text}");
    assert!(text.contains("≥~$0.0075 today"), "{text}");
    world.write_config(
        "[[price]]\nmodel = \"glm-unheard-of\"\ninput = 1000\noutput = 10\nfrom = 2026-11-01\n",
    )?;
    let status = world.run(&["status", "--json", "--refresh"])?.json()?;
    let account = &status["accounts"][0];
    assert_eq!(account["spend"]["today"][0]["amount"], "1.0085");
    assert_eq!(account["priced_as_of"], "2026-11-23");
    Ok(())
}

#[test]
fn doctor_tells_what_was_counted_what_made_no_sense_and_which_prices_are_used() -> Outcome {
    let world = World::empty()?;
    let rows = |run: &str| -> String {
        let logs = run
            .lines()
            .filter(|line| line.contains("logs of") || line.contains("model prices"));
        logs.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(rows(&world.run(&["doctor"])?.stdout), "");
    write_transcript(&world, &["claude-opus-4-8"])?;
    let file = world.path(".claude/projects/-home-dev-alpha/s.jsonl");
    let mut text = fs::read_to_string(&file)?;
    text.push_str("{\"type\":\"assistant\",\"message\":{\"usage\":\n");
    fs::write(&file, text)?;
    insta::assert_snapshot!(rows(&world.run(&["doctor"])?.stdout));
    Ok(())
}

#[test]
fn prices_say_of_which_day_those_of_models_are_and_a_refresh_asks_the_list_at_most_once_a_day()
-> Outcome {
    let world = World::empty()?;
    write_transcript(&world, &["claude-opus-4-8"])?;
    let models = |world: &World| -> Outcome<String> {
        Ok(world.run(&["prices", "--json"])?.json()?["models"].to_string())
    };
    assert_eq!(
        models(&world)?,
        r#"{"as_of":"2026-11-23","asked_at":null,"own":0,"source":"raw.githubusercontent.com"}"#
    );
    let text = world.run(&["prices"])?.stdout;
    assert_eq!(text.trim_end(), "Models: prices of 2026-11-23");
    // Nobody listens there.
    world.write_config("[prices]\nurl = \"http://127.0.0.1:1/list\"\n")?;
    let run = world.run(&["prices", "--refresh"])?;
    assert!(
        run.stderr
            .contains("prices of models stay as they were: 127.0.0.1:1 refused the connection"),
        "{}",
        run.stderr
    );
    world.write_config("[prices]\nrefresh = false\n")?;
    assert_eq!(world.run(&["prices", "--refresh"])?.stderr, "");
    Ok(())
}
