//! The grants port on STS: whether a role in another account opens to the platform as it must, and to nobody else.
//!
//! Here alone requests for a role leave without the external id of its grant: to see that they are refused.

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_sts::types::Credentials as Given;
use kernel::ports::{
    cross_account::{CrossAccountAccess, CrossAccountError, TableInvitation},
    external_error::ErrorKind,
    random::{self, RandomSource},
    table::{CrossAccountRole, Key, TableError, TableName, Tables as _},
};

use crate::{
    accounts::{AccountTables, account_of},
    fault::Fault,
    retry::{self, RetryPolicy},
    sts::{self, Caller},
};

/// The shortest life that STS gives credentials.
const SECONDS: i32 = 900;
const READ: &str = "make the stack from the template as it is given; where the table is under a key of KMS, its KmsKey names it, \
                    and the key is enabled";
const TRUST: &str = "its trust policy must name the platform's role, and ask for the external id of this connection";

/// Roles of other accounts.
pub struct StsCrossAccountAccess {
    tables: AccountTables,
    config: SdkConfig,
    endpoint: Option<String>,
    sts: aws_sdk_sts::Client,
    platform: Option<String>,
    rng: Arc<dyn RandomSource>,
    retry: RetryPolicy,
}

impl StsCrossAccountAccess {
    /// `endpoint`: another one of STS than the region's. `platform`: the ARN of the platform's role, where it is not the
    /// role that the credentials are of.
    pub fn new(
        tables: AccountTables,
        config: &SdkConfig,
        endpoint: Option<String>,
        platform: Option<String>,
        rng: Arc<dyn RandomSource>,
    ) -> Self {
        let retry = RetryPolicy::new(Arc::clone(&rng), retry::MAX_DURATION);
        let sts = sts::client(config, endpoint.clone());
        Self { tables, config: config.clone(), endpoint, sts, platform, rng, retry }
    }

    async fn caller(&self, config: &SdkConfig) -> Result<Caller, Fault> {
        sts::caller(config, self.endpoint.clone(), Arc::clone(&self.rng)).await
    }

    async fn assume(&self, role: &str, external_id: Option<&str>) -> Result<Given, Fault> {
        let session = format!("freehold-verify-{}", hex::encode(&random::secret(&*self.rng)[..8]));
        let answer = self
            .retry
            .repeat(|| async {
                let request = self.sts.assume_role().role_arn(role).set_external_id(external_id.map(str::to_owned));
                let request = request.role_session_name(&session).duration_seconds(SECONDS);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        answer.credentials.ok_or(Fault::Garbled)
    }

    /// Refuses a role that can be assumed without the external id.
    async fn is_closed(&self, role: &str, external_id: Option<&str>, how: &str) -> Result<(), CrossAccountError> {
        match self.assume(role, external_id).await {
            Err(Fault::Denied) => Ok(()),
            Ok(_) => Err(refused(format!("the role {role} opens {how}"), TRUST)),
            Err(fault) => Err(failed(&format!("whether the role {role} opens {how} can't be seen"), fault)),
        }
    }

    /// Whether there is such a table that can be read: one under a key that the role may not use is described all the same.
    async fn read_by(&self, grant: &CrossAccountRole, table: &TableName) -> Result<bool, TableError> {
        let Some(table) = self.tables.open_by(grant, table).await? else { return Ok(false) };
        table.get(&Key::new("FREEHOLD", "VERIFY")).await?;
        Ok(true)
    }

    async fn is_of_its_account(&self, role: &str, given: Given) -> Result<(), CrossAccountError> {
        let Some((_, account)) = account_of(role) else {
            return Err(refused(format!("{role} is not the ARN of a role"), "copy the stack's output RoleArn"));
        };
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            None,
            "verified role",
        );
        let config = self.config.clone().into_builder();
        let config = config.credentials_provider(SharedCredentialsProvider::new(credentials)).build();
        let caller = self.caller(&config).await.map_err(|fault| failed("STS does not say who the role is", fault))?;
        if caller.account == account {
            return Ok(());
        }
        let cause = format!("{role} opens to account {}, not to the one in its name", caller.account);
        Err(refused(cause, "copy the stack's output RoleArn"))
    }
}

#[async_trait]
impl CrossAccountAccess for StsCrossAccountAccess {
    async fn invitation(&self, table: &TableName) -> Result<TableInvitation, CrossAccountError> {
        let table = table.to_string();
        if let Some(platform) = self.platform.clone() {
            return Ok(TableInvitation { platform, table });
        }
        let caller = self.caller(&self.config).await;
        let caller = caller.map_err(|fault| failed("STS does not say who the platform is", fault))?;
        let platform = role_of(&caller.arn).ok_or_else(|| {
            let cause = format!("the platform runs as {}, which is no role", caller.arn);
            refused(cause, "run it by a role, or name one that may assume others: aws_platform_role")
        })?;
        Ok(TableInvitation { platform, table })
    }

    async fn check(&self, grant: &CrossAccountRole, table: &TableName) -> Result<(), CrossAccountError> {
        let CrossAccountRole { role, external_id, region } = grant;
        let platform = self.invitation(table).await?.platform;
        if let (Some((_, platform)), Some((_, account))) = (account_of(&platform), account_of(role))
            && platform == account
        {
            let cause = format!("the role {role} is in the platform's own AWS account {account}");
            return Err(refused(cause, "name a role in the customer's AWS account"));
        }
        let given = self.assume(role, Some(external_id)).await.map_err(|fault| match fault {
            Fault::Denied => refused(format!("the role {role} does not open with the external id"), TRUST),
            fault => failed(&format!("the role {role} can't be assumed"), fault),
        })?;
        self.is_of_its_account(role, given).await?;
        let other = hex::encode(random::secret(&*self.rng));
        self.is_closed(role, None, "without an external id").await?;
        self.is_closed(role, Some(&other), "with another external id").await?;
        let opened = self.read_by(grant, table).await;
        // The next use assumes the role again.
        self.tables.disconnect(grant);
        match opened {
            Ok(true) => Ok(()),
            Ok(false) => {
                let cause = format!("the role opens, but there is no table {table} for it in {region}");
                Err(refused(cause, "make the stack in the connection's region, with its parameters as they are given"))
            }
            Err(TableError::Unavailable(error)) => match error.condition {
                Some(condition) if condition.kind == ErrorKind::Permanent => {
                    let cause = format!("the table {table} can't be read by the role {role}: {error}");
                    Err(refused(cause, READ))
                }
                Some(_) | None => Err(CrossAccountError::Unavailable(error.to_string())),
            },
            Err(error @ (TableError::Full | TableError::Invalid(_) | TableError::Damaged(_))) => {
                Err(refused(error.to_string(), "make the stack from the template as it is given"))
            }
        }
    }
}

/// The role that somebody is who calls by an assumed one. Its path is not told: a role that has one is to be configured.
fn role_of(caller: &str) -> Option<String> {
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    let ["arn", partition, "sts", _, account, name] = parts.as_slice() else { return None };
    let role = name.strip_prefix("assumed-role/")?.split('/').next()?;
    Some(format!("arn:{partition}:iam::{account}:role/{role}"))
}

fn refused(cause: String, fix: &str) -> CrossAccountError {
    CrossAccountError::Refused { cause, fix: fix.to_owned() }
}

fn failed(what: &str, fault: Fault) -> CrossAccountError {
    if fault.passes() {
        return CrossAccountError::Unavailable(format!("{what}: {fault}"));
    }
    refused(format!("{what}: {fault}"), fault.fix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_role_is_the_one_that_it_has_assumed() {
        let caller = "arn:aws-cn:sts::123456789012:assumed-role/freehold/i-0123";
        assert_eq!(role_of(caller).as_deref(), Some("arn:aws-cn:iam::123456789012:role/freehold"));
        for nobody in ["arn:aws:iam::123456789012:user/ada", "arn:aws:iam::123456789012:root", ""] {
            assert_eq!(role_of(nobody), None, "{nobody}");
        }
    }
}
