//! Freehold's library: the product without any cloud in it, over the kernel.

pub mod features;
pub mod http;
mod operation;
pub mod plane;
pub mod product;
mod slice;

pub use kernel::{
    audit, background, change, confirmations, day, directory, event_kinds, guard, idempotency, identity, ids, jobs,
    json_integer, json_syntax, kinds, mail, mail_limits, metrics, names, network, page, patch, ports, problem, record,
    router, rows, scan, search, secret, security_events, settings, system, text, workflow,
};
