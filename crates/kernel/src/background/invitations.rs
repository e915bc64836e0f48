//! Invitations that were asked for and have not gone out, as after a crash: they are finished.

use std::sync::Arc;

use super::WorkKind;
use crate::{
    Kernel,
    directory::user::INVITATIONS_PENDING,
    ports::table::{Table, TableName},
    problem::Result,
};

impl Kernel {
    /// Finishes a portion of what waits. What was asked for just now is left to the process that was asked. Answers
    /// whether more waits.
    pub(super) async fn finish_invitations(&self, table: &Arc<dyn Table>, name: &TableName) -> Result<bool> {
        let portion = self.portion(table.as_ref(), name, WorkKind::Invitations, INVITATIONS_PENDING).await?;
        let mut failed = Ok(());
        let mut finished = 0;
        for item in &portion.items {
            match self.features().resume_invitation(item).await {
                Ok(false) => {}
                Ok(true) => finished += 1,
                // A person who can't be invited now holds up nobody else.
                Err(problem) => {
                    finished += 1;
                    failed = failed.and(Err(problem));
                }
            }
        }
        failed?;
        Ok(self.portion_done(name, WorkKind::Invitations, portion.more && finished > 0))
    }
}
