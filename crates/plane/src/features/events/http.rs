//! Lifecycle events over HTTP.

use bytes::Bytes;

use crate::{
    change::OutgoingEvent,
    guard::{Granted, actions::EventRead},
    http::{extract::Query, routes::Routes},
    page::{Page, PageQuery},
    plane::Plane,
    ports::{events::Event, table::Order},
    problem::Result,
    record::decode,
};

pub(super) fn routes() -> Routes {
    Routes::default().get("/api/events", list, "List the lifecycle events of an account, the latest first")
}

async fn list(who: Granted<EventRead>, plane: Plane, Query(page): Query<PageQuery>) -> Result<Page<Event>> {
    let of = format!("events {}", who.account());
    let after = page.cursor.as_deref().map(|cursor| plane.cursors().open(&of, cursor)).transpose()?;
    let rows = plane.rows(&who).under("EVENT#", Order::Descending, page.limit.get(), after).await?;
    let mut events = Vec::with_capacity(rows.items.len());
    for item in &rows.items {
        let event = decode::<OutgoingEvent>(item)?.record.event;
        events.push(Bytes::from(serde_json::to_vec(&event).expect("an event is plain JSON")));
    }
    Ok(Page::new(events, rows.next.map(|position| plane.cursors().seal(&of, &position))))
}
