//! Agents' logs: the samples' exact totals, and what happens to the index.

mod codex;
mod costs;
mod index;
mod samples;
mod stage;
mod told;
