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

/// Where the fields stand that matter.
const LINE: [&str; 14] = [
    "parentUuid",
    "type",
    "uuid",
    "timestamp",
    "requestId",
    "sessionId",
    "cwd",
    "isSidechain",
    "costUSD",
    "data",
    "message/id",
    "message/model",
    "message/stop_reason",
    "message/usage",
];

/// Where in `usage` its figures stand.
const FIGURES: [&str; 12] = [
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "cache_creation/ephemeral_5m_input_tokens",
    "cache_creation/ephemeral_1h_input_tokens",
    "output_tokens_details/thinking_tokens",
    "server_tool_use/web_search_requests",
    "speed",
    "service_tier",
    "inference_geo",
    "iterations",
];

/// The values of a line, and behind them the figures.
type Values<'a> = [Raw<'a>; LINE.len() + FIGURES.len()];

/// Those whose strings are different in every line.
const VARYING: [usize; 7] = [0, 2, 3, 4, 5, 6, 10];

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
    let usage = values.get(USAGE_AT)?.0;
    if usage.starts_with(b"{") {
        Paths(&FIGURES).read(usage, values.get_mut(LINE.len()..)?)?;
    }
    Some(())
}

/// Where `usage` stands among the values.
const USAGE_AT: usize = LINE.len() - 1;

impl<'a> Entry<'a> {
    pub(super) const fn kind(&self) -> Raw<'a> {
        self.0[1]
    }

    pub(super) const fn uuid(&self) -> Raw<'a> {
        self.0[2]
    }

    pub(super) const fn timestamp(&self) -> Raw<'a> {
        self.0[3]
    }

    pub(super) const fn request(&self) -> Raw<'a> {
        self.0[4]
    }

    pub(super) const fn session(&self) -> Raw<'a> {
        self.0[5]
    }

    pub(super) const fn folder(&self) -> Raw<'a> {
        self.0[6]
    }

    pub(super) const fn side(&self) -> Raw<'a> {
        self.0[7]
    }

    pub(super) const fn cost(&self) -> Raw<'a> {
        self.0[8]
    }

    pub(super) const fn data(&self) -> Raw<'a> {
        self.0[9]
    }

    /// The message's id.
    pub(super) const fn id(&self) -> Raw<'a> {
        self.0[10]
    }

    pub(super) const fn model(&self) -> Raw<'a> {
        self.0[11]
    }

    pub(super) const fn stop_reason(&self) -> Raw<'a> {
        self.0[12]
    }

    pub(super) const fn usage(&self) -> Raw<'a> {
        self.0[USAGE_AT]
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
    let place = values.get(USAGE_AT)?.0.as_ptr().addr();
    let is_hit = place == line.as_ptr().addr() + hit.at + USAGE.len() + 1;
    if !is_hit || values.get(1)?.bytes() != Some(b"assistant") {
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
    let [inner] = outer.data().fields(&["message"])?;
    let mut inner = entry(inner.0)?;
    inner.id().bytes()?;
    if inner.timestamp().is_absent() {
        inner.0[3] = outer.timestamp();
    }
    inner.0[5] = outer.session();
    inner.0[6] = outer.folder();
    inner.0[7] = Raw(b"true");
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

    fn at(self, place: usize) -> Raw<'a> {
        self.0.get(place).copied().unwrap_or_default()
    }

    pub(super) fn input(self) -> Raw<'a> {
        self.at(0)
    }

    pub(super) fn output(self) -> Raw<'a> {
        self.at(1)
    }

    pub(super) fn cache_write(self) -> Raw<'a> {
        self.at(2)
    }

    pub(super) fn cache_read(self) -> Raw<'a> {
        self.at(3)
    }

    pub(super) fn for_5m(self) -> Raw<'a> {
        self.at(4)
    }

    pub(super) fn for_1h(self) -> Raw<'a> {
        self.at(5)
    }

    pub(super) fn thinking(self) -> Raw<'a> {
        self.at(6)
    }

    pub(super) fn searches(self) -> Raw<'a> {
        self.at(7)
    }

    pub(super) fn speed(self) -> Raw<'a> {
        self.at(8)
    }

    pub(super) fn tier(self) -> Raw<'a> {
        self.at(9)
    }

    pub(super) fn region(self) -> Raw<'a> {
        self.at(10)
    }

    pub(super) fn iterations(self) -> Raw<'a> {
        self.at(11)
    }
}
