//! `spendtray accounts list`: who is polled, how that goes, and where each key is.

use serde::Serialize;

use crate::analysis::digest::AccountDigest;
use crate::app::accounts::Planned;
use crate::app::assembly::Assembly;
use crate::cli::failure::{Ended, Failure};
use crate::cli::figures;
use crate::cli::output::{Tone, tone_of};
use crate::cli::selection;
use crate::cli::session::Session;
use crate::cli::status::json::{SCHEMA, instant};
use crate::cli::table::{Cell, Table};
use crate::domain::account::{AccountId, CredentialPlace};
use crate::secrets::vault::Wanted;
use crate::view::format;

#[derive(Serialize)]
struct ListJson {
    schema: u32,
    accounts: Vec<RowJson>,
}

#[derive(Serialize)]
struct RowJson {
    id: String,
    label: Option<String>,
    enabled: bool,
    state: Option<&'static str>,
    updated_at: Option<String>,
    credential: Option<String>,
}

struct Row {
    id: AccountId,
    /// `None`: switched off.
    planned: Option<Planned>,
    figures: Option<AccountDigest>,
    /// Where its key is. `None`: nowhere, or not looked for.
    place: Option<String>,
}

pub(super) async fn run(session: &Session, json: bool) -> Result<Ended, Failure> {
    let assembly = session.assembly()?;
    let planned = assembly.planned();
    let store = session.store(&assembly).await?;
    let looked = figures::look(&assembly, &store, &planned).await;
    store.close().await;
    let (_, digest) = looked?;
    let mut rows = Vec::new();
    for id in selection::known(&assembly) {
        let planned = planned.iter().find(|planned| *planned.id() == id).cloned();
        let place = match &planned {
            Some(planned) => place(&assembly, planned).await,
            None => None,
        };
        rows.push(Row {
            figures: digest
                .accounts
                .iter()
                .find(|account| *account.id() == id)
                .cloned(),
            id,
            planned,
            place,
        });
    }
    if json {
        let accounts = rows.iter().map(as_json).collect();
        session.output.json(&ListJson {
            schema: SCHEMA,
            accounts,
        })?;
        return Ok(Ended::Well);
    }
    if rows.is_empty() {
        session.output.note(selection::nobody(&assembly));
        return Ok(Ended::Well);
    }
    let mut table = Table::new(&["ID", "LABEL", "STATE", "LAST GOOD POLL", "KEY"]);
    for row in &rows {
        table.row(cells(row, &assembly));
    }
    session.output.data(&table.text(session.output.paint()))?;
    Ok(Ended::Well)
}

/// Where an account's key is, for people. A program is not run only to name its place.
async fn place(assembly: &Assembly, planned: &Planned) -> Option<String> {
    match &planned.account.credential {
        CredentialPlace::None => Some("none needed".to_owned()),
        command @ CredentialPlace::Command(_) => Some(command.to_string()),
        place => {
            let wanted = Wanted {
                account: planned.id(),
                place,
                names: planned.variable_names(),
                variables: &assembly.reach.variables,
            };
            match assembly.reach.vault.lookup(wanted).await {
                Ok(found) => found.map(|found| found.place),
                Err(error) => Some(error.to_string()),
            }
        }
    }
}

fn cells(row: &Row, assembly: &Assembly) -> Vec<Cell> {
    let state = match (&row.planned, &row.figures) {
        (Some(_), Some(figures)) => Cell::state(figures.state.name(), tone_of(figures.state)),
        (Some(_), None) => Cell::unknown(),
        (None, _) => Cell::state("disabled", Tone::Faint),
    };
    let polled = row.figures.as_ref().and_then(|figures| figures.updated_at);
    let now = assembly.reach.clock.now();
    vec![
        row.id.to_string().into(),
        Cell::known(
            row.planned
                .as_ref()
                .map(|planned| planned.account.label.clone()),
        ),
        state,
        polled.map_or_else(|| "never".into(), |at| format::ago(at, now).into()),
        Cell::known(row.place.clone()),
    ]
}

fn as_json(row: &Row) -> RowJson {
    RowJson {
        id: row.id.to_string(),
        label: row
            .planned
            .as_ref()
            .map(|planned| planned.account.label.clone()),
        enabled: row.planned.is_some(),
        state: row.figures.as_ref().map(|figures| figures.state.name()),
        updated_at: row
            .figures
            .as_ref()
            .and_then(|figures| figures.updated_at)
            .map(instant),
        credential: row.place.clone(),
    }
}
