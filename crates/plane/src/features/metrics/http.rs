//! Metrics over HTTP.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    guard::{Granted, actions::MetricsRead},
    http::{answer::Plain, routes::Routes},
    plane::Plane,
    problem::Result,
};

pub(super) fn routes() -> Routes {
    Routes::default().get("/api/metrics", read, "Show the metrics of the process that answers")
}

/// The metrics of one process.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Exposition {
    /// In the OpenMetrics text format.
    text: String,
}

async fn read(_: Granted<MetricsRead>, plane: Plane) -> Result<Plain<Exposition>> {
    Ok(Plain(Exposition { text: plane.metrics().render() }))
}
