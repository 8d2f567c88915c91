//! Nouns: what the program talks about, as plain data with exact arithmetic.
//!
//! Nothing here does I/O, asks a clock, or knows a vendor's field names. What is computed from these
//! lies in `analysis`; what people see of them in `view` and `report`.

pub mod account;
pub mod agent;
pub mod alert;
pub mod coin;
pub mod ids;
pub mod key;
pub mod money;
pub mod period;
pub mod policy;
pub mod poll;
pub mod price;
pub mod quota;
pub mod rates;
pub mod reading;
pub mod snapshot;
pub mod tokens;
pub mod usage;
pub mod variables;
pub mod zone;
