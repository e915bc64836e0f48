//! Freehold's library: the product without any cloud in it.

pub mod audit;
pub mod background;
pub mod change;
pub mod day;
pub mod features;
pub mod given;
pub mod guard;
pub mod http;
pub mod identity;
pub mod ids;
pub(crate) mod mail;
mod mail_limits;
pub mod metrics;
pub mod network;
pub mod page;
pub mod plane;
pub mod ports;
pub mod problem;
pub mod record;
pub mod router;
pub mod rows;
pub mod secret;
pub mod security_events;
pub mod settings;
pub mod text;
pub mod whole;
pub mod workflow;
