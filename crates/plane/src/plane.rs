//! The plane: the kernel, and the state of the HTTP service. Features add `impl Plane` blocks.

use std::{fmt, ops::Deref, sync::Arc};

use crate::http::{limits::Limits, serve::RequestIds};
pub use kernel::{ClosedTables, Kernel, Ports};

/// The product. Cheap to clone.
#[derive(Clone)]
pub struct Plane {
    kernel: Kernel,
    http: Arc<HttpState>,
}

/// What the HTTP service remembers between requests.
struct HttpState {
    limits: Limits,
    request_ids: RequestIds,
}

impl Plane {
    /// A plane over a kernel.
    pub(crate) fn over(kernel: Kernel) -> Self {
        let http = HttpState { limits: Limits::new(kernel.settings()), request_ids: RequestIds::default() };
        Self { kernel, http: Arc::new(http) }
    }

    pub fn limits(&self) -> &Limits {
        &self.http.limits
    }

    pub(crate) fn request_ids(&self) -> &RequestIds {
        &self.http.request_ids
    }
}

impl Deref for Plane {
    type Target = Kernel;

    fn deref(&self) -> &Kernel {
        &self.kernel
    }
}

impl fmt::Debug for Plane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plane")
    }
}
