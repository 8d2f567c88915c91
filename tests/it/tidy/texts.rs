//! Every file says what it is, has a name that means something, and nothing is left over.

use super::source::{none_of, rust_files};

#[test]
fn every_file_opens_with_what_it_is() {
    let files = rust_files("src").into_iter().chain(rust_files("tests"));
    let bare: Vec<String> = files
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    none_of(&bare);
}

#[test]
fn no_file_is_a_drawer() {
    let drawers = [
        "utils", "util", "helpers", "helper", "common", "manager", "misc", "service", "types",
    ];
    let files = rust_files("src").into_iter().chain(rust_files("tests"));
    let named: Vec<String> = files
        .map(|file| file.path)
        .filter(|path| path.split(['/', '.']).any(|part| drawers.contains(&part)))
        .collect();
    none_of(&named);
}

#[test]
fn nothing_is_left_over() {
    let leftovers = [
        "todo!",
        "dbg!(",
        "unimplemented!",
        "FIXME",
        "#[ignore",
        "#[should_panic",
        "#[allow(",
    ];
    let mut complaints = Vec::new();
    for file in rust_files("src").iter().chain(&rust_files("tests")) {
        if file.path.starts_with("tests/it/tidy/") {
            continue;
        }
        for (number, line) in file.text.lines().enumerate() {
            if let Some(found) = leftovers.iter().find(|leftover| line.contains(**leftover)) {
                complaints.push(format!("{}:{}: {found}", file.path, number + 1));
            }
        }
    }
    none_of(&complaints);
}

#[test]
fn every_test_file_is_declared() {
    let files = rust_files("tests/it");
    let declared = |folder: &str, name: &str| {
        let front = if folder == "tests/it" {
            "tests/it/main.rs".to_owned()
        } else {
            format!("{folder}/mod.rs")
        };
        files
            .iter()
            .any(|file| file.path == front && file.text.contains(&format!("mod {name};")))
    };
    let forgotten: Vec<String> = files
        .iter()
        .map(|file| file.path.clone())
        .filter(|path| !path.ends_with("main.rs"))
        .filter(|path| {
            let own = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
            let (folder, name) = own.rsplit_once('/').unwrap_or(("", own));
            !declared(folder, name)
        })
        .collect();
    none_of(&forgotten);
}
