//! Gives an identity another e-mail address.
//!
//! INVARIANT: an identity and the claim on its address change in one commit, which the caller makes together with the
//! directory's own records of the address.

use super::{
    Provider,
    provider::Stored,
    records::{Claim, claim_key, person_key, put, session_key},
    users::contended,
};
use crate::{
    ids::Subject,
    ports::{
        identity::{CredentialEpoch, Email, EmailChangePlan, IdentityError, OnEmailChange},
        table::Condition,
    },
};

impl Provider {
    pub(super) async fn plan_address(
        &self,
        subject: Subject,
        new: &Email,
        sessions: OnEmailChange,
    ) -> Result<EmailChangePlan, IdentityError> {
        let now = self.clock.now();
        let Stored { record: mut person, version } = self.person(subject).await?.ok_or(IdentityError::Unknown)?;
        if !person.enabled {
            return Err(IdentityError::Disabled);
        }
        let epoch = CredentialEpoch(person.epoch);
        let released = self.release_address(&person).await?;
        let old = std::mem::replace(&mut person.email, new.clone());
        person.email_pending = true;
        let mut others = Vec::new();
        others.extend(released);
        if let OnEmailChange::EndOthers { keep } = sessions {
            let mut kept = self.living(subject, keep, now).await?.ok_or(IdentityError::Disabled)?;
            person.begin_epoch(now);
            kept.session.epoch = person.epoch;
            let ends = Some(kept.session.ends);
            others.push(put(session_key(subject, keep), &kept.session, ends, Condition::Version(kept.version)));
        }
        others.push(put(person_key(subject), &person, None, Condition::Version(version)));
        let claim = put(claim_key(new), &Claim::of(subject), None, Condition::Absent);
        Ok(EmailChangePlan { old, epoch, claim, others })
    }

    /// Updates the address in the credential store to that of the identity, and records that it did.
    pub(super) async fn settle_address(&self, subject: Subject) -> Result<(), IdentityError> {
        self.verifier.ended(subject);
        for _ in 0..4 {
            let Some(Stored { record: person, .. }) = self.person(subject).await? else { return Ok(()) };
            if !person.email_pending {
                return Ok(());
            }
            self.credential_store.update_email(&person).await?;
            let told = person.email;
            let now = self.change(subject, |person| person.email_pending &= person.email != told).await?;
            if now.is_none_or(|person| !person.email_pending) {
                return Ok(());
            }
        }
        Err(contended().into())
    }
}
