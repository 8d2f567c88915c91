//! The fields of an object that are asked for by their paths; everything else is stepped over.
//!
//! A path names the fields that lead to a value: `message/usage`. What on the way is no object has no fields, and of
//! fields of the same name the last one counts.

use crate::raw::Raw;
use crate::skim::Skim;

/// The values at some paths in the object that is all of a text; where there is none, it is empty. `None`: the text is
/// no object, or it does not close.
#[must_use]
pub fn fields<'a, const N: usize>(text: &'a [u8], paths: &[&str; N]) -> Option<[Raw<'a>; N]> {
    let mut found = [Raw::default(); N];
    Paths(paths).read(text, &mut found)?;
    Some(found)
}

/// The first value at a path; empty where there is none. What stands behind it is not read.
#[must_use]
pub fn field<'a>(text: &'a [u8], path: &str) -> Raw<'a> {
    let mut walk = Walk::new(text, &[], &mut []);
    walk.stop = Some(path);
    let _until_there = walk.object("");
    match walk.stopped {
        Some(_) => walk.skim.raw().unwrap_or_default(),
        None => Raw::default(),
    }
}

/// Paths, to read only parts of an object: what is found is filled in, at the place of its path.
#[derive(Debug, Clone, Copy)]
pub struct Paths<'p>(
    /// In the order of what is found.
    pub &'p [&'p str],
);

impl Paths<'_> {
    /// Reads all of a text. `None`: it is no object, or it does not close.
    #[inline(never)]
    pub fn read<'a>(self, text: &'a [u8], found: &mut [Raw<'a>]) -> Option<()> {
        let mut walk = Walk::new(text, self.0, found);
        walk.object("")?;
        walk.skim.at_end().then_some(())
    }

    /// Reads up to the value at a path; where that begins. `None`: it was not found.
    pub fn read_until<'a>(
        self,
        path: &str,
        text: &'a [u8],
        found: &mut [Raw<'a>],
    ) -> Option<usize> {
        let mut walk = Walk::new(text, self.0, found);
        walk.stop = Some(path);
        let _until_there = walk.object("");
        walk.stopped
    }

    /// Reads on from a key in the object of a field to the end of the text. `None`: the text does not close there, or the
    /// field comes a second time.
    pub fn read_on<'a>(
        self,
        (field, from): (&str, usize),
        text: &'a [u8],
        found: &mut [Raw<'a>],
    ) -> Option<()> {
        let mut walk = Walk::new(text, self.0, found);
        walk.skim = Skim::starting_at(text, from);
        let inner = self.0.iter().find_map(|path| {
            let end = place(path, "", field.as_bytes()).filter(|rest| !rest.is_empty())?;
            path.get(..path.len() - end.len() + 1)
        });
        walk.members(inner?)?;
        if walk.skim.more(b'}')? {
            walk.closed = Some(field);
            walk.members("")?;
        }
        walk.skim.at_end().then_some(())
    }
}

/// One walk through an object.
struct Walk<'a, 'w> {
    skim: Skim<'a>,
    paths: &'w [&'w str],
    found: &'w mut [Raw<'a>],
    /// The path whose value is not read any more, and where it begins.
    stop: Option<&'w str>,
    stopped: Option<usize>,
    /// The field of the text that must not come again.
    closed: Option<&'w str>,
}

impl<'a, 'w> Walk<'a, 'w> {
    fn new(text: &'a [u8], paths: &'w [&'w str], found: &'w mut [Raw<'a>]) -> Self {
        Self {
            skim: Skim::new(text),
            paths,
            found,
            stop: None,
            stopped: None,
            closed: None,
        }
    }

    /// The object that starts here; the paths to its fields begin with `within`.
    fn object(&mut self, within: &str) -> Option<()> {
        if self.skim.enter(b'{', b'}')? {
            self.members(within)?;
        }
        Some(())
    }

    /// The fields from the key that starts here to the end of their object.
    fn members(&mut self, within: &str) -> Option<()> {
        loop {
            let key = self.skim.key()?;
            self.value(within, key)?;
            if !self.skim.more(b'}')? {
                return Some(());
            }
        }
    }

    fn value(&mut self, within: &str, key: &[u8]) -> Option<()> {
        let first = self.skim.peek()?;
        let start = self.skim.position();
        let (mut own, mut inner) = (None, None);
        let (paths, stop) = (self.paths, self.stop);
        for (number, path) in paths.iter().copied().chain(stop).enumerate() {
            match place(path, within, key) {
                Some("") => own = Some(number),
                Some(rest) => inner = path.get(..path.len() - rest.len() + 1),
                None => {}
            }
        }
        if self
            .closed
            .is_some_and(|closed| within.is_empty() && key == closed.as_bytes())
        {
            return None;
        }
        if own.is_some_and(|number| number == self.paths.len()) {
            self.stopped = Some(start);
            return None;
        }
        match inner.filter(|_| first == b'{') {
            Some(inner) => self.object(inner)?,
            None => self.skim.skip()?,
        }
        if let Some(place) = own.and_then(|number| self.found.get_mut(number)) {
            *place = self.skim.since(start);
        }
        Some(())
    }
}

/// What is left of a path behind a key: nothing, or what begins with a slash. `None`: the path does not lead there.
fn place<'p>(path: &'p str, within: &str, key: &[u8]) -> Option<&'p str> {
    let end = within.len() + key.len();
    // Most paths are told apart by their lengths.
    let leads = match path.as_bytes().get(end) {
        None => path.len() == end,
        Some(byte) => *byte == b'/',
    };
    let (own, rest) = path.split_at_checked(end).filter(|_| leads)?;
    (own.as_bytes().ends_with(key) && own.starts_with(within)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: Raw<'_>) -> String {
        String::from_utf8_lossy(raw.0).into_owned()
    }

    fn one(line: &str, path: &str) -> Option<String> {
        let [found] = fields(line.as_bytes(), &[path])?;
        Some(text(found))
    }

    #[test]
    fn a_field_is_found_behind_strings_with_quotes_and_nested_values() {
        let line = r#" { "a" : "x\\\"}{" , "b":[{"c":"]"},1,null], "n" : -1.5e3 , "z": 7 } "#;
        assert_eq!(one(line, "z").unwrap(), "7");
        assert_eq!(one(line, "n").unwrap(), "-1.5e3");
        assert_eq!(one(line, "b").unwrap(), r#"[{"c":"]"},1,null]"#);
        assert_eq!(one(line, "c").unwrap(), "");
    }

    #[test]
    fn a_path_leads_through_objects_only_and_the_last_of_a_name_counts() {
        let line = br#"{"a":{"b":{"c":1},"c":2},"b":{"c":3},"a":{"c":4},"b":[{"c":6}]}"#;
        let found = fields(line, &["a/b/c", "a/c", "b/c", "b", "a/b/c/d"]).unwrap();
        assert_eq!(found.map(text), ["1", "4", "3", r#"[{"c":6}]"#, ""]);
    }

    #[test]
    fn text_that_does_not_close_is_refused() {
        for torn in [
            r#"{"z":7"#,
            r#"{"z":"#,
            r#"{"z":"7}"#,
            r#"{"z""#,
            "{",
            "",
            "]",
            r#"{"z":7,]"#,
            r#"{"z":7}}"#,
        ] {
            assert_eq!(one(torn, "z"), None, "{torn}");
        }
    }

    #[test]
    fn a_first_value_is_found_in_a_line_that_is_torn_behind_it() {
        let line = br#"{"a":{"type":"x"},"type":"y","b":{"type":"z","#;
        assert_eq!(text(field(line, "type")), r#""y""#);
        assert_eq!(text(field(line, "b/type")), r#""z""#);
        assert_eq!(text(field(line, "c")), "");
    }

    #[test]
    fn a_text_in_the_middle_is_jumped_over() {
        let line = r#"{"id":1,"m":{"n":2,"text":"long","n":3,"o":{"p":4}},"k":5}"#;
        let paths = Paths(&["id", "m/n", "k", "m/o/p"]);
        let mut found = [Raw::default(); 4];
        let until = paths.read_until("m/text", line.as_bytes(), &mut found);
        assert_eq!(until, line.find("\"long"));
        assert_eq!(found.map(text), ["1", "2", "", ""]);
        let from = line.find("\"n\":3").unwrap();
        paths
            .read_on(("m", from), line.as_bytes(), &mut found)
            .unwrap();
        assert_eq!(found.map(text), ["1", "3", "5", "4"]);
        let twice = line.replace("\"k\":5", "\"m\":5");
        assert_eq!(
            paths.read_on(("m", from), twice.as_bytes(), &mut found),
            None
        );
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics_on_any_text(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _read = fields(&text, &["a", "b/c"]);
            let _first = field(&text, "a");
            let _elements = Raw(&text).each_element(&mut |_| Some(()));
        }

        #[test]
        fn nothing_panics_on_what_looks_like_an_object(text in "[{}\\[\\]\",:ab\\\\1 ]{0,40}") {
            let text = format!("{{\"a\":{text}");
            if let Some([whole, inner]) = fields(text.as_bytes(), &["a", "a/b"]) {
                proptest::prop_assert!(whole.0.len() >= inner.0.len());
            }
        }
    }
}
