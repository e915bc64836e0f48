//! Taking accounts on, changing them and letting them go.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    deprovisioning,
    first_people::{first_users, technical_user_id},
    intake::{Intake, NewAccount},
    model::{Account, AccountStatus, ProvisioningRef, RunStatus},
    onboarding,
};
use crate::{
    audit::{Author, Starter},
    change::Change,
    event_kinds::{NoDetail, Reference},
    features::users::{email_claims::email_taken, model::User},
    guard::{
        Granted,
        actions::{AccountCreate, AccountDelete, AccountEdit, Action},
    },
    http::idempotency::AnswerHead,
    ids::{AccountId, ExecutionId, known},
    jobs::Job,
    plane::Plane,
    ports::table::{Index, MAX_PAGE, Query, Range, Write},
    problem::{Code, Problem, Result},
    record::{Record as _, Stored, decode},
    system::SystemTask,
    text::Name,
    workflow::{NewRun, Plan, journal},
};

/// The parameters of a deletion.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deletion {
    /// The account's exact name.
    confirm: Name,
    /// Begins the removal at once, without a grace period.
    #[serde(default)]
    now: bool,
}

/// Removes disabled accounts when their time of grace is over.
pub(super) fn removal_job(plane: &Plane) -> Job {
    let plane = plane.clone();
    let summary = "Begin the removal of disabled accounts whose time of grace is over";
    Job::new("account-removals", summary, SignedDuration::from_mins(1), move || {
        let plane = plane.clone();
        async move {
            let begun = plane.remove_due_accounts().await?;
            Ok([("begun".to_owned(), begun as u64)].into())
        }
    })
}

impl Plane {
    /// How many accounts there are, deleted ones not counted.
    pub async fn count_accounts(&self) -> Result<usize> {
        let table = self.system(SystemTask::AccountLifecycle);
        let query = Query::ascending(Index::Gsi1, Account::BY_NAME, Range::All);
        let mut pages = table.pages(Query { limit: MAX_PAGE, ..query });
        let mut count = 0;
        while let Some(items) = pages.next().await? {
            count += items.len();
        }
        Ok(count)
    }

    /// Takes an account on: it is written down together with the run that sets it up, then the run begins.
    pub async fn create_account(&self, who: &Granted<AccountCreate>, new: NewAccount) -> Result<Account> {
        new.check()?;
        let now = self.now();
        let connection = match new.connection_id {
            Some(connection) => Some(self.use_connection(connection).await?),
            None => None,
        };
        let new_id = || AccountId::new(now, self.rng());
        let id = connection.as_ref().map_or_else(new_id, |(_, used)| used.account_id);
        // Checked now, so that the caller learns of a wrong license; the run writes them.
        self.license_writes(&new.licenses_of(id, now), |place| format!("/licenses/{place}")).await?;
        let execution_id = ExecutionId::new(now, self.rng());
        let account = Account {
            id,
            name: new.name.clone(),
            master_account_name: new.master_account_name.clone(),
            cloud_type: new.cloud_type,
            status: AccountStatus::Provisioning,
            degraded: false,
            degraded_reasons: Vec::new(),
            address: new.address.clone(),
            connection_id: new.connection_id,
            technical_user_id: Some(technical_user_id(id)),
            provisioning: Some(ProvisioningRef { execution_id, status: RunStatus::Running }),
            deletes_at: None,
            created_at: now,
            updated_at: now,
        };
        let users: Vec<_> = first_users(id, &new).into_iter().map(|(user, email)| (user, email.clone())).collect();
        let ids: Vec<_> = users.iter().map(|(user, _)| *user).collect();
        let mut input = onboarding::input(id, new.cloud_type, &ids);
        input[STARTED_BY] = json!(who.author().starter());
        let mut change = Change::by(who).for_account(id).unfenced().about(Account::NOUN, id);
        change.create(&account);
        change.claim_name(&Account::name_claim(id, &account.name), &name_taken(&account.name));
        // In a new account every address is free.
        for (user, email) in &users {
            change.claim(&User::email_claim(id, *user, email), email_taken());
        }
        change.create(&Intake { account_id: id, request: new });
        if let Some((verified, used)) = &connection {
            change.replace(verified, used);
        }
        for write in run_start(self, onboarding::NAME, execution_id, id, input) {
            change.write(write);
        }
        change.event(&super::events::PROVISIONING_STARTED, &Reference::to("execution", execution_id));
        change.answers(AnswerHead::created(location(id), 1), &account);
        self.commit(change).await?;
        self.driver().wake(execution_id);
        Ok(account)
    }

    /// The account that somebody was let into.
    pub async fn account<A: Action>(&self, who: &Granted<A>) -> Result<Stored<Account>> {
        account_by_id(self, who.account()).await
    }

    pub(super) async fn replace_account(
        &self,
        who: &Granted<AccountEdit>,
        old: &Stored<Account>,
        new: Account,
    ) -> Result<Stored<Account>> {
        if old.status != AccountStatus::Active {
            return Err(not_now(old));
        }
        let mut change = Change::by(who).about(Account::NOUN, new.id);
        if new.name != old.name {
            if new.id == known::ROOT_ACCOUNT {
                return Err(Problem::new(Code::Protected, "the platform's own account keeps its name"));
            }
            let (before, after) = (Account::name_claim(new.id, &old.name), Account::name_claim(new.id, &new.name));
            change.rename(&before, &after, name_taken(&new.name));
        }
        change.replace(old, &new);
        change.event(&super::events::UPDATED, &NoDetail {});
        self.commit(change).await?;
        Ok(Stored { record: new, version: old.version + 1 })
    }

    /// Deletes an account: disables it now, and removes it when the grace period is over, or with `Deletion::now` at once.
    /// A repeat does not shorten the grace period: it answers the date that is set.
    pub async fn delete_account(
        &self,
        who: &Granted<AccountDelete>,
        old: Stored<Account>,
        deletion: &Deletion,
    ) -> Result<Account> {
        if old.id == known::ROOT_ACCOUNT {
            return Err(Problem::new(Code::Protected, "the platform's own account can't be deleted"));
        }
        if deletion.confirm.as_str() != old.name.as_str() {
            return Err(Problem::field("/confirm", "this must be the account's exact name"));
        }
        match old.status {
            AccountStatus::Active | AccountStatus::Failed | AccountStatus::Disabled => {}
            AccountStatus::Provisioning | AccountStatus::Deprovisioning | AccountStatus::Deleted => {
                return Err(not_now(&old));
            }
        }
        if under_way(&old) {
            return Err(Problem::new(Code::Conflict, "a step of the account's onboarding is being tried again")
                .help("GET /api/provisioning/{accountId} shows when it is done"));
        }
        if old.status == AccountStatus::Disabled && !deletion.now {
            self.record_security_event(who.entry().about(Account::NOUN, old.id).named(old.name.as_str())).await?;
            return Ok(old.record);
        }
        let grace = self.settings().deletion_grace_days;
        if grace > 0 && old.status == AccountStatus::Active && !deletion.now {
            let deletes_at = self.now() + jiff::SignedDuration::from_hours(24 * i64::from(grace));
            let disabled = Account {
                status: AccountStatus::Disabled,
                deletes_at: Some(deletes_at),
                updated_at: self.now(),
                ..old.record.clone()
            };
            let mut change = Change::by(who).about(Account::NOUN, old.id);
            change.replace(&old, &disabled);
            change.event(&super::events::DISABLED, &super::events::Disabled { deletes_at });
            self.commit(change).await?;
            return Ok(disabled);
        }
        begin_removal(self, Change::by(who), old, who.author().starter()).await
    }

    /// Ends the time of grace of an account that was disabled: it is as before.
    pub async fn restore_account(&self, who: &Granted<AccountDelete>) -> Result<Stored<Account>> {
        let old = self.account(who).await?;
        if old.status != AccountStatus::Disabled {
            return Err(not_now(&old));
        }
        let account =
            Account { status: AccountStatus::Active, deletes_at: None, updated_at: self.now(), ..old.record.clone() };
        let mut change = Change::by(who).doing("account_restore").about(Account::NOUN, old.id);
        change.replace(&old, &account);
        change.event(&super::events::RESTORED, &NoDetail {});
        change.answers(AnswerHead::found(old.version + 1), &account);
        self.commit(change).await?;
        Ok(Stored { record: account, version: old.version + 1 })
    }

    /// Begins the removal of the accounts whose time of grace is over. Answers how many began.
    pub async fn remove_due_accounts(&self) -> Result<usize> {
        let query = crate::ports::table::Query {
            index: crate::ports::table::Index::Gsi3,
            pk: format!("ACCOUNT#{}", AccountStatus::Disabled.as_str()),
            range: crate::ports::table::Range::All,
            order: crate::ports::table::Order::Ascending,
            limit: 1000,
            after: None,
        };
        let (mut begun, mut failed) = (0, Ok(()));
        for item in self.system(SystemTask::AccountLifecycle).query(&query).await?.items {
            let account = decode::<Account>(&item)?;
            if account.deletes_at.is_some_and(|at| at <= self.now()) && !under_way(&account) {
                let author = Author::System { name: "deletion".into() };
                let change = Change::by_platform(author, "account_delete", account.id);
                // An account whose removal can't begin holds up no other.
                match begin_removal(self, change, account, None).await {
                    Ok(_) => begun += 1,
                    Err(problem) => failed = failed.and(Err(problem)),
                }
            }
        }
        failed.map(|()| begun)
    }
}

async fn account_by_id(plane: &Plane, id: AccountId) -> Result<Stored<Account>> {
    let item = plane.system(SystemTask::AccountLifecycle).get(&Account::key(id)).await?;
    decode(&item.ok_or_else(|| Problem::new(Code::NotFound, "there is no such account"))?)
}

async fn begin_removal(plane: &Plane, change: Change, old: Stored<Account>, by: Option<Starter>) -> Result<Account> {
    let execution_id = ExecutionId::new(plane.now(), plane.rng());
    let account = Account {
        status: AccountStatus::Deprovisioning,
        provisioning: Some(ProvisioningRef { execution_id, status: RunStatus::Running }),
        deletes_at: None,
        updated_at: plane.now(),
        ..old.record.clone()
    };
    let mut change = change.unfenced().about(Account::NOUN, old.id);
    change.replace(&old, &account);
    let mut input = deprovisioning::input(old.id, old.cloud_type);
    if let Some(by) = by {
        input[STARTED_BY] = json!(by);
    }
    for write in run_start(plane, deprovisioning::NAME, execution_id, old.id, input) {
        change.write(write);
    }
    change.event(&super::events::DEPROVISIONING_STARTED, &Reference::to("execution", execution_id));
    plane.commit(change).await?;
    plane.driver().wake(execution_id);
    Ok(account)
}

fn run_start(
    plane: &Plane,
    workflow: &str,
    execution: ExecutionId,
    account: AccountId,
    input: serde_json::Value,
) -> Vec<Write> {
    let plan: &Plan =
        &plane.driver().workflows().latest(workflow).expect("every workflow is registered at the start").plan;
    journal::start(NewRun { execution, plan, account: Some(account), input }, plane.now())
}

/// The member of a run's input that names the person who started it.
const STARTED_BY: &str = "startedBy";

/// The person who started the run with this input; `None`: the platform did.
pub(super) fn started_by(input: &serde_json::Value) -> Option<Starter> {
    serde_json::from_value(input.get(STARTED_BY)?.clone()).ok()
}

/// Whether a run of the account goes on.
fn under_way(account: &Account) -> bool {
    account.provisioning.as_ref().is_some_and(|run| run.status == RunStatus::Running)
}

fn not_now(account: &Account) -> Problem {
    let id = account.id;
    let failed = account.provisioning.as_ref().is_some_and(|run| run.status == RunStatus::Failed);
    let goes_on = format!(
        "GET /api/provisioning/{id} shows why; when the cause is gone, POST /api/provisioning with {{\"accountId\": \"{id}\"}} goes on"
    );
    match account.status {
        AccountStatus::Deprovisioning if failed => {
            Problem::new(Code::Conflict, "the removal of the account has failed").help(goes_on)
        }
        AccountStatus::Failed => Problem::new(Code::Conflict, "the onboarding of the account has failed")
            .help(format!("{goes_on}, and POST /api/provisioning/{id}/undo takes it back")),
        status => Problem::new(Code::Conflict, format!("the account is {}", status.as_str()))
            .help(format!("GET /api/provisioning/{id} shows what is under way")),
    }
}

fn name_taken(name: &Name) -> Problem {
    Problem::new(Code::NameTaken, format!("there is an account named {name}"))
}

pub fn location(id: AccountId) -> String {
    format!("/api/accounts/{id}")
}
