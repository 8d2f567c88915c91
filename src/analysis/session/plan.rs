//! Plans of Claude Code as users name them, with the limits that are said of them. The vendor publishes no token limits
//! and weighs models differently, so what is measured by these is an estimate.

use rust_decimal::Decimal;

/// A plan with a token limit a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionPlan {
    /// Pro.
    Pro,
    /// Max with five times Pro's limit.
    Max5,
    /// Max with twenty times Pro's limit.
    Max20,
    /// What the user says.
    Custom,
}

impl SessionPlan {
    /// Every plan.
    pub const ALL: [Self; 4] = [Self::Pro, Self::Max5, Self::Max20, Self::Custom];

    /// The plan of a name, as it stands in the configuration: `pro`, `max5`, `max20`, `custom`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|plan| plan.name() == name)
    }

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pro => "pro",
            Self::Max5 => "max5",
            Self::Max20 => "max20",
            Self::Custom => "custom",
        }
    }

    /// What people read.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Pro => "Pro",
            Self::Max5 => "Max5x",
            Self::Max20 => "Max20x",
            Self::Custom => "Custom plan",
        }
    }

    /// Dollars a month. `None`: only the user knows.
    #[must_use]
    pub fn monthly(self) -> Option<Decimal> {
        match self {
            Self::Pro => Some(Decimal::from(20)),
            Self::Max5 => Some(Decimal::from(100)),
            Self::Max20 => Some(Decimal::from(200)),
            Self::Custom => None,
        }
    }

    /// Tokens a session. `None`: only the user knows.
    #[must_use]
    pub const fn session_tokens(self) -> Option<u64> {
        match self {
            Self::Pro => Some(19_000),
            Self::Max5 => Some(88_000),
            Self::Max20 => Some(220_000),
            Self::Custom => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F62
    #[test]
    fn a_plan_names_its_limit_its_price_and_its_title() {
        let pro = SessionPlan::named(" Pro ").unwrap();
        assert_eq!(pro.session_tokens(), Some(19_000));
        assert_eq!(pro.monthly(), Some(Decimal::from(20)));
        assert_eq!(pro.title(), "Pro");
        let limits = SessionPlan::ALL.map(SessionPlan::session_tokens);
        assert_eq!(limits, [Some(19_000), Some(88_000), Some(220_000), None]);
        assert_eq!(SessionPlan::named("max"), None);
    }
}
