//! `spendtray login` and `logout`: keys in, keys out, and never a key in sight.

use crate::support::world::{Outcome, World};

const WRONG_KEY: &str = "VENICE_ADMIN_wrongwrongwrongwrong0123456789";

/// A text that may be a key.
const SOME_KEY: &str = "VENICE_ADMIN_0123456789abcdef0123456789abcdef";

/// A world whose vendor is there, and where only `venice` is known to be at that address.
fn world() -> Outcome<World> {
    World::with_vendors_and_no_key()
}

#[test]
fn a_key_from_standard_input_is_kept_tested_and_used() -> Outcome {
    let world = world()?;
    let run = world.run_with(
        &["login", "venice", "--stdin"],
        &format!("{}\n", world.venice_key()?),
    )?;
    insta::assert_snapshot!(run.transcript_without_figures());
    let status = world.run(&["status", "--account", "venice", "--format", "plain"])?;
    assert_eq!((status.code, status.stderr.as_str()), (Some(0), ""));
    assert!(
        world
            .vendors()?
            .seen()
            .iter()
            .any(|seen| seen.vendor == "venice")
    );
    Ok(())
}

#[test]
fn a_key_that_the_vendor_refuses_is_stored_and_said() -> Outcome {
    let world = world()?;
    let key = world.venice_key()?;
    let run = world.run_with(&["login", "venice", "--stdin"], WRONG_KEY)?;
    insta::assert_snapshot!(run.transcript());
    let again = world.run_with(&["login", "venice", "--stdin"], &key)?;
    assert_eq!(again.code, Some(0), "a new key is tried: {}", again.stderr);
    Ok(())
}

#[test]
fn a_key_that_is_none_is_refused_before_anything_is_changed() -> Outcome {
    let world = world()?;
    let before = world.config();
    for (input, why) in [
        ("", "no key was given"),
        ("two words", "it has blanks in it"),
    ] {
        let run = world.run_with(&["login", "venice", "--stdin"], input)?;
        assert_eq!(run.code, Some(2), "{input}");
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
    assert_eq!(world.config(), before);
    assert!(!world.path("data/spendtray/secrets.toml").exists());
    Ok(())
}

#[test]
fn a_key_on_the_command_line_is_refused_and_not_repeated() -> Outcome {
    let world = world()?;
    for arguments in [
        &["login", "venice", WRONG_KEY][..],
        &["login", "venice", "--key", WRONG_KEY],
    ] {
        let run = world.run(arguments)?;
        assert_eq!(run.code, Some(2));
        assert!(!run.everything().contains(WRONG_KEY), "{}", run.stderr);
    }
    let run = world.run(&["login", WRONG_KEY])?;
    assert_eq!(run.code, Some(2));
    assert!(!run.everything().contains(WRONG_KEY), "{}", run.stderr);
    Ok(())
}

#[test]
fn without_a_terminal_the_key_must_be_piped_in_on_purpose() -> Outcome {
    let world = world()?;
    let key = world.venice_key()?;
    let run = world.run_with(&["login", "venice"], &key)?;
    insta::assert_snapshot!(run.transcript(), @r"
    $ spendtray login venice
    ! error: there is no terminal to ask for the key on
    ! hint: Pipe it in: `… | spendtray login venice --stdin`.
    (exit 2)
    ");
    Ok(())
}

#[test]
fn an_unknown_provider_is_guessed_at() -> Outcome {
    let world = World::empty()?;
    insta::assert_snapshot!(world.run(&["login", "vencie"])?.transcript(), @r"
    $ spendtray login vencie
    ! error: there is no provider `vencie`
    ! hint: Did you mean `venice`?
    (exit 2)
    ");
    Ok(())
}

#[test]
fn a_provider_without_a_key_is_just_switched_on() -> Outcome {
    let world = World::empty()?;
    let run = world.run(&["login", "frankfurter", "--no-test"])?;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(world.config().contains("frankfurter"));
    Ok(())
}

#[test]
fn a_broken_configuration_stops_login_before_a_key_is_kept() -> Outcome {
    let world = World::empty()?;
    world.write_config("[[account]\n")?;
    let run = world.run_with(&["login", "venice", "--stdin", "--no-test"], SOME_KEY)?;
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert_eq!(world.config(), "[[account]\n");
    assert!(!world.path("data/spendtray/secrets.toml").exists());
    Ok(())
}

#[test]
fn a_named_account_stands_beside_the_first() -> Outcome {
    let world = World::empty()?;
    for account in ["venice", "venice/work"] {
        let run = world.run_with(&["login", account, "--stdin", "--no-test"], SOME_KEY)?;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    let list = world.run(&["accounts", "list", "--json"])?.json()?;
    assert_eq!(list["accounts"][0]["id"], "venice");
    assert_eq!(list["accounts"][1]["id"], "venice/work");
    Ok(())
}

#[test]
fn logout_forgets_the_key_and_says_what_it_did() -> Outcome {
    let world = world()?;
    let key = world.venice_key()?;
    let login = world.run_with(&["login", "venice", "--stdin", "--no-test"], &key)?;
    assert_eq!(login.code, Some(0), "{}", login.stderr);
    insta::assert_snapshot!("logout", world.run(&["logout", "venice"])?.transcript());
    insta::assert_snapshot!(
        "logout_twice",
        world.run(&["logout", "venice"])?.transcript()
    );
    let list = world.run(&["accounts", "list", "--json"])?.json()?;
    let venice = list["accounts"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|account| account["id"] == "venice");
    assert_eq!(
        venice.map(|account| account["enabled"].clone()),
        Some(false.into())
    );
    Ok(())
}

#[test]
fn logout_names_a_key_that_it_cannot_remove() -> Outcome {
    let world = World::with_vendors()?;
    let key = world.venice_key()?;
    let run = world.run(&["logout", "venice"])?;
    assert_eq!(run.code, Some(0));
    assert!(
        run.stderr
            .contains("the variable VENICE_ADMIN_KEY still holds a key"),
        "{}",
        run.stderr
    );
    assert!(!run.everything().contains(&key));
    Ok(())
}

#[test]
fn no_output_and_no_file_but_one_ever_holds_the_key() -> Outcome {
    let world = world()?;
    let key = world.venice_key()?;
    let runs = [
        world.run_with(&["login", "venice", "--stdin", "-vv"], &key)?,
        world.run(&["status", "-vv", "--refresh"])?,
        world.run(&["status", "--json", "-vv"])?,
        world.run(&["accounts", "-vv"])?,
        world.run(&["accounts", "test", "-vv"])?,
        world.run(&["config", "show"])?,
        world.run(&["doctor", "--online", "-vv"])?,
        world.run(&["providers"])?,
    ];
    for run in &runs {
        assert!(!run.everything().contains(&key), "{}", run.transcript());
    }
    let holding = files_with(&world.path(""), key.as_bytes())?;
    assert_eq!(holding, [world.path("data/spendtray/secrets.toml")]);
    Ok(())
}

fn files_with(folder: &std::path::Path, needle: &[u8]) -> Outcome<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_with(&path, needle)?);
        } else if path.is_file()
            && std::fs::read(&path)?
                .windows(needle.len())
                .any(|part| part == needle)
        {
            found.push(path);
        }
    }
    Ok(found)
}
