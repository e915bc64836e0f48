//! Passwords: given, challenged, changed.

use std::sync::Arc;

use plane::ports::identity::{
    ChallengeError, Identity, PasswordChange, PasswordError, Permanence, SignedIn, TokenSet, WeakPassword,
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    ADA, GOOD, Ground, OTHER, THIRD, answer, attempt, days, forgotten, minutes, new_identity, race, refused, seconds,
};
use crate::conformance::cases;

cases! {
    Ground;

    a_temporary_password_opens_the_challenge_and_nothing_else(world) {
        let session = challenged(&world).await;
        let tokens = world.identity.respond(answer(&session, GOOD)).await.unwrap();
        assert!(world.good(&tokens.access_token).await);
        assert!(refused(world.sign_in(ADA, OTHER).await));
        world.tokens().await;
    }

    a_weak_answer_leaves_the_challenge_open(world) {
        let session = challenged(&world).await;
        for (password, why) in [
            ("short", WeakPassword::TooShort),
            ("Adminuser@123", WeakPassword::Common),
            ("aDMINUSER@123", WeakPassword::Common),
            (OTHER, WeakPassword::Unchanged),
        ] {
            let refused = world.identity.respond(answer(&session, password)).await;
            assert!(matches!(refused, Err(ChallengeError::Weak(found)) if found == why), "{password}: {refused:?}");
        }
        world.identity.respond(answer(&session, GOOD)).await.unwrap();
    }

    a_challenge_is_over_after_five_minutes_after_use_and_after_another_password(world) {
        let over = |answered: Result<TokenSet, ChallengeError>| matches!(answered, Err(ChallengeError::Over));

        let session = challenged(&world).await;
        world.advance(minutes(5));
        assert!(over(world.identity.respond(answer(&session, GOOD)).await));

        let (first, second) = (challenge(&world).await, challenge(&world).await);
        world.identity.respond(answer(&first, GOOD)).await.unwrap();
        assert!(over(world.identity.respond(answer(&first, THIRD)).await));
        assert!(over(world.identity.respond(answer(&second, THIRD)).await), "the password is no longer temporary");

        let ada = new_identity(ADA).subject;
        world.identity.set_password(ada, OTHER.into(), Permanence::Temporary).await.unwrap();
        let session = challenge(&world).await;
        world.identity.set_enabled(ada, false).await.unwrap();
        assert!(over(world.identity.respond(answer(&session, GOOD)).await));
        assert!(over(world.identity.respond(answer(&"fhc_guess".into(), GOOD)).await));
    }

    of_racing_answers_to_one_challenge_one_wins(world) {
        let session = challenged(&world).await;
        let answers = race(100, |number| {
            let (identity, session) = (Arc::clone(&world.identity), session.clone());
            async move { identity.respond(answer(&session, &format!("{GOOD} {number}"))).await }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(ChallengeError::Over))));
        let ada = new_identity(ADA).subject;
        assert_eq!(world.identity.sessions(ada).await.unwrap().len(), 1);
    }

    a_temporary_password_dies_unused(world) {
        challenged(&world).await;
        world.advance(days(7));
        assert!(refused(world.sign_in(ADA, OTHER).await));
    }

    the_documents_password_is_refused_everywhere(world) {
        let ada = world.ada().await;
        for permanence in [Permanence::Temporary, Permanence::Permanent] {
            for known in ["Adminuser@123", "ADMINuser@123", "adminUSER@123"] {
                let refused = world.identity.set_password(ada, known.into(), permanence).await;
                assert!(matches!(refused, Err(PasswordError::Weak(WeakPassword::Common))), "{known}");
            }
        }
    }

    a_new_password_ends_all_sessions(world) {
        let ada = world.ada().await;
        let tokens = world.tokens().await;
        world.identity.set_password(ada, OTHER.into(), Permanence::Permanent).await.unwrap();
        assert!(!world.good(&tokens.access_token).await);
        assert!(world.identity.refresh(tokens.refresh_token).await.is_err());
    }

    its_owner_changes_a_password_and_keeps_this_session_alone(world) {
        let ada = world.ada().await;
        let (mine, other) = (world.tokens().await, world.tokens().await);
        let change = |old: &str, new: &str| PasswordChange {
            subject: ada,
            keep: mine.session,
            old: old.into(),
            new: new.into(),
            ip: "192.0.2.1".parse().unwrap(),
        };
        let wrong = world.identity.change_password(change(OTHER, THIRD)).await;
        assert!(matches!(wrong, Err(PasswordError::InvalidCredentials)));
        let same = world.identity.change_password(change(GOOD, GOOD)).await;
        assert!(matches!(same, Err(PasswordError::Weak(WeakPassword::Unchanged))));
        assert!(world.good(&other.access_token).await);

        world.identity.change_password(change(GOOD, OTHER)).await.unwrap();
        assert!(world.good(&mine.access_token).await);
        assert!(!world.good(&other.access_token).await);
        assert!(world.identity.refresh(other.refresh_token).await.is_err());
        let next = world.identity.refresh(mine.refresh_token).await.unwrap();
        assert_eq!(next.session, mine.session);
        assert!(refused(world.sign_in(ADA, GOOD).await));
        assert!(world.sign_in(ADA, OTHER).await.is_ok());
    }

    guessing_the_old_password_is_locked_like_signing_in(world) {
        let ada = world.ada().await;
        let tokens = world.tokens().await;
        let change = |old: &str| PasswordChange {
            subject: ada,
            keep: tokens.session,
            old: old.into(),
            new: THIRD.into(),
            ip: "192.0.2.1".parse().unwrap(),
        };
        for _ in 0..5 {
            assert!(world.identity.change_password(change(OTHER)).await.is_err());
        }
        assert!(world.identity.change_password(change(GOOD)).await.is_err());
        assert!(refused(world.sign_in(ADA, GOOD).await));
        world.advance(seconds(1));
        world.identity.change_password(change(GOOD)).await.unwrap();
    }

    no_secret_is_in_the_store(world) {
        let session = challenged(&world).await;
        let tokens = world.identity.respond(answer(&session, GOOD)).await.unwrap();
        let next = world.identity.refresh(tokens.refresh_token.clone()).await.unwrap();
        let code = world.identity.forgot_password(forgotten("192.0.2.1", ADA)).await.unwrap().unwrap().code.unwrap();
        let stored = format!("{:?}", world.table.dump());
        for secret in [&session, &tokens.refresh_token, &next.refresh_token, &tokens.access_token] {
            assert!(!stored.contains(secret.expose_secret()));
        }
        assert!(!stored.contains(GOOD) && !stored.contains(OTHER));
        assert!(!stored.contains(&format!("\"{}\"", code.expose_secret())));
        for printed in
            [format!("{tokens:?}"), format!("{:?}", answer(&session, GOOD)), format!("{:?}", attempt("::1", ADA, GOOD))]
        {
            assert!(!printed.contains("fhr_") && !printed.contains("fhc_") && !printed.contains("eyJ"), "{printed}");
            assert!(!printed.contains(GOOD), "{printed}");
        }
    }
}

async fn challenged(world: &Ground) -> SecretString {
    let ada = world.invited(ADA).await;
    world.identity.set_password(ada, OTHER.into(), Permanence::Temporary).await.unwrap();
    challenge(world).await
}

async fn challenge(world: &Ground) -> SecretString {
    match world.sign_in(ADA, OTHER).await {
        Ok(SignedIn::Challenge { session, .. }) => session,
        other => panic!("no challenge: {other:?}"),
    }
}
