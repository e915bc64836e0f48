//! Turns a refresh token into its successor, and notices one that comes back.
//!
//! INVARIANT: a refresh token has one successor ever. It is made of the token itself and a salt kept with it, so that
//! racing calls get the same one, and nobody can make it who does not hold the token.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};

use super::{
    EmbeddedIdentity,
    provider::{Living, Stored},
    records::{RefreshRecord, Spent, put, refresh_key, session_key, spell},
    users::{ATTEMPTS, contended},
};
use crate::ports::{
    chance,
    identity::{RefreshError, TokenSet},
    table::{CommitError, Condition},
};

impl EmbeddedIdentity {
    pub(super) async fn renew(&self, token: &SecretString) -> Result<TokenSet, RefreshError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let found: Option<Stored<RefreshRecord>> = self.stored(&refresh_key(token)).await?;
            let Some(Stored { record, version }) = found.filter(|found| now < found.record.expires) else {
                return Err(RefreshError::Refused);
            };
            let Some(living) = self.living(record.subject, record.session, now).await? else {
                return Err(RefreshError::Refused);
            };
            match &record.spent {
                None => {
                    if let Some(tokens) = self.spend(token, record, version, living).await? {
                        return Ok(tokens);
                    }
                }
                Some(spent) if now < spent.at + self.settings.refresh_grace => {
                    let same = successor(token, &spent.salt);
                    return Ok(self.tokens(&living.person, &living.session, same, now).await);
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

    /// `None` if another call changed the token or its session first.
    async fn spend(
        &self,
        token: &SecretString,
        mut record: RefreshRecord,
        version: u64,
        living: Living,
    ) -> Result<Option<TokenSet>, RefreshError> {
        let now = self.clock.now();
        let Living { person, mut session, version: session_version } = living;
        let salt = hex::encode(chance::secret(self.chance.as_ref()));
        let next = successor(token, &salt);
        session.last_used = now;
        session.ends = self.ends(session.created, now);
        let next_record = RefreshRecord { expires: session.ends, spent: None, ..record.clone() };
        record.spent = Some(Spent { at: now, salt });
        let key = session_key(session.subject, session.id);
        let writes = vec![
            put(refresh_key(token), &record, Some(record.expires), Condition::Version(version)),
            put(refresh_key(&next), &next_record, Some(next_record.expires), Condition::Absent),
            put(key, &session, Some(session.ends), Condition::Version(session_version)),
        ];
        match self.table.commit(writes).await {
            Ok(()) => Ok(Some(self.tokens(&person, &session, next, now).await)),
            Err(CommitError::Refused { .. }) => Ok(None),
            Err(CommitError::Table(error)) => Err(error.into()),
        }
    }
}

fn successor(token: &SecretString, salt: &str) -> SecretString {
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.expose_secret().as_bytes());
    let tag = hmac::sign(&key, salt.as_bytes());
    spell("fhr_", tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes"))
}
