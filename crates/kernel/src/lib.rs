//! The base of every feature: words, ports, records, guard, workflows, identity, and the work after commits. It knows
//! nothing of HTTP, of a feature or of a cloud.

pub mod audit;
pub mod background;
pub mod callbacks;
pub mod change;
pub mod confirmations;
pub mod day;
pub mod directory;
mod email;
pub mod event_kinds;
pub mod guard;
pub mod idempotency;
pub mod identity;
pub mod ids;
pub mod jobs;
pub mod json_integer;
pub mod json_syntax;
mod kernel;
pub mod kinds;
pub mod mail;
pub mod mail_limits;
pub mod metrics;
pub mod names;
pub mod network;
pub mod page;
pub mod patch;
pub mod ports;
pub mod problem;
pub mod record;
pub mod router;
pub mod rows;
pub mod scan;
pub mod search;
pub mod secret;
pub mod security_events;
pub mod settings;
pub mod system;
pub mod text;
pub mod workflow;

pub use kernel::{ClosedTables, Features, Kernel, Ports, kernel_kinds};
