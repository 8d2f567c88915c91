//! Whole files and what they mean, good and bad.

use std::time::Duration;

use chrono::NaiveTime;
use rust_decimal::Decimal;

use super::*;
use crate::config::Accounts;
use crate::config::{AccountConfig, Switch, TEMPLATE};
use crate::domain::account::CredentialPlace;
use crate::domain::alert::{Condition, Repeat};
use crate::domain::money::{Currency, Money};
use crate::domain::period::Unit;
use crate::domain::policy::{ForecastNotice, IconStyle, Metric};

fn load_with(text: &str, variables: &[(&str, &str)]) -> Loaded {
    let known = [
        ("venice", "epoch", Accounts::Many),
        ("openai", "organization", Accounts::Many),
        ("coingecko", "coins", Accounts::Many),
        (
            "claude-code",
            "plan session_tokens session_start",
            Accounts::One,
        ),
    ]
    .map(|(id, options, accounts)| KnownProvider {
        id,
        options: options.split(' ').collect(),
        accounts,
    });
    let variables: Variables = [("TZ", "UTC"), ("HOME", "/home/me")]
        .iter()
        .chain(variables)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let written = Written::parse(Path::new("config.toml"), text).unwrap();
    check(
        &written,
        &Surroundings {
            variables: &variables,
            known: &known,
            folder: Path::new("/etc/spendtray"),
        },
    )
}

pub(super) fn load(text: &str) -> Loaded {
    load_with(text, &[])
}

fn good(text: &str) -> Config {
    let loaded = load(text);
    assert_eq!(loaded.warnings, []);
    loaded.config
}

pub(super) fn warnings(text: &str) -> String {
    let lines: Vec<String> = load(text)
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    lines.join("\n")
}

fn account(text: &str) -> AccountConfig {
    good(&format!("[[account]]\nprovider = \"venice\"\n{text}"))
        .accounts
        .remove(0)
}

#[test]
fn an_empty_file_means_the_defaults() {
    assert_eq!(good(""), Config::default());
}

#[test]
fn the_template_says_the_defaults() {
    assert_eq!(good(TEMPLATE), Config::default());
    let spoken: String = TEMPLATE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => setting,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let loaded = load(&spoken);
    assert_eq!(
        (loaded.warnings, loaded.config),
        (vec![], Config::default())
    );
    let defaults: Vec<_> = load("")
        .settings
        .into_iter()
        .map(|each| (each.key, each.value))
        .collect();
    let written: Vec<_> = loaded
        .settings
        .into_iter()
        .map(|each| (each.key, each.value))
        .collect();
    assert_eq!(
        written, defaults,
        "every key stands in the template with its default"
    );
}

#[test]
fn the_examples_of_the_template_are_good() {
    let examples: String = TEMPLATE
        .lines()
        .skip_while(|line| !line.starts_with("# [["))
        .filter_map(|line| line.strip_prefix("# "))
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = good(&examples);
    assert_eq!(config.accounts.len(), 2);
    assert_eq!(
        config.policy.budgets.first().unwrap().name,
        "venice/work month"
    );
    assert_eq!(config.policy.rules.len(), 1);
    assert_eq!(config.policy.holdings.len(), 1);
}

#[test]
fn intervals_are_put_between_a_minute_and_an_hour() {
    let seconds = |text: &str| {
        let loaded = load(&format!("refresh = {text}"));
        (
            loaded.config.refresh.map(|each| each.as_secs()),
            loaded.warnings.len(),
        )
    };
    assert_eq!(seconds("5"), (Some(60), 1));
    assert_eq!(seconds("99999"), (Some(3600), 1));
    assert_eq!(seconds("-1"), (Some(60), 1));
    assert_eq!(seconds("120"), (Some(120), 0));
    assert_eq!(seconds("\"120\""), (Some(120), 0));
    assert_eq!(seconds("\"90s\""), (Some(90), 0));
    assert_eq!(seconds("\" 5 m \""), (Some(300), 0));
    assert_eq!(seconds("\"1h\""), (Some(3600), 0));
    assert_eq!(seconds("\"10m30s\""), (Some(630), 0));
    assert_eq!(seconds("\"auto\""), (None, 0));
    assert_eq!(seconds("\"99999999999999999999d\""), (None, 1));
    for bad in [
        "\"\"",
        "\"soon\"",
        "1.5",
        "true",
        "[1]",
        "\"5 parsecs\"",
        "{ a = 1 }",
    ] {
        assert_eq!(seconds(bad), (None, 1), "{bad}");
    }
}

#[test]
fn a_bad_value_costs_only_itself_and_is_named_with_its_line() {
    let text = r#"
refrsh = "5m"
refresh = 5
timezone = "berlin"
currency = "$"

[tray]
icon = "numbr"
warn_at = 95
critical_at = 80
title = 7
colour = "red"

[notifications]
enabled = "perhaps"
quiet_hours = "22-7"
webhook = "http://example.com/x"
"#;
    insta::assert_snapshot!(warnings(text), @r#"
    line 2: `refrsh`: this key is not known and is ignored; did you mean `refresh`?
    line 3: `refresh`: it must be between 1m and 1h; "1m" is used.
    line 4: `timezone`: `berlin` is no time zone, but "Europe/Berlin" is; the default "local" is used.
    line 5: `currency`: `$` is no currency code: use 2 to 16 letters, digits or underscores, like USD; the default "USD" is used.
    line 8: `tray.icon`: it must be "number", "meter" or "plain"; did you mean `number`; the default "number" is used.
    line 10: `tray.critical_at`: it is below `warn_at`, so nothing would ever be a warning; 95 is used.
    line 11: `tray.title`: it must be a text in quotes, not a number; the default "" is used.
    line 12: `tray.colour`: this key is not known and is ignored.
    line 15: `notifications.enabled`: it must be true or false; the default true is used.
    line 16: `notifications.quiet_hours`: it must be two times like "22:00-07:00"; the default "" is used.
    line 17: `notifications.webhook`: it must start with https://, because plain http shows keys to everybody on the way; http:// is for this machine only; the default "" is used.
    "#);
    let config = load(text).config;
    assert_eq!(config.policy.warn_at, Decimal::from(95));
    assert_eq!(config.policy.critical_at, Decimal::from(95));
    assert_eq!(config.notifications, Notifications::default());
}

#[test]
fn tables_of_the_wrong_shape_are_warned_of() {
    insta::assert_snapshot!(warnings("tray = 5\naccount = [1, { provider = \"venice\" }]\nbudget = \"x\"\n"), @r#"
    line 1: `tray`: it must be a table that starts with [tray]; its defaults are used.
    line 2: `account`: each entry must be a table that starts with [[account]].
    line 3: `budget`: each entry must be a table that starts with [[budget]].
    "#);
    insta::assert_snapshot!(warnings("[account]\nprovider = \"venice\"\n[refresh]\na = 1"), @r#"
    line 1: `account`: each entry must be a table that starts with [[account]].
    line 3: `refresh`: it must be one value, not a table; the default "auto" is used.
    "#);
}

#[test]
fn good_values_are_taken() {
    let config = good(
        "timezone = \"Asia/Kathmandu\"\ncurrency = \"eur\"\nledger = \"csv:///tmp/x\"\nhttp_log = \"~/log.jsonl\"\n[tray]\ntitle = \"{spend.today}\"\nicon = \"meter\"\nwarn_at = \"12.5%\"\n[notifications]\nenabled = false\nquiet_hours = \"22:00-07:30\"\nwebhook = \"http://127.0.0.1:9/x\"\n",
    );
    assert_eq!(config.policy.zone, "Asia/Kathmandu".parse().unwrap());
    assert_eq!(config.policy.currency, Currency::EUR);
    assert_eq!(config.policy.icon, IconStyle::Meter);
    assert_eq!(config.policy.warn_at, "12.5".parse().unwrap());
    assert_eq!(config.policy.title.as_deref(), Some("{spend.today}"));
    assert_eq!(
        config.http_log.as_deref(),
        Some(Path::new("/home/me/log.jsonl"))
    );
    assert_eq!(config.ledger.as_deref(), Some("csv:///tmp/x"));
    assert_eq!(config.notifications.enabled, Switch::Off);
    let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    assert_eq!(
        config.notifications.quiet_hours,
        Some((time(22, 0), time(7, 30)))
    );
    assert!(config.notifications.webhook.is_some());
}

#[test]
fn the_machines_zone_comes_from_tz_first() {
    let zone = |tz: &str| {
        load_with("timezone = \"local\"", &[("TZ", tz)])
            .config
            .policy
            .zone
    };
    assert_eq!(zone("Europe/Berlin").name(), "Europe/Berlin");
    let file = ":/usr/share/zoneinfo/Asia/Tokyo";
    assert_eq!(zone(file).name(), "Asia/Tokyo");
    assert_eq!(good("timezone = \"utc\"").policy.zone, Zone::UTC);
}

#[test]
fn an_account_has_its_provider_name_place_and_options() {
    let account = account(
        "name = \"work\"\nlabel = \"W\"\nsecret = \"env:MY_KEY\"\nenabled = false\nrefresh = \"2m\"\nbase_url = \"https://proxy.example/v1/\"\nepoch = [\"a\", 2, 0.10]\n",
    );
    assert_eq!(account.id.to_string(), "venice/work");
    assert_eq!(
        account.credential,
        CredentialPlace::Environment("MY_KEY".to_owned())
    );
    assert_eq!(account.enabled, Switch::Off);
    assert_eq!(account.refresh, Some(Duration::from_mins(2)));
    assert_eq!(
        account.base_url.as_deref(),
        Some("https://proxy.example/v1")
    );
    assert_eq!(account.options.get("epoch").unwrap(), &["a", "2", "0.10"]);
}

#[test]
fn a_credential_may_be_in_many_places() {
    let place = |text: &str| account(&format!("secret = '{text}'")).credential;
    assert_eq!(place("keyring"), CredentialPlace::Keyring);
    assert_eq!(
        place("file:~/key"),
        CredentialPlace::File("/home/me/key".to_owned())
    );
    assert_eq!(
        place("file:key"),
        CredentialPlace::File("/etc/spendtray/key".to_owned())
    );
    assert_eq!(
        place("command:pass show \"ai venice\""),
        CredentialPlace::Command(vec!["pass".into(), "show".into(), "ai venice".into()])
    );
    assert_eq!(account("name = 2").id.to_string(), "venice/2");
}

#[test]
fn a_key_put_where_its_place_belongs_is_never_repeated() {
    let loaded = load("[[account]]\nprovider = \"venice\"\nsecret = \"sk-verysecret1234567890\"\n");
    let told = format!("{loaded:?}");
    assert!(!told.contains("verysecret"), "{told}");
    assert_eq!(loaded.warnings.len(), 1);
}

#[test]
fn accounts_that_cannot_be_are_skipped_with_a_reason() {
    let text = r#"
[[account]]
provider = "vennice"
[[account]]
provider = "venice"
base_url = "http://venice.example"
[[account]]
name = "x"
[[account]]
provider = "venice"
[[account]]
provider = "openai"
organisation = "o"
name = ""
[[account]]
provider = "openai"
organisation = "o"
base_url = "https://user@host/"
"#;
    insta::assert_snapshot!(warnings(text), @r#"
    line 3: `account[0].provider`: there is no provider `vennice`; did you mean `venice`; this account is skipped.
    line 6: `account[1].base_url`: it must start with https://, because plain http shows keys to everybody on the way; http:// is for this machine only; it is left out.
    line 7: `account[2].provider`: an account needs a `provider`, so this one is skipped.
    line 10: `account[3]`: `venice` is already there in line 5, so this account is skipped; give it a `name` of its own.
    line 12: `account[4]`: without a good `name` it would be another account, so it is skipped.
    line 14: `account[4].name`: it must not be empty; it is left out.
    line 17: `account[5].organisation`: this key is not known and is ignored; did you mean `organization`?
    line 18: `account[5].base_url`: it must be an address and a path only, without user, `?` or `#`; it is left out.
    "#);
    let ids: Vec<String> = load(text)
        .config
        .accounts
        .iter()
        .map(|each| each.id.to_string())
        .collect();
    assert_eq!(ids, ["venice", "openai"]);
}

#[test]
fn accounts_keep_the_order_of_the_file() {
    let config = good(
        "account = [{ provider = \"openai\" }, { provider = \"venice\", name = \"b\" }, { provider = \"venice\" }]",
    );
    let ids: Vec<String> = config
        .accounts
        .iter()
        .map(|each| each.id.to_string())
        .collect();
    assert_eq!(ids, ["openai", "venice/b", "venice"]);
}

#[test]
fn amounts_are_read_exactly_as_written() {
    let amount = |text: &str| {
        let config = good(&format!("[[budget]]\namount = {text}"));
        config
            .policy
            .budgets
            .first()
            .unwrap()
            .amount
            .amount
            .to_string()
    };
    assert_eq!(amount("0.1"), "0.1");
    assert_eq!(amount("50"), "50");
    assert_eq!(amount("\"1234567890.123456789\""), "1234567890.123456789");
    assert_eq!(amount("1234567890.123456789"), "1234567890.123456789");
    assert_eq!(amount("1_000.50"), "1000.50");
    assert_eq!(amount("+1e-2"), "0.01");
    assert_eq!(amount("0x10"), "16");
    assert_eq!(amount("\"99999999999999999999\""), "99999999999999999999");
}

#[test]
fn a_budget_has_a_name_made_of_its_parts() {
    let config = good(
        "currency = \"EUR\"\n[[budget]]\naccount = \"openai\"\namount = 50\nnotify_at = [100, 50, \"forecast\", 50]\n[[budget]]\namount = 5\nperiod = \"day\"\nmodel = \"gpt-5\"\ncurrency = \"DIEM\"\n[[budget]]\naccount = \"openai\"\namount = 60\n",
    );
    let [first, second, third] = config.policy.budgets.as_slice() else {
        panic!("three budgets");
    };
    assert_eq!(first.name, "openai month");
    assert_eq!(first.amount, Money::new(Decimal::from(50), Currency::EUR));
    assert_eq!(first.notify_at, [Decimal::from(50), Decimal::from(100)]);
    assert_eq!(first.forecast, ForecastNotice::On);
    assert_eq!(
        (second.name.as_str(), second.period),
        ("gpt-5 day", Unit::Day)
    );
    assert_eq!(second.amount.currency, Currency::DIEM);
    assert_eq!(second.notify_at.len(), 3);
    assert_eq!(third.name, "openai month (2)");
}

#[test]
fn a_budget_that_is_none_is_left_out() {
    let text = r#"
[[budget]]
amount = -1
[[budget]]
amount = 0
[[budget]]
amount = "x"
[[budget]]
period = "day"
[[budget]]
amount = inf
[[budget]]
amount = 5
account = "vennice"
[[budget]]
amount = 5
period = "year"
[[budget]]
amount = 5
notify_at = [0]
"#;
    insta::assert_snapshot!(warnings(text), @r#"
    line 3: `budget[0].amount`: it must be above 0; it is left out.
    line 3: `budget[0]`: without a good `amount` this is no budget, so it is left out.
    line 5: `budget[1].amount`: it must be above 0; it is left out.
    line 5: `budget[1]`: without a good `amount` this is no budget, so it is left out.
    line 7: `budget[2].amount`: `x` is no number that can be held exactly; it is left out.
    line 7: `budget[2]`: without a good `amount` this is no budget, so it is left out.
    line 8: `budget[3]`: without a good `amount` this is no budget, so it is left out.
    line 11: `budget[4].amount`: `inf` is no number that can be held exactly; it is left out.
    line 11: `budget[4]`: without a good `amount` this is no budget, so it is left out.
    line 14: `budget[5].account`: there is no provider `vennice`; did you mean `venice`; it is left out.
    line 14: `budget[5]`: without a good `account` this is no budget, so it is left out.
    line 17: `budget[6].period`: it must be "day", "week" or "month"; the default "month" is used.
    line 17: `budget[6]`: without a good `period` this is no budget, so it is left out.
    line 20: `budget[7].notify_at`: it must be above 0 percent; the default [50, 80, 100] is used.
    "#);
    assert_eq!(load(text).config.policy.budgets.len(), 1);
}

#[test]
fn a_rule_reads_back_as_written() {
    for text in [
        "venice/work.balance.diem",
        "venice.window.5h",
        "openai.spend.today",
        "openai.spend.week",
        "VVV.price",
        "VVV.change_24h",
    ] {
        let config = good(&format!("[[alert]]\nmetric = \"{text}\"\nbelow = 10\n"));
        assert_eq!(
            config.policy.rules.first().unwrap().metric.to_string(),
            text
        );
    }
    let config = good("[[alert]]\nmetric = \"vvv.price\"\nabove = -0.5\nevery = \"1h\"\n");
    let rule = config.policy.rules.first().unwrap();
    assert_eq!(rule.metric, Metric::Price("VVV".to_owned()));
    assert_eq!(rule.condition, Condition::AtLeast("-0.5".parse().unwrap()));
    assert_eq!(rule.repeat, Repeat::Every(Duration::from_hours(1)));
}

#[test]
fn rules_and_holdings_that_mean_nothing_are_left_out() {
    let text = r#"
[[alert]]
metric = "venice.balance.diem"
[[alert]]
metric = "venice.balance.diem"
below = 1
above = 2
[[alert]]
below = 1
[[alert]]
metric = "balance"
below = 1
[[alert]]
metric = "nobody.balance.usd"
below = 1
[[alert]]
metric = "venice.spend.year"
below = 1
[[alert]]
metric = "venice.spend.week"
below = "ten"
every = 0
[[holding]]
symbol = "VVV"
[[holding]]
symbol = "VVV"
amount = "x"
"#;
    insta::assert_snapshot!(warnings(text), @r#"
    line 3: `alert[0]`: it needs `below` or `above`; this rule is left out.
    line 5: `alert[1]`: it has both `below` and `above`; write two rules; this rule is left out.
    line 8: `alert[2]`: it names no `metric`; this rule is left out.
    line 11: `alert[3].metric`: `balance` names no figure; write <account>.balance.<name>, <account>.window.<name>, <account>.spend.today, <symbol>.price or <symbol>.change_24h; it is left out.
    line 14: `alert[4].metric`: there is no provider `nobody`; `spendtray providers` lists them; it is left out.
    line 17: `alert[5].metric`: spend is known for `today`, `week` and `month`; it is left out.
    line 21: `alert[6].below`: `ten` is no number that can be held exactly; it is left out.
    line 22: `alert[6].every`: it must be longer than nothing; it is left out.
    line 24: `holding[0]`: a holding needs a `symbol` and an `amount`, so it is left out.
    line 26: `holding[1]`: a holding needs a `symbol` and an `amount`, so it is left out.
    line 27: `holding[1].amount`: `x` is no number that can be held exactly; it is left out.
    "#);
    assert!(load(text).config.policy.rules.is_empty());
    assert!(load(text).config.policy.holdings.is_empty());
}

#[test]
fn every_value_tells_who_said_it() {
    let loaded = load_with(
        "currency = \"EUR\"\n[tray]\nwarn_at = 200\n[[account]]\nprovider = \"venice\"\nrefresh = 5\n",
        &[("SPENDTRAY_LEDGER", "postgres://me:secret@host/db")],
    );
    let lines: Vec<String> = loaded
        .settings
        .iter()
        .map(|setting| format!("{} = {} ({})", setting.key, setting.value, setting.origin))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    refresh = "auto" (default)
    timezone = "local" (default)
    currency = "EUR" (line 1)
    ledger = "postgres://me:…@host/db" (variable SPENDTRAY_LEDGER)
    http_log = "" (default)
    tray.title = "" (default)
    tray.icon = "number" (default)
    tray.warn_at = 75 (default)
    tray.critical_at = 90 (default)
    notifications.enabled = true (default)
    notifications.quiet_hours = "" (default)
    notifications.webhook = "" (default)
    prices.refresh = true (default)
    prices.url = "" (default)
    account[0].provider = "venice" (line 5)
    account[0].secret = "keyring" (default)
    account[0].enabled = true (default)
    account[0].refresh = "1m" (line 6)
    "#);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "([a-z_]{1,9}( ?= ?|\\.)(\"[^\"\\\\\n]{0,9}\"|[0-9._eE+-]{1,9}|\\[1, \"a\"\\])\n|\\[\\[?(account|budget|alert|tray|holding)\\]?\\]\n){0,8}") {
        if let Ok(written) = Written::parse(Path::new("config.toml"), &text) {
            let variables = Variables::default();
            check(&written, &Surroundings { variables: &variables, known: &[], folder: Path::new("") });
        }
    }
}

#[test]
fn an_own_price_is_exact_and_per_token() {
    let config = good(
        "[prices]\nrefresh = false\nurl = \"https://prices.example/list.json\"\n\
         [[price]]\nmodel = \"Claude-X\"\ninput = 4.5\noutput = \"22.5\"\ncached_input = 0\ncache_write_1h = 9\nfrom = 2026-11-01\n\
         [[price]]\nmodel = \"gpt-x\"\ninput = 0.000001\noutput = 1_000\nfrom = \"2026-11-02\"\n",
    );
    assert_eq!(config.prices.refresh, Switch::Off);
    assert_eq!(
        config.prices.url.as_deref(),
        Some("https://prices.example/list.json")
    );
    let [claude, gpt] = config.prices.own.as_slice() else {
        panic!("{:?}", config.prices.own);
    };
    assert_eq!(claude.model, "claude-x");
    assert_eq!(claude.rates.input.to_string(), "0.0000045");
    assert_eq!(claude.rates.cached_input, Some(Decimal::ZERO));
    assert_eq!(claude.rates.cache_write, None);
    assert_eq!(
        claude.from.map(|day| day.to_string()).as_deref(),
        Some("2026-11-01")
    );
    assert_eq!(gpt.rates.input.to_string(), "0.000000000001");
    assert_eq!(gpt.rates.output.to_string(), "0.001");
}

#[test]
fn an_own_price_that_is_not_understood_is_left_out_and_named() {
    insta::assert_snapshot!(warnings(
        "prices = 3\n[[price]]\nmodel = \"a\"\ninput = -1\noutput = 2\n\
         [[price]]\ninput = 1\noutput = 2\n\
         [[price]]\nmodel = \"b\"\ninput = 1\noutput = 2\ncached_input = \"cheap\"\n\
         [[price]]\nmodel = \"c\"\ninput = 10001\noutput = 2\n\
         [[price]]\nmodel = \"d\"\ninput = 1\noutput = 2\nfrom = \"soon\"\nper = 1\n\
         [[price]]\nmodel = \"e\"\ninput = 1\noutput = 2\n[[price]]\nmodel = \"E\"\ninput = 1\noutput = 3\n"
    ));
    insta::assert_snapshot!(warnings(
        "[prices]\nurl = \"http://example.com/p\"\nrefesh = false\n"
    ));
    assert_eq!(
        load("[[price]]\nmodel = \"a\"\ninput = 1\n")
            .config
            .prices
            .own,
        []
    );
}
