//! The places a user names himself: a file whose first line is the credential, or a program that prints it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::sync::oneshot;

use crate::secrets::Secret;
use crate::secrets::vault::{Found, SecretError};

/// A credential is shorter; nothing more is read of a file or of what a program prints.
const LONGEST_BYTES: u64 = 64 * 1024;
/// So long reading a file may take: it may be a pipe, or on a network.
const FILE_DEADLINE: Duration = Duration::from_secs(5);
/// So long a program may take.
const COMMAND_DEADLINE: Duration = Duration::from_secs(10);

/// The first line of a file.
pub(super) async fn file(path: &str) -> Result<Found, SecretError> {
    let fault = |reason: String| SecretError::File {
        file: path.into(),
        reason,
    };
    let (tell, told) = oneshot::channel();
    let owned = path.to_owned();
    // Not the runtime's own threads: one that hangs in a read would hold up the program's end.
    thread::Builder::new()
        .name("secret-file".to_owned())
        .spawn(move || drop(tell.send(first_line_of(Path::new(&owned)))))
        .map_err(|error| fault(error.to_string()))?;
    let line = match tokio::time::timeout(FILE_DEADLINE, told).await {
        Ok(Ok(line)) => line.map_err(|error| fault(error.to_string()))?,
        _ => {
            return Err(fault(format!(
                "it could not be read within {} s",
                FILE_DEADLINE.as_secs()
            )));
        }
    };
    let secret = Secret::new(&line).ok_or_else(|| fault("its first line is empty".to_owned()))?;
    let place = if others_may_read(Path::new(path)) {
        format!("the file {path} (others can read it; run `chmod 600 {path}`)")
    } else {
        format!("the file {path}")
    };
    Ok(Found { secret, place })
}

fn first_line_of(path: &Path) -> std::io::Result<String> {
    let mut line = String::new();
    BufReader::new(File::open(path)?.take(LONGEST_BYTES)).read_line(&mut line)?;
    Ok(line.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(unix)]
fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may_read(_path: &Path) -> bool {
    false
}

/// The first line that a program prints. Nothing it prints to standard output is ever repeated.
pub(super) async fn command(words: &[String]) -> Result<Found, SecretError> {
    command_within(words, COMMAND_DEADLINE).await
}

async fn command_within(words: &[String], deadline: Duration) -> Result<Found, SecretError> {
    let program = words.first().map(String::as_str).unwrap_or_default();
    let fault = |reason: String| SecretError::Command {
        program: program.to_owned(),
        reason,
    };
    let run = run(program, words.get(1..).unwrap_or_default());
    let output = tokio::time::timeout(deadline, run)
        .await
        .map_err(|_| fault(format!("it was not done within {} s", deadline.as_secs())))?
        .map_err(|error| fault(format!("it could not be run: {error}")))?;
    if let Some(ended) = output.failed {
        let said = String::from_utf8_lossy(&output.complaint);
        let said = said.lines().map(str::trim).find(|line| !line.is_empty());
        let said = said.map(|line| line.chars().take(200).collect::<String>());
        return Err(fault(
            said.map_or(ended.clone(), |said| format!("{ended}: {said}")),
        ));
    }
    let text = String::from_utf8_lossy(&output.answer);
    let secret = Secret::new(text.lines().next().unwrap_or_default())
        .ok_or_else(|| fault("the first line it printed is empty".to_owned()))?;
    Ok(Found {
        secret,
        place: format!("the program `{program}`"),
    })
}

struct Output {
    answer: Vec<u8>,
    complaint: Vec<u8>,
    /// How it ended. `None`: well.
    failed: Option<String>,
}

async fn run(program: &str, arguments: &[String]) -> std::io::Result<Output> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (answer, complaint) =
        tokio::try_join!(start_of(child.stdout.take()), start_of(child.stderr.take()))?;
    let status = child.wait().await?;
    Ok(Output {
        answer,
        complaint,
        failed: (!status.success()).then(|| match status.code() {
            Some(code) => format!("it failed with exit code {code}"),
            None => "it was killed".to_owned(),
        }),
    })
}

/// The first bytes of a stream; it is closed then, so that an endless one ends.
async fn start_of(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(LONGEST_BYTES).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    async fn shell(script: &str) -> Result<Found, String> {
        let words = ["sh", "-c", script].map(str::to_owned);
        command_within(&words, Duration::from_secs(2))
            .await
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_program_prints_the_key_in_its_first_line() {
        let found = shell("echo ' sk-key '; echo more").await.unwrap();
        assert_eq!(found.secret.expose(), "sk-key");
        assert_eq!(found.place, "the program `sh`");
    }

    #[tokio::test]
    async fn a_program_that_fails_says_why_but_never_what_it_printed() {
        let failed =
            shell("echo sk-key; echo; echo 'no such entry' >&2; echo more >&2; exit 3").await;
        insta::assert_snapshot!(failed.unwrap_err(), @r#"the program `sh` gave no key: it failed with exit code 3: no such entry."#);
        insta::assert_snapshot!(shell("exit 1").await.unwrap_err(), @r#"the program `sh` gave no key: it failed with exit code 1."#);
        insta::assert_snapshot!(shell("kill -9 $$").await.unwrap_err(), @r#"the program `sh` gave no key: it was killed."#);
        insta::assert_snapshot!(shell("echo; echo sk-key").await.unwrap_err(), @r#"the program `sh` gave no key: the first line it printed is empty."#);
        let absent = command(&["no-such-program-here".to_owned()])
            .await
            .unwrap_err();
        insta::assert_snapshot!(absent, @r#"the program `no-such-program-here` gave no key: it could not be run: No such file or directory (os error 2)."#);
    }

    #[tokio::test]
    async fn a_program_that_does_not_end_is_ended() {
        let words = ["tail", "-f", "/dev/null"].map(str::to_owned);
        let endless = command_within(&words, Duration::from_millis(100)).await;
        assert!(
            endless
                .unwrap_err()
                .to_string()
                .contains("it was not done within")
        );
        assert!(shell("exec cat /dev/zero").await.is_err());
    }

    #[tokio::test]
    async fn a_file_holds_the_key_in_its_first_line() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        let path = path.to_str().unwrap();
        std::fs::write(path, "\u{feff}sk-key\r\nmore\n").unwrap();
        let found = file(path).await.unwrap();
        assert_eq!(found.secret.expose(), "sk-key");
        assert!(found.place.contains("chmod 600"), "{}", found.place);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(file(path).await.unwrap().place, format!("the file {path}"));
    }

    #[tokio::test]
    async fn a_file_without_a_key_is_named() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        let path = path.to_str().unwrap();
        let absent = file(path).await.unwrap_err().to_string();
        assert!(absent.starts_with(path), "{absent}");
        std::fs::write(path, "\nsk-key\n").unwrap();
        let empty = file(path).await.unwrap_err().to_string();
        assert!(empty.contains("its first line is empty") && !empty.contains("sk-key"));
        std::fs::write(path, b"\xff\xfe\n").unwrap();
        assert!(file(path).await.is_err());
    }
}
