//! Tenants: onboarding them, showing them, taking them down.

pub mod deprovisioning;
mod events;
mod http;
pub mod intake;
pub use kernel::directory::account as model;
pub mod onboarding;
pub mod ops;
mod removal;
mod transition;
mod verification;
pub mod workers;

use crate::{record::Record as _, slice::Slice, workflow::Plan};

pub const SLICE: Slice = Slice::new(http::routes)
    .with_events(&[events::ALL])
    .with_kinds(&[deprovisioning::Receipt::DECLARED, intake::Intake::DECLARED])
    .with_jobs(|plane| vec![ops::removal_job(plane)]);

/// What is done to accounts by runs of workflows.
pub fn plans() -> [Plan; 2] {
    [onboarding::definition().into_plan(), deprovisioning::definition().into_plan()]
}
