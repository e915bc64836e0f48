//! The HTTP API: one door for every route, and what stands around it.

pub mod answer;
pub mod call;
pub mod console;
mod docs;
pub mod idempotency;
pub mod limits;
pub mod openapi;
pub mod presented;
pub mod refresh_cookie;
pub mod routes;
pub mod serve;
