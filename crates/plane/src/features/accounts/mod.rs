//! Tenants: onboarding them, showing them, taking them down.

pub mod model;
