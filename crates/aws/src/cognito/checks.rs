//! Whether a pool and its app client are as the product needs them.

use aws_sdk_cognitoidentityprovider::types::{
    ExplicitAuthFlowsType, FeatureType, LambdaConfigType, PasswordPolicyType, PreTokenGenerationLambdaVersionType,
    PreventUserExistenceErrorTypes, TimeUnitsType, UserPoolClientType, UserPoolMfaType, UserPoolTierType, UserPoolType,
};

use super::{
    Options, client,
    pool::{ACCOUNT, SESSION_DAYS, SHORTEST_PASSWORD},
};
use crate::{fault::Fault, preflight::Check, profile::Connected, retry::RetryPolicy};

const POOL: &str = "user pool";
const CLIENT: &str = "app client";
const TIER: &str = "user pool plan";
const POLICY: &str = "password policy";
const SIGN_UP: &str = "self sign-up";
const ATTRIBUTES: &str = "attributes";
const FLOWS: &str = "sign-in flows";
const REVOCATION: &str = "token revocation";
const LIVES: &str = "token lives";
const WRITABLE: &str = "writable attributes";
const TRIGGERS: &str = "triggers";

/// Looks at everything; what is not there ends it.
pub(crate) async fn look(
    connected: &Connected,
    options: &Options,
    access_minutes: i32,
    retry: &RetryPolicy,
) -> Vec<Check> {
    let asked = client(connected.config(), options);
    let described = retry
        .repeat(async || {
            let request = asked.describe_user_pool().user_pool_id(&options.pool);
            request.send().await.map_err(|error| Fault::of(&error))
        })
        .await;
    let pool = match described.map(|described| described.user_pool) {
        Ok(Some(pool)) => pool,
        Ok(None) => return vec![Check::fault(POOL, &options.pool, Fault::Garbled)],
        Err(Fault::NotFound) => {
            let fix = "check aws_user_pool; with neither aws_user_pool nor its client set, passwords stay in the table";
            return vec![Check::bad(POOL, format!("there is no user pool {}", options.pool), fix)];
        }
        Err(fault) => return vec![Check::fault(POOL, format!("Cognito, {}", options.pool), fault)],
    };
    let described = retry
        .repeat(async || {
            let request = asked.describe_user_pool_client().user_pool_id(&options.pool).client_id(&options.client);
            request.send().await.map_err(|error| Fault::of(&error))
        })
        .await;
    let mut checks = of_pool(&pool);
    match described.map(|described| described.user_pool_client) {
        Ok(Some(app)) => checks.extend(of_client(&app, access_minutes)),
        Ok(None) => checks.push(Check::fault(CLIENT, &options.client, Fault::Garbled)),
        Err(Fault::NotFound) => {
            let finding = format!("the pool has no app client {}", options.client);
            checks.push(Check::bad(CLIENT, finding, "check aws_user_pool_client"));
        }
        Err(fault) => checks.push(Check::fault(CLIENT, format!("Cognito, {}", options.client), fault)),
    }
    checks
}

fn of_pool(pool: &UserPoolType) -> Vec<Check> {
    vec![names(pool), tier(pool), policy(pool), sign_up(pool), attributes(pool), triggers(pool.lambda_config())]
}

fn of_client(app: &UserPoolClientType, access_minutes: i32) -> Vec<Check> {
    vec![secret(app), flows(app), revocation(app), lives(app, access_minutes), writable(app)]
}

/// People are called by our subjects there, and by nothing else.
fn names(pool: &UserPoolType) -> Check {
    if !pool.username_attributes().is_empty() {
        let fix = "make a pool in which people have user names: freehold preflight --fix --user-pool does where none is configured";
        return Check::bad(POOL, "people are called by an attribute in it", fix);
    }
    if pool.mfa_configuration() == Some(&UserPoolMfaType::On) {
        return Check::bad(
            POOL,
            "it asks for a second factor",
            "turn multi-factor authentication off, or make it optional",
        );
    }
    Check::ok(POOL, format!("{} ({})", pool.name().unwrap_or_default(), pool.id().unwrap_or_default()))
}

/// What AWS bills a pool by, and what its triggers may do.
fn tier(pool: &UserPoolType) -> Check {
    let both = pool.lambda_config().and_then(LambdaConfigType::pre_token_generation_config);
    let stamps_access = both.is_some_and(|set| set.lambda_version() != &PreTokenGenerationLambdaVersionType::V10);
    match pool.user_pool_tier() {
        Some(UserPoolTierType::Lite) if stamps_access => {
            let fix = "change its plan to Essentials or Plus, or have pre_token called with event version V1_0";
            Check::bad(TIER, "the plan Lite stamps no access tokens: people can't sign in by this pre_token", fix)
        }
        Some(UserPoolTierType::Lite) => {
            let fix = "change its plan to Essentials or Plus before pre_token is called with event version V2_0";
            Check::warning(TIER, "Lite: access tokens can't be stamped", fix)
        }
        Some(tier) => Check::ok(TIER, format!("{tier}, billed for each active person beyond the free ones")),
        None => Check::warning(TIER, "Cognito does not tell the pool's plan", "it must be Essentials or Plus"),
    }
}

fn policy(pool: &UserPoolType) -> Check {
    let kept = pool.policies().and_then(|policies| policies.password_policy());
    let strong = |policy: &PasswordPolicyType| {
        policy.minimum_length().is_some_and(|length| length >= SHORTEST_PASSWORD)
            && policy.require_lowercase()
            && policy.require_uppercase()
            && policy.require_numbers()
            && policy.require_symbols()
    };
    let shortest = kept.and_then(PasswordPolicyType::minimum_length).unwrap_or_default();
    if !kept.is_some_and(strong) {
        let fix = "ask for 12 characters, with lower case, upper case, digits and symbols";
        return Check::bad(POLICY, "the pool takes weaker passwords than the product", fix);
    }
    if shortest > SHORTEST_PASSWORD
        || kept.and_then(PasswordPolicyType::password_history_size).is_some_and(|size| size > 0)
    {
        let fix = "ask for 12 characters and keep no history, or the pool refuses passwords that the product accepts";
        return Check::warning(POLICY, "the pool asks for more than the product", fix);
    }
    Check::ok(POLICY, "as strict as the product's")
}

fn sign_up(pool: &UserPoolType) -> Check {
    match pool.admin_create_user_config() {
        Some(create) if create.allow_admin_create_user_only() => Check::ok(SIGN_UP, "off"),
        Some(_) | None => Check::bad(SIGN_UP, "anybody can make a user", "let administrators alone create users"),
    }
}

fn attributes(pool: &UserPoolType) -> Check {
    let custom = format!("custom:{ACCOUNT}");
    match pool.schema_attributes().iter().find(|attribute| attribute.name() == Some(&custom)) {
        Some(account) if account.mutable() == Some(false) => {
            Check::bad(ATTRIBUTES, format!("{custom} can't be changed"), "make a pool in which it is mutable")
        }
        Some(_) => Check::ok(ATTRIBUTES, custom),
        None => Check::bad(
            ATTRIBUTES,
            format!("{custom} is missing"),
            format!("add the custom attribute {ACCOUNT}, a text"),
        ),
    }
}

/// The product works without them; tokens then show less, and who has a password in the table does not move.
fn triggers(set: Option<&LambdaConfigType>) -> Check {
    let tokens =
        set.is_some_and(|set| set.pre_token_generation().is_some() || set.pre_token_generation_config().is_some());
    let people = set.is_some_and(|set| set.user_migration().is_some());
    let both = set.and_then(LambdaConfigType::pre_token_generation_config);
    let plain = both.is_none_or(|set| set.lambda_version() == &PreTokenGenerationLambdaVersionType::V10);
    match (tokens, people) {
        (true, true) if plain => Check::warning(
            TRIGGERS,
            "claims are stamped into id tokens alone, and access tokens keep the scope of self-service at the pool",
            "have pre_token called with event version V2_0: it stamps access tokens too, and takes that scope away",
        ),
        (true, true) => Check::ok(TRIGGERS, "claims are stamped, and people move in with their passwords"),
        (false, true) => Check::warning(
            TRIGGERS,
            "tokens show no account, enterprise, role and groups of the directory",
            "call the function pre_token before tokens are generated",
        ),
        (true, false) => Check::warning(
            TRIGGERS,
            "who has a password in the table can't sign in by it",
            "call the function migrate_user for users who are not in the pool",
        ),
        (false, false) => Check::warning(
            TRIGGERS,
            "none: tokens show little, and who has a password in the table can't sign in by it",
            "call the function pre_token before tokens are generated, and migrate_user for users who are not in the pool",
        ),
    }
}

fn secret(app: &UserPoolClientType) -> Check {
    let name = app.client_name().unwrap_or_default();
    if app.client_secret().is_some() {
        return Check::bad(
            CLIENT,
            format!("{name} has a secret"),
            "make an app client without one: requests are signed anyway",
        );
    }
    if app.prevent_user_existence_errors() != Some(&PreventUserExistenceErrorTypes::Enabled) {
        let fix = "turn on the prevention of user existence errors";
        return Check::bad(CLIENT, format!("{name} tells who exists"), fix);
    }
    Check::ok(CLIENT, format!("{name} ({})", app.client_id().unwrap_or_default()))
}

fn flows(app: &UserPoolClientType) -> Check {
    let flows = app.explicit_auth_flows();
    let needed = [ExplicitAuthFlowsType::AllowAdminUserPasswordAuth, ExplicitAuthFlowsType::AllowRefreshTokenAuth];
    if let Some(missing) = needed.iter().find(|needed| !flows.contains(needed)) {
        return Check::bad(FLOWS, format!("{missing} is off"), format!("turn on {missing} for the app client"));
    }
    if app.refresh_token_rotation().is_some_and(|rotation| rotation.feature() == &FeatureType::Enabled) {
        let fix = "turn refresh token rotation off for the app client: the product rotates its own";
        return Check::bad(FLOWS, "the pool rotates refresh tokens", fix);
    }
    match flows.iter().find(|flow| !needed.contains(flow)) {
        Some(more) => Check::warning(
            FLOWS,
            format!("{more} is on: who uses it gets tokens that the product does not take"),
            "turn it off for the app client, unless something else needs it",
        ),
        None => Check::ok(FLOWS, "by password from the product, and renewal"),
    }
}

fn revocation(app: &UserPoolClientType) -> Check {
    if app.enable_token_revocation() == Some(true) {
        Check::ok(REVOCATION, "on")
    } else {
        Check::bad(REVOCATION, "off: tokens don't name their session", "turn token revocation on for the app client")
    }
}

fn lives(app: &UserPoolClientType, access_minutes: i32) -> Check {
    let units = app.token_validity_units();
    let access = app.access_token_validity().filter(|validity| *validity > 0);
    // Without a word of the client, an hour.
    let access = access.map_or(60, |validity| minutes(validity, units.and_then(|units| units.access_token()), 60));
    let refresh = app.refresh_token_validity();
    let refresh = if refresh > 0 { refresh } else { 30 };
    let refresh = minutes(refresh, units.and_then(|units| units.refresh_token()), 24 * 60);
    if access > i64::from(access_minutes.max(5)) {
        let fix = format!("set it to {} minutes, or raise access_token_minutes", access_minutes.max(5));
        return Check::bad(LIVES, format!("access tokens live {access} minutes, longer than the product's"), fix);
    }
    if refresh < i64::from(SESSION_DAYS) * 24 * 60 {
        let days = refresh / (24 * 60);
        let fix = format!("let refresh tokens live {SESSION_DAYS} days");
        return Check::warning(LIVES, format!("sessions end after {days} days, however much they are used"), fix);
    }
    Check::ok(LIVES, format!("access {access} minutes"))
}

/// `one`: so many minutes has the unit that is meant where none is named.
fn minutes(validity: i32, unit: Option<&TimeUnitsType>, one: i64) -> i64 {
    let validity = i64::from(validity);
    match unit {
        Some(TimeUnitsType::Seconds) => validity / 60,
        Some(TimeUnitsType::Minutes) => validity,
        Some(TimeUnitsType::Hours) => validity * 60,
        Some(TimeUnitsType::Days) => validity * 24 * 60,
        Some(_) | None => validity * one,
    }
}

/// Nothing that the product writes may be written by people themselves.
fn writable(app: &UserPoolClientType) -> Check {
    let named = app.write_attributes();
    // Where none are named, all standard ones are.
    let writes = |attribute: &str| named.iter().any(|named| named == attribute);
    if writes(&format!("custom:{ACCOUNT}")) {
        let fix = format!("take custom:{ACCOUNT} from the attributes that the app client writes");
        return Check::bad(WRITABLE, "people can write their own account", fix);
    }
    if named.is_empty() || writes("email") || writes("email_verified") {
        let fix = "name the attributes that the app client writes, without email; the product goes by its own record";
        return Check::warning(WRITABLE, "people can write the e-mail address that tokens show", fix);
    }
    Check::ok(WRITABLE, "none that the product writes")
}

#[cfg(test)]
mod tests {
    use aws_sdk_cognitoidentityprovider::types::{
        PreTokenGenerationVersionConfigType, RefreshTokenRotationType, TokenValidityUnitsType, UserPoolPolicyType,
    };

    use super::*;
    use crate::preflight::State;

    /// As `pool::ensure` makes it, and AWS describes it.
    fn good() -> aws_sdk_cognitoidentityprovider::types::builders::UserPoolClientTypeBuilder {
        UserPoolClientType::builder()
            .client_name("freehold")
            .client_id("app")
            .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowAdminUserPasswordAuth)
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth)
            .enable_token_revocation(true)
            .access_token_validity(15)
            .refresh_token_validity(SESSION_DAYS)
            .token_validity_units(TokenValidityUnitsType::builder().access_token(TimeUnitsType::Minutes).build())
            .write_attributes("zoneinfo")
    }

    fn not_ok(app: &UserPoolClientType) -> Vec<(&'static str, State)> {
        let checks = of_client(app, 15).into_iter().filter(|check| check.state != State::Ok);
        checks.map(|check| (check.name, check.state)).collect()
    }

    #[test]
    fn a_client_is_told_what_is_wrong_with_it() {
        assert_eq!(not_ok(&good().build()), []);
        let rotating = RefreshTokenRotationType::builder().feature(FeatureType::Enabled).build().unwrap();
        let hours = TokenValidityUnitsType::builder().access_token(TimeUnitsType::Hours).build();
        for (app, expected) in [
            (good().client_secret("s"), (CLIENT, State::Bad)),
            (good().prevent_user_existence_errors(PreventUserExistenceErrorTypes::Legacy), (CLIENT, State::Bad)),
            (good().set_explicit_auth_flows(None), (FLOWS, State::Bad)),
            (good().refresh_token_rotation(rotating), (FLOWS, State::Bad)),
            (good().explicit_auth_flows(ExplicitAuthFlowsType::AllowUserSrpAuth), (FLOWS, State::Warning)),
            (good().enable_token_revocation(false), (REVOCATION, State::Bad)),
            (good().set_access_token_validity(None), (LIVES, State::Bad)),
            (good().token_validity_units(hours), (LIVES, State::Bad)),
            (good().refresh_token_validity(30), (LIVES, State::Warning)),
            (good().write_attributes("custom:account_id"), (WRITABLE, State::Bad)),
            (good().write_attributes("email"), (WRITABLE, State::Warning)),
            (good().set_write_attributes(None), (WRITABLE, State::Warning)),
        ] {
            assert_eq!(not_ok(&app.build()), [expected]);
        }
    }

    #[test]
    fn passwords_are_taken_by_the_pool_as_by_the_product() {
        let policy = |length, history| {
            let policy = PasswordPolicyType::builder().minimum_length(length).password_history_size(history);
            let policy = policy.require_lowercase(true).require_uppercase(true).require_numbers(true);
            let policies = UserPoolPolicyType::builder().password_policy(policy.require_symbols(true).build()).build();
            super::policy(&UserPoolType::builder().policies(policies).build()).state
        };
        assert_eq!(policy(12, 0), State::Ok);
        assert_eq!(policy(8, 0), State::Bad);
        assert_eq!((policy(14, 0), policy(12, 3)), (State::Warning, State::Warning));
        assert_eq!(super::policy(&UserPoolType::builder().build()).state, State::Bad);
    }

    #[test]
    fn triggers_are_looked_for() {
        let config = |version| {
            let called = PreTokenGenerationVersionConfigType::builder().lambda_arn("arn").lambda_version(version);
            LambdaConfigType::builder().pre_token_generation_config(called.build().unwrap())
        };
        let v2 = config(PreTokenGenerationLambdaVersionType::V20);
        assert_eq!(triggers(Some(&v2.clone().user_migration("arn").build())).state, State::Ok);
        let plain = config(PreTokenGenerationLambdaVersionType::V10).user_migration("arn").build();
        for lacking in [None, Some(&v2.build()), Some(&plain)] {
            assert_eq!(triggers(lacking).state, State::Warning);
        }
    }
}
