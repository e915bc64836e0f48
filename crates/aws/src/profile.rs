//! The aws profile: which names the product's resources have in AWS, and its ports over them.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use kernel::{
    ports::{
        clock::Clock, dedicated_tables::DedicatedTables, events::Events, external_error::ExternalError,
        random::RandomSource, table::Table,
    },
    secret::PlatformKey,
};

use crate::{
    accounts::{self, AccountTables},
    alerts::{self, AlertingEvents, Topic},
    cloudformation::{self, StackCloud},
    cognito::{self, CognitoCredentialStore, pool},
    connect::{self, Settings},
    cross_account::StsCrossAccountAccess,
    dynamodb::{self, DedicatedDynamoTables, DynamoTables, Protection},
    events::{self, BusEvents},
    fault::Fault,
    kms::{self, Keys},
    permissions::{self, Process},
    queues::{self, SqsQueues},
    secrets::{self, Secrets},
    ses::{self, SesMailer},
    ssm::{self, SsmParams},
    states::{self, StateMachines},
    sts::{self, Caller},
};

/// Where the product's resources are, and what they are called.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// `None`: the one that the environment or the shared configuration names.
    pub region: Option<String>,
    /// The profile of the shared configuration files.
    pub credentials: Option<String>,
    pub table_prefix: String,
    pub parameter_prefix: String,
    pub secret_prefix: String,
    /// The name or ARN of the bus that events go to.
    pub event_bus: String,
    /// The ARN of the topic that alerts go to besides.
    pub alert_topic: Option<String>,
    /// The prefix of the names of dead-letter queues; `None`: there are none.
    pub queue_prefix: Option<String>,
    /// The address that mail comes from.
    pub sender: String,
    /// The configuration set of SES that bounces and complaints are reported by.
    pub configuration_set: Option<String>,
    /// Which installation this is, for the tags of stacks.
    pub environment: String,
    /// Where people's passwords and tokens are; `None`: in the shared table.
    pub people: Option<People>,
    /// An access token lives so long.
    pub access_minutes: i32,
    /// Tables and pools that are made are protected from deletion, tables backed up.
    pub protect: bool,
    /// Dedicated tables are made by stacks of CloudFormation; else by DynamoDB itself.
    pub stacks: bool,
    /// Step Functions leads the workflows.
    pub machines: bool,
    /// The ARN of the platform's role, where it is not the one that the credentials are of.
    pub platform_role: Option<String>,
    /// The id, alias or ARN of a key of KMS for what is made: secrets, tables, the platform's own key.
    pub kms_key: Option<String>,
    /// The prefix of the names of state machines.
    pub machine_prefix: String,
    pub endpoints: Endpoints,
}

/// A user pool, and the app client in it that the product signs people in by: their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    pub pool: String,
    pub client: String,
}

/// Other endpoints than the region's.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    pub cloudformation: Option<String>,
    pub cognito: Option<String>,
    pub dynamodb: Option<String>,
    pub events: Option<String>,
    pub kms: Option<String>,
    pub secrets: Option<String>,
    pub ses: Option<String>,
    pub sns: Option<String>,
    pub sqs: Option<String>,
    pub ssm: Option<String>,
    pub states: Option<String>,
    pub sts: Option<String>,
}

/// Nothing can be asked of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    #[error("no region of AWS is named")]
    NoRegion,
    #[error("credentials for AWS: {0}")]
    Credentials(Fault),
}

impl ConnectError {
    /// What an operator can do about it.
    pub const fn fix(self) -> &'static str {
        match self {
            Self::NoRegion => "set aws_region, or AWS_REGION",
            Self::Credentials(fault) => fault.fix(),
        }
    }
}

/// A profile with its region and credentials found.
#[derive(Clone)]
pub struct Connected {
    profile: Profile,
    config: SdkConfig,
    region: String,
    rng: Arc<dyn RandomSource>,
}

impl Profile {
    /// Finds region and credentials. The only request it may make is to where the credentials come from.
    pub async fn connect(self, rng: Arc<dyn RandomSource>) -> Result<Connected, ConnectError> {
        let settings = Settings {
            region: self.region.clone(),
            profile: self.credentials.clone(),
            limits: connect::Limits::default(),
        };
        let config = connect::connect(&settings).await;
        let region = config.region().map(ToString::to_string).ok_or(ConnectError::NoRegion)?;
        let provider = config.credentials_provider().ok_or(ConnectError::Credentials(Fault::NoCredentials))?;
        provider.provide_credentials().await.map_err(|error| {
            tracing::debug!(%error, "no credentials for AWS");
            ConnectError::Credentials(Fault::of_credentials(&error))
        })?;
        Ok(Connected { profile: self, config, region, rng })
    }
}

impl Connected {
    pub fn region(&self) -> &str {
        &self.region
    }

    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The policy that a process must have in the caller's account.
    pub async fn policy(&self, process: Process) -> Result<serde_json::Value, Fault> {
        Ok(permissions::policy(process, &self.profile, &self.region, &self.caller().await?))
    }

    pub async fn caller(&self) -> Result<Caller, Fault> {
        sts::caller(&self.config, self.profile.endpoints.sts.clone(), Arc::clone(&self.rng)).await
    }

    /// The state machines of the account that the credentials are of.
    pub async fn machines(&self) -> Result<StateMachines, Fault> {
        let Profile { endpoints, machine_prefix, .. } = &self.profile;
        let caller = self.caller().await?;
        let options = states::Options {
            endpoint: endpoints.states.clone(),
            region: self.region.clone(),
            partition: caller.partition().to_owned(),
            account: caller.account,
            prefix: machine_prefix.clone(),
            ..states::Options::default()
        };
        Ok(StateMachines::new(&self.config, options, Arc::clone(&self.rng)))
    }

    pub fn tables(&self) -> DynamoTables {
        let Profile { endpoints, table_prefix, protect, kms_key, .. } = &self.profile;
        let options = dynamodb::Options {
            endpoint: endpoints.dynamodb.clone(),
            prefix: table_prefix.clone(),
            kms_key: kms_key.clone(),
            protection: Protection { point_in_time: *protect, from_deletion: *protect },
            ..dynamodb::Options::default()
        };
        DynamoTables::new(&self.config, options, Arc::clone(&self.rng))
    }

    /// The platform's tables, and those of accounts of AWS that are connected.
    pub fn account_tables(&self, clock: Arc<dyn Clock>) -> AccountTables {
        let Endpoints { dynamodb, sts, .. } = self.profile.endpoints.clone();
        let endpoints = accounts::Endpoints { dynamodb, sts };
        AccountTables::new(self.tables(), &self.config, endpoints, clock, Arc::clone(&self.rng))
    }

    /// Whether roles in other accounts open as they must.
    pub fn cross_account(&self, tables: AccountTables) -> StsCrossAccountAccess {
        let Profile { endpoints, platform_role, .. } = &self.profile;
        StsCrossAccountAccess::new(
            tables,
            &self.config,
            endpoints.sts.clone(),
            platform_role.clone(),
            Arc::clone(&self.rng),
        )
    }

    /// What makes dedicated tables.
    pub fn dedicated_tables(&self) -> Arc<dyn DedicatedTables> {
        match self.stacks() {
            Some(stacks) => Arc::new(stacks),
            None => Arc::new(DedicatedDynamoTables::new(self.tables())),
        }
    }

    /// What makes them by stacks, if that is asked for.
    pub fn stacks(&self) -> Option<StackCloud> {
        let Profile { endpoints, environment, protect, stacks, kms_key, .. } = &self.profile;
        let options = cloudformation::Options {
            endpoint: endpoints.cloudformation.clone(),
            environment: environment.clone(),
            kms_key: kms_key.clone(),
            protect: *protect,
            ..cloudformation::Options::default()
        };
        stacks.then(|| StackCloud::new(&self.config, options, self.tables(), Arc::clone(&self.rng)))
    }

    pub fn params(&self) -> SsmParams {
        let Profile { endpoints, parameter_prefix, .. } = &self.profile;
        let options = ssm::Options {
            endpoint: endpoints.ssm.clone(),
            prefix: parameter_prefix.clone(),
            ..ssm::Options::default()
        };
        SsmParams::new(&self.config, options, Arc::clone(&self.rng))
    }

    pub fn events(&self) -> Arc<dyn Events> {
        let Profile { endpoints, event_bus, .. } = &self.profile;
        let options = events::Options {
            endpoint: endpoints.events.clone(),
            bus: event_bus.clone(),
            ..events::Options::default()
        };
        let bus = Arc::new(BusEvents::new(&self.config, options, Arc::clone(&self.rng)));
        match self.topic() {
            Some(topic) => Arc::new(AlertingEvents::new(bus, topic)),
            None => bus,
        }
    }

    /// The queues of dead letters, if there are to be any.
    pub fn queues(&self) -> Option<SqsQueues> {
        let Profile { endpoints, queue_prefix, .. } = &self.profile;
        let prefix = queue_prefix.clone()?;
        let options = queues::Options { endpoint: endpoints.sqs.clone(), prefix, ..queues::Options::default() };
        Some(SqsQueues::new(&self.config, options, Arc::clone(&self.rng)))
    }

    /// The topic that alerts go to, if one is named.
    pub fn topic(&self) -> Option<Topic> {
        let Profile { endpoints, alert_topic, .. } = &self.profile;
        let topic = alert_topic.clone()?;
        let options = alerts::Options { endpoint: endpoints.sns.clone(), topic, ..alerts::Options::default() };
        Some(Topic::new(&self.config, options, Arc::clone(&self.rng)))
    }

    /// `notes`: the table in which it is noted what was sent.
    pub fn mailer(&self, notes: Arc<dyn Table>, clock: Arc<dyn Clock>) -> SesMailer {
        let Profile { endpoints, sender, configuration_set, .. } = &self.profile;
        let options = ses::Options {
            endpoint: endpoints.ses.clone(),
            configuration_set: configuration_set.clone(),
            ..ses::Options::from(sender.clone())
        };
        SesMailer::new(&self.config, options, notes, clock, Arc::clone(&self.rng))
    }

    /// The credential store in the user pool, if that is where people are.
    pub async fn credentials(&self, key: PlatformKey) -> Option<Result<CognitoCredentialStore, ExternalError>> {
        let options = self.pool()?;
        Some(CognitoCredentialStore::open(&self.config, options, key, Arc::clone(&self.rng)).await)
    }

    pub(crate) fn pool(&self) -> Option<cognito::Options> {
        let People { pool, client } = self.profile.people.clone()?;
        let endpoint = self.profile.endpoints.cognito.clone();
        Some(cognito::Options { pool, client, endpoint, ..cognito::Options::default() })
    }

    /// The pool that is made where none is configured.
    pub(crate) async fn make_pool(&self) -> Result<People, Fault> {
        let plan = pool::Plan {
            name: format!("{}people", self.profile.table_prefix),
            endpoint: self.profile.endpoints.cognito.clone(),
            access_minutes: self.profile.access_minutes,
            protect: self.profile.protect,
        };
        let pool::PoolIds { pool, client } = pool::ensure(&self.config, &plan, Arc::clone(&self.rng)).await?;
        Ok(People { pool, client })
    }

    pub(crate) fn people_in(&mut self, people: People) {
        self.profile.people = Some(people);
    }

    pub fn keys(&self) -> Keys {
        let options = kms::Options { endpoint: self.profile.endpoints.kms.clone(), ..kms::Options::default() };
        Keys::new(&self.config, options, Arc::clone(&self.rng))
    }

    pub fn secrets(&self) -> Secrets {
        let Profile { endpoints, secret_prefix, kms_key, .. } = &self.profile;
        let options = secrets::Options {
            endpoint: endpoints.secrets.clone(),
            prefix: secret_prefix.clone(),
            kms_key: kms_key.clone(),
            ..secrets::Options::default()
        };
        Secrets::new(&self.config, options, self.keys(), Arc::clone(&self.rng))
    }
}
