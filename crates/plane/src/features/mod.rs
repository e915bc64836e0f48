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

features! { auth, groups, me, outbox, roles, users }

pub mod accounts;
pub mod enterprises;
pub mod licenses;
pub mod master_data;
pub mod workstreams;
