//! What an account wants to know: coins, currencies, plan and addresses, read from its options.

use crate::domain::account::Account;
use crate::domain::coin::CoinPrice;
use crate::domain::ids::Symbol;
use crate::domain::money::Currency;

/// A coin whose price is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Coin {
    /// The ticker.
    pub(super) symbol: Symbol,
    /// CoinGecko's id.
    pub(super) id: String,
    /// Its contract on Base, as the issuer prints it. `None`: only CoinGecko is asked.
    pub(super) address: Option<&'static str>,
}

/// What a key was sold as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Free, on the public host.
    Demo,
    /// Paid, on a host of its own.
    Pro,
}

/// What an account wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The coins, Venice's first.
    pub(super) coins: Vec<Coin>,
    /// The currencies; the dollar is always among them, because the fall-backs tell nothing else.
    pub(super) currencies: Vec<Currency>,
    /// The plan of the key.
    pub(super) plan: Plan,
    /// Options that could not be read, one sentence each.
    pub(super) warnings: Vec<String>,
}

/// Venice's coins: ticker, CoinGecko's id, contract on Base.
const VENICE: [(&str, &str, &str); 2] = [
    (
        "VVV",
        "venice-token",
        "0xacfE6019Ed1A7Dc6f7B508C02d1b04ec88cC21bf",
    ),
    ("DIEM", "diem", "0xF4d97F2da56e8c3098f3a8D538DB630A2606a024"),
];

impl Wanted {
    /// Reads the options of an account.
    pub(super) fn of(account: &Account) -> Self {
        let mut wanted = Self {
            coins: VENICE
                .map(|(symbol, id, address)| Coin {
                    symbol: symbol.into(),
                    id: id.to_owned(),
                    address: Some(address),
                })
                .into(),
            currencies: Vec::new(),
            plan: Plan::Demo,
            warnings: Vec::new(),
        };
        wanted.read_currencies(option(account, "currencies"));
        wanted.read_coins(option(account, "coins"));
        wanted.read_plan(option(account, "plan"));
        wanted
    }

    fn read_currencies(&mut self, codes: &[String]) {
        for code in codes {
            match code.trim().parse::<Currency>() {
                Ok(currency) if self.currencies.contains(&currency) => {}
                Ok(currency) => self.currencies.push(currency),
                Err(error) => self.warnings.push(format!("option `currencies`: {error}")),
            }
        }
        if !self.currencies.contains(&Currency::USD) {
            self.currencies.push(Currency::USD);
        }
    }

    fn read_coins(&mut self, coins: &[String]) {
        for text in coins {
            let (id, symbol) = text.split_once('=').unwrap_or((text, text));
            let id = id.trim().to_ascii_lowercase();
            let symbol = Symbol::new(symbol.trim().to_ascii_uppercase());
            let speaks_for_itself = |part: &str| {
                !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == ',')
            };
            if !speaks_for_itself(&id) || !speaks_for_itself(symbol.as_str()) {
                self.warnings.push(format!(
                    "option `coins`: `{text}` is no coin, write it like `bitcoin=BTC`"
                ));
            } else if !self.coins.iter().any(|coin| coin.id == id) {
                self.coins.push(Coin {
                    symbol,
                    id,
                    address: None,
                });
            }
        }
    }

    fn read_plan(&mut self, plan: &[String]) {
        match plan.first().map(|plan| plan.trim().to_ascii_lowercase()) {
            None => {}
            Some(plan) if plan == "demo" || plan == "none" => {}
            Some(plan) if plan == "pro" => self.plan = Plan::Pro,
            Some(plan) => self.warnings.push(format!(
                "option `plan`: `{plan}` is neither `demo` nor `pro`, so `demo` is used"
            )),
        }
    }

    /// The tickers, for people.
    pub(super) fn tickers(&self) -> String {
        let tickers: Vec<&str> = self.coins.iter().map(|coin| coin.symbol.as_str()).collect();
        tickers.join(", ")
    }

    /// Every coin in every currency that has no price, one sentence each.
    pub(super) fn missing_from<'a>(
        &'a self,
        prices: &'a [CoinPrice],
    ) -> impl Iterator<Item = String> + 'a {
        self.pairs()
            .filter(|pair| !prices.iter().any(|price| is_of(price, *pair)))
            .map(|(coin, currency)| format!("no source tells {} in {currency}", coin.symbol))
    }

    /// Whether a price is among what is wanted.
    pub(super) fn wants(&self, price: &CoinPrice) -> bool {
        self.pairs().any(|pair| is_of(price, pair))
    }

    /// Puts prices in the order of coins and currencies.
    pub(super) fn sort(&self, prices: &mut [CoinPrice]) {
        prices.sort_by_key(|price| self.pairs().position(|pair| is_of(price, pair)));
    }

    fn pairs(&self) -> impl Iterator<Item = (&Coin, Currency)> {
        self.coins.iter().flat_map(|coin| {
            self.currencies
                .iter()
                .map(move |currency| (coin, *currency))
        })
    }
}

fn is_of(price: &CoinPrice, (coin, currency): (&Coin, Currency)) -> bool {
    price.symbol == coin.symbol && price.price.currency == currency
}

/// The values of an option; none when it is not set.
pub(super) fn option<'a>(account: &'a Account, name: &str) -> &'a [String] {
    account.options.get(name).map_or(&[], Vec::as_slice)
}

/// Where another source is asked: the option's address; without one the usual, but only when the account's own
/// base URL is the usual too, so that a test or a proxy leaks nothing. `None`: it is not asked.
pub(super) fn address<'a>(account: &'a Account, name: &str, usual: &'a str) -> Option<&'a str> {
    let chosen = match option(account, name).first() {
        Some(url) => url.trim(),
        None if account.base_url.is_none() => usual,
        None => "",
    };
    let chosen = chosen.trim_end_matches('/');
    (!chosen.is_empty()).then_some(chosen)
}
