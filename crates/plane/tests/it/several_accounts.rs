//! One person in several accounts: no account learns of the others, and the person goes from one to the other.

use serde_json::{Value, json};
use testkit::world::{Answer, PASSWORD, Person, World};

use crate::tenants::{Tenant, tenant};

const GRACE: &str = "grace@shared.example";
const OTHER: &str = "Another-passphrase-7!";

async fn provision(world: &World, at: &Tenant) -> Answer {
    let user = json!({
        "enterpriseId": at.enterprise, "productId": at.product, "serviceId": at.service,
        "firstName": "Grace", "lastName": "Hopper", "email": GRACE, "startDate": world.today(),
    });
    at.admin.post("/api/users/provision", user).await
}

async fn accept(world: &World, password: &str) -> Answer {
    let body = json!({ "token": world.invitation(GRACE).await, "newPassword": password });
    world.nobody().post("/api/auth/accept-invitation", body).await
}

async fn login(world: &World, account: Option<&str>, password: &str) -> Answer {
    let mut body = json!({ "email": GRACE, "password": password, "grant": "token" });
    if let Some(account) = account {
        body["accountId"] = account.into();
    }
    world.nobody().post("/api/auth/login", body).await
}

fn with(world: &World, tokens: &Value) -> Person {
    world.nobody().with_token(tokens["accessToken"].as_str().unwrap_or_else(|| panic!("no token in {tokens}")))
}

/// Grace, who belongs to both.
async fn grace_of(world: &World, acme: &Tenant, bolt: &Tenant) {
    for at in [acme, bolt] {
        provision(world, at).await.expect(201);
        accept(world, PASSWORD).await.expect(204);
    }
}

#[tokio::test]
async fn an_account_is_answered_as_for_a_new_address() {
    let world = World::unlimited().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    provision(&world, &acme).await.expect(201);
    accept(&world, PASSWORD).await.expect(204);

    let known = provision(&world, &bolt).await.expect(201);
    assert_eq!((&known["identityStatus"], &known["accountId"]), (&json!("invited"), &json!(bolt.account)));
    // She signs in to Acme as before, and is asked nothing, until she accepts.
    let tokens = login(&world, None, PASSWORD).await.expect(200);
    assert_eq!(
        with(&world, &tokens).get("/api/users/me/accounts").await.expect(200)["items"].as_array().unwrap().len(),
        1
    );
    // The link does not replace her password.
    let refused = accept(&world, OTHER).await.expect(400);
    assert_eq!(refused["errors"][0]["pointer"], "/newPassword", "{refused}");
    assert!(refused["help"].as_str().unwrap().contains("forgot password"), "{refused}");
    login(&world, None, PASSWORD).await.expect(200);
    accept(&world, PASSWORD).await.expect(204);

    let choice = login(&world, None, PASSWORD).await.expect(200);
    assert_eq!(
        choice,
        json!({ "challenge": "SELECT_ACCOUNT", "accounts": [
            { "accountId": acme.account, "accountName": "Acme" },
            { "accountId": bolt.account, "accountName": "Bolt" },
        ] })
    );
    for at in [&acme, &bolt] {
        let tokens = login(&world, Some(&at.account.to_string()), PASSWORD).await.expect(200);
        let access = with(&world, &tokens).get("/api/users/me/access").await.expect(200);
        assert_eq!(access["defaultAccountId"], json!(at.account));
        assert_eq!(access["accounts"].as_array().unwrap().len(), 1, "{access}");
    }
    // A foreign account, an unknown one, a wrong password: one answer.
    let cyan = tenant(&world, "Cyan").await;
    for (account, password) in [
        (cyan.account.to_string(), PASSWORD),
        ("00000000-0000-7000-8000-000000000009".to_owned(), PASSWORD),
        (acme.account.to_string(), OTHER),
    ] {
        assert_eq!(login(&world, Some(&account), password).await.refused(401), "invalid_credentials");
    }
    assert_eq!(login(&world, None, OTHER).await.refused(401), "invalid_credentials");
}

#[tokio::test]
async fn a_session_goes_over_to_the_other_account_and_sees_nothing_of_the_first() {
    let world = World::unlimited().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    grace_of(&world, &acme, &bolt).await;
    let first = login(&world, Some(&acme.account.to_string()), PASSWORD).await.expect(200);
    let here = with(&world, &first);
    let accounts = here.get("/api/users/me/accounts").await.expect(200);
    assert_eq!(accounts["items"][0]["current"], true);
    assert_eq!(accounts["items"][1]["current"], false);

    let over = |token: Value, account: String| {
        let nobody = world.nobody();
        async move { nobody.post("/api/auth/refresh", json!({ "refreshToken": token, "accountId": account })).await }
    };
    let cyan = tenant(&world, "Cyan").await;
    let nowhere = over(first["refreshToken"].clone(), cyan.account.to_string()).await.expect(400);
    assert_eq!(nowhere["errors"][0]["pointer"], "/accountId", "{nowhere}");
    let second = over(first["refreshToken"].clone(), bolt.account.to_string()).await.expect(200);
    let there = with(&world, &second);
    assert_eq!(there.get("/api/users/me/access").await.expect(200)["defaultAccountId"], json!(bolt.account));
    assert_eq!(here.get("/api/users/me/access").await.refused(401), "unauthenticated");
    assert_eq!(over(first["refreshToken"].clone(), bolt.account.to_string()).await.refused(401), "unauthenticated");
    // Both accounts' logs say what happened in them.
    let log = bolt.admin.get("/api/audit/account?action=auth_switch_account").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "{log}");
    let log = acme.admin.get("/api/audit/account?action=auth_switch_account").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 0, "{log}");
}

#[tokio::test]
async fn the_logs_of_an_account_do_not_tell_of_others() {
    let world = World::unlimited().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    provision(&world, &acme).await.expect(201);
    accept(&world, PASSWORD).await.expect(204);
    // More failures than open the lock, before Bolt knows the address.
    for _ in 0..9 {
        login(&world, None, OTHER).await.refused(401);
    }
    provision(&world, &bolt).await.expect(201);
    login(&world, None, OTHER).await.refused(401);
    accept(&world, OTHER).await.refused(400);
    assert!(world.plane.drain(std::time::Duration::from_secs(30)).await.unwrap());
    for (at, action) in [(&bolt, "auth_login"), (&bolt, "auth_accept_invitation"), (&acme, "auth_login")] {
        let log = at.admin.get(&format!("/api/audit/account?action={action}")).await.expect(200);
        let failed: Vec<_> =
            log["items"].as_array().unwrap().iter().filter(|entry| entry["outcome"] == "failed").collect();
        assert_eq!(failed.len(), 1, "{action}: {log}");
        assert_eq!(failed[0]["reason"], "invalid_credentials", "{log}");
    }
}

#[tokio::test]
async fn an_account_ends_its_own_membership_alone() {
    let world = World::unlimited().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    grace_of(&world, &acme, &bolt).await;
    let found = acme.admin.get(&format!("/api/users?email={GRACE}")).await.expect(200);
    let path = format!("/api/users/{}", found["items"][0]["id"].as_str().unwrap());
    acme.admin.put(&path, json!({ "status": "inactive" })).await.expect(200);
    // There is nothing to choose where one account only lets her in.
    let tokens = login(&world, None, PASSWORD).await.expect(200);
    let access = with(&world, &tokens).get("/api/users/me/access").await.expect(200);
    assert_eq!(access["defaultAccountId"], json!(bolt.account));
    let refused = login(&world, Some(&acme.account.to_string()), PASSWORD).await;
    assert_eq!(refused.refused(403), "forbidden");
    acme.admin.delete(&path).await.expect(204);
    assert_eq!(login(&world, Some(&acme.account.to_string()), PASSWORD).await.refused(401), "invalid_credentials");
    login(&world, None, PASSWORD).await.expect(200);
    // The address is free in Acme again, and taken in Bolt.
    provision(&world, &acme).await.expect(201);
    assert_eq!(provision(&world, &bolt).await.refused(409), "email_taken");
}
