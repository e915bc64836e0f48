//! Turns a refresh token into its successor, and notices one that comes back.
//!
//! INVARIANT: a refresh token has one successor ever. It is made of the token itself and a salt kept with it, so that
//! racing calls get the same one, and nobody can make it who does not hold the token.

use aws_lc_rs::hmac;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Provider, activity,
    credential_store::{CredentialStoreError, Issued},
    provider::{LiveSession, Stored},
    records::{RefreshRecord, SessionRecord, SpentToken, put, refresh_key, session_key, spell},
    same_address::has_own_password,
    sessions::tokens,
    trail,
    users::{ATTEMPTS, contended},
};
use crate::{
    ids::AccountId,
    ports::{
        identity::{RefreshError, TokenSet},
        random,
        table::{CommitError, Condition},
    },
};

impl Provider {
    pub(super) async fn renew(&self, token: &SecretString) -> Result<TokenSet, RefreshError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let found: Option<Stored<RefreshRecord>> = self.stored(&refresh_key(token)).await?;
            let Some(Stored { record, version }) = found.filter(|found| now < found.record.expires) else {
                return Err(RefreshError::Refused);
            };
            let Some(living) = self.living(record.subject, record.session, now).await? else {
                self.end_what_continues(&record, now).await?;
                // A deactivation ends the sessions; the person who had one learns why.
                let person = if record.spent.is_none() { self.person(record.subject).await? } else { None };
                let barred = match &person {
                    Some(person) => trail::bars(&person.record).await?,
                    None => None,
                };
                return Err(barred.map_or(RefreshError::Refused, RefreshError::InactiveUser));
            };
            // The token stays as it is: the session goes on once the person may act again.
            if let Some(barred) = trail::bars(&living.person).await? {
                return Err(RefreshError::InactiveUser(barred));
            }
            match &record.spent {
                None => {
                    if let Some(tokens) = self.spend(token, record, version, living).await? {
                        return Ok(tokens);
                    }
                }
                Some(spent) if now < spent.at + self.settings.refresh_grace => {
                    let same = successor(token, &spent.salt);
                    let issued = self.renewed(&living, now).await?;
                    return Ok(tokens(&living.session, same, issued));
                }
                Some(_) => {
                    // Two hold it, and one of them has no right to: neither goes on.
                    self.end(record.subject, record.session).await?;
                    tracing::warn!(subject = %record.subject, session = %record.session,
                        "a spent refresh token came back, its session is ended");
                    return Err(RefreshError::Refused);
                }
            }
        }
        Err(contended().into())
    }

    /// Exchanges a refresh token for a session in another account of the same address. The session of the token ends.
    pub(super) async fn switch(&self, token: &SecretString, account: AccountId) -> Result<TokenSet, RefreshError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let found: Option<Stored<RefreshRecord>> = self.stored(&refresh_key(token)).await?;
            let found = found.filter(|found| now < found.record.expires && found.record.spent.is_none());
            let Stored { record, version } = found.ok_or(RefreshError::Refused)?;
            let living = self.living(record.subject, record.session, now).await?.ok_or(RefreshError::Refused)?;
            let same = self.identities_of(Some(&living.person.email)).await?;
            let target = same.persons().find(|person| person.account == account && has_own_password(person));
            let target = target.ok_or(RefreshError::NoSuchAccount)?;
            if let Some(barred) = trail::bars(target).await? {
                return Err(RefreshError::InactiveUser(barred));
            }
            if self.credential_store.opens_sessions() {
                return Err(RefreshError::PasswordRequired);
            }
            let LiveSession { person, mut session, version: session_version } = living;
            let opening = self.open_since(session.created, target, session.ip, &session.user_agent, None, now);
            session.continued_by = Some((opening.session.subject, opening.session.id));
            let spent = RefreshRecord {
                spent: Some(SpentToken { at: now, salt: hex::encode(random::secret(self.rng.as_ref())) }),
                ..record
            };
            let key = session_key(session.subject, session.id);
            let mut writes = vec![
                put(refresh_key(token), &spent, Some(spent.expires), Condition::Version(version)),
                put(key, &session, Some(session.ends), Condition::Version(session_version)),
                person.unchanged_epoch(),
            ];
            if target.subject != person.subject {
                writes.push(target.unchanged_epoch());
            }
            writes.extend(opening.writes);
            writes.push(activity::signed_in(target.subject, now));
            writes.extend(trail::writes(target).await?);
            match self.table.commit(writes).await {
                Ok(()) => {
                    self.verifier.ended(person.subject);
                    let issued = self.issued(target, &opening.session, opening.issued, now).await?;
                    return Ok(tokens(&opening.session, opening.refresh, issued));
                }
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(contended().into())
    }

    /// A token whose session goes on in another account came back. Unless that was a race, two hold it: neither goes on.
    async fn end_what_continues(&self, record: &RefreshRecord, now: Timestamp) -> Result<(), RefreshError> {
        let raced = record.spent.as_ref().is_some_and(|spent| now < spent.at + self.settings.refresh_grace);
        let session: Option<Stored<SessionRecord>> = self.stored(&session_key(record.subject, record.session)).await?;
        if session.is_none_or(|session| session.record.continued_by.is_none()) || raced {
            return Ok(());
        }
        self.end_continued(record.subject, record.session).await?;
        tracing::warn!(subject = %record.subject, session = %record.session,
            "a refresh token of a session that went over to another account came back, its session is ended");
        Ok(())
    }

    /// `None` if another call changed the token or its session first.
    async fn spend(
        &self,
        token: &SecretString,
        mut record: RefreshRecord,
        version: u64,
        mut living: LiveSession,
    ) -> Result<Option<TokenSet>, RefreshError> {
        let now = self.clock.now();
        let salt = hex::encode(random::secret(self.rng.as_ref()));
        let next = successor(token, &salt);
        let active = activity::renewed(living.session.subject, living.session.last_used, now);
        living.session.last_used = now;
        living.session.ends = self.ends(living.session.created, now);
        // Before the token is spent: where no tokens can be had, it stays good.
        let issued = self.renewed(&living, now).await?;
        let LiveSession { session, version: session_version, .. } = living;
        let next_record = RefreshRecord { expires: session.ends, spent: None, ..record.clone() };
        record.spent = Some(SpentToken { at: now, salt });
        let key = session_key(session.subject, session.id);
        let mut writes = vec![
            put(refresh_key(token), &record, Some(record.expires), Condition::Version(version)),
            put(refresh_key(&next), &next_record, Some(next_record.expires), Condition::Absent),
            put(key, &session, Some(session.ends), Condition::Version(session_version)),
        ];
        writes.extend(active);
        match self.table.commit(writes).await {
            Ok(()) => Ok(Some(tokens(&session, next, issued))),
            Err(CommitError::Refused { .. }) => Ok(None),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }

    /// New tokens of a session. One that the credential store knows no more ends here too.
    async fn renewed(&self, living: &LiveSession, now: Timestamp) -> Result<Issued, RefreshError> {
        let issued = self.credential_store.issue(&living.person, &living.session, now).await;
        if let Err(CredentialStoreError::Over) = issued {
            self.end(living.session.subject, living.session.id).await?;
        }
        Ok(issued?)
    }
}

fn successor(token: &SecretString, salt: &str) -> SecretString {
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.expose_secret().as_bytes());
    let tag = hmac::sign(&key, salt.as_bytes());
    spell("fhr_", tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes"))
}
