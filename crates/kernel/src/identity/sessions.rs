//! Opens, lists and ends sessions.

use std::net::{IpAddr, Ipv4Addr};

use jiff::Timestamp;
use secrecy::SecretString;

use super::{
    Provider,
    credential_store::{CredentialStoreError, Issued, Opened},
    provider::Stored,
    records::{
        Person, RefreshRecord, SessionKind, SessionRecord, new_secret, partition, put, read, refresh_key, session_key,
    },
    same_address::has_own_password,
    trail,
    users::store,
};
use crate::{
    ids::{AccountId, SessionId, Subject},
    ports::{
        identity::{IdentityError, Session, TokenSet},
        table::{CommitError, Condition, Index, Key, Pages, Query, Range, TableError, Write},
    },
};

/// A user agent is kept to this many characters.
const USER_AGENT: usize = 256;

/// A session about to be written.
pub(super) struct NewSession {
    pub(super) session: SessionRecord,
    pub(super) refresh: SecretString,
    pub(super) writes: Vec<Write>,
    /// Tokens that there are already.
    pub(super) issued: Option<Issued>,
}

impl Provider {
    /// A new session with its first refresh token; the caller commits it.
    pub(super) fn open(
        &self,
        person: &Person,
        ip: IpAddr,
        user_agent: &str,
        opened: Option<Opened>,
        now: Timestamp,
    ) -> NewSession {
        self.open_since(now, person, ip, user_agent, opened, now)
    }

    /// A new session that continues an older one, and is over when that would have been.
    pub(super) fn open_since(
        &self,
        created: Timestamp,
        person: &Person,
        ip: IpAddr,
        user_agent: &str,
        opened: Option<Opened>,
        now: Timestamp,
    ) -> NewSession {
        let (id, renewal, issued) = match opened {
            Some(Opened { id, renewal, issued }) => (id, Some(renewal), Some(issued)),
            None => (SessionId::new(now, self.rng.as_ref()), None, None),
        };
        let session = SessionRecord {
            id,
            subject: person.subject,
            epoch: person.epoch,
            kind: SessionKind::Person,
            created,
            last_used: now,
            ends: self.ends(created, now),
            ip: ip.to_canonical(),
            user_agent: user_agent.chars().take(USER_AGENT).collect(),
            renewal,
            continued_by: None,
        };
        let refresh = new_secret("fhr_", self.rng.as_ref());
        let record =
            RefreshRecord { subject: session.subject, session: session.id, expires: session.ends, spent: None };
        let writes = vec![
            put(session_key(session.subject, session.id), &session, Some(session.ends), Condition::Absent),
            put(refresh_key(&refresh), &record, Some(record.expires), Condition::Absent),
        ];
        NewSession { session, refresh, writes, issued }
    }

    /// When a session ends that was opened at one moment and used at another.
    pub(super) fn ends(&self, created: Timestamp, used: Timestamp) -> Timestamp {
        (created + self.settings.session_life).min(used + self.settings.refresh_idle)
    }

    /// The tokens that there are, or new ones.
    pub(super) async fn issued(
        &self,
        person: &Person,
        session: &SessionRecord,
        issued: Option<Issued>,
        now: Timestamp,
    ) -> Result<Issued, CredentialStoreError> {
        match issued {
            Some(issued) => Ok(issued),
            None => self.credential_store.issue(person, session, now).await,
        }
    }

    pub(super) async fn probe(&self, subject: Subject) -> Result<SecretString, IdentityError> {
        let now = self.clock.now();
        let person = self.enabled_person(subject).await?;
        let session = SessionRecord {
            id: SessionId::new(now, self.rng.as_ref()),
            subject,
            epoch: person.epoch,
            kind: SessionKind::Probe,
            created: now,
            last_used: now,
            ends: now + self.settings.probe_life,
            ip: Ipv4Addr::UNSPECIFIED.into(),
            user_agent: String::new(),
            renewal: None,
            continued_by: None,
        };
        let write = put(session_key(subject, session.id), &session, Some(session.ends), Condition::Absent);
        match self.table.commit(vec![person.unchanged_epoch(), write]).await {
            Ok(()) => {}
            Err(CommitError::Refused { .. }) => return Err(IdentityError::Disabled),
            Err(CommitError::Table(error)) => return Err(error.into()),
        }
        self.credential_store.probe(&person, &session, now).await
    }

    /// The accounts that somebody belongs to with their address and has accepted.
    pub(super) async fn accounts_of(&self, subject: Subject) -> Result<Vec<AccountId>, IdentityError> {
        let Some(Stored { record: person, .. }) = self.person(subject).await? else { return Ok(Vec::new()) };
        let same = self.identities_of(Some(&person.email)).await?;
        let open = same.persons().filter(|one| one.enabled && (has_own_password(one) || one.subject == subject));
        Ok(open.map(|one| one.account).collect())
    }

    pub(super) async fn living_sessions(&self, subject: Subject) -> Result<Vec<Session>, IdentityError> {
        let now = self.clock.now();
        let Some(Stored { record: person, .. }) = self.person(subject).await? else { return Ok(Vec::new()) };
        let query = Query::ascending(Index::Table, partition(subject), Range::Prefix("SESSION#".into()));
        let mut pages = Pages::new(self.table.as_ref(), query);
        let mut living = Vec::new();
        while let Some(items) = pages.next().await? {
            for item in &items {
                let session: SessionRecord = read(item)?;
                if session.kind == SessionKind::Person && self.is_alive(&session, &person, now) {
                    living.push(seen(session));
                }
            }
        }
        living.sort_by_key(|session| std::cmp::Reverse(session.last_used));
        Ok(living)
    }

    pub(super) async fn end(&self, subject: Subject, session: SessionId) -> Result<(), TableError> {
        let key = session_key(subject, session);
        let ending: Option<Stored<SessionRecord>> =
            if self.credential_store.opens_sessions() { self.stored(&key).await? } else { None };
        self.delete_session(subject, key).await?;
        self.verifier.ended(subject);
        if let Some(Stored { record, .. }) = ending {
            self.credential_store.end_session(&record).await;
        }
        Ok(())
    }

    /// Removes the record of a session. One that is absent leaves no trail.
    async fn delete_session(&self, subject: Subject, key: Key) -> Result<(), TableError> {
        let person = if trail::is_set() { self.person(subject).await? } else { None };
        let Some(Stored { record: person, .. }) = person else {
            return self.table.commit(vec![Write::Delete { key, when: Condition::Always }]).await.map_err(store);
        };
        let mut writes = vec![Write::Delete { key, when: Condition::Present }];
        writes.extend(trail::writes(&person).await?);
        match self.table.commit(writes).await {
            Ok(()) | Err(CommitError::Refused { write: 0, .. }) => Ok(()),
            Err(error) => Err(store(error)),
        }
    }

    pub(super) async fn end_session_of(&self, token: &SecretString) -> Result<(), IdentityError> {
        match self.stored::<RefreshRecord>(&refresh_key(token)).await? {
            Some(Stored { record, .. }) => Ok(self.end_continued(record.subject, record.session).await?),
            None => Ok(()),
        }
    }

    /// Ends a session, or the one that continues it in another account.
    pub(super) async fn end_continued(&self, subject: Subject, session: SessionId) -> Result<(), TableError> {
        let (mut subject, mut session) = (subject, session);
        while let Some(stored) = self.stored::<SessionRecord>(&session_key(subject, session)).await? {
            match stored.record.continued_by {
                Some(next) => (subject, session) = next,
                None => break,
            }
        }
        self.end(subject, session).await
    }
}

/// What a person gets of a session.
pub(super) fn tokens(session: &SessionRecord, refresh: SecretString, issued: Issued) -> TokenSet {
    TokenSet {
        subject: session.subject,
        session: session.id,
        access_token: issued.access,
        id_token: issued.id,
        refresh_token: refresh,
        expires_at: issued.expires_at,
        refresh_expires_at: session.ends,
    }
}

fn seen(session: SessionRecord) -> Session {
    let SessionRecord { id, created, last_used, ip, user_agent, .. } = session;
    Session { id, created, last_used, ip, user_agent }
}
