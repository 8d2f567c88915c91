//! Start at login by the XDG specifications: `autostart/spendtray.desktop`, with `Exec` quoted as they ask.

use std::path::{Path, PathBuf};

use crate::system::autostart::{AutostartError, Folders, Status, entry_file};

/// The desktop entry of one program.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    program: PathBuf,
    file: PathBuf,
}

impl Entry {
    pub(super) fn new(program: PathBuf, folders: Folders<'_>) -> Self {
        Self {
            program,
            file: folders.config_home.join("autostart/spendtray.desktop"),
        }
    }

    pub(super) fn status(&self) -> Status {
        let Ok(text) = std::fs::read_to_string(&self.file) else {
            return Status::Off;
        };
        let keys = MainGroup::read(&text);
        let switched_off =
            keys.is("Hidden", "true") || keys.is("X-GNOME-Autostart-enabled", "false");
        let program = keys.get("Exec").and_then(first_argument);
        let ours = program.is_some_and(|program| Path::new(&program) == self.program);
        if ours && !switched_off {
            Status::On
        } else {
            Status::Off
        }
    }

    pub(super) fn enable(&self) -> Result<(), AutostartError> {
        let program = entry_file::name(&self.program, "a desktop entry")?;
        entry_file::write(&self.file, &text(program))
    }

    pub(super) fn disable(&self) -> Result<(), AutostartError> {
        entry_file::remove(&self.file)
    }

    pub(super) fn place(&self) -> String {
        self.file.display().to_string()
    }
}

fn text(program: &str) -> String {
    format!(
        "[Desktop Entry]\n\
         Type=Application\n\
         Version=1.0\n\
         Name=Spendtray\n\
         Comment=What your AI keys, subscriptions and tokens cost\n\
         Exec={}\n\
         Icon=spendtray\n\
         Terminal=false\n\
         StartupNotify=false\n\
         X-GNOME-Autostart-enabled=true\n",
        exec(program)
    )
}

/// A program as the value of `Exec`: quoted as an argument, then escaped as a string.
fn exec(program: &str) -> String {
    let mut argument = String::with_capacity(program.len() + 2);
    argument.push('"');
    for letter in program.chars() {
        match letter {
            '"' | '`' | '$' | '\\' => argument.extend(['\\', letter]),
            '%' => argument.push_str("%%"),
            _ => argument.push(letter),
        }
    }
    argument.push('"');
    argument
        .replace('\\', r"\\")
        .replace('\n', r"\n")
        .replace('\r', r"\r")
        .replace('\t', r"\t")
}

/// The program in a value of `Exec`, as any program may have written it. `None`: there is none.
fn first_argument(value: &str) -> Option<String> {
    let value = unescape(value);
    let mut letters = value.trim_start().chars().peekable();
    let quoted = letters.next_if_eq(&'"').is_some();
    let mut program = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted => break,
            ' ' | '\t' if !quoted => break,
            '\\' if quoted => program.extend(letters.next()),
            '%' => program.extend(letters.next_if_eq(&'%')),
            _ => program.push(letter),
        }
    }
    (!program.is_empty()).then_some(program)
}

/// Undoes the escapes that a string in a desktop entry may have.
fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('s') => text.push(' '),
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('\\') => text.push('\\'),
            other => {
                text.push('\\');
                text.extend(other);
            }
        }
    }
    text
}

/// The keys of the group `Desktop Entry`; the groups of actions after it have an `Exec` of their own.
struct MainGroup<'a>(Vec<(&'a str, &'a str)>);

impl<'a> MainGroup<'a> {
    fn read(text: &'a str) -> Self {
        let lines = text.lines().map(str::trim);
        let group = lines
            .skip_while(|line| *line != "[Desktop Entry]")
            .skip(1)
            .take_while(|line| !line.starts_with('['));
        let keys = group.filter_map(|line| line.split_once('='));
        Self(
            keys.map(|(key, value)| (key.trim(), value.trim()))
                .collect(),
        )
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| *value)
    }

    fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(home: &Path, program: &str) -> Entry {
        let folders = Folders {
            config_home: home,
            home,
        };
        Entry::new(PathBuf::from(program), folders)
    }

    fn change(entry: &Entry, from: &str, to: &str) {
        let text = std::fs::read_to_string(&entry.file).unwrap();
        assert!(text.contains(from));
        std::fs::write(&entry.file, text.replace(from, to)).unwrap();
    }

    #[test]
    fn the_entry_is_what_the_specification_asks() {
        insta::assert_snapshot!(text("/usr/bin/spendtray"), @r#"
        [Desktop Entry]
        Type=Application
        Version=1.0
        Name=Spendtray
        Comment=What your AI keys, subscriptions and tokens cost
        Exec="/usr/bin/spendtray"
        Icon=spendtray
        Terminal=false
        StartupNotify=false
        X-GNOME-Autostart-enabled=true
        "#);
    }

    #[test]
    fn it_is_made_and_removed_and_both_may_be_said_twice() {
        let home = tempfile::tempdir().unwrap();
        let entry = entry(home.path(), "/opt/my apps/spendtray");
        assert_eq!(entry.status(), Status::Off);
        entry.enable().unwrap();
        entry.enable().unwrap();
        assert_eq!(entry.status(), Status::On);
        let beside = std::fs::read_dir(home.path().join("autostart")).unwrap();
        assert_eq!(beside.count(), 1, "no file is left over");
        entry.disable().unwrap();
        entry.disable().unwrap();
        assert_eq!(entry.status(), Status::Off);
    }

    #[test]
    fn an_entry_that_is_switched_off_or_starts_another_program_is_off() {
        let home = tempfile::tempdir().unwrap();
        let ours = entry(home.path(), "/usr/bin/spendtray");
        for (from, to) in [
            ("Terminal=false", "Hidden=true"),
            ("enabled=true", "enabled=false"),
            ("/usr/bin/spendtray", "/home/me/target/debug/spendtray"),
        ] {
            ours.enable().unwrap();
            assert_eq!(ours.status(), Status::On);
            change(&ours, from, to);
            assert_eq!(ours.status(), Status::Off, "{to}");
        }
    }

    #[test]
    fn an_entry_written_by_others_is_read_too() {
        for (value, program) in [
            ("/usr/bin/spendtray", Some("/usr/bin/spendtray")),
            ("/usr/bin/spendtray --quiet %U", Some("/usr/bin/spendtray")),
            (
                r#""/opt/my apps/spendtray" -v"#,
                Some("/opt/my apps/spendtray"),
            ),
            (r"/opt/my\sapps", Some("/opt/my")),
            ("", None),
            (r#""""#, None),
        ] {
            assert_eq!(first_argument(value).as_deref(), program, "{value}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("autostart"), "a file in the way").unwrap();
        let error = entry(home.path(), "/usr/bin/spendtray")
            .enable()
            .unwrap_err();
        let file = home.path().join("autostart/spendtray.desktop");
        assert!(
            error.to_string().starts_with(&file.display().to_string()),
            "{error}"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_program_is_read_back_as_it_was_written(program in "/[ -~äß\\n\\t%$`\"\\\\]{1,40}") {
            let value = exec(&program);
            proptest::prop_assert!(!value.contains('\n'));
            proptest::prop_assert_eq!(first_argument(&value), Some(program));
        }
    }
}
