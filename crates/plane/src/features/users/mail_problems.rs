//! Reports of the mail service on mail that reached nobody: they are noted with the user, until the next invitation.

use super::{
    email_claims::claim_holders,
    model::{MailProblem, User},
};
use crate::{
    audit::Author,
    change::Change,
    event_kinds::Reference,
    ids::{AccountId, UserId},
    plane::Plane,
    problem::{Code, Problem, Result},
    record::{Record as _, Stored, decode},
    system::SystemTask,
    text::Email,
};

/// How many times a commit that lost a race is tried.
const MAX_ATTEMPTS: usize = 8;

/// What the mail service reports of a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailReport {
    pub account: AccountId,
    pub address: String,
    pub problem: MailProblem,
}

/// Notes a report with the user of the account who has the address. Reports that come again, or that are older than
/// what is noted, change nothing. Answers whether the user has it now.
pub async fn note_mail_problem(plane: &Plane, report: &MailReport) -> Result<bool> {
    let Ok(address) = Email::parse(&report.address) else { return Ok(false) };
    for holder in claim_holders(plane, report.account, &address).await? {
        if note(plane, report, &address, holder).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn note(plane: &Plane, report: &MailReport, address: &Email, id: UserId) -> Result<bool> {
    for _ in 0..MAX_ATTEMPTS {
        let found = plane.system(SystemTask::Invitations).get(&User::key(report.account, id)).await?;
        let Some(item) = found else { return Ok(false) };
        let user: Stored<User> = decode(&item)?;
        if user.email != *address {
            return Ok(false);
        }
        if user.mail_problem.is_some_and(|known| known.at >= report.problem.at) {
            return Ok(true);
        }
        let noted = User { mail_problem: Some(report.problem), updated_at: plane.now(), ..user.record.clone() };
        let author = Author::System { name: "mail reports".into() };
        let mut change = Change::by_platform(author, "user_mail_report", report.account).about(User::NOUN, id);
        change.replace(&user, &noted);
        change.event(&super::events::UPDATED, &Reference::to(User::NOUN, id));
        match plane.commit(change).await {
            Ok(()) => return Ok(true),
            Err(problem) if problem.code == Code::PreconditionFailed => {}
            // The account is being removed, and the user with it.
            Err(problem) if problem.code == Code::Conflict => return Ok(false),
            Err(problem) => return Err(problem),
        }
    }
    Err(Problem::new(Code::Unavailable, "the user is being changed by many at once; try again").retry_after(1))
}
