//! Identities: made, disabled, removed.

use std::sync::Arc;

use plane::{
    ids::Subject,
    ports::{
        identity::{Email, EmailChangePlan, Identity, IdentityError, NewIdentity, OnEmailChange, SignedIn},
        table::{CommitError, Table},
    },
};
use uuid::Uuid;

use super::{ADA, GOOD, Ground, attempt, forgotten, new_identity, race, refused};
use crate::conformance::cases;

cases! {
    Ground;

    asking_again_for_the_same_identity_is_fine_and_another_is_not_made_of_it(world) {
        let ada = new_identity(ADA);
        world.identity.ensure_user(ada.clone()).await.unwrap();
        let before = world.table.dump();
        world.identity.ensure_user(ada.clone()).await.unwrap();
        assert_eq!(world.table.dump(), before);

        let renamed = NewIdentity { email: Email::parse("ada.l@example.com").unwrap(), ..ada };
        assert!(matches!(world.identity.ensure_user(renamed).await, Err(IdentityError::Different)));
        assert_eq!(world.table.dump(), before);
    }

    an_address_has_one_holder_in_an_account_in_any_spelling(world) {
        world.invited(ADA).await;
        for spelling in ["ADA@Example.COM", "  ada@example.com ", "ａｄａ@example.com"] {
            let thief = NewIdentity { subject: Subject::derived(Uuid::nil(), "thief"), ..new_identity(spelling) };
            assert!(matches!(world.identity.ensure_user(thief).await, Err(IdentityError::EmailTaken)), "{spelling}");
        }
    }

    of_racing_claims_of_one_address_in_an_account_one_wins(world) {
        let answers = race(100, |number| {
            let identity = Arc::clone(&world.identity);
            let subject = Subject::derived(Uuid::nil(), &number.to_string());
            async move { identity.ensure_user(NewIdentity { subject, ..new_identity(ADA) }).await }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(IdentityError::EmailTaken))));
    }

    an_address_changes_in_one_commit_with_its_claim(world) {
        let ada = world.ada().await;
        world.invited("taken@example.com").await;
        let (kept, other) = (world.tokens().await, world.tokens().await);
        let new = Email::parse("ada.l@example.com").unwrap();
        let plan = async |new: &Email| {
            let sessions = OnEmailChange::EndOthers { keep: kept.session };
            let EmailChangePlan { claim, others, .. } =
                world.identity.plan_email_change(ada, new, sessions).await.unwrap();
            let commit = [vec![claim], others].concat();
            world.table.commit(commit).await
        };
        let taken = plan(&Email::parse("taken@example.com").unwrap()).await;
        assert!(matches!(taken, Err(CommitError::Refused { write: 0, .. })), "the claim is refused");
        assert!(world.sign_in(ADA, GOOD).await.is_ok());

        plan(&new).await.unwrap();
        // Here a process may end: a sign-in at another one finishes the change.
        assert!(world.neighbour.sign_in(attempt("192.0.2.1", new.as_str(), GOOD)).await.is_ok());
        world.identity.email_changed(ada).await.unwrap();
        world.identity.email_changed(ada).await.unwrap();
        let table = world.table.dump();
        let person = table.iter().find(|item| item.key.sk == "IDENTITY" && item.key.pk.contains(&ada.to_string()));
        assert!(!String::from_utf8_lossy(&person.unwrap().body).contains("email_pending"), "the credential store has the new address");
        assert!(world.good(&kept.access_token).await && !world.good(&other.access_token).await);
        assert!(refused(world.sign_in(ADA, GOOD).await));
        // The old address is free, the new one is not.
        world.identity.ensure_user(NewIdentity { subject: Subject::derived(Uuid::nil(), "next"), ..new_identity(ADA) }).await.unwrap();
        let thief = NewIdentity { subject: Subject::derived(Uuid::nil(), "thief"), ..new_identity(new.as_str()) };
        assert!(matches!(world.identity.ensure_user(thief).await, Err(IdentityError::EmailTaken)));
    }

    without_a_password_nobody_signs_in(world) {
        world.invited(ADA).await;
        for password in ["", GOOD, "Adminuser@123"] {
            assert!(refused(world.sign_in(ADA, password).await));
        }
    }

    a_removed_identity_leaves_nothing_and_comes_back_with_nothing(world) {
        let ada = world.ada().await;
        let tokens = world.tokens().await;
        world.identity.forgot_password(forgotten("192.0.2.1", ADA)).await.unwrap().unwrap();
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

    disabling_ends_what_there_is_at_once_and_enabling_brings_nothing_back(world) {
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
            assert!(world.identity.forgot_password(forgotten("192.0.2.1", ADA)).await.unwrap().is_none());
        }
        world.identity.set_enabled(ada, true).await.unwrap();
        assert!(!world.good(&tokens.access_token).await);
        assert!(world.identity.refresh(tokens.refresh_token).await.is_err());
        assert!(matches!(world.sign_in(ADA, GOOD).await, Ok(SignedIn::Tokens(_))));
    }

    what_is_not_there_is_named_so(world) {
        let nobody = Subject::derived(Uuid::nil(), "nobody");
        assert!(matches!(world.identity.set_enabled(nobody, true).await, Err(IdentityError::Unknown)));
        assert!(matches!(world.identity.probe_token(nobody).await, Err(IdentityError::Unknown)));
        world.identity.sign_out_everywhere(nobody).await.unwrap();
        assert!(world.identity.sessions(nobody).await.unwrap().is_empty());
    }
}
