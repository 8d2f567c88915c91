//! Reports by days of UTC as two of the vendors serve them: pages of days, told by what they are grouped by.
//!
//! How a day is written and how a fault is said is each vendor's own.

use chrono::NaiveDate;

use crate::simulator::call::Call;
use crate::simulator::month::{self, Habit, Use};

/// A page of a report.
pub(super) struct Page {
    /// The days on it.
    pub(super) days: Vec<NaiveDate>,
    /// The token of the next page. `None`: it is the last.
    pub(super) next: Option<String>,
}

/// What is wrong with a request.
pub(super) enum Fault {
    /// The start is missing, or the limit is out of range.
    StartOrLimit,
    /// Buckets are wanted that are no days.
    Width,
    /// The page was never given out.
    Page,
}

/// The page that is asked for, from `start` until now; a page has up to `most` days, 7 unless told.
pub(super) fn page(call: &Call<'_>, start: Option<NaiveDate>, most: usize) -> Result<Page, Fault> {
    let limit = call
        .parameter("limit")
        .map_or(Some(7), |text| text.parse().ok())
        .filter(|limit| (1..=most).contains(limit));
    let (start, limit) = start.zip(limit).ok_or(Fault::StartOrLimit)?;
    if call
        .parameter("bucket_width")
        .is_some_and(|width| width != "1d")
    {
        return Err(Fault::Width);
    }
    let today = call.now.date_naive();
    let given_out = || start.iter_days().take_while(|day| *day <= today);
    let from = match call.parameter("page") {
        None => start,
        Some(token) => month::opened(token, given_out()).ok_or(Fault::Page)?,
    };
    let (days, next) = month::page((from, today), limit);
    Ok(Page {
        days,
        next: next.map(month::token),
    })
}

/// A value, if the report is to be told by it.
pub(super) fn told(call: &Call<'_>, name: &str, value: Option<&str>) -> Option<String> {
    value.filter(|_| is_by(call, name)).map(str::to_owned)
}

/// Whether a report is to be told by this.
pub(super) fn is_by(call: &Call<'_>, name: &str) -> bool {
    let mut query = call.query.iter();
    query.any(|(key, value)| key.starts_with("group_by") && value == name)
}

/// What was used on a day.
pub(super) fn of_day(call: &Call<'_>, habits: &'static [Habit], day: NaiveDate) -> Vec<Use> {
    let mut uses = month::uses(call.world, habits, day, call.now);
    uses.retain(|one| one.day == day);
    uses
}
