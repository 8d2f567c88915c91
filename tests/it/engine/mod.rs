//! The engine against simulated vendors and time.
