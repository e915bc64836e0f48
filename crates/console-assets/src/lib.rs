//! The built console, as it stood in `console/dist` when this crate was compiled: no files if it was not built.
//!
//! A crate of its own without dependencies, so that a new build of the console recompiles this and nothing else.

/// A file of the console.
#[derive(Debug)]
pub struct File {
    /// As in the address, without the slash in front: `assets/index-B1x.js`.
    pub path: &'static str,
    pub plain: &'static [u8],
    /// The same by Brotli and by gzip, where that is smaller.
    pub brotli: Option<&'static [u8]>,
    pub gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));
