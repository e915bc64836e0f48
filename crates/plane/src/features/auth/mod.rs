//! Signing in and out, passwords, and what the world may know of the tokens.

mod http;
mod reset;

pub use http::routes;
