//! The smallest HTTP client: one request a connection, so that nothing a real client does hides a fault.

use std::error::Error;

use serde_json::Value;
use spendtray::simulator::{Simulator, VENICE_ADMIN_KEY};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// What the vendor says is wrong.
    pub(super) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }
}

/// Asks a vendor; `path` follows its base URL, `header` is a whole line.
pub(super) async fn ask(
    simulator: &Simulator,
    vendor: &str,
    path: &str,
    header: Option<&str>,
) -> Result<Answer, Box<dyn Error>> {
    let base = simulator.base_url(vendor).ok_or("no such vendor")?;
    ask_url(&format!("{base}{path}"), header).await
}

/// Asks a vendor with several header lines.
pub(super) async fn ask_lines(
    simulator: &Simulator,
    vendor: &str,
    path: &str,
    lines: &[&str],
) -> Result<Answer, Box<dyn Error>> {
    let header = (!lines.is_empty()).then(|| lines.join("\r\n"));
    ask(simulator, vendor, path, header.as_deref()).await
}

/// Asks an address on loopback.
pub(super) async fn ask_url(url: &str, header: Option<&str>) -> Result<Answer, Box<dyn Error>> {
    let rest = url.strip_prefix("http://").ok_or("not http")?;
    let (host, target) = rest.split_once('/').ok_or("no path")?;
    let header = header.map(|line| format!("{line}\r\n")).unwrap_or_default();
    let request =
        format!("GET /{target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{header}\r\n");
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8(bytes)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or("no answer")?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    Ok(Answer {
        status,
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    })
}

/// Asks Venice with the admin's key.
pub(super) async fn venice(simulator: &Simulator, path: &str) -> Result<Answer, Box<dyn Error>> {
    let header = format!("authorization: Bearer {VENICE_ADMIN_KEY}");
    ask(simulator, "venice", path, Some(&header)).await
}
