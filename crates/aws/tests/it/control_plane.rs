//! The control planes of AWS by the gate's switches: stacks whose parameters drift, secrets that are scheduled for deletion,
//! rates of requests, indexes that lag.

use std::{sync::Arc, time::Duration};

use aws::{
    cloudformation::{self, Drift, StackCloud},
    connect::Limits,
    dynamodb::{self, DynamoTables},
    kms::{self, Keys},
    secrets::{self, Secrets, SecretsError},
    ssm::{self, SsmParams},
};
use futures::future::join_all;
use kernel::{
    directory::account::CloudType,
    ids::{AccountId, Id},
    ports::{
        dedicated_tables::{DedicatedTables as _, Progress, TableOwner},
        params::Params as _,
        table::{Index, Order, Query, Range, TableName, Tables as _},
    },
    settings::Settings,
};
use serde_json::json;
use testkit::{
    gate::{Behind, Gate, Rates, Strictness},
    world::World,
};

use crate::emulator::{Shared, connection};

async fn tables(gate: &Gate) -> DynamoTables {
    let options = dynamodb::Options { endpoint: Some(gate.endpoint()), ..dynamodb::Options::default() };
    DynamoTables::new(&connection(Limits::default()).await, options, Arc::new(Shared))
}

async fn stacks(gate: &Gate) -> StackCloud {
    let options = cloudformation::Options { endpoint: Some(gate.endpoint()), ..cloudformation::Options::default() };
    StackCloud::new(&connection(Limits::default()).await, options, tables(gate).await, Arc::new(Shared))
}

fn account(number: u128) -> AccountId {
    Id::derived(uuid::Uuid::from_u128(number), "account")
}

/// As earlier versions made them: with the parameter that the product then wrote to.
fn earlier_template() -> String {
    cloudformation::TEMPLATE.replace(
        "\nResources:\n",
        "\nResources:\n  StatusParameter:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Type: String\n      \
         Name: !Sub \"/accounts/${AccountId}/provisioning-status\"\n      Value: provisioning\n",
    )
}

#[tokio::test]
async fn parameters_that_the_product_writes_are_no_drift_of_a_stack_of_an_earlier_version() {
    let behind = Behind::start().await;
    let gate = Gate::before(&behind).await;
    gate.be(Strictness { stacks_drift: true, ..Strictness::default() });
    let acme = account(1);
    let config = connection(Limits::default()).await;
    let client = aws_sdk_cloudformation::Client::from_conf(
        aws_sdk_cloudformation::config::Builder::from(&config).endpoint_url(gate.endpoint()).build(),
    );
    let stack = format!("freehold-account-{acme}");
    let parameter = |key: &str, value: &str| {
        aws_sdk_cloudformation::types::Parameter::builder().parameter_key(key).parameter_value(value).build()
    };
    let made = client.create_stack().stack_name(&stack).template_body(earlier_template());
    let made = made
        .parameters(parameter("AccountId", &acme.to_string()))
        .parameters(parameter("ProjectName", "freehold"))
        .parameters(parameter("TableName", TableName::dedicated(acme).as_str()));
    made.send().await.unwrap();
    let options = ssm::Options { endpoint: Some(gate.endpoint()), ..ssm::Options::default() };
    let params = SsmParams::new(&config, options, Arc::new(Shared));
    let name = format!("/accounts/{acme}/provisioning-status");
    assert_eq!(params.get(&name).await.unwrap().as_deref(), Some("provisioning"), "the stack made it");
    params.put(&name, "active").await.unwrap();

    assert_eq!(stacks(&gate).await.drift(acme).await.unwrap(), Some(Drift::None));
    // A detection for the whole stack reports the parameter.
    let asked = client.detect_stack_drift().stack_name(&stack).send().await.unwrap();
    let id = asked.stack_drift_detection_id.unwrap_or_default();
    let told = client.describe_stack_drift_detection_status().stack_drift_detection_id(id).send().await.unwrap();
    assert_eq!(told.drifted_stack_resource_count, Some(1), "{told:?}");
}

#[tokio::test]
async fn a_secret_that_is_scheduled_for_deletion_is_named_with_the_way_back() {
    let behind = Behind::start().await;
    let gate = Gate::before(&behind).await;
    gate.be(Strictness { secrets_leave: true, ..Strictness::default() });
    let config = connection(Limits::default()).await;
    let keys = Keys::new(
        &config,
        kms::Options { endpoint: Some(gate.endpoint()), retry_for: Duration::from_secs(2) },
        Arc::new(Shared),
    );
    let options = secrets::Options {
        endpoint: Some(gate.endpoint()),
        prefix: "freehold/".into(),
        kms_key: None,
        retry_for: Duration::from_secs(2),
    };
    let secrets = Secrets::new(&config, options, keys, Arc::new(Shared));
    secrets.platform_key(false).await.unwrap();
    let name = json!({ "SecretId": "freehold/platform-key" });
    behind.moto("secretsmanager", "secretsmanager.DeleteSecret", &name).await;
    // Neither of an installation that is in use, nor of one that begins.
    for in_use in [true, false] {
        let error = secrets.platform_key(in_use).await.unwrap_err();
        assert!(matches!(error, SecretsError::Fault { .. }), "{error:?}");
        assert!(error.fix().contains("restore-secret --secret-id freehold/platform-key"), "{}", error.fix());
    }
    behind.moto("secretsmanager", "secretsmanager.RestoreSecret", &name).await;
    secrets.platform_key(true).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stacks_and_tables_of_many_accounts_are_made_within_the_rates_of_aws() {
    const ACCOUNTS: u128 = 24;
    let behind = Behind::start().await;
    let gate = Gate::before(&behind).await;
    let rates = Rates { cloudformation: 10, tables_at_once: 4, table_lasts: Duration::from_millis(100) };
    gate.be(Strictness { rates: Some(rates), ..Strictness::default() });
    let stacks = stacks(&gate).await;
    let made = (1..=ACCOUNTS).map(|number| {
        let (stacks, id) = (&stacks, account(number));
        let owner = TableOwner { account: id, name: format!("Acme {number}"), cloud_type: CloudType::Private };
        async move {
            let table = TableName::dedicated(id);
            while stacks.ensure_table(&owner, &table).await.unwrap() == Progress::Underway {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    });
    join_all(made).await;
    assert!(gate.throttled() > 0, "so many at once are refused at first");

    // DynamoDB has a code for it that it has for quotas too.
    let tables = tables(&gate).await;
    let names = (100..112).map(account).map(TableName::dedicated);
    let made = join_all(names.map(|name| {
        let tables = tables.clone();
        async move { tables.create(&name).await.map(drop) }
    }));
    let made = made.await;
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    assert!(gate.throttled() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn accounts_come_up_are_used_and_go_though_indexes_lag() {
    let behind = Behind::start().await;
    let gate = Gate::before(&behind).await;
    let lagging = |millis| Strictness {
        indexes_lag: Some(Duration::from_millis(millis)),
        transactions: Some(Duration::from_millis(2)),
        ..Strictness::default()
    };
    gate.be(lagging(200));
    let world = World::over(Arc::new(tables(&gate).await), Settings::default()).await;
    world.set_up().await;
    let acme = world.tenant("Acme", "public", 3).await;
    let operator = world.operator().await;
    gate.be(lagging(3000));
    let made = operator
        .post(
            "/api/workstreams",
            json!({ "accountId": acme.id, "enterpriseId": acme.offer.enterprise, "name": "Payments" }),
        )
        .await
        .expect(201);
    // The index shows it later; the record itself at once.
    let by_enterprise = Query {
        index: Index::Gsi2,
        pk: format!("ACCOUNT#{}#ENTERPRISE#{}", acme.id, acme.offer.enterprise),
        range: Range::Prefix("WORKSTREAM#".into()),
        order: Order::Ascending,
        limit: 10,
        after: None,
    };
    let (table, id) = (world.table(), made["id"].as_str().unwrap());
    let listed = async || {
        let found = table.query(&by_enterprise).await.unwrap().items;
        found.iter().any(|item| item.key.sk.ends_with(id))
    };
    assert!(!listed().await, "the index lags");
    operator.get(&format!("/api/workstreams/{id}?accountId={}", acme.id)).await.expect(200);
    let shown = async {
        while !listed().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), shown).await.expect("the index catches up");

    gate.be(lagging(200));
    // Entries that were sealed just now are not sealed twice, though the index still shows them as waiting.
    world.plane.relay_once().await.unwrap();
    world.plane.relay_once().await.unwrap();
    let report = acme.technical.get("/api/audit/verify").await.expect(200);
    assert_eq!(report["valid"], true, "{report}");
    let path = format!("/api/accounts/{}", acme.id);
    operator.delete(&format!("{path}?confirm={}", acme.name)).await.expect(202);
    let progress = world.run_ended(&acme.id).await;
    assert_eq!(progress["status"], "succeeded", "{progress:#}");
}
