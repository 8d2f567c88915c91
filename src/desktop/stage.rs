//! The loop between engine and desktop: updates are shown, clicks are passed on, and the end is in time.

use std::future::pending;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until, timeout};

use crate::app::message::{Command, Update};
use crate::desktop::Line;
use crate::desktop::errands::Errands;
use crate::desktop::notify::Notifier;
use crate::desktop::tray::{Opener, Parts, Tray};
use crate::system::stop::Signals;
use crate::view::menu::Action;

/// How long the engine may take to stop once it was asked.
const FAREWELL: Duration = Duration::from_millis(1400);
/// How long it may take to end once it has said that it has stopped.
const EPILOGUE: Duration = Duration::from_millis(300);

/// Runs the engine, and shows it, until it has stopped.
pub(super) async fn play(
    engine: impl Future<Output = ()> + Send + 'static,
    line: Line,
    opener: Opener,
) {
    let mut updates = line.updates;
    let (clicks, mut clicked) = unbounded_channel();
    let mut signals = Signals::listen();
    let mut exit = Exit {
        commands: line.commands,
        deadline: None,
    };
    let notifier = Notifier::start(clicks.clone());
    let errands = Errands::new(line.config_file, line.autostart, clicks.clone(), notifier);
    let mut tray = opener.open(Parts {
        clicks,
        desktop_name: line.desktop_name,
        say: line.say,
    });
    let mut engine = tokio::spawn(engine);
    loop {
        tokio::select! {
            update = updates.recv() => match update {
                None | Some(Update::Stopped) => break,
                Some(Update::View(view)) => tray.apply(*view),
                Some(errand) => errands.run(errand),
            },
            Some(command) = clicked.recv() => exit.pass(command),
            () = signals.asked_to_end() => {
                if exit.deadline.is_some() {
                    break;
                }
                exit.pass(Command::Act(Action::Quit));
            }
            _ = &mut engine => return,
            () = exit.overdue() => {
                tracing::warn!("the engine did not stop in time");
                return;
            }
        }
    }
    if timeout(EPILOGUE, engine).await.is_err() {
        tracing::warn!("the engine did not end in time");
    }
}

/// The way of commands to the engine, with an eye on the one that ends it.
struct Exit {
    commands: UnboundedSender<Command>,
    /// When the engine must have stopped. `None`: nobody asked it to.
    deadline: Option<Instant>,
}

impl Exit {
    fn pass(&mut self, command: Command) {
        if command == Command::Act(Action::Quit) {
            self.deadline
                .get_or_insert_with(|| Instant::now() + FAREWELL);
        }
        // An engine that has gone says so by its updates.
        drop(self.commands.send(command));
    }

    async fn overdue(&self) {
        match self.deadline {
            Some(deadline) => sleep_until(deadline).await,
            None => pending().await,
        }
    }
}
