//! The HTTP API: one entrance for every route, and the work around each request.

pub mod answer;
pub mod client_address;
pub mod console;
mod docs;
mod entity_tags;
mod expected;
pub mod extract;
pub mod guarded;
pub mod idempotency;
pub mod json;
pub mod limits;
pub mod openapi;
pub mod optional_json;
pub mod query;
mod read_body;
pub mod refresh_cookie;
mod refusal;
pub mod routes;
pub mod serve;
mod unread_body;
