//! By whom rows are told: the parts that were asked for, each known or not.

use crate::analysis::usage_report::{Piece, Source};
use crate::domain::account::AccountId;
use crate::domain::ids::{KeyId, ModelId, ProjectId, SessionId};

/// By whom usage is told, in the order of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The account.
    Account,
    /// The project or workspace.
    Project,
    /// The agent's session.
    Session,
    /// The API key.
    Key,
    /// The model.
    Model,
}

/// A part of a row's group.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part<T> {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// It is this.
    Known(T),
    /// It was asked, and nobody told.
    Unknown,
}

impl<T> Part<T> {
    fn told(part: Option<T>) -> Self {
        part.map_or(Self::Unknown, Self::Known)
    }

    /// Whether it was asked for.
    #[must_use]
    pub const fn is_asked(&self) -> bool {
        !matches!(self, Self::NotAsked)
    }

    /// What it is, where it is known.
    #[must_use]
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(part) => Some(part),
            Self::NotAsked | Self::Unknown => None,
        }
    }
}

/// By whom a row is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The account.
    pub account: Part<AccountId>,
    /// The project or workspace.
    pub project: Part<ProjectId>,
    /// The agent's session.
    pub session: Part<SessionId>,
    /// The API key.
    pub key: Part<KeyId>,
    /// The model.
    pub model: Part<ModelId>,
}

impl Group {
    pub(super) fn of(by: &[By], source: &Source, piece: &Piece) -> Self {
        let mut group = Self::default();
        let who = &piece.slot.who;
        for part in by {
            match part {
                By::Account => group.account = Part::Known(source.account.clone()),
                By::Project => group.project = Part::told(who.project.clone()),
                By::Session => group.session = Part::told(piece.session.clone()),
                By::Key => group.key = Part::told(who.key.clone()),
                By::Model => group.model = Part::told(who.model.clone()),
            }
        }
        group
    }
}
