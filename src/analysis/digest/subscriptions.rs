//! Plans that are paid by the month, and what is paid by use: never one sum.

use super::*;
use crate::analysis::testing::{account, billed, dec, digest_of, figures, money, slot, with_usage};
use crate::domain::money::Currency;
use crate::domain::reading::Figures;
use crate::domain::snapshot::AccountSnapshot;
use crate::domain::usage::{Basis, Spend};

fn with_plan(id: &str, dollars: &str) -> AccountSnapshot {
    let plan = Plan {
        name: "Max20x".into(),
        monthly: Some(money(dollars, "USD")),
    };
    account(
        id,
        Figures {
            plan: Some(plan),
            ..figures()
        },
    )
}

/// F40
#[test]
fn subscriptions_are_summed_by_the_month_and_by_currency() {
    let mut euros = with_plan("cursor", "5");
    let plan = euros.latest.as_mut().unwrap().figures.plan.as_mut();
    plan.unwrap().monthly = Some(money("5", "EUR"));
    let accounts = vec![
        with_plan("claude-code", "200"),
        with_plan("codex", "20"),
        euros,
    ];
    let purse = digest_of(accounts, &Policy::default()).subscriptions();
    assert_eq!(purse.get(Currency::USD), Some(dec("220")));
    assert_eq!(purse.get(Currency::EUR), Some(dec("5")));
}

/// F52
#[test]
fn what_is_paid_by_use_stands_apart_from_subscriptions_and_estimates_are_marked() {
    let used = |id: &str, spend| {
        with_usage(
            account(id, figures()),
            vec![slot("2026-11-23T08:00:00Z", spend)],
        )
    };
    let estimated = Spend::of(money("0.25", "USD"), Basis::Estimated);
    let accounts = vec![
        used("openai", billed("0.5", "USD")),
        used("openrouter", billed("0.5", "USD")),
        used("gemini-logs", estimated),
        with_plan("claude-code", "200"),
    ];
    let digest = digest_of(accounts, &Policy::default());
    let today = digest.totals.today.as_ref().unwrap();
    assert_eq!(today.get(Currency::USD, Basis::Billed), Some(dec("1.0")));
    let estimated = today.get(Currency::USD, Basis::Estimated);
    assert_eq!(estimated, Some(dec("0.25")), "beside, never within");
    assert_eq!(digest.subscriptions().get(Currency::USD), Some(dec("200")));
}
