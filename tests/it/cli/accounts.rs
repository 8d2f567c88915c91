//! `spendtray accounts` and `providers`.

use crate::support::world::{Outcome, World};

/// A text that may be a key.
const SOME_KEY: &str = "VENICE_ADMIN_0123456789abcdef0123456789abcdef";

#[test]
fn nobody_is_polled_in_an_empty_home() -> Outcome {
    let world = World::empty()?;
    insta::assert_snapshot!(world.run(&["accounts"])?.transcript(), @r"
    $ spendtray accounts
    ! No account is set up yet. Run `spendtray login PROVIDER` to add one.
    ");
    Ok(())
}

#[test]
fn accounts_are_listed_with_the_place_of_their_key() -> Outcome {
    let world = World::with_vendors()?;
    insta::assert_snapshot!("accounts_before", world.run(&["accounts"])?.transcript());
    insta::assert_snapshot!(
        "accounts_test",
        world
            .run(&["accounts", "test"])?
            .transcript_without_figures()
    );
    insta::assert_snapshot!(
        "accounts_after",
        world.run(&["accounts", "list"])?.transcript()
    );
    Ok(())
}

#[test]
fn a_key_in_the_environment_is_an_account_without_configuration() -> Outcome {
    let mut world = World::empty()?;
    world.set("VENICE_ADMIN_KEY_1", SOME_KEY);
    world.set("VENICE_ADMIN_KEY_2", SOME_KEY);
    let list = world.run(&["accounts", "list", "--json"])?.json()?;
    let ids: Vec<&str> = list["accounts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|account| account["id"].as_str())
        .filter(|id| id.starts_with("venice"))
        .collect();
    assert_eq!(ids, ["venice/1", "venice/2"]);
    Ok(())
}

#[test]
fn an_account_is_switched_off_and_on() -> Outcome {
    let world = World::with_vendors()?;
    let off = world.run(&["accounts", "disable", "venice"])?;
    assert_eq!(off.code, Some(0), "{}", off.stderr);
    insta::assert_snapshot!(world.run(&["status", "--account", "venice"])?.transcript(), @r"
    $ spendtray status --account venice
    ! error: the account `venice` is disabled
    ! hint: Run `spendtray accounts enable venice`.
    (exit 2)
    ");
    let on = world.run(&["accounts", "enable", "venice"])?;
    assert_eq!(on.code, Some(0), "{}", on.stderr);
    assert_eq!(world.run(&["status", "--account", "venice"])?.code, Some(0));
    Ok(())
}

#[test]
fn an_unknown_account_is_neither_switched_nor_tested_nor_renamed() -> Outcome {
    let world = World::with_vendors()?;
    let before = world.config();
    for arguments in [
        &["accounts", "enable", "nobody"][..],
        &["accounts", "disable", "nobody"],
        &["accounts", "test", "nobody"],
        &["accounts", "rename", "nobody", "x"],
    ] {
        let run = world.run(arguments)?;
        assert_eq!(run.code, Some(2), "{}", run.transcript());
        assert!(
            run.stderr.contains("there is no account `nobody`"),
            "{}",
            run.stderr
        );
    }
    assert_eq!(world.config(), before);
    Ok(())
}

#[test]
fn a_renamed_account_keeps_its_key() -> Outcome {
    let world = World::with_vendors_and_no_key()?;
    let key = world.venice_key()?;
    let login = world.run_with(&["login", "venice", "--stdin"], &key)?;
    assert_eq!(login.code, Some(0), "{}", login.stderr);
    insta::assert_snapshot!(
        "rename",
        world
            .run(&["accounts", "rename", "venice", "work"])?
            .transcript()
    );
    let test = world.run(&["accounts", "test", "venice/work"])?;
    assert_eq!(test.code, Some(0), "{}", test.transcript());
    Ok(())
}

#[test]
fn a_test_says_what_failed_and_what_to_do() -> Outcome {
    let mut world = World::with_vendors()?;
    world.set("VENICE_ADMIN_KEY", "wrong-key-0123456789abcdef0123456789");
    let one = world.run(&["accounts", "test", "venice"])?;
    assert_eq!(one.code, Some(1));
    insta::assert_snapshot!("accounts_test_refused", one.transcript());
    assert_eq!(world.run(&["accounts", "test"])?.code, Some(4));
    Ok(())
}

#[test]
fn providers_say_what_they_need_and_whether_they_are_set_up() -> Outcome {
    let world = World::with_vendors()?;
    insta::assert_snapshot!("providers", world.run(&["providers"])?.transcript());
    let providers = world.run(&["providers", "--json"])?.json()?;
    let venice = providers["providers"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|provider| provider["id"] == "venice");
    assert_eq!(
        venice.map(|venice| venice["accounts"].clone()),
        Some(serde_json::json!(["venice"]))
    );
    Ok(())
}
