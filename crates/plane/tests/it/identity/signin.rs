use plane::ports::identity::SignInError;

use super::*;

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
