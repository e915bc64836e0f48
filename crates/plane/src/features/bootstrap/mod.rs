//! Day-0: the platform's own account, its administrator and all that they stand on, in the documented fourteen steps.

mod http;
mod model;
mod ops;
mod steps;

pub use http::routes;
pub use model::{Admin, BootstrapReport, Bootstrapped, StepDone, StepReport, StepState};
