//! Agents' logs: the samples' exact totals, and what happens to the index.

mod agents;
mod codex;
mod costs;
mod fresh;
mod index;
mod lines;
mod samples;
mod stage;
mod storm;
mod told;
mod versions;
