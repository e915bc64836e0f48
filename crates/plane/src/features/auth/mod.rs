//! Signing in and out, passwords, and what the world may know of the tokens.

mod http;
mod limit;
pub mod memberships;
mod reset;
mod sign_out;

pub use http::Password;

use crate::slice::Slice;

pub const SLICE: Slice =
    Slice::new("Sign-in, sign-out, passwords, invitations, and the public keys of tokens.", http::routes)
        .with_kinds(&[limit::COUNTER]);
