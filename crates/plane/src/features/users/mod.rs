//! People of an account, their seats, groups and workstreams.

pub mod access;
pub(crate) mod email_claims;
mod http;
pub mod invitation;
pub use kernel::directory::user as model;
pub mod ops;
pub mod provision;

pub use http::routes;
