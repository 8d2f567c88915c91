//! The resident process without its face: engine, watched configuration, knocks of second starts.

use std::path::PathBuf;
use std::pin::Pin;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use crate::app::assembly::Assembly;
use crate::app::demo::Demo;
use crate::app::engine::{Engine, Parts};
use crate::app::growth;
use crate::app::ledger::Ledger;
use crate::app::message::{Command, Update};
use crate::app::poller::Reach;
use crate::config::watch::Watch;
use crate::store::StoreError;
use crate::system::autostart::{Autostart, Status};
use crate::system::instance::Instance;
use crate::system::memory;
use crate::system::steps::{self, Stepper};
use crate::view::menu::Checked;

/// Everything a mouth needs to show and steer the resident engine.
pub struct Resident {
    /// Runs until told to quit.
    pub engine: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// What to show and tell.
    pub updates: UnboundedReceiver<Update>,
    /// Where clicks go.
    pub commands: UnboundedSender<Command>,
    /// The file "Settings…" opens.
    pub config_file: PathBuf,
    /// Start at login.
    pub autostart: Autostart,
    /// The desktop's name, as it calls itself. `None`: it does not.
    pub desktop_name: Option<String>,
    /// Where vendors are asked, to be driven beside the engine. `None`: where the engine runs.
    pub stepper: Option<Stepper>,
}

/// What must live as long as the process.
#[derive(Default)]
pub struct Guards {
    /// The right to be the only one.
    pub instance: Option<Instance>,
    /// The simulated vendors.
    pub demo: Option<Demo>,
    /// Tells of a changed configuration.
    pub watch: Option<Watch>,
}

impl Resident {
    /// Puts the resident process together; nothing is asked before its engine runs.
    ///
    /// # Errors
    /// When not even a ledger in memory can be had.
    pub async fn prepare(assembly: &Assembly, mut guards: Guards) -> Result<Self, StoreError> {
        memory::share_one_heap();
        let (commands, inbox) = unbounded_channel();
        let (outbox, updates) = unbounded_channel();
        let autostart = assembly.autostart();
        let read_autostart = autostart.clone();
        let now = assembly.reach.clock.now();
        let (reach, stepper) = aside(&assembly.reach);
        let engine = Engine::new(Parts {
            reach,
            ledger: Ledger::open(assembly.ledger(), now).await?,
            registry: assembly.registry,
            settings: assembly.settings(),
            reload: assembly.reload(),
            updates: outbox,
            autostart: Box::new(move || checked(&read_autostart)),
            give_back: Box::new(memory::give_back),
            config_file: assembly.paths.config_file.clone(),
        });
        guards.watch = watch(assembly);
        Ok(Self {
            engine: Box::pin(live(
                engine,
                (inbox, commands.clone()),
                assembly.reach.clone(),
                guards,
            )),
            stepper,
            updates,
            commands,
            config_file: assembly.paths.config_file.clone(),
            autostart,
            desktop_name: assembly
                .reach
                .variables
                .get("XDG_CURRENT_DESKTOP")
                .map(str::to_owned),
        })
    }
}

/// The way to the world with vendors asked in steps, whose answers nobody is woken for.
fn aside(reach: &Reach) -> (Reach, Option<Stepper>) {
    match steps::aside() {
        Ok((steps, stepper)) => {
            let http = reach.http.apart();
            let reach = Reach {
                http,
                steps,
                ..reach.clone()
            };
            (reach, Some(stepper))
        }
        Err(error) => {
            tracing::warn!(%error, "vendors are asked where the desktop is answered");
            (reach.clone(), None)
        }
    }
}

async fn live(
    engine: Engine,
    (inbox, commands): (UnboundedReceiver<Command>, UnboundedSender<Command>),
    reach: Reach,
    mut guards: Guards,
) {
    let stop = CancellationToken::new();
    let knocks = async {
        match guards.instance.as_mut() {
            Some(instance) => loop {
                instance.knocked().await;
                if commands.send(Command::Wake).is_err() {
                    break;
                }
            },
            None => std::future::pending().await,
        }
    };
    // Before the first look, which then watches what it finds.
    let ear = reach.logs.listen();
    let growth = async {
        if let Some(ear) = ear {
            growth::follow(ear, &reach.logs, &commands).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = growth => {}
        () = reread(guards.watch.as_mut(), &commands) => {}
        () = engine.run(inbox, stop) => {}
        () = knocks => {}
        () = reach.prices.keep_fresh(&reach.http, &reach.clock) => {}
    }
}

fn watch(assembly: &Assembly) -> Option<Watch> {
    Watch::start(&assembly.paths.config_file)
        .inspect_err(|why| tracing::warn!(%why, "the configuration is not watched; a change needs a restart"))
        .ok()
}

/// Tells the engine of each changed configuration, for as long as that can be heard.
async fn reread(watch: Option<&mut Watch>, commands: &UnboundedSender<Command>) {
    if let Some(watch) = watch {
        loop {
            if let Err(why) = watch.changed().await {
                tracing::warn!(%why, "the configuration is no longer watched; a change needs a restart");
                break;
            }
            drop(commands.send(Command::Reload));
        }
    }
    std::future::pending::<()>().await;
}

fn checked(autostart: &Autostart) -> Option<Checked> {
    match autostart.status() {
        Status::On => Some(Checked::Yes),
        Status::Off => Some(Checked::No),
        Status::Unavailable => None,
    }
}
