//! What a feature slice adds to the product.

use crate::{http::routes::Routes, kinds::RecordKind};

/// A feature's part of the product. `features/mod.rs` lists one for each folder.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    pub routes: fn() -> Routes,
    /// The kinds of record that it stores.
    pub kinds: &'static [RecordKind],
}

impl Slice {
    /// A slice of routes alone.
    pub const fn new(routes: fn() -> Routes) -> Self {
        Self { routes, kinds: &[] }
    }

    /// Stores these kinds of record.
    #[must_use]
    pub const fn with_kinds(mut self, kinds: &'static [RecordKind]) -> Self {
        self.kinds = kinds;
        self
    }
}
