//! Oneself: where one may go, what one may do, and one's sessions.

mod email;
pub mod http;

use crate::{record::Record as _, slice::Slice};

pub const SLICE: Slice = Slice::new("The signed-in user: their access, sessions and e-mail address.", http::routes)
    .with_kinds(&[email::PendingEmail::DECLARED]);
