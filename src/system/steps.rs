//! Work that may take its time: what it waits for is looked at in steps, so that many answers wake the process once.
//!
//! Such work has a reactor of its own. Nothing that happens there wakes the thread: the thread turns to it when a step
//! is due, does what can be done by then, and goes back to sleep in the other reactor, where the desktop is answered at
//! once. Work that somebody waits for is looked at in short steps.

use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::system::alarm;

/// A step when nobody waits: long beside what an answer takes, short beside the minutes between two rounds.
const LONG: Duration = Duration::from_millis(250);
/// A step when somebody waits, or when there is more to do than anybody thought.
const SHORT: Duration = Duration::from_millis(4);
/// The longest step when somebody waits, and for how many steps he does.
const BRIEF: Duration = Duration::from_millis(16);
const WAITED_FOR: u32 = 1000;
/// So many long steps are enough for a few questions; who has more to ask shall not take minutes.
const FEW: u32 = 12;
/// How often the reactor is looked at within a step: what one answer sets off is done in the same step.
const GLANCES: u32 = 16;
/// Threads of the reactor (names of hosts are looked up on one) end soon after their work.
const LINGER: Duration = Duration::from_secs(1);

/// Where work is given to. Cheap to clone; by default it is done where it is asked for.
#[derive(Debug, Clone, Default)]
pub struct Steps(Option<Arc<Desk>>);

/// Both reactors of the thread.
#[derive(Debug)]
pub struct Driver {
    main: Runtime,
    aside: Option<Stepper>,
}

/// The reactor that is looked at in steps.
#[derive(Debug)]
pub struct Stepper {
    runtime: Runtime,
    desk: Arc<Desk>,
}

/// Whether somebody waits for the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Somebody does.
    Quick,
    /// Nobody does.
    Easy,
}

#[derive(Debug)]
struct Desk {
    handle: Handle,
    state: Mutex<State>,
    news: Notify,
    /// How often work went on.
    progress: AtomicU64,
}

#[derive(Debug)]
struct State {
    /// How much work is in hand.
    works: usize,
    pace: Pace,
    /// How many steps were made since there was none.
    steps: u32,
    pause: Duration,
    stepped_at: Instant,
    /// Something has to be done that waits for nobody.
    now: bool,
}

/// When the next step is.
enum Next {
    Now,
    In(Duration),
    Never,
}

/// A reactor, and the way to give it work.
///
/// # Errors
/// The system's, when it has no more descriptors.
pub fn aside() -> io::Result<(Steps, Stepper)> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(LINGER)
        .build()?;
    let desk = Arc::new(Desk {
        handle: runtime.handle().clone(),
        state: Mutex::new(State {
            works: 0,
            pace: Pace::Quick,
            steps: 0,
            pause: SHORT,
            stepped_at: Instant::now(),
            now: false,
        }),
        news: Notify::new(),
        progress: AtomicU64::new(0),
    });
    let steps = Steps(Some(Arc::clone(&desk)));
    Ok((steps, Stepper { runtime, desk }))
}

impl Steps {
    /// Does work in steps; dropping this gives it up. `None`: the program ends.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let Some(desk) = &self.0 else {
            return Some(work.await);
        };
        let counted = Counted {
            work: Box::pin(work),
            desk: Arc::clone(desk),
        };
        let mut given = Given {
            task: desk.handle.spawn(counted),
            desk: Arc::clone(desk),
        };
        desk.change(|state| {
            state.works += 1;
            state.now = true;
        });
        (&mut given.task).await.ok()
    }

    /// How long the steps are from now on.
    pub fn pace(&self, pace: Pace) {
        if let Some(desk) = &self.0 {
            desk.change(|state| state.pace = pace);
        }
    }

    /// Lets go at once of what was dropped: connections that are closed from here.
    pub fn settle(&self) {
        if let Some(desk) = &self.0 {
            desk.change(|state| state.now = true);
        }
    }
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.news.notify_one();
    }

    /// Waits for the next step.
    async fn due(&self) {
        loop {
            let next = self.state().next();
            match next {
                Next::Now => return,
                Next::In(pause) => tokio::select! {
                    () = alarm::wait(pause) => return,
                    () = self.news.notified() => {}
                },
                Next::Never => self.news.notified().await,
            }
        }
    }
}

impl State {
    fn next(&self) -> Next {
        if self.now {
            return Next::Now;
        }
        if self.works == 0 {
            return Next::Never;
        }
        match self.pause.saturating_sub(self.stepped_at.elapsed()) {
            Duration::ZERO => Next::Now,
            left => Next::In(left),
        }
    }

    /// A step was made, in which work went on or not.
    fn stepped(&mut self, went_on: bool) {
        (self.now, self.stepped_at) = (false, Instant::now());
        self.steps = if self.works == 0 {
            0
        } else {
            self.steps.saturating_add(1)
        };
        let longest = match self.pace {
            Pace::Quick if self.steps <= WAITED_FOR => BRIEF,
            Pace::Quick | Pace::Easy => LONG,
        };
        self.pause = if self.pace == Pace::Easy && self.steps <= FEW {
            LONG
        } else if went_on {
            SHORT
        } else {
            (self.pause * 2).min(longest)
        };
    }
}

/// Work that counts how often it goes on.
struct Counted<F> {
    work: Pin<Box<F>>,
    desk: Arc<Desk>,
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.desk.progress.fetch_add(1, Ordering::Relaxed);
        self.work.as_mut().poll(context)
    }
}

/// Work in hand.
struct Given<T> {
    task: JoinHandle<T>,
    desk: Arc<Desk>,
}

impl<T> Drop for Given<T> {
    fn drop(&mut self) {
        self.task.abort();
        let is_over = self.task.is_finished();
        self.desk.change(|state| {
            state.works = state.works.saturating_sub(1);
            state.now |= !is_over;
        });
    }
}

impl Stepper {
    fn step(&self) {
        let before = self.desk.progress.load(Ordering::Relaxed);
        self.runtime.block_on(async {
            for _ in 0..GLANCES {
                tokio::task::yield_now().await;
            }
        });
        let went_on = self.desk.progress.load(Ordering::Relaxed) != before;
        self.desk.state().stepped(went_on);
    }
}

impl Driver {
    /// Drives work in steps beside what the runtime does.
    #[must_use]
    pub fn new(main: Runtime, aside: Option<Stepper>) -> Self {
        Self { main, aside }
    }

    /// Runs until the future is done.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let Some(aside) = &self.aside else {
            return self.main.block_on(future);
        };
        let mut future = pin!(future);
        loop {
            let done = self.main.block_on(async {
                tokio::select! {
                    biased;
                    done = &mut future => Some(done),
                    () = aside.desk.due() => None,
                }
            });
            match done {
                Some(done) => return done,
                // Not within the other reactor: a thread is in one at a time.
                None => aside.step(),
            }
        }
    }

    /// Ends both; what still hangs gets so long.
    pub fn end(self, patience: Duration) {
        if let Some(aside) = self.aside {
            aside.runtime.shutdown_background();
        }
        self.main.shutdown_timeout(patience);
    }
}

impl From<Runtime> for Driver {
    fn from(main: Runtime) -> Self {
        Self::new(main, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    fn driver() -> (Steps, Driver) {
        let main = Builder::new_current_thread().enable_all().build().unwrap();
        let (steps, stepper) = aside().unwrap();
        (steps, Driver::new(main, Some(stepper)))
    }

    fn steps_made(steps: &Steps) -> u32 {
        steps.0.as_ref().unwrap().state().steps
    }

    /// Answers every line with another, each after so long.
    async fn vendor(pause: Duration) -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut line, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut byte = [0];
                    while line.read_exact(&mut byte).await.is_ok() {
                        tokio::time::sleep(pause).await;
                        line.write_all(&byte).await.unwrap();
                    }
                });
            }
        });
        address
    }

    async fn ask(address: std::net::SocketAddr, times: u8) -> u8 {
        let mut line = TcpStream::connect(address).await.unwrap();
        let mut byte = [0];
        for number in 0..times {
            line.write_all(&[number]).await.unwrap();
            line.read_exact(&mut byte).await.unwrap();
        }
        byte[0]
    }

    #[test]
    fn many_answers_are_taken_in_few_steps() {
        let (steps, driver) = driver();
        steps.pace(Pace::Easy);
        let made = driver.block_on(async {
            let address = vendor(Duration::from_millis(1)).await;
            let works = (0..20).map(|_| steps.run(ask(address, 2)));
            let last = futures_util::future::join_all(works).await;
            assert_eq!(last, [Some(1); 20]);
            steps_made(&steps)
        });
        assert!(made <= 8, "{made} steps for forty answers");
        driver.end(Duration::ZERO);
    }

    #[test]
    fn who_waits_is_not_kept_waiting_and_others_are_answered_meanwhile() {
        let (steps, driver) = driver();
        let began = Instant::now();
        driver.block_on(async {
            let address = vendor(Duration::ZERO).await;
            let both = tokio::join!(steps.run(ask(address, 10)), ask(address, 10));
            assert_eq!(both, (Some(9), 9));
        });
        assert!(began.elapsed() < LONG * 10, "{:?}", began.elapsed());
        driver.end(Duration::ZERO);
    }

    #[test]
    fn work_that_is_dropped_is_given_up_at_once_and_leaves_no_steps() {
        struct Told(std::sync::mpsc::Sender<()>);
        impl Drop for Told {
            fn drop(&mut self) {
                _ = self.0.send(());
            }
        }
        let (steps, driver) = driver();
        let (tell, told) = std::sync::mpsc::channel();
        driver.block_on(async {
            let mark = Told(tell);
            let work = steps.run(async move {
                std::future::pending::<()>().await;
                drop(mark);
            });
            assert!(tokio::time::timeout(LONG, work).await.is_err());
            tokio::time::sleep(SHORT).await;
        });
        assert_eq!(told.try_recv(), Ok(()));
        assert_eq!(steps.0.as_ref().unwrap().state().works, 0);
    }

    #[test]
    fn without_a_second_reactor_work_is_done_on_the_spot() {
        let main = Builder::new_current_thread().enable_all().build().unwrap();
        let driver = Driver::from(main);
        let done = driver.block_on(async { Steps::default().run(async { 7 }).await });
        assert_eq!(done, Some(7));
    }
}
