//! Oneself: where one may go, what one may do, and one's sessions.

mod email;
pub mod http;

use crate::{record::Record as _, slice::Slice};

pub const SLICE: Slice = Slice::new(http::routes).with_kinds(&[email::PendingEmail::DECLARED]);
