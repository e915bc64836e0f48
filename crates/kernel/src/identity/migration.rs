//! Migrates people into another credential store, by the password whose hash is still in the table.
//!
//! INVARIANT: all refusals are alike, after the same work: unknown, wrong, disabled, locked, migrated.

use std::net::Ipv4Addr;

use secrecy::SecretString;

use super::{
    Provider,
    codes::{chose_password, may_reset},
    guesses::GuessSource,
    opaque::spellings,
    passwords::Match,
    records::Person,
};
use crate::{
    ids::{AccountId, Subject},
    ports::{
        identity::{Email, SignInError},
        table::TableError,
    },
};

/// Somebody to be made elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigratingUser {
    pub subject: Subject,
    pub email: Email,
    pub account: AccountId,
}

impl Provider {
    /// Who may move in by this password; `name` is a subject or an e-mail address. A temporary password moves nobody: it
    /// would open more there than here.
    pub async fn migrate_by_password(
        &self,
        name: &str,
        password: &SecretString,
    ) -> Result<Option<MigratingUser>, SignInError> {
        // Nobody says from where it was typed: an identity is slowed down as one.
        let now = self.clock.now();
        let person = self.called(name).await?;
        let counted = self.identities_of(person.as_ref().map(|person| &person.email)).await?.first();
        let suspect = GuessSource::new(counted, name, Ipv4Addr::UNSPECIFIED.into());
        let locked = self.guesses.status(&suspect, now).await?.locked;
        let hash = person.as_ref().filter(|person| chose_password(person) && !locked).and_then(hash_of);
        let mut right = false;
        for spelling in spellings(password) {
            let found = self.passwords.compare(&spelling, hash).await.map_err(|_| SignInError::Busy)?;
            right = right || found != Match::Wrong;
        }
        let admitted = !locked && self.guesses.settle(&suspect, right, self.clock.now()).await?;
        Ok(person.filter(|_| admitted && right).map(MigratingUser::from))
    }

    /// Who may move in to be given another password there, by a code that is mailed to them.
    pub async fn migrate_by_code(&self, name: &str) -> Result<Option<MigratingUser>, TableError> {
        let person = self.called(name).await?;
        Ok(person.filter(|person| may_reset(person) && hash_of(person).is_some()).map(MigratingUser::from))
    }

    async fn called(&self, name: &str) -> Result<Option<Person>, TableError> {
        if let Ok(subject) = name.parse::<Subject>() {
            return Ok(self.person(subject).await?.map(|stored| stored.record));
        }
        let same = self.identities_of(Email::parse(name).ok().as_ref()).await?;
        Ok(same.choose(None, chose_password).cloned())
    }
}

impl From<Person> for MigratingUser {
    fn from(person: Person) -> Self {
        Self { subject: person.subject, email: person.email, account: person.account }
    }
}

fn hash_of(person: &Person) -> Option<&str> {
    person.password.as_ref()?.hash.as_deref()
}
