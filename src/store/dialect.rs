//! The few things that SQLite and PostgreSQL spell differently, and what their error codes mean.

use sqlx::error::DatabaseError;

use crate::store::error::StoreError;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// A file or memory.
    Sqlite,
    /// A server.
    Postgres,
}

/// What every connection to a server is told: no statement waits for ever, and a writer that vanished lets go.
pub(super) const SERVER_PATIENCE: &str = "SET lock_timeout = '5s'; SET statement_timeout = '30s'; \
     SET idle_in_transaction_session_timeout = '30s'";

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

    /// What an error of the database means.
    pub(super) fn explain(self, error: &sqlx::Error, place: &str) -> StoreError {
        let place = place.to_owned();
        match error {
            sqlx::Error::Database(error) => match self {
                Self::Sqlite => sqlite_error(error.as_ref(), place),
                Self::Postgres => postgres_error(error.as_ref(), place),
            },
            sqlx::Error::PoolTimedOut => unreachable_server(place, "it did not answer in time"),
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => {
                unreachable_server(place, &error.to_string())
            }
            sqlx::Error::Configuration(error) => StoreError::Url {
                url: place,
                problem: error.to_string(),
            },
            sqlx::Error::PoolClosed => query(place, "it was closed", "Start again"),
            other => query(
                place,
                &other.to_string(),
                "Run `spendtray doctor` to see more",
            ),
        }
    }
}

/// The server does not answer.
pub(super) fn unreachable_server(place: String, problem: &str) -> StoreError {
    StoreError::Open {
        place,
        problem: problem.to_owned(),
        advice: "Check that the server runs and can be reached from here",
    }
}

fn query(place: String, problem: &str, advice: &'static str) -> StoreError {
    StoreError::Query {
        place,
        problem: problem.to_owned(),
        advice,
    }
}

/// <https://www.sqlite.org/rescode.html>; the low byte is the primary code.
fn sqlite_error(error: &dyn DatabaseError, place: String) -> StoreError {
    let problem = error.message();
    let code: Option<i64> = error.code().and_then(|code| code.parse().ok());
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => StoreError::Busy { place },
        Some(8) => StoreError::ReadOnly {
            place,
            problem: problem.to_owned(),
        },
        Some(11 | 26) => StoreError::Corrupt {
            place,
            problem: problem.to_owned(),
        },
        Some(3 | 14 | 23) => StoreError::Open {
            place,
            problem: problem.to_owned(),
            advice: "Allow access to it and its folder, or choose another ledger with --ledger",
        },
        Some(13) => query(place, problem, "Make room on that disk"),
        Some(10) => query(place, problem, "Check that disk"),
        _ => query(place, problem, "Run `spendtray doctor` to see more"),
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>; the first two characters are the class.
fn postgres_error(error: &dyn DatabaseError, place: String) -> StoreError {
    let problem = error.message();
    let code = error.code().unwrap_or_default();
    match code.as_ref() {
        "55P03" | "57014" | "40001" | "40P01" => StoreError::Busy { place },
        "25006" | "42501" => StoreError::ReadOnly {
            place,
            problem: problem.to_owned(),
        },
        "3D000" => StoreError::Open {
            place,
            problem: problem.to_owned(),
            advice: "Create that database first",
        },
        code if code.starts_with("28") => StoreError::Open {
            place,
            problem: problem.to_owned(),
            advice: "Check user and password in the ledger's URL",
        },
        code if code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") => {
            unreachable_server(place, problem)
        }
        code if code.starts_with("XX") => StoreError::Corrupt {
            place,
            problem: problem.to_owned(),
        },
        _ => query(place, problem, "Run `spendtray doctor` to see more"),
    }
}
