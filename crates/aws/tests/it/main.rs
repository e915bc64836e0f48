//! The adapters against emulators of their services, each started by its test on loopback and stopped after it.
//!
//! `scripts/emulators` installs them.

#![expect(clippy::unwrap_used, reason = "what cannot be unwrapped fails the test")]

mod accounts;
mod alerts;
mod calls;
mod cloudformation;
mod cognito;
mod control_plane;
mod costs;
mod cross_account;
mod dynamodb;
mod emulator;
mod events;
mod kms;
mod machines;
mod product;
mod queues;
mod ses;
mod ssm;
mod states;
mod strict;
mod stub;
