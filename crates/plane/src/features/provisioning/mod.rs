//! Runs of workflows, for people: watching, redriving, undoing, dead letters.

mod http;
mod stream;

use crate::slice::Slice;

pub const SLICE: Slice =
    Slice::new("Runs of workflows: watching, redriving and undoing them, and dead letters.", http::routes);
