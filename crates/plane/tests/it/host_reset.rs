//! A new first password for an operator, given by the owner of the host.

use plane::problem::Code;
use secrecy::ExposeSecret as _;
use serde_json::json;
use testkit::world::{ADMIN, Answer, PASSWORD, World};

async fn login(world: &World, password: &str) -> Answer {
    world.nobody().post("/api/auth/login", json!({ "email": ADMIN, "password": password })).await
}

#[tokio::test]
async fn a_new_first_password_ends_sessions_and_locks() {
    let world = World::unlimited().await;
    let before = world.operator().await;
    for _ in 0..8 {
        assert_eq!(login(&world, "Not-the-password-1").await.refused(401), "invalid_credentials");
    }
    assert_eq!(login(&world, PASSWORD).await.refused(401), "invalid_credentials", "the network is locked");

    let given = world.plane.reset_operator_password(None).await.unwrap();
    world.identity.lift_lockouts(given.subject).await.unwrap();
    assert_eq!(given.email.as_str(), ADMIN);
    assert_eq!(before.get("/api/users/me/access").await.refused(401), "unauthenticated");
    assert_eq!(login(&world, PASSWORD).await.refused(401), "invalid_credentials");
    let challenge = login(&world, given.password.expose_secret()).await.expect(200);
    assert_eq!(challenge["challenge"], "NEW_PASSWORD_REQUIRED", "{challenge}");
}

#[tokio::test]
async fn an_address_that_is_no_operators_is_refused_with_those_that_are() {
    let world = World::new().await;
    let refused = world.plane.reset_operator_password(Some("nobody@example.com")).await.unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    assert!(refused.help.unwrap().contains(ADMIN));
    let refused = world.plane.reset_operator_password(Some("nobody")).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidRequest);
    let given = world.plane.reset_operator_password(Some(" Root@Platform.example ")).await.unwrap();
    assert_eq!(given.email.as_str(), ADMIN);
}
