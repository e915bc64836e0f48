//! The features, one folder each.

pub mod accounts;
pub mod audit;
pub mod auth;
pub mod bootstrap;
pub mod connections;
pub mod enterprises;
pub mod events;
pub mod groups;
pub mod jobs;
pub mod licenses;
pub mod master_data;
pub mod me;
pub mod metrics;
pub mod outbox;
pub mod products;
pub mod provisioning;
pub mod roles;
pub mod search;
pub mod services;
pub mod users;
pub mod workstreams;

use std::collections::BTreeSet;

use crate::{
    event_kinds::DeclaredEvent,
    http::{openapi::Tag, routes::Routes},
    jobs::Job,
    kinds::RecordKinds,
    plane::Plane,
    slice::Slice,
    workflow::{Plan, Worker, Workflows},
};

/// All features: one line for each.
const SLICES: &[Slice] = &[
    accounts::SLICE,
    audit::SLICE,
    auth::SLICE,
    bootstrap::SLICE,
    connections::SLICE,
    enterprises::SLICE,
    events::SLICE,
    groups::SLICE,
    jobs::SLICE,
    licenses::SLICE,
    me::SLICE,
    metrics::SLICE,
    outbox::SLICE,
    products::SLICE,
    provisioning::SLICE,
    roles::SLICE,
    search::SLICE,
    services::SLICE,
    users::SLICE,
    workstreams::SLICE,
];

/// The plans of all features.
pub fn plans() -> Vec<Plan> {
    SLICES.iter().flat_map(|slice| slice.workflows).map(|workflow| (workflow.plan)()).collect()
}

/// The workflows of all features.
pub fn workflows(plane: &Plane) -> Workflows {
    let all = SLICES.iter().flat_map(|slice| slice.workflows);
    all.fold(Workflows::default(), |workflows, workflow| (workflow.add)(workflows, plane))
}

/// The workers of all plans: each has a dead-letter queue, and its name is a label of metrics.
pub fn workers() -> BTreeSet<Worker> {
    plans().iter().flat_map(Plan::workers).collect()
}

/// The routes of all features.
pub fn routes() -> Routes {
    SLICES.iter().fold(Routes::default(), |routes, slice| routes.and((slice.routes)()))
}

/// The tags of the API document, one for each slice.
pub fn tags() -> Vec<Tag> {
    SLICES.iter().map(|slice| Tag { name: (slice.routes)().tag(), description: slice.about }).collect()
}

/// All kinds of record, the kernel's and the features'.
pub fn kinds() -> RecordKinds {
    SLICES.iter().fold(kernel::kernel_kinds(), |kinds, slice| kinds.with(slice.kinds))
}

/// The lifecycle events of all features, by name.
pub fn events() -> Vec<DeclaredEvent> {
    let mut events: Vec<DeclaredEvent> =
        SLICES.iter().flat_map(|slice| slice.events.iter().copied().flatten().copied()).collect();
    events.sort_by_key(|event| event.name);
    events
}

/// The scheduled jobs of all features.
pub fn scheduled_jobs(plane: &Plane) -> Vec<Job> {
    SLICES.iter().flat_map(|slice| (slice.jobs)(plane)).collect()
}
