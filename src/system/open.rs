//! Opens pages and files with the programs the user has chosen for them.
//!
//! Nothing passes through a shell, and no page is opened that travels unencrypted or is no page at all.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

#[cfg(target_os = "linux")]
const OPENER: (&str, &[&str]) = ("xdg-open", &[]);
#[cfg(target_os = "macos")]
const OPENER: (&str, &[&str]) = ("open", &[]);
#[cfg(windows)]
const OPENER: (&str, &[&str]) = ("rundll32.exe", &["url.dll,FileProtocolHandler"]);
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
const OPENER: (&str, &[&str]) = ("xdg-open", &[]);

/// Why it could not be opened; names what to open by hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(pub String);

/// Opens a page in the browser; only `https`, and `http` to loopback.
///
/// # Errors
/// When there is no browser, or the address is of another kind.
pub fn page(address: &str) -> Result<(), OpenError> {
    if !is_page(address) {
        return Err(OpenError(format!(
            "only https pages are opened, and http ones of this machine; open it by hand if you trust it: {address}"
        )));
    }
    open(OsStr::new(address), "page")
}

/// Opens a file in the program for its kind.
///
/// # Errors
/// When there is none.
pub fn file(file: &Path) -> Result<(), OpenError> {
    open(file.as_os_str(), "file")
}

fn open(target: &OsStr, kind: &'static str) -> Result<(), OpenError> {
    let shown = target.to_string_lossy().into_owned();
    let child = start(target).map_err(|error| {
        let (program, _) = OPENER;
        let reason = match error.kind() {
            io::ErrorKind::NotFound => format!("the program `{program}` is not installed"),
            _ => format!("the program `{program}` could not be started: {error}"),
        };
        OpenError(format!("{reason}; open this {kind} by hand: {shown}"))
    })?;
    reap(child, kind, shown);
    Ok(())
}

fn start(target: &OsStr) -> io::Result<Child> {
    let (program, arguments) = OPENER;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(target)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // In a group of its own, so that Ctrl+C in our terminal does not end the user's browser.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()
}

/// Waits for the opener on a thread: it may stay as long as the browser, and must not stay as a zombie.
fn reap(mut child: Child, kind: &'static str, shown: String) {
    std::thread::spawn(move || match child.wait() {
        Ok(status) if status.success() => {}
        Ok(status) => {
            tracing::warn!(%status, "the {kind} may not have been opened; open it by hand: {shown}");
        }
        Err(error) => tracing::warn!(%error, "the program that opens the {kind} was lost"),
    });
}

/// Whether an address is one that may be handed to a browser.
fn is_page(address: &str) -> bool {
    if address
        .chars()
        .any(|letter| letter.is_control() || letter.is_whitespace())
    {
        return false;
    }
    match address.split_once("://") {
        Some(("https", rest)) => !host(rest).is_empty(),
        Some(("http", rest)) => is_loopback(host(rest)),
        _ => false,
    }
}

/// The host in what follows the scheme; empty when there is none or a user name hides it.
fn host(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.contains('@') {
        return "";
    }
    match authority
        .strip_prefix('[')
        .and_then(|v6| v6.split_once(']'))
    {
        Some((v6, _)) => v6,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn is_loopback(host: &str) -> bool {
    let address: Result<std::net::IpAddr, _> = host.parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback_are_pages() {
        for address in [
            "https://venice.ai/settings/api?tab=usage#top",
            "https://[2001:db8::1]/x",
            "http://localhost:8080/report",
            "http://127.0.0.1/",
            "http://[::1]:9/",
        ] {
            assert!(is_page(address), "{address}");
        }
    }

    #[test]
    fn anything_else_is_not_a_page() {
        for address in [
            "",
            "https://",
            "http://venice.ai/",
            "http://127.0.0.1@evil.example/",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "https://me@venice.ai/",
            "http://evil.example\\@127.0.0.1/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "--help",
            "https://venice.ai/ --new-window",
            "https://venice.ai/\n",
        ] {
            assert!(!is_page(address), "{address}");
        }
    }

    #[test]
    fn a_refusal_names_the_address() {
        let error = page("http://venice.ai/top-up").unwrap_err();
        assert!(
            error.to_string().ends_with("http://venice.ai/top-up"),
            "{error}"
        );
    }
}
