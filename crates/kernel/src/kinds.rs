//! The registry of record kinds. Each kind of record is declared once, beside its type: who owns it, where its keys
//! are, and what happens to it when its account is removed, copied or exported.
//!
//! INVARIANT: every stored record has a declared kind. [`crate::record::Record::DECLARED`] makes a type without one a compile error; in tests,
//! a commit with an undeclared key fails.

use crate::{
    guard::actions::ActionFacts,
    ids::AccountId,
    ports::table::{Condition, Item, Key, Write},
    problem::Result,
};

/// Who a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// One account. Its partition is `ACCOUNT#<account>`.
    Account,
    /// One person: their identity, sessions and links.
    Person,
    Platform,
}

impl Owner {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Person => "person",
            Self::Platform => "platform",
        }
    }
}

/// When the removal of an account deletes a kind. Earlier stages first: links before what they link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Links,
    Access,
    Users,
    Licenses,
    Rest,
}

/// What the removal of its account does with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRemoval {
    Deleted(Stage),
    /// The account's last step deletes it, after everything else.
    DeletedLast,
    /// It stays, under this name in the receipt.
    Kept(&'static str),
    /// Not in the account's partition: another record's removal deletes it, or it expires.
    Untouched,
}

/// What the audit log shows of the records of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditForm {
    /// Nothing: bookkeeping.
    Hidden,
    /// Its fields, under its name.
    Named(&'static [NamePart]),
    /// Its fields, as those of the record of this kind with the same id.
    PartOf(&'static str),
    /// Which two records it connects. Their ids are in the sort key in this order.
    Link([LinkEnd; 2]),
}

/// What the name of a record is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamePart {
    /// The value of a field.
    Field(&'static str),
    /// The name of the record of kind `noun` whose id is in `field`.
    NameOf { field: &'static str, noun: &'static str },
}

/// One end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkEnd {
    /// The kind of the record.
    pub noun: &'static str,
    /// What the other end calls all records of this end, such as `groups`.
    pub list: &'static str,
}

/// How search finds the records of a kind, besides by their names and ids.
#[derive(Clone, Copy, Debug)]
pub struct SearchForm {
    /// The action that a caller must be permitted, to find a record.
    pub read_by: &'static ActionFacts,
    /// The fields that are searched too, each as the path to it. The first that a record has is shown with it.
    pub fields: &'static [&'static str],
    /// The partition of `Gsi1` that lists all records of the kind; `None`: they are in the partitions of their accounts.
    pub listed_in: Option<&'static str>,
}

/// The writes that delete a record with the claims and counts that it holds.
pub type Deletion = fn(&Item) -> Result<Vec<Write>>;

/// One kind of record.
#[derive(Clone, Copy, Debug)]
pub struct RecordKind {
    /// What people call it, in lower case.
    pub noun: &'static str,
    pub owner: Owner,
    /// The partition key. With a `#` at the end it is a prefix.
    pub partition: &'static str,
    /// The sort key. With a `#` at the end, or empty, it is a prefix.
    pub sort: &'static str,
    pub on_removal: OnRemoval,
    /// Copied to the dedicated table of a private account.
    pub is_copied: bool,
    /// Part of an export of its account.
    pub is_exported: bool,
    /// Fields that hold secrets, or what secrets are derived from.
    pub secrets: &'static [&'static str],
    pub audit: AuditForm,
    /// `None`: search does not find such records.
    pub search: Option<SearchForm>,
    pub deletion: Deletion,
}

impl RecordKind {
    /// A kind that belongs to an account, at `ACCOUNT#<account>` / `sort`. It is exported, and deleted with its account.
    pub const fn of_account(noun: &'static str, sort: &'static str) -> Self {
        Self {
            noun,
            owner: Owner::Account,
            partition: "ACCOUNT#",
            sort,
            on_removal: OnRemoval::Deleted(Stage::Rest),
            is_copied: false,
            is_exported: true,
            secrets: &[],
            audit: AuditForm::Hidden,
            search: None,
            deletion: delete_alone,
        }
    }

    /// A kind that belongs to a person. It is not exported with the account.
    pub const fn of_person(noun: &'static str, partition: &'static str, sort: &'static str) -> Self {
        Self { owner: Owner::Person, ..Self::of_platform(noun, partition, sort) }
    }

    /// A kind that belongs to the platform.
    pub const fn of_platform(noun: &'static str, partition: &'static str, sort: &'static str) -> Self {
        Self {
            owner: Owner::Platform,
            partition,
            on_removal: OnRemoval::Untouched,
            is_exported: false,
            ..Self::of_account(noun, sort)
        }
    }

    /// Copied to the dedicated table of a private account.
    #[must_use]
    pub const fn copied(mut self) -> Self {
        self.is_copied = true;
        self
    }

    /// Left out of exports: it is bookkeeping of the platform.
    #[must_use]
    pub const fn internal(mut self) -> Self {
        self.is_exported = false;
        self
    }

    /// What the removal of its account does with it.
    #[must_use]
    pub const fn on_removal(mut self, on_removal: OnRemoval) -> Self {
        self.on_removal = on_removal;
        self
    }

    /// It holds claims or counts: these writes delete it with them.
    #[must_use]
    pub const fn deleted_by(mut self, deletion: Deletion) -> Self {
        self.deletion = deletion;
        self
    }

    /// Fields that hold secrets.
    #[must_use]
    pub const fn secret(mut self, fields: &'static [&'static str]) -> Self {
        self.secrets = fields;
        self
    }

    /// The audit log shows changes of its fields, and names it by its field `name`.
    #[must_use]
    pub const fn named(self) -> Self {
        self.named_by(&[NamePart::Field("name")])
    }

    /// The audit log shows changes of its fields, and names it by these parts.
    #[must_use]
    pub const fn named_by(mut self, parts: &'static [NamePart]) -> Self {
        self.audit = AuditForm::Named(parts);
        self
    }

    /// Search finds it by its name, its id and these fields, for callers who are permitted the action.
    #[must_use]
    pub const fn searched(mut self, read_by: &'static ActionFacts, fields: &'static [&'static str]) -> Self {
        self.search = Some(SearchForm { read_by, fields, listed_in: None });
        self
    }

    /// All records of the kind are listed in this partition of `Gsi1`: search reads them there. It follows [`Self::searched`].
    #[must_use]
    pub const fn listed_in(mut self, partition: &'static str) -> Self {
        if let Some(search) = &mut self.search {
            search.listed_in = Some(partition);
        }
        self
    }

    /// The parts of its name.
    pub const fn name_parts(&self) -> &'static [NamePart] {
        match self.audit {
            AuditForm::Named(parts) => parts,
            AuditForm::Hidden | AuditForm::PartOf(_) | AuditForm::Link(_) => &[],
        }
    }

    /// Whether records of this kind are in the account's own table, if it has one, and nowhere else.
    pub fn is_workload(&self) -> bool {
        self.owner == Owner::Account && !self.is_copied
    }

    /// The audit log shows its fields as those of the record of this kind that has the same id.
    #[must_use]
    pub const fn part_of(mut self, noun: &'static str) -> Self {
        self.audit = AuditForm::PartOf(noun);
        self
    }

    /// It connects two records, whose ids are in its sort key in this order: the audit log shows it as an addition to, or a
    /// removal from, a list.
    #[must_use]
    pub const fn link(mut self, ends: [LinkEnd; 2]) -> Self {
        self.audit = AuditForm::Link(ends);
        self
    }

    /// The id of the record with this key.
    pub fn id_in<'k>(&self, key: &'k Key) -> Option<&'k str> {
        if self.sort.ends_with('#') { key.sk.strip_prefix(self.sort) } else { key.pk.strip_prefix(self.partition) }
    }

    /// The key of the record with this id. The account is that of a record that belongs to one.
    pub fn key_of(&self, account: AccountId, id: &str) -> Key {
        match self.owner {
            Owner::Account if self.sort.ends_with('#') => {
                Key::new(format!("{}{account}", self.partition), format!("{}{id}", self.sort))
            }
            Owner::Account | Owner::Person | Owner::Platform => Key::new(format!("{}{id}", self.partition), self.sort),
        }
    }

    /// Whether records of this kind have such keys.
    pub fn has_key(&self, key: &Key) -> bool {
        let in_partition = match self.owner {
            Owner::Account => account_in(&key.pk).is_some(),
            Owner::Person | Owner::Platform => fits(self.partition, &key.pk),
        };
        in_partition && fits(self.sort, &key.sk)
    }
}

fn fits(pattern: &str, key: &str) -> bool {
    if pattern.is_empty() || pattern.ends_with('#') { key.starts_with(pattern) } else { key == pattern }
}

/// The account whose partition this is.
fn account_in(pk: &str) -> Option<AccountId> {
    pk.strip_prefix("ACCOUNT#")?.parse().ok()
}

#[expect(clippy::unnecessary_wraps, reason = "kinds that hold claims read the record first")]
fn delete_alone(item: &Item) -> Result<Vec<Write>> {
    Ok(vec![delete(&item.key)])
}

/// Deletes a record, if it is there.
pub fn delete(key: &Key) -> Write {
    Write::Delete { key: key.clone(), when: Condition::Always }
}

/// All declared kinds.
#[derive(Clone, Debug, Default)]
pub struct RecordKinds(Vec<RecordKind>);

impl RecordKinds {
    #[must_use]
    pub fn with(mut self, kinds: &[RecordKind]) -> Self {
        self.0.extend_from_slice(kinds);
        self
    }

    pub fn iter(&self) -> impl Iterator<Item = &RecordKind> {
        self.0.iter()
    }

    /// The kind of the records with such a key.
    pub fn of(&self, key: &Key) -> Option<&RecordKind> {
        self.iter().find(|kind| kind.has_key(key))
    }

    /// The kind of the records that people call so.
    pub fn named(&self, noun: &str) -> Option<&RecordKind> {
        self.iter().find(|kind| kind.noun == noun)
    }

    /// Whether records with this key are copied to the dedicated table of a private account.
    pub fn is_copied(&self, account: AccountId, key: &Key) -> bool {
        account_in(&key.pk) == Some(account) && self.iter().any(|kind| kind.is_copied && kind.has_key(key))
    }

    /// Whether a record in an account's partition stays when the account is removed. An undeclared record does not.
    pub fn stays(&self, key: &Key) -> bool {
        self.of(key).is_some_and(|kind| match kind.on_removal {
            OnRemoval::Kept(_) | OnRemoval::DeletedLast => true,
            OnRemoval::Deleted(_) | OnRemoval::Untouched => false,
        })
    }

    /// What stays of a removed account, as its receipt names it.
    pub fn kept(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for kind in self.iter() {
            if let OnRemoval::Kept(name) = kind.on_removal
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names
    }

    /// The kinds that the removal of an account deletes up to a stage, in order.
    pub fn deleted_until(&self, last: Stage) -> Vec<RecordKind> {
        let stage = |kind: &RecordKind| match kind.on_removal {
            OnRemoval::Deleted(stage) => Some(stage),
            OnRemoval::DeletedLast | OnRemoval::Kept(_) | OnRemoval::Untouched => None,
        };
        let mut kinds: Vec<RecordKind> =
            self.iter().filter(|kind| stage(kind).is_some_and(|stage| stage <= last)).copied().collect();
        kinds.sort_by_key(stage);
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accounts_kind_is_in_an_accounts_partition_alone() {
        let kind = RecordKind::of_account("user", "USER#");
        assert!(kind.has_key(&Key::new("ACCOUNT#0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d", "USER#1")));
        assert!(!kind.has_key(&Key::new("ACCOUNT#0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d#EXTRA", "USER#1")));
        assert!(!kind.has_key(&Key::new("ACCOUNT#0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d", "USERGROUP#1")));
    }
}
