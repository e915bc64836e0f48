use super::*;

#[tokio::test]
async fn a_session_dies_idle_after_30_days_and_used_after_90() {
    let world = World::new();
    let ada = world.ada().await;
    let idle = world.tokens().await;
    world.advance(days(30));
    assert!(world.identity.refresh(idle.refresh_token).await.is_err());
    assert!(world.identity.sessions(ada).await.unwrap().is_empty());

    let mut used = world.tokens().await;
    for _ in 0..3 {
        world.advance(days(29));
        used = world.identity.refresh(used.refresh_token).await.unwrap();
    }
    world.advance(days(3) - minutes(5));
    used = world.identity.refresh(used.refresh_token).await.unwrap();
    assert_eq!(used.expires_at - world.clock.now(), jiff::Span::new().seconds(300).fieldwise());
    world.advance(minutes(5));
    assert!(!world.good(&used.access_token).await);
    assert!(world.identity.refresh(used.refresh_token).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_outlives_an_end_however_it_races() {
    let world = World::with(|settings| settings.recheck = None);
    let ada = world.ada().await;
    for _ in 0..20 {
        let tokens = world.tokens().await;
        let answers = race(16, |number| {
            let (identity, token) = (Arc::clone(&world.identity), tokens.access_token.clone());
            async move {
                if number == 0 {
                    identity.end_session(ada, tokens.session).await.unwrap();
                }
                identity.verify(token.expose_secret()).await.is_ok()
            }
        })
        .await;
        assert!(!answers[0]);
        assert!(!world.good(&tokens.access_token).await);
    }
}
