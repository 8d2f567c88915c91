//! What an answer of 256 MB costs in memory, with the limits of every day: measured in a process of its own.

use std::error::Error;
use std::process::Command;

use spendtray::clock::Clock;
use spendtray::http::{Http, HttpError, Limits, Request};

use crate::support::packed::{BOMB, BROTLI_BOMB, gzip_bomb};
use crate::support::told;
use crate::support::vendor::{Answer, Vendor};

/// The variable that says which answer is to be swallowed.
const ANSWER: &str = "SPENDTRAY_TEST_ANSWER";

#[test]
fn an_answer_of_256_mb_costs_little_memory() -> Result<(), Box<dyn Error>> {
    let limit = Limits::default().body;
    for answer in ["streamed", "gzip", "brotli"] {
        let output = Command::new(std::env::current_exe()?)
            .args(["--exact", "http::memory::swallows_an_answer", "--nocapture"])
            .env(ANSWER, answer)
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{answer}: {text}");
        let grown = text
            .lines()
            .find_map(|line| line.strip_prefix("grown by ")?.parse::<usize>().ok())
            .ok_or_else(|| format!("{answer}: nothing was measured: {text}"))?;
        println!("256 MB {answer}: {} MB of memory", grown >> 20);
        // What was read before the limit, as far as a growing buffer is larger than that.
        assert!(grown < 2 * limit + (16 << 20), "{answer}: {grown} bytes");
    }
    Ok(())
}

/// Plays the part of the child; by itself there is nothing to swallow.
#[tokio::test]
async fn swallows_an_answer() -> Result<(), Box<dyn Error>> {
    let Some(name) = told(ANSWER) else {
        return Ok(());
    };
    let answer = match name.as_str() {
        "streamed" => Answer::Long(BOMB),
        "gzip" => Answer::with(200, &[("content-encoding", "gzip")], &gzip_bomb()),
        _ => Answer::with(200, &[("content-encoding", "br")], BROTLI_BOMB),
    };
    let vendor = Vendor::start(move |_| answer.clone()).await?;
    let http = Http::new(None, &Clock::system())?;
    let before = peak()?;
    let result = http.get(&Request::new(vendor.url())).await;
    assert!(
        matches!(result, Err(HttpError::TooLarge { .. })),
        "{result:?}"
    );
    println!("grown by {}", peak()? - before);
    Ok(())
}

/// The most memory this process ever held, in bytes.
fn peak() -> Result<usize, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: usize = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .ok_or("no VmHWM")?
        .parse()?;
    Ok(kilobytes << 10)
}
