//! The client for Rust programs, through the main job.

use freehold_client::{Client, ClientError, Request, SessionFile};
use serde_json::{Value, json};

use crate::server::{ADMIN, Home, INITIAL, PASSWORD};

fn no_challenge(challenge: &Value) -> Result<Value, ClientError> {
    panic!("nobody asked for {challenge}")
}

#[tokio::test]
async fn from_the_first_sign_in_to_a_user_of_an_active_account() -> Result<(), ClientError> {
    let home = Home::new();
    let server = home.serve();
    let file = SessionFile::at(home.path("client").join("session.json"));
    let mut client = Client::new(&server.url())?.with_session_file(file.clone())?;
    assert!(matches!(client.ask(Request::get("/api/accounts")).await, Err(ClientError::SignedOut { .. })));
    let answer = |challenge: &Value| -> Result<Value, ClientError> {
        assert_eq!(challenge["challenge"], "NEW_PASSWORD_REQUIRED");
        Ok(json!({ "newPassword": PASSWORD }))
    };
    client.sign_in(ADMIN, INITIAL, answer).await?;
    assert_eq!(client.email(), ADMIN);

    let mut made = async |path: &str, body: Value| -> Result<String, ClientError> {
        let record = client.ask(Request::post(path).body(body)).await?;
        Ok(record["id"].as_str().unwrap().to_owned())
    };
    let service = made("/api/services", json!({ "name": "Ledger" })).await?;
    let product = made("/api/products", json!({ "name": "Payments", "serviceIds": [service] })).await?;
    let enterprise = made("/api/enterprises", json!({ "name": "Retail", "productIds": [product] })).await?;
    let request = json!({
        "name": "Acme", "masterAccountName": "Acme Holding", "cloudType": "public",
        "address": { "line1": "1 Main St", "city": "Springfield", "postalCode": "62701", "country": "US" },
        "technicalUser": {
            "firstName": "Ada", "lastName": "Byron", "email": "ada@acme.example", "startDate": "2026-01-01"
        },
        "licenses": [{
            "enterpriseId": enterprise, "productId": product, "serviceId": service, "startDate": "2026-01-01",
            "endDate": "2099-12-31", "numberOfUsers": 2
        }],
    });
    // The same key: one account, however often the request is repeated.
    let ask = Request::post("/api/accounts").body(request).header("idempotency-key", Some("onboard-acme".into()));
    let account = client.ask(ask.clone()).await?["id"].as_str().unwrap().to_owned();
    assert_eq!(client.ask(ask).await?["id"], account.as_str());
    let mut steps = 0;
    let last = client.follow(&account, |_| steps += 1).await?;
    assert!(last["status"] == "succeeded" && steps > 0, "{last}");

    let user = json!({
        "accountId": account, "enterpriseId": enterprise, "productId": product, "serviceId": service,
        "firstName": "Grace", "lastName": "Hopper", "email": "grace@acme.example", "startDate": "2026-01-01"
    });
    let user = client.ask(Request::post("/api/users").body(user)).await?;
    let path = format!("/api/users/{}?accountId={account}", user["id"].as_str().unwrap());
    let (_, etag) = client.read(Request::get(&path)).await?;
    let rename = Request::put(&path).body(json!({ "firstName": "Grace B." }));
    client.ask(rename.clone().header("if-match", etag.clone())).await?;
    let Err(ClientError::Refused(stale)) = client.ask(rename.header("if-match", etag)).await else {
        panic!("the tag is of an earlier version")
    };
    assert_eq!((stale.status.as_u16(), stale.problem.unwrap().code.as_str()), (412, "precondition_failed"));

    // Another process goes on with the session, until it is ended.
    let mut other = Client::new(&server.url())?.with_session_file(file.clone())?;
    other.ask(Request::get("/api/users/me/access")).await?;
    client.sign_out().await?;
    assert!(file.load()?.is_none());
    assert!(matches!(other.ask(Request::get("/api/accounts")).await, Err(ClientError::SignedOut { .. })));
    let wrong = client.sign_in(ADMIN, "not the password", no_challenge).await;
    assert!(matches!(wrong, Err(ClientError::Refused(refusal)) if refusal.status == 401));
    server.stop();
    let gone = client.sign_in(ADMIN, PASSWORD, no_challenge).await;
    assert!(matches!(gone, Err(ClientError::Unreachable { .. })));
    Ok(())
}
