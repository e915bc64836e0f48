//! Headers that every answer has.

use axum::http::{Method, header};
use plane::settings::Settings;
use serde_json::json;
use testkit::world::World;

#[tokio::test]
async fn browsers_keep_to_https_where_the_product_is_reached_by_it() {
    let policy = "max-age=31536000; includeSubDomains";
    for (public_url, expected) in
        [("https://freehold.example", Some(policy)), ("http://127.0.0.1:8080", None), ("http://freehold.example", None)]
    {
        let world = World::with(Settings { public_url: public_url.into(), ..Settings::default() }).await;
        world.set_up().await;
        let (nobody, operator) = (world.nobody(), world.operator().await);
        let wrong = json!({ "email": testkit::world::ADMIN, "password": "Wrong-7-walrus-lantern" });
        for (status, answer) in [
            (200, nobody.get("/health").await),
            (200, nobody.get("/docs").await),
            (200, nobody.get("/api/openapi.json").await),
            (200, operator.get("/api/accounts").await),
            (401, nobody.get("/api/accounts").await),
            (401, nobody.post("/api/auth/login", wrong).await),
            (400, nobody.send_raw(Method::POST, "/api/auth/login", b"[]".to_vec(), &[super::JSON]).await),
            (404, nobody.get("/api/nothing").await),
            (405, nobody.send_raw(Method::PATCH, "/api/accounts", Vec::new(), &[]).await),
        ] {
            assert_eq!(answer.status, status, "{public_url}");
            assert_eq!(answer.header(header::STRICT_TRANSPORT_SECURITY.as_str()), expected, "{public_url} {status}");
            assert_eq!(
                answer.header(header::X_CONTENT_TYPE_OPTIONS.as_str()),
                Some("nosniff"),
                "{public_url} {status}"
            );
            assert!(answer.header(header::CACHE_CONTROL.as_str()).is_some(), "{public_url} {status}");
        }
    }
}
