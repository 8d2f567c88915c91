//! Rollouts of Codex: running totals that are told again, forks and sub-agents that replay their parent.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Outcome;
use super::corpus::{Maker, Plan, TEXTS, stamp};

const MODELS: [&str; 3] = ["gpt-5.5", "gpt-5.4", "gpt-5.3-codex"];

/// What later threads take from earlier ones.
#[derive(Default)]
pub(super) struct Codex {
    /// The last thread.
    parent: Option<Parent>,
}

/// What a fork takes from its parent.
struct Parent {
    id: String,
    /// Its first events, those that it replays among them, each with its totals and what it added.
    events: Vec<[Totals; 2]>,
    /// When its last event was.
    until: i64,
}

/// Input, of it cached, output, of it reasoning.
type Totals = [u64; 4];

impl Codex {
    pub(super) fn thread(&mut self, maker: &mut Maker, plan: Plan) -> Outcome {
        let id = maker.chance.uuid();
        let model = maker.chance.one_of(&MODELS);
        let mut text = Vec::with_capacity(usize::try_from(plan.size)? + (1 << 20));
        let mut totals = Totals::default();
        let fork = maker.chance.in_hundred(15);
        let parent = self.parent.take();
        let parent = parent.filter(|parent| fork && parent.until < plan.at);
        let time = stamp(plan.at, 0);
        let from = parent.as_ref().map_or(String::new(), |parent| {
            format!(",\"forked_from_id\":\"{}\"", parent.id)
        });
        writeln!(
            text,
            "{{\"timestamp\":\"{time}\",\"type\":\"session_meta\",\"payload\":{{\"id\":\"{id}\",\"timestamp\":\"{time}\",\"cwd\":\"/home/dev/beta\",\"originator\":\"codex-tui\",\"cli_version\":\"0.158.0\",\"source\":\"cli\",\"model_provider\":\"openai\"{from}}}}}"
        )?;
        writeln!(
            text,
            "{{\"timestamp\":\"{time}\",\"type\":\"turn_context\",\"payload\":{{\"turn_id\":\"t\",\"cwd\":\"/home/dev/beta\",\"approval_policy\":\"on-request\",\"model\":\"{model}\",\"effort\":\"high\",\"summary\":\"auto\"}}}}"
        )?;
        for [replayed, last] in parent.iter().flat_map(|parent| &parent.events) {
            totals = *replayed;
            count(&mut text, (plan.at, 20), totals, *last)?;
        }
        let started = plan.at + 1;
        writeln!(
            text,
            "{{\"timestamp\":\"{}\",\"type\":\"event_msg\",\"payload\":{{\"type\":\"task_started\",\"turn_id\":\"t\",\"started_at\":{started},\"model_context_window\":258400}}}}",
            stamp(started, 0)
        )?;
        // A fork of a fork replays what its parent replayed, and then what that one did.
        let mut known = parent.map_or_else(Vec::new, |parent| parent.events);
        let mut at = started;
        while (text.len() as u64) < plan.size {
            at = plan.later(at, maker.chance.between(2, 9));
            items(maker, at, &mut text)?;
            at = plan.later(at, maker.chance.between(2, 9));
            let last = usage(maker);
            for (sum, more) in totals.iter_mut().zip(last) {
                *sum += more;
            }
            let [input, cached, output, _] = last;
            let tokens = [input - cached, cached, 0, output];
            maker.truth.book(at, model, tokens);
            if known.len() < 12 {
                known.push([totals, last]);
            }
            // A refresh of the limits tells the same totals again.
            for again in 0..maker.chance.between(1, 3) {
                count(&mut text, (at, 100 + again), totals, last)?;
            }
        }
        self.parent = Some(Parent {
            id: id.clone(),
            events: known,
            until: at,
        });
        maker.put(&rollout(&maker.home, plan.at, &id), &text, (plan, at))
    }
}

/// Where the rollout of a thread lies that began at an instant.
fn rollout(home: &Path, at: i64, id: &str) -> PathBuf {
    let date = stamp(at, 0);
    let day = date.get(..10).unwrap_or_default().replace('-', "/");
    let name = date.get(..19).unwrap_or_default().replace(':', "-");
    home.join(format!(".codex/sessions/{day}/rollout-{name}-{id}.jsonl"))
}

fn usage(maker: &mut Maker) -> Totals {
    let chance = &mut maker.chance;
    let input = chance.between(2_000, 120_000);
    let output = chance.between(20, 3_000);
    [input, chance.below(input), output, chance.below(output)]
}

fn items(maker: &mut Maker, at: i64, text: &mut Vec<u8>) -> Outcome {
    for item in 0..maker.chance.between(1, 5) {
        let length = maker.chance.along(&TEXTS) * 2;
        let words = maker.text.piece(&mut maker.chance, length);
        let time = stamp(at, item);
        match maker.chance.below(6) {
            0 => writeln!(
                text,
                "{{\"timestamp\":\"{time}\",\"type\":\"event_msg\",\"payload\":{{\"type\":\"agent_message\",\"message\":\"{words}\"}}}}"
            )?,
            1 | 2 => writeln!(
                text,
                "{{\"timestamp\":\"{time}\",\"type\":\"response_item\",\"payload\":{{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{{\"type\":\"output_text\",\"text\":\"{words}\"}}]}}}}"
            )?,
            _ => writeln!(
                text,
                "{{\"timestamp\":\"{time}\",\"type\":\"response_item\",\"payload\":{{\"type\":\"function_call_output\",\"call_id\":\"call_{at}\",\"output\":\"{words}\"}}}}"
            )?,
        }
    }
    Ok(())
}

fn count(text: &mut Vec<u8>, (at, millis): (i64, u64), totals: Totals, last: Totals) -> Outcome {
    let told = |[input, cached, output, reasoning]: Totals| {
        format!(
            "{{\"input_tokens\":{input},\"cached_input_tokens\":{cached},\"output_tokens\":{output},\"reasoning_output_tokens\":{reasoning},\"total_tokens\":{}}}",
            input + output
        )
    };
    writeln!(
        text,
        "{{\"timestamp\":\"{}\",\"type\":\"event_msg\",\"payload\":{{\"type\":\"token_count\",\"info\":{{\"total_token_usage\":{},\"last_token_usage\":{},\"model_context_window\":258400}},\"rate_limits\":{{\"limit_id\":\"codex\",\"primary\":{{\"used_percent\":12.0,\"window_minutes\":300,\"resets_at\":1789480800}},\"secondary\":null,\"plan_type\":\"plus\"}}}}}}",
        stamp(at, millis),
        told(totals),
        told(last)
    )?;
    Ok(())
}
