//! The desktop mouth in this process, with the test in the place of the engine.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use spendtray::app::message::{Command, Update};
use spendtray::desktop::{Line, run};
use spendtray::system::autostart::Autostart;
use spendtray::view::View;
use spendtray::view::notice::Notice;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::{Outcome, Session, soon};

/// Where sentences for the terminal go; a story has one app.
static SAID: OnceLock<UnboundedSender<String>> = OnceLock::new();

/// A running mouth.
pub(crate) struct App {
    updates: UnboundedSender<Update>,
    commands: UnboundedReceiver<Command>,
    said: UnboundedReceiver<String>,
    engine: Option<oneshot::Sender<()>>,
    thread: JoinHandle<()>,
}

impl App {
    /// Starts it on a desktop of this name.
    pub(crate) fn start(session: &Session, desktop_name: &str) -> Outcome<Self> {
        let (updates, to_mouth) = unbounded_channel();
        let (commander, commands) = unbounded_channel();
        let (speaker, said) = unbounded_channel();
        let (engine, ends) = oneshot::channel();
        SAID.set(speaker).map_err(|_| "a story has one app")?;
        let line = Line {
            updates: to_mouth,
            commands: commander,
            config_file: config_file(session),
            autostart: autostart(session),
            desktop_name: Some(desktop_name.to_owned()),
            say,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let engine_ends = async move { drop(ends.await) };
        let thread = std::thread::spawn(move || run(runtime.into(), engine_ends, line));
        Ok(Self {
            updates,
            commands,
            said,
            engine: Some(engine),
            thread,
        })
    }

    /// Shows a view.
    pub(crate) fn show(&self, view: &View) -> Outcome {
        self.send(Update::View(Box::new(view.clone())))
    }

    /// Tells a notice.
    pub(crate) fn tell(&self, notice: &Notice) -> Outcome {
        self.send(Update::Notice(notice.clone()))
    }

    /// Sends any update.
    pub(crate) fn send(&self, update: Update) -> Outcome {
        self.updates
            .send(update)
            .map_err(|_| "the mouth has ended")?;
        Ok(())
    }

    /// The next command it sends, besides that somebody looks.
    pub(crate) async fn command(&mut self) -> Outcome<Command> {
        loop {
            let command = self.any_command().await?;
            if command != Command::Look {
                return Ok(command);
            }
        }
    }

    /// The next command it sends.
    pub(crate) async fn any_command(&mut self) -> Outcome<Command> {
        let command = soon("a command", self.commands.recv()).await?;
        command.ok_or_else(|| "the mouth has ended".into())
    }

    /// The next command, if it has sent one already.
    pub(crate) fn next_command(&mut self) -> Option<Command> {
        self.commands.try_recv().ok()
    }

    /// The next sentence it says.
    pub(crate) async fn sentence(&mut self) -> Outcome<String> {
        let sentence = soon("a sentence", self.said.recv()).await?;
        sentence.ok_or_else(|| "the mouth has ended".into())
    }

    /// Whether it has said nothing that was not looked at.
    pub(crate) fn is_silent(&mut self) -> bool {
        self.said.try_recv().is_err()
    }

    /// Ends as an engine ends, and returns how long the mouth took.
    pub(crate) async fn stop(mut self) -> Outcome<Duration> {
        self.send(Update::Stopped)?;
        drop(self.engine.take());
        self.ended().await
    }

    /// Waits for the end, with an engine that does nothing for it, and returns how long that took.
    pub(crate) async fn ended(self) -> Outcome<Duration> {
        let began = Instant::now();
        let thread = self.thread;
        let joined = tokio::task::spawn_blocking(move || thread.join());
        soon("the end of the mouth", joined)
            .await??
            .map_err(|_| "the mouth has panicked")?;
        Ok(began.elapsed())
    }
}

/// The file that "Settings…" opens.
pub(crate) fn config_file(session: &Session) -> PathBuf {
    session.home().join(".config/spendtray/config.toml")
}

/// Start at login for the app of a story.
pub(crate) fn autostart(session: &Session) -> Autostart {
    let home = session.home();
    Autostart::new(
        PathBuf::from("/usr/bin/spendtray"),
        &home.join(".config"),
        &home,
    )
}

fn say(sentence: &str) {
    if let Some(speaker) = SAID.get() {
        drop(speaker.send(sentence.to_owned()));
    }
}
