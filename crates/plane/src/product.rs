//! The product: all features over the kernel. The only place that knows every feature.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use axum::Router;

use crate::{
    event_kinds::DeclaredEvent,
    features,
    http::{console::Console, openapi, routes::Route, serve},
    jobs::Job,
    kinds::RecordKinds,
    plane::{Kernel, Plane, Ports},
    ports::table::{Item, TableName},
    problem::Result,
    secret::PlatformKey,
    settings::Settings,
    workflow::Workflows,
};

/// A plane with all features over its ports. The key must stay the same as long as cursors and links in mails shall be taken
/// back.
pub async fn open(ports: Ports, settings: Settings, key: PlatformKey) -> Result<Plane> {
    let plane = Plane::over(Kernel::new(ports, settings, key).await?);
    plane.attach(Arc::new(AllFeatures(plane.clone())));
    Ok(plane)
}

/// The HTTP service over a plane: the API, and the console for every other address.
pub fn service(plane: Plane, console: Console) -> Router {
    serve::service(plane, features::routes().into_parts().0, document, console)
}

/// The routes of the API, for its document.
pub fn operations() -> Vec<Route> {
    features::routes().into_parts().1
}

/// All kinds of record.
pub fn kinds() -> RecordKinds {
    features::kinds()
}

/// The lifecycle events that the product sends, by name.
pub fn events() -> Vec<DeclaredEvent> {
    features::events()
}

/// The OpenAPI document, made once.
pub fn document() -> &'static serde_json::Value {
    static DOCUMENT: OnceLock<serde_json::Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document = openapi::document(&operations(), &features::tags());
        let workers: Vec<_> = features::workers().iter().map(|worker| worker.name()).collect();
        document["components"]["schemas"]["Worker"]["enum"] = serde_json::json!(workers);
        document
    })
}

/// The workflows of all features.
pub fn workflows(plane: &Plane) -> Workflows {
    features::workflows(plane)
}

struct AllFeatures(Plane);

#[async_trait]
impl kernel::Features for AllFeatures {
    fn workflows(&self) -> Workflows {
        workflows(&self.0)
    }

    fn kinds(&self) -> RecordKinds {
        features::kinds()
    }

    async fn connected_tables(&self) -> Result<Vec<TableName>> {
        self.0.connected_tables().await
    }

    fn jobs(&self) -> Vec<Job> {
        features::scheduled_jobs(&self.0)
    }

    async fn resume_invitation(&self, pending: &Item) -> Result<bool> {
        self.0.resume_pending_invitation(pending).await
    }
}
