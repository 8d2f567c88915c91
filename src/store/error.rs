//! Why the ledger cannot be used. No message shows a password; which database error means what: `meaning`.

/// Why the ledger cannot be used; each says what happened, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The URL is none, or of a kind this version does not know.
    #[error(
        "{url} is no usable ledger URL: {problem}. Use sqlite:///path/ledger.sqlite, sqlite::memory: or postgres://user@host/database"
    )]
    Url {
        /// The URL without its password.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file or the server cannot be reached.
    #[error("the ledger {place} cannot be opened: {problem}. {advice}")]
    Open {
        /// The file, or the server without its password.
        place: String,
        /// What happened.
        problem: String,
        /// What to do, a sentence.
        advice: &'static str,
    },
    /// The tables could not be brought up to date; nothing was changed.
    #[error(
        "the tables of the ledger {place} cannot be brought from version {from} to {to}: {problem}. Nothing was changed; mend that and start again"
    )]
    Migrate {
        /// The file, or the server without its password.
        place: String,
        /// The version found; 0 is an empty ledger.
        from: i64,
        /// The version wanted.
        to: i64,
        /// What happened.
        problem: String,
    },
    /// Another process kept it locked for longer than is waited.
    #[error(
        "the ledger {place} stayed locked by another process. Try again, or end the process that holds it"
    )]
    Busy {
        /// The file, or the server without its password.
        place: String,
    },
    /// A later version of the program has written it; it was left as it is.
    #[error(
        "the ledger {place} is of version {found} and this spendtray knows versions up to {known}. Update spendtray, or choose another ledger with --ledger"
    )]
    Newer {
        /// The file, or the server without its password.
        place: String,
        /// The version found.
        found: i64,
        /// The newest version known.
        known: i64,
    },
    /// It is damaged, or no ledger at all; it was left as it is.
    #[error(
        "{place} is no sound ledger: {problem}. It was left as it is; move it away or put a backup in its place, then start again"
    )]
    Corrupt {
        /// The file, or the server without its password.
        place: String,
        /// What was found.
        problem: String,
    },
    /// It can be read but not written.
    #[error(
        "the ledger {place} can only be read: {problem}. Allow writing to it and its folder, or choose another ledger with --ledger"
    )]
    ReadOnly {
        /// The file, or the server without its password.
        place: String,
        /// Why.
        problem: String,
    },
    /// A statement failed.
    #[error("the ledger {place} failed: {problem}. {advice}")]
    Query {
        /// The file, or the server without its password.
        place: String,
        /// What happened.
        problem: String,
        /// What to do, a sentence.
        advice: &'static str,
    },
}
