//! A client of Freehold's API; its guide is also its README.

#![doc = include_str!("../README.md")]

mod client;
mod error;
mod request;
mod session;
mod stream;

pub use client::{Client, DEFAULT_SERVER};
pub use error::{ClientError, Problem, Refusal, StreamEnd};
pub use request::Request;
pub use session::{Session, SessionFile};
