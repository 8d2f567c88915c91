//! Whatever vendors, ledger and user say: nothing panics, nothing is told twice, and unknown stays unknown.

mod any;

use chrono::TimeDelta;
use proptest::prelude::ProptestConfig;
use proptest::{collection, prop_assert, prop_assert_eq, proptest};

use crate::analysis::alerts::{Stepped, step};
use crate::analysis::digest::digest;
use crate::analysis::folding::fold;
use crate::analysis::rules::probes;
use crate::analysis::testing::{billed, card, now};
use crate::domain::alert::AlertRecord;
use crate::domain::snapshot::{AccountSnapshot, Snapshot};
use crate::domain::usage::{Spans, UsageSlot};

use crate::analysis::extremes::any::{account, cards, policy};

fn keep(known: &mut Vec<AlertRecord>, records: Vec<AlertRecord>) {
    for record in records {
        known.retain(|other| other.key != record.key);
        known.push(record);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_panics_and_nothing_is_told_twice(
        looks in collection::vec((account("venice"), account("openai")), 1..4),
        policy in policy(),
    ) {
        let mut known = Vec::new();
        for (minute, (venice, openai)) in looks.into_iter().enumerate() {
            let now = now() + TimeDelta::minutes(i64::try_from(minute).unwrap());
            let mut snapshot = Snapshot { accounts: vec![venice, openai], alerts: known.clone() };
            let figures = digest(&snapshot, &cards(), &policy, now);
            let stepped = step(&probes(&figures, &policy), &known, now);
            for fired in &stepped.fired {
                prop_assert!(stepped.records.contains(fired));
            }
            keep(&mut known, stepped.records);
            // The same look again: what holds has been told.
            snapshot.alerts.clone_from(&known);
            let again = digest(&snapshot, &cards(), &policy, now);
            let probes = probes(&again, &policy);
            let stepped = step(&probes, &known, now);
            // That a window has reset is known only once the alert of the window stands.
            let told_twice = stepped.fired.iter().find(|fired| fired.key.rule.as_str() != "window-reset");
            prop_assert_eq!(told_twice, None);
        }
    }

    #[test]
    fn folding_changes_no_figure(venice in account("venice"), policy in policy()) {
        let figures = |account: &AccountSnapshot| {
            let snapshot = Snapshot { accounts: vec![account.clone()], alerts: Vec::new() };
            digest(&snapshot, &[card("venice")], &policy, now())
        };
        // Each piece of usage goes on for two hours. Amounts beyond any bill are not added up in every order alike.
        let mut venice = venice;
        let goes_on = |slot: &UsageSlot| {
            let slot = UsageSlot { spend: billed("0.25", "USD"), ..slot.clone() };
            (0..8).filter_map(move |quarter| {
                let start = slot.start.checked_add_signed(TimeDelta::minutes(15) * quarter)?;
                Some(UsageSlot { start, ..slot.clone() })
            })
        };
        venice.slots = venice.slots.iter().flat_map(goes_on).collect();
        venice.slots.sort_by_key(|slot| slot.start);
        let mut folded = venice.clone();
        fold(&mut folded, policy.zone, now());
        prop_assert_eq!(figures(&folded), figures(&venice));
    }

    #[test]
    fn unknown_never_becomes_zero(venice in account("venice"), policy in policy()) {
        let snapshot = Snapshot { accounts: vec![venice.clone()], alerts: Vec::new() };
        let digest = digest(&snapshot, &[card("venice")], &policy, now());
        let account = &digest.accounts[0];
        let Some(latest) = &venice.latest else {
            prop_assert!(account.balances.is_empty() && account.windows.is_empty());
            prop_assert_eq!(account.updated_at, None);
            if venice.usage_since.is_none() {
                prop_assert_eq!(&account.spend, &Spans::default());
                prop_assert_eq!(digest.budgets[0].spent, None);
            }
            return Ok(());
        };
        for (row, read) in account.balances.iter().zip(&latest.figures.balances) {
            prop_assert!(row.balance.remaining.is_none() || row.balance.remaining == read.remaining);
        }
        for (row, read) in account.windows.iter().zip(&latest.figures.windows) {
            let has_reset = read.resets_at.is_some_and(|at| at <= now());
            if read.used_percent.is_none() && read.used.is_none() && !has_reset {
                prop_assert_eq!(row.window.used_percent, None);
            }
        }
        if venice.usage_since.is_none() {
            prop_assert_eq!(account.tokens_today, None);
        }
        for probe in probes(&digest, &policy) {
            let of_balance = probe.key.rule.as_str().starts_with("balance");
            if of_balance && account.balances.iter().all(|row| row.balance.remaining.is_none()) {
                prop_assert_eq!(probe.value, None);
            }
        }
        prop_assert_eq!(step(&[], &[], now()), Stepped::default());
    }
}
