//! The platform's own key and the secrets, with a key of KMS, against moto; and what KMS refuses, by a script.
//!
//! What moto does otherwise than KMS: it opens what keys that are disabled have made, and asks nobody for permission.

use std::{sync::Arc, time::Duration};

use aws::{
    connect::Limits,
    kms::{Keys, Options},
    secrets::{self, Secrets, SecretsError},
};
use aws_sdk_kms::Client;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use testkit::emulator::Recorder;

use crate::{
    emulator::{Emulator, Lossy, Shared, connection, moto},
    stub::{Stub, json_error},
};

const RETRY_FOR: Duration = Duration::from_secs(2);

async fn keys(endpoint: &str) -> Keys {
    let options = Options { endpoint: Some(endpoint.to_owned()), retry_for: RETRY_FOR };
    Keys::new(&connection(Limits::default()).await, options, Arc::new(Shared))
}

async fn secrets(endpoint: &str, kms_key: Option<&str>, keys: Keys) -> Secrets {
    let options = secrets::Options {
        endpoint: Some(endpoint.to_owned()),
        prefix: "freehold/".into(),
        kms_key: kms_key.map(str::to_owned),
        retry_for: RETRY_FOR,
    };
    Secrets::new(&connection(Limits::default()).await, options, keys, Arc::new(Shared))
}

/// A key of KMS, by its ARN, and its client.
async fn made(emulator: &Emulator) -> (Client, String) {
    let config = connection(Limits::default()).await;
    let config = aws_sdk_kms::config::Builder::from(&config).endpoint_url(emulator.endpoint()).build();
    let client = Client::from_conf(config);
    let made = client.create_key().send().await.unwrap().key_metadata.unwrap();
    client.create_alias().alias_name("alias/freehold").target_key_id(&made.key_id).send().await.unwrap();
    (client, made.arn.unwrap())
}

/// The platform key as Secrets Manager has it, and the key that it is encrypted by.
async fn kept(emulator: &Emulator) -> (String, Option<String>) {
    let config = connection(Limits::default()).await;
    let config = aws_sdk_secretsmanager::config::Builder::from(&config).endpoint_url(emulator.endpoint()).build();
    let client = aws_sdk_secretsmanager::Client::from_conf(config);
    let name = "freehold/platform-key";
    let text = client.get_secret_value().secret_id(name).send().await.unwrap().secret_string.unwrap();
    (text, client.describe_secret().secret_id(name).send().await.unwrap().kms_key_id)
}

#[tokio::test]
async fn the_platform_key_is_one_that_only_kms_opens() {
    let emulator = moto().await;
    let (_, arn) = made(&emulator).await;
    let at = emulator.endpoint();
    let first = secrets(&at, Some("alias/freehold"), keys(&at).await).await.platform_key(false).await.unwrap();
    let (text, encrypted_by) = kept(&emulator).await;
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["kmsKey"], arn.as_str());
    assert_eq!(encrypted_by.as_deref(), Some("alias/freehold"));
    let ciphertext = STANDARD.decode(document["ciphertext"].as_str().unwrap()).unwrap();
    assert!(ciphertext.len() > 32 && !text.contains("plaintext"), "{text}");
    // Every start opens the same, also one that is not told of the key any more.
    for key in [Some("alias/freehold"), None] {
        let again = secrets(&at, key, keys(&at).await).await.platform_key(true).await.unwrap();
        assert_eq!(again.subkey("it"), first.subkey("it"));
    }
    // Nor does its ciphertext open for anything else.
    let wrapped = keys(&at).await.make("alias/freehold", "one").await.unwrap();
    keys(&at).await.open(&wrapped, "one").await.unwrap();
    assert!(keys(&at).await.open(&wrapped, "another").await.is_err());
}

#[tokio::test]
async fn a_platform_key_in_plain_stays_what_it_was() {
    let emulator = moto().await;
    made(&emulator).await;
    let at = emulator.endpoint();
    let plain = secrets(&at, None, keys(&at).await).await.platform_key(false).await.unwrap();
    let (text, _) = kept(&emulator).await;
    assert_eq!(STANDARD.decode(&text).unwrap().len(), 32);
    // Without KMS: it is not asked.
    let nowhere = keys("http://127.0.0.1:1").await;
    let same = secrets(&at, Some("alias/freehold"), nowhere).await.platform_key(true).await.unwrap();
    assert_eq!((same.subkey("it"), kept(&emulator).await.0), (plain.subkey("it"), text));
}

#[tokio::test]
async fn several_that_start_at_once_have_one_key() {
    let emulator = moto().await;
    made(&emulator).await;
    let at = emulator.endpoint();
    let starts = (0..4).map(async |_| {
        let made = secrets(&at, Some("alias/freehold"), keys(&at).await).await.platform_key(false).await;
        made.unwrap().subkey("it")
    });
    let all = futures::future::join_all(starts).await;
    assert!(all.iter().all(|key| *key == all[0]));
}

#[tokio::test]
async fn an_answer_of_kms_that_is_lost_is_asked_for_again() {
    let emulator = moto().await;
    made(&emulator).await;
    let lossy = Lossy::before(&emulator).await;
    lossy.lose(2);
    let secrets = secrets(&emulator.endpoint(), Some("alias/freehold"), keys(&lossy.endpoint()).await).await;
    secrets.platform_key(false).await.unwrap();
}

/// What the first start says if KMS gives these answers.
async fn refused(answers: impl IntoIterator<Item = (u16, String)>) -> (SecretsError, usize) {
    let emulator = moto().await;
    let stub = Stub::answering(answers).await;
    let secrets = secrets(&emulator.endpoint(), Some("alias/freehold"), keys(&stub.endpoint()).await).await;
    let Err(error) = secrets.platform_key(false).await else { panic!("it is made") };
    (error, stub.asked().len())
}

#[tokio::test]
async fn what_kms_refuses_is_named_with_its_fix() {
    let data_key = (200, json!({ "KeyId": "arn:aws:kms:eu-central-1:1:key/1", "CiphertextBlob": "AAAA" }).to_string());
    for (code, finding, fix) in [
        ("DisabledException", "the key of KMS is disabled", "aws kms enable-key"),
        ("KMSInvalidStateException", "the key of KMS is to be deleted", "aws kms cancel-key-deletion"),
        ("AccessDeniedException", "the key of KMS may not be used", "permit kms:Decrypt and kms:GenerateDataKey"),
        ("NotFoundException", "there is no such key of KMS", "check aws_kms_key"),
    ] {
        // At the making, and at the opening.
        let (making, asked) = refused([json_error(400, code)]).await;
        assert_eq!(asked, 1, "{code} is not asked for again at once");
        let (opening, _) = refused([data_key.clone(), json_error(400, code)]).await;
        for error in [making, opening] {
            let said = error.to_string();
            let whole = format!("the key of KMS that opens the secret freehold/platform-key: {finding}");
            assert!(said.starts_with(&whole) && error.fix().contains(fix), "{said}; {}", error.fix());
        }
    }
    let (error, _) = refused([data_key, json_error(400, "InvalidCiphertextException")]).await;
    assert!(error.to_string().ends_with("its key of KMS does not open it"), "{error}");
    let (error, asked) = refused([json_error(400, "ThrottlingException")]).await;
    assert!(error.to_string().ends_with("throttled") && asked > 2, "{error}, asked {asked} times");
}

#[tokio::test]
async fn whether_a_key_can_be_used_is_told_by_its_state() {
    let emulator = moto().await;
    let (client, arn) = made(&emulator).await;
    let keys = keys(&emulator.endpoint()).await;
    let told = async |key: &str| keys.usable(key).await.map_err(|fault| fault.to_string());
    assert_eq!(told("alias/freehold").await, Ok(arn.clone()));
    assert_eq!(told("alias/nothing").await, Err("there is no such key of KMS".into()));
    // moto changes a key by its id alone.
    let id = arn.rsplit('/').next().unwrap();
    client.disable_key().key_id(id).send().await.unwrap();
    assert_eq!(told(&arn).await, Err("the key of KMS is disabled".into()));
    client.schedule_key_deletion().key_id(id).pending_window_in_days(7).send().await.unwrap();
    let going = told(&arn).await.unwrap_err();
    assert!(going.contains("to be deleted"), "{going}");
}

#[tokio::test]
async fn tables_are_made_with_the_key() {
    use aws::dynamodb::{self, DynamoTables};
    use kernel::ports::table::{TableName, Tables as _};

    let emulator = moto().await;
    let recorder = Recorder::before(&emulator).await;
    let options = dynamodb::Options {
        endpoint: Some(recorder.endpoint()),
        kms_key: Some("alias/freehold".into()),
        ..dynamodb::Options::default()
    };
    let tables = DynamoTables::new(&connection(Limits::default()).await, options, Arc::new(Shared));
    tables.create(&TableName::shared()).await.unwrap();
    let seen = recorder.seen();
    let create = seen.iter().find(|seen| seen.operation == "CreateTable").unwrap();
    let asked: Value = serde_json::from_str(&create.body).unwrap();
    let expected = json!({ "Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "alias/freehold" });
    assert_eq!(asked["SSESpecification"], expected);
}
