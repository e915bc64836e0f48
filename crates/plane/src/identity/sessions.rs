//! Opens, lists and ends sessions, and writes their tokens.

use std::net::{IpAddr, Ipv4Addr};

use jiff::Timestamp;
use secrecy::SecretString;

use super::{
    EmbeddedIdentity,
    provider::Stored,
    records::{
        Person, RefreshRecord, SessionKind, SessionRecord, new_secret, partition, put, read, refresh_key, session_key,
    },
    tokens::{self, Draft, Use},
    users::store,
};
use crate::{
    ids::{SessionId, Subject},
    ports::{
        identity::{IdentityError, Profile, Session, TokenSet},
        table::{CommitError, Condition, Index, MAX_PAGE, Order, Query, Range, TableError, Write},
    },
};

/// A user agent is kept to this many characters.
const USER_AGENT: usize = 256;

/// A session about to be written.
pub(super) struct Opening {
    pub(super) session: SessionRecord,
    pub(super) refresh: SecretString,
    pub(super) writes: Vec<Write>,
}

impl EmbeddedIdentity {
    /// A new session with its first refresh token; the caller commits it.
    pub(super) fn open(&self, person: &Person, ip: IpAddr, user_agent: &str, now: Timestamp) -> Opening {
        let session = SessionRecord {
            id: SessionId::new(now, self.chance.as_ref()),
            subject: person.subject,
            epoch: person.epoch,
            kind: SessionKind::Person,
            created: now,
            last_used: now,
            ends: self.ends(now, now),
            ip: ip.to_canonical(),
            user_agent: user_agent.chars().take(USER_AGENT).collect(),
        };
        let refresh = new_secret("fhr_", self.chance.as_ref());
        let record =
            RefreshRecord { subject: session.subject, session: session.id, expires: session.ends, spent: None };
        let writes = vec![
            put(session_key(session.subject, session.id), &session, Some(session.ends), Condition::Absent),
            put(refresh_key(&refresh), &record, Some(record.expires), Condition::Absent),
        ];
        Opening { session, refresh, writes }
    }

    /// When a session ends that was opened at one moment and used at another.
    pub(super) fn ends(&self, created: Timestamp, used: Timestamp) -> Timestamp {
        (created + self.settings.session_life).min(used + self.settings.refresh_idle)
    }

    /// The tokens of a session that is written.
    pub(super) async fn tokens(
        &self,
        person: &Person,
        session: &SessionRecord,
        refresh: SecretString,
        now: Timestamp,
    ) -> TokenSet {
        let profile = self.profile(person).await;
        let expires_at = (now + self.settings.access_life).min(session.ends);
        let id_expires_at = (now + self.settings.id_life).min(session.ends);
        TokenSet {
            subject: session.subject,
            session: session.id,
            access_token: self.mint(Use::Access, session, &profile, now, expires_at),
            id_token: self.mint(Use::Id, session, &profile, now, id_expires_at),
            refresh_token: refresh,
            expires_at,
            refresh_expires_at: session.ends,
        }
    }

    fn mint(
        &self,
        kind: Use,
        session: &SessionRecord,
        profile: &Profile,
        now: Timestamp,
        expires: Timestamp,
    ) -> SecretString {
        let mut random = [0; 16];
        self.chance.fill(&mut random);
        let jti = uuid::Builder::from_random_bytes(random).into_uuid().to_string();
        let draft = Draft { kind, session, profile, jti, now, expires };
        tokens::mint(&draft, &self.settings, self.keys.ring().signer())
    }

    pub(super) async fn probe(&self, subject: Subject) -> Result<SecretString, IdentityError> {
        let now = self.clock.now();
        let person = self.enabled_person(subject).await?;
        let session = SessionRecord {
            id: SessionId::new(now, self.chance.as_ref()),
            subject,
            epoch: person.epoch,
            kind: SessionKind::Probe,
            created: now,
            last_used: now,
            ends: now + self.settings.probe_life,
            ip: Ipv4Addr::UNSPECIFIED.into(),
            user_agent: String::new(),
        };
        let write = put(session_key(subject, session.id), &session, Some(session.ends), Condition::Absent);
        match self.table.commit(vec![person.unchanged_epoch(), write]).await {
            Ok(()) => {}
            Err(CommitError::Refused { .. }) => return Err(IdentityError::Disabled),
            Err(CommitError::Table(error)) => return Err(error.into()),
        }
        let profile = self.profile(&person).await;
        Ok(self.mint(Use::Access, &session, &profile, now, session.ends))
    }

    pub(super) async fn living_sessions(&self, subject: Subject) -> Result<Vec<Session>, IdentityError> {
        let now = self.clock.now();
        let Some(Stored { record: person, .. }) = self.person(subject).await? else { return Ok(Vec::new()) };
        let mut query = Query {
            index: Index::Table,
            pk: partition(subject),
            range: Range::Prefix("SESSION#".into()),
            order: Order::Ascending,
            limit: MAX_PAGE,
            after: None,
        };
        let mut living = Vec::new();
        loop {
            let rows = self.table.query(&query).await?;
            for item in &rows.items {
                let session: SessionRecord = read(item)?;
                if session.kind == SessionKind::Person && session.alive(&person, now) {
                    living.push(seen(session));
                }
            }
            if rows.next.is_none() {
                break;
            }
            query.after = rows.next;
        }
        living.sort_by_key(|session| std::cmp::Reverse(session.last_used));
        Ok(living)
    }

    pub(super) async fn end(&self, subject: Subject, session: SessionId) -> Result<(), TableError> {
        let write = Write::Delete { key: session_key(subject, session), when: Condition::Always };
        self.table.commit(vec![write]).await.map_err(store)?;
        self.verifier.ended(subject);
        Ok(())
    }

    pub(super) async fn end_session_of(&self, token: &SecretString) -> Result<(), IdentityError> {
        match self.stored::<RefreshRecord>(&refresh_key(token)).await? {
            Some(Stored { record, .. }) => Ok(self.end(record.subject, record.session).await?),
            None => Ok(()),
        }
    }
}

fn seen(session: SessionRecord) -> Session {
    let SessionRecord { id, created, last_used, ip, user_agent, .. } = session;
    Session { id, created, last_used, ip, user_agent }
}
