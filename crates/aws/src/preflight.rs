//! What must hold in AWS before the product runs there, asked of AWS itself; and making what is missing.

mod dedicated;
mod limits;
mod messages;

use std::sync::Arc;

use aws_sdk_eventbridge as eventbridge;
use aws_sdk_sesv2 as ses;
use kernel::{
    ports::{
        dedicated_tables::DedicatedTableError,
        external_error::ExternalError,
        params::Params as _,
        random::{self, RandomSource},
    },
    workflow::{Plan, asl},
};
use serde::Serialize;

use crate::{
    cognito::checks,
    dynamodb::{Switches, TableState},
    fault::Fault,
    profile::{ConnectError, Connected, People, Profile},
    retry::{self, RetryPolicy},
    secrets::Presence,
    states::DeployedState,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    Warning,
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub state: State,
    pub finding: String,
    /// What to do where it is not as it must be.
    pub fix: Option<String>,
}

impl Check {
    pub(crate) fn ok(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, state: State::Ok, finding: finding.into(), fix: None }
    }

    pub(crate) fn warning(name: &'static str, finding: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Warning, finding: finding.into(), fix: Some(fix.into()) }
    }

    pub(crate) fn bad(name: &'static str, finding: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, state: State::Bad, finding: finding.into(), fix: Some(fix.into()) }
    }

    /// `permit`: what to do where access is denied.
    fn external_error(name: &'static str, error: &ExternalError, permit: &str) -> Self {
        let fix = match error.condition {
            Some(condition) if condition.code != Fault::Denied.code() => condition.fix,
            Some(_) | None => permit,
        };
        Self::bad(name, error.to_string(), fix)
    }

    pub(crate) fn fault(name: &'static str, of: impl std::fmt::Display, fault: Fault) -> Self {
        Self::bad(name, format!("{of}: {fault}"), fault.fix())
    }
}

const MAKE: &str = "freehold preflight --fix makes it";

/// What is done before anything is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    Nothing,
    /// What is missing and can be made is made.
    Missing,
    /// A user pool too, where none is configured.
    MissingAndPool,
}

/// Looks at everything, after it was mended.
/// `plans`: the workflows whose state machines must be there.
pub async fn run(profile: Profile, rng: Arc<dyn RandomSource>, mend: Repair, plans: Vec<Plan>) -> Vec<Check> {
    let connected = match profile.connect(Arc::clone(&rng)).await {
        Ok(connected) => connected,
        Err(error @ ConnectError::NoRegion) => return vec![Check::bad("region", error.to_string(), error.fix())],
        Err(error @ ConnectError::Credentials(_)) => {
            return vec![Check::bad("credentials", error.to_string(), error.fix())];
        }
    };
    let mut checks = vec![Check::ok("region", connected.region()), caller(&connected).await];
    if checks.iter().any(|check| check.state == State::Bad) {
        // Everything else would fail for the same reason.
        return checks;
    }
    let retry = RetryPolicy::new(Arc::clone(&rng), retry::MAX_DURATION);
    let mut preflight = Preflight { connected, retry, rng, plans };
    match mend {
        Repair::Nothing => {}
        Repair::Missing => checks.extend(Box::pin(preflight.mend()).await),
        Repair::MissingAndPool => {
            checks.extend(Box::pin(preflight.mend()).await);
            checks.push(Box::pin(preflight.make_pool()).await);
        }
    }
    let (table, stacks, machines, parameters, mail, bus, alerts, queues, key, secrets, people, dedicated, limits) = tokio::join!(
        preflight.table(),
        preflight.stacks(),
        preflight.machines(),
        preflight.parameters(),
        preflight.mail(),
        preflight.bus(),
        preflight.alerts(),
        preflight.queues(),
        preflight.key(),
        preflight.secrets(),
        preflight.people(),
        dedicated::checks(&preflight.connected),
        limits::check(&preflight.connected, &preflight.plans)
    );
    checks.extend(table);
    checks.push(stacks);
    checks.extend(machines);
    checks.push(parameters);
    checks.extend(mail);
    checks.push(bus);
    checks.push(alerts);
    checks.extend(queues);
    checks.push(key);
    checks.extend(secrets);
    checks.extend(people);
    checks.extend(dedicated);
    checks.extend(limits);
    checks
}

async fn caller(connected: &Connected) -> Check {
    const CHECK: &str = "credentials";
    match connected.caller().await {
        Ok(caller) => Check::ok(CHECK, format!("{} in account {}", caller.arn, caller.account)),
        // Any credentials permit this call.
        Err(Fault::Denied | Fault::UnknownCredentials) => {
            let finding = format!("STS in {} refuses the credentials", connected.region());
            Check::bad(CHECK, finding, Fault::UnknownCredentials.fix())
        }
        Err(fault) => Check::fault(CHECK, format!("STS in {}", connected.region()), fault),
    }
}

struct Preflight {
    connected: Connected,
    retry: RetryPolicy,
    rng: Arc<dyn RandomSource>,
    plans: Vec<Plan>,
}

impl Preflight {
    async fn table(&self) -> Vec<Check> {
        const TABLE: &str = "table";
        let tables = self.connected.tables();
        let (name, standing) = tables.standing().await;
        let region = self.connected.region();
        match standing {
            Err(fault) => vec![Check::fault(TABLE, format!("{name} in {region}"), fault)],
            Ok(TableState::Missing) => vec![Check::bad(
                TABLE,
                format!("there is no table {name} in {region}"),
                format!("{MAKE}; or check aws_region and aws_table_prefix"),
            )],
            Ok(TableState::Coming) => vec![Check::bad(TABLE, format!("{name} is still being made"), "wait a minute")],
            Ok(TableState::Foreign) => vec![Check::bad(
                TABLE,
                format!("{name} has other keys or indexes than PK, SK and GSI1 to GSI3, or can't be used now"),
                "name another: set aws_table_prefix",
            )],
            Ok(TableState::There { protected }) => {
                let Switches { backed_up, expires } = tables.switches().await;
                vec![
                    Check::ok(TABLE, format!("{name} in {region}, with its three indexes")),
                    self.protected("deletion protection", &name, Ok(protected)),
                    self.protected("point-in-time recovery", &name, backed_up),
                    switch("time to live", &name, expires),
                ]
            }
        }
    }

    /// What protects the data is asked for unless the configuration says that nothing is to be protected.
    fn protected(&self, check: &'static str, table: &str, on: Result<bool, Fault>) -> Check {
        if self.connected.profile().protect {
            switch(check, table, on)
        } else {
            let why = "set aws_protect_tables = true where data is to be kept";
            match on {
                Ok(true) => Check::ok(check, format!("on for {table}")),
                Ok(false) | Err(_) => Check::warning(check, "not asked for", why),
            }
        }
    }

    async fn stacks(&self) -> Check {
        const CHECK: &str = "stacks";
        let Some(stacks) = self.connected.stacks() else {
            let fix = "set aws_stacks = true to have them made by CloudFormation";
            return Check::warning(CHECK, "none: DynamoDB makes the tables of private accounts itself", fix);
        };
        match stacks.probe().await {
            Ok(()) => Check::ok(CHECK, "CloudFormation answers"),
            Err(DedicatedTableError::Unavailable(error) | DedicatedTableError::Refused(error)) => {
                Check::external_error(
                    CHECK,
                    &error,
                    "permit cloudformation:DescribeStacks, CreateStack and DeleteStack",
                )
            }
        }
    }

    /// Nothing is asked of Step Functions that the configuration does not ask for.
    async fn machines(&self) -> Vec<Check> {
        const CHECK: &str = "state machines";
        const DEPLOY: &str = "deploy the documents of deploy/asl, or check aws_state_machine_prefix";
        if !self.connected.profile().machines {
            return Vec::new();
        }
        let machines = match self.connected.machines().await {
            Ok(machines) => machines,
            Err(fault) => return vec![Check::fault(CHECK, "STS", fault)],
        };
        let mut checks = Vec::new();
        for document in self.plans.iter().flat_map(asl::machines) {
            let name = format!("{}{}", self.connected.profile().machine_prefix, document.name);
            checks.push(match machines.deployed(&document).await {
                Ok(DeployedState::Current) => Check::ok(CHECK, format!("{name} is this version's")),
                Ok(DeployedState::Other) => Check::bad(CHECK, format!("{name} is not this version's"), DEPLOY),
                Ok(DeployedState::Missing) => Check::bad(
                    CHECK,
                    format!("there is no state machine {name} in {}", self.connected.region()),
                    DEPLOY,
                ),
                Err(fault) => Check::fault(CHECK, format!("Step Functions, {name}"), fault),
            });
        }
        checks
    }

    /// Writes, reads and removes a parameter of its own.
    async fn parameters(&self) -> Check {
        const CHECK: &str = "parameters";
        let params = self.connected.params();
        let name = format!("/preflight/{}", hex::encode(&random::secret(&*self.rng)[..8]));
        let tried = async {
            params.put(&name, "written").await?;
            let read = params.get(&name).await?;
            params.delete(&name).await?;
            Ok::<_, kernel::ports::params::ParamsError>(read)
        };
        let shown = format!("{}/…", self.connected.profile().parameter_prefix);
        match tried.await {
            Ok(read) if read.as_deref() == Some("written") => {
                Check::ok(CHECK, format!("{shown} can be written and read"))
            }
            Ok(_) => Check::bad(CHECK, format!("{shown} can be written, but not read at once"), "try again"),
            Err(error) => Check::external_error(
                CHECK,
                &error.0,
                "permit ssm:PutParameter, GetParameter and DeleteParameter below aws_parameter_prefix",
            ),
        }
    }

    async fn mail(&self) -> Vec<Check> {
        const SENDER: &str = "sender";
        let sender = self.connected.profile().sender.as_str();
        if sender.is_empty() {
            let fix = "set aws_sender to an address that SES has verified";
            return vec![Check::warning(SENDER, "none: mails stay in the outbox, for operators to read", fix)];
        }
        let client = self.ses();
        let domain = sender.split_once('@').map_or(sender, |(_, domain)| domain);
        let (address, domain) = (self.verified(&client, sender).await, self.verified(&client, domain).await);
        let check = match (address, domain) {
            (Ok(Some(true)), _) | (_, Ok(Some(true))) => Check::ok(SENDER, format!("{sender} is verified")),
            (Ok(Some(false)), _) | (_, Ok(Some(false))) => Check::bad(
                SENDER,
                format!("{sender} is not verified yet"),
                "follow the link in the mail of SES, or publish the domain's records",
            ),
            (Ok(None), Ok(None)) => Check::bad(
                SENDER,
                format!("SES does not know {sender}, nor its domain"),
                "freehold preflight --fix asks SES to verify it; or name another: aws_sender",
            ),
            (Err(fault), _) | (_, Err(fault)) => Check::fault(SENDER, "SES", fault),
        };
        vec![check, self.sending(&client).await, self.configuration_set(&client).await]
    }

    /// Without a configuration set nobody learns of bounces and complaints.
    async fn configuration_set(&self, client: &ses::Client) -> Check {
        const CHECK: &str = "bounces";
        let Some(set) = &self.connected.profile().configuration_set else {
            let fix = "make a configuration set in SES with a destination for bounces and complaints, and name it: \
                       aws_configuration_set";
            return Check::warning(
                CHECK,
                "nobody learns of bounces and complaints: no configuration set is named",
                fix,
            );
        };
        let asked = self
            .retry
            .repeat(async || {
                let request = client.get_configuration_set_event_destinations().configuration_set_name(set);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        let reports = |found: &ses::types::EventDestination| {
            let told = found.matching_event_types();
            found.enabled()
                && [ses::types::EventType::Bounce, ses::types::EventType::Complaint]
                    .iter()
                    .all(|kind| told.contains(kind))
        };
        match asked {
            Ok(found) if found.event_destinations().iter().any(reports) => {
                Check::ok(CHECK, format!("the configuration set {set} reports them"))
            }
            Ok(_) => {
                let fix = "add an event destination for bounces and complaints to it";
                Check::warning(
                    CHECK,
                    format!("the configuration set {set} reports bounces or complaints to nobody"),
                    fix,
                )
            }
            Err(Fault::NotFound) => {
                let fix = "make it in SES, or name another: aws_configuration_set";
                Check::bad(CHECK, format!("there is no configuration set {set}: no mail can be sent"), fix)
            }
            Err(fault) => Check::fault(CHECK, format!("SES, the configuration set {set}"), fault),
        }
    }

    /// `None`: SES does not know it.
    async fn verified(&self, client: &ses::Client, identity: &str) -> Result<Option<bool>, Fault> {
        let asked = self
            .retry
            .repeat(async || {
                let request = client.get_email_identity().email_identity(identity);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        match asked {
            Ok(identity) => Ok(Some(
                identity.verified_for_sending_status
                    || identity.verification_status == Some(ses::types::VerificationStatus::Success),
            )),
            Err(Fault::NotFound) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn sending(&self, client: &ses::Client) -> Check {
        const CHECK: &str = "mail";
        let asked =
            self.retry.repeat(async || client.get_account().send().await.map_err(|error| Fault::of(&error))).await;
        match asked {
            Ok(account) if !account.sending_enabled => {
                Check::bad(CHECK, "sending is paused for the account", "resume it in the console of SES")
            }
            Ok(account) if account.enforcement_status().is_some_and(|status| status != "HEALTHY") => Check::warning(
                CHECK,
                format!("SES has the account under review: {}", account.enforcement_status().unwrap_or_default()),
                "look at the reputation in the console of SES: too many mails bounced, or were complained of",
            ),
            Ok(account) if !account.production_access_enabled => Check::warning(
                CHECK,
                "the account is in the sandbox of SES: only verified people get mail",
                "ask for production access in the console of SES",
            ),
            Ok(_) => Check::ok(CHECK, "the account may send to everybody"),
            Err(fault) => Check::warning(CHECK, format!("SES does not tell its limits: {fault}"), fault.fix()),
        }
    }

    async fn bus(&self) -> Check {
        const CHECK: &str = "event bus";
        let bus = self.connected.profile().event_bus.as_str();
        let client = self.eventbridge();
        let asked = self
            .retry
            .repeat(async || client.describe_event_bus().name(bus).send().await.map_err(|error| Fault::of(&error)))
            .await;
        match asked {
            Ok(found) => Check::ok(CHECK, found.arn.unwrap_or_else(|| bus.to_owned())),
            Err(Fault::NotFound) => Check::bad(
                CHECK,
                format!("there is no event bus {bus} in {}", self.connected.region()),
                format!("{MAKE}; or check aws_event_bus"),
            ),
            Err(fault) => Check::fault(CHECK, format!("EventBridge, {bus}"), fault),
        }
    }

    /// Makes a data key and opens it.
    async fn key(&self) -> Check {
        const CHECK: &str = "key";
        let Some(key) = &self.connected.profile().kms_key else {
            let fix = "set aws_kms_key to have them encrypted by a key of yours";
            return Check::warning(CHECK, "none: secrets and tables are encrypted by keys of AWS", fix);
        };
        let keys = self.connected.keys();
        let tried = async {
            let arn = keys.usable(key).await?;
            keys.open(&keys.make(key, CHECK).await?, CHECK).await?;
            Ok::<_, Fault>(arn)
        };
        match tried.await {
            Ok(arn) => Check::ok(CHECK, format!("{arn} can be used")),
            Err(fault) => Check::fault(CHECK, format!("KMS, {key}"), fault),
        }
    }

    async fn secrets(&self) -> Vec<Check> {
        const CHECK: &str = "secrets";
        let there = self.connected.secrets().there().await.into_iter();
        there
            .map(|(name, there)| match there {
                Ok(Presence::There) => Check::ok(CHECK, name),
                Ok(Presence::None) => Check::ok(CHECK, format!("{name} is not there yet; the first start makes it")),
                Ok(Presence::Leaving) => {
                    let fix = format!("aws secretsmanager restore-secret --secret-id {name}");
                    Check::bad(CHECK, format!("{name} is scheduled for deletion: no start can use it or make it"), fix)
                }
                Err(fault) => Check::fault(CHECK, format!("Secrets Manager, {name}"), fault),
            })
            .collect()
    }

    async fn people(&self) -> Vec<Check> {
        match self.connected.pool() {
            Some(options) => {
                let minutes = self.connected.profile().access_minutes;
                checks::look(&self.connected, &options, minutes, &self.retry).await
            }
            None => {
                vec![Check::ok("user pool", "none is named: passwords and signing keys are the product's own")]
            }
        }
    }

    /// Makes the table, the bus, the queues, and asks for the sender's verification; answers what could not be made.
    async fn mend(&self) -> Vec<Check> {
        let mut failed = Vec::new();
        if let Err(error) = self.connected.tables().mend().await {
            failed.push(Check::bad("table", error.to_string(), "permit dynamodb:CreateTable and the updates after it"));
        }
        if let Err(fault) = self.make_bus().await {
            failed.push(Check::fault("event bus", "it can't be made", fault));
        }
        if let Err(fault) = self.make_sender().await {
            failed.push(Check::fault("sender", "its verification can't be asked for", fault));
        }
        failed.extend(self.make_queues().await);
        failed
    }

    /// Goes on with the pool as if it were configured.
    async fn make_pool(&mut self) -> Check {
        const CHECK: &str = "user pool settings";
        if let Some(People { pool, client }) = &self.connected.profile().people {
            return Check::ok(CHECK, format!("aws_user_pool = {pool:?}, aws_user_pool_client = {client:?}"));
        }
        match self.connected.make_pool().await {
            Ok(people) => {
                let People { pool, client } = &people;
                let settings = format!("aws_user_pool = {pool:?}, aws_user_pool_client = {client:?}");
                let fix = "put both into the configuration; then have its triggers call pre_token and migrate_user";
                self.connected.people_in(people);
                Check::warning(CHECK, settings, fix)
            }
            Err(fault) => Check::fault(CHECK, "the user pool can't be made", fault),
        }
    }

    async fn make_bus(&self) -> Result<(), Fault> {
        let bus = self.connected.profile().event_bus.as_str();
        // The default bus is there always, and another's can't be made.
        if bus == "default" || bus.starts_with("arn:") {
            return Ok(());
        }
        let client = self.eventbridge();
        let made = self
            .retry
            .repeat(async || client.create_event_bus().name(bus).send().await.map_err(|error| Fault::of(&error)))
            .await;
        there_now(made)
    }

    async fn make_sender(&self) -> Result<(), Fault> {
        let sender = self.connected.profile().sender.as_str();
        if sender.is_empty() {
            return Ok(());
        }
        let client = self.ses();
        let domain = sender.split_once('@').map_or(sender, |(_, domain)| domain);
        for identity in [sender, domain] {
            if self.verified(&client, identity).await?.is_some() {
                return Ok(());
            }
        }
        let made = self
            .retry
            .repeat(async || {
                let request = client.create_email_identity().email_identity(sender);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        there_now(made)
    }

    fn ses(&self) -> ses::Client {
        let mut builder = ses::config::Builder::from(self.connected.config());
        builder.set_endpoint_url(self.connected.profile().endpoints.ses.clone());
        ses::Client::from_conf(builder.build())
    }

    fn eventbridge(&self) -> eventbridge::Client {
        let mut builder = eventbridge::config::Builder::from(self.connected.config());
        builder.set_endpoint_url(self.connected.profile().endpoints.events.clone());
        eventbridge::Client::from_conf(builder.build())
    }
}

fn switch(check: &'static str, table: &str, on: Result<bool, Fault>) -> Check {
    match on {
        Ok(true) => Check::ok(check, format!("on for {table}")),
        Ok(false) => Check::bad(check, format!("off for {table}"), "freehold preflight --fix turns it on"),
        Err(fault) => Check::fault(check, table, fault),
    }
}

/// That somebody else made it is as good.
fn there_now<T>(made: Result<T, Fault>) -> Result<(), Fault> {
    match made {
        Ok(_) | Err(Fault::InUse) => Ok(()),
        Err(fault) => Err(fault),
    }
}
