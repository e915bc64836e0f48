//! Licenses: which enterprise, product and service an account may use, for how many people and how long.

mod capacity;
mod decide;
mod events;
mod http;
pub mod model;
mod ops;
mod pools;
mod reminders;
pub mod sight;

pub use decide::LicenseTerms;
pub use ops::license_end;
pub use pools::free_seat_of;

use crate::{record::Record as _, slice::Slice};

pub const SLICE: Slice = Slice::new(
    "Licenses: which enterprise, product and service an account may use, for how many users and how long.",
    http::routes,
)
.with_events(&[events::ALL])
.with_kinds(&[model::License::DECLARED, reminders::Reminder::DECLARED])
.with_jobs(|plane| vec![reminders::job(plane)]);
