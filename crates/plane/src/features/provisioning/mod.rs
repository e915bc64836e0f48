//! Runs of workflows, for people: watching, redriving, undoing, dead letters.

mod http;
mod stream;

pub use http::routes;
