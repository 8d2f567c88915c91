//! Start at login on macOS: a `LaunchAgent` in the user's library, read by launchd at the next login.

use std::path::PathBuf;

use crate::system::autostart::{AutostartError, Folders, Status, entry_file};

/// launchd's name of the job, and of its file.
const LABEL: &str = "io.github.spendtray";

/// The agent of one program.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    program: PathBuf,
    file: PathBuf,
}

impl Entry {
    pub(super) fn new(program: PathBuf, folders: Folders<'_>) -> Self {
        let file = format!("Library/LaunchAgents/{LABEL}.plist");
        Self {
            program,
            file: folders.home.join(file),
        }
    }

    pub(super) fn status(&self) -> Status {
        let Ok(text) = std::fs::read_to_string(&self.file) else {
            return Status::Off;
        };
        let ours = format!(
            "<string>{}</string>",
            escape(&self.program.to_string_lossy())
        );
        let switched_off = flag(&text, "Disabled") || !flag(&text, "RunAtLoad");
        if text.contains(&ours) && !switched_off {
            Status::On
        } else {
            Status::Off
        }
    }

    pub(super) fn enable(&self) -> Result<(), AutostartError> {
        let program = entry_file::name(&self.program, "a LaunchAgent")?;
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
    let program = escape(program);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>{LABEL}</string>
	<key>ProgramArguments</key>
	<array>
		<string>{program}</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>ProcessType</key>
	<string>Interactive</string>
</dict>
</plist>
"#
    )
}

/// Whether a key is set to true.
fn flag(text: &str, key: &str) -> bool {
    let key = format!("<key>{key}</key>");
    let value = text.split_once(&key).map(|(_, value)| value.trim_start());
    value.is_some_and(|value| value.starts_with("<true/>"))
}

/// A text as XML holds it.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn entry(home: &Path, program: &str) -> Entry {
        let folders = Folders {
            config_home: home,
            home,
        };
        Entry::new(PathBuf::from(program), folders)
    }

    #[test]
    fn the_agent_is_made_and_removed() {
        let home = tempfile::tempdir().unwrap();
        let entry = entry(
            home.path(),
            "/Applications/Spend & Tray.app/Contents/MacOS/spendtray",
        );
        assert_eq!(entry.status(), Status::Off);
        entry.enable().unwrap();
        assert_eq!(entry.status(), Status::On);
        let text = std::fs::read_to_string(entry.place()).unwrap();
        assert!(text.contains(
            "<string>/Applications/Spend &amp; Tray.app/Contents/MacOS/spendtray</string>"
        ));
        entry.disable().unwrap();
        assert_eq!(entry.status(), Status::Off);
    }

    #[test]
    fn an_agent_that_is_disabled_or_starts_another_program_is_off() {
        let home = tempfile::tempdir().unwrap();
        let ours = entry(home.path(), "/usr/local/bin/spendtray");
        let other = entry(home.path(), "/opt/spendtray");
        ours.enable().unwrap();
        assert_eq!(other.status(), Status::Off);
        let text = std::fs::read_to_string(ours.place()).unwrap();
        let disabled = text.replace("<dict>", "<dict>\n<key>Disabled</key>\n<true/>");
        std::fs::write(ours.place(), disabled).unwrap();
        assert_eq!(ours.status(), Status::Off);
    }
}
