//! Providers against fixtures, faults and the simulators; and the simulator itself.

mod conformance;
mod faults;
mod fixture;
mod markets;
mod simulator;
mod story;
mod venice;
mod wire;
