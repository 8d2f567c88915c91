//! Venice: the walk over its ledger, what is asked how often, and the totals of its samples.
