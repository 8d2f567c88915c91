//! `World`: a home, a configuration and a time of its own for the real program.
