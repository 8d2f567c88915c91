//! Reads JSON lines without building them: of a file the lines that matter, of a line the fields that are asked for; and
//! finds again what was read before.
//!
//! What a line means is not known here, and nothing is allocated for it. Everything else is stepped over, which is what
//! most of a gigabyte of logs is for.
//!
//! * [`Buffer`] hands out whole lines, or those in which a text stands.
//! * [`fields()`] finds values in one line by their paths; a [`Raw`] is a value as it stands there.
//! * [`Patterns`] know lines of a kind again, and where their fields stand: then nothing is read at all.
//! * [`codec`] makes numbers and texts bytes, and reads them again.
//! * [`hashing`] makes ids and texts numbers that outlive the build, and a [`Lookup`] finds by such a number.
//!
//! It is a package of its own because a compiler's settings are a package's: the program is built for size, this for
//! speed. So nothing here that is called for every line is generic or inlined: such code is built as its caller is.

pub mod codec;
mod fields;
pub mod hashing;
mod instant;
mod lines;
mod lookup;
mod pattern;
mod raw;
mod skim;

pub use fields::{Paths, field, fields};
pub use lines::{Buffer, Ending, Hit, KEPT, LONGEST_LINE, Line, Pass, ends, trimmed};
pub use lookup::{Lookup, Positions};
pub use pattern::{Lesson, Patterns};
pub use raw::Raw;
