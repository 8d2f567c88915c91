//! What a budget counts, and what it leaves open.

use rust_decimal::Decimal;

use crate::analysis::digest::{BudgetDigest, SumReach};
use crate::analysis::testing::{
    account, at, billed, by, dec, digest_at, digest_of, figures, key, money, slot, with_usage,
    with_window,
};
use crate::domain::account::AccountId;
use crate::domain::ids::{KeyId, ProjectId};
use crate::domain::period::Unit;
use crate::domain::policy::{Budget, ForecastNotice, Policy};
use crate::domain::reading::Figures;
use crate::domain::snapshot::AccountSnapshot;
use crate::domain::usage::{Attribution, Basis, Spans, Spend};

fn budget(amount: &str) -> Budget {
    Budget {
        name: "month".into(),
        account: None,
        key: None,
        model: None,
        project: None,
        period: Unit::Month,
        amount: money(amount, "USD"),
        notify_at: Vec::new(),
        forecast: ForecastNotice::Off,
    }
}

fn judged(budget: Budget, accounts: Vec<AccountSnapshot>) -> BudgetDigest {
    let policy = Policy {
        budgets: vec![budget],
        ..Policy::default()
    };
    digest_of(accounts, &policy).budgets.remove(0)
}

fn spending(id: &str, spend: Spend) -> AccountSnapshot {
    with_usage(
        account(id, figures()),
        vec![slot("2026-11-23T08:00:00Z", spend)],
    )
}

#[test]
fn ten_of_fifty_are_twenty_percent() {
    let row = judged(budget("50"), vec![spending("openai", billed("10", "USD"))]);
    assert_eq!(row.spent, Some(dec("10")));
    assert_eq!(row.percent, Some(dec("20")));
    assert_eq!(row.reach, SumReach::Whole);
    assert_eq!(row.resets_at, at("2026-12-01T00:00:00Z"));
}

#[test]
fn a_budget_of_nothing_or_less_has_no_percentage() {
    for amount in ["0", "-1"] {
        let row = judged(
            budget(amount),
            vec![spending("openai", billed("10", "USD"))],
        );
        assert_eq!((row.spent, row.percent), (Some(dec("10")), None));
    }
}

#[test]
fn its_month_is_cut_in_the_users_zone_and_projected_to_its_end() {
    let slots = vec![
        slot("2026-10-31T22:45:00Z", billed("100", "USD")),
        slot("2026-10-31T23:00:00Z", billed("15", "USD")),
    ];
    let mut spender = with_usage(account("openai", figures()), slots);
    spender.latest.as_mut().unwrap().taken_at = at("2026-11-15T23:00:00Z");
    let policy = Policy {
        zone: "Europe/Berlin".parse().unwrap(),
        budgets: vec![budget("50")],
        ..Policy::default()
    };
    let row = digest_at(vec![spender], &policy, at("2026-11-15T23:00:00Z"))
        .budgets
        .remove(0);
    assert_eq!(row.spent, Some(dec("15")));
    assert_eq!(row.forecast, Some(dec("30")));
    assert_eq!(row.resets_at, at("2026-11-30T23:00:00Z"));
}

#[test]
fn an_unknown_spend_is_unknown_and_never_zero() {
    let row = judged(budget("50"), vec![with_window("claude", "10")]);
    assert_eq!((row.spent, row.percent, row.forecast), (None, None, None));
    let diem_only = judged(budget("50"), vec![spending("venice", billed("9", "DIEM"))]);
    assert_eq!(diem_only.spent, None, "nothing of it can be converted");
    let nothing = judged(budget("50"), vec![spending("venice", Spend::default())]);
    assert_eq!(nothing.spent, Some(Decimal::ZERO), "known to be nothing");
}

#[test]
fn accounts_it_cannot_read_make_it_a_lower_bound() {
    let unread = AccountSnapshot {
        latest: None,
        ..account("anthropic", figures())
    };
    let row = judged(
        budget("50"),
        vec![spending("openai", billed("10", "USD")), unread],
    );
    assert_eq!(
        (row.spent, row.reach),
        (Some(dec("10")), SumReach::LowerBound)
    );
    let with_plan = judged(
        budget("50"),
        vec![
            spending("openai", billed("10", "USD")),
            with_window("claude", "10"),
        ],
    );
    assert_eq!(with_plan.reach, SumReach::Whole, "a plan bills no use");
}

#[test]
fn usage_that_reaches_back_only_partly_counts_as_at_least() {
    let mut young = spending("openai", billed("10", "USD"));
    young.usage_since = Some(at("2026-11-20T00:00:00Z"));
    let row = judged(budget("50"), vec![young]);
    assert_eq!(
        (row.spent, row.reach),
        (Some(dec("10")), SumReach::LowerBound)
    );
}

#[test]
fn estimated_money_is_not_added_to_billed_money() {
    let mut both = billed("10", "USD");
    both.add(money("7", "USD"), Basis::Estimated);
    let row = judged(budget("50"), vec![spending("openai", both)]);
    assert_eq!(
        (row.spent, row.reach),
        (Some(dec("10")), SumReach::LowerBound)
    );
    let estimated = Spend::of(money("7", "USD"), Basis::Estimated);
    let row = judged(budget("50"), vec![spending("claude-code", estimated)]);
    assert_eq!((row.spent, row.reach), (Some(dec("7")), SumReach::Whole));
}

#[test]
fn a_budget_of_a_provider_covers_its_accounts_and_no_others() {
    let accounts = || {
        vec![
            spending("openai", billed("1", "USD")),
            spending("openai/work", billed("2", "USD")),
            spending("venice", billed("4", "USD")),
        ]
    };
    let spent = |id: &str| {
        let account = Some(AccountId::parse(id));
        judged(
            Budget {
                account,
                ..budget("50")
            },
            accounts(),
        )
        .spent
    };
    assert_eq!(spent("openai"), Some(dec("3")));
    assert_eq!(spent("openai/work"), Some(dec("2")));
    assert_eq!(spent("mistral"), None);
}

#[test]
fn a_budget_of_a_key_or_model_counts_only_that() {
    let usage = vec![
        by(
            slot("2026-11-23T08:00:00Z", billed("1", "USD")),
            Some("ci"),
            Some("large"),
        ),
        by(
            slot("2026-11-23T08:15:00Z", billed("2", "USD")),
            Some("laptop"),
            Some("large"),
        ),
    ];
    let accounts = || vec![with_usage(account("openai", figures()), usage.clone())];
    let of_key = Budget {
        key: Some(KeyId::from("ci")),
        ..budget("50")
    };
    let row = judged(of_key.clone(), accounts());
    assert_eq!((row.spent, row.reach), (Some(dec("1")), SumReach::Whole));
    let of_both = Budget {
        model: Some("small".into()),
        ..of_key
    };
    assert_eq!(judged(of_both, accounts()).spent, Some(Decimal::ZERO));
    let of_project = Budget {
        project: Some(ProjectId::from("alpha")),
        ..budget("50")
    };
    assert_eq!(
        judged(of_project, accounts()).spent,
        None,
        "no usage names a project"
    );
}

#[test]
fn where_usage_names_no_key_the_vendors_sum_of_it_counts() {
    let spend = Spans {
        week: Some(billed("2.11", "USD")),
        ..Spans::default()
    };
    let account = account(
        "venice",
        Figures {
            keys: vec![key("ci", spend)],
            ..figures()
        },
    );
    let of_key = |period| Budget {
        key: Some(KeyId::from("ci")),
        period,
        ..budget("50")
    };
    let account = with_usage(
        account,
        vec![slot("2026-11-23T08:00:00Z", billed("9", "USD"))],
    );
    let week = judged(of_key(Unit::Week), vec![account.clone()]);
    assert_eq!(week.spent, Some(dec("2.11")));
    let month = judged(of_key(Unit::Month), vec![account]);
    assert_eq!(month.spent, None, "the vendor tells only the week");
}

#[test]
fn a_project_is_meant_by_a_folders_last_name_unless_several_are_called_so() {
    let in_folder = |folder: &str, dollars: &str| {
        let mut slot = slot("2026-11-23T08:00:00Z", billed(dollars, "USD"));
        slot.who = Attribution {
            project: Some(ProjectId::from(folder)),
            ..Attribution::default()
        }
        .into();
        slot
    };
    let of = |project: &str| {
        let usage = vec![
            in_folder("/home/me/work/alpha", "1"),
            in_folder("/home/me/work/app", "2"),
            in_folder("/home/me/play/app/", "4"),
            in_folder("beta", "8"),
        ];
        let budget = Budget {
            project: Some(ProjectId::from(project)),
            ..budget("50")
        };
        judged(
            budget,
            vec![with_usage(account("openai", figures()), usage)],
        )
    };
    for (project, dollars) in [
        ("alpha", "1"),
        ("/home/me/work/alpha/", "1"),
        ("/home/me/play/app", "4"),
        ("beta", "8"),
    ] {
        assert_eq!(of(project).spent, Some(dec(dollars)), "{project}");
    }
    let both = of("app");
    assert_eq!(both.spent, None);
    assert_eq!(both.ambiguous, ["/home/me/play/app/", "/home/me/work/app"]);
    assert!(of("ap").ambiguous.is_empty());
}
