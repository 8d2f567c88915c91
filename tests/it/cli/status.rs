//! `spendtray status` as text, JSON and bar lines; its exit codes; what it does when something is wrong.

use std::process::Stdio;

use spendtray::simulator::Fault;

use crate::support::world::{Outcome, World};

#[test]
fn nothing_set_up_tells_the_next_step() -> Outcome {
    let world = World::empty()?;
    insta::assert_snapshot!(world.run(&["status"])?.transcript());
    let run = world.run(&["status", "--json"])?;
    assert_eq!(run.code, Some(0));
    assert_eq!(run.json()?["accounts"], serde_json::json!([]));
    assert_eq!(run.json()?["schema"], 1);
    Ok(())
}

#[test]
fn what_was_never_polled_is_polled_and_then_shown_from_the_ledger() -> Outcome {
    let world = World::with_vendors()?;
    let first = world.run(&["status"])?;
    assert_eq!((first.code, first.stderr.as_str()), (Some(0), ""));
    for part in ["Venice", "DIEM", "Coins", "VVV"] {
        assert!(
            first.stdout.contains(part),
            "{part} is missing:\n{}",
            first.stdout
        );
    }
    let asked = world.vendors()?.seen().len();
    assert!(asked > 0);
    let second = world.run(&["status"])?;
    assert_eq!(second.code, Some(0));
    assert_eq!(
        world.vendors()?.seen().len(),
        asked,
        "a second look asks no vendor"
    );
    let third = world.run(&["status", "--refresh"])?;
    assert_eq!(third.code, Some(0));
    assert!(world.vendors()?.seen().len() > asked);
    Ok(())
}

#[test]
fn json_has_every_account_with_decimal_strings() -> Outcome {
    let world = World::with_vendors()?;
    let run = world.run(&["status", "--json"])?;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let status = run.json()?;
    let accounts = status["accounts"].as_array().ok_or("accounts is no list")?;
    let venice = accounts
        .iter()
        .find(|account| account["provider"] == "venice")
        .ok_or("venice is missing")?;
    assert_eq!(venice["state"], "fresh");
    assert!(venice["balances"][0]["remaining"].is_string());
    assert!(
        venice["keys"]
            .as_array()
            .is_some_and(|keys| !keys.is_empty())
    );
    assert!(
        status["generated_at"]
            .as_str()
            .is_some_and(|at| at.ends_with('Z'))
    );
    Ok(())
}

#[test]
fn bars_get_one_line_each() -> Outcome {
    let world = World::with_vendors()?;
    for bar in ["plain", "polybar", "tmux", "waybar"] {
        let run = world.run(&["status", "--format", bar])?;
        assert_eq!(run.code, Some(0), "{bar}");
        assert_eq!(run.stdout.lines().count(), 1, "{bar}");
    }
    let waybar = world.run(&["status", "--format", "waybar"])?.json()?;
    for key in ["text", "tooltip", "class"] {
        assert!(waybar[key].is_string(), "{key}");
    }
    Ok(())
}

#[test]
fn an_account_can_be_chosen_and_an_unknown_one_is_named_with_those_that_are_known() -> Outcome {
    let world = World::with_vendors()?;
    let chosen = world
        .run(&["status", "--json", "--account", "venice"])?
        .json()?;
    let ids: Vec<&str> = chosen["accounts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|account| account["provider"].as_str())
        .collect();
    assert_eq!(ids, ["venice"]);
    let run = world.run(&["status", "--account", "venise"])?;
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(
        run.stderr.contains("there is no account `venise`"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("Known accounts: venice"),
        "{}",
        run.stderr
    );
    Ok(())
}

#[test]
fn some_accounts_failing_is_four_and_all_failing_is_one() -> Outcome {
    let world = World::with_vendors()?;
    let trouble = || Fault::Answer {
        status: 403,
        headers: Vec::new(),
        body: b"{}".to_vec(),
    };
    world.vendors()?.fail("venice", "", trouble());
    assert_eq!(world.run(&["status", "--refresh"])?.code, Some(4));
    let one = world.run(&["status", "--refresh", "--account", "venice"])?;
    assert_eq!(one.code, Some(1));
    world.vendors()?.mend();
    Ok(())
}

#[test]
fn a_wrong_key_is_shown_with_what_to_do() -> Outcome {
    let mut world = World::with_vendors()?;
    world.set("VENICE_ADMIN_KEY", "wrong-key-0123456789abcdef0123456789");
    let run = world.run(&["status", "--account", "venice", "--json"])?;
    assert_eq!(run.code, Some(1));
    let account = &run.json()?["accounts"][0];
    assert_eq!(account["state"], "unauthorized");
    assert_eq!(account["error"]["kind"], "unauthorized");
    assert!(account["error"]["hint"].is_string());
    assert!(!run.everything().contains("wrong-key-0123456789"));
    Ok(())
}

#[test]
fn a_broken_line_of_the_configuration_costs_only_itself() -> Outcome {
    let world = World::with_vendors()?;
    let text = format!("refresh = \"soon\"\n{}", world.config());
    world.write_config(&text)?;
    let run = world.run(&["status", "--format", "plain"])?;
    assert_eq!(run.code, Some(0));
    assert!(run.stderr.contains("warning: "), "{}", run.stderr);
    assert!(run.stderr.contains("refresh"), "{}", run.stderr);
    assert_eq!(world.config(), text, "the file is left as it is");
    Ok(())
}

#[test]
fn a_broken_file_means_defaults_and_is_never_overwritten() -> Outcome {
    let world = World::empty()?;
    world.write_config("[tray\nwarn_at = 1")?;
    let run = world.run(&["status"])?;
    assert_eq!(run.code, Some(2));
    assert_eq!(run.stdout, "");
    let said = &run.stderr;
    assert!(
        said.contains("Defaults are used until it is mended."),
        "{said}"
    );
    assert!(said.contains("`spendtray config edit`"), "{said}");
    assert!(!run.everything().contains("No account is set up"), "{said}");
    assert_eq!(world.config(), "[tray\nwarn_at = 1");
    Ok(())
}

#[test]
fn formats_exclude_each_other_and_watching_needs_a_terminal() -> Outcome {
    let world = World::empty()?;
    assert_eq!(
        world.run(&["status", "--json", "--format", "tmux"])?.code,
        Some(2)
    );
    assert_eq!(world.run(&["status", "--json", "--watch"])?.code, Some(2));
    insta::assert_snapshot!(world.run(&["status", "--watch"])?.transcript(), @r"
    $ spendtray status --watch
    ! error: `--watch` needs a terminal
    ! hint: Without one, run `spendtray status` again whenever you want the figures.
    (exit 2)
    ");
    Ok(())
}

#[test]
fn a_reader_that_leaves_is_no_failure() -> Outcome {
    let world = World::with_vendors()?;
    let mut child = world
        .command(&["status", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    drop(child.stdout.take());
    let output = child.wait_with_output()?;
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    Ok(())
}

#[test]
fn vendors_that_bill_by_days_are_told_by_key_model_and_project() -> Outcome {
    let world = World::with_every_vendor()?;
    let run = world.run(&["status", "--json"])?;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let status = run.json()?;
    let accounts = status["accounts"].as_array().ok_or("accounts is no list")?;
    for (provider, project) in [
        ("openai", "Shop"),
        ("anthropic", "Backend"),
        ("openrouter", ""),
    ] {
        let account = accounts
            .iter()
            .find(|account| account["provider"] == provider)
            .ok_or_else(|| format!("{provider} is missing"))?;
        assert_eq!(account["state"], "fresh", "{provider}");
        assert_eq!(account["missing"], serde_json::json!([]), "{provider}");
        for span in ["today", "month"] {
            let sum = &account["spend"][span][0];
            assert_eq!(
                (&sum["currency"], &sum["basis"]),
                (&"USD".into(), &"billed".into()),
                "{provider} {span}"
            );
        }
        assert!(
            account["models"][0]["tokens"]["input"].is_u64(),
            "{provider}"
        );
        assert!(account["keys"][0]["label"].is_string(), "{provider}");
        let label = &account["projects"][0]["label"];
        assert_eq!(label.as_str().unwrap_or_default(), project, "{provider}");
    }
    Ok(())
}
