//! `Stage`: the real engine on a real ledger, with scripted vendors and a clock that the test moves.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use spendtray::app::accounts::Registry;
use spendtray::app::assembly::known;
use spendtray::app::engine::{Engine, Parts};
use spendtray::app::growth;
use spendtray::app::ledger::{Ledger, Wish};
use spendtray::app::message::{Command, Update};
use spendtray::app::poller::Reach;
use spendtray::app::pricing::Prices;
use spendtray::app::settings::Settings;
use spendtray::clock::Clock;
use spendtray::config;
use spendtray::domain::ids::BalanceName;
use spendtray::domain::money::{Currency, Money};
use spendtray::domain::quota::{Balance, Standing};
use spendtray::domain::reading::{Reading, Wait};
use spendtray::domain::variables::Variables;
use spendtray::http::Http;
use spendtray::logs::{Desk, Surroundings};
use spendtray::providers::{Appears, Auth, Kind, Links, Need, PollContext, PollError, Provider};
use spendtray::secrets::vault::Vault;
use spendtray::store::Store;
use spendtray::system::steps::Steps;
use spendtray::view::View;
use spendtray::view::menu::{Action, MenuItem};
use spendtray::view::notice::Notice;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The longest a test waits for what must come; reached only when it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a scripted vendor answers.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// So many dollars left.
    Dollars(i64),
    /// So many dollars left, and a request to be left alone for so many seconds.
    DollarsThenWait(i64, i64),
    /// A failure.
    Failure(PollError),
}

/// One scripted account: the answers to come, and how often it was asked.
#[derive(Debug)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<Answer>>,
    hits: Mutex<usize>,
    /// An answer takes one of these; a test holds them back to let polls hang.
    pub(crate) gate: Semaphore,
    /// One more for each poll that has begun.
    pub(crate) begun: Semaphore,
}

impl Script {
    /// How often it was asked.
    pub(crate) fn hits(&self) -> usize {
        *self.hits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers from now on; the last one is repeated.
    pub(crate) fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) =
            answers.into_iter().collect();
    }

    fn next(&self) -> Answer {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let next = if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        };
        next.unwrap_or(Answer::Dollars(50))
    }
}

static SCRIPTS: LazyLock<Mutex<BTreeMap<String, Arc<Script>>>> = LazyLock::new(Mutex::default);

/// The script of an account; names are unique to a test.
pub(crate) fn script(account: &str) -> Arc<Script> {
    let mut scripts = SCRIPTS.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = || {
        Arc::new(Script {
            answers: Mutex::default(),
            hits: Mutex::default(),
            gate: Semaphore::new(1000),
            begun: Semaphore::new(0),
        })
    };
    Arc::clone(scripts.entry(account.to_owned()).or_insert_with(fresh))
}

static SCRIPTED: Provider = Provider {
    id: "scripted",
    name: "Scripted",
    kind: Kind::BilledApi,
    shows: "what a test tells it to",
    auth: Auth::ApiKey {
        env: &["SCRIPTED_KEY"],
        help: "Make one up.",
        need: Need::Required,
    },
    appears: Appears::WithCredential,
    base_url: "https://scripted.example",
    hosts: &["scripted.example"],
    every: Duration::from_mins(5),
    coins: &[],
    options: &[],
    links: Links {
        dashboard: Some("https://scripted.example/dashboard"),
        top_up: None,
    },
    poll: |cx| Box::pin(poll(cx)),
};

/// The one scripted provider.
pub(crate) const REGISTRY: Registry = &[&SCRIPTED];

async fn poll(cx: &PollContext<'_>) -> Result<Reading, PollError> {
    let script = script(cx.account.id.name().unwrap_or_default());
    *script.hits.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    script.begun.add_permits(1);
    if let Ok(permit) = script.gate.acquire().await {
        permit.forget();
    }
    match script.next() {
        Answer::Failure(error) => Err(error),
        Answer::DollarsThenWait(amount, seconds) => {
            let mut reading = dollars(cx, amount);
            reading.wait = Some(Wait {
                message: "Scripted asks to wait (HTTP 429)".to_owned(),
                retry_at: Some(cx.now + TimeDelta::seconds(seconds)),
            });
            Ok(reading)
        }
        Answer::Dollars(amount) => Ok(dollars(cx, amount)),
    }
}

fn dollars(cx: &PollContext<'_>, amount: i64) -> Reading {
    let mut reading = Reading::empty(cx.account.id.clone(), cx.now);
    reading.figures.balances.push(Balance {
        name: BalanceName::new("usd"),
        remaining: Some(Money::new(Decimal::from(amount), Currency::USD)),
        granted: None,
        resets_at: None,
        standing: Standing::Served,
    });
    reading
}

/// A running engine and its surroundings.
pub(crate) struct Stage {
    pub(crate) clock: Clock,
    pub(crate) home: Arc<tempfile::TempDir>,
    pub(crate) commands: UnboundedSender<Command>,
    updates: UnboundedReceiver<Update>,
    pub(crate) engine: JoinHandle<()>,
    config: Arc<Mutex<String>>,
    variables: Arc<Mutex<Variables>>,
    fuse: Arc<AtomicUsize>,
}

/// A stage before the curtain: what the engine will find.
pub(crate) struct Set {
    pub(crate) clock: Clock,
    pub(crate) home: Arc<tempfile::TempDir>,
    pub(crate) config: String,
    pub(crate) key: &'static str,
    pub(crate) ledger: Option<String>,
    pub(crate) registry: Registry,
    /// The environment besides the scripted key.
    pub(crate) variables: BTreeMap<String, String>,
    /// Whether the engine is told when logs grow, as the resident one is.
    pub(crate) logs_are_watched: bool,
    /// One more for each time the engine gave memory back.
    pub(crate) given_back: Arc<Semaphore>,
}

/// An engine that is dropped, as by a crash, at the await after so many.
struct Fragile {
    engine: Pin<Box<dyn Future<Output = ()> + Send>>,
    awaits_left: Arc<AtomicUsize>,
}

impl Future for Fragile {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.awaits_left.load(Ordering::Relaxed) {
            0 => return Poll::Ready(()),
            usize::MAX => {}
            left => self.awaits_left.store(left - 1, Ordering::Relaxed),
        }
        self.engine.as_mut().poll(context)
    }
}

impl Set {
    /// A home of its own, 2026-11-23 08:30 UTC, and these lines of configuration.
    pub(crate) fn new(config: &str) -> Outcome<Self> {
        Ok(Self {
            clock: Clock::manual("2026-11-23T08:30:00Z".parse()?),
            home: Arc::new(tempfile::tempdir()?),
            config: config.to_owned(),
            key: "a-key-that-nobody-may-see",
            ledger: None,
            registry: REGISTRY,
            variables: BTreeMap::new(),
            logs_are_watched: false,
            given_back: Arc::new(Semaphore::new(0)),
        })
    }

    /// The lines that make accounts of these names.
    pub(crate) fn accounts(names: &[&str]) -> String {
        let mut lines = String::new();
        for name in names {
            lines.push_str("[[account]]\nprovider = \"scripted\"\nname = \"");
            lines.push_str(name);
            lines.push_str("\"\nsecret = \"env:SCRIPTED_KEY\"\n");
        }
        lines
    }

    fn reach(&self, settings: &Settings) -> Outcome<Reach> {
        Ok(Reach {
            clock: self.clock.clone(),
            http: Http::new(None, &self.clock)?,
            vault: Arc::new(Vault::file_only(self.home.path().join("secrets.toml"))),
            variables: Arc::new(settings.variables.clone()),
            logs: Arc::new(Desk::new(Surroundings {
                home: self.home.path().to_owned(),
                config_home: self.home.path().join(".config"),
                variables: Arc::new(settings.variables.clone()),
                indexes: self.home.path().join("agents"),
            })),
            prices: Arc::new(Prices::bundled()),
            steps: Steps::default(),
        })
    }

    /// Starts the engine.
    pub(crate) async fn start(&self) -> Outcome<Stage> {
        let config = Arc::new(Mutex::new(self.config.clone()));
        let key = ("SCRIPTED_KEY".to_owned(), self.key.to_owned());
        let variables: Variables = self.variables.clone().into_iter().chain([key]).collect();
        let variables = Arc::new(Mutex::new(variables));
        let file = self.home.path().join("config.toml");
        let in_home = || Store::url_of(&self.home.path().join("ledger.sqlite"));
        let url = self.ledger.clone().unwrap_or_else(in_home);
        let reload = {
            let (config, variables, url) =
                (Arc::clone(&config), Arc::clone(&variables), url.clone());
            let registry = self.registry;
            move || settings((&file, registry), &config, &variables, &url)
        };
        let settings = reload()?;
        let reach = self.reach(&settings)?;
        let (outbox, updates) = unbounded_channel();
        let (commands, inbox) = unbounded_channel();
        if self.logs_are_watched {
            follow(&reach.logs, &commands)?;
        }
        let engine = Engine::new(Parts {
            reach,
            ledger: Ledger::open(settings.ledger.clone(), self.clock.now()).await?,
            registry: self.registry,
            settings,
            reload: Box::new(reload),
            updates: outbox,
            autostart: Box::new(|| None),
            give_back: counted(&self.given_back),
            config_file: self.home.path().join("config.toml"),
        });
        let fuse = Arc::new(AtomicUsize::new(usize::MAX));
        let fragile = Fragile {
            engine: Box::pin(engine.run(inbox, CancellationToken::new())),
            awaits_left: Arc::clone(&fuse),
        };
        Ok(Stage {
            clock: self.clock.clone(),
            home: Arc::clone(&self.home),
            commands,
            updates,
            engine: tokio::spawn(fragile),
            config,
            variables,
            fuse,
        })
    }
}

fn counted(given_back: &Arc<Semaphore>) -> Box<dyn Fn() + Send> {
    let given_back = Arc::clone(given_back);
    Box::new(move || given_back.add_permits(1))
}

fn follow(logs: &Arc<Desk>, commands: &UnboundedSender<Command>) -> Outcome {
    let ear = logs.listen().ok_or("nothing can be watched")?;
    let (logs, commands) = (Arc::clone(logs), commands.clone());
    tokio::spawn(async move { growth::follow(ear, &logs, &commands).await });
    Ok(())
}

fn settings(
    (file, registry): (&std::path::Path, Registry),
    config: &Mutex<String>,
    variables: &Mutex<Variables>,
    ledger_url: &str,
) -> Result<Settings, String> {
    let text = config
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    std::fs::write(file, text).map_err(|error| error.to_string())?;
    let variables = variables
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let loaded =
        config::load(file, &variables, &known(registry)).map_err(|error| error.to_string())?;
    let notes = loaded.warnings.iter().map(ToString::to_string).collect();
    Ok(Settings {
        ledger: Wish {
            url: ledger_url.to_owned(),
            watcher: String::new(),
        },
        config: loaded.config,
        variables,
        notes,
    })
}

impl Stage {
    /// The next update of any kind.
    pub(crate) async fn update(&mut self) -> Outcome<Update> {
        let next = tokio::time::timeout(PATIENCE, self.updates.recv()).await?;
        Ok(next.ok_or("the engine has gone")?)
    }

    /// The next update of any kind; `None`: the engine has crashed.
    pub(crate) async fn last_words(&mut self) -> Outcome<Option<Update>> {
        Ok(tokio::time::timeout(PATIENCE, self.updates.recv()).await?)
    }

    /// Lets the engine crash after so many awaits from now; `usize::MAX`: never.
    pub(crate) fn crash_after(&self, awaits: usize) {
        self.fuse.store(awaits, Ordering::Relaxed);
    }

    /// Waits for a view in which this holds.
    pub(crate) async fn view(&mut self, holds: impl Fn(&View) -> bool) -> Outcome<View> {
        loop {
            match self.update().await? {
                Update::View(view) if holds(&view) => return Ok(*view),
                _ => {}
            }
        }
    }

    /// Waits for a view whose menu says this somewhere.
    pub(crate) async fn says(&mut self, text: &str) -> Outcome<View> {
        self.view(|view| says(&view.menu, text)).await
    }

    /// Waits for the next notice.
    pub(crate) async fn notice(&mut self) -> Outcome<Notice> {
        loop {
            if let Update::Notice(notice) = self.update().await? {
                return Ok(notice);
            }
        }
    }

    /// Quits and returns everything that was still told.
    pub(crate) async fn quit(mut self) -> Outcome<Vec<Update>> {
        self.commands.send(Command::Act(Action::Quit))?;
        let mut rest = Vec::new();
        loop {
            match self.update().await? {
                Update::Stopped => break,
                update => rest.push(update),
            }
        }
        tokio::time::timeout(PATIENCE, self.engine).await??;
        Ok(rest)
    }

    /// Moves the clock and lets the engine notice, as a timer would.
    pub(crate) fn later(&self, by: TimeDelta) -> Outcome<DateTime<Utc>> {
        self.clock.advance(by);
        self.commands.send(Command::Redraw)?;
        Ok(self.clock.now())
    }

    /// Waits until every command sent so far has been obeyed.
    pub(crate) async fn obeyed(&mut self) -> Outcome {
        let mark = Update::Copy("obeyed".to_owned());
        self.commands
            .send(Command::Act(Action::Copy("obeyed".to_owned())))?;
        while self.update().await? != mark {}
        Ok(())
    }

    /// Saves another configuration.
    pub(crate) fn save(&self, config: &str) -> Outcome {
        config.clone_into(&mut self.config.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(self.commands.send(Command::Reload)?)
    }

    /// Changes the key in the environment, as a saved `.env` would.
    pub(crate) fn change_key(&self, key: &str) -> Outcome {
        let key = ("SCRIPTED_KEY".to_owned(), key.to_owned());
        self.change_variables([key].into_iter().collect())
    }

    /// Changes the whole environment.
    pub(crate) fn change_variables(&self, variables: Variables) -> Outcome {
        *self
            .variables
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = variables;
        Ok(self.commands.send(Command::Reload)?)
    }
}

/// Whether a menu says this in any row.
pub(crate) fn says(menu: &[MenuItem], text: &str) -> bool {
    menu.iter()
        .any(|item| item.label.contains(text) || says(&item.children, text))
}

/// The error of a vendor in trouble.
pub(crate) fn trouble() -> Answer {
    Answer::Failure(PollError::Upstream {
        status: 500,
        excerpt: "oops".to_owned(),
    })
}

/// Waits until a script's poll has begun once more.
pub(crate) async fn begun(script: &Script) -> Outcome {
    tokio::time::timeout(PATIENCE, script.begun.acquire())
        .await??
        .forget();
    Ok(())
}
