//! Codes and links by which the owner of an address sets a new password.

use std::sync::Arc;

use plane::ports::identity::{Identity, Permanence, ResetError, ResetMail, WeakPassword};
use secrecy::{ExposeSecret, SecretString};

use super::{
    ADA, GOOD, Ground, OTHER, THIRD, days, forgotten, minutes, new_identity, race, refused, reset, reset_by_link,
    reset_from,
};
use crate::conformance::cases;

cases! {
    Ground;

    a_code_sets_a_password_once_and_ends_all_sessions(world) {
        world.ada().await;
        let tokens = world.tokens().await;
        let asked = forgotten("192.0.2.1", " ADA@example.com");
        let made = world.identity.forgot_password(asked).await.unwrap().unwrap();
        assert_eq!((made.email.as_str(), made.subject), (ADA, new_identity(ADA).subject));
        let code = made.code.unwrap();
        assert!(code.expose_secret().len() == 6 && code.expose_secret().bytes().all(|b| b.is_ascii_digit()));
        assert!(world.good(&tokens.access_token).await, "asking changes nothing");

        world.identity.reset_password(reset(ADA, &code, OTHER)).await.unwrap();
        assert!(!world.good(&tokens.access_token).await);
        assert!(world.identity.refresh(tokens.refresh_token).await.is_err());
        assert!(refused(world.sign_in(ADA, GOOD).await));
        assert!(world.sign_in(ADA, OTHER).await.is_ok());
        assert!(invalid(world.identity.reset_password(reset(ADA, &code, THIRD)).await));
        assert!(invalid(world.identity.reset_password(reset_by_link(&made.link, THIRD)).await), "one mail, one use");
    }

    a_link_sets_a_password_once_within_an_hour(world) {
        world.ada().await;
        let (first, second) = (mailed(&world, "192.0.2.1").await, mailed(&world, "192.0.2.1").await);
        assert_ne!(first.link.expose_secret(), second.link.expose_secret());
        assert!(first.link.expose_secret().len() >= 43, "256 bits");
        world.advance(minutes(59));
        let weak = world.identity.reset_password(reset_by_link(&first.link, "Adminuser@123")).await;
        assert!(matches!(weak, Err(ResetError::Weak(WeakPassword::Common))));
        // The later mail has not voided the earlier one.
        world.identity.reset_password(reset_by_link(&first.link, OTHER)).await.unwrap();
        assert!(world.sign_in(ADA, OTHER).await.is_ok());
        for link in [&first.link, &second.link, &"fhl_guessed".into()] {
            assert!(invalid(world.identity.reset_password(reset_by_link(link, THIRD)).await));
        }
        let late = mailed(&world, "192.0.2.77").await;
        world.advance(minutes(60));
        assert!(invalid(world.identity.reset_password(reset_by_link(&late.link, THIRD)).await));
        let table = format!("{:?}", world.table.dump());
        assert!(!table.contains(late.link.expose_secret()), "its digest alone is kept");
    }

    a_code_has_five_tries_where_it_was_asked_for_and_fifteen_minutes(world) {
        world.ada().await;
        let first = mailed(&world, "192.0.2.1").await;
        let code = first.code.unwrap();
        for _ in 0..5 {
            assert!(invalid(world.identity.reset_password(reset(ADA, &wrong(&code), OTHER)).await));
        }
        assert!(invalid(world.identity.reset_password(reset(ADA, &code, OTHER)).await));
        // The tries of others are left, and so is the link.
        world.identity.reset_password(reset_from("198.51.100.7", ADA, &code, OTHER)).await.unwrap();

        let second = code_of(&world, "192.0.2.2").await;
        world.advance(minutes(15));
        assert!(invalid(world.identity.reset_password(reset(ADA, &second, GOOD)).await));
    }

    tries_and_requests_of_strangers_take_nothing_from_the_owner(world) {
        world.ada().await;
        let mine = mailed(&world, "192.0.2.1").await;
        let code = mine.code.clone().unwrap();
        // A hundred networks ask, and try.
        for stranger in 0..100 {
            let ip = format!("198.51.100.{stranger}");
            world.identity.forgot_password(forgotten(&ip, ADA)).await.unwrap();
            for _ in 0..3 {
                let guess = reset_from(&ip, ADA, &wrong(&code), THIRD);
                assert!(invalid(world.identity.reset_password(guess).await));
            }
        }
        // From elsewhere the code is spent; where it was asked for it is good, and the link is good everywhere.
        assert!(invalid(world.identity.reset_password(reset_from("203.0.113.9", ADA, &code, OTHER)).await));
        world.identity.reset_password(reset(ADA, &code, OTHER)).await.unwrap();
    }

    whoever_asks_a_good_link_is_in_the_mailbox_and_mails_are_few(world) {
        world.ada().await;
        let mut mails = 0;
        let mut last = None;
        // A day of requests from ever other networks, a minute apart.
        for minute in 0..24 * 60 {
            let ip = format!("198.51.{}.{}", minute / 250, minute % 250);
            if let Some(mail) = world.identity.forgot_password(forgotten(&ip, ADA)).await.unwrap() {
                mails += 1;
                last = Some((minute, mail.link));
            }
            let (at, _) = last.as_ref().unwrap();
            assert!(minute - at <= 30, "the last link is good for half an hour at least");
            world.advance(minutes(1));
        }
        assert!(mails <= 5 + 48, "{mails}");
        let (_, link) = last.unwrap();
        world.identity.reset_password(reset_by_link(&link, OTHER)).await.unwrap();
    }

    one_network_gets_two_codes_a_day_and_all_together_five(world) {
        world.ada().await;
        let mut codes = Vec::new();
        for network in ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "192.0.2.3"] {
            let mail = world.identity.forgot_password(forgotten(network, ADA)).await.unwrap();
            codes.push(mail.and_then(|mail| mail.code).is_some());
        }
        assert_eq!(codes, [true, true, false, true, true, true, false]);
        world.advance(days(1));
        assert!(mailed(&world, "192.0.2.1").await.code.is_some());
    }

    the_owner_can_use_the_code_of_either_of_two_mails(world) {
        world.ada().await;
        let (first, _) = (code_of(&world, "192.0.2.1").await, code_of(&world, "192.0.2.1").await);
        world.identity.reset_password(reset(ADA, &first, OTHER)).await.unwrap();
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

    racing_guesses_get_five_tries_together_and_the_link_is_left(world) {
        world.ada().await;
        let mail = mailed(&world, "192.0.2.1").await;
        let code = mail.code.unwrap();
        race(100, |_| {
            let (identity, wrong) = (Arc::clone(&world.identity), wrong(&code));
            async move { identity.reset_password(reset(ADA, &wrong, OTHER)).await }
        })
        .await;
        assert!(invalid(world.identity.reset_password(reset(ADA, &code, OTHER)).await));
        world.identity.reset_password(reset_by_link(&mail.link, OTHER)).await.unwrap();
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
            assert_eq!(world.identity.forgot_password(forgotten("192.0.2.1", email)).await.unwrap().is_some(), known, "{email}");
            assert_eq!(world.identity.hashes_computed() - hashes, 1, "{email}");
            assert_eq!(writes(&world) - versions, 2, "{email}");

            let (hashes, versions) = (world.identity.hashes_computed(), writes(&world));
            assert!(invalid(world.identity.reset_password(reset(email, &"000000".into(), THIRD)).await), "{email}");
            assert_eq!(world.identity.hashes_computed() - hashes, 1, "{email}");
            assert_eq!(writes(&world) - versions, 1, "{email}");
        }
    }
}

async fn mailed(world: &Ground, ip: &str) -> ResetMail {
    world.identity.forgot_password(forgotten(ip, ADA)).await.unwrap().unwrap()
}

async fn code_of(world: &Ground, ip: &str) -> SecretString {
    mailed(world, ip).await.code.unwrap()
}

async fn code(world: &Ground) -> SecretString {
    code_of(world, "192.0.2.1").await
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
