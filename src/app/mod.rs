//! The line: composes the layers below and owns the only long-lived state.

pub mod message;
