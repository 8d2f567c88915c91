//! What is compared after every step: the ledger, the alerts and the view with the model, the plans with the clock.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use spendtray::domain::alert::NoticeRecord;
use spendtray::domain::money::{Currency, Money};
use spendtray::domain::snapshot::{AccountSnapshot, Snapshot};
use spendtray::view::View;
use spendtray::view::format;
use spendtray::view::menu::MenuItem;

use super::model::{Known, RULES, Spent, cut};
use super::run::{Run, expect, zone};
use crate::support::stage::Outcome;

/// Spend of so many days is compared.
const DAYS: i64 = 31;

impl Run {
    /// Takes what the vendors answered into the model and compares everything.
    pub(super) async fn compare(&mut self) -> Outcome {
        let now = self.now();
        let snapshot = self.store.snapshot(now - TimeDelta::days(40)).await?;
        self.learn(now);
        for (known, vendor) in self.model.iter_mut().zip(&self.vendors) {
            if let Some(complaint) = vendor.state().complaints.first() {
                return Err(complaint.clone().into());
            }
            let account = snapshot.account(&known.id).ok_or("an account is lost")?;
            let id = known.id.clone();
            let fault = |why: String| format!("{id}: {why}");
            known.plan(&account.poll).map_err(fault)?;
            same_figures(known, account).map_err(fault)?;
            same_spend(known, account, now).map_err(fault)?;
            is_on_time(known, now).map_err(fault)?;
        }
        self.same_alerts(&snapshot, now).await?;
        let view = self.view.as_ref().ok_or("nothing is shown")?;
        for known in &self.model {
            same_view(known, view, now).map_err(|why| format!("{}: {why}", known.id))?;
        }
        same_title(&self.model, view, now)?;
        Ok(())
    }

    fn learn(&mut self, now: DateTime<Utc>) {
        for (known, vendor) in self.model.iter_mut().zip(&self.vendors) {
            self.expected.extend(expect(known, now));
            for answered in std::mem::take(&mut vendor.state().answered) {
                self.tally.polls += 1;
                let outcome = answered.result.as_ref().map(drop);
                self.trail.push(format!("{} told {outcome:?}", known.id));
                known.accept(&answered);
                self.expected.extend(expect(known, now));
            }
        }
    }

    /// Each alert that the model expects is in the log once and was told once, unless a crash kept it; and no other.
    async fn same_alerts(&mut self, snapshot: &Snapshot, now: DateTime<Utc>) -> Outcome {
        let log = self.store.notices(40).await?;
        let log: Vec<&NoticeRecord> = log.iter().filter(|notice| notice.at == cut(now)).collect();
        self.tally.notices += log.len();
        let mut logged: Vec<(String, String)> = Vec::new();
        for notice in &log {
            let key = notice.alert.clone().ok_or("a notice without an alert")?;
            let times = self
                .told
                .iter()
                .filter(|told| told.alert.as_ref() == Some(&key));
            let times = times.count();
            if times != 1 && !(self.crashed && times == 0) {
                return Err(format!("{key} was told {times} times").into());
            }
            if is_modelled(key.rule.as_str()) {
                logged.push((key.rule.to_string(), key.subject.clone()));
                continue;
            }
            let record = snapshot.alerts.iter().find(|record| record.key == key);
            if record.and_then(|record| record.raised_at) != Some(cut(now)) {
                return Err(format!("{key} was told again: {record:#?}").into());
            }
            if !key.period.is_empty() && !self.told_in_period.insert(key.clone()) {
                return Err(format!("{key} was told twice in its period").into());
            }
        }
        let strays = self.told.iter().filter_map(|told| told.alert.as_ref());
        if let Some(stray) = strays
            .into_iter()
            .find(|key| !log.iter().any(|notice| notice.alert.as_ref() == Some(*key)))
        {
            return Err(format!("{stray} was told and is not in the log").into());
        }
        logged.sort();
        self.expected.sort();
        if logged != self.expected {
            return Err(format!("told {logged:?}, expected {:?}", self.expected).into());
        }
        Ok(())
    }
}

fn is_modelled(rule: &str) -> bool {
    RULES.iter().any(|(known, _)| *known == rule)
}

fn same_figures(known: &Known, account: &AccountSnapshot) -> Result<(), String> {
    let told = account.latest.as_ref().map(|latest| {
        let balances = latest.figures.balances.iter();
        balances
            .map(|balance| (balance.name.to_string(), balance.remaining))
            .collect::<BTreeMap<_, _>>()
    });
    let expected = known.latest.as_ref().map(|latest| latest.balances.clone());
    if told != expected {
        return Err(format!("balances {told:?}, expected {expected:?}"));
    }
    let failure = account.poll.failure.as_ref().map(|failure| failure.kind);
    let expected = known.failure.as_ref().map(|failing| failing.kind);
    let counts = (account.poll.failures_in_a_row, known.failures_in_a_row);
    if failure != expected || counts.0 != counts.1 {
        return Err(format!(
            "failure {failure:?}, expected {expected:?}, {counts:?}"
        ));
    }
    Ok(())
}

fn same_spend(known: &Known, account: &AccountSnapshot, now: DateTime<Utc>) -> Result<(), String> {
    let mut told = Spent::new();
    for slot in &account.slots {
        let day = slot.start.with_timezone(&zone()).date_naive();
        for (money, _) in slot.spend.iter() {
            let sums = told.entry(day).or_default();
            *sums.entry(money.currency).or_default() += money.amount;
        }
    }
    // The first day may be known in part only.
    let first = now.with_timezone(&zone()).date_naive() - TimeDelta::days(DAYS);
    let mut expected = known.spent(now - TimeDelta::days(DAYS + 2), zone());
    told.retain(|day, _| first <= *day);
    expected.retain(|day, _| first <= *day);
    if told != expected {
        return Err(format!("spend {told:?}, expected {expected:?}"));
    }
    Ok(())
}

fn spent_today(known: &Known, now: DateTime<Utc>) -> BTreeMap<Currency, Decimal> {
    let mut spent = known.spent(now - TimeDelta::days(2), zone());
    spent
        .remove(&now.with_timezone(&zone()).date_naive())
        .unwrap_or_default()
}

/// Whoever is due has been asked in this step: the engine ticked at this very instant.
fn is_on_time(known: &Known, now: DateTime<Utc>) -> Result<(), String> {
    match known.due {
        // A minute is the longest tick.
        Some(due) if due + TimeDelta::minutes(1) < now => Err(format!("due at {due}, it is {now}")),
        _ => Ok(()),
    }
}

fn same_view(known: &Known, view: &View, now: DateTime<Utc>) -> Result<(), String> {
    let id = format!("account/{}", known.id);
    let row = find(&view.menu, &id).ok_or("it has no row")?;
    let balances = known.latest.iter().flat_map(|latest| &latest.balances);
    for (name, remaining) in balances {
        let label = label(&row.children, &format!("{id}/balance/{name}"))
            .ok_or_else(|| format!("{name} is not shown"))?;
        let fits = match remaining {
            Some(money) => label.contains(&format::money(*money)),
            None => !label.contains(|letter: char| letter.is_ascii_digit()),
        };
        if !fits {
            return Err(format!("shows {label}, expected {remaining:?}"));
        }
    }
    let Some(label) = label(&row.children, &format!("{id}/spend/today")) else {
        return Ok(());
    };
    for (currency, amount) in spent_today(known, now) {
        let text = format::money(Money::new(amount, currency));
        if !label.contains(&text) {
            return Err(format!("shows {label}, expected {text}"));
        }
    }
    Ok(())
}

/// The title's sum, when every account's spend is known.
fn same_title(model: &[Known], view: &View, now: DateTime<Utc>) -> Result<(), String> {
    let is_known = |known: &Known| {
        let id = format!("account/{}", known.id);
        find(&view.menu, &id)
            .is_some_and(|row| label(&row.children, &format!("{id}/spend/today")).is_some())
    };
    if !model.iter().all(is_known) {
        return Ok(());
    }
    let sums = model.iter().map(|known| spent_today(known, now));
    let dollars: Decimal = sums
        .filter_map(|sums| sums.get(&Currency::USD).copied())
        .sum();
    let text = format::money_short(Money::new(dollars, Currency::USD));
    if dollars.is_zero() || view.title.contains(&text) {
        Ok(())
    } else {
        Err(format!("the title is {}, expected {text}", view.title))
    }
}

fn find<'a>(menu: &'a [MenuItem], id: &str) -> Option<&'a MenuItem> {
    menu.iter().find(|item| item.id == id)
}

fn label<'a>(menu: &'a [MenuItem], id: &str) -> Option<&'a str> {
    find(menu, id).map(|item| item.label.as_str())
}
