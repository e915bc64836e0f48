use std::collections::BTreeSet;

use plane::ports::identity::{RefreshError, TokenRefused};

use super::*;

#[tokio::test]
async fn a_refresh_token_is_spent_by_its_use() {
    let world = World::new();
    world.ada().await;
    let first = world.tokens().await;
    let second = world.identity.refresh(first.refresh_token.clone()).await.unwrap();
    assert_eq!(second.session, first.session);
    assert_ne!(second.refresh_token.expose_secret(), first.refresh_token.expose_secret());
    assert!(world.good(&first.access_token).await && world.good(&second.access_token).await);
    world.advance(minutes(1));
    let third = world.identity.refresh(second.refresh_token).await.unwrap();
    assert!(world.good(&third.access_token).await);
}

#[tokio::test]
async fn a_spent_token_that_comes_back_ends_its_family_and_no_other() {
    let world = World::new();
    let ada = world.ada().await;
    let (stolen, elsewhere) = (world.tokens().await, world.tokens().await);
    let second = world.identity.refresh(stolen.refresh_token.clone()).await.unwrap();
    let third = world.identity.refresh(second.refresh_token.clone()).await.unwrap();
    assert!(world.good(&third.access_token).await);

    world.advance(seconds(10));
    let again = world.identity.refresh(stolen.refresh_token.clone()).await;
    assert!(matches!(again, Err(RefreshError::Refused)));
    for dead in [&stolen, &second, &third] {
        assert!(!world.good(&dead.access_token).await);
        assert!(world.identity.refresh(dead.refresh_token.clone()).await.is_err());
    }
    assert!(world.good(&elsewhere.access_token).await);
    assert!(world.identity.refresh(elsewhere.refresh_token).await.is_ok());
    assert_eq!(world.identity.sessions(ada).await.unwrap().len(), 1);
}

#[tokio::test]
async fn within_the_grace_the_same_token_gives_the_same_successor() {
    let world = World::new();
    world.ada().await;
    let first = world.tokens().await;
    let second = world.identity.refresh(first.refresh_token.clone()).await.unwrap();
    world.advance(SignedDuration::from_millis(9_999));
    let again = world.identity.refresh(first.refresh_token.clone()).await.unwrap();
    assert_eq!(again.refresh_token.expose_secret(), second.refresh_token.expose_secret());
    assert_eq!(again.session, first.session);
    assert!(world.identity.refresh(again.refresh_token).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_refreshes_of_one_token_make_one_family() {
    let world = World::new();
    let ada = world.ada().await;
    for round in 0..5 {
        let first = world.tokens().await;
        let answers = race(100, |_| {
            let (identity, token) = (Arc::clone(&world.identity), first.refresh_token.clone());
            async move { identity.refresh(token).await.unwrap() }
        })
        .await;
        let successors: BTreeSet<_> = answers.iter().map(|next| next.refresh_token.expose_secret()).collect();
        assert_eq!(successors.len(), 1);
        assert!(answers.iter().all(|next| next.session == first.session));
        assert_eq!(world.identity.sessions(ada).await.unwrap().len(), round + 1);
    }
}

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

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all() {
    let world = World::new();
    let ada = world.ada().await;
    let one = world.tokens().await;
    world.advance(seconds(1));
    let two = world.tokens().await;
    world.advance(seconds(1));
    let three = world.tokens().await;
    world.advance(seconds(1));
    let one = world.identity.refresh(one.refresh_token).await.unwrap();
    let listed: Vec<_> = world.identity.sessions(ada).await.unwrap().iter().map(|session| session.id).collect();
    assert_eq!(listed, [one.session, three.session, two.session], "the latest used first");
    for tokens in [&one, &two, &three] {
        assert!(world.good(&tokens.access_token).await);
    }

    world.identity.end_session(ada, two.session).await.unwrap();
    world.identity.end_session(ada, two.session).await.unwrap();
    assert!(!world.good(&two.access_token).await);
    assert!(world.identity.refresh(two.refresh_token).await.is_err());
    assert!(world.good(&one.access_token).await);

    world.identity.sign_out(three.refresh_token.clone()).await.unwrap();
    world.identity.sign_out(three.refresh_token.clone()).await.unwrap();
    world.identity.sign_out("fhr_unknown".into()).await.unwrap();
    assert!(!world.good(&three.access_token).await);
    assert!(world.good(&one.access_token).await);

    world.identity.sign_out_everywhere(ada).await.unwrap();
    assert!(!world.good(&one.access_token).await);
    assert!(world.identity.sessions(ada).await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_ends_a_session_of_another() {
    let world = World::new();
    world.ada().await;
    let eve = world.invited("eve@example.com").await;
    let tokens = world.tokens().await;
    assert!(world.good(&tokens.access_token).await);
    world.identity.end_session(eve, tokens.session).await.unwrap();
    assert!(world.good(&tokens.access_token).await);
}

#[tokio::test]
async fn another_process_notices_an_end_within_five_seconds() {
    let world = World::new();
    let ada = world.ada().await;
    let neighbour = world.neighbour();
    for end in ["session", "disabled", "everywhere"] {
        world.identity.set_enabled(ada, true).await.unwrap();
        let tokens = world.tokens().await;
        let token = tokens.access_token.expose_secret();
        assert!(neighbour.verify(token).await.is_ok());
        match end {
            "session" => world.identity.end_session(ada, tokens.session).await.unwrap(),
            "disabled" => world.identity.set_enabled(ada, false).await.unwrap(),
            _ => world.identity.sign_out_everywhere(ada).await.unwrap(),
        }
        world.advance(seconds(5));
        assert!(matches!(neighbour.verify(token).await, Err(TokenRefused::Ended)), "{end}");
    }
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
