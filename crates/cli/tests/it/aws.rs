//! The aws profile over emulators: what stops its start, what preflight finds, and several processes on one table.
//!
//! What stays unproven here: moto makes an identity of SES verified at once and tells no limits of its account; dynoxide
//! keeps no backups, so protection is looked at in moto's tables.

mod conditions;
mod freezes;
mod kills;
mod lane;
mod people;
mod rehearsal;
mod taken_away;
mod upgrades;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::emulator::{Emulator, dynoxide, moto};

use crate::server::{ADMIN, Home, PASSWORD, Ran};

/// Emulators of everything, and the environment that leads to them.
struct Aws {
    dynoxide: Emulator,
    moto: Emulator,
    environment: BTreeMap<&'static str, String>,
}

impl Aws {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (dynoxide, moto) = runtime.block_on(async { tokio::join!(dynoxide(), moto()) });
        let mut environment = nowhere();
        environment.insert("FREEHOLD_AWS_ENDPOINT_DYNAMODB", dynoxide.endpoint());
        for service in OTHERS {
            environment.insert(service, moto.endpoint());
        }
        environment.insert("FREEHOLD_AWS_PROTECT_TABLES", "false".into());
        // moto's stacks make moto's tables, not dynoxide's.
        environment.insert("FREEHOLD_AWS_STACKS", "false".into());
        Self { dynoxide, moto, environment }
    }

    /// The same, with what is made on the way.
    fn prepared() -> Self {
        let aws = Self::start();
        let home = Home::new();
        aws.run(&home, &["preflight", "--fix"]).good();
        aws
    }

    fn run(&self, home: &Home, args: &[&str]) -> Ran {
        run(home, args, &self.environment)
    }

    fn environment(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Asks moto, as the owner of the account would ask AWS.
    fn ask(&self, target: &str, service: &str, body: &Value) -> Value {
        let request = signed(target, service, "1.1");
        let (status, answer) = post(&self.moto, "/", &request, &body.to_string());
        assert_eq!(status, 200, "{target}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }
}

const OTHERS: [&str; 5] = [
    "FREEHOLD_AWS_ENDPOINT_EVENTBRIDGE",
    "FREEHOLD_AWS_ENDPOINT_SECRETS_MANAGER",
    "FREEHOLD_AWS_ENDPOINT_SES",
    "FREEHOLD_AWS_ENDPOINT_SSM",
    "FREEHOLD_AWS_ENDPOINT_STS",
];

/// The profile, leading to no emulator.
fn nowhere() -> BTreeMap<&'static str, String> {
    [
        ("FREEHOLD_PROFILE", "aws"),
        ("FREEHOLD_ADMIN_EMAIL", crate::server::ADMIN),
        ("FREEHOLD_LOG_LEVEL", "error"),
        ("FREEHOLD_AWS_REGION", "eu-central-1"),
        ("FREEHOLD_AWS_EVENT_BUS", "freehold"),
        ("FREEHOLD_AWS_SENDER", "freehold@example.com"),
        // A port that nobody listens on.
        ("FREEHOLD_AWS_ENDPOINT_DYNAMODB", "http://127.0.0.1:1"),
        ("AWS_ACCESS_KEY_ID", "AKIAEMULATOR"),
        ("AWS_SECRET_ACCESS_KEY", "not-a-secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
    .into_iter()
    .map(|(name, value)| (name, value.to_owned()))
    .collect()
}

fn run(home: &Home, args: &[&str], environment: &BTreeMap<&'static str, String>) -> Ran {
    Ran::of(args, &home.command(args).envs(environment).output().unwrap())
}

/// The headers of a request that looks signed: nobody checks it.
fn signed(target: &str, service: &str, json: &str) -> [(&'static str, String); 4] {
    let scope = format!("AKIAEMULATOR/20260101/eu-central-1/{service}/aws4_request");
    [
        ("x-amz-target", target.to_owned()),
        ("x-amz-date", "20260101T000000Z".into()),
        ("content-type", format!("application/x-amz-json-{json}")),
        ("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=0")),
    ]
}

fn post(emulator: &Emulator, path: &str, headers: &[(&str, String)], body: &str) -> (u16, String) {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(emulator.address()).unwrap();
    write!(stream, "POST {path} HTTP/1.1\r\nhost: emulator\r\nconnection: close\r\n").unwrap();
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n").unwrap();
    }
    write!(stream, "content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// The names of what is bad, each with its finding and its fix.
fn bad(checks: &str) -> BTreeMap<String, String> {
    let checks: Vec<Value> = serde_json::from_str(checks).unwrap();
    let bad = checks.iter().filter(|check| check["state"] == "bad");
    bad.map(|check| {
        let text = |field: &str| check[field].as_str().unwrap_or_else(|| panic!("no {field}: {check}")).to_owned();
        (text("name"), format!("{}; {}", text("finding"), text("fix")))
    })
    .collect()
}

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

#[test]
fn what_is_missing_stops_the_start_by_its_name() {
    let home = Home::new();
    let without = |names: &[&str]| {
        let environment = nowhere().into_iter().filter(|(name, _)| !names.contains(name)).collect();
        run(&home, &SERVE, &environment).refused(2)
    };
    insta::assert_snapshot!(without(&["FREEHOLD_AWS_REGION"]), @r"
    error: no region of AWS is named
    hint: set aws_region, or AWS_REGION
    ");
    insta::assert_snapshot!(without(&["FREEHOLD_ADMIN_EMAIL"]), @r"
    error: the setting admin_email is wrong (the defaults): in the aws profile it is set: the default belongs to a stranger's domain
    hint: set FREEHOLD_ADMIN_EMAIL to an address that reaches the first administrator
    ");
    insta::assert_snapshot!(without(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]), @r"
    error: credentials for AWS: there are none, or they can't be had
    hint: give this process credentials: a role of its container or instance, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
    ");
    let with = |name: &'static str, value: &str| {
        let mut environment = nowhere();
        environment.insert(name, value.to_owned());
        run(&home, &["serve"], &environment).refused(2)
    };
    insta::assert_snapshot!(with("FREEHOLD_AWS_REGION", "Europe, somewhere"), @r"
    error: the setting aws_region is wrong (the environment: FREEHOLD_AWS_REGION): a region is called such as eu-central-1
    hint: freehold config --defaults explains every setting
    ");
    insta::assert_snapshot!(with("FREEHOLD_AWS_SENDER", "nobody"), @r"
    error: the setting aws_sender is wrong (the environment: FREEHOLD_AWS_SENDER): an e-mail address such as freehold@example.com
    hint: freehold config --defaults explains every setting
    ");
    insta::assert_snapshot!(with("FREEHOLD_AWS_ALERT_TOPIC", "arn:aws:sns:eu-central-1:123456789012:alerts.fifo"), @r"
    error: the setting aws_alert_topic is wrong (the environment: FREEHOLD_AWS_ALERT_TOPIC): the ARN of a standard topic: arn:aws:sns:REGION:ACCOUNT:NAME
    hint: freehold config --defaults explains every setting
    ");
    insta::assert_snapshot!(with("FREEHOLD_LISTEN", "0.0.0.0:8080"), @r"
    error: the setting public_url is wrong (the defaults): in the aws profile it is set: every process issues tokens in its name
    hint: freehold config --defaults explains every setting
    ");
    insta::assert_snapshot!(run(&home, &SERVE, &nowhere()).refused(2), @r"
    error: DynamoDB does not give the table app_data in eu-central-1: out of reach
    hint: check the region, the network, and the endpoint if one is set
    ");
}

#[test]
fn a_table_that_is_missing_or_another_stops_the_start() {
    let (aws, home) = (Aws::start(), Home::new());
    insta::assert_snapshot!(aws.run(&home, &SERVE).refused(2), @r"
    error: there is no table app_data in eu-central-1
    hint: make it: freehold preflight --profile aws --fix; or check aws_region and aws_table_prefix
    ");
    let table = json!({
        "TableName": "app_data", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }]
    });
    let headers = signed("DynamoDB_20120810.CreateTable", "dynamodb", "1.0");
    assert_eq!(post(&aws.dynoxide, "/", &headers, &table.to_string()).0, 200);
    insta::assert_snapshot!(aws.run(&home, &SERVE).refused(2), @r"
    error: the table app_data in eu-central-1 is not one of Freehold's
    hint: it has other keys or indexes, or can't be used now; name another: aws_table_prefix
    ");
    let found = bad(&aws.run(&home, &["preflight", "--json"]).out);
    assert!(found["table"].contains("GSI1 to GSI3"), "{found:?}");
}

#[test]
fn preflight_names_what_is_red_and_mends_it() {
    let (aws, home) = (Aws::start(), Home::new());
    let ran = aws.run(&home, &["preflight", "--json"]);
    assert_eq!(ran.code, Some(1));
    insta::assert_debug_snapshot!(bad(&ran.out), @r#"
    {
        "event bus": "there is no event bus freehold in eu-central-1; freehold preflight --fix makes it; or check aws_event_bus",
        "sender": "SES does not know freehold@example.com, nor its domain; freehold preflight --fix asks SES to verify it; or name another: aws_sender",
        "table": "there is no table app_data in eu-central-1; freehold preflight --fix makes it; or check aws_region and aws_table_prefix",
    }
    "#);
    let ran = aws.run(&home, &["preflight", "--fix", "--json"]);
    assert_eq!(bad(&ran.out), BTreeMap::new());
    ran.good();
    // What preflight tries out is gone again.
    let ran = aws.run(&home, &["preflight", "--json"]);
    assert_eq!(bad(&ran.out), BTreeMap::new());
    let left = aws.ask("AmazonSSM.GetParametersByPath", "ssm", &json!({ "Path": "/", "Recursive": true }));
    assert_eq!(left["Parameters"], json!([]), "{left}");
}

#[test]
fn preflight_looks_at_the_topic_the_queues_and_the_key() {
    let (mut aws, home) = (Aws::prepared(), Home::new());
    for service in ["FREEHOLD_AWS_ENDPOINT_KMS", "FREEHOLD_AWS_ENDPOINT_SNS", "FREEHOLD_AWS_ENDPOINT_SQS"] {
        aws.environment.insert(service, aws.moto.endpoint());
    }
    let topic = "arn:aws:sns:eu-central-1:123456789012:alerts";
    aws.environment.insert("FREEHOLD_AWS_ALERT_TOPIC", topic.into());
    aws.environment.insert("FREEHOLD_AWS_DEAD_LETTER_QUEUE_PREFIX", "freehold-".into());
    aws.environment.insert("FREEHOLD_AWS_KMS_KEY", "alias/freehold".into());
    insta::assert_debug_snapshot!(bad(&aws.run(&home, &["preflight", "--json"]).out), @r#"
    {
        "alerts": "arn:aws:sns:eu-central-1:123456789012:alerts: not there; make the topic, or name another: aws_alert_topic",
        "dead letters": "freehold-ses-notification-dlq: not there; freehold preflight --fix makes the queues; or check aws_dead_letter_queue_prefix and the region",
        "key": "KMS, alias/freehold: there is no such key of KMS; check aws_kms_key and the region: a key is used in its own region alone",
    }
    "#);
    // A first start that can't have its key made says so, and leaves nothing behind.
    insta::assert_snapshot!(aws.run(&home, &SERVE).refused(2), @r"
    error: the key of KMS that opens the secret freehold/platform-key: there is no such key of KMS
      nothing was started and nothing was changed
    hint: check aws_kms_key and the region: a key is used in its own region alone
    ");

    let mut create = signed("", "sns", "1.0").to_vec();
    create.retain(|(name, _)| !["x-amz-target", "content-type"].contains(name));
    create.push(("content-type", "application/x-www-form-urlencoded".into()));
    let (status, made) = post(&aws.moto, "/", &create, "Action=CreateTopic&Name=alerts&Version=2010-03-31");
    assert!(status == 200 && made.contains(topic), "{made}");
    let key = aws.ask("TrentService.CreateKey", "kms", &json!({}))["KeyMetadata"]["KeyId"].clone();
    let alias = json!({ "AliasName": "alias/freehold", "TargetKeyId": key }).to_string();
    assert_eq!(post(&aws.moto, "/", &signed("TrentService.CreateAlias", "kms", "1.1"), &alias).0, 200);
    aws.run(&home, &["preflight", "--fix"]).good();
    let seen: Vec<Value> = serde_json::from_str(&aws.run(&home, &["preflight", "--json"]).good()).unwrap();
    let found = |name: &str| {
        let of = seen.iter().filter(|check| check["name"] == name);
        let mut of: Vec<_> =
            of.map(|check| (check["state"].as_str().unwrap(), check["finding"].as_str().unwrap())).collect();
        of.sort_unstable();
        of
    };
    assert_eq!(found("alerts"), [("warning", &*format!("{topic} takes alerts, but nobody has subscribed to it"))]);
    assert_eq!(
        found("dead letters"),
        [
            ("ok", "freehold-cognito-provisioner-dlq, encrypted, kept for 14 days"),
            ("ok", "freehold-dynamodb-provisioner-dlq, encrypted, kept for 14 days"),
            ("ok", "freehold-provisioning-verifier-dlq, encrypted, kept for 14 days"),
            ("ok", "freehold-ses-notification-dlq, encrypted, kept for 14 days"),
        ]
    );
    assert!(matches!(found("key").as_slice(), [("ok", finding)] if finding.ends_with(" can be used")), "{seen:?}");

    // Two starts with a key that KMS opens.
    for _ in 0..2 {
        home.serve_with(&aws.environment()).stop();
    }
    let asked = json!({ "SecretId": "freehold/platform-key" });
    let kept = aws.ask("secretsmanager.GetSecretValue", "secretsmanager", &asked);
    assert!(kept["SecretString"].as_str().is_some_and(|kept| kept.contains("ciphertext")), "{kept}");
}

#[test]
fn preflight_asks_for_protection_and_turns_it_on() {
    let (mut aws, home) = (Aws::start(), Home::new());
    aws.environment.insert("FREEHOLD_AWS_ENDPOINT_DYNAMODB", aws.moto.endpoint());
    aws.environment.insert("FREEHOLD_AWS_ENDPOINT_CLOUDFORMATION", aws.moto.endpoint());
    aws.environment.insert("FREEHOLD_AWS_STACKS", "true".into());
    aws.run(&home, &["preflight", "--fix"]).good();
    aws.environment.insert("FREEHOLD_AWS_PROTECT_TABLES", "true".into());
    let found = bad(&aws.run(&home, &["preflight", "--json"]).out);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["deletion protection", "point-in-time recovery"]);
    aws.run(&home, &["preflight", "--fix"]).good();
    aws.run(&home, &["preflight"]).good();
}

#[test]
fn credentials_that_aws_does_not_know_are_named() {
    let (aws, home) = (Aws::prepared(), Home::new());
    assert_eq!(post(&aws.moto, "/moto-api/reset-auth", &[("content-type", "text/plain".into())], "0").0, 200);
    let ran = aws.run(&home, &["preflight", "--json"]);
    assert_eq!(ran.code, Some(1));
    insta::assert_debug_snapshot!(bad(&ran.out), @r#"
    {
        "credentials": "STS in eu-central-1 refuses the credentials; check AWS_ACCESS_KEY_ID, or the profile: the key was deleted or is mistyped",
    }
    "#);
}

/// What it finds in a real account is not for here; that it begins nothing unasked, or elsewhere, is.
#[test]
fn the_acceptance_refuses_endpoints_that_are_not_those_of_aws() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let run = |name: &str, value: &str| {
        let mut command = std::process::Command::new(root.join("target/venv-aws/bin/python"));
        command
            .arg(root.join("scripts/acceptance.py"))
            .arg(env!("CARGO_BIN_EXE_freehold"))
            .env_clear()
            .env(name, value);
        command.env("YES", "1").output().unwrap()
    };
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "FREEHOLD_AWS_ENDPOINT_STS", "FREEHOLD_CONFIG"] {
        let refused = run(name, "http://127.0.0.1:1");
        assert_eq!(refused.status.code(), Some(1), "{name}");
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(told.starts_with(name) && told.contains("unset"), "{told}");
    }
}

#[test]
fn two_servers_serve_one_table() {
    let aws = Aws::prepared();
    let (one, other) = (Home::new(), Home::new());
    let mut environment = aws.environment();
    environment.push(("FREEHOLD_PUBLIC_URL", "http://freehold.example"));
    environment.push(("FREEHOLD_AWS_METRICS", "true"));
    let (first, second) = (one.serve_with(&environment), other.serve_with(&environment));
    one.sign_in(&first);
    let account = one.account_file();
    let id = one.run(&["accounts", "create", "-f", account.to_str().unwrap(), "--watch"]).good();
    // The other server knows the password that was chosen here, and the account.
    let args = ["login", "--server", &second.url(), "--email", ADMIN, "--password-stdin"];
    other.tell(&args, &format!("{PASSWORD}\n")).good();
    let seen = other.json(&["accounts", "show", id.lines().next().unwrap()]);
    assert_eq!(seen["status"], "active", "{seen}");
    // Whichever of them did its steps has written so, in lines of one object each.
    let lines = one.written().into_iter().chain(other.written()).filter(|line| line.starts_with('{'));
    let lines: Vec<Value> = lines.map(|line| serde_json::from_str(&line).expect(&line)).collect();
    let of =
        |worker: &str| lines.iter().filter(|line| line["Worker"] == worker && line["WorkerSuccess"] == 1.0).count();
    for worker in ["dynamodb-provisioner", "cognito-provisioner", "ses-notification", "provisioning-verifier"] {
        assert!(of(worker) > 0, "{worker}: {lines:#?}");
    }
    // A key that one makes, the other takes.
    aws.run(&one, &["rotate-keys"]).good();
    let args = ["login", "--server", &first.url(), "--email", ADMIN, "--password-stdin"];
    one.tell(&args, &format!("{PASSWORD}\n")).good();
    let session = std::fs::read_to_string(one.path(".config/freehold/session.json")).unwrap();
    let session: Value = serde_json::from_str(&session).unwrap();
    let mut whoami = other.command(&["whoami"]);
    whoami.env("FREEHOLD_SERVER", second.url()).env("FREEHOLD_TOKEN", session["accessToken"].as_str().unwrap());
    Ran::of(&["whoami"], &whoami.output().unwrap()).good();
    first.stop();
    second.stop();
}

#[test]
fn a_platform_in_use_without_its_secrets_is_not_started() {
    let (aws, home) = (Aws::prepared(), Home::new());
    let server = home.serve_with(&aws.environment());
    server.stop();
    // A data folder of the aws profile holds no keys, and is nothing to back up.
    assert!(!home.data().join("keys").exists() && !home.data().join("tables").exists());
    insta::assert_snapshot!(aws.run(&home, &["backup", "/nowhere"]).refused(2), @r"
    error: the tables are in DynamoDB, which backs them up itself
    hint: aws dynamodb restore-table-to-point-in-time makes a table as it was at any second of the last days
    ");

    let gone = json!({ "SecretId": "freehold/signing-keys", "ForceDeleteWithoutRecovery": true });
    assert_eq!(aws.ask("secretsmanager.DeleteSecret", "secretsmanager", &gone)["Name"], gone["SecretId"]);
    let refused = aws.run(&home, &SERVE).refused(2);
    assert!(refused.contains("freehold/signing-keys is missing"), "{refused}");
    let gone = json!({ "SecretId": "freehold/platform-key", "ForceDeleteWithoutRecovery": true });
    assert_eq!(aws.ask("secretsmanager.DeleteSecret", "secretsmanager", &gone)["Name"], gone["SecretId"]);
    insta::assert_snapshot!(aws.run(&home, &SERVE).refused(2), @r"
    error: the secret freehold/platform-key is missing in Secrets Manager, though the platform is in use
      nothing was started and nothing was changed
    hint: take it back (aws secretsmanager restore-secret --secret-id freehold/platform-key), or check aws_secret_prefix
    ");
    // Another installation's key is no better.
    let another = json!({ "Name": "freehold/platform-key", "SecretString": "A".repeat(43) + "=" });
    assert_eq!(aws.ask("secretsmanager.CreateSecret", "secretsmanager", &another)["Name"], another["Name"]);
    let refused = aws.run(&home, &SERVE).refused(2);
    assert!(refused.contains("another installation's"), "{refused}");
}
