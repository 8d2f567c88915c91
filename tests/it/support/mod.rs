//! The world a test runs in.
