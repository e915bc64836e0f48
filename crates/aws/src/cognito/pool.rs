//! Makes a pool as the product needs one, with its app client.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_cognitoidentityprovider::{
    Client,
    config::Builder,
    types::{
        AccountRecoverySettingType, AdminCreateUserConfigType, AttributeDataType, DeletionProtectionType,
        ExplicitAuthFlowsType, PasswordPolicyType, PreventUserExistenceErrorTypes, RecoveryOptionNameType,
        RecoveryOptionType, SchemaAttributeType, StringAttributeConstraintsType, TimeUnitsType, TokenValidityUnitsType,
        UserPoolMfaType, UserPoolPolicyType, UserPoolTierType,
    },
};
use kernel::ports::random::RandomSource;

use crate::{
    fault::Fault,
    retry::{self, RetryPolicy},
};

/// The attribute in which a person's account is shown, by its name in a pool's schema.
pub(super) const ACCOUNT: &str = "account_id";
/// Sessions live so long at most; the pool's renewals must not end before. As `identity::Settings` has it.
pub(super) const SESSION_DAYS: i32 = 90;
/// As the product's own policy has it.
pub(super) const SHORTEST_PASSWORD: i32 = 12;
const TEMPORARY_DAYS: i32 = 7;

/// How a pool is to be made.
#[derive(Clone, Debug)]
pub struct Plan {
    pub name: String,
    pub endpoint: Option<String>,
    pub access_minutes: i32,
    /// Whether it can't be deleted by mistake.
    pub protect: bool,
}

/// What the configuration wants to know of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolIds {
    pub pool: String,
    pub client: String,
}

/// The pool of that name with its client; made if there is none, of either.
pub async fn ensure(config: &SdkConfig, plan: &Plan, rng: Arc<dyn RandomSource>) -> Result<PoolIds, Fault> {
    let mut builder = Builder::from(config);
    builder.set_endpoint_url(plan.endpoint.clone());
    let maker =
        Maker { client: Client::from_conf(builder.build()), retry: RetryPolicy::new(rng, retry::MAX_DURATION), plan };
    let pool = match maker.find().await? {
        Some(pool) => pool,
        None => maker.make().await?,
    };
    let client = match maker.find_client(&pool).await? {
        Some(client) => client,
        None => maker.make_client(&pool).await?,
    };
    Ok(PoolIds { pool, client })
}

struct Maker<'a> {
    client: Client,
    retry: RetryPolicy,
    plan: &'a Plan,
}

const CLIENT_NAME: &str = "freehold";
const PAGE: i32 = 60;

impl Maker<'_> {
    /// Two pools may have one name; the first is taken.
    async fn find(&self) -> Result<Option<String>, Fault> {
        let mut after = None;
        loop {
            let page = self
                .retry
                .repeat(async || {
                    let request = self.client.list_user_pools().max_results(PAGE).set_next_token(after.clone());
                    request.send().await.map_err(|error| Fault::of(&error))
                })
                .await?;
            let named = page.user_pools().iter().find(|pool| pool.name() == Some(&self.plan.name));
            if let Some(found) = named {
                return Ok(found.id().map(str::to_owned));
            }
            after = page.next_token;
            if after.is_none() {
                return Ok(None);
            }
        }
    }

    async fn make(&self) -> Result<String, Fault> {
        let passwords = PasswordPolicyType::builder()
            .minimum_length(SHORTEST_PASSWORD)
            .require_lowercase(true)
            .require_uppercase(true)
            .require_numbers(true)
            .require_symbols(true)
            .temporary_password_validity_days(TEMPORARY_DAYS)
            .build();
        let account = SchemaAttributeType::builder()
            .name(ACCOUNT)
            .attribute_data_type(AttributeDataType::String)
            .mutable(true)
            .string_attribute_constraints(
                StringAttributeConstraintsType::builder().min_length("0").max_length("64").build(),
            )
            .build();
        // Codes are the product's: the pool mails none.
        let recovery = RecoveryOptionType::builder().priority(1).name(RecoveryOptionNameType::AdminOnly).build();
        let recovery = recovery.map_err(|_| Fault::Malformed)?;
        let protection =
            if self.plan.protect { DeletionProtectionType::Active } else { DeletionProtectionType::Inactive };
        let made = self
            .retry
            .repeat_unmade(async || {
                let request = self.client.create_user_pool().pool_name(&self.plan.name);
                let request =
                    request.policies(UserPoolPolicyType::builder().password_policy(passwords.clone()).build());
                let request = request.schema(account.clone()).mfa_configuration(UserPoolMfaType::Off);
                let request = request.deletion_protection(protection.clone());
                // Tokens that a trigger puts claims into want this plan at least. It is billed for each active person.
                let request = request.user_pool_tier(UserPoolTierType::Essentials);
                let request = request.admin_create_user_config(
                    AdminCreateUserConfigType::builder().allow_admin_create_user_only(true).build(),
                );
                let request = request.account_recovery_setting(
                    AccountRecoverySettingType::builder().recovery_mechanisms(recovery.clone()).build(),
                );
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        made.user_pool.and_then(|pool| pool.id).ok_or(Fault::Garbled)
    }

    async fn find_client(&self, pool: &str) -> Result<Option<String>, Fault> {
        let clients = self
            .retry
            .repeat(async || {
                let request = self.client.list_user_pool_clients().user_pool_id(pool).max_results(PAGE);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        let ours = clients.user_pool_clients().iter().find(|client| client.client_name() == Some(CLIENT_NAME));
        Ok(ours.and_then(|client| client.client_id()).map(str::to_owned))
    }

    async fn make_client(&self, pool: &str) -> Result<String, Fault> {
        let units = TokenValidityUnitsType::builder()
            .access_token(TimeUnitsType::Minutes)
            .id_token(TimeUnitsType::Minutes)
            .refresh_token(TimeUnitsType::Days)
            .build();
        let made = self
            .retry
            .repeat_unmade(async || {
                let request = self.client.create_user_pool_client().user_pool_id(pool).client_name(CLIENT_NAME);
                let request = request
                    .explicit_auth_flows(ExplicitAuthFlowsType::AllowAdminUserPasswordAuth)
                    .explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth);
                let request = request
                    .access_token_validity(self.plan.access_minutes.max(5))
                    .id_token_validity(self.plan.access_minutes.max(5))
                    .refresh_token_validity(SESSION_DAYS)
                    .token_validity_units(units.clone());
                let request = request.enable_token_revocation(true).auth_session_validity(5);
                let request = request.prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled);
                // The id token shows these.
                let request = request
                    .read_attributes("email")
                    .read_attributes("email_verified")
                    .read_attributes(format!("custom:{ACCOUNT}"));
                // Of what is theirs, people may write nothing that the product writes.
                request.write_attributes("zoneinfo").send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        made.user_pool_client.and_then(|client| client.client_id).ok_or(Fault::Garbled)
    }
}
