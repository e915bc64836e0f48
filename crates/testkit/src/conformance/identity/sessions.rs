//! Sessions and their refresh tokens.

use std::{collections::BTreeSet, sync::Arc};

use jiff::SignedDuration;
use plane::ports::identity::{Identity, RefreshError, TokenRefused};
use secrecy::ExposeSecret;

use super::{Ground, minutes, race, seconds};
use crate::conformance::cases;

cases! {
    Ground;

    a_refresh_token_is_spent_by_its_use(world) {
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

    a_spent_token_that_comes_back_ends_its_family_and_no_other(world) {
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

    within_the_grace_the_same_token_gives_the_same_successor(world) {
        world.ada().await;
        let first = world.tokens().await;
        let second = world.identity.refresh(first.refresh_token.clone()).await.unwrap();
        world.advance(SignedDuration::from_millis(9_999));
        let again = world.identity.refresh(first.refresh_token.clone()).await.unwrap();
        assert_eq!(again.refresh_token.expose_secret(), second.refresh_token.expose_secret());
        assert_eq!(again.session, first.session);
        assert!(world.identity.refresh(again.refresh_token).await.is_ok());
    }

    racing_refreshes_of_one_token_make_one_family(world) {
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

    sessions_are_listed_and_ended_one_by_one_or_all(world) {
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

    nobody_ends_a_session_of_another(world) {
        world.ada().await;
        let eve = world.invited("eve@example.com").await;
        let tokens = world.tokens().await;
        assert!(world.good(&tokens.access_token).await);
        world.identity.end_session(eve, tokens.session).await.unwrap();
        assert!(world.good(&tokens.access_token).await);
    }

    another_process_notices_an_end_within_five_seconds(world) {
        let ada = world.ada().await;
        let neighbour = Arc::clone(&world.neighbour);
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
}
