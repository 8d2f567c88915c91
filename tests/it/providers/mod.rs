//! Providers against simulated vendors, and the simulator itself.

mod simulator;
mod story;
mod wire;
