//! Day-0: the platform's own account, its administrator and what they need, in the documented fourteen steps.

mod host;
mod http;
mod model;
mod ops;
mod steps;

pub use host::FirstPassword;
pub use model::{Admin, BootstrapReport, Bootstrapped, StepDone, StepReport, StepState};

use crate::{
    event_kinds::{EventKind, NoDetail},
    record::Record as _,
    slice::Slice,
};

const BOOTSTRAPPED: EventKind<NoDetail> = EventKind::new("platform.bootstrapped", "The platform was set up.");

pub const SLICE: Slice = Slice::new("Day-0: makes the platform's own account and its administrator.", http::routes)
    .with_events(&[&[BOOTSTRAPPED.declared()]])
    .with_kinds(&[model::Marker::DECLARED]);
