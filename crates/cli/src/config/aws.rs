//! The settings of the aws profile, and what they may be.

use plane::{features::connections::model::RoleArn, text::Email};
use serde::Deserialize;

/// Each by its key without `aws_`; an empty text is one that is not set.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "a build without the profile refuses it by its name"))]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub(crate) struct Aws {
    #[serde(rename = "aws_region")]
    pub region: String,
    #[serde(rename = "aws_credentials_profile")]
    pub credentials_profile: String,
    #[serde(rename = "aws_table_prefix")]
    pub table_prefix: String,
    #[serde(rename = "aws_parameter_prefix")]
    pub parameter_prefix: String,
    #[serde(rename = "aws_secret_prefix")]
    pub secret_prefix: String,
    #[serde(rename = "aws_kms_key")]
    pub kms_key: String,
    #[serde(rename = "aws_event_bus")]
    pub event_bus: String,
    #[serde(rename = "aws_alert_topic")]
    pub alert_topic: String,
    #[serde(rename = "aws_dead_letter_queue_prefix")]
    pub dead_letter_queue_prefix: String,
    #[serde(rename = "aws_sender")]
    pub sender: String,
    #[serde(rename = "aws_configuration_set")]
    pub configuration_set: String,
    #[serde(rename = "aws_keep_mails")]
    pub keep_mails: bool,
    #[serde(rename = "aws_user_pool")]
    pub user_pool: String,
    #[serde(rename = "aws_user_pool_client")]
    pub user_pool_client: String,
    #[serde(rename = "aws_protect_tables")]
    pub protect_tables: bool,
    #[serde(rename = "aws_stacks")]
    pub stacks: bool,
    #[serde(rename = "aws_platform_role")]
    pub platform_role: String,
    #[serde(rename = "aws_enable_step_functions")]
    pub enable_step_functions: bool,
    #[serde(rename = "aws_state_machine_prefix")]
    pub state_machine_prefix: String,
    #[serde(rename = "aws_metrics")]
    pub metrics: bool,
    #[serde(rename = "aws_endpoint_cloudformation")]
    pub endpoint_cloudformation: String,
    #[serde(rename = "aws_endpoint_cognito")]
    pub endpoint_cognito: String,
    #[serde(rename = "aws_endpoint_dynamodb")]
    pub endpoint_dynamodb: String,
    #[serde(rename = "aws_endpoint_eventbridge")]
    pub endpoint_eventbridge: String,
    #[serde(rename = "aws_endpoint_kms")]
    pub endpoint_kms: String,
    #[serde(rename = "aws_endpoint_secrets_manager")]
    pub endpoint_secrets_manager: String,
    #[serde(rename = "aws_endpoint_ses")]
    pub endpoint_ses: String,
    #[serde(rename = "aws_endpoint_sns")]
    pub endpoint_sns: String,
    #[serde(rename = "aws_endpoint_sqs")]
    pub endpoint_sqs: String,
    #[serde(rename = "aws_endpoint_ssm")]
    pub endpoint_ssm: String,
    #[serde(rename = "aws_endpoint_step_functions")]
    pub endpoint_step_functions: String,
    #[serde(rename = "aws_endpoint_sts")]
    pub endpoint_sts: String,
}

impl Aws {
    /// The key of what can't be, and why.
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let named = |text: &str, also: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c));
        if !named(&self.region, "-") {
            return Err(("aws_region", "a region is called such as eu-central-1"));
        }
        if !named(&self.table_prefix, "_.-") || self.table_prefix.len() > 100 {
            return Err(("aws_table_prefix", "at most 100 letters, digits, and _ . -"));
        }
        let prefix = &self.parameter_prefix;
        let path = prefix.is_empty() || prefix.starts_with('/') && !prefix.ends_with('/');
        if !path || !named(prefix, "_.-/") || prefix.len() > 200 {
            return Err(("aws_parameter_prefix", "a path such as /freehold, with no slash at its end"));
        }
        if !named(&self.secret_prefix, "/_+=.@-") || self.secret_prefix.len() > 200 {
            return Err(("aws_secret_prefix", "at most 200 letters, digits, and / _ + = . @ -"));
        }
        if !named(&self.kms_key, ":/_-") || self.kms_key.len() > 2048 {
            return Err(("aws_kms_key", "the id, alias or ARN of a key, such as alias/freehold"));
        }
        if !named(&self.state_machine_prefix, "_-") || self.state_machine_prefix.len() > 40 {
            return Err(("aws_state_machine_prefix", "at most 40 letters, digits, and _ -"));
        }
        if !self.platform_role.is_empty() && RoleArn::try_from(self.platform_role.clone()).is_err() {
            return Err(("aws_platform_role", "the ARN of a role, such as arn:aws:iam::123456789012:role/freehold"));
        }
        if self.event_bus.is_empty() {
            return Err(("aws_event_bus", "the bus that is there always is called default"));
        }
        if !self.alert_topic.is_empty() && !is_topic(&self.alert_topic) {
            return Err(("aws_alert_topic", "the ARN of a standard topic: arn:aws:sns:REGION:ACCOUNT:NAME"));
        }
        if !named(&self.dead_letter_queue_prefix, "_-") || self.dead_letter_queue_prefix.len() > 40 {
            return Err(("aws_dead_letter_queue_prefix", "at most 40 letters, digits, and _ -"));
        }
        if !self.sender.is_empty() && Email::parse(&self.sender).is_err() {
            return Err(("aws_sender", "an e-mail address such as freehold@example.com"));
        }
        if !named(&self.configuration_set, "_-") || self.configuration_set.len() > 64 {
            return Err(("aws_configuration_set", "at most 64 letters, digits, and _ -"));
        }
        self.check_people()?;
        let url = |url: &str| url.is_empty() || url.starts_with("http://") || url.starts_with("https://");
        match self.endpoints().into_iter().find(|(_, endpoint)| !url(endpoint)) {
            Some((key, _)) => Err((key, "it begins with https:// or http://")),
            None => Ok(()),
        }
    }

    /// Of the pool's id, the part before `_` is the region, and a part of addresses.
    fn check_people(&self) -> Result<(), (&'static str, &'static str)> {
        let named = |text: &str, also: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c));
        let pool = |(region, name): (&str, &str)| named(region, "-") && named(name, "") && !name.is_empty();
        match (self.user_pool.as_str(), self.user_pool_client.as_str()) {
            ("", "") => Ok(()),
            ("", _) => Err(("aws_user_pool", "it is set together with aws_user_pool_client")),
            (_, "") => Err(("aws_user_pool_client", "it is set together with aws_user_pool")),
            (id, _) if !id.split_once('_').is_some_and(pool) => {
                Err(("aws_user_pool", "the id of a user pool looks like eu-central-1_a1B2c3D4e"))
            }
            (_, client) if !named(client, "_+") => Err(("aws_user_pool_client", "an id of letters and digits")),
            _ => Ok(()),
        }
    }

    fn endpoints(&self) -> [(&'static str, &str); 12] {
        [
            ("aws_endpoint_cloudformation", &self.endpoint_cloudformation),
            ("aws_endpoint_cognito", &self.endpoint_cognito),
            ("aws_endpoint_dynamodb", &self.endpoint_dynamodb),
            ("aws_endpoint_eventbridge", &self.endpoint_eventbridge),
            ("aws_endpoint_kms", &self.endpoint_kms),
            ("aws_endpoint_secrets_manager", &self.endpoint_secrets_manager),
            ("aws_endpoint_ses", &self.endpoint_ses),
            ("aws_endpoint_sns", &self.endpoint_sns),
            ("aws_endpoint_sqs", &self.endpoint_sqs),
            ("aws_endpoint_ssm", &self.endpoint_ssm),
            ("aws_endpoint_step_functions", &self.endpoint_step_functions),
            ("aws_endpoint_sts", &self.endpoint_sts),
        ]
    }
}

/// Topics in order, whose names end in `.fifo`, take no messages without a group, and mails can't subscribe to them.
fn is_topic(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let named = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    matches!(parts.as_slice(), ["arn", _, "sns", region, account, name]
        if [region, account, name].iter().all(|part| !part.is_empty() && named(part)))
}
