//! `spendtray accounts test`: polls now and says what came.

use crate::analysis::digest::AccountDigest;
use crate::cli::failure::{Ended, Failure};
use crate::cli::figures::{self, Polling};
use crate::cli::output::Tone;
use crate::cli::selection;
use crate::cli::session::Session;
use crate::domain::snapshot::Snapshot;
use crate::view::format;

pub(super) async fn run(session: &Session, names: &[String]) -> Result<Ended, Failure> {
    let assembly = session.assembly()?;
    let wanted = selection::choose(&assembly, names)?;
    if wanted.is_empty() {
        session.output.note(selection::nobody(&assembly));
        return Ok(Ended::Well);
    }
    let store = session.store(&assembly).await?;
    let figures = figures::gather(&assembly, &store, &wanted, Polling::Now).await;
    store.close().await;
    let figures = figures?;
    let paint = session.output.paint();
    for outcome in &figures.outcomes {
        let id = &outcome.account;
        let account = figures
            .digest
            .accounts
            .iter()
            .find(|account| account.id() == id);
        let line = match &outcome.failure {
            None => format!(
                "{id}: {} {}",
                paint.word("ok,", Tone::Good),
                account
                    .map(|account| learned(account, &figures.snapshot))
                    .unwrap_or_default()
            ),
            Some(failure) => format!(
                "{id}: {} {}",
                paint.word("failed,", Tone::Bad),
                failure.message
            ),
        };
        session.output.data(&line)?;
        if let Some(hint) = outcome
            .failure
            .as_ref()
            .and_then(|failure| failure.hint.as_ref())
        {
            session.output.note(&format!("hint: {hint}"));
        }
    }
    figures.ended()
}

/// What is known of an account, on one line.
pub(in crate::cli) fn learned(account: &AccountDigest, snapshot: &Snapshot) -> String {
    let mut parts: Vec<String> = account
        .balances
        .iter()
        .filter_map(|balance| balance.balance.remaining)
        .map(|money| format!("{} left", format::money(money)))
        .collect();
    let windows = account.windows.iter().filter_map(|window| {
        let used = window.window.used_percent?;
        Some(format!(
            "{} {} used",
            window.window.label,
            format::percent(used)
        ))
    });
    parts.extend(windows);
    parts.extend(counted(account.keys.len(), "key"));
    parts.extend(counted(account.models.len(), "model"));
    parts.extend(counted(account.prices.len(), "price"));
    let latest = snapshot
        .account(account.id())
        .and_then(|known| known.latest.as_ref());
    let rates = latest.map_or(0, |latest| latest.figures.rates.len());
    parts.extend(counted(rates, "exchange rate"));
    if parts.is_empty() {
        parts.push("it answers".to_owned());
    }
    for missing in &account.missing {
        parts.push(format!("not got: {missing}"));
    }
    parts.join(" · ")
}

fn counted(count: usize, noun: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        count => Some(format!("{count} {noun}s")),
    }
}
