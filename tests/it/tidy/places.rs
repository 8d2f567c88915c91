//! Some things have one home: secrets, SQL, wall time, platforms, floats, and the top level itself.

use std::fs;

use super::source::{File, none_of, rust_files, top};

/// The lines of code outside these places in which one of the words stands.
fn strays(words: &[&str], homes: &[&str]) -> Vec<String> {
    let files = rust_files("src");
    let outside = files
        .iter()
        .filter(|file| !file.is_test && !at_home(file, homes));
    outside
        .flat_map(|file| {
            let found = file
                .code()
                .enumerate()
                .filter(|(_, line)| words.iter().any(|word| line.contains(word)));
            found.map(|(number, line)| format!("{}:{}: {}", file.path, number + 1, line.trim()))
        })
        .collect()
}

fn at_home(file: &File, homes: &[&str]) -> bool {
    homes.iter().any(|home| file.path.starts_with(home))
}

#[test]
fn a_secret_is_exposed_only_where_a_request_is_built_or_a_secret_is_put_away() {
    none_of(&strays(&[".expose()"], &["src/http/", "src/secrets/"]));
}

#[test]
fn all_sql_lives_in_the_ledger_but_for_what_another_programs_database_is_asked() {
    none_of(&strays(
        &[
            "rusqlite::",
            "tokio_postgres::",
            "SELECT ",
            "INSERT INTO",
            "DELETE FROM",
        ],
        &["src/store/", "src/logs/database.rs"],
    ));
}

#[test]
fn wall_time_comes_through_one_door() {
    none_of(&strays(
        &["Utc::now", "Local::now", "SystemTime::now"],
        &["src/clock.rs"],
    ));
}

#[test]
fn unsafe_code_asks_the_c_library_for_memory_back_and_stands_in_one_file() {
    none_of(&strays(&["unsafe"], &["src/system/memory.rs"]));
}

#[test]
fn platforms_are_told_apart_only_where_the_system_is_met() {
    let homes = ["src/system/", "src/desktop/", "src/secrets/"];
    none_of(&strays(&["target_os", "cfg(unix)", "cfg(windows)"], &homes));
}

#[test]
fn no_float_holds_money() {
    none_of(&strays(&["f64", "f32"], &["src/view/icon"]));
}

#[test]
fn what_venice_forbids_us_is_never_asked() {
    none_of(&strays(
        &["rate_limits", "x-ratelimit"],
        // Codex's logs have a field of that name.
        &["src/simulator/", "src/logs/codex/"],
    ));
}

#[test]
fn the_top_level_is_the_agreed_one() {
    let agreed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "icons",
        "packaging",
        "tests",
        "README.md",
        ".gitignore",
        "LICENSE",
        ".ci",
        ".git",
        "target",
    ];
    let strangers: Vec<String> = fs::read_dir(top())
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !agreed.contains(&name.as_str()))
        .collect();
    none_of(&strangers);
}
