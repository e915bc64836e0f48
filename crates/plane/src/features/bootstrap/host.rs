//! What the owner of the host can do for an operator who can't sign in any more: give them a new first password.
//!
//! Nobody proves anything here but the access to the data, so this is no part of the API.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;

use super::model::generate_password;
use crate::{
    audit::{Author, EntryDraft},
    directory::user::InactiveUser,
    features::users::model::{Membership, User},
    identity::trail::{self, AuditSubject, AuditTrail, Failure},
    ids::{Subject, known},
    plane::Plane,
    ports::{
        identity::{PasswordError, Permanence},
        table::{Query, Range, TableError, Write},
    },
    problem::{Code, Problem, Result},
    record::{Record as _, decode},
    system::SystemTask,
    text::Email,
};

/// A password that its owner replaces at the next sign-in.
#[derive(Debug)]
pub struct FirstPassword {
    pub subject: Subject,
    pub email: Email,
    pub password: SecretString,
}

impl Plane {
    /// Gives an operator a new first password, and ends their sessions. Without an address: the only operator.
    pub async fn reset_operator_password(&self, address: Option<&str>) -> Result<FirstPassword> {
        let operators = operators(self).await?;
        let operator = chosen(&operators, address)?;
        if let Err(barred) = operator.may_act_on(self.clock().today()) {
            return Err(Problem::new(Code::Conflict, format!("{barred}, so that a password would open nothing"))
                .help("give the address of another operator, who can change that"));
        }
        let password = generate_password(self.rng());
        let trail = Arc::new(HostTrail(self.clone()));
        let given = self.identity().set_password(operator.subject(), password.clone(), Permanence::Temporary);
        trail::along(trail, given).await.map_err(not_given)?;
        Ok(FirstPassword { subject: operator.subject(), email: operator.email.clone(), password })
    }
}

/// The members of the platform's administrators.
async fn operators(plane: &Plane) -> Result<Vec<User>> {
    let table = plane.system(SystemTask::Administrators);
    let members = Membership::members(known::ROOT_ACCOUNT, known::PLATFORM_ADMIN_GROUP);
    let mut pages = table.current_pages(Query::ascending(members.index, members.partition, Range::All));
    let mut operators = Vec::new();
    while let Some(items) = pages.next().await? {
        for item in &items {
            let member = decode::<Membership>(item)?.record.user_id;
            let user = table.get(&User::key(known::ROOT_ACCOUNT, member)).await?;
            operators.extend(user.map(|item| decode::<User>(&item)).transpose()?.map(|user| user.record));
        }
    }
    Ok(operators)
}

fn chosen<'a>(operators: &'a [User], address: Option<&str>) -> Result<&'a User> {
    let Some(address) = address else {
        return match operators {
            [only] => Ok(only),
            [] => Err(Problem::new(Code::NotFound, "there is no operator")
                .help("set the platform up by a start of the server, or: freehold verify-bootstrap --fix")),
            many => Err(Problem::new(Code::Conflict, format!("there are {} operators", many.len()))
                .help(format!("give the address of one: {}", addresses(many)))),
        };
    };
    let wanted = Email::parse(address).map_err(|error| Problem::new(Code::InvalidRequest, error.to_string()))?;
    operators.iter().find(|operator| operator.email == wanted).ok_or_else(|| {
        Problem::new(Code::NotFound, format!("{wanted} is the address of no operator"))
            .help(format!("the operators are: {}", addresses(operators)))
    })
}

fn addresses(operators: &[User]) -> String {
    operators.iter().map(|operator| operator.email.as_str()).collect::<Vec<_>>().join(", ")
}

fn not_given(error: PasswordError) -> Problem {
    match error {
        PasswordError::Unknown => Problem::new(Code::NotFound, "the operator has no identity")
            .help("make it again: freehold verify-bootstrap --fix"),
        PasswordError::Away(away) => Problem::identities_away(&away),
        PasswordError::Store(error) => error.into(),
        PasswordError::Busy => Problem::new(Code::Unavailable, "too many sign-ins at this moment; try again"),
        PasswordError::Weak(_) | PasswordError::InvalidCredentials | PasswordError::NotTheExisting => {
            Problem::internal(&error)
        }
    }
}

/// Records the new password as an act of the host, in its own commit.
struct HostTrail(Plane);

#[async_trait]
impl AuditTrail for HostTrail {
    async fn bars(&self, _: Subject) -> Result<Option<InactiveUser>, TableError> {
        Ok(None)
    }

    async fn writes(&self, whom: AuditSubject) -> Result<Vec<Write>, TableError> {
        let author = Author::System { name: "host".into() };
        let entry = EntryDraft::new(whom.account, author, "user_password_reset").about(User::NOUN, whom.user);
        Ok(vec![self.0.entry_write(&entry)])
    }

    fn failed(&self, _: Option<AuditSubject>, _: Failure) {}
}
