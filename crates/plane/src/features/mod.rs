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

features! { bootstrap, outbox, users }

pub mod accounts;
pub mod enterprises;
pub mod groups;
pub mod licenses;
pub mod master_data;
pub mod products;
pub mod roles;
pub mod services;
pub mod workstreams;
