//! An agent between two looks, and what one look does: what is read, in which order, and what is kept of it.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use spendtray_skim::hashing::{both, sum};

use crate::domain::agent::{AgentResponse, AgentSlot, Use};
use crate::domain::ids::{ModelId, ProjectId, SessionId};
use crate::domain::quota::QuotaReport;
use crate::domain::usage::SlotWidth;
use crate::logs::files::Stamp;
use crate::logs::told::{LogsSince, Told};
use crate::logs::totals::About;
use crate::logs::watching::Watching;
use crate::logs::{Agent, Ask, Counter, Faults, Order, Places, Progress, ResponseView, Watch};
use crate::system::listing::Facts;
use crate::system::watch::{Post, Telling};

/// More than this is read in parts, so that figures are there in between and nothing is read twice after a crash.
const MUCH: u64 = 64 << 20;

/// What was used within so long stays at hand: the session that runs, and all that lines may still be added to.
const AT_HAND: TimeDelta = TimeDelta::days(2);

/// All folders are walked at least so often: a limit or an old system may keep something from us.
const WALKED_EVERY: TimeDelta = TimeDelta::minutes(10);

/// So many of the files that were last written may be held open by whoever writes them.
const MOST_OPEN: usize = 8;

/// A folder may be made within one that is only just watched: so often is looked again.
const NEW_IN_NEW: usize = 3;

/// An agent between two looks.
#[derive(Default)]
pub(super) struct File {
    standing: Mutex<Standing>,
    /// How far the look under way has come, or the one that goes on with the next.
    progress: Mutex<Option<Progress>>,
}

impl File {
    pub(super) fn hold(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn progress(&self) -> Option<Progress> {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tell(&self, progress: Option<Progress>) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }
}

#[derive(Default)]
pub(super) struct Standing {
    pub(super) counter: Option<Counter>,
    told: Option<Told>,
    /// How often a look brought something.
    brought: u64,
    /// How often a look failed.
    pub(super) failures: u64,
    pub(super) files: u64,
    pub(super) faults: Faults,
    pub(super) unsaved: Option<String>,
    /// From when on the last look changed what was counted. `None`: it did not.
    pub(super) changed_from: Option<DateTime<Utc>>,
    /// When all folders were walked last.
    walked_at: Option<DateTime<Utc>>,
    /// The files that were last written, the last one first.
    written: Vec<PathBuf>,
}

impl Standing {
    pub(super) fn quota(&self) -> Option<&QuotaReport> {
        self.told.as_ref().and_then(Told::quota)
    }

    /// What was used since an instant, by quarter of an hour.
    pub(super) fn slots(&self, since: DateTime<Utc>) -> Vec<AgentSlot> {
        let counter = self.counter.as_ref();
        counter.map_or_else(Vec::new, |counter| counter.slots_since(since))
    }

    /// Names what is known, in every process alike: it is what the index holds. Where that could not be kept it is this
    /// desk's alone.
    pub(super) fn revision(&self, index: &Path, desk: u64) -> String {
        let kept = fs::metadata(index).map(|metadata| Stamp::of(&Facts::from(&metadata)));
        let kept = match kept {
            Ok(stamp) if self.unsaved.is_none() => both(stamp.size, stamp.modified),
            _ => both(desk, self.brought),
        };
        let told = format!("{:?} {:?}", self.quota(), self.faults);
        let told = both(sum(told.as_bytes()), self.failures);
        format!("{:016x}", both(kept, told))
    }

    /// What was used since an instant, but for how much.
    pub(super) fn about(&self, since: DateTime<Utc>) -> Option<About> {
        let counter = self.counter.as_ref();
        counter.map(|counter| counter.about(since))
    }

    /// What was used, by quarter of an hour up to the last long pause, and singly since; what must be read for that stays
    /// at hand.
    pub(super) fn uses(&mut self, ask: &Ask<'_>) -> io::Result<Vec<Use>> {
        let Some(counter) = &mut self.counter else {
            return Ok(Vec::new());
        };
        let mut uses = counter.uses_since(ask.uses_since);
        // What a wrong clock dated ahead is neither a pause nor the end of one.
        uses.retain(|each| each.at <= ask.now);
        let quarter = TimeDelta::seconds(SlotWidth::QuarterHour.seconds());
        let is_recent = |last: &Use| last.at + quarter > ask.singly_if_since;
        if uses.last().is_some_and(is_recent) {
            let is_pause = |pair: &[Use]| match pair {
                [one, next] => next.at - one.at >= ask.pause + quarter,
                _ => false,
            };
            let run = uses.windows(2).rposition(is_pause).map_or(0, |at| at + 1);
            let since = uses.get(run).map_or(ask.uses_since, |first| first.at);
            uses.truncate(run);
            counter.recall(since)?;
            uses.append(&mut counter.uses(since)?);
        }
        Ok(uses)
    }

    pub(super) fn responses(&self, since: DateTime<Utc>) -> io::Result<Vec<AgentResponse>> {
        let mut responses = Vec::new();
        if let Some(counter) = &self.counter {
            counter.each_response(since, &mut |view| responses.extend(response(&view)))?;
        }
        Ok(responses)
    }
}

/// One look.
pub(super) struct Look<'a> {
    pub(super) agent: &'static Agent,
    pub(super) file: &'a File,
    /// Where the index lies.
    pub(super) index: PathBuf,
    pub(super) places: Places<'a>,
    /// `None`: nothing is watched.
    pub(super) watching: Option<&'a Watching>,
    pub(super) telling: Telling,
}

impl Look<'_> {
    /// Looks; how far it has come where more is to be read.
    pub(super) fn now(
        &self,
        standing: &mut Standing,
        ask: &Ask<'_>,
        watch: &mut dyn FnMut(Progress),
    ) -> io::Result<Option<Progress>> {
        let is_first = standing.counter.is_none();
        // A look that was broken off by a fault leaves nothing behind that could be half done.
        let mut counter = match standing.counter.take() {
            Some(counter) => counter,
            None => Counter::open(self.agent, Some(self.index.clone()))?,
        };
        let grown = self.grown(&standing.written).filter(|_| {
            let is_old = |at: DateTime<Utc>| ask.now - at >= WALKED_EVERY;
            !is_first && !standing.walked_at.is_none_or(is_old)
        });
        let (progress, newest) = if let Some(paths) = grown {
            self.at(&mut counter, &paths, watch)
        } else {
            let looked = self.everywhere(&mut counter, ask.fresh_since, watch);
            standing.files = looked.0.files;
            standing.walked_at = (looked.0.left == 0).then_some(ask.now);
            looked
        };
        standing.written = last_written(&newest, &standing.written);
        let behind = (progress.left > 0).then_some(progress);
        self.file.tell(behind);
        let unsaved = counter.save().err().map(|error| error.to_string());
        let earliest = counter.take_earliest();
        standing.changed_from = earliest.and_then(|at| DateTime::from_timestamp(at, 0));
        let is_over = progress.left == 0;
        if is_over && (progress.changed == 0 || ask.uses_since < DateTime::<Utc>::MAX_UTC) {
            counter.rest(ask.now - AT_HAND);
        }
        let logs = if is_first || progress.changed > 0 {
            LogsSince::Changed(&newest)
        } else {
            LogsSince::Same
        };
        let told = (self.agent.told)(&self.places, standing.told.as_ref(), logs);
        let faults = counter.faults();
        let is_news = logs != LogsSince::Same
            || told.as_ref().and_then(Told::quota) != standing.quota()
            || faults != standing.faults
            || unsaved != standing.unsaved;
        standing.brought += u64::from(is_news);
        standing.counter = Some(counter);
        (standing.told, standing.faults, standing.unsaved) = (told, faults, unsaved);
        Ok(behind)
    }

    /// What may have been written since the last look. `None`: only a walk tells.
    fn grown(&self, written: &[PathBuf]) -> Option<Vec<PathBuf>> {
        let watching = self.watching?;
        let mut grown = watching.take_grown(self.agent);
        let is_told = matches!(watching.of(self.agent.id), Watch::Told { .. });
        if self.telling == Telling::AtClose {
            // No list of a folder tells of them either: Windows keeps the size there that a file had when it was closed.
            grown.paths.extend(written.iter().cloned());
        }
        let is_enough = is_told && !grown.unknown && !grown.paths.is_empty();
        is_enough.then(|| grown.paths.into_iter().collect())
    }

    /// Walks all folders and reads what changed; the files that were last written.
    fn everywhere(
        &self,
        counter: &mut Counter,
        fresh_since: Option<DateTime<Utc>>,
        watch: &mut dyn FnMut(Progress),
    ) -> (Progress, Vec<PathBuf>) {
        let (mut sum, mut newest) = (Progress::default(), Vec::new());
        for _ in 0..NEW_IN_NEW {
            let order = Order {
                since: fresh_since.unwrap_or(DateTime::<Utc>::MAX_UTC),
                watch: &mut |progress| {
                    self.file.tell(Some(progress));
                    watch(progress);
                },
                pause: &mut |_, progress| {
                    // What cannot be read must not be left to the next look for ever.
                    let goes_on = progress.bytes > 0 && progress.left > MUCH;
                    if fresh_since.is_some() && goes_on {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                },
            };
            add(&mut sum, counter.look_fresh_first(&self.places, order));
            let sights = counter.take_sights();
            newest = sights.newest;
            let roots = counter.roots(&self.places);
            let attend = |watching: &Watching| watching.attend(self.agent, &roots, sights.folders);
            // What was written before a folder was watched is told by a second look.
            if self.watching.map(attend) != Some(Post::New) || sum.left > 0 {
                break;
            }
        }
        (sum, newest)
    }

    /// Reads what changed in these files and folders; the files that were last written.
    fn at(
        &self,
        counter: &mut Counter,
        paths: &[PathBuf],
        watch: &mut dyn FnMut(Progress),
    ) -> (Progress, Vec<PathBuf>) {
        let (mut sum, mut newest) = (Progress::default(), Vec::new());
        for _ in 0..NEW_IN_NEW {
            add(&mut sum, counter.look_at(&self.places, paths, watch));
            let sights = counter.take_sights();
            newest = sights.newest;
            let attend = |watching: &Watching| watching.attend_also(self.agent, sights.folders);
            if self.watching.map(attend) != Some(Post::New) {
                break;
            }
        }
        (sum, newest)
    }
}

/// Adds a further look at the same files.
fn add(sum: &mut Progress, more: Progress) {
    sum.files = more.files;
    sum.left = more.left;
    sum.fresh_is_done = more.fresh_is_done;
    sum.read += more.read;
    sum.changed += more.changed;
    sum.bytes += more.bytes;
}

/// The files that were last written, by what a look found and what was known before.
fn last_written(newest: &[PathBuf], before: &[PathBuf]) -> Vec<PathBuf> {
    let before = before.iter().filter(|path| !newest.contains(path));
    let all = newest.iter().chain(before);
    all.take(MOST_OPEN).cloned().collect()
}

/// `None`: its time lies beyond all calendars.
fn response(view: &ResponseView<'_>) -> Option<AgentResponse> {
    let at = DateTime::from_timestamp(view.at, 0)?;
    // So near the ends of time no zone has an offset that could still be applied.
    at.checked_sub_signed(TimeDelta::days(2))?;
    at.checked_add_signed(TimeDelta::days(2))?;
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(AgentResponse {
        at,
        slot: AgentSlot {
            start: SlotWidth::QuarterHour.start_of(at),
            model: ModelId::new(view.model),
            project: told(view.project).map(ProjectId::new),
            session: told(view.session).map(SessionId::new),
            terms: view.terms,
            tally: view.tally,
        },
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::domain::variables::Variables;
    use crate::logs::CLAUDE_CODE;
    use crate::system::watch::{Writers, start};

    fn respond(file: &Path, id: &str) {
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
            .unwrap();
        let line = r#"{"type":"assistant","timestamp":"2026-11-23T08:00:00Z","requestId":"ID","message":{"id":"ID","model":"m","stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":0}}}"#;
        writeln!(file, "{}", line.replace("ID", id)).unwrap();
    }

    #[test]
    fn where_writes_are_told_late_the_files_last_written_are_looked_at_and_the_others_now_and_then()
    {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".claude/projects/alpha");
        fs::create_dir_all(&folder).unwrap();
        let [held, other] = ["held.jsonl", "other.jsonl"].map(|name| folder.join(name));
        respond(&held, "one");
        let (posts, _nobody_listens) = start(Writers::Anywhere).unwrap();
        let (watching, file) = (Watching::new(posts), File::default());
        let variables = Variables::default();
        let look = |minute: i64| {
            let look = Look {
                agent: CLAUDE_CODE,
                file: &file,
                index: home.path().join("claude-code.index"),
                places: Places {
                    home: home.path(),
                    config_home: home.path(),
                    variables: &variables,
                },
                watching: Some(&watching),
                telling: Telling::AtClose,
            };
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
            let ask = Ask { now, ..Ask::TOTALS };
            let mut standing = file.hold();
            look.now(&mut standing, &ask, &mut |_| {}).unwrap();
            let slots = standing.slots(DateTime::UNIX_EPOCH);
            slots.iter().map(|slot| slot.tally.requests).sum::<u64>()
        };
        assert_eq!(look(0), 1);
        respond(&held, "two");
        respond(&other, "three");
        assert_eq!(look(1), 2, "the one that is held open grew");
        assert_eq!(look(9), 2);
        assert_eq!(look(10), 3, "all were looked at");
        respond(&other, "four");
        assert_eq!(look(11), 4, "it is one of the last written now");
    }
}
