//! The features, one folder each.

macro_rules! features {
    ($($slice:ident),* $(,)?) => {
        $(pub mod $slice;)*

        /// The routes of all features.
        pub fn routes() -> crate::http::routes::Routes {
            crate::http::routes::Routes::default()$(.and($slice::routes()))*
        }
    };
}

features! {
    accounts, audit, auth, bootstrap, connections, enterprises, events, groups, licenses, me, outbox, products, provisioning, roles,
    services, users, workstreams,
}

pub mod master_data;

/// The workflows of all features.
pub fn workflows(plane: &crate::plane::Plane) -> crate::workflow::Workflows {
    use std::sync::Arc;

    use accounts::{deprovisioning, onboarding};
    crate::workflow::Workflows::default()
        .with(onboarding::plan(), Arc::new(onboarding::Onboarding(plane.clone())))
        .with(deprovisioning::plan(), Arc::new(deprovisioning::Deprovisioning(plane.clone())))
}
