//! Codes by which the owner of an address sets a new password.

use std::sync::Arc;

use plane::ports::identity::{Identity, Permanence, ResetError, WeakPassword};
use secrecy::{ExposeSecret, SecretString};

use super::{ADA, GOOD, Ground, OTHER, THIRD, days, minutes, new_identity, race, refused, reset};
use crate::conformance::cases;

cases! {
    Ground;

    a_code_sets_a_password_once_and_ends_all_sessions(world) {
        world.ada().await;
        let tokens = world.tokens().await;
        let made = world.identity.forgot_password(" ADA@example.com").await.unwrap().unwrap();
        assert_eq!((made.email.as_str(), made.subject), (ADA, new_identity(ADA).subject));
        assert!(made.code.expose_secret().len() == 6 && made.code.expose_secret().bytes().all(|b| b.is_ascii_digit()));
        assert!(world.good(&tokens.access_token).await, "asking changes nothing");

        world.identity.reset_password(reset(ADA, &made.code, OTHER)).await.unwrap();
        assert!(!world.good(&tokens.access_token).await);
        assert!(world.identity.refresh(tokens.refresh_token).await.is_err());
        assert!(refused(world.sign_in(ADA, GOOD).await));
        assert!(world.sign_in(ADA, OTHER).await.is_ok());
        assert!(invalid(world.identity.reset_password(reset(ADA, &made.code, THIRD)).await));
    }

    a_code_is_void_after_five_tries_fifteen_minutes_or_another_code(world) {
        world.ada().await;
        let first = code(&world).await;
        for _ in 0..5 {
            assert!(invalid(world.identity.reset_password(reset(ADA, &wrong(&first), OTHER)).await));
        }
        assert!(invalid(world.identity.reset_password(reset(ADA, &first, OTHER)).await));

        let second = code(&world).await;
        world.advance(minutes(15));
        assert!(invalid(world.identity.reset_password(reset(ADA, &second, OTHER)).await));

        let (third, fourth) = (code(&world).await, code(&world).await);
        assert!(invalid(world.identity.reset_password(reset(ADA, &third, OTHER)).await));
        for _ in 0..3 {
            assert!(invalid(world.identity.reset_password(reset(ADA, &wrong(&fourth), OTHER)).await));
        }
        world.identity.reset_password(reset(ADA, &fourth, OTHER)).await.unwrap();
    }

    a_weak_password_leaves_the_code_good(world) {
        world.ada().await;
        let code = code(&world).await;
        for _ in 0..10 {
            let weak = world.identity.reset_password(reset(ADA, &code, "Adminuser@123")).await;
            assert!(matches!(weak, Err(ResetError::Weak(WeakPassword::Common))));
        }
        world.identity.reset_password(reset(ADA, &code, OTHER)).await.unwrap();
    }

    another_way_to_a_new_password_voids_the_code(world) {
        let ada = world.ada().await;
        let code = code(&world).await;
        world.identity.set_password(ada, THIRD.into(), Permanence::Permanent).await.unwrap();
        assert!(invalid(world.identity.reset_password(reset(ADA, &code, OTHER)).await));
    }

    of_racing_uses_of_one_code_one_wins(world) {
        world.ada().await;
        let code = code(&world).await;
        let answers = race(100, |number| {
            let (identity, code) = (Arc::clone(&world.identity), code.clone());
            async move { identity.reset_password(reset(ADA, &code, &format!("{OTHER} {number}"))).await }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert!(answers.into_iter().all(|answer| answer.is_ok() || invalid(answer)));
    }

    racing_guesses_get_five_tries_together(world) {
        world.ada().await;
        let code = code(&world).await;
        race(100, |_| {
            let (identity, wrong) = (Arc::clone(&world.identity), wrong(&code));
            async move { identity.reset_password(reset(ADA, &wrong, OTHER)).await }
        })
        .await;
        assert!(invalid(world.identity.reset_password(reset(ADA, &code, OTHER)).await));
    }

    ten_codes_a_day_and_no_more(world) {
        world.ada().await;
        for _ in 0..10 {
            code(&world).await;
        }
        assert!(world.identity.forgot_password(ADA).await.unwrap().is_none());
        world.advance(days(1));
        code(&world).await;
    }

    nobody_learns_who_is_known_by_asking_for_a_code(world) {
        world.ada().await;
        world.invited("invited@example.com").await;
        let temporary = world.invited("temporary@example.com").await;
        world.identity.set_password(temporary, OTHER.into(), Permanence::Temporary).await.unwrap();
        for (email, known) in [
            (ADA, true),
            ("nobody@example.com", false),
            ("not an address", false),
            ("invited@example.com", false),
            ("temporary@example.com", false),
        ] {
            let (hashes, versions) = (world.identity.hashes_computed(), writes(&world));
            assert_eq!(world.identity.forgot_password(email).await.unwrap().is_some(), known, "{email}");
            assert_eq!(world.identity.hashes_computed() - hashes, 1, "{email}");
            assert_eq!(writes(&world) - versions, 1, "{email}");

            let (hashes, versions) = (world.identity.hashes_computed(), writes(&world));
            assert!(invalid(world.identity.reset_password(reset(email, &"000000".into(), THIRD)).await), "{email}");
            assert_eq!(world.identity.hashes_computed() - hashes, 1, "{email}");
            assert_eq!(writes(&world) - versions, 1, "{email}");
        }
    }
}

async fn code(world: &Ground) -> SecretString {
    world.identity.forgot_password(ADA).await.unwrap().unwrap().code
}

fn invalid(answer: Result<(), ResetError>) -> bool {
    matches!(answer, Err(ResetError::InvalidCode))
}

/// A code that is not this one.
fn wrong(code: &SecretString) -> SecretString {
    let number: u32 = code.expose_secret().parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000).into()
}

/// How many writes the store has seen.
fn writes(world: &Ground) -> u64 {
    world.table.dump().iter().map(|item| item.version).sum()
}
