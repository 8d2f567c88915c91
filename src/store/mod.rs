//! THE LEDGER: all SQL of the program.
