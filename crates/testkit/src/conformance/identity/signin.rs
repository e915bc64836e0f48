//! Signing in, and being locked.

use std::sync::Arc;

use jiff::SignedDuration;
use plane::ports::identity::{Identity, PasswordReset, Permanence};

use super::{ADA, GOOD, Ground, OTHER, THIRD, attempt, days, forgotten, race, refused, reset_by_link, seconds};
use crate::conformance::cases;

cases! {
    Ground;

    an_address_signs_in_however_it_is_typed(world) {
        let ada = world.ada().await;
        for spelling in [ADA, " ADA@example.com", "Ada@Example.Com"] {
            assert!(world.sign_in(spelling, GOOD).await.is_ok(), "{spelling}");
        }
        let seen = world.identity.sessions(ada).await.unwrap();
        assert_eq!(seen.len(), 3);
        assert_eq!((seen[0].ip, seen[0].user_agent.as_str()), ("192.0.2.1".parse().unwrap(), "a browser"));
    }

    an_outsider_locks_nobody_out(world) {
        world.ada().await;
        let session = world.tokens().await;
        for _ in 0..20 {
            assert!(refused(world.sign_in_from("203.0.113.9", ADA, OTHER).await));
        }
        assert!(world.good(&session.access_token).await);
        assert!(world.sign_in_from("192.0.2.1", ADA, GOOD).await.is_ok());
        assert!(refused(world.sign_in_from("203.0.113.9", ADA, GOOD).await));
    }

    a_parallel_burst_of_guesses_locks_like_a_sequence(world) {
        world.ada().await;
        let guesses = race(100, |_| {
            let identity = Arc::clone(&world.identity);
            async move { identity.sign_in(attempt("192.0.2.1", ADA, OTHER)).await }
        })
        .await;
        assert!(guesses.into_iter().all(refused));
        assert!(refused(world.sign_in(ADA, GOOD).await));
    }

    many_good_sign_ins_at_once_all_succeed(world) {
        let ada = world.ada().await;
        let answers = race(64, |_| {
            let identity = Arc::clone(&world.identity);
            async move { identity.sign_in(attempt("192.0.2.1", ADA, GOOD)).await }
        })
        .await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(world.identity.sessions(ada).await.unwrap().len(), 64);
    }

    processes_that_share_the_store_count_failures_together(world) {
        world.ada().await;
        for failure in 0..5 {
            let process = if failure % 2 == 0 { &world.identity } else { &world.neighbour };
            assert!(refused(process.sign_in(attempt("192.0.2.1", ADA, OTHER)).await));
        }
        for process in [&world.identity, &world.neighbour] {
            assert!(refused(process.sign_in(attempt("192.0.2.1", ADA, GOOD)).await));
            assert!(process.sign_in(attempt("192.0.2.2", ADA, GOOD)).await.is_ok());
        }
        world.advance(seconds(1));
        assert!(world.neighbour.sign_in(attempt("192.0.2.1", ADA, GOOD)).await.is_ok());
    }

    beyond_the_cap_a_password_alone_signs_in_from_known_networks_only(world) {
        world.ada().await;
        let (home, away) = ("192.0.2.1", "203.0.113.9");
        assert!(world.sign_in_from(home, ADA, GOOD).await.is_ok());
        // Ever other networks guess, in turns at two processes: each is under its own lock's limit.
        for guess in 0..50 {
            assert!(world.sign_in_from(home, ADA, GOOD).await.is_ok(), "guess {guess}");
            let process = if guess % 2 == 0 { &world.identity } else { &world.neighbour };
            assert!(refused(process.sign_in(attempt(&format!("198.51.100.{guess}"), ADA, OTHER)).await));
        }
        for process in [&world.identity, &world.neighbour] {
            assert!(refused(process.sign_in(attempt(away, ADA, GOOD)).await));
            assert!(refused(process.sign_in(attempt("198.51.100.200", ADA, GOOD)).await), "the guesser learns nothing");
            assert!(process.sign_in(attempt(home, ADA, GOOD)).await.is_ok());
        }
        // The owner proves their mailbox from the new network, and is in.
        let mail = world.identity.forgot_password(forgotten(away, ADA)).await.unwrap().unwrap();
        let proof = PasswordReset { ip: away.parse().unwrap(), ..reset_by_link(&mail.link, THIRD) };
        world.identity.reset_password(proof).await.unwrap();
        assert!(world.sign_in_from(away, ADA, THIRD).await.is_ok());
        // The earlier networks are no longer known, because one of them may have guessed the old password.
        assert!(refused(world.sign_in_from(home, ADA, THIRD).await));
        world.advance(days(1));
        assert!(world.sign_in_from(home, ADA, THIRD).await.is_ok());
    }

    who_cant_be_mailed_is_not_shut_out_by_the_cap(world) {
        let invited = world.invited("invited@example.com").await;
        world.identity.set_password(invited, GOOD.into(), Permanence::Temporary).await.unwrap();
        for guess in 0..60 {
            assert!(refused(world.sign_in_from(&format!("198.51.100.{guess}"), "invited@example.com", OTHER).await));
        }
        assert!(world.sign_in_from("203.0.113.9", "invited@example.com", GOOD).await.is_ok());
    }

    failures_lock_known_and_unknown_addresses_alike(world) {
        world.ada().await;
        for email in [ADA, "nobody@example.com"] {
            let mut locks = Vec::new();
            for _ in 1..=4 {
                assert!(refused(world.sign_in(email, OTHER).await));
            }
            for failure in 5..=15 {
                assert!(refused(world.sign_in(email, OTHER).await));
                let lock = (1_i64 << (failure - 5)).min(900);
                // The last moment of the lock: even the right password is refused, and nothing is extended.
                world.advance(seconds(lock) - SignedDuration::from_millis(1));
                assert!(refused(world.sign_in(email, GOOD).await));
                world.advance(SignedDuration::from_millis(1));
                locks.push(lock);
            }
            assert_eq!(locks.len(), 11);
            assert_eq!(world.sign_in(email, GOOD).await.is_ok(), email == ADA);
        }
    }
}
