//! Invitations that were asked for and have not gone out, as after a crash: they are finished.

use std::sync::Arc;

use super::WorkKind;
use crate::{
    features::users::provision::PendingInvitation,
    plane::Plane,
    ports::table::{Table, TableName},
    problem::Result,
    record::decode,
};

impl Plane {
    /// Finishes a portion of what waits. What was asked for just now is left to the process that was asked. Answers
    /// whether more waits.
    pub(super) async fn finish_invitations(&self, table: &Arc<dyn Table>, name: &TableName) -> Result<bool> {
        let portion = self.portion(table.as_ref(), name, WorkKind::Invitations, PendingInvitation::PENDING).await?;
        let mut failed = Ok(());
        let mut finished = 0;
        for item in &portion.items {
            let pending = decode::<PendingInvitation>(item)?.record;
            if pending.is_under_way(self) {
                continue;
            }
            finished += 1;
            // A person who can't be invited now holds up nobody else.
            failed = failed.and(self.resume_invitation(&pending).await);
        }
        failed?;
        Ok(self.portion_done(name, WorkKind::Invitations, portion.more && finished > 0))
    }
}
