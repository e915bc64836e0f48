//! The requests that are made of a pool, each by the word of what it is for.

use std::{collections::HashMap, time::Duration};

use aws_sdk_cognitoidentityprovider::{
    Client, Config,
    config::{Builder, timeout::TimeoutConfig},
    types::{AttributeType, AuthFlowType, AuthenticationResultType, ChallengeNameType, MessageActionType},
};
use kernel::{identity::credential_store::Person, ids::Subject};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{fault::Fault, retry::RetryPolicy};

pub(super) struct Calls {
    pub(super) client: Client,
    pub(super) retry: RetryPolicy,
    pub(super) pool: String,
    /// The app client's id.
    pub(super) app: String,
}

/// What the pool answers to a password.
pub(super) enum Entry {
    Tokens(AuthenticationResultType),
    /// `NEW_PASSWORD_REQUIRED`, with the pool's word for it.
    NewPassword(SecretString),
    /// A challenge that the product does not know.
    Other(ChallengeNameType),
}

impl Calls {
    /// Makes somebody whom no password opens yet, and mails nothing.
    pub(super) async fn create(&self, person: &Person) -> Result<(), Fault> {
        let made = self
            .retry
            .repeat(async || {
                let request = self.client.admin_create_user().user_pool_id(&self.pool);
                let request = request.username(person.subject.to_string()).message_action(MessageActionType::Suppress);
                let request = request.set_user_attributes(Some(attributes(person)?));
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        match made {
            Ok(_) => Ok(()),
            // Made before: what is shown of them may have been of an earlier life.
            Err(Fault::InUse) => self.describe(person).await,
            Err(fault) => Err(fault),
        }
    }

    /// Writes the attributes of somebody who is in the pool.
    pub(super) async fn describe(&self, person: &Person) -> Result<(), Fault> {
        let described = self
            .retry
            .repeat(async || {
                let request = self.client.admin_update_user_attributes().user_pool_id(&self.pool);
                let request = request.username(person.subject.to_string());
                let request = request.set_user_attributes(Some(attributes(person)?));
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        described.map(drop)
    }

    pub(super) async fn delete(&self, subject: Subject) -> Result<(), Fault> {
        let gone = self
            .retry
            .repeat(async || {
                let request = self.client.admin_delete_user().user_pool_id(&self.pool).username(subject.to_string());
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        absent_is_fine(gone.map(drop))
    }

    pub(super) async fn enable(&self, subject: Subject) -> Result<(), Fault> {
        let enabled = self
            .retry
            .repeat(async || {
                let request = self.client.admin_enable_user().user_pool_id(&self.pool).username(subject.to_string());
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        absent_is_fine(enabled.map(drop))
    }

    pub(super) async fn disable(&self, subject: Subject) -> Result<(), Fault> {
        let disabled = self
            .retry
            .repeat(async || {
                let request = self.client.admin_disable_user().user_pool_id(&self.pool).username(subject.to_string());
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        absent_is_fine(disabled.map(drop))
    }

    pub(super) async fn sign_out(&self, subject: Subject) -> Result<(), Fault> {
        let ended = self
            .retry
            .repeat(async || {
                let request = self.client.admin_user_global_sign_out().user_pool_id(&self.pool);
                request.username(subject.to_string()).send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        absent_is_fine(ended.map(drop))
    }

    pub(super) async fn set_password(
        &self,
        subject: Subject,
        password: &SecretString,
        permanent: bool,
    ) -> Result<(), Fault> {
        let set = self
            .retry
            .repeat(async || {
                let request = self.client.admin_set_user_password().user_pool_id(&self.pool);
                let request = request.username(subject.to_string()).password(password.expose_secret());
                request.permanent(permanent).send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        set.map(drop)
    }

    /// Whether somebody may sign in.
    pub(super) async fn enabled(&self, subject: Subject) -> Result<bool, Fault> {
        let found = self
            .retry
            .repeat(async || {
                let request = self.client.admin_get_user().user_pool_id(&self.pool).username(subject.to_string());
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await;
        found.map(|user| user.enabled)
    }

    /// Not asked again when the time is over: the pool's triggers may still run, and a second sign-in beside the first would move
    /// the person over twice.
    pub(super) async fn sign_in(&self, subject: Subject, password: &SecretString) -> Result<Entry, Fault> {
        let answer = self
            .retry
            .repeat_unless_late(async || {
                let request = self.client.admin_initiate_auth().user_pool_id(&self.pool).client_id(&self.app);
                let request = request.auth_flow(AuthFlowType::AdminUserPasswordAuth);
                let request = request.auth_parameters("USERNAME", subject.to_string());
                let request = request.auth_parameters("PASSWORD", password.expose_secret());
                let request = request.customize().config_override(with_triggers());
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        entry(answer.authentication_result, answer.challenge_name, answer.session)
    }

    /// Answers `NEW_PASSWORD_REQUIRED`. It is made once: the pool takes each answer once.
    pub(super) async fn respond(
        &self,
        subject: Subject,
        session: &SecretString,
        password: &SecretString,
    ) -> Result<Entry, Fault> {
        let answer = self
            .retry
            .repeat_unmade(async || {
                let request = self.client.admin_respond_to_auth_challenge();
                let request = request.user_pool_id(&self.pool).client_id(&self.app);
                let request = request.challenge_name(ChallengeNameType::NewPasswordRequired);
                let responses = [
                    ("USERNAME".to_owned(), subject.to_string()),
                    ("NEW_PASSWORD".to_owned(), password.expose_secret().to_owned()),
                ];
                let request = request.set_challenge_responses(Some(HashMap::from(responses)));
                let request = request.session(session.expose_secret()).customize().config_override(with_triggers());
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        entry(answer.authentication_result, answer.challenge_name, answer.session)
    }

    pub(super) async fn refresh(&self, renewal: &SecretString) -> Result<AuthenticationResultType, Fault> {
        let answer = self
            .retry
            .repeat(async || {
                let request = self.client.admin_initiate_auth().user_pool_id(&self.pool).client_id(&self.app);
                let request = request.auth_flow(AuthFlowType::RefreshTokenAuth);
                let request = request.auth_parameters("REFRESH_TOKEN", renewal.expose_secret());
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        answer.authentication_result.ok_or(Fault::Garbled)
    }

    /// Asked once: what is left is of no use to anybody.
    pub(super) async fn revoke(&self, renewal: &SecretString) -> Result<(), Fault> {
        let request = self.client.revoke_token().client_id(&self.app).token(renewal.expose_secret());
        request.send().await.map(drop).map_err(|error| Fault::of(&error))
    }
}

/// A pool waits five seconds for a trigger, and asks it up to three times.
const WITH_TRIGGERS: Duration = Duration::from_secs(16);

fn with_triggers() -> Builder {
    let limits = TimeoutConfig::builder().operation_attempt_timeout(WITH_TRIGGERS).operation_timeout(WITH_TRIGGERS);
    Config::builder().timeout_config(limits.build())
}

fn entry(
    tokens: Option<AuthenticationResultType>,
    challenge: Option<ChallengeNameType>,
    session: Option<String>,
) -> Result<Entry, Fault> {
    match (tokens, challenge, session) {
        (Some(tokens), _, _) => Ok(Entry::Tokens(tokens)),
        (None, Some(ChallengeNameType::NewPasswordRequired), Some(session)) => Ok(Entry::NewPassword(session.into())),
        (None, Some(challenge), _) => Ok(Entry::Other(challenge)),
        (None, None, _) => Err(Fault::Garbled),
    }
}

fn attributes(person: &Person) -> Result<Vec<AttributeType>, Fault> {
    let attribute = |name: &str, value: String| {
        AttributeType::builder().name(name).value(value).build().map_err(|_| Fault::Malformed)
    };
    Ok(vec![
        attribute("email", person.email.ascii().into_owned())?,
        attribute("email_verified", "true".to_owned())?,
        attribute("custom:account_id", person.account.to_string())?,
    ])
}

fn absent_is_fine(done: Result<(), Fault>) -> Result<(), Fault> {
    match done {
        Ok(()) | Err(Fault::NoSuchUser) => Ok(()),
        Err(fault) => Err(fault),
    }
}
