//! The functions as Lambda runs them: the real binary, called through the Runtime API, over emulators of AWS.
//!
//! What stays unproven here: API Gateway itself, and how long Lambda lets a process work on after its answer.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod api;
mod cron;
mod mail_events;
mod metrics;
mod permissions;
mod refused;
mod runtime;
mod step;
mod story;
mod stream;
mod triggers;
