//! The features, one folder each.

pub mod accounts;
pub mod audit;
pub mod auth;
pub mod bootstrap;
pub mod connections;
pub mod enterprises;
pub mod events;
pub mod groups;
pub mod licenses;
pub mod master_data;
pub mod me;
pub mod metrics;
pub mod outbox;
pub mod products;
pub mod provisioning;
pub mod roles;
pub mod services;
pub mod users;
pub mod workstreams;

use std::collections::BTreeSet;

use crate::{
    http::routes::Routes,
    workflow::{Plan, Worker},
};

/// The plans of all features.
pub fn plans() -> Vec<Plan> {
    accounts::plans().into()
}

/// The workers of all plans: each has a dead-letter queue, and its name is a label of metrics.
pub fn workers() -> BTreeSet<Worker> {
    plans().iter().flat_map(Plan::workers).collect()
}

/// The routes of all features.
pub fn routes() -> Routes {
    let slices = [
        accounts::routes(),
        audit::routes(),
        auth::routes(),
        bootstrap::routes(),
        connections::routes(),
        enterprises::routes(),
        events::routes(),
        groups::routes(),
        licenses::routes(),
        me::routes(),
        metrics::routes(),
        outbox::routes(),
        products::routes(),
        provisioning::routes(),
        roles::routes(),
        services::routes(),
        users::routes(),
        workstreams::routes(),
    ];
    slices.into_iter().fold(Routes::default(), Routes::and)
}
