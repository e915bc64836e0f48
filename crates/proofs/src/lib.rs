//! Nothing to use: the proofs are this crate's tests.
