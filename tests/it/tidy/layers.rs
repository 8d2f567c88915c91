//! Who may import whom: the table of `src/lib.rs`, kept.

use super::source::{File, none_of, rust_files};

const LEAVES: &[&str] = &[];

/// A layer and the layers it may import, besides itself.
fn allowed(layer: &str) -> Option<&'static [&'static str]> {
    Some(match layer {
        "logging" | "clock" => &["system"],
        "analysis" => &["domain"],
        "config" | "store" => &["domain", "system"],
        "logs" => &["domain", "system", "skim"],
        "view" => &["domain", "analysis"],
        "simulator" => &["domain", "clock"],
        "secrets" => &["domain", "clock", "system"],
        "http" => &["secrets", "clock", "system"],
        "login" => &["domain", "http", "secrets", "clock", "system"],
        "providers" => &[
            "domain", "http", "secrets", "clock", "login", "logs", "analysis",
        ],
        "app" => &[
            "domain",
            "clock",
            "analysis",
            "view",
            "config",
            "store",
            "system",
            "secrets",
            "http",
            "login",
            "providers",
            "logs",
            "simulator",
        ],
        "desktop" => &["view", "app", "domain", "system"],
        "cli" => &[
            "domain",
            "clock",
            "analysis",
            "view",
            "config",
            "store",
            "system",
            "secrets",
            "http",
            "login",
            "providers",
            "logs",
            "simulator",
            "app",
            "logging",
        ],
        "lib" | "main" => return None,
        _ => LEAVES,
    })
}

/// Of these layers only these modules may be imported by that layer.
fn narrowed(layer: &str, imported: &str) -> Option<&'static [&'static str]> {
    match (layer, imported) {
        ("desktop", "app") => Some(&["message"]),
        ("desktop", "domain") => Some(&["alert"]),
        // The ledger keeps costs, not terms, and no single responses: what a log's usage costs, and which sessions it
        // opened, must be known when it is read.
        ("providers", "analysis") => Some(&["costing", "pricelist", "session"]),
        _ => None,
    }
}

#[test]
fn every_layer_imports_only_what_the_table_allows() {
    let complaints: Vec<String> = rust_files("src").iter().flat_map(complaints).collect();
    none_of(&complaints);
}

fn complaints(file: &File) -> Vec<String> {
    if file.is_test {
        return Vec::new();
    }
    let Some(layer) = file.layer() else {
        return Vec::new();
    };
    let Some(allowed) = allowed(layer) else {
        return Vec::new();
    };
    let mut complaints = Vec::new();
    for (number, line) in file.lines_without_tests().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        // Within the package of a layer its own modules are.
        let own = if layer == "skim" {
            "crate::skim::"
        } else {
            "crate::"
        };
        for path in line
            .replace("crate::", own)
            .replace("spendtray_skim::", "crate::skim::")
            .split("crate::")
            .skip(1)
        {
            let mut names = path.split("::").map(first_word);
            let (imported, module) = (
                names.next().unwrap_or_default(),
                names.next().unwrap_or_default(),
            );
            let fits = imported == layer || imported.is_empty() || allowed.contains(&imported);
            let narrow = narrowed(layer, imported).is_none_or(|modules| modules.contains(&module));
            if !(fits && narrow) {
                complaints.push(format!(
                    "{}:{}: `{layer}` may not import `{imported}`",
                    file.path,
                    number + 1
                ));
            }
        }
    }
    complaints
}

fn first_word(text: &str) -> &str {
    let end = text
        .find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

#[test]
fn a_back_edge_is_found() {
    let planted = |path: &str, line: &str| {
        complaints(&File {
            path: path.to_owned(),
            is_test: false,
            text: format!("//! A file.\n{line}\n"),
        })
        .len()
    };
    assert_eq!(
        planted("src/domain/money.rs", "use crate::view::format;"),
        1
    );
    assert_eq!(
        planted("src/desktop/mod.rs", "use crate::app::engine::Engine;"),
        1
    );
    assert_eq!(
        planted("src/desktop/mod.rs", "use crate::app::message::Command;"),
        0
    );
    assert_eq!(planted("src/store/mod.rs", "use spendtray_skim::Raw;"), 1);
    assert_eq!(planted("src/logs/pi.rs", "use spendtray_skim::Raw;"), 0);
    assert_eq!(planted("src/skim/raw.rs", "use crate::fields::fields;"), 0);
    assert_eq!(
        planted(
            "src/analysis/rules.rs",
            "let x = crate::store::Store::open();"
        ),
        1
    );
}

#[test]
fn every_layer_below_src_stands_in_the_table() {
    let known = [
        "analysis",
        "app",
        "cli",
        "clock",
        "config",
        "desktop",
        "domain",
        "http",
        "lib",
        "logging",
        "logs",
        "login",
        "main",
        "providers",
        "secrets",
        "simulator",
        "skim",
        "store",
        "system",
        "view",
    ];
    let unknown: Vec<String> = rust_files("src")
        .iter()
        .filter(|file| !file.layer().is_some_and(|layer| known.contains(&layer)))
        .map(|file| file.path.clone())
        .collect();
    none_of(&unknown);
}
