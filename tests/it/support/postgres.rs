//! A private PostgreSQL server from Debian's package, on a socket of its own.
