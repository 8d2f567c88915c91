//! The places of configuration, data, state and cache on each system, and their overrides.

use std::path::{Path, PathBuf};

use crate::config::environment::{self, Convention};
use crate::domain::variables::Variables;

/// The program's folder in each place.
const PROGRAM: &str = "spendtray";

/// Every place the program reads or writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file.
    pub config_file: PathBuf,
    /// The user's home.
    pub home: PathBuf,
    /// The folder that holds all programs' configuration: `~/.config` on Linux.
    pub config_home: PathBuf,
    /// The folder of the ledger.
    pub data: PathBuf,
    /// The folder of logs and of the lock of the resident process.
    pub state: PathBuf,
    /// The folder of what can be fetched again.
    pub cache: PathBuf,
    /// The ledger by `--ledger` or `SPENDTRAY_LEDGER`. `None`: neither is set.
    pub ledger_override: Option<String>,
}

/// What the command line says about places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--ledger`.
    pub ledger: Option<String>,
}

impl Paths {
    /// The places on this system: flags before variables before the platform's own.
    #[must_use]
    pub fn find(variables: &Variables, overrides: &Overrides) -> Self {
        Self::by(environment::convention(), variables, overrides)
    }

    fn by(convention: Convention, variables: &Variables, overrides: &Overrides) -> Self {
        let variable = |name: &str| variables.get(name);
        let home = home(variables);
        // The specification says: a relative path in these variables is to be ignored.
        let base = |name: &str, else_under_home: &str| {
            variable(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
                .unwrap_or_else(|| home.join(else_under_home))
        };
        let [config_home, data, state, cache] = match convention {
            Convention::Xdg => [
                base("XDG_CONFIG_HOME", ".config"),
                base("XDG_DATA_HOME", ".local/share").join(PROGRAM),
                base("XDG_STATE_HOME", ".local/state").join(PROGRAM),
                base("XDG_CACHE_HOME", ".cache").join(PROGRAM),
            ],
            Convention::Macos => {
                let support = home.join("Library/Application Support");
                let own = support.join(PROGRAM);
                let cache = home.join("Library/Caches").join(PROGRAM);
                [support, own.clone(), own, cache]
            }
            Convention::Windows => {
                let roaming = base("APPDATA", "AppData/Roaming");
                let local = base("LOCALAPPDATA", "AppData/Local").join(PROGRAM);
                [
                    roaming,
                    local.join("data"),
                    local.join("state"),
                    local.join("cache"),
                ]
            }
        };
        let config_file = overrides
            .config
            .clone()
            .or_else(|| variable("SPENDTRAY_CONFIG").map(PathBuf::from))
            .or_else(|| own_place(variables))
            .unwrap_or_else(|| config_home.join(PROGRAM).join("config.toml"));
        Self {
            config_file,
            ledger_override: overrides
                .ledger
                .clone()
                .or_else(|| variable("SPENDTRAY_LEDGER").map(str::to_owned)),
            home,
            config_home,
            data,
            state,
            cache,
        }
    }

    /// The file that holds credentials where the system has no secret store.
    #[must_use]
    pub fn secrets_file(&self) -> PathBuf {
        self.data.join("secrets.toml")
    }

    /// The ledger's file where no URL says otherwise.
    #[must_use]
    pub fn ledger_file(&self) -> PathBuf {
        self.data.join("ledger.sqlite")
    }
}

fn home(variables: &Variables) -> PathBuf {
    let named = ["HOME", "USERPROFILE"]
        .iter()
        .filter_map(|name| variables.get(name))
        .map(PathBuf::from)
        .find(|home| home.is_absolute());
    // Without any home nothing can be kept; the root says so when it is written to.
    named
        .or_else(environment::home)
        .unwrap_or_else(|| Path::new("/").to_owned())
}

/// Where confy finds the file when no variable tells where the user's files are. It asks the real environment, so it
/// is asked only then: `demo` and tests hand in variables that say where.
fn own_place(variables: &Variables) -> Option<PathBuf> {
    let told = ["HOME", "USERPROFILE", "XDG_CONFIG_HOME", "APPDATA"];
    if told.iter().any(|name| variables.get(name).is_some()) {
        return None;
    }
    confy::get_configuration_file_path(PROGRAM, "config").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(convention: Convention, pairs: &[(&str, &str)], overrides: &Overrides) -> Paths {
        let variables = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Paths::by(convention, &variables, overrides)
    }

    fn shown(paths: &Paths) -> [String; 5] {
        [
            &paths.config_file,
            &paths.config_home,
            &paths.data,
            &paths.state,
            &paths.cache,
        ]
        .map(|path| path.display().to_string())
    }

    #[test]
    fn the_home_holds_everything_by_default() {
        let paths = find(Convention::Xdg, &[("HOME", "/h")], &Overrides::default());
        assert_eq!(
            shown(&paths),
            [
                "/h/.config/spendtray/config.toml",
                "/h/.config",
                "/h/.local/share/spendtray",
                "/h/.local/state/spendtray",
                "/h/.cache/spendtray"
            ]
        );
        assert_eq!(paths.ledger_override, None);
        assert_eq!(
            paths.secrets_file(),
            Path::new("/h/.local/share/spendtray/secrets.toml")
        );
    }

    #[test]
    fn the_desktops_variables_are_honoured_unless_relative() {
        let pairs = [
            ("HOME", "/h"),
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_DATA_HOME", "/d"),
            ("XDG_STATE_HOME", "relative"),
            ("XDG_CACHE_HOME", ""),
        ];
        let paths = find(Convention::Xdg, &pairs, &Overrides::default());
        assert_eq!(
            shown(&paths),
            [
                "/c/spendtray/config.toml",
                "/c",
                "/d/spendtray",
                "/h/.local/state/spendtray",
                "/h/.cache/spendtray"
            ]
        );
    }

    #[test]
    fn flags_come_before_variables() {
        let pairs = [
            ("HOME", "/h"),
            ("SPENDTRAY_CONFIG", "/v.toml"),
            ("SPENDTRAY_LEDGER", "csv:///v"),
        ];
        let paths = find(Convention::Xdg, &pairs, &Overrides::default());
        assert_eq!(paths.config_file, Path::new("/v.toml"));
        assert_eq!(paths.ledger_override.as_deref(), Some("csv:///v"));
        let flags = Overrides {
            config: Some("/f.toml".into()),
            ledger: Some("csv:///f".to_owned()),
        };
        let paths = find(Convention::Xdg, &pairs, &flags);
        assert_eq!(paths.config_file, Path::new("/f.toml"));
        assert_eq!(paths.ledger_override.as_deref(), Some("csv:///f"));
    }

    #[test]
    fn other_systems_keep_their_own_places() {
        let paths = find(
            Convention::Macos,
            &[("HOME", "/Users/me")],
            &Overrides::default(),
        );
        assert_eq!(
            paths.config_file,
            Path::new("/Users/me/Library/Application Support/spendtray/config.toml")
        );
        let pairs = [
            ("USERPROFILE", "/U/me"),
            ("APPDATA", "/U/me/AppData/Roaming"),
        ];
        let paths = find(Convention::Windows, &pairs, &Overrides::default());
        assert_eq!(
            paths.config_file,
            Path::new("/U/me/AppData/Roaming/spendtray/config.toml")
        );
        assert_eq!(paths.data, Path::new("/U/me/AppData/Local/spendtray/data"));
    }

    #[test]
    fn with_nothing_but_a_home_told_everything_lies_in_it() {
        for convention in [Convention::Xdg, Convention::Macos, Convention::Windows] {
            let paths = find(convention, &[("HOME", "/h")], &Overrides::default());
            for place in shown(&paths) {
                assert!(place.starts_with("/h/"), "{convention:?}: {place}");
            }
        }
    }

    #[test]
    fn without_any_variable_the_users_own_place_is_still_found() {
        let paths = find(Convention::Xdg, &[], &Overrides::default());
        assert!(paths.config_file.is_absolute());
        assert!(paths.config_file.ends_with("spendtray/config.toml"));
    }
}
