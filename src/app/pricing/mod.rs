//! The prices of models: those of the program, what was fetched since, and the user's own.
//!
//! What was fetched lies in the cache as the changes of each day, so that use is priced by the list of its day. A cache
//! that is damaged, of another version or gone costs nothing: the program's own list is used. The public list is asked
//! at most once a day, and only while something is priced by it.

mod fetch;
mod kept;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::analysis::pricelist::{self, Feed};
use crate::app::pricing::fetch::{Answer, Fetched, Question};
use crate::app::pricing::kept::Kept;
use crate::clock::Clock;
use crate::config::{PriceSettings, Switch};
use crate::domain::price::PriceBook;
use crate::http::Http;

pub use kept::Disbelieved;

/// The public list.
pub const PUBLIC_LIST: &str =
    "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json";

/// Who answers for the public list.
pub const PUBLIC_HOST: &str = "raw.githubusercontent.com";

/// How long nothing is asked after an answer.
const ASKED_EVERY: TimeDelta = TimeDelta::hours(24);
/// How often the resident program looks whether something is to be asked.
const LOOKS_EVERY: Duration = Duration::from_hours(1);
/// How long after its start it does so first: the first figures come before.
const FIRST_LOOK: Duration = Duration::from_mins(2);

/// The prices of models.
pub struct Prices {
    /// Where what was fetched lies. `None`: nowhere, and nothing is fetched.
    cache: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    settings: PriceSettings,
    /// `None`: not read yet.
    kept: Option<Kept>,
    /// `None`: to be made of the others.
    book: Option<Arc<PriceBook>>,
    trouble: Option<String>,
}

/// How the prices stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whether the public list is asked.
    pub refresh: Switch,
    /// The last day of which it is known that these were the prices. `None`: there are none.
    pub as_of: Option<NaiveDate>,
    /// When the list answered last. `None`: never.
    pub asked_at: Option<DateTime<Utc>>,
    /// Who is asked.
    pub host: String,
    /// How many prices the user gave himself.
    pub own: usize,
    /// Why the last question brought nothing. `None`: it did, or none was asked.
    pub trouble: Option<String>,
    /// What was not believed of the last list.
    pub disbelieved: Vec<Disbelieved>,
}

/// How a question ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// Nothing was asked: it is switched off, or was asked within the day.
    NotDue,
    /// Nothing has changed since.
    Unchanged,
    /// So many prices are new or changed.
    Changed(usize),
    /// Nothing came, for this reason; the prices are what they were.
    Failed(String),
}

impl Prices {
    /// The prices with what was fetched into a folder.
    #[must_use]
    pub fn new(cache: &std::path::Path, settings: PriceSettings) -> Self {
        Self {
            cache: Some(cache.join("prices.json")),
            state: Mutex::new(State {
                settings,
                ..State::default()
            }),
        }
    }

    /// The prices that come with the program, and never others.
    #[must_use]
    pub fn bundled() -> Self {
        Self {
            cache: None,
            state: Mutex::default(),
        }
    }

    /// Takes new settings.
    pub fn take(&self, settings: &PriceSettings) {
        let mut state = self.state();
        if state.settings != *settings {
            state.settings = settings.clone();
            state.book = None;
        }
    }

    /// The prices in force.
    #[must_use]
    pub fn book(&self) -> Arc<PriceBook> {
        let mut state = self.state();
        if let Some(book) = &state.book {
            return Arc::clone(book);
        }
        let mut book = self.kept(&mut state).book();
        for price in &state.settings.own {
            book.add_own(price.clone());
        }
        let book = Arc::new(book);
        state.book = Some(Arc::clone(&book));
        book
    }

    /// How they stand.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let as_of = self.book().date();
        let mut state = self.state();
        let url = url(&state.settings);
        let kept = self.kept(&mut state).clone();
        Standing {
            refresh: self.switch(&state),
            as_of,
            asked_at: kept.asked_at,
            host: fetch::host(&url),
            own: state.settings.own.len(),
            trouble: state.trouble.clone(),
            disbelieved: kept.disbelieved,
        }
    }

    /// Asks the list for changes when that is due, and keeps them.
    pub async fn refresh(&self, http: &Http, now: DateTime<Utc>) -> Refreshed {
        let Some(question) = self.question(now) else {
            return Refreshed::NotDue;
        };
        let answer = fetch::ask(http, &question).await;
        let refreshed = match answer {
            Ok(Answer::Unchanged) => {
                self.keep(|kept| kept.confirm(&question.url, now));
                Refreshed::Unchanged
            }
            Ok(Answer::List(list)) => self.learn(list, &question, now).await,
            Err(fault) => {
                // Who answered was asked, whatever he said.
                if fault.answered {
                    self.keep(|kept| kept.answered(&question.url, now));
                }
                Refreshed::Failed(fault.reason)
            }
        };
        let mut state = self.state();
        state.trouble = match &refreshed {
            Refreshed::Failed(reason) => Some(reason.clone()),
            _ => None,
        };
        refreshed
    }

    /// Asks whenever it is due, for as long as something is priced. It never ends.
    pub async fn keep_fresh(&self, http: &Http, clock: &Clock) {
        tokio::time::sleep(FIRST_LOOK).await;
        loop {
            if self.state().book.is_some() {
                match self.refresh(http, clock.now()).await {
                    Refreshed::NotDue => {}
                    Refreshed::Unchanged => tracing::info!("the prices of models are unchanged"),
                    Refreshed::Changed(count) => tracing::info!(count, "prices of models changed"),
                    Refreshed::Failed(reason) => {
                        tracing::info!(%reason, "the prices of models could not be renewed");
                    }
                }
            }
            tokio::time::sleep(LOOKS_EVERY).await;
        }
    }

    async fn learn(&self, fetched: Fetched, question: &Question, now: DateTime<Utc>) -> Refreshed {
        let known = {
            let mut state = self.state();
            self.kept(&mut state).book()
        };
        let Fetched { text, etag } = fetched;
        let read = move || pricelist::feed(&text, &known, now.date_naive());
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(feed)) => {
                let Feed { list, ignored, .. } = feed;
                let changed = list.models.len();
                self.keep(|kept| {
                    kept.learn(list, &ignored, now);
                    kept.etag.clone_from(&etag);
                    kept.confirm(&question.url, now);
                });
                Refreshed::Changed(changed)
            }
            Ok(Err(fault)) => {
                self.keep(|kept| kept.answered(&question.url, now));
                let host = fetch::host(&question.url);
                Refreshed::Failed(format!("what {host} sent is no price list: {fault}"))
            }
            Err(_) => Refreshed::Failed("reading the price list failed".to_owned()),
        }
    }

    /// What is to be asked now. `None`: nothing.
    fn question(&self, now: DateTime<Utc>) -> Option<Question> {
        let mut state = self.state();
        if self.switch(&state) == Switch::Off {
            return None;
        }
        let url = url(&state.settings);
        let kept = self.kept(&mut state);
        let lately = kept
            .answered_at(&url)
            .is_some_and(|at| (now - at).abs() < ASKED_EVERY);
        (!lately).then(|| Question {
            etag: kept.etag_of(&url),
            url,
        })
    }

    const fn switch(&self, state: &State) -> Switch {
        match self.cache {
            Some(_) => state.settings.refresh,
            None => Switch::Off,
        }
    }

    fn keep(&self, change: impl FnOnce(&mut Kept)) {
        let mut state = self.state();
        let kept = self.kept(&mut state);
        change(kept);
        let saved = self.cache.as_ref().map(|cache| kept.save(cache));
        if let Some(Err(error)) = saved {
            // It is asked again after the next start, which harms nobody.
            tracing::warn!(%error, "the fetched prices could not be kept");
        }
        state.book = None;
    }

    /// What was fetched; read when it is first needed.
    fn kept<'a>(&self, state: &'a mut State) -> &'a mut Kept {
        state.kept.get_or_insert_with(|| {
            let cache = self.cache.as_ref();
            cache.map(|cache| Kept::load(cache)).unwrap_or_default()
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn url(settings: &PriceSettings) -> String {
    let own = settings.url.clone();
    own.unwrap_or_else(|| PUBLIC_LIST.to_owned())
}
