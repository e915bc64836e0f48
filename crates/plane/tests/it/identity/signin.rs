use plane::ports::identity::SignInError;

use super::*;

#[tokio::test]
async fn an_address_signs_in_however_it_is_typed() {
    let world = World::new();
    let ada = world.ada().await;
    for spelling in [ADA, " ADA@example.com", "Ada@Example.Com"] {
        assert!(world.sign_in(spelling, GOOD).await.is_ok(), "{spelling}");
    }
    let seen = world.identity.sessions(ada).await.unwrap();
    assert_eq!(seen.len(), 3);
    assert_eq!((seen[0].ip, seen[0].user_agent.as_str()), ("192.0.2.1".parse().unwrap(), "a browser"));
}

/// The same work, counted and not timed: hashes, and reads and writes of the store.
#[tokio::test]
async fn every_failure_looks_the_same_and_does_the_same_work() {
    let world = World::new();
    world.ada().await;
    world.invited("invited@example.com").await;
    let disabled = world.invited("disabled@example.com").await;
    world.identity.set_password(disabled, GOOD.into(), Permanence::Permanent).await.unwrap();
    world.identity.set_enabled(disabled, false).await.unwrap();
    for _ in 0..5 {
        assert!(refused(world.sign_in_from("198.51.100.7", ADA, OTHER).await));
    }
    let before = world.table.dump();
    for (who, ip, email, password) in [
        ("wrong password", "192.0.2.1", ADA, OTHER),
        ("unknown", "192.0.2.1", "nobody@example.com", OTHER),
        ("no address at all", "192.0.2.1", "nobody", OTHER),
        ("no password set", "192.0.2.1", "invited@example.com", OTHER),
        ("disabled", "192.0.2.1", "disabled@example.com", GOOD),
        ("locked, wrong", "198.51.100.7", ADA, OTHER),
        ("locked, right", "198.51.100.7", ADA, GOOD),
        ("empty", "192.0.2.1", "", ""),
    ] {
        let hashes = world.identity.hashes_computed();
        assert!(refused(world.sign_in_from(ip, email, password).await), "{who}");
        assert_eq!(world.identity.hashes_computed() - hashes, 1, "{who}");
        assert_eq!(world.table.dump(), before, "{who}");
    }
}

#[tokio::test]
async fn failures_lock_known_and_unknown_addresses_alike() {
    for email in [ADA, "nobody@example.com"] {
        let world = World::new();
        world.ada().await;
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

#[tokio::test]
async fn an_outsider_locks_nobody_out() {
    let world = World::new();
    world.ada().await;
    let session = world.tokens().await;
    for _ in 0..20 {
        assert!(refused(world.sign_in_from("203.0.113.9", ADA, OTHER).await));
    }
    assert!(world.good(&session.access_token).await);
    assert!(world.sign_in_from("192.0.2.1", ADA, GOOD).await.is_ok());
    assert!(refused(world.sign_in_from("203.0.113.9", ADA, GOOD).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parallel_burst_of_guesses_locks_like_a_sequence() {
    let world = World::new();
    world.ada().await;
    let guesses = race(100, |_| {
        let identity = Arc::clone(&world.identity);
        async move { identity.sign_in(attempt("192.0.2.1", ADA, OTHER)).await }
    })
    .await;
    assert!(guesses.into_iter().all(refused));
    assert!(refused(world.sign_in(ADA, GOOD).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_good_sign_ins_at_once_all_succeed() {
    let world = World::new();
    let ada = world.ada().await;
    let answers = race(64, |_| {
        let identity = Arc::clone(&world.identity);
        async move { identity.sign_in(attempt("192.0.2.1", ADA, GOOD)).await }
    })
    .await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(world.identity.sessions(ada).await.unwrap().len(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_busy_and_is_held_against_nobody() {
    let world = World::with(|settings| {
        settings.hash_cost = HashCost { memory_kib: 4096, passes: 1, lanes: 1 };
        settings.hash_threads = 1;
        settings.hash_queue = 2;
    });
    world.ada().await;
    let answers = race(64, |_| {
        let identity = Arc::clone(&world.identity);
        async move { identity.sign_in(attempt("192.0.2.1", ADA, GOOD)).await }
    })
    .await;
    let busy = answers.iter().filter(|answer| matches!(answer, Err(SignInError::Busy))).count();
    let good = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(busy > 0 && good >= 2 && busy + good == 64, "{busy} busy, {good} good");
    assert!(world.sign_in(ADA, GOOD).await.is_ok());
}
