//! Passwords by the profile OpaqueString (RFC 8265): one password is one, however a device composes its letters and spaces.
//!
//! INVARIANT: the provider asks its credential store with normalized passwords alone. A password that an earlier version stored as it
//! was typed is compared a second time as it is.

use precis_profiles::{OpaqueString, precis_core::profile::PrecisFastInvocation as _};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Provider,
    credential_store::{Answered, CredentialStoreError, PasswordVerdict, Person},
};
use crate::ports::identity::{Permanence, WeakPassword};

/// The normalized form of a text; `None`: the profile refuses it, for example for control characters.
pub(super) fn normalized(text: &str) -> Option<String> {
    OpaqueString::enforce(text).ok().map(std::borrow::Cow::into_owned)
}

/// The password as it is hashed and compared. What the profile refuses stays as it is, and can be no new password.
fn prepared(password: &SecretString) -> SecretString {
    normalized(password.expose_secret()).map_or_else(|| password.clone(), SecretString::from)
}

/// The password as it is stored today, and as an earlier version stored it, if that was another.
pub(super) fn spellings(password: &SecretString) -> Vec<SecretString> {
    let prepared = prepared(password);
    let typed = is_other(&prepared, password).then(|| password.clone());
    [prepared].into_iter().chain(typed).collect()
}

impl Provider {
    pub(super) fn accepts_password(&self, password: &SecretString) -> Result<(), WeakPassword> {
        self.credential_store.accepts(&prepared(password))
    }

    pub(super) async fn hash_password(&self, password: &SecretString) -> Result<Option<String>, CredentialStoreError> {
        self.credential_store.hash(&prepared(password)).await
    }

    pub(super) async fn store_password(
        &self,
        person: &Person,
        password: &SecretString,
        permanence: Permanence,
    ) -> Result<(), CredentialStoreError> {
        self.credential_store.store_password(person, &prepared(password), permanence).await
    }

    pub(super) async fn answer_challenge(
        &self,
        person: &Person,
        sealed: Option<&str>,
        password: &SecretString,
    ) -> Result<Answered, CredentialStoreError> {
        self.credential_store.answer_challenge(person, sealed, &prepared(password)).await
    }

    pub(super) async fn authenticate(
        &self,
        person: Option<&Person>,
        password: &SecretString,
    ) -> Result<PasswordVerdict, CredentialStoreError> {
        let prepared = prepared(password);
        let verdict = self.credential_store.authenticate(person, &prepared).await?;
        match verdict {
            PasswordVerdict::Wrong if is_other(&prepared, password) => {
                match self.credential_store.authenticate(person, password).await? {
                    // Stored as it was typed: it is stored normalized now.
                    PasswordVerdict::Right { stale: _, opened } => Ok(PasswordVerdict::Right { stale: true, opened }),
                    other @ (PasswordVerdict::Wrong | PasswordVerdict::Challenged(_)) => Ok(other),
                }
            }
            verdict => Ok(verdict),
        }
    }

    pub(super) async fn verify_password(
        &self,
        person: Option<&Person>,
        password: &SecretString,
    ) -> Result<bool, CredentialStoreError> {
        let prepared = prepared(password);
        Ok(self.credential_store.verify_password(person, &prepared).await?
            || is_other(&prepared, password) && self.credential_store.verify_password(person, password).await?)
    }
}

fn is_other(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() != other.expose_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_password_are_one() {
        let composed = "Caf\u{e9}-au-lait 4711";
        assert_eq!(normalized("Cafe\u{301}-au-lait\u{3000}4711").as_deref(), Some(composed));
        assert_eq!(normalized(composed).as_deref(), Some(composed));
        assert_ne!(normalized("caf\u{e9}-au-lait 4711").as_deref(), Some(composed), "case counts");
        assert_eq!(normalized("tab\tbed"), None);
        assert_eq!(normalized(""), None);
    }
}
