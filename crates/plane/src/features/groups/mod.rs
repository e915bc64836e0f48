//! Groups, which give roles to users.

mod http;
pub use kernel::directory::group as model;
pub mod ops;

pub use http::routes;
