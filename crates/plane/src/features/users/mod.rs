//! People of an account, their seats, groups and workstreams.

pub mod access;
pub(crate) mod email_claims;
pub mod ending;
pub mod events;
mod expiry;
mod http;
pub mod invitation;
mod links;
pub mod mail_problems;
pub use kernel::directory::user as model;
pub mod ops;
pub mod provision;
mod status;

use crate::{record::Record as _, slice::Slice};

pub const SLICE: Slice = Slice::new("The users of an account, with their seats, groups and workstreams.", http::routes)
    .with_events(&[events::ALL])
    .with_jobs(|plane| vec![ending::job(plane), expiry::job(plane)])
    .with_kinds(&[
        ending::TakenOver::DECLARED,
        expiry::OpenInvitation::DECLARED,
        invitation::Current::DECLARED,
        invitation::Invitation::DECLARED,
        ops::Administrators::DECLARED,
        provision::PendingInvitation::DECLARED,
    ]);
