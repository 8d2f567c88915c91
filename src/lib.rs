//! Spendtray: what your AI keys, subscriptions and tokens cost right now, in the system tray.
//!
//! This page is the map of the house. Each module's front page says more.
//!
//! # The line
//!
//! Data flows one way; commands flow back through one enum.
//!
//! ```text
//!  config ─┐
//!          ├─► schedule ─► provider.poll ─► Reading ─► store ─► Snapshot ─► digest ─► View ─► tray · menu · notification
//!  secrets ┘   (pure)      (one file each)             (ledger)             (pure)    (pure)  └► status text and JSON
//!      ▲                                                          rules ─► alerts
//!      └────────────── Command (refresh, acknowledge, quit) ◄──────────────────────── menu click, command line
//! ```
//!
//! # One poll
//!
//! [`app::engine`] wakes when the earliest account is due, by the wall clock, so that a suspended machine is not
//! late. [`app::poller`] looks the credential up ([`secrets::vault`]) and calls the provider's plain function
//! ([`providers`]). That asks its vendor through [`http`] and returns a [`domain::reading::Reading`]: figures, usage,
//! and whether something was missing. [`app::record`] keeps it in the ledger ([`store`]) in one transaction and says
//! when to ask again ([`app::schedule`]). The ledger's [`domain::snapshot::Snapshot`] is turned into a
//! [`analysis::digest::Digest`]; [`analysis::rules`] watches its figures, [`analysis::alerts`] decides what is new,
//! and only after that decision is kept is anybody told. [`view`] turns the digest into words and shapes, and a
//! mouth ([`cli`], `desktop`) shows those that changed.
//!
//! # Reading order
//!
//! [`domain`] (nouns) · [`analysis`] (verbs) · [`view`] (words) · [`providers`] · [`store`] · [`app`] · `desktop` ·
//! [`cli`]; then [`config`], [`secrets`], [`login`], [`http`], [`logs`], [`system`] as the need arises. Who may
//! import whom is a table in `tests/it/tidy/layers.rs`, kept by a test.
//!
//! # Invariants, each with a test
//!
//! 1. `domain`, `analysis`, `view` and `app::schedule` do no I/O and ask no clock.
//! 2. Money of different currencies is never added; no float holds money.
//! 3. Unknown is never shown as zero; a failed poll never erases the last good value.
//! 4. Polling is idempotent; a usage event is counted once however often it is read.
//! 5. An alert fires once per rule, subject and period, also across restarts.
//! 6. A provider is known only to its own file; a secret is exposed only in `http` and `secrets`.
//! 7. SQL lives in `store` (but for what `logs` asks another program's database), wall time in [`clock`], the
//!    environment in `config` and `secrets`, what differs between systems in `system`, `desktop` and `secrets`.
//! 8. The desktop never blocks the engine; the engine never touches a widget.
//! 9. Nothing is sent anywhere but to the hosts a provider names, to that of the list of models' prices
//!    ([`app::pricing`]), and to the user's own replacements of them.
//!
//! # Where this differs from the first design
//!
//! * The engine and the Linux tray share one thread: both only wait, and a second thread would cost memory and wake-ups.
//!   Vendors are asked on that thread too, in a reactor of their own that it turns to in steps (`system::steps`): each
//!   answer that came by itself woke the process once, 18 times in a round of six accounts.
//! * [`app::ledger`] stands between engine and store: a ledger that cannot be used must not end a resident process.
//! * Credentials meet the platform too (`secrets::vault`), so that layer may tell systems apart.
//! * A shared ledger keeps alerts by watcher ([`store::Store::watched_by`]): each member of a team has rules of his own
//!   and is told for himself.
//! * The ledger is spoken to by rusqlite and tokio-postgres, not sqlx: sqlx gives SQLite a thread of its own and wakes it
//!   for every row, which cost 350 wake-ups a minute at rest (8 without it). The SQL is one and the same for both.
//! * [`clock`] waits too, by an alarm of the system where there is one (`system::alarm`): it counts the time of a
//!   suspend, hears when the clock is set, and wakes the process once.
//! * Small before fast: libraries are built for size, vendors are asked in HTTP/1.1 by ASCII names, zones are read from
//!   IANA's bytes ([`domain::zone`]; tables cost a megabyte to relocate at every start), older usage is held by day
//!   ([`analysis::folding`]). What reads gigabytes of agents' logs is built for speed, and is a package of its own for
//!   that, `src/skim`.
//! * A fault of the program ends it (`panic = "abort"`), with its place in the log: a tenth of the program less, and no
//!   tray that is half dead. `unsafe` stands in one file (`system::memory`): only the C library gives memory back.
//! * [`simulator`] is part of the library: the demo and the tests talk to the same strict vendors.

pub mod analysis;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "desktop")]
pub mod desktop;
pub mod domain;
pub mod http;
pub mod logging;
pub mod login;
pub mod logs;
pub mod providers;
pub mod secrets;
pub mod simulator;
pub mod store;
pub mod system;
pub mod view;
