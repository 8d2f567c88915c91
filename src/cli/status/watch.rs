//! `status --watch`: the figures live on the whole screen, until q.
//!
//! It reads the ledger again every few seconds, so it follows the resident process; where none polls, it polls
//! what is overdue itself.

use std::io::{self, IsTerminal as _, Write as _};
use std::pin::Pin;
use std::time::Duration;

use chrono::TimeDelta;
use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue, terminal};
use futures_util::StreamExt as _;

use crate::analysis::digest::Digest;
use crate::app::accounts::Planned;
use crate::app::assembly::Assembly;
use crate::app::once;
use crate::cli::failure::{Ended, Failure};
use crate::cli::figures::{self, Polling};
use crate::cli::selection;
use crate::cli::session::Session;
use crate::cli::status::theme::Theme;
use crate::store::Store;
use crate::view;

/// How often the ledger is read again.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A poll this late is nobody else's any more.
const OVERDUE: TimeDelta = TimeDelta::seconds(30);

const KEYS: &str = "r refresh   t theme   ? help   q quit";
const HELP: &str = "\
r  poll every account now
t  next theme: colour, bright, mono
?  show or hide this
q  quit (also Esc and Ctrl-C)

The figures are read from the ledger every 5 seconds. A running tray keeps
them fresh; where none runs, an account is polled from here when its time
has come.";

/// What is done beside the screen. One at a time: two would wait for each other's turn at the ledger.
struct Work<'a> {
    sort: Sort,
    done: Pin<Box<dyn Future<Output = Result<Digest, Failure>> + 'a>>,
}

/// What sort of work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Look,
    Poll,
}

/// Whether the view goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Go,
    End,
}

/// What is on the screen besides the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Figures,
    Help,
}

/// Refuses a place where no screen can be drawn.
pub(super) fn check_terminal() -> Result<(), Failure> {
    if io::stdout().is_terminal() && io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage("`--watch` needs a terminal")
        .hinted("Without one, run `spendtray status` again whenever you want the figures."))
}

/// Shows the figures until the user quits.
pub(super) async fn run(
    session: &Session,
    place: (&Assembly, &Store),
    wanted: &[Planned],
    polling: Polling,
) -> Result<Ended, Failure> {
    let (assembly, store) = place;
    let mut watch = Watch {
        assembly,
        store,
        wanted,
        digest: figures::look(assembly, store, wanted).await?.1,
        page: Page::Figures,
        theme: Theme::first(session.output.paint()),
        work: None,
        next: None,
        trouble: None,
    };
    watch.poll(polling);
    let screen = Screen::take()?;
    let ended = watch.live().await;
    drop(screen);
    ended.map(|()| Ended::Well)
}

struct Watch<'a> {
    assembly: &'a Assembly,
    store: &'a Store,
    wanted: &'a [Planned],
    digest: Digest,
    page: Page,
    theme: Theme,
    work: Option<Work<'a>>,
    /// What is polled as soon as the present work is done.
    next: Option<Polling>,
    trouble: Option<String>,
}

impl Watch<'_> {
    async fn live(&mut self) -> Result<(), Failure> {
        let mut keys = EventStream::new();
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            self.draw()?;
            tokio::select! {
                event = keys.next() => match event {
                    Some(Ok(event)) => if self.obey(&event) == Flow::End {
                        return Ok(());
                    },
                    Some(Err(error)) => return Err(error.into()),
                    None => return Ok(()),
                },
                done = finished(&mut self.work) => self.take(done),
                _ = look.tick() => self.look(),
            }
        }
    }

    fn obey(&mut self, event: &Event) -> Flow {
        let Event::Key(key) = event else {
            return Flow::Go;
        };
        match meaning(*key) {
            Some(Key::Quit) => return Flow::End,
            Some(Key::Refresh) => self.poll(Polling::Now),
            Some(Key::Theme) => self.theme = self.theme.next(),
            Some(Key::Help) => {
                self.page = match self.page {
                    Page::Figures => Page::Help,
                    Page::Help => Page::Figures,
                };
            }
            None => {}
        }
        Flow::Go
    }

    fn take(&mut self, done: Result<Digest, Failure>) {
        self.work = None;
        match done {
            Ok(digest) => {
                self.digest = digest;
                self.trouble = None;
            }
            Err(failure) => self.trouble = Some(failure.message),
        }
        if let Some(polling) = self.next.take() {
            self.poll(polling);
        }
    }

    /// Polls now, or as soon as the present look at the ledger is done.
    fn poll(&mut self, polling: Polling) {
        match self.work.as_ref().map(|work| work.sort) {
            Some(Sort::Poll) => return,
            Some(Sort::Look) => {
                self.next = Some(polling);
                return;
            }
            None => {}
        }
        let (assembly, store, wanted) = (self.assembly, self.store, self.wanted);
        let done = Box::pin(async move {
            let figures = figures::gather(assembly, store, wanted, polling).await?;
            match figures.not_polled {
                Some(why) => Err(Failure::failed(why)),
                None => Ok(figures.digest),
            }
        });
        let sort = Sort::Poll;
        self.work = Some(Work { sort, done });
    }

    /// Reads the ledger again; polls before what should have been polled a while ago, which means that no
    /// resident process does it.
    fn look(&mut self) {
        if self.work.is_some() {
            return;
        }
        let (assembly, store, wanted) = (self.assembly, self.store, self.wanted);
        let overdue = self.overdue();
        let sort = if overdue.is_empty() {
            Sort::Look
        } else {
            Sort::Poll
        };
        let done = Box::pin(async move {
            if !overdue.is_empty() {
                once::refresh(&assembly.reach, store, overdue).await?;
            }
            Ok(figures::look(assembly, store, wanted).await?.1)
        });
        self.work = Some(Work { sort, done });
    }

    fn overdue(&self) -> Vec<Planned> {
        if self.store.read_only_reason().is_some() {
            return Vec::new();
        }
        let late = self.digest.now - OVERDUE;
        let accounts = self.digest.accounts.iter();
        accounts
            .filter(|account| account.next_poll_at.is_some_and(|at| at <= late))
            .filter_map(|account| {
                let planned = self.wanted.iter();
                planned
                    .into_iter()
                    .find(|planned| planned.id() == account.id())
            })
            .cloned()
            .collect()
    }

    fn draw(&self) -> Result<(), Failure> {
        let (columns, rows) = terminal::size()
            .ok()
            .filter(|(columns, rows)| *columns > 0 && *rows > 0)
            .unwrap_or((80, 24));
        let body = match self.page {
            Page::Help => HELP.to_owned(),
            Page::Figures if self.digest.accounts.is_empty() => {
                selection::nobody(self.assembly).to_owned()
            }
            Page::Figures => view::text::status(&self.digest, &self.assembly.loaded.config.policy),
        };
        let polls = self
            .work
            .as_ref()
            .is_some_and(|work| work.sort == Sort::Poll);
        let foot = match (polls, &self.trouble) {
            (true, _) => format!("{KEYS}   polling…"),
            (false, Some(trouble)) => format!("{KEYS}   {trouble}"),
            (false, None) => KEYS.to_owned(),
        };
        let mut out = io::stdout().lock();
        queue!(out, cursor::MoveTo(0, 0))?;
        let room = usize::from(rows).saturating_sub(1);
        for line in fitted(&body, &foot, (usize::from(columns), room)) {
            queue!(out, Clear(ClearType::CurrentLine))?;
            out.write_all(self.theme.line(&line).as_bytes())?;
            out.write_all(b"\r\n")?;
        }
        queue!(out, Clear(ClearType::FromCursorDown))?;
        out.flush()?;
        Ok(())
    }
}

/// The lines that fit on a screen of so many columns and rows, the foot last.
fn fitted(body: &str, foot: &str, (columns, rows): (usize, usize)) -> Vec<String> {
    let cut = |line: &str| line.chars().take(columns).collect::<String>();
    let room = rows.saturating_sub(2);
    let mut lines: Vec<String> = body.lines().map(cut).collect();
    if lines.len() > room {
        lines.truncate(room.saturating_sub(1));
        lines.push(cut("… more than fits: make the window taller"));
    }
    lines.push(String::new());
    lines.push(cut(foot));
    lines
}

/// Ends with the work; never while there is none.
async fn finished(work: &mut Option<Work<'_>>) -> Result<Digest, Failure> {
    match work {
        Some(work) => work.done.as_mut().await,
        None => std::future::pending().await,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Refresh,
    Theme,
    Help,
    Quit,
}

fn meaning(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    match key.code {
        KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            Some(Key::Quit)
        }
        KeyCode::Char('q') | KeyCode::Esc => Some(Key::Quit),
        KeyCode::Char('r') | KeyCode::F(5) => Some(Key::Refresh),
        KeyCode::Char('t') => Some(Key::Theme),
        KeyCode::Char('?' | 'h') => Some(Key::Help),
        _ => None,
    }
}

/// The whole screen; given back when dropped, whatever happened.
struct Screen;

impl Screen {
    fn take() -> Result<Self, Failure> {
        enable_raw_mode()?;
        let screen = Self;
        execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nothing can be done when the terminal has gone.
        drop(execute!(io::stdout(), cursor::Show, LeaveAlternateScreen));
        drop(disable_raw_mode());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_window_keeps_the_keys_in_sight() {
        let lines = fitted("one\ntwo\nthree\nfour", KEYS, (10, 4));
        assert_eq!(lines, ["one", "… more tha", "", "r refresh "]);
        assert_eq!(fitted("one", "foot", (10, 9)), ["one", "", "foot"]);
    }

    #[test]
    fn control_c_quits_in_raw_mode() {
        let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(meaning(key), Some(Key::Quit));
        assert_eq!(
            meaning(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::NONE)),
            None
        );
    }
}
