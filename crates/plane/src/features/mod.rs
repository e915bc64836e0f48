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

features! { bootstrap, enterprises, licenses, outbox, products, services, users, workstreams }

pub mod accounts;
pub mod groups;
pub mod master_data;
pub mod roles;
