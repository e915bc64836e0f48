//! What a feature slice adds to the product.

use crate::{
    event_kinds::DeclaredEvent,
    http::routes::Routes,
    jobs::Job,
    kinds::RecordKind,
    plane::Plane,
    workflow::{Plan, Workflows},
};

/// A feature's part of the product. `features/mod.rs` lists one for each folder.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// What its operations are about, for the API document.
    pub about: &'static str,
    pub routes: fn() -> Routes,
    /// The kinds of record that it stores.
    pub kinds: &'static [RecordKind],
    /// The lifecycle events that it sends, in groups.
    pub events: &'static [&'static [DeclaredEvent]],
    /// What recurs.
    pub jobs: fn(&Plane) -> Vec<Job>,
    /// The workflows that its runs go by.
    pub workflows: &'static [SliceWorkflow],
}

/// A workflow of a slice.
#[derive(Clone, Copy, Debug)]
pub struct SliceWorkflow {
    /// The plan of its definition, from which the state machines are made.
    pub plan: fn() -> Plan,
    /// Adds the definition with its workers.
    pub add: fn(Workflows, &Plane) -> Workflows,
}

impl Slice {
    /// A slice of routes alone.
    pub const fn new(about: &'static str, routes: fn() -> Routes) -> Self {
        Self { about, routes, kinds: &[], events: &[], jobs: |_| Vec::new(), workflows: &[] }
    }

    /// Stores these kinds of record.
    #[must_use]
    pub const fn with_kinds(mut self, kinds: &'static [RecordKind]) -> Self {
        self.kinds = kinds;
        self
    }

    /// Sends these lifecycle events.
    #[must_use]
    pub const fn with_events(mut self, events: &'static [&'static [DeclaredEvent]]) -> Self {
        self.events = events;
        self
    }

    /// Runs these workflows.
    #[must_use]
    pub const fn with_workflows(mut self, workflows: &'static [SliceWorkflow]) -> Self {
        self.workflows = workflows;
        self
    }

    /// Has these jobs run by the clock.
    #[must_use]
    pub const fn with_jobs(mut self, jobs: fn(&Plane) -> Vec<Job>) -> Self {
        self.jobs = jobs;
        self
    }
}
