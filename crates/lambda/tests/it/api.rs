//! The HTTP API and the console behind API Gateway.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::story::{Aws, Caller, event};

#[tokio::test]
async fn the_main_job_through_api_gateway() {
    let aws = Aws::start().await;
    let api = aws.function("api", &[]).await;
    let operator = Caller::operator(&api).await;
    let account = operator.take_on("Acme").await;
    // What the request left was done before the process asked for this one: the run, the events, the seals.
    let taken_on = operator.get(&format!("/api/accounts/{account}")).await.expect(200);
    assert_eq!(taken_on["status"], "active", "{taken_on}");
    let verified = operator.get(&format!("/api/audit/verify?accountId={account}")).await.expect(200);
    assert!(verified["entries"].as_u64().is_some_and(|entries| entries > 0), "{verified}");

    let listed = operator.get("/api/accounts?limit=1&status=active").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");

    // Another process of the function knows the same.
    let other = aws.function("api", &[]).await;
    let operator = operator.through(&other);
    operator.get(&format!("/api/accounts/{account}")).await.expect(200);

    // A run's events end with the run; they come as one answer.
    let events = operator.get(&format!("/api/provisioning/{account}/events")).await;
    assert_eq!((events.status, events.headers["content-type"].as_str()), (200, Some("text/event-stream")));
    let told = String::from_utf8_lossy(events.bytes()).into_owned();
    assert!(told.contains("succeeded"), "{:?}", events.headers);
    // Who follows it asks again by then, and takes its end for no failure.
    assert!(told.ends_with("retry: 3000\n\n"), "{told}");
}

#[tokio::test]
async fn bodies_that_are_no_text_come_and_go_in_base64() {
    let aws = Aws::start().await;
    let api = aws.function("api", &[]).await;
    let nobody = Caller::nobody(&api);

    let wrong = json!({ "email": "nobody@example.com", "password": "Wrong-4-kettle-meadow" }).to_string();
    let mut login = event("POST", "/api/auth/login", &[("content-type", "application/json")], None);
    login["body"] = json!(STANDARD.encode(&wrong));
    login["isBase64Encoded"] = json!(true);
    let refused = nobody.raw(login).await;
    assert_eq!(refused.expect(401)["code"], "invalid_credentials");
    assert!(!refused.base64, "a problem is text");

    let packed = console_assets::FILES.iter().find(|file| file.brotli.is_some());
    let packed = packed.expect("the console is built: scripts/console");
    let accepts = [("accept-encoding", "br")];
    let asset = nobody.raw(event("GET", &format!("/{}", packed.path), &accepts, None)).await;
    assert_eq!((asset.status, asset.headers["content-encoding"].as_str()), (200, Some("br")));
    assert!(asset.base64 && asset.bytes() == packed.brotli.unwrap());
}

#[tokio::test]
async fn cookies_and_the_callers_address_pass() {
    let aws = Aws::start().await;
    let api = aws.function("api", &[("FREEHOLD_AUTH_REQUESTS_PER_FIVE_MINUTES", "3")]).await;
    let operator = Caller::operator(&api).await;
    let login = json!({ "email": crate::story::ADMIN, "password": crate::story::PASSWORD });
    let signed_in = operator.post("/api/auth/login", &login).await;
    signed_in.expect(200);
    assert!(signed_in.cookies[0].as_str().is_some_and(|cookie| cookie.contains("HttpOnly")), "{}", signed_in.cookies);
    // This address has sent its three; another has not.
    operator.post("/api/auth/login", &login).await.expect(429);
    let mut other = event("POST", "/api/auth/login", &[("content-type", "application/json")], Some(&login.to_string()));
    other["requestContext"]["http"]["sourceIp"] = json!("203.0.113.8");
    operator.raw(other).await.expect(200);
}

#[tokio::test]
async fn a_request_that_runs_out_of_time_is_told_so() {
    let aws = Aws::start().await;
    let api = aws.function("api", &[]).await;
    let operator = Caller::operator(&api).await;
    let late = operator.send_within("GET", "/api/accounts", None, Duration::from_millis(100)).await;
    assert_eq!(late.expect(503)["code"], "unavailable");
    assert_eq!(late.headers["retry-after"], "1");
    // The process goes on.
    operator.get("/api/accounts").await.expect(200);
    api.at_rest().await;
}
