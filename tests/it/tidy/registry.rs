//! Adding a provider is one file and its entry: nothing is forgotten, and nothing else knows its name.

use std::collections::BTreeSet;

use spendtray::providers::{ALL, Kind};

use super::source::{none_of, rust_files, top};

#[test]
fn providers_stand_by_id_and_once() {
    let ids: Vec<&str> = ALL.iter().map(|provider| provider.id).collect();
    let sorted: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids, sorted.into_iter().collect::<Vec<_>>());
}

#[test]
fn every_provider_has_fixtures() {
    // Logs have samples of their own, in tests/fixtures/logs.
    let bare: Vec<String> = ALL
        .iter()
        .filter(|provider| provider.kind != Kind::AgentLog)
        .map(|provider| format!("tests/fixtures/providers/{}", provider.id))
        .filter(|folder| !top().join(folder).is_dir())
        .collect();
    none_of(&bare);
}

#[test]
fn a_provider_is_known_only_to_its_own_file() {
    let mut complaints = Vec::new();
    for provider in ALL {
        let quoted = format!("\"{}\"", provider.id);
        let homes = [
            format!("src/providers/{}", provider.id),
            "src/simulator/".to_owned(),
            "src/logs/".to_owned(),
        ];
        for file in rust_files("src")
            .iter()
            .filter(|file| !file.is_test && !homes.iter().any(|home| file.path.starts_with(home)))
        {
            if file.path.starts_with("src/providers/") && file.path.contains(provider.id) {
                continue;
            }
            for (number, _) in file
                .code()
                .enumerate()
                .filter(|(_, line)| line.contains(&quoted))
            {
                complaints.push(format!("{}:{}: {quoted}", file.path, number + 1));
            }
        }
    }
    none_of(&complaints);
}

#[test]
fn every_host_is_asked_over_tls() {
    for provider in ALL {
        if provider.kind == Kind::AgentLog {
            assert_eq!((provider.base_url, provider.hosts), ("", &[][..]));
            continue;
        }
        assert!(
            provider.base_url.starts_with("https://"),
            "{}",
            provider.base_url
        );
        let host = provider
            .base_url
            .trim_start_matches("https://")
            .split('/')
            .next()
            .unwrap_or_default();
        assert!(
            provider.hosts.contains(&host),
            "{} does not name its own host {host}",
            provider.id
        );
    }
}
