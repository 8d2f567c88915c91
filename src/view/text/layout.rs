//! A page of text: names in a column, figures beside them, notes wrapped under the figures.

use rust_decimal::Decimal;

use crate::view::format;

/// The most columns of a line.
const WIDTH: usize = 80;
/// The column of names.
const NAME: usize = 18;
/// A name that is longer than its column moves its own figure, up to here: a model is known by its whole id.
const LONGEST_NAME: usize = 36;
/// How wide bars are.
const BAR: usize = 20;
/// Where notes go on that do not fit.
const HANGING: usize = 2 + NAME + 1;

/// Text under way.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(format::printable(line).trim_end());
        self.text.push('\n');
    }

    /// A heading with a remark at the right margin.
    pub(super) fn heading(&mut self, heading: &str, remark: &str) {
        let remark_width = remark.chars().count();
        let heading = format::trim(heading, WIDTH.saturating_sub(remark_width + 2).max(20));
        let gap = WIDTH.saturating_sub(heading.chars().count() + remark_width);
        self.line(&format!("{heading}{}{remark}", " ".repeat(gap.max(2))));
    }

    /// A sentence below a heading.
    pub(super) fn remark(&mut self, text: &str) {
        for line in format::wrap(text, WIDTH - 2) {
            self.line(&format!("  {line}"));
        }
    }

    /// A text under the last entry's figure.
    pub(super) fn paragraph(&mut self, text: &str) {
        for line in format::wrap(text, WIDTH - HANGING) {
            self.line(&format!("{:HANGING$}{line}", ""));
        }
    }

    /// A name, its figure, and notes on it.
    pub(super) fn entry(&mut self, name: &str, figure: &str, notes: &[String]) {
        let name = format::trim(name, LONGEST_NAME);
        self.noted(format!("  {name:<NAME$} {figure}"), " · ", notes);
    }

    /// A name, a bar with its share, and notes on it; without a known share the bar is empty.
    pub(super) fn gauge(
        &mut self,
        name: &str,
        (percent, share): (Option<Decimal>, Option<&str>),
        notes: &[String],
    ) {
        let name = format::trim(name, NAME);
        let bar = format::bar(percent.unwrap_or_default(), BAR);
        let share = share.unwrap_or(crate::view::phrase::quota::UNKNOWN);
        self.noted(format!("  {name:<NAME$} {bar} {share:>7}"), "  ", notes);
    }

    /// A line with notes behind it, as many as fit, the others below.
    fn noted(&mut self, start: String, before: &str, notes: &[String]) {
        let mut line = start;
        let mut between = before;
        for note in notes {
            let wide = line.chars().count() + between.chars().count() + note.chars().count();
            if wide > WIDTH {
                self.line(&line);
                line = format!("{:HANGING$}{note}", "");
            } else {
                line.push_str(between);
                line.push_str(note);
            }
            between = " · ";
        }
        self.line(&line);
    }
}
