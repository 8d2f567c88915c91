//! Digests by hand, for the tests of this folder: pieces, accounts made of them, and whole digests.

mod accounts;
mod digests;
mod pieces;

pub(crate) use accounts::*;
pub(crate) use digests::*;
pub(crate) use pieces::*;
