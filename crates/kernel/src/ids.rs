//! Typed identifiers: a UUID that knows which kind of thing it names.

use std::{fmt, hash::Hash, marker::PhantomData, str::FromStr};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ports::random::RandomSource;

/// An identifier of one kind of thing. On the wire it is a bare UUID.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

impl<K> Id<K> {
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// A new identifier (UUID version 7): sorts by the time it was made, to the quarter of a microsecond, so that what
    /// one request after the other made is listed in that order.
    pub fn new(now: Timestamp, rng: &dyn RandomSource) -> Self {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let mut random = [0; 10];
        rng.fill(&mut random[2..]);
        // RFC 9562, section 6.2, method 3: the first twelve random bits carry the fraction of the millisecond.
        let nanos = now.subsec_nanosecond().unsigned_abs() % 1_000_000;
        let fraction = u16::try_from(u64::from(nanos) * 4_096 / 1_000_000).expect("less than a millisecond");
        random[..2].copy_from_slice(&fraction.to_be_bytes());
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// An identifier derived from names (UUID version 5): the same names give the same identifier, so that a
    /// repeated step makes nothing twice.
    pub fn derived(namespace: Uuid, name: &str) -> Self {
        Self::from_uuid(Uuid::new_v5(&namespace, name.as_bytes()))
    }

    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.as_hyphenated(), f)
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not an identifier.
#[derive(Debug, thiserror::Error)]
#[error("an id is a UUID such as 0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d")]
pub struct NotAnId;

impl<K> FromStr for Id<K> {
    type Err = NotAnId;

    /// Accepts the hyphenated form, in either case: some tools write UUIDs in capitals. It is written in lower case.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text.len() != 36 {
            return Err(NotAnId);
        }
        Uuid::try_parse(text).map(Self::from_uuid).map_err(|_| NotAnId)
    }
}
impl<K> Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads an id in the spelling alone that the product writes: of a token, whose claims have one form.
pub fn canonical<'de, K, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Id<K>, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    let id: Id<K> = text.parse().map_err(serde::de::Error::custom)?;
    if id.to_string() == text { Ok(id) } else { Err(serde::de::Error::custom("an id is written in lower case")) }
}

impl<K> JsonSchema for Id<K> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "uuid",
            "pattern": "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"
        })
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $alias:ident = $kind:ident;)*) => {$(
        #[derive(Debug)]
        pub enum $kind {}
        $(#[$doc])*
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    /// A record of any kind: an argument of a command line.
    RecordId = AnyKind;
    /// A tenant.
    AccountId = AccountKind;
    EnterpriseId = EnterpriseKind;
    ProductId = ProductKind;
    ServiceId = ServiceKind;
    LicenseId = LicenseKind;
    UserId = UserKind;
    GroupId = GroupKind;
    RoleId = RoleKind;
    WorkstreamId = WorkstreamKind;
    /// One entry of the audit log.
    AuditId = AuditKind;
    /// One outgoing event.
    EventId = EventKind;
    /// One mail in the outbox.
    MailId = MailKind;
    /// One run of a workflow.
    ExecutionId = ExecutionKind;
    DeadLetterId = DeadLetterKind;
    /// A connection to another account of AWS.
    ConnectionId = ConnectionKind;
    /// A signed-in session: a family of refresh tokens.
    SessionId = SessionKind;
    /// The identity provider's own name for a person (`sub`).
    Subject = SubjectKind;
}

/// The documented constants.
pub mod known {
    use super::{AccountId, EnterpriseId, GroupId, LicenseId, ProductId, RoleId, ServiceId, UserId, WorkstreamId};
    use uuid::Uuid;

    /// The platform's own account, `ABC`.
    pub const ROOT_ACCOUNT: AccountId =
        AccountId::from_uuid(Uuid::from_u128(0xa000_0000_0000_0000_0000_0000_0000_0001));
    /// The enterprise that means all.
    pub const GLOBAL_ENTERPRISE: EnterpriseId = EnterpriseId::from_uuid(Uuid::from_u128(1));
    pub const GLOBAL_PRODUCT: ProductId = ProductId::from_uuid(Uuid::from_u128(2));
    pub const GLOBAL_SERVICE: ServiceId = ServiceId::from_uuid(Uuid::from_u128(3));
    pub const ROOT_LICENSE: LicenseId =
        LicenseId::from_uuid(Uuid::from_u128(0xa000_0000_0000_0000_0000_0000_0000_0010));
    pub const PLATFORM_ADMIN_ROLE: RoleId =
        RoleId::from_uuid(Uuid::from_u128(0xa000_0000_0000_0000_0000_0000_0000_0020));
    pub const ROOT_TECHNICAL_ROLE: RoleId =
        RoleId::from_uuid(Uuid::from_u128(0xa000_0000_0000_0000_0000_0000_0000_0021));
    pub const PLATFORM_ADMIN_GROUP: GroupId =
        GroupId::from_uuid(Uuid::from_u128(0xa000_0000_0000_0000_0000_0000_0000_0030));
    pub const ROOT_TECHNICAL_GROUP: GroupId =
        GroupId::from_uuid(Uuid::from_u128(0xa000_0000_0000_0000_0000_0000_0000_0031));
    pub const ADMIN_USER: UserId = UserId::from_uuid(Uuid::from_u128(0xa000_0000_0000_0000_0000_0000_0000_0040));
    pub const GLOBAL_WORKSTREAM: WorkstreamId =
        WorkstreamId::from_uuid(Uuid::from_u128(0xa000_0000_0000_0000_0000_0000_0000_0050));
    pub const DEFAULT_WORKSTREAM: WorkstreamId =
        WorkstreamId::from_uuid(Uuid::from_u128(0xa000_0000_0000_0000_0000_0000_0000_0051));
}

/// Ids in the examples of the API document.
pub mod example {
    pub const ACCOUNT: &str = "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c01";
    pub const ENTERPRISE: &str = "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c02";
    pub const PRODUCT: &str = "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c03";
    pub const SERVICE: &str = "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c04";
    pub const GROUP: &str = "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c05";
    pub const ROLE: &str = "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c06";
    pub const WORKSTREAM: &str = "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c07";
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    struct Loudest;

    impl RandomSource for Loudest {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }

    struct Quietest;

    impl RandomSource for Quietest {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn the_later_of_one_millisecond_sorts_after_the_earlier() {
        let first: Timestamp = "2026-01-01T00:00:00.000000999Z".parse().unwrap();
        let mut last = Id::<()>::new(first, &Loudest);
        for step in 1..3_000 {
            let at = first + SignedDuration::from_micros(step);
            let next = Id::new(at, &Quietest);
            assert!(last < next, "{step} µs");
            last = Id::new(at, &Loudest);
        }
        assert_eq!(last.uuid().get_version_num(), 7);
    }
}
