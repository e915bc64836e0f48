//! Every forged token, at every operation that asks for one.

use std::sync::Arc;

use axum::http::HeaderValue;
use plane::{ports::identity::Identity as _, settings::Settings};
use secrecy::ExposeSecret as _;
use testkit::{Specimens, forged_tokens, operations::operations, world::World};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_forged_token_opens_any_operation() {
    // So many tries from one address would be slowed down at some operations.
    let settings = Settings { auth_requests_per_five_minutes: 0, ..Settings::default() };
    let world = World::with(settings).await;
    world.set_up().await;
    // Some of the tokens are refused for a second's sake.
    world.clock.stop();
    drop(world.operator().await);
    let tokens = world.sign_in(testkit::world::ADMIN, testkit::world::PASSWORD).await;
    let honest = world.nobody().with_token(tokens.access_token.expose_secret());
    let forged = forged_tokens(&Specimens {
        access: tokens.access_token.expose_secret(),
        id: tokens.id_token.expose_secret(),
        refresh: tokens.refresh_token.expose_secret(),
        jwks: &world.identity.jwks(),
        signer: &world.keys.signer(),
        now: plane::ports::clock::Clock::now(world.clock.as_ref()),
        elsewhere: "http://127.0.0.1:1",
    });
    // The others can't be sent in a header at all, or are the good token there: any number of spaces may stand before it.
    let good = tokens.access_token.expose_secret();
    let sendable = |token: &str| HeaderValue::from_str(token).is_ok() && token.trim_start_matches(' ') != good;
    let sent: Vec<_> = forged.into_iter().filter(|forged| sendable(&forged.token)).collect();
    let sent = Arc::new(sent);
    assert!(sent.len() > 400, "{}", sent.len());
    let id = |_: &str| plane::ids::known::ROOT_ACCOUNT.to_string();
    let mut tries = tokio::task::JoinSet::new();
    for operation in operations().into_iter().filter(|operation| operation.guarded) {
        let (nobody, sent) = (world.nobody(), Arc::clone(&sent));
        let sample = operation.sample(&world.today().to_string(), &id);
        tries.spawn(async move {
            let uri = sample.uri();
            for forged in sent.iter() {
                let forger = nobody.clone().with_token(&forged.token);
                let answer = forger.send(sample.method.clone(), &uri, sample.body.clone(), &[]).await;
                assert_eq!(answer.status, 401, "{}: {} {}", operation.id, forged.name, answer.body);
            }
            sent.len()
        });
    }
    let tried: usize = tries.join_all().await.into_iter().sum();
    assert!(tried > 35_000, "{tried}");
    // Nothing of it has harmed the session whose tokens were misused.
    honest.get("/api/users/me/access").await.expect(200);
    let refresh = serde_json::json!({ "refreshToken": tokens.refresh_token.expose_secret() });
    world.nobody().post("/api/auth/refresh", refresh).await.expect(200);
}
