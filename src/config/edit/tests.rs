//! Files before and after a change.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::*;

const WRITTEN: &str = "\
# my settings
refresh = \"5m\"   # often enough

[[account]]        # at work
name = \"work\"
provider = \"venice\"
enabled = true     # for now

[tray]
warn_at=80

[[budget]]
account = \"venice/work\"
amount = 5
[[alert]]
metric = \"venice/work.balance.diem\"
below = 1
# the end
";

fn home_with(text: &str) -> (TempDir, std::path::PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    fs::write(&file, text).unwrap();
    (home, file)
}

fn id(text: &str) -> AccountId {
    AccountId::parse(text)
}

fn changed(text: &str, change: impl Fn(&Path) -> Result<(), ConfigError>) -> String {
    let (_home, file) = home_with(text);
    change(&file).unwrap();
    fs::read_to_string(&file).unwrap()
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[test]
fn init_writes_a_private_file_once() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config/spendtray/config.toml");
    assert_eq!(init(&file), Ok(true));
    assert_eq!(fs::read_to_string(&file).unwrap(), TEMPLATE);
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    fs::write(&file, "mine").unwrap();
    assert_eq!(init(&file), Ok(false));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn switching_changes_one_word() {
    let text = changed(WRITTEN, |file| {
        switch_account(file, &id("venice/work"), Switch::Off)
    });
    assert_eq!(text, WRITTEN.replace("enabled = true ", "enabled = false "));
}

#[test]
fn a_switch_that_says_so_already_writes_nothing() {
    let (_home, file) = home_with(WRITTEN);
    let before = fs::metadata(&file).unwrap().ino();
    switch_account(&file, &id("venice/work"), Switch::On).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().ino(), before);
}

#[test]
fn an_account_that_is_not_there_is_added_behind_the_others() {
    let text = changed(WRITTEN, |file| {
        switch_account(file, &id("openai/lab"), Switch::On)
    });
    insta::assert_snapshot!(text, @r#"
    # my settings
    refresh = "5m"   # often enough

    [[account]]        # at work
    name = "work"
    provider = "venice"
    enabled = true     # for now

    [[account]]
    provider = "openai"
    name = "lab"
    enabled = true

    [tray]
    warn_at=80

    [[budget]]
    account = "venice/work"
    amount = 5
    [[alert]]
    metric = "venice/work.balance.diem"
    below = 1
    # the end
    "#);
    let text = changed("account = [\n  { provider = \"venice\" },\n]\n", |file| {
        switch_account(file, &id("openai"), Switch::Off)
    });
    insta::assert_snapshot!(text, @r#"
    account = [
      { provider = "venice" },
      { provider = "openai", enabled = false },
    ]
    "#);
    let text = changed("[account]\nprovider = \"venice\"\n", |file| {
        switch_account(file, &id("openai"), Switch::On)
    });
    insta::assert_snapshot!(text, @r#"
    [[account]]
    provider = "venice"

    [[account]]
    provider = "openai"
    enabled = true
    "#);
}

#[test]
fn without_a_file_the_template_is_where_an_account_is_added() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("new/config.toml");
    switch_account(&file, &id("venice"), Switch::On).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.contains("\n[[account]]\nprovider = \"venice\"\nenabled = true\n"),
        "{text}"
    );
    let kept = TEMPLATE.lines().filter(|line| !text.contains(line)).count();
    assert_eq!((kept, mode(&file)), (0, 0o600));
}

#[test]
fn renaming_takes_budgets_and_alerts_along() {
    let text = changed(WRITTEN, |file| {
        rename_account(file, &id("venice/work"), &id("venice/lab"))
    });
    let expected = WRITTEN
        .replace("name = \"work\"", "name = \"lab\"")
        .replace("venice/work", "venice/lab");
    assert_eq!(text, expected);
    let text = changed("[[account]]\nprovider = \"venice\"\nname = 1\n", |file| {
        rename_account(file, &id("venice/1"), &id("venice"))
    });
    assert_eq!(text, "[[account]]\nprovider = \"venice\"\n");
}

#[test]
fn a_rename_that_cannot_be_leaves_the_file() {
    let (_home, file) = home_with(&format!("{WRITTEN}[[account]]\nprovider = \"venice\"\n"));
    let before = fs::read(&file).unwrap();
    let rename = |from: &str, to: &str| rename_account(&file, &id(from), &id(to)).unwrap_err();
    assert!(matches!(
        rename("venice/work", "venice"),
        ConfigError::Taken { .. }
    ));
    assert!(matches!(
        rename("venice/x", "venice/y"),
        ConfigError::NoSuchAccount { .. }
    ));
    assert!(matches!(
        rename("venice/work", "openai/work"),
        ConfigError::Uneditable { .. }
    ));
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_broken_file_is_never_overwritten() {
    let (_home, file) = home_with("[[account]\nx");
    let error = switch_account(&file, &id("venice"), Switch::On).unwrap_err();
    assert!(
        matches!(error, ConfigError::Syntax { line: 1, .. }),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "[[account]\nx");
    let (_home, file) = home_with("account = 5");
    let error = switch_account(&file, &id("venice"), Switch::On).unwrap_err();
    assert!(matches!(error, ConfigError::Uneditable { .. }), "{error}");
}

#[test]
fn windows_lines_a_byte_order_mark_and_the_mode_are_kept() {
    let (_home, file) = home_with("\u{feff}a = 1\r\n[[account]]\r\nprovider = \"venice\" # x\r\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    switch_account(&file, &id("venice"), Switch::Off).unwrap();
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "\u{feff}a = 1\r\n[[account]]\r\nprovider = \"venice\" # x\r\nenabled = false\r\n"
    );
    assert_eq!(mode(&file), 0o640);
}

#[test]
fn a_link_is_followed_and_stays_a_link() {
    let (home, real) = home_with("");
    let link = home.path().join("link.toml");
    symlink("config.toml", &link).unwrap();
    switch_account(&link, &id("venice"), Switch::On).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("\"venice\""));
    let dangling = home.path().join("dangling.toml");
    symlink(home.path().join("sub/new.toml"), &dangling).unwrap();
    assert_eq!(init(&dangling), Ok(true));
    assert!(home.path().join("sub/new.toml").exists());
}

#[test]
fn changes_at_the_same_time_are_all_kept() {
    let (_home, file) = home_with("");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let file = &file;
            scope.spawn(move || {
                for number in 0..5 {
                    let account = id(&format!("venice/{writer}-{number}"));
                    switch_account(file, &account, Switch::On).unwrap();
                }
            });
        }
    });
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.matches("[[account]]").count(), 20, "{text}");
    let left = fs::read_dir(file.parent().unwrap()).unwrap().count();
    assert_eq!(left, 1, "nothing is left beside the file");
}
