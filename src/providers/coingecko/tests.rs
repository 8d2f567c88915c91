//! What is read from options, and what follows from it.

use super::*;
use crate::domain::account::{Account, AccountId, CredentialPlace, Options};
use crate::providers::coingecko::wanted::{Plan, address};

fn account(options: &[(&str, &[&str])], base_url: Option<&str>) -> Account {
    let options: Options = options
        .iter()
        .map(|(name, values)| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            ((*name).to_owned(), values)
        })
        .collect();
    Account {
        id: AccountId::parse("coingecko"),
        label: "CoinGecko".to_owned(),
        every: Duration::from_mins(5),
        credential: CredentialPlace::None,
        base_url: base_url.map(str::to_owned),
        options,
    }
}

#[test]
fn without_options_venices_coins_are_wanted_in_dollars() {
    let wanted = Wanted::of(&account(&[], None));
    assert_eq!(wanted.tickers(), "VVV, DIEM");
    assert_eq!(wanted.currencies, [Currency::USD]);
    assert_eq!(wanted.plan, Plan::Demo);
    assert_eq!(wanted.warnings, Vec::<String>::new());
}

#[test]
fn options_add_coins_and_currencies_and_say_what_they_do_not_understand() {
    let wanted = Wanted::of(&account(
        &[
            ("currencies", &["eur", "EUR", "$"]),
            ("coins", &["bitcoin=btc", "diem", "two words", "=X"]),
            ("plan", &["gold"]),
        ],
        None,
    ));
    assert_eq!(wanted.tickers(), "VVV, DIEM, BTC");
    assert_eq!(wanted.currencies, [Currency::EUR, Currency::USD]);
    assert_eq!(wanted.warnings.len(), 4, "{:?}", wanted.warnings);
}

#[test]
fn other_sources_are_asked_at_their_usual_address_only_when_coingecko_is_too() {
    let asked = |options: &[(&str, &[&str])], base_url| {
        let account = account(options, base_url);
        address(&account, "coinbase_url", "https://usual").map(str::to_owned)
    };
    assert_eq!(asked(&[], None).as_deref(), Some("https://usual"));
    assert_eq!(asked(&[], Some("http://127.0.0.1:1/api/v3")), None);
    assert_eq!(asked(&[("coinbase_url", &[""])], None), None);
    let own: &[(&str, &[&str])] = &[("coinbase_url", &["http://127.0.0.1:1/v2/"])];
    assert_eq!(
        asked(own, Some("http://127.0.0.1:1/api/v3")).as_deref(),
        Some("http://127.0.0.1:1/v2")
    );
}
