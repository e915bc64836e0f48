//! The plan that sets an account up, with the documents' states, and the workers that do and undo its steps.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{
    first_people::{self, Access},
    intake::Intake,
    model::{Account, AccountStatus, CloudType, RunStatus},
    outputs::{CoreRecords, IdentityMade, ProvisioningVerified, RouteOpened, TechnicalGroup},
    removal,
    transition::{account_transition, written},
    verification::{Finding, verify_account},
    workers::{COGNITO_PROVISIONER, DYNAMODB_PROVISIONER, PROVISIONING_VERIFIER, SES_NOTIFICATION},
};
use crate::{
    audit::Author,
    change::Change,
    features::{
        licenses::model::{License, license_limit_exceeded},
        roles::model::Role,
        users::model::{Home, IdentityStatus, User},
        workstreams::model::Workstream,
    },
    ids::{AccountId, MailId, UserId},
    plane::Plane,
    ports::{
        dedicated_tables::{Progress, TableOwner},
        table::{CommitError, Condition, Key, TableName, Write},
    },
    problem::Result,
    record::{Record as _, Stored, TenantRecord, decode},
    router::{FENCES, Route, RouteState},
    slice::SliceWorkflow,
    system::{SystemTable, SystemTask},
    workflow::{
        Call, Definition, Direction, ItemFailure, State, Status, StepError, StepOutcome, Transition, UndoOutcome,
        Workers, plan::NONE,
    },
};

pub const NAME: &str = "account-onboarding";

pub const WORKFLOW: SliceWorkflow = SliceWorkflow {
    plan: || definition().into_plan(),
    add: |workflows, plane| workflows.with(definition(), Onboarding(plane.clone())),
};

/// The states with their workers. The first run began with version 1.
pub fn definition() -> Definition<OnboardingStep> {
    let states = vec![
        State::pass("ValidateInput"),
        State::task("ProvisionDynamoDB", DYNAMODB_PROVISIONER)
            .does(OnboardingStep::open_route)
            .undo(OnboardingStep::remove_route)
            .catch("HandleDynamoDBFailure"),
        State::choice("CloudType", "cloudType").when("public", "RegisterSSMParameters").otherwise("CreateStack"),
        State::task("RegisterSSMParameters", DYNAMODB_PROVISIONER)
            .does(OnboardingStep::register)
            .undo(OnboardingStep::remove_parameters)
            .catch("HandleDynamoDBFailure")
            .to("WriteCoreRecords"),
        State::task("CreateStack", DYNAMODB_PROVISIONER)
            .does(OnboardingStep::create_table)
            .undo(OnboardingStep::remove_table)
            .catch("HandleDynamoDBFailure"),
        State::task("WriteCoreRecords", DYNAMODB_PROVISIONER)
            .does(OnboardingStep::write_core_records)
            .undo(OnboardingStep::remove_core_records)
            .catch("HandleDynamoDBFailure"),
        State::task("ProvisionTechnicalGroupAndRole", DYNAMODB_PROVISIONER)
            .does(OnboardingStep::make_technical_group)
            .undo(OnboardingStep::remove_technical_group)
            .catch("HandleDynamoDBFailure"),
        State::map("ProvisionCognitoUsers", "users", "ProvisionSingleUser", COGNITO_PROVISIONER)
            .does(OnboardingStep::make_identity)
            .undo(OnboardingStep::remove_identity)
            .at_once(5)
            .on_item_failure(ItemFailure::Capture),
        State::map("SendCredentialNotifications", "users", "SendSingleNotification", SES_NOTIFICATION)
            .does(OnboardingStep::notify)
            .at_once(10)
            .on_item_failure(ItemFailure::Record),
        State::task("VerifyProvisioning", PROVISIONING_VERIFIER)
            .does(OnboardingStep::verify)
            .retry(NONE)
            .catch("HandleFailure"),
        State::choice("Verified", "VerifyProvisioning.verified")
            .when(true, "PublishSuccess")
            .otherwise("HandleFailure"),
        State::succeed("PublishSuccess", "account.provisioning.succeeded"),
        State::fail(
            "HandleDynamoDBFailure",
            "account.provisioning.failed",
            "data_plane_failed",
            "the account's data could not be provisioned",
        ),
        State::fail(
            "HandleFailure",
            "account.provisioning.failed",
            "verification_failed",
            "what was provisioned could not be read back as the tenant would",
        ),
    ];
    Definition::new(NAME, 1, states).expect("a test makes the definition")
}

/// The variables of a run: references alone.
pub fn input(account: AccountId, cloud: CloudType, users: &[UserId]) -> Value {
    json!({ "accountId": account, "cloudType": cloud.as_str(), "users": users })
}

/// The workers of the plan.
pub struct Onboarding(pub Plane);

#[async_trait]
impl Workers for Onboarding {
    type Step = OnboardingStep;

    async fn step(&self, call: Call) -> Result<OnboardingStep, StepError> {
        let step = OnboardingStep::of(self.0.clone(), call).await?;
        match step.call.direction {
            Direction::Do => step.is_current().await?,
            Direction::Undo => {}
        }
        Ok(step)
    }

    fn after_transition(&self, transition: &Transition) {
        super::transition::after_transition(&self.0, transition);
    }

    async fn on_transition(&self, transition: &Transition) -> Result<Vec<Write>, StepError> {
        let status_of = |account: &Account, status| match (account.status, status) {
            (AccountStatus::Provisioning | AccountStatus::Failed, RunStatus::Running) => AccountStatus::Provisioning,
            (AccountStatus::Provisioning | AccountStatus::Failed, RunStatus::Succeeded) => AccountStatus::Active,
            (AccountStatus::Provisioning | AccountStatus::Failed, RunStatus::Failed) => AccountStatus::Failed,
            // A step is tried again for an account that is in use: the account stays as it is, whatever the result.
            (
                stays @ (AccountStatus::Active
                | AccountStatus::Disabled
                | AccountStatus::Deprovisioning
                | AccountStatus::Deleted),
                RunStatus::Running | RunStatus::Succeeded | RunStatus::Failed,
            ) => stays,
        };
        let change = account_transition(&self.0, transition, status_of).await?;
        written(&self.0, change).await
    }
}

/// One call of a worker, with the request that the account was made by.
pub struct OnboardingStep {
    plane: Plane,
    call: Call,
    intake: Intake,
}

impl OnboardingStep {
    async fn of(plane: Plane, call: Call) -> Result<Self, StepError> {
        let account = call.account.ok_or_else(|| StepError::permanent("no_account", "the run names no account"))?;
        let item = plane.system(SystemTask::Onboarding).get(&Intake::key(account)).await?;
        let item = item.ok_or_else(|| StepError::permanent("no_request", "what was asked for is gone"))?;
        let intake = decode::<Intake>(&item)?.record;
        Ok(Self { plane, call, intake })
    }

    const fn account(&self) -> AccountId {
        self.intake.account_id
    }

    fn cloud(&self) -> CloudType {
        self.intake.request.cloud_type
    }

    fn table(&self) -> TableName {
        table_of(self.account(), self.cloud())
    }

    fn author(&self) -> Author {
        let started_by = super::ops::started_by(&self.call.variables);
        Author::Workflow { name: NAME.into(), execution_id: self.call.execution, started_by }
    }

    /// A change that goes through only while this driver holds the run.
    fn change(&self) -> Change {
        let mut change = self.workload_change();
        change.write(self.call.check_fence());
        change
    }

    /// The same for the account's own table, which does not contain the run: its route refuses late writes.
    fn workload_change(&self) -> Change {
        Change::by_platform(self.author(), "account_onboard", self.account()).about(Account::NOUN, self.account())
    }

    /// Refuses if the run is being undone, or the account is being removed by another: a driver that was held up and
    /// goes on late must leave nothing behind.
    async fn is_current(&self) -> Result<(), StepError> {
        let driver = self.plane.driver();
        let head = driver.journal().head(self.call.execution).await;
        let head = head?.head;
        let account = self.shared().get(&Account::key(self.account())).await?;
        let account = account.map(|item| decode::<Account>(&item)).transpose()?;
        let mine = account
            .and_then(|account| account.record.provisioning)
            .is_some_and(|run| run.execution_id == self.call.execution);
        match head.status {
            Status::Running | Status::Succeeded | Status::Failed if mine => Ok(()),
            Status::Running | Status::Succeeded | Status::Failed | Status::Undoing | Status::Undone | Status::Stuck => {
                Err(StepError::permanent("superseded", "the account is being removed"))
            }
        }
    }

    fn user_id(&self) -> Result<UserId, StepError> {
        let id = self.call.reference.as_str().and_then(|id| id.parse().ok());
        id.ok_or_else(|| StepError::permanent("no_user", "the step names no user"))
    }

    async fn open_route(&self) -> Result<StepOutcome<RouteOpened>, StepError> {
        let grant = match self.intake.request.connection_id {
            Some(connection) => self.plane.connection(connection).await?.grant(),
            None => None,
        };
        let route = Route {
            account_id: self.account(),
            table: self.table(),
            copies_directory: self.cloud() == CloudType::Private,
            version: 1,
            state: RouteState::Open,
            grant,
            fences: FENCES,
        };
        put_absent(&self.shared(), &route, Some(self.call.check_fence())).await?;
        self.plane.router().forget(self.account());
        Ok(StepOutcome::Done(RouteOpened { table_name: route.table }))
    }

    async fn remove_route(&self) -> Result<UndoOutcome, StepError> {
        // Also what operators made in the account after it had failed.
        removal::everything(&self.plane, self.account()).await?;
        removal::route(&self.plane, self.account()).await?;
        Ok(UndoOutcome::Done)
    }

    async fn register(&self) -> Result<StepOutcome<()>, StepError> {
        // At once: each waits for a sync, which they can share. A late process must not revert "active".
        let (params, parameters) = (&self.plane.ports().params, self.parameters("provisioning"));
        let puts = parameters.iter().map(|(name, value)| params.put_new(name, value));
        futures::future::try_join_all(puts).await?;
        // The store of parameters knows no fence: what came too late is taken back.
        if let Err(superseded) = self.is_current().await {
            removal::parameters(&self.plane, self.account()).await?;
            return Err(superseded);
        }
        Ok(StepOutcome::Done(()))
    }

    async fn remove_parameters(&self) -> Result<UndoOutcome, StepError> {
        removal::parameters(&self.plane, self.account()).await?;
        Ok(UndoOutcome::Done)
    }

    fn parameters(&self, status: &str) -> [(String, String); 3] {
        let name = |last: &str| format!("/accounts/{}/{last}", self.account());
        [
            (name("dynamodb/table-name"), self.table().to_string()),
            (name("cloud-type"), self.cloud().as_str().to_owned()),
            (name("provisioning-status"), status.to_owned()),
        ]
    }

    async fn create_table(&self) -> Result<StepOutcome<()>, StepError> {
        let route = self.plane.router().route(self.account()).await?;
        if let Some(grant) = &route.grant {
            return match self.plane.system_granted(SystemTask::Onboarding, grant, &route.table).await? {
                Some(_) => self.use_table(&route).await,
                None => Err(StepError::permanent(
                    "no_table",
                    format!("there is no table {} for {}", route.table, grant.role),
                )),
            };
        }
        let owner = TableOwner {
            account: self.account(),
            name: self.intake.request.name.to_string(),
            cloud_type: self.cloud(),
        };
        let made = self.plane.ports().dedicated_tables.ensure_table(&owner, &self.table()).await;
        if made? == Progress::Underway {
            return Ok(StepOutcome::NotYet { after: self.call.look_again() });
        }
        if let Err(superseded) = self.is_current().await {
            removal::table(&self.plane, self.account()).await?;
            return Err(superseded);
        }
        self.use_table(&route).await
    }

    /// The table is there: from here on, writes to it are held to the route.
    async fn use_table(&self, route: &Route) -> Result<StepOutcome<()>, StepError> {
        let table = self.plane.system_routed(SystemTask::Onboarding, route).await?;
        put_absent(&table, route, None).await?;
        self.register().await
    }

    async fn remove_table(&self) -> Result<UndoOutcome, StepError> {
        removal::parameters(&self.plane, self.account()).await?;
        match removal::table(&self.plane, self.account()).await? {
            Progress::Done => Ok(UndoOutcome::Done),
            Progress::Underway => Ok(UndoOutcome::NotYet { after: self.call.look_again() }),
        }
    }

    async fn write_core_records(&self) -> Result<StepOutcome<CoreRecords>, StepError> {
        let licenses = self.licenses();
        for license in &licenses {
            let mut change = self.change();
            let writes = self.plane.license_writes(std::slice::from_ref(license), |_| "/licenses".to_owned()).await;
            for (write, problem) in writes? {
                change.write_or(write, problem);
            }
            self.once(&self.shared(), &License::key(self.account(), license.id), change).await?;
        }
        for user in first_people::users(&self.intake, &licenses[0], self.plane.now()) {
            let mut change = self.change();
            change.create(&user);
            change.create(&Home { user_id: user.id, account_id: user.account_id });
            // A seat of the first license, which may begin later.
            let pool = self.plane.seat_pool(self.account(), licenses[0].triple()).await?;
            let pool = pool.ok_or_else(|| StepError::permanent("no_license", "the first license is gone"))?;
            change.write_or(pool.counter.take_ahead(), license_limit_exceeded());
            self.once(&self.shared(), &User::key(user.account_id, user.id), change).await?;
        }
        Ok(StepOutcome::Done(CoreRecords { licenses: licenses.iter().map(|license| license.id).collect() }))
    }

    async fn remove_core_records(&self) -> Result<UndoOutcome, StepError> {
        removal::identities(&self.plane, self.account()).await?;
        removal::kinds(&self.plane, self.account(), &[User::KIND, License::KIND]).await?;
        Ok(UndoOutcome::Done)
    }

    fn licenses(&self) -> Vec<License> {
        self.intake.request.licenses_of(self.account(), self.plane.now())
    }

    async fn make_technical_group(&self) -> Result<StepOutcome<TechnicalGroup>, StepError> {
        let now = self.plane.now();
        let (account_id, enterprise_id) = (self.account(), self.intake.request.licenses[0].enterprise_id);
        let technical = Access::technical(&self.intake, self.call.id("role"), self.call.id("group"), now);
        let mut change = self.change();
        technical.create(&mut change);
        if self.intake.request.administrator.is_some() {
            let (role, group) = (self.call.id("administrator-role"), self.call.id("administrator-group"));
            technical.of_administrator(role, group).create(&mut change);
        }
        let (role, group) = (technical.role, technical.group);
        let directory = change;
        let workstream = Workstream::default_of(account_id, enterprise_id, now);
        let route = self.plane.router().route(account_id).await?;
        let table = self.plane.system_routed(SystemTask::Onboarding, &route).await?;
        let own = route.table != TableName::shared();
        let mut change = if own { self.workload_change() } else { self.change() }.workload();
        change.create(&workstream);
        change.create(workstream.name_claim().first());
        // At once, and each by itself: where the workstream goes to another table, they are two commits anyway.
        let (role_key, workstream_key) = (Role::key(account_id, role.id), Workstream::key(account_id, workstream.id));
        futures::future::try_join(
            self.once(&self.shared(), &role_key, directory),
            self.once(&table, &workstream_key, change),
        )
        .await?;
        Ok(StepOutcome::Done(TechnicalGroup { group_id: group.id, role_id: role.id }))
    }

    async fn remove_technical_group(&self) -> Result<UndoOutcome, StepError> {
        removal::links_and_access(&self.plane, self.account()).await?;
        Ok(UndoOutcome::Done)
    }

    async fn make_identity(&self) -> Result<StepOutcome<IdentityMade>, StepError> {
        let user = self.user().await?;
        self.plane.ensure_identity(&user.record).await?;
        // The identity provider knows no fence: what came too late is taken back.
        if let Err(superseded) = self.is_current().await {
            self.plane.remove_identity(user.id).await?;
            return Err(superseded);
        }
        Ok(StepOutcome::Done(IdentityMade { identity: true }))
    }

    async fn remove_identity(&self) -> Result<UndoOutcome, StepError> {
        self.plane.remove_identity(self.user_id()?).await?;
        Ok(UndoOutcome::Done)
    }

    /// Whether the technical user has an identity. A run goes on without one, and the account is degraded.
    fn has_identity(&self) -> Result<bool, StepError> {
        let made = self.call.outputs::<IdentityMade>()?;
        Ok(made.into_iter().next().flatten().is_some_and(|made| made.identity))
    }

    async fn notify(&self) -> Result<StepOutcome<()>, StepError> {
        let user = self.user().await?;
        // They followed the link before this step was written down: it must not be good again.
        if user.identity_status == IdentityStatus::Confirmed {
            return Ok(StepOutcome::Done(()));
        }
        let mail: MailId = self.call.id("mail");
        // Nobody can follow a link to an identity that is not there.
        self.plane.identity().check_user(user.subject()).await?;
        let sent = self.plane.invite(&user.record, mail).await?;
        if let Err(superseded) = self.is_current().await {
            self.plane.remove_identity(user.id).await?;
            return Err(superseded);
        }
        if user.identity_status == IdentityStatus::Pending {
            let invited_by = super::ops::started_by(&self.call.variables).map(|by| by.id);
            let invited = User {
                identity_status: IdentityStatus::Invited,
                invitation: Some(sent.shown(invited_by)),
                updated_at: self.plane.now(),
                ..user.record.clone()
            };
            let mut change = self.change();
            change.replace(&user, &invited);
            self.plane.commit(change).await?;
        }
        Ok(StepOutcome::Done(()))
    }

    async fn verify(&self) -> Result<StepOutcome<ProvisioningVerified>, StepError> {
        match verify_account(&self.plane, &self.intake, self.has_identity()?).await? {
            Finding::Right => {}
            Finding::NotYet => return Ok(StepOutcome::NotYet { after: Duration::from_millis(20) }),
            Finding::Wrong(what) => return Err(StepError::permanent("verification_failed", what)),
            Finding::Disagrees { parameter, published, expected } => {
                let published = published.unwrap_or_else(|| "nothing".to_owned());
                let found = format!("the parameter {parameter} says {published}, and the account's route {expected}");
                let error = StepError::permanent("route_disagrees", found);
                return Err(error.fix("put the parameter right, or find out who changed it; then try the run again"));
            }
        }
        let [.., (name, _)] = self.parameters("active");
        self.plane.ports().params.put(&name, "active").await?;
        if let Err(superseded) = self.is_current().await {
            removal::parameters(&self.plane, self.account()).await?;
            return Err(superseded);
        }
        Ok(StepOutcome::Done(ProvisioningVerified { verified: true }))
    }

    async fn user(&self) -> Result<Stored<User>, StepError> {
        let item = self.plane.system(SystemTask::Onboarding).get(&User::key(self.account(), self.user_id()?)).await?;
        let item = item.ok_or_else(|| StepError::permanent("no_user", "the user is gone"))?;
        Ok(decode::<User>(&item)?)
    }

    /// Commits what must be made once: a repeat finds its first record made.
    async fn once(&self, table: &SystemTable, first: &Key, change: Change) -> Result<(), StepError> {
        if table.get(first).await?.is_some() {
            return Ok(());
        }
        Ok(self.plane.commit(change).await?)
    }

    fn shared(&self) -> SystemTable {
        self.plane.system(SystemTask::Onboarding)
    }
}

/// The table of an account's workload data.
pub fn table_of(account: AccountId, cloud: CloudType) -> TableName {
    match cloud {
        CloudType::Public => TableName::shared(),
        CloudType::Private | CloudType::Hybrid => TableName::dedicated(account),
    }
}

async fn put_absent(table: &SystemTable, new: &Route, fence: Option<Write>) -> Result<(), StepError> {
    let mut writes = new.puts(Condition::Absent);
    writes.extend(fence);
    match table.commit(writes).await {
        Ok(()) | Err(CommitError::Refused { write: 0, .. }) => Ok(()),
        Err(CommitError::Refused { .. }) => Err(StepError::transient("superseded", "somebody else holds the run")),
        Err(CommitError::Table(error)) => Err(error.into()),
    }
}
