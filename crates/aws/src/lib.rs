//! Freehold's adapters for AWS. Each service is behind a cargo feature of its own: without one this crate is empty,
//! and no SDK is compiled.
//!
//! INVARIANT: no error of an SDK leaves an adapter. Each becomes a [`fault::Fault`] by name, then the port's own error;
//! what the service said goes to the log.

#[cfg(all(feature = "dynamodb", feature = "sts"))]
pub mod accounts;
#[cfg(feature = "sns")]
pub mod alerts;
#[cfg(feature = "cloudformation")]
pub mod cloudformation;
#[cfg(feature = "cognito")]
pub mod cognito;
#[cfg(feature = "sdk")]
pub mod connect;
#[cfg(all(feature = "dynamodb", feature = "sts"))]
pub mod cross_account;
#[cfg(feature = "dynamodb")]
pub mod dynamodb;
#[cfg(feature = "emf")]
pub mod emf;
#[cfg(feature = "events")]
pub mod events;
#[cfg(feature = "sdk")]
pub mod fault;
#[cfg(feature = "kms")]
pub mod kms;
#[cfg(feature = "profile")]
pub mod permissions;
#[cfg(feature = "profile")]
pub mod preflight;
#[cfg(feature = "profile")]
pub mod profile;
#[cfg(feature = "sqs")]
pub mod queues;
#[cfg(feature = "sdk")]
pub mod retry;
#[cfg(feature = "secrets")]
pub mod secrets;
#[cfg(feature = "ses")]
pub mod ses;
#[cfg(feature = "ssm")]
pub mod ssm;
#[cfg(feature = "stepfunctions")]
pub mod states;
#[cfg(feature = "sts")]
pub mod sts;
