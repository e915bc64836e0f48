//! Tables in other accounts of AWS: each by the role that its owner grants, and by nothing more.
//!
//! INVARIANT: every request for a role carries the external id of the connection; the credentials that come back
//! are good for one table, are used for it alone, and are dropped when the grant is.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use aws_config::{Region, SdkConfig};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_sts as sts;
use kernel::ports::{
    clock::Clock,
    external_error::KnownCondition,
    random::{self, RandomSource},
    table::{CrossAccountRole, Table, TableError, TableName, Tables},
};
use serde_json::json;

use crate::{
    dynamodb::{DynamoTables, Options},
    fault::Fault,
    retry::RetryPolicy,
};

/// Who assumes a role of its own credentials gets an hour at most.
const LIFE: Duration = Duration::from_hours(1);
/// Credentials are renewed when this share of their life is over.
const RENEWED: f64 = 0.8;
/// So long is STS asked again and again; all who use the table wait.
const RETRY_FOR: Duration = Duration::from_secs(3);
/// After a renewal that failed, what there is is used so long before the next.
const TRY_AGAIN_SECONDS: i64 = 30;
/// What the product does with a table of somebody else's.
const ACTIONS: [&str; 9] = [
    "BatchGetItem",
    "ConditionCheckItem",
    "DeleteItem",
    "DescribeTable",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "UpdateItem",
];

/// What DynamoDB asks of KMS for a table under a key of its owner's.
const KEY_ACTIONS: [&str; 5] = ["Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey*", "ReEncrypt*"];

/// The platform's own tables, and those of accounts that are connected.
#[derive(Clone)]
pub struct AccountTables(Arc<Inner>);

struct Inner {
    home: DynamoTables,
    config: SdkConfig,
    /// Another endpoint of DynamoDB than the region's.
    endpoint: Option<String>,
    sts: sts::Client,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn RandomSource>,
    connected: Mutex<HashMap<(CrossAccountRole, TableName), Connected>>,
}

struct Connected {
    tables: DynamoTables,
    role: Arc<Role>,
}

impl AccountTables {
    /// `home`: the platform's own tables, with the credentials of `config`.
    pub fn new(
        home: DynamoTables,
        config: &SdkConfig,
        endpoints: Endpoints,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn RandomSource>,
    ) -> Self {
        let sts = crate::sts::client(config, endpoints.sts);
        let (config, endpoint) = (config.clone(), endpoints.dynamodb);
        Self(Arc::new(Inner { home, config, endpoint, sts, clock, rng, connected: Mutex::default() }))
    }

    fn connected(&self, grant: &CrossAccountRole, name: &TableName) -> Result<(DynamoTables, Arc<Role>), TableError> {
        let inner = &*self.0;
        let mut connected = inner.connected.lock().expect("no holder panics");
        let key = (grant.clone(), name.clone());
        if let Some(Connected { tables, role }) = connected.get(&key) {
            return Ok((tables.clone(), Arc::clone(role)));
        }
        let role = Arc::new(Role::of(inner, grant, name)?);
        let provider = SharedCredentialsProvider::new(Shared(Arc::clone(&role)));
        let config = inner.config.clone().into_builder().credentials_provider(provider);
        let config = config.region(Region::new(grant.region.clone()));
        // The role knows best when its credentials are renewed, and when they are dropped.
        let config = config.identity_cache(aws_config::identity::IdentityCache::no_cache()).build();
        let options = Options { endpoint: inner.endpoint.clone(), ..Options::default() };
        let tables = DynamoTables::new(&config, options, Arc::clone(&inner.rng));
        connected.insert(key, Connected { tables: tables.clone(), role: Arc::clone(&role) });
        Ok((tables, role))
    }
}

/// Other endpoints than the regions'.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    pub dynamodb: Option<String>,
    pub sts: Option<String>,
}

#[async_trait]
impl Tables for AccountTables {
    async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        self.0.home.open(name).await
    }

    async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError> {
        self.0.home.create(name).await
    }

    async fn remove(&self, name: &TableName) -> Result<(), TableError> {
        self.0.home.remove(name).await
    }

    async fn list(&self) -> Result<Vec<TableName>, TableError> {
        self.0.home.list().await
    }

    fn forget(&self, name: &TableName) {
        self.0.home.forget(name);
    }

    async fn open_by(&self, grant: &CrossAccountRole, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        let (tables, role) = self.connected(grant, name)?;
        // A role that can't be assumed is reported by name, not by the first request that fails.
        role.credentials().await.map_err(|fault| {
            let mut error = fault.external_error(format_args!("the role {} can't be assumed", grant.role));
            error.condition = error.condition.map(|condition| KnownCondition { fix: role_fix(fault), ..condition });
            TableError::Unavailable(error)
        })?;
        tables.open(name).await
    }

    fn disconnect(&self, grant: &CrossAccountRole) {
        let mut connected = self.0.connected.lock().expect("no holder panics");
        connected.retain(|(of, _), Connected { role, .. }| {
            if of == grant {
                role.drop_credentials();
            }
            of != grant
        });
    }
}

fn role_fix(fault: Fault) -> &'static str {
    match fault {
        Fault::Denied => "its trust policy must name the platform's role, and the external id of this connection",
        fault => fault.fix(),
    }
}

/// A role in another account, for one table.
struct Role {
    sts: sts::Client,
    retry: RetryPolicy,
    clock: Arc<dyn Clock>,
    arn: String,
    external_id: String,
    policy: String,
    state: tokio::sync::Mutex<Option<Assumed>>,
    dropped: AtomicBool,
}

#[derive(Clone)]
struct Assumed {
    credentials: Credentials,
    /// In seconds since the Unix epoch.
    renewed: i64,
    expires: i64,
}

impl Role {
    fn of(inner: &Inner, grant: &CrossAccountRole, table: &TableName) -> Result<Self, TableError> {
        let CrossAccountRole { role, external_id, region } = grant;
        let Some((partition, account)) = account_of(role) else {
            return Err(TableError::Invalid(format!("{role} is not the ARN of a role")));
        };
        if external_id.len() < 32 {
            return Err(TableError::Invalid(format!("the grant of {role} has no external id of the platform's")));
        }
        let table = format!("arn:{partition}:dynamodb:{region}:{account}:table/{table}");
        // DynamoDB calls KMS as its caller. This policy permits nothing that the role itself does not permit.
        let by_dynamodb = ["amazonaws.com", "amazonaws.com.cn"].map(|domain| format!("dynamodb.{region}.{domain}"));
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": ACTIONS.map(|action| format!("dynamodb:{action}")),
                "Resource": [table, format!("{table}/index/*")],
            }, {
                "Effect": "Allow",
                "Action": KEY_ACTIONS.map(|action| format!("kms:{action}")),
                "Resource": format!("arn:{partition}:kms:{region}:{account}:key/*"),
                "Condition": { "StringEquals": { "kms:ViaService": by_dynamodb } },
            }],
        });
        Ok(Self {
            sts: inner.sts.clone(),
            retry: RetryPolicy::new(Arc::clone(&inner.rng), RETRY_FOR),
            clock: Arc::clone(&inner.clock),
            arn: role.clone(),
            external_id: external_id.clone(),
            policy: policy.to_string(),
            state: tokio::sync::Mutex::default(),
            dropped: AtomicBool::new(false),
        })
    }

    /// Credentials that are good now. Of those who ask at once, one asks STS.
    async fn credentials(&self) -> Result<Credentials, Fault> {
        let mut state = self.state.lock().await;
        if self.dropped.load(Ordering::Acquire) {
            return Err(Fault::Denied);
        }
        let now = self.clock.now().as_second();
        if let Some(assumed) = state.as_ref().filter(|assumed| now < assumed.renewed) {
            return Ok(assumed.credentials.clone());
        }
        match (self.assume(now).await, state.as_mut()) {
            (Ok(assumed), _) => {
                let credentials = assumed.credentials.clone();
                *state = Some(assumed);
                Ok(credentials)
            }
            // What there is stays good for the last part of its life.
            (Err(fault), Some(assumed)) if fault.passes() && now < assumed.expires => {
                tracing::warn!(%fault, role = self.arn, "credentials could not be renewed; it is tried again");
                assumed.renewed = assumed.expires.min(now + TRY_AGAIN_SECONDS);
                Ok(assumed.credentials.clone())
            }
            (Err(fault), _) => Err(fault),
        }
    }

    async fn assume(&self, now: i64) -> Result<Assumed, Fault> {
        let session = format!("freehold-{}", hex::encode(&random::secret(self.retry.rng())[..8]));
        let answer = self
            .retry
            .repeat(|| async {
                let request = self.sts.assume_role().role_arn(&self.arn).external_id(&self.external_id);
                let request = request.role_session_name(&session).policy(&self.policy);
                let seconds = i32::try_from(LIFE.as_secs()).expect("an hour has few seconds");
                request.duration_seconds(seconds).send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        let given = answer.credentials.ok_or(Fault::Garbled)?;
        let expires = given.expiration.secs().min(now + LIFE.as_secs().cast_signed());
        if expires <= now {
            return Err(Fault::Clock);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "an hour has few seconds")]
        let renewed = now + ((expires - now) as f64 * RENEWED) as i64;
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            None,
            "assumed role",
        );
        Ok(Assumed { credentials, renewed, expires })
    }

    fn drop_credentials(&self) {
        self.dropped.store(true, Ordering::Release);
    }
}

/// The partition and the account of a role's ARN.
pub(crate) fn account_of(arn: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, role] = parts.as_slice() else { return None };
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let named = role.strip_prefix("role/").is_some_and(|name| !name.is_empty());
    (partition.starts_with("aws") && digits && named).then_some((partition, account))
}

/// Gives a role's credentials to the SDK.
#[derive(Clone)]
struct Shared(Arc<Role>);

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shared({})", self.0.arn)
    }
}

impl ProvideCredentials for Shared {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.0.credentials().await.map_err(CredentialsError::provider_error) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_the_one_of_the_arn() {
        assert_eq!(account_of("arn:aws:iam::210987654321:role/freehold/table"), Some(("aws", "210987654321")));
        assert_eq!(account_of("arn:aws-cn:iam::210987654321:role/x"), Some(("aws-cn", "210987654321")));
        for wrong in [
            "",
            "arn:aws:iam::210987654321:role/",
            "arn:aws:iam::210987654321:user/x",
            "arn:aws:iam::21098765432:role/x",
            "arn:aws:iam::21098765432a:role/x",
            "arn:aws:sts::210987654321:assumed-role/x/y",
            "210987654321",
        ] {
            assert_eq!(account_of(wrong), None, "{wrong}");
        }
    }
}
