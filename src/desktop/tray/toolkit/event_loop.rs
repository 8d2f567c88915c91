//! The main thread: tao's event loop, the icon and the menu it shows, and the end in time.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use muda::MenuEvent;
use tao::event::{Event, StartCause};
use tao::event_loop::{ControlFlow, EventLoop, EventLoopBuilder, EventLoopProxy};
use tao::platform::run_return::EventLoopExtRunReturn as _;
use tokio::sync::mpsc::UnboundedSender;
use tray_icon::{MouseButtonState, TrayIconEvent};

use crate::app::message::Command;
use crate::desktop::tray::toolkit::menu::MenuBoard;
use crate::desktop::tray::toolkit::sign::{self, Sign};
use crate::desktop::tray::toolkit::{Door, News, tell};
use crate::view::View;
use crate::view::menu::Action;

/// How long the loop may take to end once the engine has: a menu that is open holds it up.
const GRACE: Duration = Duration::from_millis(300);

/// Runs the loop on this thread until the work, which has another one, has ended.
pub(super) fn run(work: impl FnOnce(Door) + Send + 'static) {
    let mut events = event_loop();
    let proxy = events.create_proxy();
    forward_clicks(&proxy);
    let (gone, going) = channel();
    let engine = thread::Builder::new()
        .name("engine".to_owned())
        .spawn(move || {
            let end = End(proxy.clone());
            work(Door(proxy));
            drop(end);
            leave_in_time(&going);
        });
    let engine = match engine {
        Ok(engine) => engine,
        Err(error) => {
            tracing::error!(%error, "the system gives the engine no thread");
            return;
        }
    };
    let mut screen = Screen {
        clicks: None,
        say: None,
        sign: None,
        menu: MenuBoard::default(),
        side: sign::side(&events),
        engine: Some((engine, gone)),
        work: Work::Goes,
    };
    events.run_return(|event, _, flow| *flow = screen.take(event));
    screen.leave();
}

#[cfg(windows)]
fn event_loop() -> EventLoop<News> {
    EventLoopBuilder::with_user_event().build()
}

/// Without an icon in the Dock and without a menu bar of its own.
#[cfg(target_os = "macos")]
fn event_loop() -> EventLoop<News> {
    use tao::platform::macos::{ActivationPolicy, EventLoopExtMacOS as _};

    let mut events = EventLoopBuilder::with_user_event().build();
    events.set_activation_policy(ActivationPolicy::Accessory);
    events.set_activate_ignoring_other_apps(false);
    events
}

/// On any thread, as GTK allows it and tests need it.
#[cfg(target_os = "linux")]
fn event_loop() -> EventLoop<News> {
    use tao::platform::unix::EventLoopBuilderExtUnix as _;

    EventLoopBuilder::with_user_event()
        .with_any_thread(true)
        .build()
}

/// Lets the toolkit's callbacks forward what they hear; some come while the toolkit holds locks.
fn forward_clicks(proxy: &EventLoopProxy<News>) {
    let tell_loop = forwarder(proxy);
    MenuEvent::set_event_handler(Some(move |event: MenuEvent| {
        tell_loop(News::Clicked(event.id));
    }));
    let tell_loop = forwarder(proxy);
    TrayIconEvent::set_event_handler(Some(move |event: TrayIconEvent| {
        if let TrayIconEvent::Click { button_state, .. } = event
            && button_state == OPENS
        {
            tell_loop(News::Touched);
        }
    }));
}

/// The half of a click that opens the menu.
const OPENS: MouseButtonState = if cfg!(target_os = "macos") {
    MouseButtonState::Down
} else {
    MouseButtonState::Up
};

fn forwarder(proxy: &EventLoopProxy<News>) -> impl Fn(News) + Send + Sync + 'static {
    let proxy = Mutex::new(proxy.clone());
    move |news| tell(&proxy.lock().unwrap_or_else(PoisonError::into_inner), news)
}

/// Tells the loop of the engine's end, also when the engine breaks off.
struct End(EventLoopProxy<News>);

impl Drop for End {
    fn drop(&mut self) {
        tell(&self.0, News::Ended);
    }
}

/// Ends the process when the loop does not: an open menu keeps the system's own loop inside ours until it is closed.
#[expect(
    clippy::exit,
    reason = "the engine has stopped and the ledger is closed; only the menu is left"
)]
fn leave_in_time(going: &Receiver<()>) {
    if going.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
        tracing::warn!("the tray did not end in time");
        std::process::exit(0);
    }
}

/// What the main thread has to do with.
struct Screen {
    /// Where clicks go. `None`: the tray was not opened yet.
    clicks: Option<UnboundedSender<Command>>,
    /// Tells the person at the terminal that there is no icon. `None`: it was told.
    say: Option<fn(&str)>,
    /// The icon. `None`: there was no view yet, or the system refuses it.
    sign: Option<Sign>,
    menu: MenuBoard,
    /// The side of the icon in pixels.
    side: u32,
    /// The engine's thread, and what tells it that the loop has ended. `None`: both have.
    engine: Option<(JoinHandle<()>, Sender<()>)>,
    work: Work,
}

/// Whether the engine's thread is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Goes,
    Ended,
}

impl Screen {
    /// Takes an event and says how the loop goes on.
    fn take(&mut self, event: Event<'_, News>) -> ControlFlow {
        match event {
            Event::UserEvent(news) => self.hear(news),
            Event::NewEvents(StartCause::ResumeTimeReached { .. }) => {
                self.menu.settle(Instant::now());
                self.hang_menu();
            }
            // The system ends the session: after this it waits for nobody.
            Event::LoopDestroyed => self.leave(),
            _ => {}
        }
        match self.menu.due() {
            _ if self.work == Work::Ended => ControlFlow::Exit,
            Some(due) => ControlFlow::WaitUntil(due),
            None => ControlFlow::Wait,
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Opened(parts) => {
                self.clicks = Some(parts.clicks);
                self.say = Some(parts.say);
            }
            News::View(view) => self.show(&view),
            News::Touched => {
                self.menu.touched(Instant::now());
                self.tell(Command::Look);
            }
            News::Clicked(row) => {
                let meaning = self.menu.clicked(&row);
                self.hang_menu();
                if let Some(action) = meaning {
                    self.ask(action);
                }
            }
            News::Ended => self.work = Work::Ended,
        }
    }

    fn show(&mut self, view: &View) {
        self.menu.show(view.menu.clone(), Instant::now());
        if let Some(sign) = &mut self.sign {
            sign.show(view);
            return self.hang_menu();
        }
        match Sign::put_up(view, &mut self.menu, self.side) {
            Ok(sign) => self.sign = Some(sign),
            Err(error) => {
                tracing::warn!(%error, "the tray icon could not be made; the next view tries again");
                if let Some(say) = self.say.take() {
                    say(
                        "the system shows no tray icon yet; figures are still polled: see `spendtray status --watch`.",
                    );
                }
            }
        }
    }

    /// Gives the icon its menu, if it is another one.
    fn hang_menu(&mut self) {
        if let Some(sign) = &self.sign
            && let Some(menu) = self.menu.take_new()
        {
            sign.hang(menu);
        }
    }

    fn ask(&self, action: Action) {
        self.tell(Command::Act(action));
    }

    fn tell(&self, command: Command) {
        if let Some(clicks) = &self.clicks {
            // Without an engine there is nobody to tell.
            drop(clicks.send(command));
        }
    }

    /// Ends the engine, if it has not ended, and waits for that.
    fn leave(&mut self) {
        let Some((engine, gone)) = self.engine.take() else {
            return;
        };
        self.ask(Action::Quit);
        drop(gone);
        if engine.join().is_err() {
            tracing::error!("the engine broke off");
        }
    }
}
