//! Chance from a seed, and text as it stands in JSON.

/// Numbers that are the same for the same seed.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) const fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low))
    }

    pub(super) fn in_hundred(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    pub(super) fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let at = usize::try_from(self.below(all.len() as u64)).unwrap_or(0);
        all.get(at).copied().unwrap_or_default()
    }

    /// A number whose distribution is told by points: so many in ten thousand are below it.
    pub(super) fn along(&mut self, points: &[(u64, u64)]) -> u64 {
        let share = self.below(10_000);
        let mut before = (0, 0);
        for point in points {
            if share < point.0 {
                let span = (point.0 - before.0).max(1);
                return before.1 + (point.1 - before.1) * (share - before.0) / span;
            }
            before = *point;
        }
        before.1
    }

    pub(super) fn uuid(&mut self) -> String {
        let (one, other) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            one >> 32,
            (one >> 16) & 0xffff,
            one & 0xfff,
            other >> 52,
            other & 0xffff_ffff_ffff
        )
    }
}

const WORDS: [&str; 40] = [
    "the ",
    "a ",
    "of ",
    "function ",
    "returns ",
    "let ",
    "result ",
    "= ",
    "if ",
    "(",
    ") ",
    "{\\n    ",
    "}\\n",
    "error",
    ": ",
    ", ",
    ";\\n",
    "\\\"name\\\"",
    "\\\"usage\\\": {",
    "\\t",
    "/home/dev/alpha/src/main.rs",
    "\\\\n",
    "é",
    "impl ",
    "for ",
    "test ",
    "should ",
    "have ",
    "been ",
    "0x7f ",
    "1024 ",
    "— ",
    "```rust\\n",
    "->",
    "::",
    "read ",
    "write ",
    "file ",
    "tokens ",
    ".\\n\\n",
];

/// A lot of escaped text, of which pieces are taken.
pub(super) struct Text {
    text: String,
    starts: Vec<usize>,
}

impl Text {
    pub(super) fn new(chance: &mut Chance) -> Self {
        let (mut text, mut starts) = (String::new(), Vec::new());
        while text.len() < 1 << 20 {
            starts.push(text.len());
            text.push_str(chance.one_of(&WORDS));
        }
        Self { text, starts }
    }

    /// About so many bytes.
    pub(super) fn piece(&self, chance: &mut Chance, length: u64) -> &str {
        let length = usize::try_from(length)
            .unwrap_or(0)
            .min(self.text.len() / 2);
        let half = self.starts.len() / 2;
        let from = usize::try_from(chance.below(half as u64)).unwrap_or(0);
        let from = self.starts.get(from).copied().unwrap_or(0);
        let next = self.starts.partition_point(|start| *start < from + length);
        let end = self.starts.get(next).copied().unwrap_or(from);
        self.text.get(from..end).unwrap_or_default()
    }
}
