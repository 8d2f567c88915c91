//! Providers against fixtures, faults and the simulators.
