//! Who calls what when: the invented month before the start, what goes on after it, and the burst of the story.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc, Weekday};

use crate::simulator::demo::{EVENT_AFTER, Story, World};
use crate::simulator::random::Dice;
use crate::simulator::venice::catalogue::{
    AGENTS, BGE, CI, Caller, GLM, IMAGE, LAPTOP, Model, NOTEBOOK, OPUS, QWEN, VIDEO, WEB_APP,
};
use crate::simulator::venice::epoch_start;

/// How many whole days lie before the day of the start: a 31-day look back is always full.
pub(super) const DAYS_BEFORE: i64 = 35;

/// Days before the start on which a batch of the agents outgrew the day's DIEM.
const BATCH_DAYS: [i64; 4] = [25, 17, 10, 3];

const HISTORY: u64 = 1;
const GOING_ON: u64 = 2;

/// One request before it is priced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draft {
    /// When it was billed.
    pub(super) at: DateTime<Utc>,
    /// Whose it was.
    pub(super) caller: &'static Caller,
    /// What was called.
    pub(super) model: &'static Model,
    /// Tokens read, cached ones among them; or pieces.
    pub(super) prompt: u64,
    /// Tokens read from the cache.
    pub(super) cached: u64,
    /// Tokens written.
    pub(super) completion: u64,
    /// What makes its id.
    pub(super) mark: u64,
}

/// What a caller does every day.
struct Habit {
    caller: &'static Caller,
    model: &'static Model,
    /// How often a day, from and up to.
    a_day: [u64; 2],
    /// Tokens read, or pieces.
    prompt: [u64; 2],
    /// Percent of them from the cache.
    cached: [u64; 2],
    /// Tokens written.
    completion: [u64; 2],
}

static HABITS: [Habit; 9] = [
    habit(&CI, &GLM, [14, 20])
        .reads([20_000, 90_000])
        .writes([1_000, 4_000]),
    habit(&LAPTOP, &OPUS, [25, 45])
        .reads([8_000, 60_000])
        .caches([60, 85])
        .writes([300, 2_500]),
    habit(&NOTEBOOK, &BGE, [2, 6]).reads([200_000, 1_500_000]),
    habit(&NOTEBOOK, &QWEN, [5, 12])
        .reads([10_000, 80_000])
        .writes([500, 5_000]),
    habit(&AGENTS, &OPUS, [22, 36])
        .reads([60_000, 180_000])
        .caches([75, 92])
        .writes([1_000, 6_000]),
    habit(&AGENTS, &QWEN, [10, 20])
        .reads([40_000, 200_000])
        .writes([1_000, 8_000]),
    habit(&WEB_APP, &GLM, [4, 12])
        .reads([1_000, 20_000])
        .writes([200, 1_500]),
    habit(&WEB_APP, &IMAGE, [2, 8]).reads([1, 5]),
    habit(&WEB_APP, &VIDEO, [0, 3]),
];

/// The batch that outgrows a day's DIEM.
static BATCH: Habit = habit(&AGENTS, &OPUS, [150, 162])
    .reads([60_000, 180_000])
    .caches([75, 92])
    .writes([1_000, 6_000]);

/// What goes on while the simulator runs: calls so small that a day of them is like any other day.
static SMALL_CALLS: [Habit; 3] = [
    habit(&LAPTOP, &OPUS, [0, 1])
        .reads([500, 2_000])
        .caches([60, 80])
        .writes([30, 150]),
    habit(&CI, &GLM, [0, 1])
        .reads([1_000, 5_000])
        .writes([50, 300]),
    habit(&AGENTS, &QWEN, [0, 1])
        .reads([2_000, 8_000])
        .writes([100, 500]),
];

/// One piece or token a time, nothing cached, nothing written, unless said otherwise.
const fn habit(caller: &'static Caller, model: &'static Model, a_day: [u64; 2]) -> Habit {
    Habit {
        caller,
        model,
        a_day,
        prompt: [1, 2],
        cached: [0, 1],
        completion: [0, 1],
    }
}

impl Habit {
    const fn reads(mut self, prompt: [u64; 2]) -> Self {
        self.prompt = prompt;
        self
    }

    const fn caches(mut self, cached: [u64; 2]) -> Self {
        self.cached = cached;
        self
    }

    const fn writes(mut self, completion: [u64; 2]) -> Self {
        self.completion = completion;
        self
    }

    fn draft(&self, dice: &mut Dice, at: DateTime<Utc>) -> Draft {
        let mut from = |[low, high]: [u64; 2]| dice.between(low, high);
        let prompt = from(self.prompt);
        let cached = prompt * from(self.cached) / 100;
        let completion = from(self.completion);
        Draft {
            at,
            caller: self.caller,
            model: self.model,
            prompt,
            cached,
            completion,
            mark: dice.next(),
        }
    }

    fn day(&self, dice: &mut Dice, midnight: DateTime<Utc>, drafts: &mut Vec<Draft>) {
        let [low, high] = self.a_day;
        for _ in 0..dice.between(low, high) {
            let offset = milliseconds(dice.between(0, 86_400_000));
            let draft = self.draft(dice, midnight + offset);
            drafts.push(draft);
        }
    }

    /// Whether it rests at the weekend: people do, agents do not.
    fn rests_on(&self, day: Weekday) -> bool {
        let weekend = matches!(day, Weekday::Sat | Weekday::Sun);
        weekend && (self.caller.name == CI.name || self.caller.name == NOTEBOOK.name)
    }
}

/// Everything before the start, oldest first.
pub(super) fn before(seed: u64, started_at: DateTime<Utc>) -> Vec<Draft> {
    let mut dice = Dice::new(seed, HISTORY);
    let mut drafts = Vec::new();
    for days_ago in (0..=DAYS_BEFORE).rev() {
        let midnight = epoch_start(started_at) - TimeDelta::days(days_ago);
        for habit in &HABITS {
            if !habit.rests_on(midnight.weekday()) {
                habit.day(&mut dice, midnight, &mut drafts);
            }
        }
        if BATCH_DAYS.contains(&days_ago) {
            BATCH.day(&mut dice, midnight, &mut drafts);
        }
    }
    drafts.retain(|draft| draft.at <= started_at);
    drafts.sort_by_key(|draft| draft.at);
    drafts
}

/// Everything from the start up to an instant, oldest first.
pub(super) fn since(world: &World, now: DateTime<Utc>) -> Vec<Draft> {
    let mut dice = Dice::new(world.seed, GOING_ON);
    let mut drafts = burst(world);
    let mut at = world.started_at;
    for turn in 0_usize.. {
        at += milliseconds(dice.between(15_000, 36_000));
        if at > now {
            break;
        }
        let call = SMALL_CALLS.get(turn % SMALL_CALLS.len());
        drafts.extend(call.map(|call| call.draft(&mut dice, at)));
    }
    drafts.retain(|draft| draft.at <= now);
    drafts.sort_by_key(|draft| draft.at);
    drafts
}

/// Two large calls of the agents, about 1.6 DIEM together: enough to cross a limit, too little for a forecast to
/// cry that the day's DIEM will not last.
fn burst(world: &World) -> Vec<Draft> {
    if world.story != Story::AgentsBurst {
        return Vec::new();
    }
    [0, 2]
        .into_iter()
        .map(|seconds| Draft {
            at: world.started_at + EVENT_AFTER + TimeDelta::seconds(seconds),
            caller: &AGENTS,
            model: &OPUS,
            prompt: 200_000,
            cached: 120_000,
            completion: 8_000,
            mark: Dice::new(world.seed, seconds.unsigned_abs()).next(),
        })
        .collect()
}

fn milliseconds(count: u64) -> TimeDelta {
    TimeDelta::milliseconds(i64::try_from(count).unwrap_or_default())
}
