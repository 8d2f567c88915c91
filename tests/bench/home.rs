//! A home with six accounts at simulated vendors and a ledger of ninety days.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use spendtray::clock::Clock;
use spendtray::domain::account::AccountId;
use spendtray::domain::ids::{BalanceName, ModelId};
use spendtray::domain::money::{Currency, Money};
use spendtray::domain::quota::{Balance, Standing};
use spendtray::domain::reading::Reading;
use spendtray::domain::usage::{Attribution, Basis, SlotRange, SlotWidth, Spend, UsageSlot};
use spendtray::simulator::{Fault, Simulator};
use spendtray::store::Store;
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::Outcome;

const NAMES: [&str; 4] = ["work", "home", "lab", "team"];
const DAYS: i64 = 90;
const KEYS: [&str; 2] = ["VENICE_ADMIN_KEY", "COINGECKO_API_KEY"];

/// The home, and the vendors its accounts are at.
pub(super) struct Home {
    folder: TempDir,
    vendors: Simulator,
}

impl Home {
    pub(super) async fn new() -> Outcome<Self> {
        let home = Self {
            folder: tempfile::tempdir()?,
            vendors: vendors().await?,
        };
        let config = home.folder.path().join("config/spendtray");
        std::fs::create_dir_all(&config)?;
        std::fs::create_dir_all(home.folder.path().join("run"))?;
        std::fs::write(config.join("config.toml"), home.config())?;
        let data = home.folder.path().join("data/spendtray");
        std::fs::create_dir_all(&data)?;
        home.fill(&data.join("ledger.sqlite")).await?;
        Ok(home)
    }

    pub(super) fn variables(&self) -> BTreeMap<String, String> {
        let place = |folder: &str| {
            self.folder
                .path()
                .join(folder)
                .to_string_lossy()
                .into_owned()
        };
        // The key of a vendor that is not configured would make a seventh account, at the real vendor.
        let keys = self.vendors.variables().into_iter();
        let mut variables: BTreeMap<String, String> = keys
            .filter(|(name, _)| KEYS.contains(&name.as_str()))
            .collect();
        variables.extend([
            ("HOME".to_owned(), place("")),
            ("XDG_CONFIG_HOME".to_owned(), place("config")),
            ("XDG_DATA_HOME".to_owned(), place("data")),
            ("XDG_STATE_HOME".to_owned(), place("state")),
            ("XDG_CACHE_HOME".to_owned(), place("cache")),
            ("XDG_RUNTIME_DIR".to_owned(), place("run")),
        ]);
        variables
    }

    pub(super) fn hang(&self) {
        self.vendors.fail("venice", "", Fault::Hang);
    }

    pub(super) fn mend(&self) {
        self.vendors.mend();
    }

    fn config(&self) -> String {
        let url = |vendor: &str| self.vendors.base_url(vendor).unwrap_or_default();
        let mut text = "refresh = \"5m\"\ntimezone = \"UTC\"\n".to_owned();
        for name in NAMES {
            text.extend([
                "[[account]]\nprovider = \"venice\"\nsecret = \"env:VENICE_ADMIN_KEY\"\nrefresh = \"5m\"\nname = \"",
                name,
                "\"\nbase_url = \"",
                &url("venice"),
                "\"\n",
            ]);
        }
        text.extend([
            "[[account]]\nprovider = \"coingecko\"\nplan = \"demo\"\nbase_url = \"",
            &url("coingecko"),
            "\"\n[[account]]\nprovider = \"frankfurter\"\nsymbols = [\"EUR\"]\nbase_url = \"",
            &url("frankfurter"),
            "\"\n[[holding]]\nsymbol = \"VVV\"\namount = 2750\n",
        ]);
        text
    }

    async fn fill(&self, file: &std::path::Path) -> Outcome {
        let store = Store::open(&Store::url_of(file)).await?;
        let now = Clock::system().now();
        for name in NAMES {
            let account = AccountId::parse(&format!("venice/{name}"));
            for day in (1..=DAYS).rev() {
                let reading = day_of(&account, now - TimeDelta::days(day));
                let next = now + TimeDelta::from_std(Duration::from_secs(1))?;
                store.record_reading(&reading, next).await?;
            }
        }
        store.close().await;
        Ok(())
    }
}

/// Vendors on a thread of their own: what they take to answer must not hold up the clock that measures.
async fn vendors() -> Outcome<Simulator> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new().spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let started = Simulator::start(Clock::system(), 7).await;
            drop(tell.send(started));
            std::future::pending::<()>().await;
        });
    })?;
    Ok(told.await??)
}

/// A day of usage, by hour and model.
fn day_of(account: &AccountId, at: DateTime<Utc>) -> Reading {
    let mut reading = Reading::empty(account.clone(), at);
    reading.figures.balances.push(Balance {
        name: BalanceName::new("usd"),
        remaining: Some(dollars(at.timestamp() % 10_000)),
        granted: None,
        resets_at: None,
        standing: Standing::Served,
    });
    let from = SlotWidth::Day.start_of(at);
    let until = from + TimeDelta::days(1);
    let hours = (0..24).flat_map(|hour| (0..3).map(move |model| (hour, model)));
    let slots = hours.map(|(hour, model)| UsageSlot {
        start: from + TimeDelta::hours(hour),
        width: SlotWidth::QuarterHour,
        who: Attribution {
            model: Some(ModelId::new(format!("model-{model}"))),
            ..Attribution::default()
        }
        .into(),
        requests: Some(3),
        tokens: None,
        spend: Spend::of(dollars(hour + 7 * model), Basis::Billed),
    });
    reading.ranges.push(SlotRange {
        from,
        until,
        slots: slots.collect(),
    });
    reading
}

fn dollars(cents: i64) -> Money {
    Money::new(Decimal::new(cents, 2), Currency::USD)
}
