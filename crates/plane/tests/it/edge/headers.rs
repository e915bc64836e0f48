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

#[tokio::test]
async fn a_request_has_one_host() {
    let world = World::new().await;
    let nobody = world.nobody();
    for (status, hosts) in [
        (200, vec![]),
        (200, vec!["freehold.example:8080"]),
        (200, vec!["[::1]:8080"]),
        (200, vec![""]),
        (400, vec!["a.example", "a.example"]),
        (400, vec!["a.example", "b.example"]),
        (400, vec!["a b/\\"]),
    ] {
        let headers: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
        let answer = nobody.send_raw(Method::GET, "/health", Vec::new(), &headers).await;
        assert_eq!(answer.status, status, "{hosts:?}");
        if status == 400 {
            assert_eq!(answer.body["errors"][0]["pointer"], "/host", "{hosts:?}");
            assert!(answer.header("x-request-id").is_some(), "{hosts:?}");
        }
    }
}

#[tokio::test]
async fn a_body_with_an_encoding_is_refused_as_such() {
    let world = World::new().await;
    let nobody = world.nobody();
    let send = async |encoding: &str| {
        let body = json!({ "email": testkit::world::ADMIN, "password": "Wrong-7-walrus-lantern" });
        let headers = [super::JSON, ("content-encoding", encoding)];
        nobody.send_raw(Method::POST, "/api/auth/login", body.to_string().into_bytes(), &headers).await
    };
    for encoding in ["gzip", "br", "identity, gzip", "GZIP"] {
        let answer = send(encoding).await;
        assert_eq!(answer.body["code"], "unsupported_media_type", "{encoding}");
        assert!(answer.body["detail"].as_str().unwrap().contains("Content-Encoding"), "{encoding}");
        assert_eq!(answer.status, 415, "{encoding}");
    }
    for encoding in ["identity", "Identity", ""] {
        assert_eq!(send(encoding).await.refused(401), "invalid_credentials", "{encoding}");
    }
}
