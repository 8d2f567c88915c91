//! What the user says of an agent's plan: nothing of it can be read from the logs.

use crate::analysis::session::Opening;
use crate::analysis::session::plan::SessionPlan;
use crate::domain::account::Account;

/// The options of an account's table.
pub(super) const OPTIONS: &[(&str, &str)] = &[
    (
        "plan",
        "`pro`, `max5`, `max20` or `custom`: the limit of a five-hour session; `none`: no sessions are shown",
    ),
    (
        "session_tokens",
        "tokens a session (input and output, without caches), for `custom` or in the place of a plan's",
    ),
    (
        "session_start",
        "`first-message` (default) or `full-hour`: when a session begins",
    ),
];

/// What is wished for an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    /// The plan. `None`: nobody says.
    pub(super) plan: Option<SessionPlan>,
    /// Tokens a session. `None`: nobody says.
    pub(super) session_tokens: Option<u64>,
    /// When a session begins.
    pub(super) opening: Opening,
    /// Whether sessions are not shown at all.
    pub(super) sessions: Sessions,
    /// What was not understood, one sentence each.
    pub(super) warnings: Vec<String>,
}

/// Whether sessions are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Sessions {
    /// They are.
    #[default]
    Shown,
    /// They are not: the account pays by use.
    Hidden,
}

impl Wishes {
    pub(super) fn of(account: &Account) -> Self {
        let option = |name: &str| {
            let texts = account.options.get(name)?;
            texts.first().map(|text| text.trim().to_ascii_lowercase())
        };
        let mut wishes = Self::default();
        match option("plan").as_deref() {
            None | Some("") => {}
            Some("none") => wishes.sessions = Sessions::Hidden,
            Some(name) => {
                wishes.plan = SessionPlan::named(name);
                if wishes.plan.is_none() {
                    wishes.warnings.push(format!(
                        "option `plan`: `{name}` is none of `pro`, `max5`, `max20`, `custom` and `none`"
                    ));
                }
            }
        }
        wishes.session_tokens = wishes.plan.and_then(SessionPlan::session_tokens);
        if let Some(text) = option("session_tokens") {
            match text.replace(['_', ','], "").parse() {
                Ok(tokens) if tokens > 0 => wishes.session_tokens = Some(tokens),
                _ => wishes.warnings.push(format!(
                    "option `session_tokens`: `{text}` is no number of tokens"
                )),
            }
        } else if wishes.plan == Some(SessionPlan::Custom) {
            let warning = "the plan `custom` needs `session_tokens`, the tokens of a session";
            wishes.warnings.push(warning.to_owned());
        }
        if let Some(text) = option("session_start").filter(|text| !text.is_empty()) {
            match Opening::named(&text) {
                Some(opening) => wishes.opening = opening,
                None => wishes.warnings.push(format!(
                    "option `session_start`: `{text}` is neither `first-message` nor `full-hour`"
                )),
            }
        }
        wishes
    }

    /// Tells these wishes from others.
    pub(super) fn mark(&self) -> String {
        format!(
            "{}/{}/{:?}/{:?}",
            self.plan.map_or("-", SessionPlan::name),
            self.session_tokens.unwrap_or_default(),
            self.opening,
            self.sessions
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::account::{AccountId, CredentialPlace};

    fn wishes(options: &[(&str, &str)]) -> Wishes {
        let options = options.iter();
        Wishes::of(&Account {
            id: AccountId::parse("claude-code"),
            label: String::new(),
            every: Duration::from_secs(30),
            credential: CredentialPlace::None,
            base_url: None,
            options: options
                .map(|(name, text)| ((*name).to_owned(), vec![(*text).to_owned()]))
                .collect(),
        })
    }

    /// F62
    #[test]
    fn a_plan_brings_its_limit_and_the_user_may_say_another() {
        assert_eq!(wishes(&[("plan", "Pro")]).session_tokens, Some(19_000));
        let more = wishes(&[("plan", "max20"), ("session_tokens", "300_000")]);
        assert_eq!(more.session_tokens, Some(300_000));
        let custom = wishes(&[("plan", "custom"), ("session_tokens", "5000")]);
        assert_eq!(
            (custom.plan, custom.session_tokens),
            (Some(SessionPlan::Custom), Some(5000))
        );
        assert_eq!(wishes(&[("plan", "none")]).sessions, Sessions::Hidden);
    }

    #[test]
    fn what_is_not_understood_is_said_and_costs_only_itself() {
        let odd = wishes(&[("plan", "max"), ("session_start", "noon")]);
        assert_eq!((odd.plan, odd.warnings.len()), (None, 2));
        let lacking = wishes(&[("plan", "custom")]);
        assert_eq!((lacking.session_tokens, lacking.warnings.len()), (None, 1));
        assert_eq!(wishes(&[("session_tokens", "0")]).warnings.len(), 1);
    }
}
