//! How fast a window is used, for people and programs: the answer to "will it last?" where there is no instant to tell.

/// How fast a running window is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Too little of it has been measured.
    Calculating,
    /// Nothing was used lately.
    Stable,
    /// It lasts until it resets.
    Lasts,
    /// It is full before it resets.
    RunsOut,
}

impl Pace {
    /// The name as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calculating => "calculating",
            Self::Stable => "stable",
            Self::Lasts => "lasts",
            Self::RunsOut => "runs_out",
        }
    }
}
