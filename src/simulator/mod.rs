//! Strict simulators of vendors on loopback, for `spendtray demo` and the tests.
