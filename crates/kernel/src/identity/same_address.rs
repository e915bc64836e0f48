//! The identities of one e-mail address: one for each account that its owner belongs to.
//!
//! INVARIANT: identities of an address that have a password of their owner's choice have the same one. Whatever sets one sets
//! all of them, in one commit that also writes the claim on the address, so that two of these commits can't cross.

use jiff::Timestamp;

use super::{
    Provider,
    provider::Stored,
    records::{Claim, Password, Person, claim_key, person_key, put, read},
};
use crate::{
    ids::{AccountId, Subject},
    ports::{
        identity::Email,
        table::{Condition, TableError, Write},
    },
};

/// An address belongs to at most this many accounts, so that a new password is one commit.
pub(super) const MAX_IDENTITIES: usize = 50;

/// The identities of one address as they were read.
pub(super) struct SameAddress {
    /// `None`: nobody has the address.
    claim: Option<Stored<Claim>>,
    identities: Vec<Stored<Person>>,
}

/// Identities with a new password, and what writes it.
pub(super) struct NewPassword {
    /// The one that was asked for is the first.
    pub(super) persons: Vec<Person>,
    pub(super) writes: Vec<Write>,
}

impl Provider {
    /// The identities of an address. It asks the store as often whether there is one or not.
    pub(super) async fn identities_of(&self, email: Option<&Email>) -> Result<SameAddress, TableError> {
        let nobody = Subject::from_uuid(uuid::Uuid::nil());
        let key = email.map_or_else(|| person_key(nobody), claim_key);
        let claim: Option<Stored<Claim>> = self.stored(&key).await?;
        let subjects = claim.as_ref().map_or_else(|| vec![nobody], |claim| claim.record.subjects());
        let keys: Vec<_> = subjects.into_iter().map(person_key).collect();
        let mut identities = Vec::with_capacity(keys.len());
        for item in self.table.batch_get(&keys).await?.into_iter().flatten() {
            identities.push(Stored { record: read::<Person>(&item)?, version: item.version });
        }
        // One whose address changed meanwhile is of this address no more.
        identities.retain(|one| email.is_some_and(|email| one.record.email == *email));
        Ok(SameAddress { claim, identities })
    }
}

impl SameAddress {
    /// Under whom guesses and codes of the address are counted; `None` where nobody has it.
    pub(super) fn first(&self) -> Option<Subject> {
        self.claim.as_ref().filter(|_| !self.identities.is_empty()).map(|claim| claim.record.subject)
    }

    pub(super) fn claim(&self) -> Option<&Stored<Claim>> {
        self.claim.as_ref()
    }

    pub(super) fn persons(&self) -> impl Iterator<Item = &Person> {
        self.identities.iter().map(|one| &one.record)
    }

    pub(super) fn get(&self, subject: Subject) -> Option<&Person> {
        self.persons().find(|person| person.subject == subject)
    }

    /// The identity in an account; without one, the first that is usable, preferably by a password of its owner's choice.
    pub(super) fn choose(&self, account: Option<AccountId>, usable: impl Fn(&Person) -> bool) -> Option<&Person> {
        if let Some(account) = account {
            return self.persons().find(|person| person.account == account);
        }
        let own = self.persons().find(|person| usable(person) && has_own_password(person));
        own.or_else(|| self.persons().find(|person| usable(person))).or_else(|| self.persons().next())
    }

    /// The other identities of the address whose owner has chosen a password.
    pub(super) fn others_with_password(&self, subject: Subject) -> impl Iterator<Item = &Stored<Person>> {
        self.identities.iter().filter(move |one| one.record.subject != subject && has_own_password(&one.record))
    }

    /// The identities that wait for a password of their owner's choice; none if the owner has chosen one in some account.
    pub(super) fn invited(&self) -> Vec<Subject> {
        if self.persons().any(has_own_password) {
            return Vec::new();
        }
        let waiting = self.persons().filter(|person| person.enabled && person.password.is_none());
        waiting.map(|person| person.subject).collect()
    }

    /// Gives an identity a password, and with it all others of the address that have one. It ends their sessions. `None`: the
    /// identity is gone or has another address by now.
    pub(super) fn with_password(&self, subject: Subject, password: &Password, now: Timestamp) -> Option<NewPassword> {
        let one = self.identities.iter().find(|one| one.record.subject == subject)?;
        let claim = self.claim.as_ref()?;
        let others = if password.temporary { None } else { Some(self.others_with_password(subject)) };
        let (mut persons, mut writes) = (Vec::new(), Vec::new());
        for Stored { record, version } in std::iter::once(one).chain(others.into_iter().flatten()) {
            let mut person = record.clone();
            person.password = Some(password.clone());
            person.begin_epoch(now);
            writes.push(put(person_key(person.subject), &person, None, Condition::Version(*version)));
            persons.push(person);
        }
        writes.push(put(claim_key(&one.record.email), &claim.record, None, Condition::Version(claim.version)));
        Some(NewPassword { persons, writes })
    }

    /// Gives an identity the password that its owner has with the address in another account. The sessions there go on.
    pub(super) fn joined(&self, subject: Subject, password: &Password, now: Timestamp) -> Option<NewPassword> {
        let one = self.identities.iter().find(|one| one.record.subject == subject)?;
        let claim = self.claim.as_ref()?;
        let mut person = one.record.clone();
        person.password = Some(password.clone());
        person.begin_epoch(now);
        let writes = vec![
            put(person_key(person.subject), &person, None, Condition::Version(one.version)),
            put(claim_key(&person.email), &claim.record, None, Condition::Version(claim.version)),
        ];
        Some(NewPassword { persons: vec![person], writes })
    }
}

/// Whether the owner has chosen the password, rather than been given it.
pub(super) fn has_own_password(person: &Person) -> bool {
    person.password.as_ref().is_some_and(|password| !password.temporary)
}

impl Claim {
    pub(super) fn of(subject: Subject) -> Self {
        Self { subject, others: Vec::new() }
    }

    pub(super) fn subjects(&self) -> Vec<Subject> {
        std::iter::once(self.subject).chain(self.others.iter().copied()).collect()
    }

    /// The claim with one identity more; `None` where the address belongs to as many accounts as it may.
    pub(super) fn with(&self, subject: Subject) -> Option<Self> {
        let mut others = self.others.clone();
        others.push(subject);
        (others.len() < MAX_IDENTITIES).then_some(Self { subject: self.subject, others })
    }

    /// What to write so that an identity gives the address up.
    pub(super) fn release(&self, key: crate::ports::table::Key, version: u64, subject: Subject) -> Option<Write> {
        let mut left: Vec<Subject> = self.subjects();
        left.retain(|one| *one != subject);
        if left.len() == self.others.len() + 1 {
            return None;
        }
        let when = Condition::Version(version);
        let Some((first, others)) = left.split_first() else { return Some(Write::Delete { key, when }) };
        Some(put(key, &Self { subject: *first, others: others.to_vec() }, None, when))
    }
}
