//! The tables of stories: in memory, or in DynamoDB, in an emulator of the store's own. The variable
//! `FREEHOLD_TEST_TABLES` says which, so that one build of the tests serves both.

use std::sync::Arc;

use async_trait::async_trait;
use plane::ports::table::{CrossAccountRole, Item, Table, TableError, TableName, Tables};

use crate::memory::MemoryTables;

/// `dynamodb` for tables in an emulator of DynamoDB; unset or `memory` for tables in memory.
const VARIABLE: &str = "FREEHOLD_TEST_TABLES";

#[expect(clippy::disallowed_methods, reason = "how tests are run is no setting of the product")]
fn are_emulated() -> bool {
    match std::env::var(VARIABLE).as_deref() {
        Err(_) | Ok("memory") => false,
        Ok("dynamodb") if cfg!(feature = "dynamodb") => true,
        Ok(other) => panic!("{VARIABLE} is {other}: memory, or dynamodb where testkit has its feature `dynamodb`"),
    }
}

/// So many of something as a test can have: an emulator is some hundred times slower than memory.
pub fn many(in_memory: usize, emulated: usize) -> usize {
    if are_emulated() { emulated } else { in_memory }
}

/// Tables, and a look at what is in them.
#[derive(Clone)]
pub struct Store(Arc<Kind>);

enum Kind {
    Memory(MemoryTables),
    #[cfg(feature = "dynamodb")]
    Emulated(emulated::EmulatedTables),
}

impl Store {
    /// An empty store.
    #[cfg_attr(not(feature = "dynamodb"), expect(clippy::unused_async, reason = "an emulator takes its time to start"))]
    pub async fn new() -> Self {
        #[cfg(feature = "dynamodb")]
        if are_emulated() {
            return Self(Arc::new(Kind::Emulated(emulated::EmulatedTables::new().await)));
        }
        assert!(!are_emulated(), "{VARIABLE} asks for tables that this build has not got");
        Self(Arc::new(Kind::Memory(MemoryTables::default())))
    }

    /// The tables. They are there as long as somebody holds them or the store.
    pub fn tables(&self) -> Arc<dyn Tables> {
        Arc::clone(&self.0) as _
    }

    /// Every record of every table as a text, its table's name first: for comparing whole states.
    pub async fn records(&self) -> Vec<String> {
        let mut records = Vec::new();
        for name in self.0.list().await.expect("the store answers") {
            records.extend(self.0.records(&name).await.into_iter().map(|record| format!("{name} {record}")));
        }
        records
    }
}

/// An empty store's tables.
pub async fn tables() -> Arc<dyn Tables> {
    Store::new().await.tables()
}

impl Kind {
    fn tables(&self) -> &dyn Tables {
        match self {
            Self::Memory(tables) => tables,
            #[cfg(feature = "dynamodb")]
            Self::Emulated(tables) => tables,
        }
    }

    #[cfg_attr(not(feature = "dynamodb"), expect(clippy::unused_async, reason = "an emulator is asked"))]
    async fn records(&self, name: &TableName) -> Vec<String> {
        let text = |Item { key, index, version, body, .. }: Item| {
            format!("{key:?} {index:?} {version} {}", String::from_utf8_lossy(&body))
        };
        match self {
            Self::Memory(tables) => tables.dump_of(name).into_iter().map(text).collect(),
            #[cfg(feature = "dynamodb")]
            Self::Emulated(tables) => tables.records(name).await,
        }
    }
}

#[async_trait]
impl Tables for Kind {
    async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        self.tables().open(name).await
    }

    async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError> {
        self.tables().create(name).await
    }

    async fn remove(&self, name: &TableName) -> Result<(), TableError> {
        self.tables().remove(name).await
    }

    async fn list(&self) -> Result<Vec<TableName>, TableError> {
        self.tables().list().await
    }

    fn forget(&self, name: &TableName) {
        self.tables().forget(name);
    }

    async fn open_by(&self, role: &CrossAccountRole, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
        self.tables().open_by(role, name).await
    }
}

#[cfg(feature = "dynamodb")]
pub use emulated::lay_out;

#[cfg(feature = "dynamodb")]
mod emulated {
    use std::sync::Arc;

    use async_trait::async_trait;
    use aws::{
        connect::{Limits, emulated},
        dynamodb::{DynamoTables, Options},
    };
    use plane::ports::table::{Key, Table, TableError, TableName, Tables};
    use serde_json::{Value, json};

    use crate::{
        emulator::{Emulator, dynoxide},
        random::SeededRandom,
    };

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIAEMULATOR/20260101/eu-central-1/dynamodb/aws4_request, \
                          SignedHeaders=host;x-amz-date, Signature=0";

    /// Creates the shared table, as an operator does.
    pub async fn lay_out(emulator: &Emulator) {
        tables_in(emulator).await.create(&TableName::shared()).await.expect("an empty emulator has room");
    }

    async fn tables_in(emulator: &Emulator) -> DynamoTables {
        let options = Options { endpoint: Some(emulator.endpoint()), ..Options::default() };
        // Tests run beside each other, each with an emulator: who is slow is not gone.
        let limits = Limits { answer: std::time::Duration::from_secs(30), ..Limits::default() };
        let options = Options { retry_for: std::time::Duration::from_mins(1), ..options };
        DynamoTables::new(&emulated(limits).await, options, Arc::new(SeededRandom::new(1)))
    }

    pub(super) struct EmulatedTables {
        tables: DynamoTables,
        emulator: Emulator,
    }

    impl EmulatedTables {
        pub(super) async fn new() -> Self {
            let emulator = dynoxide().await;
            Self { tables: tables_in(&emulator).await, emulator }
        }

        pub(super) async fn records(&self, name: &TableName) -> Vec<String> {
            let (client, mut records, mut from) = (reqwest::Client::new(), Vec::new(), Value::Null);
            loop {
                let mut asked = json!({ "TableName": name });
                if !from.is_null() {
                    asked["ExclusiveStartKey"] = from;
                }
                let request = client.post(self.emulator.endpoint()).header("x-amz-target", "DynamoDB_20120810.Scan");
                let request = request.header("content-type", "application/x-amz-json-1.0").body(asked.to_string());
                // Nobody checks the signature, but there must be one.
                let request = request.header("x-amz-date", "20260101T000000Z").header("authorization", SIGNED);
                let answer = request.send().await.expect("the emulator answers");
                let mut page: Value = answer.json().await.expect("it answers in JSON");
                let items = page["Items"].as_array().unwrap_or_else(|| panic!("no items: {page}"));
                records.extend(items.iter().map(text));
                from = page["LastEvaluatedKey"].take();
                if from.is_null() {
                    return records;
                }
            }
        }
    }

    /// A record in the form that the memory store shows too.
    fn text(item: &Value) -> String {
        let part = |name: &str| item[name]["S"].as_str().map(ToOwned::to_owned);
        let key = |of: &str| Some(Key::new(part(&format!("{of}PK"))?, part(&format!("{of}SK"))?));
        let main = key("").expect("an item has a key");
        let [by_type, by_tenant, waiting] = ["GSI1", "GSI2", "GSI3"].map(key);
        // What waits is spread over shards; that is the adapter's own affair.
        let whole = |pk: &str| pk.rsplit_once('~').map_or_else(|| pk.to_owned(), |(pk, _)| pk.to_owned());
        let index = [by_type, by_tenant, waiting.map(|key| Key::new(whole(&key.pk), key.sk))];
        let version = item["version"]["N"].as_str().unwrap_or_default();
        format!("{main:?} {index:?} {version} {}", body(item))
    }

    /// The body of a record. What a sum has changed is beside it.
    fn body(item: &Value) -> String {
        let text = item["body"]["S"].as_str().unwrap_or_default();
        let sums: Vec<_> = item["sums"]["SS"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let Ok(mut body) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
        if sums.is_empty() {
            return text.to_owned();
        }
        for sum in sums {
            let now = item["fields"]["M"][sum]["N"].as_str().and_then(|now| now.parse::<i64>().ok());
            body[sum] = now.into();
        }
        body.to_string()
    }

    #[async_trait]
    impl Tables for EmulatedTables {
        async fn open(&self, name: &TableName) -> Result<Option<Arc<dyn Table>>, TableError> {
            self.tables.open(name).await
        }

        async fn create(&self, name: &TableName) -> Result<Arc<dyn Table>, TableError> {
            self.tables.create(name).await
        }

        async fn remove(&self, name: &TableName) -> Result<(), TableError> {
            self.tables.remove(name).await
        }

        fn forget(&self, name: &TableName) {
            self.tables.forget(name);
        }

        async fn list(&self) -> Result<Vec<TableName>, TableError> {
            self.tables.list().await
        }
    }
}
