//! One account as text: heading, trouble, windows, balances, spend, keys, models, projects.

use crate::analysis::digest::{AccountDigest, AccountState};
use crate::domain::key::KeyReading;
use crate::domain::policy::Policy;
use crate::view::format::{self, Moment};
use crate::view::phrase::quota::ResetWords;
use crate::view::phrase::{self, key, quota, spend};
use crate::view::text::layout::Page;

/// How an account is told.
pub(super) struct Detail {
    /// When and where it is read.
    pub(super) moment: Moment,
    /// How resets are told.
    pub(super) resets: ResetWords,
    /// The most keys, models and projects, of each.
    pub(super) most: usize,
}

pub(super) fn write(page: &mut Page, account: &AccountDigest, policy: &Policy, detail: &Detail) {
    page.heading(&name(account), &remark(account, detail));
    if let Some(failure) = &account.failure {
        page.remark(&failure.message);
        if let Some(hint) = &failure.hint {
            page.remark(hint);
        }
    }
    for missing in &account.missing {
        page.remark(missing);
    }
    windows(page, account, detail);
    balances(page, account, detail);
    spends(page, account, policy);
    keys(page, account, policy, detail);
    models(page, account, policy, detail);
    projects(page, account, policy, detail);
}

fn name(account: &AccountDigest) -> String {
    match &account.plan {
        Some(plan) => format!("{} · {}", account.card.label, quota::plan(plan)),
        None => account.card.label.clone(),
    }
}

fn remark(account: &AccountDigest, detail: &Detail) -> String {
    let state = phrase::account::state(account, detail.moment);
    match (account.state, account.updated_at) {
        (AccountState::Fresh, Some(at)) => {
            format!("as of {}", format::when(at, detail.moment))
        }
        (AccountState::Stale, _) => format!("old: {}", state.join(" · ")),
        _ => state.join(" · "),
    }
}

pub(super) fn windows(page: &mut Page, account: &AccountDigest, detail: &Detail) {
    let windows = account.windows.iter();
    for each in windows.filter(|window| !quota::is_told_by_purse(window, account)) {
        let share = quota::used(&each.window);
        let notes = quota::window_notes(each, detail.moment, detail.resets);
        let figure = (each.window.used_percent, Some(share.as_str()));
        page.gauge(&quota::window_name(&each.window), figure, &notes);
        if let Some(time) = quota::time(each, detail.moment, detail.resets) {
            let share = format::percent(time.percent);
            let figure = (Some(time.percent), Some(share.as_str()));
            page.gauge("  its time", figure, &time.notes);
        }
    }
}

fn balances(page: &mut Page, account: &AccountDigest, detail: &Detail) {
    for each in &account.balances {
        let (name, left) = (quota::purse_name(each), quota::remaining(each));
        // A purse whose unit is its name says it once.
        let unit = format!(" {}", name.to_lowercase());
        let left = left.strip_suffix(&unit).unwrap_or(&left).to_owned();
        let notes = quota::balance_notes(each, detail.moment);
        let Some(window) = quota::window_of(each, account) else {
            page.entry(&name, &left, &notes);
            continue;
        };
        let share = quota::used(&window.window);
        let left = [format!("{left} left")];
        let notes: Vec<String> = left.into_iter().chain(notes).collect();
        page.gauge(&name, (window.window.used_percent, Some(&share)), &notes);
    }
}

fn spends(page: &mut Page, account: &AccountDigest, policy: &Policy) {
    let sums: Vec<String> = spend::spans(&account.spend, policy.currency)
        .into_iter()
        .map(|(unit, sum)| format!("{sum} {}", spend::span_words(unit)))
        .collect();
    if let Some((first, rest)) = sums.split_first() {
        page.entry("Spend", first, rest);
    }
    let counted = account.tokens_today.map(|sum| key::token_notes(&sum));
    if let Some((first, rest)) = counted.as_deref().and_then(<[String]>::split_first) {
        let rest: Vec<String> = rest.iter().cloned().chain(["today".to_owned()]).collect();
        page.entry("Used", first, &rest);
    }
    if let Some(unpriced) = spend::unpriced(&account.spend) {
        page.paragraph(&unpriced);
    }
}

fn keys(page: &mut Page, account: &AccountDigest, policy: &Policy, detail: &Detail) {
    if account.keys.is_empty() {
        return;
    }
    page.line("  Keys");
    for each in account.keys.iter().take(detail.most) {
        write_key(page, each, policy, detail);
    }
    more(page, account, account.keys.len(), detail);
}

fn write_key(page: &mut Page, each: &KeyReading, policy: &Policy, detail: &Detail) {
    let notes = key::notes(each, policy.currency, detail.moment);
    let (first, rest) = notes
        .split_first()
        .map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
    page.entry(&format!("  {}", key::name(each)), first, rest);
    for limit in &each.limits {
        let percent = key::limit_percent(limit);
        let share = percent.map(format::percent);
        let resets = limit
            .resets_at
            .map(|at| format!("resets {}", format::reset_at(at, detail.moment)));
        let cap = key::cap(limit);
        let notes: Vec<String> = [cap].into_iter().chain(resets).collect();
        page.gauge("", (percent, share.as_deref()), &notes);
    }
}

fn models(page: &mut Page, account: &AccountDigest, policy: &Policy, detail: &Detail) {
    if account.models.is_empty() {
        return;
    }
    page.line("  Models");
    for each in account.models.iter().take(detail.most) {
        let notes = key::model_notes(each, policy.currency);
        let (first, rest) = notes
            .split_first()
            .map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
        page.entry(&format!("  {}", each.model), first, rest);
    }
    more(page, account, account.models.len(), detail);
}

fn projects(page: &mut Page, account: &AccountDigest, policy: &Policy, detail: &Detail) {
    if account.projects.is_empty() {
        return;
    }
    page.line("  Projects");
    for each in account.projects.iter().take(detail.most) {
        let notes = key::project_notes(each, policy.currency);
        let (first, rest) = notes
            .split_first()
            .map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
        page.entry(&format!("  {}", each.label), first, rest);
    }
    more(page, account, account.projects.len(), detail);
}

fn more(page: &mut Page, account: &AccountDigest, count: usize, detail: &Detail) {
    if count > detail.most {
        let more = count - detail.most;
        page.line(&format!(
            "    and {more} more: spendtray status --account {}",
            account.id()
        ));
    }
}
