//! Providers against simulated vendors, and the simulator itself.

mod markets;
mod simulator;
mod story;
mod wire;
