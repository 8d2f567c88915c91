//! A transcript's lines: which fields stand where. What they count is not decided here.
//!
//! A line is mostly text. Where the key `usage` was found in it, the text is jumped over: see [`jumped`].

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use spendtray_skim::{Hit, Lesson, Paths, Patterns, Raw};

/// The key without which a line says nothing, but for its first quote: in text it ends with an escaped one, so that text
/// which speaks of usage is not even looked at twice.
const USAGE: &[u8] = b"usage\"";

/// Between the text of a message and its usage stand a few short fields, of which this one always is there.
const STOP: &[u8] = b",\"stop_reason\":";

/// Finds the key.
pub(super) static FIND_USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(USAGE));

static FIND_STOP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(STOP));

/// More than the fields between it and the usage mostly take, and always.
const NEAR: [usize; 2] = [64, 192];

/// Names values in their order, each with its path: one list says which stands where.
macro_rules! values {
    ($(#[$about:meta])* $name:ident in $list:ident: $($value:ident = $path:literal,)+) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($value),+ }

        const $list: [&str; [$($path),+].len()] = [$($path),+];
    };
}

values! {
    /// Where the fields of a line stand that matter.
    Field in LINE:
    Parent = "parentUuid",
    Kind = "type",
    Uuid = "uuid",
    Timestamp = "timestamp",
    Request = "requestId",
    Session = "sessionId",
    Folder = "cwd",
    Side = "isSidechain",
    Cost = "costUSD",
    Data = "data",
    Message = "message/id",
    Model = "message/model",
    StopReason = "message/stop_reason",
    Usage = "message/usage",
}

values! {
    /// Where in `usage` its figures stand.
    Figure in FIGURES:
    Input = "input_tokens",
    Output = "output_tokens",
    CacheWrite = "cache_creation_input_tokens",
    CacheRead = "cache_read_input_tokens",
    For5m = "cache_creation/ephemeral_5m_input_tokens",
    For1h = "cache_creation/ephemeral_1h_input_tokens",
    Thinking = "output_tokens_details/thinking_tokens",
    Searches = "server_tool_use/web_search_requests",
    Speed = "speed",
    Tier = "service_tier",
    Region = "inference_geo",
    Iterations = "iterations",
}

/// The values of a line, and behind them the figures.
type Values<'a> = [Raw<'a>; LINE.len() + FIGURES.len()];

/// Those whose strings are different in every line.
const VARYING: [usize; 7] = [
    Field::Parent as usize,
    Field::Uuid as usize,
    Field::Timestamp as usize,
    Field::Request as usize,
    Field::Session as usize,
    Field::Folder as usize,
    Field::Message as usize,
];

/// The fields of a line that matter. It is large: it is filled in where it stands, and never moved.
#[derive(Default)]
pub(super) struct Entry<'a>(Values<'a>);

/// The fields of a whole line; `None` for one that does not close.
pub(super) fn entry(line: &[u8]) -> Option<Entry<'_>> {
    let mut entry = Entry::default();
    Paths(&LINE).read(line, &mut entry.0)?;
    read_figures(&mut entry.0)?;
    Some(entry)
}

/// Reads the figures where `usage` is an object.
fn read_figures(values: &mut Values<'_>) -> Option<()> {
    let usage = at(values, Field::Usage).0;
    if usage.starts_with(b"{") {
        Paths(&FIGURES).read(usage, values.get_mut(LINE.len()..)?)?;
    }
    Some(())
}

fn at<'a>(values: &Values<'a>, field: Field) -> Raw<'a> {
    values.get(field as usize).copied().unwrap_or_default()
}

impl<'a> Entry<'a> {
    /// A field; absent where the line has none.
    pub(super) fn at(&self, field: Field) -> Raw<'a> {
        at(&self.0, field)
    }

    fn set(&mut self, field: Field, value: Raw<'a>) {
        if let Some(place) = self.0.get_mut(field as usize) {
            *place = value;
        }
    }

    /// What stands in `usage`, where it is an object.
    pub(super) fn figures(&self) -> Usage<'_, 'a> {
        let (_, figures) = self.0.split_at(LINE.len());
        Usage(figures)
    }
}

/// The kinds of lines, before and behind their text.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    heads: Patterns,
    tails: Patterns,
}

/// Reads the fields of an assistant's line in which `usage` was found, without reading its text; whether it could:
/// otherwise the line is not as usual and must be read whole.
///
/// The line is read from its head to the text, and on from `stop_reason` before the hit. That both stand in the same
/// message is proven from behind: after the usage, one object and the line must close, exactly at the line's end, and
/// there is no other hit.
pub(super) fn jumped<'a>(
    line: &'a [u8],
    hit: Hit,
    kinds: &mut Kinds,
    entry: &mut Entry<'a>,
) -> bool {
    jump(line, hit, kinds, &mut entry.0).is_some()
}

fn jump<'a>(line: &'a [u8], hit: Hit, kinds: &mut Kinds, values: &mut Values<'a>) -> Option<()> {
    if !hit.is_only {
        return None;
    }
    let text = if let Some(text) = kinds.heads.read(line, 0, values) {
        text
    } else {
        let text = Paths(&LINE).read_until("message/content", line, values)?;
        teach(&mut kinds.heads, values, (line, 0..text));
        text
    };
    let stop = NEAR.iter().find_map(|length| {
        let near = text.max(hit.at.saturating_sub(*length));
        Some(near + FIND_STOP.find_iter(line.get(near..hit.at)?).last()? + 1)
    })?;
    let is_known = kinds.tails.read(line, stop, values) == Some(line.len());
    if !is_known {
        Paths(&LINE).read_on(("message", stop), line, values)?;
        read_figures(values)?;
    }
    let place = at(values, Field::Usage).0.as_ptr().addr();
    let is_hit = place == line.as_ptr().addr() + hit.at + USAGE.len() + 1;
    if !is_hit || at(values, Field::Kind).bytes() != Some(b"assistant") {
        return None;
    }
    if !is_known {
        teach(&mut kinds.tails, values, (line, stop..line.len()));
    }
    Some(())
}

fn teach(patterns: &mut Patterns, values: &Values<'_>, (line, piece): (&[u8], Range<usize>)) {
    patterns.learn(&Lesson {
        line,
        piece,
        fields: values,
        varying: &VARYING,
    });
}

/// The sub-agent's line that a progress line nests.
pub(super) fn nested<'a>(outer: &Entry<'a>) -> Option<Entry<'a>> {
    let [inner] = outer.at(Field::Data).fields(&["message"])?;
    let mut inner = entry(inner.0)?;
    inner.at(Field::Message).bytes()?;
    if inner.at(Field::Timestamp).is_absent() {
        inner.set(Field::Timestamp, outer.at(Field::Timestamp));
    }
    inner.set(Field::Session, outer.at(Field::Session));
    inner.set(Field::Folder, outer.at(Field::Folder));
    inner.set(Field::Side, Raw(b"true"));
    Some(inner)
}

/// The figures of a `usage` object, in the order of [`FIGURES`].
#[derive(Clone, Copy)]
pub(super) struct Usage<'v, 'a>(&'v [Raw<'a>]);

/// The figures of the object that a value is.
pub(super) fn usage(raw: Raw<'_>) -> Option<[Raw<'_>; FIGURES.len()]> {
    raw.fields(&FIGURES)
}

impl<'v, 'a> Usage<'v, 'a> {
    pub(super) const fn of(figures: &'v [Raw<'a>; FIGURES.len()]) -> Self {
        Self(figures)
    }

    /// A figure; absent where there is none.
    pub(super) fn at(self, figure: Figure) -> Raw<'a> {
        self.0.get(figure as usize).copied().unwrap_or_default()
    }
}
