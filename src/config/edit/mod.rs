//! Changes single keys of the configuration file and leaves everything else as the user wrote it.
//!
//! Each change is written to a file beside it and renamed over; a broken file is never touched.

use std::collections::BTreeMap;
use std::path::Path;

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, TableLike, Value};

use crate::config::file::{read_text, syntax};
use crate::config::replace::{replace, target};
use crate::config::{ConfigError, Switch, TEMPLATE};
use crate::domain::account::AccountId;
use crate::system::private;

/// So often a change is made anew when somebody else writes the file at the same time.
const TRIES: usize = 5;

/// Writes the commented template when there is no file yet; returns whether it did.
///
/// # Errors
/// When it cannot be written.
pub fn init(file: &Path) -> Result<bool, ConfigError> {
    let _held = hold_folder(file)?;
    // A link that leads nowhere yet is somebody's wish for a file there, and is followed.
    if file.exists() {
        return Ok(false);
    }
    write(file, TEMPLATE)?;
    Ok(true)
}

/// Adds the account when it is not there, and switches it on or off.
///
/// # Errors
/// When the file is broken or cannot be written; it is unchanged then.
pub fn switch_account(file: &Path, account: &AccountId, switch: Switch) -> Result<(), ConfigError> {
    edit(file, |document| {
        let on = switch == Switch::On;
        if let Some(table) = find(document, account) {
            let said = table.get("enabled").and_then(Item::as_bool);
            if said.unwrap_or(true) != on || (said.is_none() && table.contains_key("enabled")) {
                set(table, "enabled", on.into());
            }
            return Ok(());
        }
        add(file, document, account, on)
    })
}

/// Gives an account another name; budgets and alerts that name it follow.
///
/// # Errors
/// When there is no such account in the file, the new id is taken, or the file cannot be written.
pub fn rename_account(file: &Path, from: &AccountId, to: &AccountId) -> Result<(), ConfigError> {
    edit(file, |document| {
        if from.provider() != to.provider() {
            return Err(ConfigError::Uneditable {
                file: file.to_owned(),
                key: "account.provider".to_owned(),
                reason: format!(
                    "an account keeps its provider, so the new name must start with `{}/`",
                    from.provider()
                ),
            });
        }
        if from != to && find(document, to).is_some() {
            return Err(ConfigError::Taken {
                file: file.to_owned(),
                account: to.clone(),
            });
        }
        let Some(table) = find(document, from) else {
            return Err(ConfigError::NoSuchAccount {
                file: file.to_owned(),
                account: from.clone(),
            });
        };
        match to.name() {
            Some(name) => set(table, "name", name.into()),
            None => drop(table.remove("name")),
        }
        follow(document, from, to);
        Ok(())
    })
}

/// Reads, changes and writes the file; does it again when somebody else wrote it meanwhile.
fn edit(
    file: &Path,
    change: impl Fn(&mut DocumentMut) -> Result<(), ConfigError>,
) -> Result<(), ConfigError> {
    let _held = hold_folder(file)?;
    for _ in 0..TRIES {
        let before = std::fs::read(file).ok();
        let text = read_text(file)?.unwrap_or_else(|| TEMPLATE.to_owned());
        let mut document: DocumentMut =
            text.parse().map_err(|error| syntax(file, &text, &error))?;
        change(&mut document)?;
        let changed = with_lines_of(&text, document.to_string());
        if before.is_some() && changed == text {
            return Ok(());
        }
        if std::fs::read(file).ok() == before {
            return write(file, &with_mark_of(before.as_deref(), changed));
        }
    }
    Err(ConfigError::Unwritable {
        file: file.to_owned(),
        reason: "another program keeps writing it; try again".to_owned(),
    })
}

/// Writes the whole file, and lets confy read it back before it takes the old one's place.
fn write(file: &Path, text: &str) -> Result<(), ConfigError> {
    let reads_back = |written: &Path| {
        confy::load_path::<BTreeMap<String, serde_json::Value>>(written)
            .map(drop)
            .map_err(|error| {
                std::io::Error::other(format!("the changed text could not be read back ({error})"))
            })
    };
    replace(file, text, reads_back).map_err(|error| unwritable(file, &error))
}

fn hold_folder(file: &Path) -> Result<Option<std::fs::File>, ConfigError> {
    private::hold(&target(file)).map_err(|error| unwritable(file, &error))
}

fn unwritable(file: &Path, error: &std::io::Error) -> ConfigError {
    ConfigError::Unwritable {
        file: file.to_owned(),
        reason: error.to_string(),
    }
}

/// Line ends as in the file: the editor writes bare line feeds.
fn with_lines_of(old: &str, new: String) -> String {
    if old.contains("\r\n") {
        new.replace("\r\n", "\n").replace('\n', "\r\n")
    } else {
        new
    }
}

/// The byte order mark that the file began with.
fn with_mark_of(old: Option<&[u8]>, new: String) -> String {
    match old {
        Some(old) if old.starts_with("\u{feff}".as_bytes()) => format!("\u{feff}{new}"),
        _ => new,
    }
}

/// The table of an account.
fn find<'a>(document: &'a mut DocumentMut, account: &AccountId) -> Option<&'a mut dyn TableLike> {
    entries(document.get_mut("account")?)
        .into_iter()
        .find(|table| id(*table).as_ref() == Some(account))
}

/// The id a table stands for.
fn id(table: &dyn TableLike) -> Option<AccountId> {
    let provider = table.get("provider")?.as_str()?.trim();
    let name = table.get("name").and_then(|name| {
        let number = name.as_integer().map(|number| number.to_string());
        number.or_else(|| name.as_str().map(|name| name.trim().to_owned()))
    });
    Some(AccountId::new(provider.into(), name.as_deref()))
}

/// The tables of a list, whichever way it is written.
fn entries(item: &mut Item) -> Vec<&mut dyn TableLike> {
    match item {
        Item::ArrayOfTables(tables) => tables
            .iter_mut()
            .map(|table| table as &mut dyn TableLike)
            .collect(),
        Item::Table(table) => vec![table],
        Item::Value(Value::Array(array)) => array
            .iter_mut()
            .filter_map(|value| Some(value.as_inline_table_mut()? as &mut dyn TableLike))
            .collect(),
        _ => Vec::new(),
    }
}

/// Sets a value and keeps the comment behind it.
fn set(table: &mut dyn TableLike, key: &str, mut value: Value) {
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    match table.get_mut(key) {
        Some(item) => *item = Item::Value(value),
        None => drop(table.insert(key, Item::Value(value))),
    }
}

fn add(
    file: &Path,
    document: &mut DocumentMut,
    account: &AccountId,
    on: bool,
) -> Result<(), ConfigError> {
    let mut inline = InlineTable::new();
    inline.insert("provider", account.provider().as_str().into());
    if let Some(name) = account.name() {
        inline.insert("name", name.into());
    }
    inline.insert("enabled", on.into());
    let accounts = document
        .entry("account")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    match accounts {
        Item::ArrayOfTables(tables) => {
            let mut table = inline.into_table();
            table.decor_mut().set_prefix("\n");
            tables.push(table);
        }
        Item::Table(only) => {
            let mut tables = ArrayOfTables::new();
            tables.push(std::mem::take(only));
            tables.push(inline.into_table());
            *accounts = Item::ArrayOfTables(tables);
        }
        Item::Value(Value::Array(array)) => push(array, inline),
        _ => {
            return Err(ConfigError::Uneditable {
                file: file.to_owned(),
                key: "account".to_owned(),
                reason: "it is no list of tables; accounts start with [[account]]".to_owned(),
            });
        }
    }
    Ok(())
}

fn push(array: &mut Array, inline: InlineTable) {
    // An element on its own line is followed by one on its own line.
    let before = array
        .iter()
        .last()
        .and_then(|last| last.decor().prefix())
        .cloned();
    array.push(inline);
    if let (Some(before), Some(last)) = (before, array.iter_mut().last()) {
        last.decor_mut().set_prefix(before);
    }
}

/// Lets budgets and alerts name the account by its new id.
fn follow(document: &mut DocumentMut, from: &AccountId, to: &AccountId) {
    for budget in document.get_mut("budget").map(entries).unwrap_or_default() {
        let named = budget.get("account").and_then(Item::as_str);
        // A budget on a provider counts all its accounts and goes on to do so.
        if from.name().is_some() && named == Some(from.to_string().as_str()) {
            set(budget, "account", to.to_string().into());
        }
    }
    for alert in document.get_mut("alert").map(entries).unwrap_or_default() {
        let metric = alert.get("metric").and_then(Item::as_str);
        let rest = metric.and_then(|metric| metric.strip_prefix(&format!("{from}.")));
        if let Some(rest) = rest.map(|rest| format!("{to}.{rest}")) {
            set(alert, "metric", rest.into());
        }
    }
}

#[cfg(test)]
mod tests;
