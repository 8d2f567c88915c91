//! An account's row and its submenu: state, balances, windows, spend, keys, models, projects, and what can
//! be done.

use crate::analysis::digest::{AccountDigest, AccountState, ModelDigest, ProjectDigest};
use crate::domain::key::KeyReading;
use crate::domain::period::Unit;
use crate::domain::policy::Policy;
use crate::view::FilesRead;
use crate::view::format::{self, Moment};
use crate::view::menu::{Action, MOST_ROWS, MenuItem, WIDTH, barred, sentence};
use crate::view::phrase::account::Manner;
use crate::view::phrase::quota::ResetWords;
use crate::view::phrase::{self, key, quota, spend, words};
use crate::view::text;

/// What one can pay in at a click.
const TOP_UPS: [u32; 4] = [10, 25, 50, 100];
/// How many purses the account's own row names.
const PURSES: usize = 2;
/// The most rows of an error's message.
const MESSAGE_ROWS: usize = 4;

/// The account's row, for example `Venice (work)  42.5000 of 100.0000 DIEM · $25.00`.
pub(super) fn row(
    account: &AccountDigest,
    reading: Option<FilesRead>,
    policy: &Policy,
    moment: Moment,
) -> MenuItem {
    let id = format!("account/{}", account.id());
    let label = format::trim(&account.card.label, WIDTH / 2);
    let room = WIDTH.saturating_sub(label.chars().count() + 2);
    let reading = reading.map(|read| {
        let (read, files) = (format::count(read.read), format::count(read.files));
        format!("Reading logs: {read} of {files} files")
    });
    let figures = reading.into_iter().chain(summary(account, policy, moment));
    let figures = format::fit(figures, room);
    let label = format!("{label}  {figures}");
    let fullest = phrase::account::fullest(account).and_then(|window| window.window.used_percent);
    let sections = [
        ("standing", standing(account, &id, moment)),
        ("quotas", quotas(account, &id, moment)),
        ("spend", spends(account, &id, policy)),
        ("parts", parts(account, &id, policy, moment)),
        ("actions", actions(account, &id, policy, moment)),
    ];
    let mut children: Vec<MenuItem> = Vec::new();
    for (name, rows) in sections {
        if !rows.is_empty() && !children.is_empty() {
            children.push(MenuItem::separator(format!("{id}/separator/{name}")));
        }
        children.extend(rows);
    }
    debug_assert!(!children.first().is_some_and(MenuItem::is_separator));
    barred(id, fullest, label.trim_end()).over(children)
}

/// What the row says, most important first.
fn summary(account: &AccountDigest, policy: &Policy, moment: Moment) -> Vec<String> {
    let manner = Manner {
        moment,
        urgent: ResetWords::Clock,
        purses: PURSES,
    };
    let mut parts = phrase::account::line(account, policy, manner);
    if parts.is_empty() {
        parts.extend(account.plan.as_ref().map(|plan| plan.name.clone()));
    }
    parts
}

fn standing(account: &AccountDigest, id: &str, moment: Moment) -> Vec<MenuItem> {
    let mut rows = Vec::new();
    let state = phrase::account::state(account, moment);
    // The failure's own words say it better, unless there are figures whose age must be told.
    let told = account.failure.is_some()
        && account.updated_at.is_none()
        && account.state != AccountState::Waiting;
    if !state.is_empty() && !told {
        rows.push(MenuItem::text(
            format!("{id}/state"),
            words(&state.join(" · ")),
        ));
    }
    if let Some(failure) = &account.failure {
        let since = format!("Since {}", format::when(failure.since, moment));
        rows.extend(
            sentence(&format!("{id}/failure"), &failure.message)
                .into_iter()
                .take(MESSAGE_ROWS),
        );
        let hint = failure.hint.iter();
        rows.extend(
            hint.flat_map(|hint| sentence(&format!("{id}/hint"), hint))
                .take(MESSAGE_ROWS),
        );
        rows.push(MenuItem::text(format!("{id}/since"), since));
    }
    for (index, missing) in account.missing.iter().enumerate() {
        rows.extend(sentence(&format!("{id}/missing/{index}"), missing));
    }
    if let Some(plan) = &account.plan {
        rows.push(MenuItem::text(format!("{id}/plan"), quota::plan(plan)));
    }
    rows
}

fn quotas(account: &AccountDigest, id: &str, moment: Moment) -> Vec<MenuItem> {
    let windows = account.windows.iter();
    let windows = windows.filter(|window| !quota::is_told_by_purse(window, account));
    let windows = windows.flat_map(|window| {
        let first = format!(
            "{}  {}",
            quota::window_name(&window.window),
            quota::used(&window.window)
        );
        let notes = quota::window_notes(window, moment, ResetWords::Clock);
        let label = format::fit([first].into_iter().chain(notes), WIDTH);
        let id = format!("{id}/window/{}", window.window.name);
        let time = quota::time(window, moment, ResetWords::Clock).map(|time| {
            let first = format!("Its time  {}", format::percent(time.percent));
            let label = format::fit([first].into_iter().chain(time.notes), WIDTH);
            barred(format!("{id}/time"), Some(time.percent), &label)
        });
        let share = barred(id, window.window.used_percent, &label);
        [share].into_iter().chain(time)
    });
    let balances = account.balances.iter().map(|balance| {
        let amount = quota::remaining(balance);
        let first = match quota::purse(balance) {
            Some(name) => format!("{name}  {amount}"),
            None => amount,
        };
        let percent =
            quota::window_of(balance, account).and_then(|window| window.window.used_percent);
        let used = percent.map(|percent| format!("{} used", format::percent(percent)));
        let notes = quota::balance_notes(balance, moment);
        let label = format::fit([first].into_iter().chain(used).chain(notes), WIDTH);
        let id = format!("{id}/balance/{}", balance.balance.name);
        barred(id, percent, &label)
    });
    windows.chain(balances).collect()
}

fn spends(account: &AccountDigest, id: &str, policy: &Policy) -> Vec<MenuItem> {
    let known = spend::spans(&account.spend, policy.currency);
    let tokens = account
        .tokens_today
        .map(|sum| key::token_notes(&sum))
        .filter(|notes| !notes.is_empty());
    let mut rows: Vec<MenuItem> = known
        .into_iter()
        .map(|(unit, sum)| {
            let name = match unit {
                Unit::Day => "Today",
                Unit::Week => "Week",
                Unit::Month => "Month",
            };
            let notes = tokens.clone().filter(|_| unit == Unit::Day);
            let first = format!("{name}  {sum}");
            let label = format::fit(
                [first].into_iter().chain(notes.into_iter().flatten()),
                WIDTH,
            );
            MenuItem::text(format!("{id}/spend/{}", unit.current()), label)
        })
        .collect();
    if let Some(unpriced) = spend::unpriced(&account.spend) {
        rows.push(MenuItem::text(format!("{id}/unpriced"), unpriced));
    }
    if let Some(day) = account.priced_as_of {
        rows.push(MenuItem::text(
            format!("{id}/priced"),
            spend::priced_as_of(day),
        ));
    }
    rows
}

fn parts(account: &AccountDigest, id: &str, policy: &Policy, moment: Moment) -> Vec<MenuItem> {
    let keys = account
        .keys
        .iter()
        .map(|each| key_row(each, id, policy, moment))
        .collect();
    let models = account
        .models
        .iter()
        .map(|each| model_row(each, id, policy))
        .collect();
    let projects = account
        .projects
        .iter()
        .map(|each| project_row(each, id, policy))
        .collect();
    [
        group(account, "keys", keys),
        group(account, "models", models),
        group(account, "projects", projects),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A submenu of many rows, the first so many of them.
fn group(account: &AccountDigest, name: &str, mut rows: Vec<MenuItem>) -> Option<MenuItem> {
    let id = format!("account/{}/{name}", account.id());
    let count = rows.len();
    if count > MOST_ROWS {
        rows.truncate(MOST_ROWS);
        let more = count - MOST_ROWS;
        rows.push(MenuItem::text(
            format!("{id}/more"),
            format!(
                "and {more} more: spendtray status --account {}",
                account.id()
            ),
        ));
    }
    (count > 0).then(|| MenuItem::text(id, format!("{} ({count})", words(name))).over(rows))
}

fn key_row(each: &KeyReading, id: &str, policy: &Policy, moment: Moment) -> MenuItem {
    let id = format!("{id}/key/{}", each.id);
    let name = format::trim(&key::name(each), WIDTH / 2);
    let notes = key::notes(each, policy.currency, moment);
    let fullest = key::fullest_limit(each);
    let percent = fullest.and_then(key::limit_percent);
    let capped = percent.map(|percent| format!("{} of its cap", format::percent(percent)));
    let room = WIDTH.saturating_sub(name.chars().count() + 2);
    let label = format!(
        "{name}  {}",
        format::fit(notes.into_iter().chain(capped), room)
    );
    let caps = each.limits.iter().enumerate().map(|(index, limit)| {
        let resets = limit
            .resets_at
            .map(|at| format!("resets {}", format::reset_at(at, moment)));
        let label = format::fit([key::limit(limit)].into_iter().chain(resets), WIDTH);
        barred(
            format!("{id}/limit/{index}"),
            key::limit_percent(limit),
            &label,
        )
    });
    let caps = caps.collect();
    barred(id, percent, label.trim_end()).over(caps)
}

fn model_row(each: &ModelDigest, id: &str, policy: &Policy) -> MenuItem {
    let name = format::trim(each.model.as_str(), WIDTH / 2);
    let room = WIDTH.saturating_sub(name.chars().count() + 2);
    let notes = format::fit(key::model_notes(each, policy.currency), room);
    MenuItem::text(
        format!("{id}/model/{}", each.model),
        format!("{name}  {notes}").trim_end(),
    )
}

fn project_row(each: &ProjectDigest, id: &str, policy: &Policy) -> MenuItem {
    let name = format::trim(&each.label, WIDTH / 2);
    let room = WIDTH.saturating_sub(name.chars().count() + 2);
    let notes = format::fit(key::project_notes(each, policy.currency), room);
    MenuItem::text(
        format!("{id}/project/{}", each.id),
        format!("{name}  {notes}").trim_end(),
    )
}

fn actions(account: &AccountDigest, id: &str, policy: &Policy, moment: Moment) -> Vec<MenuItem> {
    let mut rows = vec![
        MenuItem::text(format!("{id}/refresh"), "Refresh")
            .does(Action::Refresh(account.id().clone())),
    ];
    if let Some(dashboard) = &account.card.dashboard {
        rows.push(
            MenuItem::text(format!("{id}/dashboard"), "Open dashboard")
                .does(Action::Open(dashboard.clone())),
        );
    }
    rows.extend(
        account
            .card
            .top_up
            .as_deref()
            .map(|page| top_up(page, account, id)),
    );
    rows.push(
        MenuItem::text(format!("{id}/copy"), "Copy figures")
            .does(Action::Copy(text::account(account, policy, moment))),
    );
    rows
}

fn top_up(page: &str, account: &AccountDigest, id: &str) -> MenuItem {
    let id = format!("{id}/top-up");
    if !page.contains("{amount}") {
        return MenuItem::text(id, "Top up").does(Action::Open(page.to_owned()));
    }
    let symbol = account
        .balances
        .iter()
        .find_map(|balance| format::symbol(balance.balance.remaining?.currency))
        .unwrap_or_default();
    let amounts = TOP_UPS.map(|amount| {
        MenuItem::text(format!("{id}/{amount}"), format!("{symbol}{amount}")).does(Action::Open(
            page.replace("{amount}", &format!("{amount}.00")),
        ))
    });
    MenuItem::text(id, "Top up").over(amounts.to_vec())
}
