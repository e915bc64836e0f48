//! What an entry is made from: everything except its id, its time and its seal.

use std::sync::Arc;

use jiff::Timestamp;

use super::{AuditEntry, Author, NamedTenant, Outcome, Target};
use crate::ids::{AccountId, AuditId, EnterpriseId};

/// The names of the request that causes an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestOrigin {
    /// The server's own; absent where no request is the cause.
    pub id: Option<Arc<str>>,
    /// The caller's (`X-Request-Id`), if it is well-formed.
    pub client_id: Option<Arc<str>>,
}

impl RequestOrigin {
    pub fn new(id: Arc<str>, client_id: Option<Arc<str>>) -> Self {
        Self { id: Some(id), client_id }
    }

    /// The server's name for the request; empty where no request is the cause.
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }
}

/// An entry that is not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryDraft {
    pub account: AccountId,
    pub enterprise: Option<EnterpriseId>,
    pub author: Author,
    pub action: String,
    pub target: Option<Target>,
    /// The target's name, where no record of the change has it.
    pub target_name: Option<String>,
    pub named: Option<NamedTenant>,
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub count: Option<u64>,
    pub origin: RequestOrigin,
}

impl EntryDraft {
    pub fn new(account: AccountId, author: Author, action: impl Into<String>) -> Self {
        Self {
            account,
            enterprise: None,
            author,
            action: action.into(),
            target: None,
            target_name: None,
            named: None,
            outcome: Outcome::Done,
            reason: None,
            count: None,
            origin: RequestOrigin::default(),
        }
    }

    /// What the entry names.
    #[must_use]
    pub fn about(mut self, kind: &str, id: impl std::fmt::Display) -> Self {
        self.target = Some(Target { kind: kind.to_owned(), id: id.to_string() });
        self
    }

    /// The target's name. A [`crate::change::Change`] finds it in its records.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.target_name = Some(name.into());
        self
    }

    #[must_use]
    pub const fn in_enterprise(mut self, enterprise: Option<EnterpriseId>) -> Self {
        self.enterprise = enterprise;
        self
    }

    #[must_use]
    pub fn from(mut self, origin: RequestOrigin) -> Self {
        self.origin = origin;
        self
    }

    /// It was not done.
    #[must_use]
    pub fn ended(mut self, outcome: Outcome, reason: impl Into<String>) -> Self {
        self.outcome = outcome;
        self.reason = Some(reason.into());
        self
    }

    /// The entry, without a seal.
    pub fn entry(&self, id: AuditId, at: Timestamp) -> AuditEntry {
        let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
        AuditEntry {
            id,
            account_id: self.account,
            enterprise_id: self.enterprise,
            at,
            author: self.author.clone(),
            action: self.action.clone(),
            target: self.target.clone(),
            target_name: self.target_name.clone(),
            changes: Vec::new(),
            omitted_changes: None,
            named: self.named,
            outcome: self.outcome,
            reason: self.reason.clone(),
            count: self.count,
            request_id: text(&self.origin.id),
            client_request_id: text(&self.origin.client_id),
            seal: None,
        }
    }
}
