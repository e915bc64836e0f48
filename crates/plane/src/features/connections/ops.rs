//! Connecting other accounts of AWS: begun here, let in by their owners, verified, used by one account each.

use super::model::{Connection, ConnectionStatus, PAUSE, Region, RoleArn};
use crate::{
    change::Change,
    event_kinds::Reference,
    features::accounts::model::{Account, AccountStatus},
    guard::{
        Granted,
        actions::{Action, ConnectionCreate, ConnectionDelete, ConnectionEdit},
    },
    http::idempotency::AnswerHead,
    ids::{AccountId, ConnectionId, known},
    page::{Page, PageQuery},
    plane::Plane,
    ports::{
        cross_account::CrossAccountError,
        random,
        table::{Index, Order, Position, Query, Range, Rows, TableName},
    },
    problem::{Code, Problem, Result},
    record::{Record as _, Stored, decode},
    system::SystemTask,
    text::Name,
};

/// The template of the stack that the other account's owner makes.
pub(super) const STACK_TEMPLATE: &str = include_str!("../../../../../deploy/cloudformation/account-table.yaml");

impl Plane {
    pub async fn connection(&self, id: ConnectionId) -> Result<Stored<Connection>> {
        let item = self.system(SystemTask::Connections).get(&Connection::key(id)).await?;
        item.map(|item| decode(&item)).transpose()?.ok_or_else(|| Problem::not_found(Connection::NOUN))
    }

    pub(super) async fn connections(&self, page: &PageQuery) -> Result<Page<Connection>> {
        let after = page.cursor.as_deref().map(|cursor| self.cursors().open(Connection::ALL, cursor)).transpose()?;
        let Rows { items, next } = self.system(SystemTask::Connections).query(&all(page.limit.get(), after)).await?;
        let next = next.map(|position| self.cursors().seal(Connection::ALL, &position));
        Ok(Page::new(items.into_iter().map(|item| item.body).collect(), next))
    }

    /// The tables in other accounts that accounts have been taken on by.
    pub(crate) async fn connected_tables(&self) -> Result<Vec<TableName>> {
        let mut tables = Vec::new();
        let table = self.system(SystemTask::Connections);
        let mut pages = table.pages(Query::ascending(Index::Gsi1, Connection::ALL, Range::All));
        while let Some(items) = pages.next().await? {
            for item in &items {
                let connection = decode::<Connection>(item)?.record;
                if connection.status == ConnectionStatus::Used {
                    tables.push(connection.table());
                }
            }
        }
        Ok(tables)
    }

    pub(super) async fn begin_connection(
        &self,
        who: &Granted<ConnectionCreate>,
        name: Name,
        region: Region,
    ) -> Result<Connection> {
        let now = self.now();
        let id = ConnectionId::new(now, self.rng());
        let connection = Connection {
            id,
            name,
            region,
            status: ConnectionStatus::Pending,
            account_id: AccountId::new(now, self.rng()),
            external_id: hex::encode(random::secret(self.rng())),
            role_arn: None,
            checked_at: None,
            failure: None,
            created_at: now,
            updated_at: now,
        };
        // Told now where there is no way to other accounts at all.
        stack_parameters(self, &connection).await?;
        let mut change = change(who, id);
        change.create(&connection);
        change.event(&super::events::CREATED, &Reference::to(Connection::NOUN, id));
        change.answers(AnswerHead::created(format!("/api/connections/{id}"), 1), &connection);
        self.commit(change).await?;
        Ok(connection)
    }

    /// Looks whether the role opens as it must, and writes down what was found.
    pub(super) async fn verify_connection(
        &self,
        who: &Granted<ConnectionEdit>,
        id: ConnectionId,
        role_arn: RoleArn,
    ) -> Result<Stored<Connection>> {
        let old = self.connection(id).await?;
        if old.status == ConnectionStatus::Used {
            return Err(Problem::new(Code::InUse, "an account has been taken on by this connection"));
        }
        let now = self.now();
        let wait =
            old.checked_at.map_or(0, |checked| (checked + PAUSE - now).total(jiff::Unit::Second).map_or(0, ceiling));
        if wait > 0 {
            return Err(
                Problem::new(Code::TooManyRequests, "this connection was verified a moment ago").retry_after(wait)
            );
        }
        // Written first, so that concurrent readers see that the check is in progress.
        let asked = Connection {
            role_arn: Some(role_arn),
            status: ConnectionStatus::Pending,
            checked_at: Some(now),
            failure: None,
            updated_at: now,
            ..old.record.clone()
        };
        let mut begun = change(who, id);
        begun.replace(&old, &asked);
        let (before, after) = (old.role_claim(), asked.role_claim().expect("the role was named just now"));
        if before.as_ref() != Some(&after) {
            if let Some(before) = before {
                begun.release(&before);
            }
            begun.claim(
                &after,
                Problem::new(Code::InUse, "another connection has this role: each needs one of its own"),
            );
        }
        self.commit(begun.without_answer()).await?;
        let asked = Stored { record: asked, version: old.version + 1 };
        let grant = asked.grant().expect("the role was named just now");
        let found = self.ports().cross_account.check(&grant, &asked.table()).await;
        if let Err(CrossAccountError::NotHere | CrossAccountError::Unavailable(_)) = found {
            return Err(refused(found.expect_err("it was one just now")));
        }
        let failure = found.as_ref().err().map(ToString::to_string);
        let status = if failure.is_none() { ConnectionStatus::Verified } else { ConnectionStatus::Pending };
        let verified = Connection { status, failure, updated_at: self.now(), ..asked.record.clone() };
        let mut ended = change(who, id).following();
        ended.replace(&asked, &verified);
        if status == ConnectionStatus::Verified {
            ended.event(&super::events::VERIFIED, &Reference::to(Connection::NOUN, id));
        }
        self.commit(ended.without_answer()).await?;
        found.map_err(refused)?;
        Ok(Stored { record: verified, version: asked.version + 1 })
    }

    /// Ends a connection that no account uses: the role's owner can delete the stack.
    pub(super) async fn delete_connection(
        &self,
        who: &Granted<ConnectionDelete>,
        old: &Stored<Connection>,
    ) -> Result<()> {
        if old.status == ConnectionStatus::Used {
            let item = self.system(SystemTask::Connections).get(&Account::key(old.account_id)).await?;
            let account = item.map(|item| decode::<Account>(&item)).transpose()?;
            if account.is_some_and(|account| account.status != AccountStatus::Deleted) {
                return Err(Problem::new(Code::InUse, "an account has its data there")
                    .help("delete the account first: DELETE /api/accounts/{accountId}"));
            }
        }
        let mut change = change(who, old.id);
        change.remove(old);
        if let Some(claim) = old.role_claim() {
            change.release(&claim);
        }
        change.event(&super::events::DELETED, &Reference::to(Connection::NOUN, old.id));
        self.commit(change).await?;
        if let Some(grant) = old.grant() {
            self.router().disconnect(old.account_id, &grant);
        }
        Ok(())
    }

    /// The connection that an account is to be taken on by, and as what it is written with the account.
    pub(crate) async fn use_connection(&self, id: ConnectionId) -> Result<(Stored<Connection>, Connection)> {
        let found = self.connection(id).await;
        let connection = found.map_err(|problem| match problem.code {
            Code::NotFound => Problem::not_found_at(Connection::NOUN, "/connectionId"),
            _ => problem,
        })?;
        match connection.status {
            ConnectionStatus::Verified => {}
            ConnectionStatus::Pending => {
                return Err(Problem::new(Code::Conflict, "the connection is not verified")
                    .help("POST /api/connections/{connectionId}/verify"));
            }
            ConnectionStatus::Used => {
                return Err(Problem::new(Code::InUse, "another account was taken on by this connection"));
            }
        }
        let used = Connection { status: ConnectionStatus::Used, updated_at: self.now(), ..connection.record.clone() };
        Ok((connection, used))
    }
}

/// The parameters of the owner's stack.
pub(super) async fn stack_parameters(plane: &Plane, connection: &Connection) -> Result<Vec<(&'static str, String)>> {
    let invitation = plane.ports().cross_account.invitation(&connection.table()).await.map_err(refused)?;
    Ok(vec![
        ("AccountId", connection.account_id.to_string()),
        ("TableName", invitation.table),
        ("TrustedRoleArn", invitation.platform),
        ("ExternalId", connection.external_id.clone()),
    ])
}

fn all(limit: usize, after: Option<Position>) -> Query {
    let pk = Connection::ALL.to_owned();
    Query { index: Index::Gsi1, pk, range: Range::All, order: Order::Ascending, limit, after }
}

/// Connections are the platform's: the change is one of the platform's account.
fn change<A: Action>(who: &Granted<A>, id: ConnectionId) -> Change {
    Change::by(who).for_account(known::ROOT_ACCOUNT).about(Connection::NOUN, id)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some seconds")]
fn ceiling(seconds: f64) -> u64 {
    seconds.max(0.0).ceil() as u64
}

fn refused(error: CrossAccountError) -> Problem {
    match error {
        CrossAccountError::NotHere => Problem::new(Code::Conflict, error.to_string())
            .help("connections to other accounts of AWS are there in the aws profile"),
        CrossAccountError::Unavailable(cause) => Problem::new(Code::Unavailable, cause).retry_after(5),
        CrossAccountError::Refused { cause, fix } => Problem::new(Code::Conflict, cause).help(fix),
    }
}
