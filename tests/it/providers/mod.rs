//! Providers against fixtures, faults and the simulators.

mod conformance;
mod fixture;
mod venice;
