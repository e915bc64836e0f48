//! The library, tried through its front doors.

mod identity;
