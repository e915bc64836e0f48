//! The aws profile: tables in DynamoDB, keys in Secrets Manager, parameters in SSM, mail by SES, events on EventBridge.
//!
//! People's identities and sessions are in the shared table, as they are in the embedded profile: any number of processes
//! serve them. Their passwords are in a user pool of Cognito, which signs their tokens, or as hashes in the table too.

use std::sync::Arc;

use async_trait::async_trait;
use aws::{
    dynamodb::TableState,
    emf::{self, EmbeddedMetrics},
    profile::{Connected, Endpoints, People, Profile},
    ses::SesMailer,
};
use bytes::Bytes;
use local::mailer::OutboxMailer;
use plane::{
    identity::{CredentialStoreParts, Parts, Provider},
    ports::{
        machines::Machines,
        mailer::{Mail, MailError, Mailer},
        random::RandomSource,
        table::{CommitError, Condition, Key, NewItem, Table, TableName, Tables as _, Write},
    },
    secret::PlatformKey,
    workflow::WorkflowMetrics,
};
use serde::{Deserialize, Serialize};

use super::{Adapters, HostServices, identity_settings};
use crate::{
    config::Config,
    fail::{Failure, Outcome},
};

/// What the configuration says of AWS.
pub(crate) fn profile(config: &Config) -> Profile {
    let set = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let aws = &config.aws;
    Profile {
        region: set(&aws.region),
        credentials: set(&aws.credentials_profile),
        table_prefix: aws.table_prefix.clone(),
        parameter_prefix: aws.parameter_prefix.clone(),
        secret_prefix: aws.secret_prefix.clone(),
        kms_key: set(&aws.kms_key),
        event_bus: aws.event_bus.clone(),
        alert_topic: set(&aws.alert_topic),
        queue_prefix: set(&aws.dead_letter_queue_prefix),
        sender: aws.sender.clone(),
        configuration_set: set(&aws.configuration_set),
        environment: config.environment.name().to_owned(),
        people: set(&aws.user_pool).map(|pool| People { pool, client: aws.user_pool_client.clone() }),
        access_minutes: i32::try_from(config.access_token_minutes).unwrap_or(i32::MAX),
        protect: aws.protect_tables,
        stacks: aws.stacks,
        platform_role: set(&aws.platform_role),
        machines: aws.enable_step_functions,
        machine_prefix: aws.state_machine_prefix.clone(),
        endpoints: Endpoints {
            cloudformation: set(&aws.endpoint_cloudformation),
            cognito: set(&aws.endpoint_cognito),
            dynamodb: set(&aws.endpoint_dynamodb),
            events: set(&aws.endpoint_eventbridge),
            kms: set(&aws.endpoint_kms),
            secrets: set(&aws.endpoint_secrets_manager),
            ses: set(&aws.endpoint_ses),
            sns: set(&aws.endpoint_sns),
            sqs: set(&aws.endpoint_sqs),
            ssm: set(&aws.endpoint_ssm),
            states: set(&aws.endpoint_step_functions),
            sts: set(&aws.endpoint_sts),
        },
    }
}

pub(super) async fn ground(config: &Config, machine: &HostServices) -> Outcome<Adapters> {
    let connected = connect(config, Arc::clone(&machine.rng)).await?;
    check_table(&connected).await?;
    let tables = connected.tables();
    let shared = tables.create(&TableName::shared()).await.map_err(Failure::new)?;
    let (identity, key) = identity(config, &connected, &shared, machine).await?;
    let tables = connected.account_tables(Arc::clone(&machine.clock));
    Ok(Adapters {
        cross_account: Arc::new(connected.cross_account(tables.clone())),
        tables: Arc::new(tables),
        files: None,
        identity: Arc::new(identity),
        params: Arc::new(connected.params()),
        mailer: mailer(config, &connected, shared, &key, machine),
        events: connected.events(),
        dedicated_tables: connected.dedicated_tables(),
        machines: machines(config, &connected).await?,
        dead_letters: connected.queues().map(|queues| Arc::new(queues) as _),
        counting: counting(config, machine),
        key,
        alone: false,
    })
}

/// Who leads the workflows: Step Functions, or this process.
async fn machines(config: &Config, connected: &Connected) -> Outcome<Option<Arc<dyn Machines>>> {
    if !config.aws.enable_step_functions {
        return Ok(None);
    }
    let machines = connected.machines().await;
    let machines = machines.map_err(|fault| {
        Failure::usage(format!("STS does not tell the account that the state machines are in: {fault}"))
            .hint(fault.fix())
    })?;
    Ok(Some(Arc::new(machines)))
}

/// Metrics for CloudWatch, as lines on the standard output.
fn counting(config: &Config, machine: &HostServices) -> Option<Arc<dyn WorkflowMetrics>> {
    let options = emf::Options {
        environment: config.environment.name().to_owned(),
        executions: !config.aws.enable_step_functions,
    };
    let clock = Arc::clone(&machine.clock);
    config.aws.metrics.then(|| Arc::new(EmbeddedMetrics::new(options, clock, std::io::stdout())) as _)
}

async fn connect(config: &Config, rng: Arc<dyn RandomSource>) -> Outcome<Connected> {
    profile(config).connect(rng).await.map_err(|error| Failure::usage(error).hint(error.fix()))
}

/// The operator creates the table, never a server, which could have a wrong name in its configuration.
async fn check_table(connected: &Connected) -> Outcome {
    let (name, standing) = connected.tables().standing().await;
    let region = connected.region();
    match standing {
        Ok(TableState::There { .. }) => Ok(()),
        Ok(TableState::Missing) => Err(Failure::usage(format!("there is no table {name} in {region}"))
            .hint("make it: freehold preflight --profile aws --fix; or check aws_region and aws_table_prefix")),
        Ok(TableState::Coming) => {
            Err(Failure::new(format!("the table {name} is still being made")).hint("try again in a minute"))
        }
        Ok(TableState::Foreign) => {
            Err(Failure::usage(format!("the table {name} in {region} is not one of Freehold's"))
                .hint("it has other keys or indexes, or can't be used now; name another: aws_table_prefix"))
        }
        Err(fault) => {
            Err(Failure::usage(format!("DynamoDB does not give the table {name} in {region}: {fault}"))
                .hint(fault.fix()))
        }
    }
}

/// Opens the installation's keys, and makes them where the platform is new.
async fn identity(
    config: &Config,
    connected: &Connected,
    shared: &Arc<dyn Table>,
    machine: &HostServices,
) -> Outcome<(Provider, PlatformKey)> {
    let secrets = connected.secrets();
    let installed = installation(shared).await?;
    let in_use = installed.is_some();
    let key = secrets.platform_key(in_use).await.map_err(|error| {
        Failure::usage(&error).detail("nothing was started and nothing was changed").hint(error.fix())
    })?;
    let fingerprint = plane::secret::digest(&format!("{:?}", key.subkey("fingerprint")));
    check(installed, &fingerprint)?;
    let identity = provider(config, connected, shared, machine, &key, in_use).await?;
    // From now on the keys are never created again. They are written first: a process that finds this record finds them too.
    if !in_use {
        install(shared, &fingerprint).await?;
        check(installation(shared).await?, &fingerprint)?;
    }
    Ok((identity, key))
}

/// The identity provider over the user pool, if one is named; else over the product's own credential store.
async fn provider(
    config: &Config,
    connected: &Connected,
    shared: &Arc<dyn Table>,
    machine: &HostServices,
    key: &PlatformKey,
    in_use: bool,
) -> Outcome<Provider> {
    let settings = identity_settings(config, false);
    let (table, clock, rng) = (Arc::clone(shared), Arc::clone(&machine.clock), Arc::clone(&machine.rng));
    let started = if let Some(credentials) = connected.credentials(key.clone()).await {
        let credentials = credentials.map_err(|away| {
            let fix = away.condition.map_or("try again", |condition| condition.fix);
            Failure::usage(&away).detail("nothing was started and nothing was changed").hint(fix)
        })?;
        Provider::over(CredentialStoreParts { settings, table, credential_store: Arc::new(credentials), clock, rng })
    } else {
        let keys = Arc::new(connected.secrets().signing_keys(in_use));
        let parts = Parts { settings, table, keys, clock, rng };
        tokio::task::spawn_blocking(|| Provider::start(parts)).await.map_err(Failure::new)?
    };
    started.map_err(|error| Failure::usage(error).detail("nothing was started"))
}

/// Says that the platform is in use, and by which key; it tells nothing about the key.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Installation {
    platform_key: String,
}

fn installation_key() -> Key {
    Key::new("INSTALLATION", "PLATFORM_KEY")
}

async fn installation(table: &Arc<dyn Table>) -> Outcome<Option<Installation>> {
    let found = table.get(&installation_key()).await.map_err(Failure::new)?;
    let read = found.map(|item| serde_json::from_slice(&item.body)).transpose();
    read.map_err(|error| Failure::usage(format!("the record of the installation can't be read: {error}")))
}

fn check(installed: Option<Installation>, fingerprint: &str) -> Outcome {
    if installed.is_none_or(|installed| installed.platform_key == fingerprint) {
        return Ok(());
    }
    Err(Failure::usage("the platform key in Secrets Manager is another installation's")
        .detail("nothing was started and nothing was changed")
        .hint("check aws_secret_prefix and aws_table_prefix, or put an earlier version of the secret back"))
}

/// The first writer wins.
async fn install(table: &Arc<dyn Table>, fingerprint: &str) -> Outcome {
    let body =
        serde_json::to_vec(&Installation { platform_key: fingerprint.to_owned() }).expect("its fields are plain");
    let item = NewItem { key: installation_key(), index: [None, None, None], expires: None, body: Bytes::from(body) };
    match table.commit(vec![Write::Put { item, when: Condition::Absent }]).await {
        Ok(()) | Err(CommitError::Refused { .. }) => Ok(()),
        Err(CommitError::Table(error)) => Err(Failure::new(error)),
    }
}

fn mailer(
    config: &Config,
    connected: &Connected,
    shared: Arc<dyn Table>,
    key: &PlatformKey,
    machine: &HostServices,
) -> Arc<dyn Mailer> {
    let outbox = OutboxMailer::new(Arc::clone(&shared), key.clone(), Arc::clone(&machine.rng));
    if config.aws.sender.is_empty() {
        return Arc::new(outbox);
    }
    let ses = connected.mailer(shared, Arc::clone(&machine.clock));
    if config.aws.keep_mails { Arc::new(Both { outbox, ses }) } else { Arc::new(ses) }
}

/// Keeps each mail in the outbox, and sends it.
struct Both {
    outbox: OutboxMailer,
    ses: SesMailer,
}

#[async_trait]
impl Mailer for Both {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        self.outbox.send(mail.clone()).await?;
        self.ses.send(mail).await
    }
}
