//! The DynamoDB adapter against dynoxide.
//!
//! What dynoxide does otherwise than DynamoDB, so that nothing here leans on it, or proves it:
//! - it lets one request in at a time: indexes never lag, a query never meets half a transaction, and transactions never
//!   conflict. What the adapter does about conflicts is tested on its reading of reasons and its repeating;
//! - it orders equal keys of an index by their primary keys, which DynamoDB does not promise, nor does the port;
//! - it never throttles, leaves no keys of a batch unprocessed but for their size, and makes and removes tables at once;
//! - it sweeps nothing that has expired, and DynamoDB takes days: readers check the second themselves;
//! - it knows no backups by the second, so tables are made without them;
//! - it reads no signatures, so that no denial is seen.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws::{
    connect::Limits,
    dynamodb::{DedicatedDynamoTables, DynamoTables, Options},
};
use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
        ProjectionType, ScalarAttributeType,
    },
};
use bytes::Bytes;
use kernel::{
    directory::account::CloudType,
    ids::AccountId,
    ports::{
        clock::Clock as _,
        dedicated_tables::{DedicatedTableError, DedicatedTables, Progress, TableOwner},
        table::{
            CommitError, Condition, Index, Key, NewItem, Order, Query, Range, Table, TableError, TableName, Tables,
            Write,
        },
    },
};
use testkit::{clock::FakeClock, conformance::table};

use crate::emulator::{Lossy, Shared, connection, dynoxide};

async fn tables(endpoint: String, prefix: &str, limits: Limits) -> DynamoTables {
    // Cases put conditions on fields of all names.
    let options = Options { endpoint: Some(endpoint), prefix: prefix.to_owned(), compared: None, ..Options::default() };
    DynamoTables::new(&connection(limits).await, options, Arc::new(Shared))
}

fn put(sk: &str, when: Condition) -> Write {
    let body = Bytes::from_static(b"{\"n\":1}");
    Write::Put { item: NewItem { key: Key::new("p", sk), index: [None, None, None], expires: None, body }, when }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms() {
    let emulator = dynoxide().await;
    let made = AtomicUsize::new(0);
    let count = table::check(async || {
        let prefix = format!("case{}.", made.fetch_add(1, Ordering::Relaxed));
        Arc::new(tables(emulator.endpoint(), &prefix, Limits::default()).await) as Arc<dyn Tables>
    })
    .await;
    println!("DynamoDB tables: {count} cases");
    assert!(count >= 150, "the suite has shrunk to {count} cases");
}

/// A table named `app_data`, and its adapter.
async fn one_table(endpoint: String) -> Arc<dyn Table> {
    tables(endpoint, "", Limits::default()).await.create(&TableName::shared()).await.unwrap()
}

fn add(sk: &str, by: i64) -> Write {
    Write::Add { key: Key::new("p", sk), field: "n", by, when: Condition::Always }
}

async fn body(table: &Arc<dyn Table>, sk: &str) -> Bytes {
    table.get(&Key::new("p", sk)).await.unwrap().expect("it is there").body
}

#[tokio::test]
async fn a_transaction_whose_answer_is_lost_is_written_once() {
    let emulator = dynoxide().await;
    let lossy = Lossy::before(&emulator).await;
    let table = one_table(lossy.endpoint()).await;
    table.commit(vec![put("a", Condition::Absent), put("b", Condition::Absent)]).await.unwrap();
    lossy.answered();
    lossy.lose(3);
    table.commit(vec![add("a", 1), add("b", 10)]).await.unwrap();
    assert_eq!(lossy.answered(), 4);
    assert_eq!((body(&table, "a").await, body(&table, "b").await), ("{\"n\":2}".into(), "{\"n\":11}".into()));
}

#[tokio::test]
async fn a_single_write_whose_answer_is_lost_is_not_sent_again() {
    let emulator = dynoxide().await;
    let lossy = Lossy::before(&emulator).await;
    let table = one_table(lossy.endpoint()).await;
    table.commit(vec![put("a", Condition::Absent)]).await.unwrap();
    for write in [add("a", 1), Write::Delete { key: Key::new("p", "b"), when: Condition::Always }] {
        lossy.answered();
        lossy.lose(1);
        let lost = table.commit(vec![write]).await;
        assert!(matches!(lost, Err(CommitError::Table(TableError::Unavailable(_)))), "{lost:?}");
        assert_eq!(lossy.answered(), 1);
    }
    assert_eq!(body(&table, "a").await, "{\"n\":2}");
}

#[tokio::test]
async fn a_read_whose_answer_is_lost_is_sent_again() {
    let emulator = dynoxide().await;
    let lossy = Lossy::before(&emulator).await;
    let table = one_table(lossy.endpoint()).await;
    table.commit(vec![put("a", Condition::Absent)]).await.unwrap();
    lossy.lose(2);
    assert_eq!(body(&table, "a").await, "{\"n\":1}");
    lossy.lose(2);
    assert!(table.batch_get(&[Key::new("p", "a")]).await.unwrap()[0].is_some());
}

#[tokio::test]
async fn who_does_not_answer_is_given_up_in_time() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let limits = Limits { connect: Duration::from_millis(100), answer: Duration::from_millis(100) };
    let options = Options { endpoint: Some(endpoint), retry_for: Duration::from_secs(1), ..Options::default() };
    let tables = DynamoTables::new(&connection(limits).await, options, Arc::new(Shared));
    let begun = std::time::Instant::now();
    let answer = tables.open(&TableName::shared()).await.map(|table| table.is_some());
    assert!(matches!(&answer, Err(TableError::Unavailable(why)) if **why == *"DynamoDB: timed out"), "{answer:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn pages_and_batches_larger_than_dynamodb_gives_at_once() {
    let emulator = dynoxide().await;
    let table = one_table(emulator.endpoint()).await;
    let keys: Vec<Key> = (0..60).map(|n| Key::new("p", format!("{n:02}"))).collect();
    for some in keys.chunks(5) {
        let writes = some.iter().map(|key| {
            let body = Bytes::from(format!("{{\"text\":\"{}\"}}", "x".repeat(350 * 1024)));
            let item = NewItem { key: key.clone(), index: [None, None, None], expires: None, body };
            Write::Put { item, when: Condition::Absent }
        });
        table.commit(writes.collect()).await.unwrap();
    }
    let query = Query {
        index: Index::Table,
        pk: "p".into(),
        range: Range::All,
        order: Order::Descending,
        limit: 50,
        after: None,
    };
    let page = table.query(&query).await.unwrap();
    assert_eq!((page.items.len(), page.next.unwrap().key.sk), (50, "10".to_owned()));
    let read = table.batch_get(&keys).await.unwrap();
    assert!(read.iter().zip(&keys).all(|(item, key)| item.as_ref().is_some_and(|item| item.key == *key)));
}

#[tokio::test]
async fn records_are_laid_out_as_documented() {
    let emulator = dynoxide().await;
    let table = one_table(emulator.endpoint()).await;
    let item = NewItem {
        key: Key::new("ACCOUNT#1", "USER#2"),
        index: [Some(Key::new("USER", "ada")), None, Some(Key::new("ACTIVE", "2026-11-20"))],
        expires: Some(4_102_444_800),
        body: Bytes::from_static(br#"{"id":2,"share":0.5,"name":"Ada","tags":[]}"#),
    };
    table.commit(vec![Write::Put { item, when: Condition::Absent }]).await.unwrap();
    let sum = Write::Add { key: Key::new("ACCOUNT#1", "USER#2"), field: "id", by: 1, when: Condition::Always };
    table.commit(vec![sum]).await.unwrap();

    let config = connection(Limits::default()).await;
    let config = aws_sdk_dynamodb::config::Builder::from(&config).endpoint_url(emulator.endpoint()).build();
    let client = Client::from_conf(config);
    let stored = client.scan().table_name("app_data").send().await.unwrap().items.unwrap();
    let [item] = stored.as_slice() else { panic!("{stored:?}") };
    let text = |text: &str| AttributeValue::S(text.into());
    let number = |number: &str| AttributeValue::N(number.into());
    let fields = [("id", number("3")), ("share", number("0.5")), ("name", text("Ada"))];
    let expected = [
        ("PK", text("ACCOUNT#1")),
        ("SK", text("USER#2")),
        ("GSI1PK", text("USER")),
        ("GSI1SK", text("ada")),
        ("GSI3PK", text("ACTIVE~1")),
        ("GSI3SK", text("2026-11-20")),
        ("version", number("2")),
        ("expires", number("4102444800")),
        ("body", text(r#"{"id":2,"share":0.5,"name":"Ada","tags":[]}"#)),
        ("fields", AttributeValue::M(fields.map(|(name, value)| (name.to_owned(), value)).into())),
        ("sums", AttributeValue::Ss(vec!["id".into()])),
        ("fractions", AttributeValue::Ss(vec!["share".into()])),
    ];
    assert_eq!(*item, expected.map(|(name, value)| (name.to_owned(), value)).into());

    let expiry = client.describe_time_to_live().table_name("app_data").send().await.unwrap();
    assert_eq!(expiry.time_to_live_description.unwrap().attribute_name.as_deref(), Some("expires"));
}

/// A table as earlier versions made it: whole records in every index.
async fn earlier_table(client: &Client) {
    let attributes = ["PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK", "GSI3PK", "GSI3SK"].map(|name| {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        attribute.build().unwrap()
    });
    let keys = |of: &str| {
        [(format!("{of}PK"), KeyType::Hash), (format!("{of}SK"), KeyType::Range)]
            .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap())
            .to_vec()
    };
    let index = |name: &str| {
        let whole = Projection::builder().projection_type(ProjectionType::All).build();
        let index = GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(keys(name)));
        index.projection(whole).build().unwrap()
    };
    let made = client.create_table().table_name("app_data").billing_mode(BillingMode::PayPerRequest);
    let made = made.set_attribute_definitions(Some(attributes.to_vec())).set_key_schema(Some(keys("")));
    let made = made.set_global_secondary_indexes(Some(["GSI1", "GSI2", "GSI3"].map(index).to_vec()));
    made.send().await.unwrap();
}

/// A record as earlier versions wrote it.
async fn earlier_record(client: &Client, sk: &str, line: &str) {
    let text = |text: &str| AttributeValue::S(text.into());
    let fields = HashMap::from([("n".to_owned(), AttributeValue::N("1".into()))]);
    let put = client.put_item().table_name("app_data").item("PK", text("p")).item("SK", text(sk));
    let put = put.item("GSI3PK", text(line)).item("GSI3SK", text(&format!("account-{}#{sk}", sk.len())));
    let put = put.item("version", AttributeValue::N("7".into())).item("body", text("{\"n\":1}"));
    put.item("fields", AttributeValue::M(fields)).send().await.unwrap();
}

/// What waits in a partition of `GSI3`, each record with its version.
async fn waiting(table: &Arc<dyn Table>, line: &str) -> Vec<(String, u64)> {
    let mut query = Query {
        index: Index::Gsi3,
        pk: line.into(),
        range: Range::All,
        order: Order::Ascending,
        limit: 7,
        after: None,
    };
    let mut all = Vec::new();
    loop {
        let rows = table.query(&query).await.unwrap();
        all.extend(rows.items.into_iter().map(|item| (item.key.sk, item.version)));
        query.after = rows.next;
        if query.after.is_none() {
            all.sort();
            return all;
        }
    }
}

#[tokio::test]
async fn what_waits_in_a_table_of_an_earlier_version_is_found_also_after_a_broken_off_start() {
    let emulator = dynoxide().await;
    let lossy = Lossy::before(&emulator).await;
    let config = connection(Limits::default()).await;
    let config = aws_sdk_dynamodb::config::Builder::from(&config).endpoint_url(emulator.endpoint()).build();
    let client = Client::from_conf(config);
    earlier_table(&client).await;
    let names: Vec<String> = (0..40).map(|n| format!("{}{n:02}", "x".repeat(n % 5))).collect();
    for name in &names {
        earlier_record(&client, name, if name.len() % 2 == 0 { "EVENT#PENDING" } else { "AUDIT#UNSEALED" }).await;
    }
    let sharded = async || {
        let all = client.scan().table_name("app_data").send().await.unwrap().items.unwrap();
        all.iter().filter(|item| item.get("GSI3PK").is_some_and(|pk| pk.as_s().unwrap().contains('~'))).count()
    };
    // The start is broken off when some records have their shards.
    let limits = Limits::default();
    let options = Options { endpoint: Some(lossy.endpoint()), retry_for: Duration::ZERO, ..Options::default() };
    let broken = DynamoTables::new(&connection(limits).await, options, Arc::new(Shared));
    let breaking = tokio::spawn(async move { broken.open(&TableName::shared()).await.map(drop) });
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    while sharded().await < 5 {
        assert!(tokio::time::Instant::now() < until, "no record gets a shard");
        tokio::task::yield_now().await;
    }
    lossy.lose(1000);
    drop(breaking.await.unwrap());
    lossy.lose(0);

    let table = tables(emulator.endpoint(), "", limits).await.open(&TableName::shared()).await.unwrap().unwrap();
    assert_eq!(sharded().await, names.len());
    let expected = |even: usize| {
        let mut of: Vec<_> = names.iter().filter(|name| name.len() % 2 == even).map(|name| (name.clone(), 7)).collect();
        of.sort();
        of
    };
    assert_eq!(waiting(&table, "EVENT#PENDING").await, expected(0));
    assert_eq!(waiting(&table, "AUDIT#UNSEALED").await, expected(1));
    // It is done once: the next process looks at the mark alone.
    lossy.answered();
    tables(lossy.endpoint(), "", limits).await.open(&TableName::shared()).await.unwrap().unwrap();
    assert_eq!(lossy.answered(), 2);
}

#[tokio::test]
async fn tables_of_others_are_left_alone() {
    let emulator = dynoxide().await;
    let config = connection(Limits::default()).await;
    let config = aws_sdk_dynamodb::config::Builder::from(&config).endpoint_url(emulator.endpoint()).build();
    let name = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let made =
        Client::from_conf(config).create_table().table_name("their_data").billing_mode(BillingMode::PayPerRequest);
    made.attribute_definitions(name.build().unwrap()).key_schema(key.build().unwrap()).send().await.unwrap();

    let tables = tables(emulator.endpoint(), "", Limits::default()).await;
    let theirs = TableName::try_from("their_data".to_owned()).unwrap();
    assert!(matches!(tables.open(&theirs).await.err(), Some(TableError::Invalid(_))));
    assert!(matches!(tables.create(&theirs).await.err(), Some(TableError::Invalid(_))));
    assert!(matches!(tables.remove(&theirs).await, Err(TableError::Invalid(_))));
    assert_eq!(tables.list().await.unwrap(), [theirs]);
}

#[tokio::test]
async fn the_cloud_makes_and_removes_dedicated_tables() {
    let emulator = dynoxide().await;
    let tables = tables(emulator.endpoint(), "", Limits::default()).await;
    let cloud = DedicatedDynamoTables::new(tables.clone());
    let account = AccountId::new(FakeClock::default().now(), &Shared);
    let name = TableName::dedicated(account);
    let owner = TableOwner { account, name: "Acme".into(), cloud_type: CloudType::Private };
    let mut asked = 0;
    while cloud.ensure_table(&owner, &name).await.unwrap() == Progress::Underway {
        asked += 1;
        assert!(asked < 1000, "the table does not come");
    }
    assert!(tables.open(&name).await.unwrap().is_some());
    while cloud.remove_table(account, &name).await.unwrap() == Progress::Underway {
        asked += 1;
        assert!(asked < 1000, "the table does not go");
    }
    assert!(tables.open(&name).await.unwrap().is_none());
    let shared = cloud.remove_table(account, &TableName::shared()).await;
    assert!(matches!(shared, Err(DedicatedTableError::Refused(_))));
}
