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
    let writes = || world.table.dump().iter().map(|item| item.version).sum::<u64>();
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
        let (hashes, before) = (world.identity.hashes_computed(), writes());
        assert!(refused(world.sign_in_from(ip, email, password).await), "{who}");
        assert_eq!(world.identity.hashes_computed() - hashes, 1, "{who}");
        assert_eq!(writes() - before, 2, "{who}");
    }
}

/// Where one process has the store to itself, guesses are written down at every tenth, and a restart forgets nine.
#[tokio::test]
async fn a_cap_on_guesses_outlives_a_restart_and_is_written_rarely() {
    let world = World::with(|settings| settings.recheck = None);
    world.ada().await;
    let home = "192.0.2.1";
    assert!(world.sign_in_from(home, ADA, GOOD).await.is_ok());
    let writes = || world.table.dump().iter().map(|item| item.version).sum::<u64>();
    let before = writes();
    for guess in 0..59 {
        assert!(refused(world.sign_in_from(&format!("198.51.100.{guess}"), ADA, OTHER).await));
    }
    assert_eq!(writes() - before, 5, "one write for ten guesses");
    let restarted = world.restarted(|_| {});
    assert!(refused(restarted.sign_in(attempt("203.0.113.9", ADA, GOOD)).await), "a network that is not known");
    assert!(restarted.sign_in(attempt(home, ADA, GOOD)).await.is_ok(), "a network that is known");
    world.advance(days(1));
    assert!(restarted.sign_in(attempt("203.0.113.9", ADA, GOOD)).await.is_ok());
}

/// Made-up addresses and networks add no records without bound.
#[tokio::test]
async fn guesses_at_nobody_fill_no_store_and_useless_ones_at_somebody_neither() {
    let world = World::new();
    world.ada().await;
    assert!(world.sign_in(ADA, GOOD).await.is_ok());
    for guess in 0..60 {
        assert!(refused(world.sign_in_from(&format!("198.51.100.{guess}"), ADA, OTHER).await));
    }
    let hers = |world: &World| {
        let ada = format!("IDENTITY#{}", new_identity(ADA).subject);
        world.table.dump().iter().filter(|item| item.key.pk == ada).count()
    };
    let before = hers(&world);
    for guess in 0..200 {
        assert!(refused(world.sign_in_from(&format!("2001:db8:{guess:x}::1"), ADA, OTHER).await));
        let nobody = format!("nobody{guess}@example.com");
        assert!(refused(world.sign_in_from(&format!("2001:db8:{guess:x}::1"), &nobody, OTHER).await));
    }
    assert_eq!(hers(&world), before, "beyond the cap nothing is added");
    for item in world.table.dump().iter().filter(|item| item.key.pk.starts_with("GUESS-DECOY#")) {
        assert_eq!(item.key.pk.len(), "GUESS-DECOY#".len() + 3, "one of 4096 places: {}", item.key.pk);
        assert!(item.expires.is_some());
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
