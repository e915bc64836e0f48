//! Tables in other accounts of AWS: STS is moto's, seen by a recorder before it; DynamoDB is dynoxide's.
//!
//! What moto does otherwise than STS: it opens every role to everybody, whatever external id is named, and judges no session
//! policy. So what is held here is what leaves: the external id and the policy of each request. That AWS refuses the rest
//! stays unproven.

use std::sync::Arc;

use aws::{
    accounts::{AccountTables, Endpoints},
    connect::Limits,
    dynamodb::{DynamoTables, Options},
};
use bytes::Bytes;
use jiff::SignedDuration;
use kernel::{
    ids::AccountId,
    ports::table::{Condition, CrossAccountRole, Key, NewItem, Table, TableError, TableName, Tables, Write},
    record::{decode, tenant_key},
    router::Route,
    settings::Settings,
};
use serde_json::{Value, json};
use testkit::{
    clock::FakeClock,
    emulator::{Emulator, Recorder, Seen, dynoxide, moto},
    world::World,
};

use crate::emulator::{Shared, connection};

/// Somebody else's account, with a table in it, as the platform sees it.
struct Ground {
    sts: Recorder,
    dynamodb: Recorder,
    moto: Emulator,
    _dynoxide: Emulator,
    clock: Arc<FakeClock>,
    tables: AccountTables,
}

impl Ground {
    async fn new() -> Self {
        let (moto, dynoxide) = tokio::join!(moto(), dynoxide());
        let (sts, dynamodb) = (Recorder::before(&moto).await, Recorder::before(&dynoxide).await);
        let config = connection(Limits::default()).await;
        let options = Options { endpoint: Some(dynamodb.endpoint()), ..Options::default() };
        let home = DynamoTables::new(&config, options, Arc::new(Shared));
        let endpoints = Endpoints { dynamodb: Some(dynamodb.endpoint()), sts: Some(sts.endpoint()) };
        let clock = Arc::new(FakeClock::default());
        let tables = AccountTables::new(home, &config, endpoints, Arc::clone(&clock) as _, Arc::new(Shared));
        Self { sts, dynamodb, moto, _dynoxide: dynoxide, clock, tables }
    }

    /// Both emulators know one account alone, so the table of somebody else's stands there too.
    async fn table(&self, name: &str) -> TableName {
        let name = TableName::try_from(name.to_owned()).unwrap();
        self.tables.create(&name).await.unwrap();
        self.dynamodb.seen();
        name
    }

    async fn open(&self, grant: &CrossAccountRole, name: &TableName) -> Arc<dyn Table> {
        self.tables.open_by(grant, name).await.unwrap().expect("it is there")
    }
}

const EXTERNAL: &str = "0123456789abcdef0123456789abcdef";

fn grant(account: &str, external_id: &str) -> CrossAccountRole {
    CrossAccountRole {
        role: format!("arn:aws:iam::{account}:role/freehold-table"),
        external_id: external_id.to_owned(),
        region: "eu-central-1".into(),
    }
}

fn write(sk: &str) -> Write {
    let body = Bytes::from_static(b"{\"n\":1}");
    let item = NewItem { key: Key::new("p", sk), index: [None, None, None], expires: None, body };
    Write::Put { item, when: Condition::Always }
}

/// The parameters of a request for a role.
fn asked(seen: &Seen) -> Value {
    let pairs: Vec<(String, String)> = url_pairs(&seen.body);
    Value::Object(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
}

/// The fields of a form.
pub(crate) fn url_pairs(body: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let (mut bytes, mut rest) = (Vec::new(), text.bytes());
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let hex = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
                }
                plain => plain,
            });
        }
        String::from_utf8(bytes).unwrap()
    };
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(n, v)| (decoded(n), decoded(v))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_role_is_assumed_with_its_external_id_for_its_table_alone() {
    let ground = Ground::new().await;
    let (one, other) = (ground.table("acme-table").await, ground.table("globex-table").await);
    let acme = grant("210987654321", EXTERNAL);
    let globex = grant("109876543210", &EXTERNAL.replace('0', "f"));
    let mut keys = Vec::new();
    for (grant, name) in [(&acme, &one), (&globex, &other)] {
        let table = ground.open(grant, name).await;
        table.commit(vec![write("a")]).await.unwrap();
        assert!(table.get(&Key::new("p", "a")).await.unwrap().is_some());
        // Again, and at once from many sides: the credentials are there.
        let many = (0..20).map(|_| ground.open(grant, name));
        futures::future::join_all(many).await;

        let seen = ground.sts.seen();
        let [seen] = seen.as_slice() else { panic!("one request for a role: {seen:#?}") };
        let asked = asked(seen);
        assert_eq!(asked["Action"], "AssumeRole");
        assert_eq!(asked["RoleArn"], grant.role.as_str());
        assert_eq!(asked["ExternalId"], grant.external_id.as_str());
        assert_eq!(asked["DurationSeconds"], "3600");
        let policy: Value = serde_json::from_str(asked["Policy"].as_str().unwrap()).unwrap();
        let account = grant.role.split(':').nth(4).unwrap();
        let arn = format!("arn:aws:dynamodb:eu-central-1:{account}:table/{name}");
        assert_eq!(policy["Statement"].as_array().unwrap().len(), 2);
        assert_eq!(policy["Statement"][0]["Resource"], json!([arn, format!("{arn}/index/*")]));
        assert!(!policy["Statement"][0]["Action"].to_string().contains('*'), "{policy}");
        // Keys of KMS are used by DynamoDB alone, in the table's region and account.
        let key = &policy["Statement"][1];
        assert_eq!(key["Resource"], json!(format!("arn:aws:kms:eu-central-1:{account}:key/*")));
        let via = &key["Condition"]["StringEquals"]["kms:ViaService"];
        assert_eq!(via[0], "dynamodb.eu-central-1.amazonaws.com", "{policy}");
        assert!(
            key["Action"].as_array().unwrap().iter().all(|act| act.as_str().unwrap().starts_with("kms:")),
            "{policy}"
        );

        let used: Vec<_> = ground.dynamodb.seen().into_iter().filter_map(|seen| seen.key).collect();
        assert!(!used.is_empty() && used.iter().all(|key| *key == used[0] && key != "AKIAEMULATOR"), "{used:?}");
        keys.push(used[0].clone());
    }
    assert_ne!(keys[0], keys[1], "each account has credentials of its own");
}

#[tokio::test]
async fn credentials_are_renewed_at_four_fifths_of_their_life() {
    let ground = Ground::new().await;
    let (name, acme) = (ground.table("acme-table").await, grant("210987654321", EXTERNAL));
    let table = ground.open(&acme, &name).await;
    assert_eq!(ground.sts.seen().len(), 1);
    ground.clock.advance(SignedDuration::from_secs(3600 * 4 / 5 - 1));
    table.commit(vec![write("a")]).await.unwrap();
    assert_eq!(ground.sts.seen().len(), 0);
    ground.clock.advance(SignedDuration::from_secs(1));
    table.commit(vec![write("a")]).await.unwrap();
    let seen = ground.sts.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(asked(&seen[0])["ExternalId"], EXTERNAL, "a renewal bears it too");

    // STS is gone: what there is stays good to its end, and no longer.
    let Ground { moto, sts, clock, .. } = ground;
    drop(moto);
    clock.advance(SignedDuration::from_secs(3600 - 60));
    table.commit(vec![write("a")]).await.unwrap();
    sts.seen();
    table.commit(vec![write("a")]).await.unwrap();
    assert_eq!(sts.seen().len(), 0, "it is not asked with every request");
    clock.advance(SignedDuration::from_secs(60));
    let late = table.commit(vec![write("a")]).await;
    assert!(late.is_err(), "expired credentials are not used");
}

#[tokio::test]
async fn a_disconnect_cuts_off_what_was_opened_before() {
    let ground = Ground::new().await;
    let (name, acme) = (ground.table("acme-table").await, grant("210987654321", EXTERNAL));
    let table = ground.open(&acme, &name).await;
    let globex = ground.open(&grant("109876543210", EXTERNAL), &name).await;
    table.commit(vec![write("a")]).await.unwrap();
    ground.tables.disconnect(&acme);
    ground.sts.seen();
    ground.dynamodb.seen();
    let cut = table.get(&Key::new("p", "a")).await;
    assert!(matches!(&cut, Err(TableError::Unavailable(why)) if why.contains("denied")), "{cut:?}");
    assert_eq!((ground.sts.seen().len(), ground.dynamodb.seen().len()), (0, 0), "nothing leaves");
    assert!(globex.get(&Key::new("p", "a")).await.unwrap().is_some(), "others are not cut off");
}

#[tokio::test]
async fn a_grant_that_is_not_whole_is_never_asked_for() {
    let ground = Ground::new().await;
    let name = ground.table("acme-table").await;
    let whole = grant("210987654321", EXTERNAL);
    for wrong in [
        CrossAccountRole { external_id: String::new(), ..whole.clone() },
        CrossAccountRole { external_id: "short".into(), ..whole.clone() },
        CrossAccountRole { role: "arn:aws:iam::210987654321:user/somebody".into(), ..whole.clone() },
        CrossAccountRole { role: "freehold-table".into(), ..whole },
    ] {
        let refused = ground.tables.open_by(&wrong, &name).await.map(|table| table.is_some());
        assert!(matches!(refused, Err(TableError::Invalid(_))), "{wrong:?}: {refused:?}");
    }
    assert_eq!((ground.sts.seen().len(), ground.dynamodb.seen().len()), (0, 0), "nothing leaves");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_route_leads_into_another_account_and_its_version_fences_late_writes() {
    let ground = Ground::new().await;
    let world = World::over(Arc::new(ground.tables.clone()), Settings::default()).await;
    world.set_up().await;
    let acme = world.tenant("Acme", "hybrid", 3).await;
    let account: AccountId = acme.id.parse().unwrap();
    let shared = world.table();
    let home = decode::<Route>(&shared.get(&Route::key(account)).await.unwrap().unwrap()).unwrap().record;
    let dedicated = world.tables.open(&home.table).await.unwrap().unwrap();
    let late = world.plane.router().route(account).await.unwrap();
    assert_eq!(ground.sts.seen().len(), 0);

    let moved = Route { version: home.version + 1, grant: Some(grant("210987654321", EXTERNAL)), ..home.clone() };
    for table in [shared, &dedicated] {
        table.commit(moved.puts(Condition::Present)).await.unwrap();
    }
    // The old version is refused where the data is now; the product looks the route up anew, and goes there.
    let key = tenant_key(account, "WORKSTREAM", "late");
    let item = NewItem { key, index: [None, None, None], expires: None, body: Bytes::from_static(b"{}") };
    let refused = dedicated.commit(vec![late.fence(0), Write::Put { item, when: Condition::Absent }]).await;
    assert!(refused.is_err(), "{refused:?}");
    let body = json!({ "name": "Checkout", "accountId": acme.id, "enterpriseId": acme.offer.enterprise });
    world.operator().await.post("/api/workstreams", body).await.expect(201);
    let seen = ground.sts.seen();
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(asked(&seen[0])["ExternalId"], EXTERNAL);
    let by_role = ground.dynamodb.seen().into_iter().filter(|seen| seen.key.as_deref() != Some("AKIAEMULATOR"));
    assert!(by_role.filter(|seen| seen.body.contains("Checkout")).count() >= 1);
}
