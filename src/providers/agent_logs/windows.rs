//! An agent's windows: the vendor's own word where the agent keeps it, else what is counted against the user's plan.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::analysis::session::official::{carried_on, to_the_minute};
use crate::analysis::session::{self, SESSION, SessionWindow};
use crate::domain::agent::Use;
use crate::domain::ids::WindowName;
use crate::domain::money::{Currency, Money};
use crate::domain::quota::{Plan, QuotaWindow, Source, WhenFull};
use crate::logs::{self, Agent, Seen};
use crate::providers::agent_logs::wishes::{Sessions, Wishes};

/// The name of a session's window, official or ours: rules and alerts hold on to it.
const SESSION_NAME: &str = "5h";
/// The name of the week of all models.
const WEEK_NAME: &str = "week";

/// A session whose first message is older is over and forgotten.
pub(super) const FORGOTTEN_AFTER: TimeDelta = TimeDelta::hours(10);

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
        // What a wrong clock dated ahead is not used yet.
        let mut uses = self.seen.uses.clone();
        uses.retain(|each| each.at <= self.now);
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
        let windows = report.windows.iter().filter_map(|window| {
            let is_session = window.name.as_str() == SESSION_NAME;
            let limit = self.wishes.session_tokens.filter(|_| is_session);
            let mut window = carried_on(window, report.told_at, uses, limit);
            window.resets_at = window.resets_at.map(to_the_minute);
            self.unless_it_went_on(window, uses)
        });
        let means_something = |window: &QuotaWindow| {
            let told = window.resets_at.unwrap_or(report.told_at);
            let lasts = window.span.unwrap_or(session::WEEK);
            told.checked_add_signed(lasts)
                .is_none_or(|until| until > self.now)
        };
        windows.filter(means_something).collect()
    }

    /// A window as the vendor told it, unless it was used again after its reset: then its share is unknown. What was
    /// used in the running week can still be counted, because weeks follow each other without a gap.
    fn unless_it_went_on(&self, window: QuotaWindow, uses: &[Use]) -> Option<QuotaWindow> {
        let reset = window.resets_at.filter(|at| *at <= self.now);
        let (Some(reset), Some(last)) = (reset, uses.last()) else {
            return Some(window);
        };
        if last.at < reset || window.name.as_str() == SESSION_NAME {
            return Some(window);
        }
        let span = window.span.filter(|_| window.name.as_str() == WEEK_NAME)?;
        let running = session::anchored(reset, span, self.now)?;
        Some(QuotaWindow {
            used_percent: None,
            used: Some(Decimal::from(session::used_within(uses, running))),
            unit: Some("tokens".to_owned()),
            resets_at: Some(running.until),
            source: Source::Estimated,
            ..window
        })
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
            when_full: WhenFull::Refuses,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::session::plan::SessionPlan;
    use crate::domain::quota::QuotaReport;
    use crate::logs::{Faults, Watch};
    use crate::view::format::{BarClass, bar_class};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn used(text: &str, tokens: u64) -> Use {
        Use {
            at: at(text),
            tokens,
        }
    }

    fn seen(uses: Vec<Use>, quota: Option<QuotaReport>) -> Seen {
        Seen {
            slots: Vec::new(),
            slots_since: DateTime::UNIX_EPOCH,
            projects: Vec::new(),
            is_recorded: false,
            uses,
            quota,
            revision: String::new(),
            files: 1,
            faults: Faults::default(),
            unsaved: None,
            watch: Watch::Unasked,
            behind: None,
        }
    }

    fn official(percent: i64, told: &str, resets: &str) -> QuotaReport {
        QuotaReport {
            told_at: at(told),
            plan: None,
            windows: vec![QuotaWindow {
                name: WindowName::from(SESSION_NAME),
                label: "Session (5 h)".to_owned(),
                used_percent: Some(Decimal::from(percent)),
                used: None,
                limit: None,
                unit: None,
                span: Some(SESSION),
                resets_at: Some(at(resets)),
                source: Source::Official,
                when_full: WhenFull::Refuses,
            }],
        }
    }

    fn windows(seen: &Seen, plan: Option<SessionPlan>, now: &str) -> Vec<QuotaWindow> {
        let wishes = Wishes {
            plan,
            session_tokens: plan.and_then(SessionPlan::session_tokens),
            ..Wishes::default()
        };
        let sight = Sight {
            agent: logs::CLAUDE_CODE,
            seen,
            wishes: &wishes,
            now: at(now),
        };
        sight.windows()
    }

    const NOON: &str = "2026-11-23T12:00:00Z";

    /// F58
    #[test]
    fn a_sessions_tokens_without_caches_count_against_the_plan_and_choose_the_colour() {
        let of = |tokens| {
            let seen = seen(vec![used("2026-11-23T10:00:00Z", tokens)], None);
            windows(&seen, Some(SessionPlan::Max20), NOON).remove(0)
        };
        let half = of(110_000);
        assert_eq!(half.used, Some(Decimal::from(110_000)));
        assert_eq!(half.limit, Some(Decimal::from(220_000)));
        assert_eq!(half.source, Source::Estimated);
        assert_eq!(half.resets_at, Some(at("2026-11-23T15:00:00Z")));
        let told = [half, of(165_000), of(198_000)].map(|window| {
            let percent = window.used_percent.unwrap();
            (percent.normalize().to_string(), bar_class(percent))
        });
        let expected = [
            ("50", BarClass::Half),
            ("75", BarClass::High),
            ("90", BarClass::Full),
        ];
        assert_eq!(told, expected.map(|(text, class)| (text.to_owned(), class)));
    }

    #[test]
    fn without_a_plan_a_session_has_tokens_and_a_reset_but_no_share() {
        let seen = seen(vec![used("2026-11-23T10:00:00Z", 500)], None);
        let window = windows(&seen, None, NOON).remove(0);
        assert_eq!((window.used_percent, window.limit), (None, None));
        assert_eq!(window.used, Some(Decimal::from(500)));
    }

    #[test]
    fn a_session_that_ended_is_kept_for_another_five_hours_and_then_forgotten() {
        let seen = seen(vec![used("2026-11-23T10:00:00Z", 500)], None);
        assert_eq!(windows(&seen, None, "2026-11-23T19:59:00Z").len(), 1);
        assert!(windows(&seen, None, "2026-11-23T20:00:00Z").is_empty());
    }

    #[test]
    fn the_vendors_word_is_preferred_while_its_window_runs() {
        let told = official(37, "2026-11-23T11:00:00Z", "2026-11-23T14:00:00.4Z");
        let seen = seen(vec![used("2026-11-23T10:00:00Z", 9500)], Some(told));
        let window = windows(&seen, Some(SessionPlan::Pro), NOON).remove(0);
        assert_eq!(window.used_percent, Some(Decimal::from(37)));
        assert_eq!(window.source, Source::Official);
        assert_eq!(window.resets_at, Some(at("2026-11-23T14:00:00Z")));
    }

    #[test]
    fn after_the_official_window_ours_goes_on() {
        let told = official(37, "2026-11-23T06:00:00Z", "2026-11-23T09:00:00Z");
        let seen = seen(vec![used("2026-11-23T10:00:00Z", 9500)], Some(told));
        let windows = windows(&seen, Some(SessionPlan::Pro), NOON);
        assert_eq!(windows.len(), 1);
        assert_eq!(windows[0].used_percent, Some(Decimal::from(50)));
        assert_eq!(windows[0].source, Source::Estimated);
    }

    #[test]
    fn a_week_that_went_on_after_its_reset_is_counted_and_its_share_unknown() {
        let mut told = official(64, "2026-11-20T06:00:00Z", "2026-11-22T09:00:00Z");
        let week = &mut told.windows[0];
        week.name = WindowName::from(WEEK_NAME);
        week.span = Some(session::WEEK);
        let mut opus = week.clone();
        opus.name = WindowName::from("week-opus");
        told.windows.push(opus);
        let uses = vec![
            used("2026-11-21T10:00:00Z", 9000),
            used("2026-11-23T06:00:00Z", 500),
        ];
        let seen = seen(uses, Some(told));
        let windows = windows(&seen, None, NOON);
        let names: Vec<&str> = windows.iter().map(|each| each.name.as_str()).collect();
        assert_eq!(names, [SESSION_NAME, WEEK_NAME], "nobody knows of Opus");
        let week = &windows[1];
        assert_eq!(
            (week.used_percent, week.used),
            (None, Some(Decimal::from(500)))
        );
        assert_eq!(week.resets_at, Some(at("2026-11-29T09:00:00Z")));
    }

    #[test]
    fn what_the_vendor_said_long_ago_is_not_shown() {
        let told = official(37, "2026-11-20T06:00:00Z", "2026-11-20T09:00:00Z");
        let young = at("2026-11-20T09:00:00Z") + SESSION - TimeDelta::minutes(1);
        let seen = seen(Vec::new(), Some(told));
        assert!(windows(&seen, None, NOON).is_empty());
        assert_eq!(windows(&seen, None, &young.to_rfc3339()).len(), 1);
    }

    #[test]
    fn use_that_a_wrong_clock_dated_ahead_opens_no_session_yet() {
        let seen = seen(vec![used("2026-11-23T13:00:00Z", 500)], None);
        assert!(windows(&seen, None, NOON).is_empty());
    }
}
