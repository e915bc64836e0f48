//! An event stream ends when its reader may not read it any more: by sign-out, deactivation, deletion or the loss of the right.

use std::time::Duration;

use axum::{body::Body, http::Request};
use http_body_util::BodyExt as _;
use plane::{ids::known, settings::Settings};
use serde_json::{Value, json};
use testkit::world::{Person, World};
use tower::ServiceExt as _;

use crate::people::id;

/// An onboarding that goes on until the test ends, and an operator beside the first one who watches it.
struct Watched {
    world: World,
    account: String,
    second: Person,
    second_id: String,
}

async fn watched() -> Watched {
    let settings = Settings {
        faults: "VerifyProvisioning:transient*always".parse().unwrap(),
        stream_heartbeat: Duration::from_millis(20),
        ..Settings::default()
    };
    let world = World::with(settings).await;
    world.set_up().await;
    let operator = world.operator().await;
    let user = json!({
        "enterpriseId": known::GLOBAL_ENTERPRISE, "productId": known::GLOBAL_PRODUCT, "serviceId": known::GLOBAL_SERVICE,
        "firstName": "Second", "lastName": "Operator", "email": "second@platform.example", "startDate": world.today(),
        "groupIds": [known::PLATFORM_ADMIN_GROUP]
    });
    let second_id = id(&operator.post("/api/users/provision", user).await.expect(201));
    let second = world.accept_invitation("second@platform.example").await;
    let offer = world.offer("Acme").await;
    let request = world.account_request("Acme", "public", &offer, 3);
    let account = id(&operator.post("/api/accounts", request).await.expect(201));
    Watched { world, account, second, second_id }
}

impl Watched {
    /// Opens the stream as the second operator, has something done, and answers the last message of the stream.
    async fn after(&self, act: impl AsyncFnOnce(&Person)) -> (String, Value) {
        let path = format!("/api/provisioning/{}/events", self.account);
        let token = self.second.token.clone().unwrap();
        let request =
            Request::get(path).header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap();
        let response = self.world.service().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let mut body = response.into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(String::from_utf8_lossy(&first).contains("event: progress"));
        act(&self.world.operator().await).await;
        let mut text = String::new();
        while let Some(frame) = tokio::time::timeout(Duration::from_secs(30), body.frame()).await.expect("it ends") {
            text.push_str(&String::from_utf8_lossy(&frame.unwrap().into_data().unwrap()));
        }
        let last = text.trim_end().rsplit("\n\n").next().unwrap();
        let (event, data) = last.split_once('\n').unwrap_or_else(|| panic!("{text}"));
        (event.to_owned(), serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap())
    }

    async fn ends(&self, reason: &str, act: impl AsyncFnOnce(&Person)) {
        let (event, data) = self.after(act).await;
        assert_eq!((event.as_str(), &data["reason"]), ("event: end", &json!(reason)));
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_session() {
    let watched = watched().await;
    watched
        .ends("session_ended", async |_| {
            watched.second.delete("/api/users/me/sessions").await.expect(204);
        })
        .await;
}

#[tokio::test]
async fn a_stream_ends_when_its_reader_is_deactivated() {
    let watched = watched().await;
    watched
        .ends("not_active", async |operator| {
            let path = format!("/api/users/{}", watched.second_id);
            operator.put(&path, json!({ "status": "inactive" })).await.expect(200);
        })
        .await;
}

#[tokio::test]
async fn a_stream_ends_when_its_reader_is_deleted() {
    let watched = watched().await;
    watched
        .ends("not_active", async |operator| {
            operator.delete(&format!("/api/users/{}", watched.second_id)).await.expect(204);
        })
        .await;
}

#[tokio::test]
async fn a_stream_ends_when_its_reader_loses_the_right() {
    let watched = watched().await;
    watched
        .ends("right_lost", async |operator| {
            let path = format!("/api/users/{}/groups", watched.second_id);
            operator.put(&path, json!({ "groupIds": [] })).await.expect(200);
        })
        .await;
}
