//! An agent's windows: the vendor's own word where the agent keeps it, else what is counted against the user's plan.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::analysis::session::official::{carried_on, to_the_minute};
use crate::analysis::session::{self, SESSION, SessionWindow, Use};
use crate::domain::ids::WindowName;
use crate::domain::money::{Currency, Money};
use crate::domain::quota::{Plan, QuotaWindow, Source};
use crate::logs::{self, Agent, Seen};
use crate::providers::agent_logs::wishes::{Sessions, Wishes};

/// The name of a session's window, official or ours: rules and alerts hold on to it.
const SESSION_NAME: &str = "5h";

/// What windows are made from.
pub(super) struct Sight<'a> {
    pub(super) agent: &'static Agent,
    pub(super) seen: &'a Seen,
    pub(super) wishes: &'a Wishes,
    pub(super) now: DateTime<Utc>,
}

impl Sight<'_> {
    /// The plan: the user's word, else the vendor's.
    pub(super) fn plan(&self) -> Option<Plan> {
        let wished = self.wishes.plan.map(|plan| Plan {
            name: plan.title().to_owned(),
            monthly: plan
                .monthly()
                .map(|amount| Money::new(amount, Currency::USD)),
        });
        wished.or_else(|| {
            let name = self.seen.quota.as_ref()?.plan.as_deref()?;
            Some(Plan {
                name: titled(name),
                monthly: None,
            })
        })
    }

    /// The windows, the session first.
    pub(super) fn windows(&self) -> Vec<QuotaWindow> {
        let mut uses: Vec<Use> = self.seen.responses.iter().map(Use::from).collect();
        uses.sort_by_key(|each| each.at);
        let mut windows = self.official(&uses);
        let runs = |window: &QuotaWindow| {
            window.name.as_str() == SESSION_NAME && window.resets_at.is_some_and(|at| at > self.now)
        };
        if !windows.iter().any(runs)
            && let Some(ours) = self.ours(&uses)
        {
            windows.retain(|window| window.name != ours.name);
            windows.insert(0, ours);
        }
        windows
    }

    /// What the vendor told, as far as it still means something: a window that ended longer ago than it lasts does not.
    fn official(&self, uses: &[Use]) -> Vec<QuotaWindow> {
        let Some(report) = &self.seen.quota else {
            return Vec::new();
        };
        let windows = report.windows.iter().map(|window| {
            let mut window = carried_on(window, report.told_at, uses);
            window.resets_at = window.resets_at.map(to_the_minute);
            window
        });
        let means_something = |window: &QuotaWindow| {
            let told = window.resets_at.unwrap_or(report.told_at);
            let lasts = window.span.unwrap_or(session::WEEK);
            told.checked_add_signed(lasts)
                .is_none_or(|until| until > self.now)
        };
        windows.filter(means_something).collect()
    }

    /// The session that we count, of Claude Code only: no other agent's plan has windows of tokens.
    fn ours(&self, uses: &[Use]) -> Option<QuotaWindow> {
        if self.agent.id != logs::CLAUDE_CODE.id || self.wishes.sessions == Sessions::Hidden {
            return None;
        }
        let windows = session::windows(uses, SESSION, self.wishes.opening);
        let window = session::current(&windows, self.now).or_else(|| windows.last())?;
        // One that ended a while ago is nobody's concern any more; a younger one lets its end be told.
        (window.span.until + SESSION > self.now).then(|| self.counted(window))
    }

    fn counted(&self, window: &SessionWindow) -> QuotaWindow {
        let used = Decimal::from(window.tokens);
        let limit = self.wishes.session_tokens.map(Decimal::from);
        let percent = limit.and_then(|limit| {
            let percent = used.checked_mul(Decimal::ONE_HUNDRED)?;
            Some(percent.checked_div(limit)?.round_dp(1))
        });
        QuotaWindow {
            name: WindowName::from(SESSION_NAME),
            label: "Session (5 h)".to_owned(),
            used_percent: percent,
            used: Some(used),
            limit,
            unit: Some("tokens".to_owned()),
            span: Some(SESSION),
            resets_at: Some(window.span.until),
            source: Source::Estimated,
        }
    }
}

/// A vendor's word for a plan, for people: `plus` is `ChatGPT Plus`.
fn titled(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(char::to_uppercase);
    let name: String = first.into_iter().flatten().chain(letters).collect();
    format!("ChatGPT {}", name.replace('_', " "))
}
