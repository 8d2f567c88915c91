//! The few things that SQLite and PostgreSQL spell differently.

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// A file or memory.
    Sqlite,
    /// A server.
    Postgres,
}

/// What a commit outlives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// Also a power cut: what was told to a person must not be told again.
    PowerCut,
    /// The end of the process, however it comes. After a power cut the last such commits may be missing, as if the
    /// polls had not been made; they are made again.
    Crash,
}

impl Dialect {
    /// Begins a transaction that sees one state of the ledger throughout.
    pub(super) const fn begin_reading(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Begins a transaction that writes.
    pub(super) const fn begin_writing(self) -> &'static str {
        match self {
            // The lock is taken at once: a reader that becomes a writer half-way may be refused without waiting.
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        }
    }

    /// What the next commits of a connection are worth: whether each has to outlive a power cut. `None`: the server
    /// decides that itself.
    pub(super) const fn lasting(self, lasting: Lasting) -> Option<&'static str> {
        match (self, lasting) {
            (Self::Sqlite, Lasting::PowerCut) => Some("PRAGMA synchronous = FULL"),
            (Self::Sqlite, Lasting::Crash) => Some("PRAGMA synchronous = NORMAL"),
            (Self::Postgres, _) => None,
        }
    }

    /// Tells a number that is another one once somebody else has written. `None`: the database keeps none.
    pub(super) const fn writes_of_others(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("PRAGMA data_version"),
            Self::Postgres => None,
        }
    }

    /// Makes this writer the only one until its transaction ends. SQLite's `BEGIN IMMEDIATE` has done that already.
    ///
    /// With one writer at a time both databases give the same results, and what is read inside the transaction to
    /// decide what to write (the last balance, the events of a slot) cannot change before it is written.
    pub(super) const fn only_writer(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT pg_advisory_xact_lock(7021793018124)"),
        }
    }

    /// Tells whether the tables are there: 1 or 0.
    pub(super) const fn has_ledger(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'spendtray_ledger'"
            }
            Self::Postgres => {
                // Not `to_regclass`: within a transaction it does not see what another has just committed.
                "SELECT COUNT(*) FROM pg_class WHERE relname = 'spendtray_ledger' AND pg_table_is_visible(oid)"
            }
        }
    }

    /// Tells how many tables there are, whoever made them. On a server others' tables are none of ours.
    pub(super) const fn any_tables(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
            Self::Postgres => "SELECT CAST(0 AS BIGINT)",
        }
    }

    /// Looks for damage: a row with `ok`, or a row for each fault. `None`: a server sees to that itself.
    pub(super) const fn integrity(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("PRAGMA quick_check(20)"),
            Self::Postgres => None,
        }
    }
}
