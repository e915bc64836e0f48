//! What the product must be permitted in AWS: the least that its calls need, as policy documents of IAM.
//!
//! The suites over emulators compare the calls that they see with this list.

use serde_json::{Value, json};

use crate::{profile::Profile, sts::Caller};

/// Who is permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// The server, or every function of Lambda if they share a role.
    Serve,
    /// The function `api`.
    Api,
    /// The function `step`: it alone makes and removes tables, where Step Functions leads the workflows.
    Step,
    /// The functions `stream` and `cron`.
    Background,
    /// The function `mail_events`.
    MailEvents,
    /// The functions `pre_token` and `migrate_user`.
    Triggers,
    Preflight,
    /// `preflight --fix`, beside what `preflight` needs.
    Fix,
}

/// The policy of a process of this installation, in the caller's account.
pub fn policy(process: Process, profile: &Profile, region: &str, caller: &Caller) -> Value {
    let names = Names { profile, region, caller };
    let statements = match process {
        Process::Serve => {
            [names.start("Start"), names.work(), vec![table_names()], names.steps(), names.leading()].concat()
        }
        Process::Api if profile.machines => [names.start("Start"), names.work(), names.leading()].concat(),
        Process::Step if profile.machines => [names.start("Start"), names.work(), names.steps()].concat(),
        Process::Background if profile.machines => {
            [names.start("Start"), names.work(), vec![table_names()], names.leading()].concat()
        }
        // Each of them does the steps of runs.
        Process::Api | Process::Step => [names.start("Start"), names.work(), names.steps()].concat(),
        Process::Background => [names.start("Start"), names.work(), vec![table_names()], names.steps()].concat(),
        Process::MailEvents | Process::Triggers => names.start("Start"),
        Process::Preflight => names.preflight(),
        Process::Fix => names.fix(),
    };
    json!({ "Version": "2012-10-17", "Statement": statements })
}

struct Names<'a> {
    profile: &'a Profile,
    region: &'a str,
    caller: &'a Caller,
}

impl Names<'_> {
    /// What every process that changes records does: it also does the work after commits.
    fn work(&self) -> Vec<Value> {
        let Profile { event_bus, sender, queue_prefix, alert_topic, .. } = self.profile;
        let mut records = vec!["BatchGetItem", "ConditionCheckItem", "DeleteItem", "DescribeTable", "GetItem", "Query"];
        records.push("UpdateItem");
        let mut all = vec![
            statement("Records", "dynamodb", &records, &self.tables_named("app_*")),
            // Once, for what waits in a table of a version before.
            statement("EarlierTables", "dynamodb", &["PutItem", "Scan"], &self.tables_named("app_*")),
            statement("Roles", "sts", &["AssumeRole"], &[format!("arn:{}:iam::*:role/*", self.partition())]),
        ];
        let bus = if event_bus.starts_with("arn:") {
            event_bus.clone()
        } else {
            self.arn("events", &format!("event-bus/{event_bus}"))
        };
        all.push(statement("Events", "events", &["PutEvents"], &[bus]));
        let secrets = [self.secrets()];
        all.push(statement("Keys", "secretsmanager", &["CreateSecret", "PutSecretValue"], &secrets));
        if !sender.is_empty() {
            let mut of = vec![self.arn("ses", "identity/*")];
            of.extend(
                self.profile.configuration_set.iter().map(|set| self.arn("ses", &format!("configuration-set/{set}"))),
            );
            all.push(statement("Mail", "ses", &["SendEmail"], &of));
        }
        if let Some(topic) = alert_topic {
            all.push(statement("Alerts", "sns", &["Publish"], std::slice::from_ref(topic)));
        }
        if let Some(prefix) = queue_prefix {
            let acts = ["ChangeMessageVisibility", "DeleteMessage", "GetQueueUrl", "ReceiveMessage", "SendMessage"];
            all.push(statement("DeadLetters", "sqs", &acts, &[self.arn("sqs", &format!("{prefix}*"))]));
        }
        if self.profile.people.is_some() {
            let acts = [
                "AdminCreateUser",
                "AdminDeleteUser",
                "AdminDisableUser",
                "AdminEnableUser",
                "AdminGetUser",
                "AdminInitiateAuth",
                "AdminRespondToAuthChallenge",
                "AdminSetUserPassword",
                "AdminUpdateUserAttributes",
                "AdminUserGlobalSignOut",
                "RevokeToken",
            ];
            all.push(statement("People", "cognito-idp", &acts, &self.pool()));
        }
        all
    }

    /// What the steps of runs do.
    fn steps(&self) -> Vec<Value> {
        let mut all = self.dedicated_tables();
        let parameters = [self.arn("ssm", &format!("parameter{}/accounts/*", self.profile.parameter_prefix))];
        let acts = ["DeleteParameter", "GetParameter", "PutParameter"];
        all.push(statement("Parameters", "ssm", &acts, &parameters));
        all
    }

    /// What begins the runs of Step Functions, looks after them and answers their waiting tasks.
    fn leading(&self) -> Vec<Value> {
        let acts =
            ["DescribeExecution", "DescribeStateMachine", "SendTaskFailure", "SendTaskSuccess", "StartExecution"];
        self.machines(&acts).into_iter().collect()
    }

    /// What every process asks when it starts.
    fn start(&self, sid: &str) -> Vec<Value> {
        let mut table = vec!["BatchGetItem", "ConditionCheckItem", "DeleteItem", "DescribeTable", "DescribeTimeToLive"];
        table.extend(["GetItem", "Query", "UpdateItem"]);
        if self.profile.protect {
            table.push("DescribeContinuousBackups");
        }
        let mut all = vec![
            statement(sid, "dynamodb", &table, &self.tables_named("app_data")),
            statement("Secrets", "secretsmanager", &["GetSecretValue"], &[self.secrets()]),
        ];
        if self.profile.kms_key.is_some() {
            let acts = ["Decrypt", "DescribeKey", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"];
            all.push(statement("Key", "kms", &acts, &[self.arn("kms", "key/*")]));
        }
        all
    }

    /// Tables of accounts of their own. CloudFormation makes them with the permissions of its caller.
    fn dedicated_tables(&self) -> Vec<Value> {
        let tables = self.tables_named("app_acct_*");
        let mut made = vec!["CreateTable", "DeleteTable", "DescribeTimeToLive", "UpdateTable", "UpdateTimeToLive"];
        if self.profile.protect {
            made.extend(["DescribeContinuousBackups", "UpdateContinuousBackups"]);
        }
        if !self.profile.stacks {
            return vec![statement("DedicatedTables", "dynamodb", &made, &tables)];
        }
        let stacks = [self.arn("cloudformation", "stack/freehold-*")];
        let acts = ["CreateStack", "DeleteStack", "DescribeStackEvents", "DescribeStacks"];
        made.extend(["ListTagsOfResource", "TagResource", "UntagResource"]);
        vec![
            statement("Stacks", "cloudformation", &acts, &stacks),
            // Protection is taken away before a stack goes, and a table that was made without one goes as it came.
            statement("Removal", "dynamodb", &["DeleteTable", "UpdateTable"], &tables),
            statement("ByCloudFormation", "dynamodb", &made, &tables),
        ]
    }

    fn preflight(&self) -> Vec<Value> {
        let mut all = self.start("Start");
        all.push(table_names());
        all.push(statement("Secret", "secretsmanager", &["DescribeSecret"], &[self.secrets()]));
        let parameters = [self.arn("ssm", &format!("parameter{}/*", self.profile.parameter_prefix))];
        let acts = ["DeleteParameter", "GetParameter", "PutParameter"];
        all.push(statement("Parameters", "ssm", &acts, &parameters));
        all.push(statement("Bus", "events", &["DescribeEventBus"], &["*".to_owned()]));
        let mail = ["GetAccount", "GetConfigurationSetEventDestinations", "GetEmailIdentity"];
        all.push(statement("Mail", "ses", &mail, &["*".to_owned()]));
        if self.profile.stacks {
            let acts = ["DescribeStackDriftDetectionStatus", "DescribeStacks", "DetectStackDrift"];
            all.push(statement("Stacks", "cloudformation", &acts, &["*".to_owned()]));
            let looks = [
                "DescribeContributorInsights",
                "DescribeKinesisStreamingDestination",
                "GetResourcePolicy",
                "ListTagsOfResource",
            ];
            all.push(statement("ByCloudFormation", "dynamodb", &looks, &self.tables_named("app_acct_*")));
        }
        if let Some(topic) = &self.profile.alert_topic {
            all.push(statement("Alerts", "sns", &["GetTopicAttributes", "Publish"], std::slice::from_ref(topic)));
        }
        if let Some(prefix) = &self.profile.queue_prefix {
            let acts = ["GetQueueAttributes", "GetQueueUrl"];
            all.push(statement("DeadLetters", "sqs", &acts, &[self.arn("sqs", &format!("{prefix}*"))]));
        }
        all.extend(self.machines(&["DescribeStateMachine"]));
        if self.profile.people.is_some() {
            let acts = ["DescribeUserPool", "DescribeUserPoolClient"];
            all.push(statement("People", "cognito-idp", &acts, &self.pool()));
        }
        all
    }

    fn fix(&self) -> Vec<Value> {
        let mut table = vec!["CreateTable", "UpdateTable", "UpdateTimeToLive"];
        if self.profile.protect {
            table.push("UpdateContinuousBackups");
        }
        let mut all = vec![
            statement("Table", "dynamodb", &table, &self.tables_named("app_data")),
            statement("Bus", "events", &["CreateEventBus"], &["*".to_owned()]),
            statement("Sender", "ses", &["CreateEmailIdentity"], &["*".to_owned()]),
        ];
        if let Some(prefix) = &self.profile.queue_prefix {
            let acts = ["CreateQueue", "SetQueueAttributes"];
            all.push(statement("DeadLetters", "sqs", &acts, &[self.arn("sqs", &format!("{prefix}*"))]));
        }
        let acts = ["CreateUserPool", "CreateUserPoolClient", "ListUserPoolClients", "ListUserPools"];
        all.push(statement("People", "cognito-idp", &acts, &["*".to_owned()]));
        all
    }

    fn machines(&self, acts: &[&str]) -> Option<Value> {
        let prefix = &self.profile.machine_prefix;
        let of = ["stateMachine", "execution"].map(|what| self.arn("states", &format!("{what}:{prefix}*")));
        self.profile.machines.then(|| statement("Machines", "states", acts, &of))
    }

    fn partition(&self) -> &str {
        self.caller.partition()
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition(), self.region, self.caller.account)
    }

    fn tables_named(&self, name: &str) -> Vec<String> {
        let table = self.arn("dynamodb", &format!("table/{}{name}", self.profile.table_prefix));
        vec![format!("{table}/index/*"), table]
    }

    fn secrets(&self) -> String {
        self.arn("secretsmanager", &format!("secret:{}*", self.profile.secret_prefix))
    }

    fn pool(&self) -> Vec<String> {
        let pool =
            self.profile.people.as_ref().map(|people| self.arn("cognito-idp", &format!("userpool/{}", people.pool)));
        pool.into_iter().collect()
    }
}

/// What looks for work in every table.
fn table_names() -> Value {
    statement("TableNames", "dynamodb", &["ListTables"], &["*".to_owned()])
}

fn statement(sid: &str, service: &str, acts: &[&str], resources: &[String]) -> Value {
    let mut acts: Vec<String> = acts.iter().map(|act| format!("{service}:{act}")).collect();
    acts.sort();
    json!({ "Sid": sid, "Effect": "Allow", "Action": acts, "Resource": resources })
}
