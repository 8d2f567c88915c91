//! What the databases' errors mean to people, and what they can do.

use tokio_postgres::error::DbError;

use crate::store::database::{Error, whole};
use crate::store::error::StoreError;

/// What an error of the database means.
pub(super) fn meaning(error: &Error, place: &str) -> StoreError {
    let place = place.to_owned();
    match error {
        Error::Sqlite(error) => sqlite_error(error, place),
        Error::Postgres(error) => match error.as_db_error() {
            Some(told) => postgres_error(told, place),
            None if error.is_closed() => unreachable_server(place, "it broke the connection"),
            None => without_answer(place, &whole(error)),
        },
        Error::Late => unreachable_server(place, "it did not answer in time"),
        Error::Url(problem) | Error::Trust(problem) => StoreError::Url {
            url: place,
            problem: problem.clone(),
        },
        Error::Closed => query(place, "it was closed", "Start again"),
        Error::Encode(error) => query(
            place,
            &error.to_string(),
            "Run `spendtray doctor` to see more",
        ),
    }
}

/// It failed on this side of the server, or on the way to it.
fn without_answer(place: String, problem: &str) -> StoreError {
    if problem.contains("server does not support TLS") {
        return StoreError::Open {
            place,
            problem: problem.to_owned(),
            advice: "Let it speak TLS, or add ?sslmode=disable to its URL where the network can be trusted",
        };
    }
    if problem.contains("certificate") {
        return StoreError::Open {
            place,
            problem: problem.to_owned(),
            advice: "Add ?sslrootcert=FILE with the certificate that vouches for it to its URL",
        };
    }
    unreachable_server(place, problem)
}

/// The server does not answer.
fn unreachable_server(place: String, problem: &str) -> StoreError {
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
fn sqlite_error(error: &rusqlite::Error, place: String) -> StoreError {
    let problem = &error.to_string();
    let code = error.sqlite_error().map(|error| error.extended_code);
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
fn postgres_error(error: &DbError, place: String) -> StoreError {
    let problem = error.message();
    match error.code().code() {
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
