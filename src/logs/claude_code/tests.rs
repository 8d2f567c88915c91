//! Jumping over the text of a line says the same as reading all of it.

use proptest::prelude::*;

use super::*;
use crate::logs::response::Response;

/// Lines as several versions write them; `#` is a number, `@` an id, `~` text.
const LINES: [&str; 7] = [
    r#"{"parentUuid":"@","isSidechain":false,"userType":"external","cwd":"/home/dev/@","sessionId":"@","version":"2.1.289","gitBranch":"main","type":"assistant","uuid":"@","timestamp":"2026-09-15T10:00:05.900Z","requestId":"@","message":{"id":"@","type":"message","role":"assistant","model":"claude-opus-4-8","content":[{"type":"text","text":"~"}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":#,"cache_creation_input_tokens":#,"cache_read_input_tokens":#,"cache_creation":{"ephemeral_5m_input_tokens":#,"ephemeral_1h_input_tokens":#},"output_tokens":#,"service_tier":"standard","speed":"standard","inference_geo":"us","iterations":[{"type":"message","input_tokens":#,"output_tokens":#}]}}}"#,
    r#"{"parentUuid":null,"isSidechain":true,"cwd":"/home/dev/@","sessionId":"@","message":{"model":"claude-sonnet-4-6","id":"@","type":"message","role":"assistant","content":[{"type":"tool_use","input":{"usage_of":"~","n":#}}],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":#,"output_tokens":#,"server_tool_use":{"web_search_requests":#}}},"requestId":"@","type":"assistant","uuid":"@","timestamp":"2026-09-15T10:00:05Z"}"#,
    r#"{"type":"assistant","timestamp":"2026-09-15T10:00:05+02:00","message":{"content":"~","stop_reason":"end_turn","usage":{"input_tokens":#,"output_tokens":#,"speed":"fast"},"id":"@","model":"@"},"costUSD":0.#}"#,
    r#"{"type":"user","message":{"role":"user","content":"~"},"toolUseResult":{"text":"~","usage":{"input_tokens":#,"output_tokens":#}}}"#,
    r#"{"type":"assistant","timestamp":"2026-09-15T10:00:05Z","message":{"id":"@","content":[{"usage":{"input_tokens":#},"stop_reason":"~"}],"stop_reason":"x","usage":{"input_tokens":#,"output_tokens":#}}}"#,
    r#"{"type":"assistant","timestamp":"2026-09-15T10:00:05Z","message":{"id":"@","content":[{"a":{"stop_reason":"~","usage":{"input_tokens":#,"output_tokens":#}}}],"model":"m"}}"#,
    r#"{"type":"progress","sessionId":"@","timestamp":"2026-09-15T10:00:05Z","data":{"message":{"type":"assistant","message":{"id":"@","content":"~","stop_reason":"end_turn","usage":{"input_tokens":#,"output_tokens":#}}}}}"#,
];

/// A line made of a form: every mark stands for something else each time.
fn line() -> impl Strategy<Value = String> {
    let form = prop::sample::select(LINES.to_vec());
    let parts = (
        prop::collection::vec(0_u64..100_000, 9),
        prop::collection::vec("[a-c]{0,2}", 8),
        r#"([a-z ,{}\[\]:]|\\"usage\\":|\\\\|\\n|\\"|,\\"stop_reason\\":){0,40}"#,
    );
    (form, parts).prop_map(|(form, (numbers, ids, text))| {
        let (mut numbers, mut ids) = (numbers.iter().cycle(), ids.iter().cycle());
        let mut line = String::new();
        for mark in form.chars() {
            match mark {
                '#' => line.push_str(&numbers.next().unwrap().to_string()),
                '@' => line.push_str(ids.next().unwrap()),
                '~' => line.push_str(&text),
                other => line.push(other),
            }
        }
        line
    })
}

type Counted = Vec<(u64, Response, String)>;

/// What is counted of lines, one by one.
fn counted(
    lines: &[String],
    read: impl Fn(&mut Transcript, &[u8], &mut Table) -> Heed,
) -> Vec<(Heed, Counted)> {
    let mut transcript = Transcript::of(&Source {
        path: Path::new("s.jsonl"),
        kept: None,
    });
    let each = lines.iter().map(|line| {
        let mut table = Table::default();
        let heed = read(&mut transcript, line.as_bytes(), &mut table);
        let responses = table.responses();
        let told = responses.map(|(key, response)| {
            (
                key,
                response,
                format!("{:?}", table.labels.named(response.label)),
            )
        });
        (heed, told.collect())
    });
    each.collect()
}

proptest! {
    #[test]
    fn jumping_says_the_same_as_reading(mut lines in prop::collection::vec(line(), 1..12), cut in 0_usize..2000) {
        // One that is torn, too.
        if let Some(line) = lines.last_mut() {
            let length = cut.min(line.len());
            line.truncate(length);
        }
        let jumping = counted(&lines, |transcript, line, table| {
            let mut hits = FIND_USAGE.find_iter(line);
            match hits.next() {
                Some(at) => {
                    let is_only = hits.next().is_none();
                    transcript.hit(line, Hit { at, is_only }, table)
                }
                None => transcript.line(line, table),
            }
        });
        let reading = counted(&lines, Transcript::line);
        for ((jumping, reading), line) in jumping.iter().zip(&reading).zip(&lines) {
            prop_assert_eq!(jumping, reading, "{}", line);
        }
    }
}
