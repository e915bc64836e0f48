//! One person with one address in several accounts.

use std::sync::Arc;

use plane::{
    ids::{AccountId, Subject},
    ports::identity::{
        Acceptance, Identity, IdentityError, NewIdentity, PasswordChange, PasswordError, Permanence, RefreshError,
        SignIn, SignedIn, TokenSet,
    },
};
use uuid::Uuid;

use super::{ADA, GOOD, Ground, attempt, forgotten, minutes, new_identity, race, refused, reset};
use crate::conformance::cases;

const OTHER: &str = "Another-passphrase-7!";

fn account(name: &str) -> AccountId {
    AccountId::derived(Uuid::nil(), name)
}

impl Ground {
    /// Ada's identity in an account, not accepted yet.
    async fn ada_in(&self, name: &str) -> Subject {
        let subject = Subject::derived(Uuid::nil(), &format!("ada:{name}"));
        let new = NewIdentity { subject, account: account(name), ..new_identity(ADA) };
        self.identity.ensure_user(new).await.unwrap();
        subject
    }

    async fn accept(&self, subject: Subject, password: &str) -> Result<(), PasswordError> {
        let ip = "192.0.2.1".parse().unwrap();
        self.identity.accept(Acceptance { subject, password: password.into(), ip }).await
    }

    /// Ada, who belongs to Acme and Bolt.
    async fn ada_of_two(&self) -> (Subject, Subject) {
        let acme = self.ada().await;
        let bolt = self.ada_in("bolt").await;
        self.accept(bolt, GOOD).await.unwrap();
        (acme, bolt)
    }

    async fn enter(&self, name: &str, password: &str) -> Option<TokenSet> {
        let attempt = SignIn { account: Some(account(name)), ..attempt("192.0.2.1", ADA, password) };
        match self.identity.sign_in(attempt).await {
            Ok(SignedIn::Tokens(tokens)) => Some(tokens),
            _ => None,
        }
    }
}

fn choice(signed_in: Result<SignedIn, plane::ports::identity::SignInError>) -> Vec<AccountId> {
    match signed_in {
        Ok(SignedIn::ChooseAccount(accounts)) => accounts,
        other => panic!("no choice: {other:?}"),
    }
}

cases! {
    Ground;

    an_identity_in_another_account_changes_nothing_until_it_is_accepted(world) {
        let acme = world.ada().await;
        let bolt = world.ada_in("bolt").await;
        let tokens = world.tokens().await;
        assert_eq!(tokens.subject, acme);
        assert!(world.enter("bolt", GOOD).await.is_none());
        assert_eq!(world.identity.accounts(acme).await.unwrap(), [account("acme")]);
        // Accepting asks for the password that there is, and says so to the owner of the mailbox alone.
        assert!(matches!(world.accept(bolt, OTHER).await, Err(PasswordError::NotTheExisting)));
        assert!(world.enter("acme", OTHER).await.is_none());
        world.accept(bolt, GOOD).await.unwrap();
        assert!(world.good(&tokens.access_token).await, "the session in the other account goes on");
        assert_eq!(choice(world.sign_in(ADA, GOOD).await), [account("acme"), account("bolt")]);
        assert_eq!(world.enter("bolt", GOOD).await.unwrap().subject, bolt);
        assert_eq!(world.enter("acme", GOOD).await.unwrap().subject, acme);
        assert!(world.enter("cyan", GOOD).await.is_none(), "not an account of hers");
        assert!(refused(world.sign_in(ADA, OTHER).await));
        assert_eq!(world.identity.accounts(bolt).await.unwrap(), [account("acme"), account("bolt")]);
    }

    the_first_to_be_accepted_chooses_the_password_of_both(world) {
        let acme = world.invited(ADA).await;
        let bolt = world.ada_in("bolt").await;
        world.accept(bolt, OTHER).await.unwrap();
        assert_eq!(world.enter("bolt", OTHER).await.unwrap().subject, bolt);
        assert!(world.enter("acme", OTHER).await.is_none());
        assert!(matches!(world.accept(acme, GOOD).await, Err(PasswordError::NotTheExisting)));
        world.accept(acme, OTHER).await.unwrap();
        assert!(world.enter("acme", OTHER).await.is_some());
    }

    racing_acceptances_leave_one_password(world) {
        let acme = world.invited(ADA).await;
        let bolt = world.ada_in("bolt").await;
        let answers = race(2, |number| {
            let (subject, password) = if number == 0 { (acme, GOOD) } else { (bolt, OTHER) };
            let identity = Arc::clone(&world.identity);
            let ip = "192.0.2.1".parse().unwrap();
            async move { identity.accept(Acceptance { subject, password: password.into(), ip }).await }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    }

    guesses_at_the_password_of_an_acceptance_are_bounded(world) {
        world.ada().await;
        let bolt = world.ada_in("bolt").await;
        for _ in 0..20 {
            assert!(world.accept(bolt, OTHER).await.is_err());
        }
        assert!(world.accept(bolt, GOOD).await.is_err(), "locked");
        world.advance(minutes(60 * 24));
        world.accept(bolt, GOOD).await.unwrap();
    }

    a_new_password_holds_in_every_account_and_ends_all_sessions(world) {
        let (acme, _) = world.ada_of_two().await;
        let (here, there) = (world.enter("acme", GOOD).await.unwrap(), world.enter("bolt", GOOD).await.unwrap());
        let change = PasswordChange {
            subject: acme,
            keep: here.session,
            old: GOOD.into(),
            new: OTHER.into(),
            ip: "192.0.2.1".parse().unwrap(),
        };
        world.identity.change_password(change).await.unwrap();
        assert!(world.good(&here.access_token).await && !world.good(&there.access_token).await);
        assert!(world.enter("bolt", GOOD).await.is_none() && world.enter("bolt", OTHER).await.is_some());

        let mail = world.identity.forgot_password(forgotten("192.0.2.1", ADA)).await.unwrap().unwrap();
        let third = "A-third-passphrase-8?";
        world.identity.reset_password(reset(ADA, &mail.code.unwrap(), third)).await.unwrap();
        assert!(!world.good(&here.access_token).await);
        for name in ["acme", "bolt"] {
            assert!(world.enter(name, OTHER).await.is_none() && world.enter(name, third).await.is_some(), "{name}");
        }
    }

    what_an_account_does_to_its_user_stays_in_that_account(world) {
        let (acme, bolt) = world.ada_of_two().await;
        let (here, there) = (world.enter("acme", GOOD).await.unwrap(), world.enter("bolt", GOOD).await.unwrap());
        world.identity.set_enabled(acme, false).await.unwrap();
        assert!(!world.good(&here.access_token).await && world.good(&there.access_token).await);
        // With one account left there is nothing to choose.
        assert_eq!(world.tokens().await.subject, bolt);
        world.identity.set_enabled(acme, true).await.unwrap();
        world.identity.sign_out_everywhere(bolt).await.unwrap();
        assert!(!world.good(&there.access_token).await);
        // Acme lets her go, who was there first; the other account keeps her password.
        world.identity.remove_user(acme).await.unwrap();
        assert_eq!(world.tokens().await.subject, bolt);
        world.identity.remove_user(bolt).await.unwrap();
        assert!(!world.table.dump().iter().any(|item| item.key.pk.starts_with("IDENTITY")));
    }

    an_address_that_is_given_up_in_one_account_stays_in_the_other(world) {
        let (acme, bolt) = world.ada_of_two().await;
        let kept = world.enter("acme", GOOD).await.unwrap();
        let new = plane::ports::identity::Email::parse("ada.l@example.com").unwrap();
        let sessions = plane::ports::identity::OnEmailChange::EndOthers { keep: kept.session };
        let plan = world.identity.plan_email_change(acme, &new, sessions).await.unwrap();
        let commit = [vec![plan.claim], plan.others].concat();
        plane::ports::table::Table::commit(world.table.as_ref(), commit).await.unwrap();
        world.identity.email_changed(acme).await.unwrap();
        assert_eq!(world.tokens().await.subject, bolt);
        match world.sign_in(new.as_str(), GOOD).await {
            Ok(SignedIn::Tokens(tokens)) => assert_eq!(tokens.subject, acme),
            other => panic!("no tokens: {other:?}"),
        }
    }

    an_address_belongs_to_at_most_fifty_accounts(world) {
        for number in 0..50 {
            world.ada_in(&number.to_string()).await;
        }
        let subject = Subject::derived(Uuid::nil(), "one more");
        let new = NewIdentity { subject, account: account("one more"), ..new_identity(ADA) };
        assert!(matches!(world.identity.ensure_user(new).await, Err(IdentityError::TooManyAccounts)));
        assert!(!world.table.dump().iter().any(|item| item.key.pk.contains(&subject.to_string())), "nothing is left");
        let twice = NewIdentity { subject, account: account("7"), ..new_identity(ADA) };
        assert!(matches!(world.identity.ensure_user(twice).await, Err(IdentityError::EmailTaken)));
    }

    a_refresh_token_leads_to_the_other_account_once(world) {
        let (_, bolt) = world.ada_of_two().await;
        let here = world.enter("acme", GOOD).await.unwrap();
        let nowhere = world.identity.switch_account(here.refresh_token.clone(), account("cyan")).await;
        assert!(matches!(nowhere, Err(RefreshError::NoSuchAccount)));
        let switched = world.identity.switch_account(here.refresh_token.clone(), account("bolt")).await;
        let there = match switched {
            Ok(tokens) => tokens,
            // Where the user pool has sessions too, it needs the password.
            Err(RefreshError::PasswordRequired) => {
                assert!(world.identity.refresh(here.refresh_token).await.is_ok(), "the token stays good");
                return;
            }
            Err(other) => panic!("{other}"),
        };
        assert_eq!(there.subject, bolt);
        assert!(world.good(&there.access_token).await && !world.good(&here.access_token).await);
        assert!(there.refresh_expires_at <= here.refresh_expires_at);
        for token in [here.refresh_token.clone(), here.refresh_token] {
            assert!(matches!(world.identity.switch_account(token, account("bolt")).await, Err(RefreshError::Refused)));
        }
        world.identity.refresh(there.refresh_token).await.unwrap();
    }

    a_token_of_a_session_that_went_over_ends_it_when_it_comes_back(world) {
        world.ada_of_two().await;
        let first = world.enter("acme", GOOD).await.unwrap();
        let second = world.identity.refresh(first.refresh_token.clone()).await.unwrap();
        let switch = |token| world.identity.switch_account(token, account("bolt"));
        let there = match switch(second.refresh_token.clone()).await {
            Ok(tokens) => tokens,
            Err(RefreshError::PasswordRequired) => return,
            Err(other) => panic!("{other}"),
        };
        // Another tab was a moment late.
        assert!(world.identity.refresh(second.refresh_token.clone()).await.is_err());
        assert!(world.good(&there.access_token).await);
        world.advance(minutes(1));
        assert!(world.identity.refresh(first.refresh_token).await.is_err());
        assert!(!world.good(&there.access_token).await, "two hold the token");

        let mine = world.enter("acme", GOOD).await.unwrap();
        let there = switch(mine.refresh_token.clone()).await.unwrap();
        world.identity.sign_out(mine.refresh_token).await.unwrap();
        assert!(!world.good(&there.access_token).await, "signing out ends what the session became");
    }

    an_account_that_disables_a_person_keeps_no_other_from_inviting_them(world) {
        let acme = world.ada().await;
        world.identity.set_enabled(acme, false).await.unwrap();
        let bolt = world.ada_in("bolt").await;
        let mail = world.identity.forgot_password(forgotten("192.0.2.1", ADA)).await.unwrap().unwrap();
        world.identity.reset_password(reset(ADA, &mail.code.unwrap(), OTHER)).await.unwrap();
        world.accept(bolt, OTHER).await.unwrap();
        assert_eq!(world.enter("bolt", OTHER).await.unwrap().subject, bolt);
        assert!(world.enter("acme", OTHER).await.is_none());
    }

    a_password_given_by_the_platform_opens_one_account_alone(world) {
        let (acme, bolt) = world.ada_of_two().await;
        world.identity.set_password(acme, OTHER.into(), Permanence::Temporary).await.unwrap();
        assert_eq!(world.tokens().await.subject, bolt, "the one account that her password opens");
        assert!(world.enter("bolt", OTHER).await.is_none());
        assert!(world.enter("bolt", GOOD).await.is_some());
    }
}
