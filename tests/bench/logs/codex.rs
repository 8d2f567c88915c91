//! Rollouts of Codex: running totals that are told again, forks and sub-agents that replay their parent.

use std::io::Write as _;

use super::Outcome;
use super::corpus::{Line, Maker, Plan, Repeat, TEXTS, stamp};

const MODELS: [&str; 3] = ["gpt-5.5", "gpt-5.4", "gpt-5.3-codex"];

/// Events of `ccusage` that follow each other within so many seconds are a replay, as far as was seen.
const CLOSELY: i64 = 8;

/// What later threads take from earlier ones.
#[derive(Default)]
pub(super) struct Codex {
    /// The last thread's id and first events, each with its totals and what it added.
    parent: Option<(String, Vec<[Totals; 2]>)>,
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
        let parent = self.parent.take().filter(|_| fork);
        let time = stamp(plan.at, 0);
        let from = parent.as_ref().map_or(String::new(), |(parent, _)| {
            format!(",\"forked_from_id\":\"{parent}\"")
        });
        writeln!(
            text,
            "{{\"timestamp\":\"{time}\",\"type\":\"session_meta\",\"payload\":{{\"id\":\"{id}\",\"timestamp\":\"{time}\",\"cwd\":\"/home/dev/beta\",\"originator\":\"codex-tui\",\"cli_version\":\"0.158.0\",\"source\":\"cli\",\"model_provider\":\"openai\"{from}}}}}"
        )?;
        writeln!(
            text,
            "{{\"timestamp\":\"{time}\",\"type\":\"turn_context\",\"payload\":{{\"turn_id\":\"t\",\"cwd\":\"/home/dev/beta\",\"approval_policy\":\"on-request\",\"model\":\"{model}\",\"effort\":\"high\",\"summary\":\"auto\"}}}}"
        )?;
        let events = parent.map_or(Vec::new(), |(_, events)| events);
        for [replayed, last] in &events {
            totals = *replayed;
            count(&mut text, (plan.at, 20), totals, *last)?;
        }
        let mut only = only(&events, plan.at, model);
        let started = plan.at + 1;
        writeln!(
            text,
            "{{\"timestamp\":\"{}\",\"type\":\"event_msg\",\"payload\":{{\"type\":\"task_started\",\"turn_id\":\"t\",\"started_at\":{started},\"model_context_window\":258400}}}}",
            stamp(started, 0)
        )?;
        let (mut at, mut known) = (started, Vec::new());
        while (text.len() as u64) < plan.size {
            at = plan.later(at, maker.chance.between(2, 9));
            items(maker, at, &mut text)?;
            at = plan.later(at, maker.chance.between(2, 9));
            let follows = |line: &Line| at - line.at < CLOSELY;
            if let Some(line) = only.take().filter(|line| !follows(line)) {
                maker.repeat(Repeat::Replay, &line);
            }
            let last = usage(maker);
            for (sum, more) in totals.iter_mut().zip(last) {
                *sum += more;
            }
            maker.truth.book(at, model, line(at, model, last).tokens);
            if known.len() < 12 {
                known.push([totals, last]);
            }
            // A refresh of the limits tells the same totals again.
            for again in 0..maker.chance.between(1, 3) {
                count(&mut text, (at, 100 + again), totals, last)?;
            }
        }
        self.parent = Some((id.clone(), known));
        let date = stamp(plan.at, 0);
        let day = date.get(..10).unwrap_or_default().replace('-', "/");
        let name = date.get(..19).unwrap_or_default().replace(':', "-");
        let path = maker
            .home
            .join(format!(".codex/sessions/{day}/rollout-{name}-{id}.jsonl"));
        maker.put(&path, &text, (plan, at))
    }
}

/// The only replayed event.
fn only(events: &[[Totals; 2]], at: i64, model: &'static str) -> Option<Line> {
    match events {
        [[_, last]] => Some(line(at, model, *last)),
        _ => None,
    }
}

fn line(at: i64, model: &'static str, last: Totals) -> Line {
    let [input, cached, output, _] = last;
    Line {
        at,
        model,
        tokens: [input - cached, cached, 0, output],
    }
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
