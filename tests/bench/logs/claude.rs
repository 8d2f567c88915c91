//! Transcripts of Claude Code: streamed repeats, forks, side chains, sub-agents, roll-ups, huge lines.

use std::io::Write as _;

use super::Outcome;
use super::corpus::{Line, Maker, Plan, Repeat, TEXTS, stamp};

const MODELS: [&str; 4] = [
    "claude-opus-4-8",
    "claude-sonnet-4-6",
    "claude-haiku-4-5-20251001",
    "claude-fable-5",
];
const PROJECTS: [&str; 6] = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"];

/// What later sessions take from earlier ones.
#[derive(Default)]
pub(super) struct Claude {
    /// The first lines of the last long session, and its id.
    history: (Vec<u8>, String),
    /// Those of them that somebody may count again.
    repeatable: Vec<(Repeat, Line)>,
}

/// What all lines of a file have in common.
struct Head {
    session: String,
    project: &'static str,
    side: bool,
    /// Whether the message comes before the type, as in older versions.
    message_first: bool,
    /// Gateways tell no request.
    requests: bool,
}

/// One response.
struct Response {
    id: String,
    request: String,
    model: &'static str,
    /// Input, cached, written, output.
    tokens: [u64; 4],
}

/// A message, and what it tells.
type Told = (String, Line);

/// A file's lines, when the last was written, and some of its messages.
type Lines = (Vec<u8>, i64, Vec<Told>);

impl Claude {
    pub(super) fn session(&mut self, maker: &mut Maker, plan: Plan) -> Outcome {
        let chance = &mut maker.chance;
        let head = Head {
            session: chance.uuid(),
            project: chance.one_of(&PROJECTS),
            side: false,
            message_first: chance.in_hundred(60),
            requests: !chance.in_hundred(3),
        };
        let folder = maker
            .home
            .join(format!(".claude/projects/-home-dev-{}", head.project));
        let mut text = Vec::with_capacity(usize::try_from(plan.size)? + (4 << 20));
        if maker.chance.in_hundred(6) && !self.history.1.is_empty() {
            let copied = String::from_utf8_lossy(&self.history.0);
            text.extend(copied.replace(&self.history.1, &head.session).bytes());
            for (why, line) in &self.repeatable {
                maker.repeat(*why, line);
            }
        }
        let mut nested = Vec::new();
        if plan.size > 60_000 && maker.chance.in_hundred(30) {
            let side = Head {
                side: true,
                ..Head {
                    session: head.session.clone(),
                    ..head
                }
            };
            let shorter = Plan {
                size: plan.size.min(600_000) / 3,
                ..plan
            };
            let path = folder.join(format!(
                "{}/subagents/agent-{:07x}.jsonl",
                head.session,
                maker.chance.below(1 << 28)
            ));
            let (lines, at, responses) = lines(maker, (&side, shorter), Vec::new(), Vec::new())?;
            nested = responses;
            maker.put(&path, &lines, (plan, at))?;
        }
        let fresh = text.len();
        let (text, at, _) = lines(maker, (&head, plan), text, nested)?;
        if plan.size > 60_000 {
            let cut = text.get(fresh..).unwrap_or_default();
            let end = cut.iter().take(50_000).rposition(|byte| *byte == b'\n');
            let cut = cut.get(..=end.unwrap_or(0)).unwrap_or_default();
            self.history = (cut.to_vec(), head.session.clone());
            let ends = fresh..=fresh + cut.len();
            let all = maker.repeatable.iter();
            let within = all.filter(|(end, ..)| ends.contains(end));
            self.repeatable = within.map(|(_, why, line)| (*why, *line)).collect();
        }
        maker.put(
            &folder.join(format!("{}.jsonl", head.session)),
            &text,
            (plan, at),
        )
    }
}

/// The lines of a file, when the last was written, and some of its responses' messages with their instants.
fn lines(
    maker: &mut Maker,
    (head, plan): (&Head, Plan),
    mut text: Vec<u8>,
    mut nested: Vec<Told>,
) -> Outcome<Lines> {
    let mut at = plan.at;
    maker.repeatable.clear();
    let mut messages = Vec::new();
    let model = maker.chance.one_of(&MODELS);
    let mut context = maker.chance.between(8_000, 30_000);
    loop {
        at = plan.later(at, maker.chance.between(1, 9));
        user(maker, head, at, &mut text)?;
        let response = response(maker, model, &mut context);
        at = plan.later(at, maker.chance.between(1, 9));
        let output = streamed(maker, (head, &response), at, &mut text)?;
        if head.side && messages.len() < 4 {
            let told = line(&response, at, output);
            messages.push((message(maker, &response, 40, (output, true)), told));
        }
        if let Some((message, told)) = nested.pop() {
            progress(maker, head, (&message, told.at), &mut text)?;
            maker.repeatable.push((text.len(), Repeat::Nested, told));
        }
        for _ in 0..maker.chance.below(3) {
            let kind =
                maker
                    .chance
                    .one_of(&["file-history-snapshot", "queue-operation", "last-prompt"]);
            writeln!(
                text,
                "{{\"type\":\"{kind}\",\"sessionId\":\"{}\",\"timestamp\":\"{}\",\"snapshot\":{{\"trackedFileBackups\":{{}}}}}}",
                head.session,
                stamp(at, 5)
            )?;
        }
        if text.len() as u64 >= plan.size {
            return Ok((text, at, messages));
        }
    }
}

fn response(maker: &mut Maker, model: &'static str, context: &mut u64) -> Response {
    let chance = &mut maker.chance;
    let written = chance.between(200, 9_000);
    let cached = *context;
    *context += written;
    if *context > 180_000 {
        *context = 20_000;
    }
    let letters = chance.uuid().replace('-', "");
    Response {
        id: format!("msg_01{}", letters.get(..22).unwrap_or_default()),
        request: format!("req_011{}", letters.get(10..31).unwrap_or_default()),
        model,
        tokens: [
            chance.between(1, 30),
            cached,
            written,
            chance.between(20, 4_000),
        ],
    }
}

/// The lines of one response; books it, and tells its output.
fn streamed(
    maker: &mut Maker,
    (head, response): (&Head, &Response),
    at: i64,
    text: &mut Vec<u8>,
) -> Outcome<u64> {
    let lines = match maker.chance.below(10) {
        0..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    // A fifth of the responses of sub-agents never get their last line.
    let torn = head.side && maker.chance.in_hundred(20);
    let early = maker.chance.between(1, 9);
    let mut output = early;
    for line in 1..=lines {
        let last = line == lines && !torn;
        output = if last { response.tokens[3] } else { early };
        let length = maker.chance.along(&TEXTS) / 2;
        let message = message(maker, response, length, (output, last));
        entry(maker, (head, response), (at + line - 1, &message), text)?;
        if !head.side && !head.requests {
            let told = self::line(response, at + line - 1, output);
            maker.repeatable.push((text.len(), Repeat::Copy, told));
            if line < lines {
                maker.repeat(Repeat::Line, &told);
            }
        }
    }
    let [input, cached, written, _] = response.tokens;
    maker
        .truth
        .book(at, response.model, [input, cached, written, output]);
    if !head.side && maker.chance.in_hundred(1) {
        // A side question repeats the main chain under a new request.
        let side = Head {
            session: head.session.clone(),
            side: true,
            ..*head
        };
        let again = Response {
            request: format!("req_012{}", maker.chance.uuid()),
            id: response.id.clone(),
            ..*response
        };
        let message = message(maker, &again, 100, (output, true));
        entry(maker, (&side, &again), (at + 4, &message), text)?;
    }
    Ok(output)
}

/// What a line of a response tells.
fn line(response: &Response, at: i64, output: u64) -> Line {
    let [input, cached, written, _] = response.tokens;
    Line {
        at,
        model: response.model,
        tokens: [input, cached, written, output],
    }
}

fn message(
    maker: &mut Maker,
    response: &Response,
    length: u64,
    (output, last): (u64, bool),
) -> String {
    let [input, cached, written, _] = response.tokens;
    let for_1h = if written % 3 == 0 { written } else { 0 };
    let words = maker.text.piece(&mut maker.chance, length);
    let content = if maker.chance.in_hundred(50) {
        format!("[{{\"type\":\"text\",\"text\":\"{words}\"}}]")
    } else {
        format!(
            "[{{\"type\":\"tool_use\",\"id\":\"toolu_01{input}{cached}\",\"name\":\"Edit\",\"input\":{{\"file_path\":\"/home/dev/x.rs\",\"old_string\":\"\",\"new_string\":\"{words}\"}}}}]"
        )
    };
    format!(
        "{{\"model\":\"{}\",\"id\":\"{}\",\"type\":\"message\",\"role\":\"assistant\",\"content\":{content},\"stop_reason\":{},\"stop_sequence\":null,\"usage\":{{\"input_tokens\":{input},\"cache_creation_input_tokens\":{written},\"cache_read_input_tokens\":{cached},\"cache_creation\":{{\"ephemeral_5m_input_tokens\":{},\"ephemeral_1h_input_tokens\":{for_1h}}},\"output_tokens\":{output},\"service_tier\":\"standard\"}}}}",
        response.model,
        response.id,
        if last { "\"tool_use\"" } else { "null" },
        written - for_1h,
    )
}

fn entry(
    maker: &mut Maker,
    (head, response): (&Head, &Response),
    (at, message): (i64, &str),
    text: &mut Vec<u8>,
) -> Outcome {
    let (parent, own) = (maker.chance.uuid(), maker.chance.uuid());
    let request = if head.requests {
        format!("\"requestId\":\"{}\",", response.request)
    } else {
        String::new()
    };
    let (project, session) = (head.project, &head.session);
    write!(
        text,
        "{{\"parentUuid\":\"{parent}\",\"isSidechain\":{},\"userType\":\"external\",\"cwd\":\"/home/dev/{project}\",\"sessionId\":\"{session}\",\"version\":\"2.1.289\",\"gitBranch\":\"main\",",
        head.side
    )?;
    let time = stamp(at, at.unsigned_abs() * 7);
    if head.message_first {
        writeln!(
            text,
            "\"message\":{message},{request}\"type\":\"assistant\",\"uuid\":\"{own}\",\"timestamp\":\"{time}\"}}"
        )?;
    } else {
        writeln!(
            text,
            "\"type\":\"assistant\",\"uuid\":\"{own}\",\"timestamp\":\"{time}\",{request}\"message\":{message}}}"
        )?;
    }
    Ok(())
}

/// What the user or a tool says; now and then a roll-up of a sub-agent, which does not count, or an image.
fn user(maker: &mut Maker, head: &Head, at: i64, text: &mut Vec<u8>) -> Outcome {
    let (parent, own) = (maker.chance.uuid(), maker.chance.uuid());
    let time = stamp(at, 1);
    write!(
        text,
        "{{\"parentUuid\":\"{parent}\",\"isSidechain\":{},\"userType\":\"external\",\"cwd\":\"/home/dev/{}\",\"sessionId\":\"{}\",\"version\":\"2.1.289\",\"gitBranch\":\"main\",\"type\":\"user\",\"message\":{{\"role\":\"user\",\"content\":[{{\"tool_use_id\":\"toolu_01\",\"type\":\"tool_result\",\"content\":\"",
        head.side, head.project, head.session
    )?;
    let length = maker.chance.along(&TEXTS) * 9 / 5;
    text.extend(maker.text.piece(&mut maker.chance, length).bytes());
    if maker.chance.below(25_000) == 0 {
        text.extend("iVBORw0KGgo".bytes().cycle().take(1_600_000));
    }
    write!(
        text,
        "\"}}]}},\"uuid\":\"{own}\",\"timestamp\":\"{time}\",\"toolUseResult\":{{\"stdout\":\""
    )?;
    let length = maker.chance.along(&TEXTS) * 5 / 4;
    text.extend(maker.text.piece(&mut maker.chance, length).bytes());
    let roll_up = if maker.chance.in_hundred(1) {
        ",\"totalTokens\":9999,\"usage\":{\"input_tokens\":4,\"output_tokens\":9999}"
    } else {
        ""
    };
    writeln!(text, "\",\"interrupted\":false{roll_up}}}}}")?;
    Ok(())
}

/// A line that nests a sub-agent's message, which stands in its own file too.
fn progress(
    maker: &mut Maker,
    head: &Head,
    (message, at): (&str, i64),
    text: &mut Vec<u8>,
) -> Outcome {
    let own = maker.chance.uuid();
    let time = stamp(at, 3);
    writeln!(
        text,
        "{{\"type\":\"progress\",\"sessionId\":\"{}\",\"cwd\":\"/home/dev/{}\",\"uuid\":\"{own}\",\"timestamp\":\"{time}\",\"data\":{{\"type\":\"agent_progress\",\"message\":{{\"type\":\"assistant\",\"timestamp\":\"{time}\",\"message\":{message}}}}}}}",
        head.session, head.project
    )?;
    Ok(())
}
