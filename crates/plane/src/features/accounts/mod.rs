//! Tenants: onboarding them, showing them, taking them down.

pub mod deprovisioning;
mod events;
pub mod first_people;
mod http;
pub mod intake;
pub use kernel::directory::account as model;
mod name_claims;
pub mod onboarding;
pub mod ops;
mod outputs;
mod removal;
mod transition;
mod verification;
pub mod workers;

use crate::{record::Record as _, slice::Slice};

pub const SLICE: Slice = Slice::new("Tenants: onboarding, reading, changing and removing them.", http::routes)
    .with_events(&[events::ALL])
    .with_kinds(&[deprovisioning::Receipt::DECLARED, intake::Intake::DECLARED, name_claims::NamesTakenOver::DECLARED])
    .with_workflows(&[onboarding::WORKFLOW, deprovisioning::WORKFLOW])
    .with_jobs(|plane| vec![ops::removal_job(plane), name_claims::job(plane)]);
