//! The audit log: every change leaves an entry in the same commit, and a sealer chains the entries of an account by
//! hash, so that an edit, a gap or a swap can be found offline.
//!
//! INVARIANT: an entry is made from an [`EntryDraft`] alone, and [`crate::change::Change`] writes it with the change.

mod canonical;
mod chain;
mod changes;
mod checkpoint;
mod checks;
mod details;
mod draft;
pub mod export;

use aws_lc_rs::digest;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use self::details::{EntryDetails, RecordChange, hides_a_change};
pub use self::{
    canonical::canonical_json,
    chain::{ChainCheck, ChainHead, ChainReport, chain, chain_position, verify},
    changes::{FieldChange, FieldValue, ListItem},
    checkpoint::{AuditKey, Checkpoint},
    checks::{AuditChecks, Depth, Running},
    draft::{EntryDraft, RequestOrigin},
};
use crate::{
    ids::{AccountId, AuditId, EnterpriseId, ExecutionId, UserId},
    kinds::{OnRemoval, RecordKind},
    ports::table::Key,
    record::{Record, RecordKeys, tenant_key},
};

/// The kinds of record of the audit log.
pub const KINDS: &[RecordKind] = &[AuditEntry::DECLARED, ChainHead::DECLARED, Checkpoint::DECLARED];

/// Who did it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Author {
    /// A person, signed in.
    User {
        id: UserId,
        email: String,
        /// Acted by a platform role, possibly in somebody else's account.
        operator: bool,
    },
    /// A workflow, for the person who started it.
    Workflow {
        name: String,
        execution_id: ExecutionId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        started_by: Option<Starter>,
    },
    /// The platform itself: set-up, schedules.
    System { name: String },
    /// Somebody who has not proved who they are, such as at a failed sign-in.
    Anonymous,
}

/// The person who started a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Starter {
    pub id: UserId,
    pub email: String,
    /// Acted by a platform role.
    pub operator: bool,
}

impl Author {
    /// The person, where it is one.
    pub fn starter(&self) -> Option<Starter> {
        match self {
            Self::User { id, email, operator } => Some(Starter { id: *id, email: email.clone(), operator: *operator }),
            Self::Workflow { started_by, .. } => started_by.clone(),
            Self::System { .. } | Self::Anonymous => None,
        }
    }
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    pub kind: String,
    pub id: String,
}

/// The account or enterprise that a refused request named, where it is not the caller's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedTenant {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise_id: Option<EnterpriseId>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It was done.
    #[default]
    Done,
    /// It was not permitted.
    Refused,
    /// The proof of who asked was wrong: a password, a code.
    Failed,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_done(outcome: &Outcome) -> bool {
    *outcome == Outcome::Done
}

/// One entry of an account's audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    pub id: AuditId,
    pub account_id: AccountId,
    /// The enterprise that it concerns; none: the account as a whole, or the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise_id: Option<EnterpriseId>,
    pub at: Timestamp,
    pub author: Author,
    /// The operation, such as `user_create`.
    pub action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The name that the target had. Left out: it has none, or an earlier version wrote the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_name: Option<String>,
    /// The changed fields, before and after, and what lists gained and lost. A new record has its name alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    /// The number of fields and list items that are left out of `changes` because they are too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omitted_changes: Option<u64>,
    /// The account or enterprise that a refused request named, where it is not the caller's own. The entry is in the caller's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<NamedTenant>,
    /// Left out: it was done.
    #[serde(default, skip_serializing_if = "is_done")]
    pub outcome: Outcome,
    /// Why it was refused or failed: the code of the problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The number of occurrences, if one entry represents several: refusals and failures within some minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The server's name for the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The caller's name for the request (`X-Request-Id`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
    /// Position in the account's chain, counted from 1; absent until the entry is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
}

/// The link that an entry is in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Seal {
    pub sequence: u64,
    /// SHA-256 (hex) of the entry before; 64 zeros for the first.
    pub previous: String,
    /// SHA-256 (hex) over `previous`, the sequence and the entry without its seal.
    pub hash: String,
    /// The form in which the entry is hashed. Left out: members in the order of the API's document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<SealForm>,
}

/// The form in which an entry is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SealForm {
    /// Canonical JSON, RFC 8785.
    Jcs,
}

impl AuditEntry {
    pub const KIND: &'static str = "AUDIT";
    /// The partition of `Gsi3` in which entries wait for their seal.
    pub const UNSEALED: &'static str = "AUDIT#UNSEALED";

    /// The entry with what is derived from the records that its operation changes.
    #[must_use]
    pub(crate) fn with(mut self, details: EntryDetails) -> Self {
        self.target_name = self.target_name.or(details.target_name);
        self.changes = details.changes;
        self.omitted_changes = details.omitted_changes;
        self
    }

    /// The entry with its link in the chain.
    #[must_use]
    pub fn sealed(mut self, sequence: u64, previous: &str, form: Option<SealForm>) -> Self {
        let hash = self.hash(sequence, previous, form);
        self.seal = Some(Seal { sequence, previous: previous.to_owned(), hash, form });
        self
    }

    /// The hash that this entry must have at this place of the chain.
    pub fn hash(&self, sequence: u64, previous: &str, form: Option<SealForm>) -> String {
        let bare = Self { seal: None, ..self.clone() };
        let bytes = match form {
            Some(SealForm::Jcs) => canonical_json(&bare),
            None => serde_json::to_vec(&bare).expect("an entry holds nothing that JSON can't"),
        };
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(previous.as_bytes());
        context.update(&sequence.to_be_bytes());
        context.update(&bytes);
        hex::encode(context.finish())
    }
}

impl Record for AuditEntry {
    const NOUN: &'static str = "audit entry";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "AUDIT#").on_removal(OnRemoval::Kept("audit log"));

    fn place(&self) -> RecordKeys {
        match &self.seal {
            None => RecordKeys::at(tenant_key(self.account_id, Self::KIND, self.id))
                .by_status(Key::new(Self::UNSEALED, format!("{}#{}", self.account_id, self.id))),
            Some(seal) => RecordKeys::at(tenant_key(self.account_id, Self::KIND, self.id))
                .by_tenant(Key::new(chain(self.account_id), chain_position(seal.sequence))),
        }
    }
}
