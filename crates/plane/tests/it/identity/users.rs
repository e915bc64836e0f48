use plane::ports::identity::{IdentityError, SignedIn};

use super::*;

#[tokio::test]
async fn asking_again_for_the_same_identity_is_fine_and_another_is_not_made_of_it() {
    let world = World::new();
    let ada = new_identity(ADA);
    world.identity.ensure_user(ada.clone()).await.unwrap();
    let before = world.table.dump();
    world.identity.ensure_user(ada.clone()).await.unwrap();
    assert_eq!(world.table.dump(), before);

    let renamed = NewIdentity { email: Email::parse("ada.l@example.com").unwrap(), ..ada };
    assert!(matches!(world.identity.ensure_user(renamed).await, Err(IdentityError::Different)));
    assert_eq!(world.table.dump(), before);
}

#[tokio::test]
async fn an_address_has_one_holder_in_any_spelling() {
    let world = World::new();
    world.invited(ADA).await;
    for spelling in ["ADA@Example.COM", "  ada@example.com ", "ａｄａ@example.com"] {
        let thief = NewIdentity { subject: Subject::derived(Uuid::nil(), "thief"), ..new_identity(spelling) };
        assert!(matches!(world.identity.ensure_user(thief).await, Err(IdentityError::EmailTaken)), "{spelling}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_racing_claims_of_one_address_one_wins() {
    let world = World::new();
    let answers = race(100, |number| {
        let identity = Arc::clone(&world.identity);
        let subject = Subject::derived(Uuid::nil(), &number.to_string());
        async move { identity.ensure_user(NewIdentity { subject, ..new_identity(ADA) }).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(IdentityError::EmailTaken))));
}

#[tokio::test]
async fn without_a_password_nobody_signs_in() {
    let world = World::new();
    world.invited(ADA).await;
    for password in ["", GOOD, "Adminuser@123"] {
        assert!(refused(world.sign_in(ADA, password).await));
    }
}

#[tokio::test]
async fn a_removed_identity_leaves_nothing_and_comes_back_with_nothing() {
    let world = World::new();
    let ada = world.ada().await;
    let tokens = world.tokens().await;
    world.identity.forgot_password(ADA).await.unwrap().unwrap();
    assert!(world.good(&tokens.access_token).await);
    world.identity.remove_user(ada).await.unwrap();
    world.identity.remove_user(ada).await.unwrap();
    assert!(!world.good(&tokens.access_token).await);
    assert!(!world.table.dump().iter().any(|item| item.key.pk.starts_with("IDENTITY")));

    world.ada().await;
    assert!(!world.good(&tokens.access_token).await);
    assert!(world.identity.refresh(tokens.refresh_token).await.is_err());
    assert!(world.identity.sessions(ada).await.unwrap().is_empty());
}

#[tokio::test]
async fn disabling_ends_what_there_is_at_once_and_enabling_brings_nothing_back() {
    let world = World::new();
    let ada = world.ada().await;
    let tokens = world.tokens().await;
    assert!(world.good(&tokens.access_token).await);
    world.identity.set_enabled(ada, true).await.unwrap();
    assert!(world.good(&tokens.access_token).await, "nothing changed");

    for _ in 0..2 {
        world.identity.set_enabled(ada, false).await.unwrap();
        assert!(!world.good(&tokens.access_token).await);
        assert!(refused(world.sign_in(ADA, GOOD).await));
        assert!(matches!(world.identity.probe_token(ada).await, Err(IdentityError::Disabled)));
        assert!(world.identity.forgot_password(ADA).await.unwrap().is_none());
    }
    world.identity.set_enabled(ada, true).await.unwrap();
    assert!(!world.good(&tokens.access_token).await);
    assert!(world.identity.refresh(tokens.refresh_token).await.is_err());
    assert!(matches!(world.sign_in(ADA, GOOD).await, Ok(SignedIn::Tokens(_))));
}

#[tokio::test]
async fn what_is_not_there_is_named_so() {
    let world = World::new();
    let nobody = Subject::derived(Uuid::nil(), "nobody");
    assert!(matches!(world.identity.set_enabled(nobody, true).await, Err(IdentityError::Unknown)));
    assert!(matches!(world.identity.probe_token(nobody).await, Err(IdentityError::Unknown)));
    world.identity.sign_out_everywhere(nobody).await.unwrap();
    assert!(world.identity.sessions(nobody).await.unwrap().is_empty());
}

#[test]
fn an_email_has_one_spelling() {
    let email = |text: &str| Email::parse(text).map(|email| email.to_string());
    assert_eq!(email(" Ada.Lovelace@EXAMPLE.com\n").unwrap(), "ada.lovelace@example.com");
    assert_eq!(email("ﬁna@example.com").unwrap(), "fina@example.com");
    for wrong in [
        "",
        "@",
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@@example.com",
        "a b@example.com",
        "ada@example..com",
        "ada@example.com\u{0}",
        "<ada@example.com>",
        "ada@example.com,eve@example.com",
        &"a".repeat(2000),
        &format!("{}@example.com", "a".repeat(65)),
    ] {
        assert!(email(wrong).is_err(), "{wrong:?}");
    }
}
