//! `activity`: what each of the last 30 completed days cost by model. Today is not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{ModelId, ProjectId};
use crate::domain::key::ProjectReading;
use crate::domain::money::{Currency, Money};
use crate::domain::tokens::TokenCounts;
use crate::domain::usage::{Attribution, Basis, SlotRange, SlotWidth, Spend, UsageSlot};
use crate::providers::PollError;
use crate::providers::daybook::{self, Sum};
use crate::providers::days::{self, Progress};
use crate::providers::reply::{self, Vendor};
use crate::providers::wire::{Amount, Count, Lenient, Rows};

const WHAT: &str = "OpenRouter's answer to `activity`";
/// So many days are told.
const REACH: Days = Days::new(30);
/// Activity of a day may come an hour after its end.
const SETTLES: TimeDelta = TimeDelta::hours(2);
const ASK_AGAIN: TimeDelta = TimeDelta::minutes(30);

/// What is carried over of activity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Activity {
    asked_at: Option<DateTime<Utc>>,
    progress: Option<Progress>,
    /// Every workspace that was ever named.
    pub(super) workspaces: BTreeSet<String>,
}

/// What the keys spent on a day, as far as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) day: NaiveDate,
    pub(super) dollars: Decimal,
}

/// What a poll learned of activity.
#[derive(Debug)]
pub(super) struct Learned {
    /// The days that came.
    pub(super) range: Option<SlotRange>,
    /// Why activity did not come, when it was time to ask.
    pub(super) missing: Option<PollError>,
    /// Whether today may follow without a hole before it.
    reaches_today: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    data: Rows<Row>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
    date: Lenient<String>,
    model: Lenient<String>,
    usage: Amount,
    requests: Count,
    prompt_tokens: Count,
    completion_tokens: Count,
    reasoning_tokens: Count,
    workspace_id: Lenient<String>,
}

impl Activity {
    /// Asks for days that are over and not known yet.
    pub(super) async fn refresh(&mut self, vendor: Vendor<'_>, seen: Option<Seen>) -> Learned {
        let now = vendor.cx.now;
        let today = now.date_naive();
        let start = days::start(self.progress, vendor.cx.since, now);
        let mut learned = Learned {
            range: None,
            missing: None,
            reaches_today: self.progress.is_some() && start >= days::previous(today),
        };
        let asked_lately = self
            .asked_at
            .is_some_and(|at| (now - at).abs() < ASK_AGAIN && at.date_naive() == today);
        if start >= today || asked_lately {
            return learned;
        }
        self.asked_at = Some(now);
        match ask(vendor, start).await {
            Ok(rows) => {
                learned.range = self.take(rows, (start, seen), now);
                learned.reaches_today = true;
            }
            Err(error) => learned.missing = Some(error),
        }
        learned
    }

    fn take(
        &mut self,
        rows: Vec<(NaiveDate, Row)>,
        (start, seen): (NaiveDate, Option<Seen>),
        now: DateTime<Utc>,
    ) -> Option<SlotRange> {
        let today = now.date_naive();
        let yesterday = days::previous(today);
        // Keys spent yesterday and activity does not know it yet: what was seen stays.
        let is_late = seen.is_some_and(|seen| seen.day == yesterday && !seen.dollars.is_zero())
            && !rows.iter().any(|(day, _)| *day == yesterday);
        let until = if is_late { yesterday } else { today };
        let from = start.max(today.checked_sub_days(REACH).unwrap_or(start));
        let named = rows
            .iter()
            .filter_map(|(_, row)| row.workspace_id.0.clone());
        self.workspaces.extend(named);
        let read = days::Read {
            start,
            until,
            now,
            settles: SETTLES,
        };
        self.progress = Some(days::follow(self.progress, days::midnight(start), read));
        let rows = rows
            .into_iter()
            .filter(|(day, _)| (from..until).contains(day));
        (from < until).then(|| SlotRange {
            from: days::midnight(from),
            until: days::midnight(until),
            slots: slots(rows, self.workspaces.len() > 1),
        })
    }

    /// The workspaces; OpenRouter names them by id only.
    pub(super) fn projects(&self) -> Vec<ProjectReading> {
        let reading = |id: &String| ProjectReading {
            id: ProjectId::new(id.as_str()),
            label: format!("Workspace {}", id.chars().take(8).collect::<String>()),
        };
        self.workspaces.iter().map(reading).collect()
    }
}

async fn ask(vendor: Vendor<'_>, start: NaiveDate) -> Result<Vec<(NaiveDate, Row)>, PollError> {
    let mut request = vendor.request("activity")?.query("group_by", "workspace");
    if start == days::previous(vendor.cx.now.date_naive()) {
        request = request.query("date", start.to_string());
    }
    let reply = vendor.get(&request).await?;
    let body: Body = reply::object(&reply, WHAT)?;
    let rows = reply::data(body.data, WHAT)?;
    let count = rows.len();
    let dated: Vec<(NaiveDate, Row)> = rows
        .into_iter()
        .filter_map(|row| Some((row.date.0.as_deref()?.get(..10)?.parse().ok()?, row)))
        .collect();
    if dated.len() < count {
        return Err(reply::unreadable(WHAT));
    }
    Ok(dated)
}

/// Rows of several endpoints and providers of a model are one slot; workspaces are told apart where there are several.
fn slots(rows: impl Iterator<Item = (NaiveDate, Row)>, by_workspace: bool) -> Vec<UsageSlot> {
    let mut sums: BTreeMap<(NaiveDate, Attribution), Sum> = BTreeMap::new();
    for (day, row) in rows {
        let who = row.who(by_workspace);
        let sum = sums.entry((day, who.clone())).or_default();
        match row.usage.0 {
            Some(dollars) => sum
                .spend
                .add(Money::new(dollars, Currency::USD), Basis::Billed),
            None => sum.spend.unpriced.extend(who.model),
        }
        sum.count(row.requests.0, row.tokens().as_ref());
    }
    sums.into_iter().map(daybook::slot).collect()
}

impl Row {
    fn who(&self, by_workspace: bool) -> Attribution {
        let named = |name: &&String| !name.is_empty();
        let workspace = self.workspace_id.0.as_ref().filter(|_| by_workspace);
        Attribution {
            model: self
                .model
                .0
                .as_ref()
                .filter(named)
                .cloned()
                .map(ModelId::new),
            project: workspace.filter(named).cloned().map(ProjectId::new),
            ..Attribution::default()
        }
    }

    fn tokens(&self) -> Option<TokenCounts> {
        let output = self.completion_tokens.0?;
        Some(TokenCounts {
            input: self.prompt_tokens.0?,
            output,
            reasoning: self.reasoning_tokens.0.unwrap_or_default().min(output),
            ..TokenCounts::default()
        })
    }
}

impl Learned {
    /// What the keys spent today, as the day's only slot. `None`: not known, or there would be a hole before it.
    pub(super) fn today(&self, seen: Option<Seen>, now: DateTime<Utc>) -> Option<SlotRange> {
        let seen = seen.filter(|_| self.reaches_today)?;
        let start = days::midnight(seen.day);
        let slot = UsageSlot {
            start,
            width: SlotWidth::Day,
            who: Arc::default(),
            requests: None,
            tokens: None,
            spend: Spend::of(Money::new(seen.dollars, Currency::USD), Basis::Billed),
        };
        // To the end of the day: tomorrow's first reading then follows without a hole.
        (seen.day == now.date_naive()).then(|| SlotRange {
            from: start,
            until: days::midnight(days::next(seen.day)),
            slots: vec![slot],
        })
    }
}
