//! Providers against fixtures, faults and the simulators; and the simulator itself.

mod anthropic;
mod bills;
mod conformance;
mod faults;
mod fixture;
mod markets;
mod openai;
mod openrouter;
mod poll;
mod simulator;
mod story;
mod venice;
mod wire;
