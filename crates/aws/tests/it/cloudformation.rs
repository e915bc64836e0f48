//! Dedicated tables by stacks: what goes well in moto, what does not against a stub that follows a script.
//!
//! What moto does otherwise than CloudFormation: a stack is there at once; it leaves backups, expiry and encryption out of
//! tables; it rolls nothing back, and judges no capabilities. So that AWS takes the template stays unproven but for cfn-lint.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws::{
    cloudformation::{Options, StackCloud, TEMPLATE},
    connect::Limits,
    dynamodb::{self, DynamoTables},
};
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use kernel::{
    directory::account::CloudType,
    ids::AccountId,
    ports::{
        dedicated_tables::{DedicatedTableError, DedicatedTables as _, Progress, TableOwner},
        table::{Condition, Key, NewItem, TableName, Tables as _, Write},
    },
};
use testkit::emulator::{dynoxide, moto};
use tokio::task::JoinHandle;

use crate::{
    accounts::url_pairs,
    emulator::{Shared, connection},
};

fn account() -> AccountId {
    "0191e830-1c5e-7cc7-bd26-df2ab63ed296".parse().unwrap()
}

fn owner() -> TableOwner {
    TableOwner { account: account(), name: "Acme & Sons".into(), cloud_type: CloudType::Hybrid }
}

async fn tables(endpoint: String) -> DynamoTables {
    let options = dynamodb::Options { endpoint: Some(endpoint), ..dynamodb::Options::default() };
    DynamoTables::new(&connection(Limits::default()).await, options, Arc::new(Shared))
}

async fn cloud(endpoint: String, tables: DynamoTables) -> StackCloud {
    let options = Options { endpoint: Some(endpoint), ..Options::default() };
    StackCloud::new(&connection(Limits::default()).await, options, tables, Arc::new(Shared))
}

#[tokio::test]
async fn a_stack_makes_a_table_that_the_product_can_use_and_takes_it_away() {
    let emulator = moto().await;
    let tables = tables(emulator.endpoint()).await;
    let cloud = cloud(emulator.endpoint(), tables.clone()).await;
    let name = TableName::dedicated(account());
    assert_eq!(cloud.ensure_table(&owner(), &name).await.unwrap(), Progress::Underway);
    for _ in 0..2 {
        assert_eq!(cloud.ensure_table(&owner(), &name).await.unwrap(), Progress::Done);
    }
    // Keys and indexes are those that the adapter of tables asks for.
    let table = tables.open(&name).await.unwrap().expect("the stack made it");
    let index = std::array::from_fn(|number| Some(Key::new(format!("i{number}"), "a")));
    let item = NewItem { key: Key::new("p", "a"), index, expires: None, body: Bytes::from_static(b"{}") };
    table.commit(vec![Write::Put { item, when: Condition::Absent }]).await.unwrap();

    assert_eq!(cloud.remove_table(account(), &name).await.unwrap(), Progress::Underway);
    for _ in 0..2 {
        assert_eq!(cloud.remove_table(account(), &name).await.unwrap(), Progress::Done);
    }
    assert_eq!(tables.list().await.unwrap(), []);
    let shared = cloud.remove_table(account(), &TableName::shared()).await;
    assert!(matches!(shared, Err(DedicatedTableError::Refused(_))), "{shared:?}");
    // And once more from the start.
    cloud.ensure_table(&owner(), &name).await.unwrap();
    assert_eq!(cloud.ensure_table(&owner(), &name).await.unwrap(), Progress::Done);
}

#[tokio::test]
async fn a_table_that_was_made_without_a_stack_goes_too() {
    let emulator = moto().await;
    let tables = tables(emulator.endpoint()).await;
    let cloud = cloud(emulator.endpoint(), tables.clone()).await;
    let name = TableName::dedicated(account());
    tables.create(&name).await.unwrap();
    while cloud.remove_table(account(), &name).await.unwrap() == Progress::Underway {}
    assert_eq!(tables.list().await.unwrap(), []);
}

/// CloudFormation as a script has it: what it answers to each `DescribeStacks`, and what it was asked beside.
#[derive(Clone, Default)]
struct Script {
    described: Arc<Mutex<VecDeque<Described>>>,
    refused: Arc<Mutex<Option<(&'static str, &'static str)>>>,
    asked: Arc<Mutex<Vec<Form>>>,
}

/// The fields of a request.
type Form = Vec<(String, String)>;

#[derive(Clone)]
enum Described {
    None,
    Stack(&'static str),
    Others,
    Error(&'static str),
}

impl Script {
    async fn serve(&self) -> (String, JoinHandle<()>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(self.clone());
        (endpoint, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
    }

    fn next(&self, described: impl IntoIterator<Item = Described>) {
        self.described.lock().unwrap().extend(described);
    }

    /// What was asked that changes something, since this was asked last.
    fn acts(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        let act = |pairs: &Form| pairs.iter().find(|(name, _)| name == "Action").unwrap().1.clone();
        asked.iter().map(act).filter(|act| !act.starts_with("Describe")).collect()
    }
}

async fn answer(State(script): State<Script>, body: String) -> Response {
    let pairs = url_pairs(&body);
    let action = pairs.iter().find(|(name, _)| name == "Action").unwrap().1.clone();
    script.asked.lock().unwrap().push(pairs);
    let said = |result: &str| {
        format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>").into_response()
    };
    match action.as_str() {
        "DescribeStacks" => match script.described.lock().unwrap().pop_front().expect("the script goes on") {
            Described::None => error("ValidationError", "Stack with id freehold does not exist"),
            Described::Error(code) => error(code, "as the script has it"),
            Described::Stack(status) => said(&stack(status, &account().to_string())),
            Described::Others => said(&stack("CREATE_COMPLETE", "somebody-else")),
        },
        "DescribeStackEvents" => said(
            "<StackEvents>\
             <member><LogicalResourceId>Role</LogicalResourceId><ResourceStatus>CREATE_FAILED</ResourceStatus>\
             <ResourceStatusReason>Resource creation cancelled</ResourceStatusReason></member>\
             <member><LogicalResourceId>Table</LogicalResourceId><ResourceStatus>CREATE_FAILED</ResourceStatus>\
             <ResourceStatusReason>Subscriber limit exceeded</ResourceStatusReason></member>\
             </StackEvents>",
        ),
        _ => match *script.refused.lock().unwrap() {
            Some((code, message)) => error(code, message),
            None => said("<StackId>arn:aws:cloudformation:eu-central-1:1:stack/x/1</StackId>"),
        },
    }
}

fn stack(status: &str, owner: &str) -> String {
    format!(
        "<Stacks><member><StackName>x</StackName><StackId>arn:x</StackId><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
         <StackStatus>{status}</StackStatus><Tags><member><Key>freehold:account-id</Key><Value>{owner}</Value></member>\
         </Tags></member></Stacks>"
    )
}

fn error(code: &str, message: &str) -> Response {
    let status = if code == "AccessDenied" { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>");
    (status, body).into_response()
}

/// The adapter before a script; tables stand in an emulator.
async fn scripted() -> (Script, StackCloud, TableName, impl Sized) {
    let (script, emulator) = (Script::default(), dynoxide().await);
    let (endpoint, serving) = script.serve().await;
    let cloud = cloud(endpoint, tables(emulator.endpoint()).await).await;
    (script, cloud, TableName::dedicated(account()), (emulator, serving))
}

#[tokio::test]
async fn a_stack_that_is_rolled_back_is_told_by_its_reason_and_begun_anew() {
    use Described::{None, Stack};
    let (script, cloud, name, _alive) = scripted().await;
    script.next([None, Stack("CREATE_IN_PROGRESS"), Stack("ROLLBACK_IN_PROGRESS")]);
    for _ in 0..3 {
        assert_eq!(cloud.ensure_table(&owner(), &name).await.unwrap(), Progress::Underway);
    }
    let asked = script.asked.lock().unwrap().clone();
    let create = asked.iter().find(|pairs| pairs.contains(&("Action".into(), "CreateStack".into()))).unwrap();
    let given = |wanted: &str| {
        let at = create.iter().find(|(_, value)| value == wanted).unwrap_or_else(|| panic!("no {wanted}: {create:?}"));
        let value = at.0.replace("ParameterKey", "ParameterValue");
        create.iter().find(|(name, _)| *name == value).unwrap().1.clone()
    };
    assert_eq!(given("TableName"), name.as_str());
    assert_eq!(given("AccountId"), account().to_string());
    assert_eq!(given("EnableDeletionProtection"), "true");
    assert_eq!(given("CloudType"), "hybrid");
    assert_eq!((given("AccountName"), given("Environment")), ("Acme _ Sons".to_owned(), "production".to_owned()));
    assert!(create.iter().any(|(name, value)| name == "TemplateBody" && value == TEMPLATE));
    assert!(create.contains(&("Capabilities.member.1".into(), "CAPABILITY_NAMED_IAM".into())), "{create:?}");
    assert_eq!(script.acts(), ["CreateStack"]);

    script.next([Stack("ROLLBACK_COMPLETE")]);
    let Err(DedicatedTableError::Refused(why)) = cloud.ensure_table(&owner(), &name).await else {
        panic!("it was rolled back")
    };
    assert!(why.ends_with("was rolled back: Table: Subscriber limit exceeded"), "{why}");
    assert_eq!(script.acts(), ["DeleteStack"]);
    // A retry waits until it is gone, and starts from the beginning.
    script.next([Stack("DELETE_IN_PROGRESS"), Stack("DELETE_COMPLETE"), Stack("CREATE_COMPLETE")]);
    for expected in [Progress::Underway, Progress::Underway, Progress::Done] {
        assert_eq!(cloud.ensure_table(&owner(), &name).await.unwrap(), expected);
    }
    assert_eq!(script.acts(), ["CreateStack"]);
}

#[tokio::test]
async fn calls_that_are_denied_or_throttled_are_told_by_name() {
    use Described::{Error, None, Stack};
    let (script, cloud, name, _alive) = scripted().await;
    *script.refused.lock().unwrap() = Some(("AccessDenied", "User: arn:aws:iam::1:role/x is not authorized"));
    script.next([None]);
    let Err(DedicatedTableError::Refused(why)) = cloud.ensure_table(&owner(), &name).await else {
        panic!("it is denied")
    };
    assert_eq!(&*why, "CloudFormation, CreateStack: access is denied");
    let named = why.condition.expect("it has a name");
    assert!(named.code == "access_denied" && named.fix.starts_with("permit"), "{named:?}");
    assert!(!why.contains("arn:aws"), "what AWS said goes to the log: {why}");
    // A stack that somebody begins beside us is as good.
    *script.refused.lock().unwrap() = Some(("AlreadyExistsException", "Stack already exists"));
    script.next([None]);
    assert_eq!(cloud.ensure_table(&owner(), &name).await.unwrap(), Progress::Underway);
    script.next([Error("Throttling"), Error("Throttling"), Stack("CREATE_COMPLETE")]);
    assert_eq!(cloud.ensure_table(&owner(), &name).await.unwrap(), Progress::Done);
}

#[tokio::test]
async fn a_removal_that_fails_is_told_and_tried_again() {
    use Described::{None, Stack};
    let (script, cloud, name, _alive) = scripted().await;
    script.next([Stack("CREATE_COMPLETE"), Stack("DELETE_IN_PROGRESS")]);
    for _ in 0..2 {
        assert_eq!(cloud.remove_table(account(), &name).await.unwrap(), Progress::Underway);
    }
    assert_eq!(script.acts(), ["DeleteStack"]);
    script.next([Stack("DELETE_FAILED")]);
    let Err(DedicatedTableError::Refused(why)) = cloud.remove_table(account(), &name).await else {
        panic!("it failed")
    };
    assert!(why.contains("could not be deleted: Table: Subscriber limit exceeded"), "{why}");
    assert_eq!(script.acts(), ["DeleteStack"]);
    script.next([Stack("DELETE_IN_PROGRESS"), None]);
    assert_eq!(cloud.remove_table(account(), &name).await.unwrap(), Progress::Underway);
    assert_eq!(cloud.remove_table(account(), &name).await.unwrap(), Progress::Done);
}

#[tokio::test]
async fn a_stack_that_is_not_the_accounts_is_left_alone() {
    let (script, cloud, name, _alive) = scripted().await;
    script.next([Described::Others, Described::Others]);
    let made = cloud.ensure_table(&owner(), &name).await;
    assert!(matches!(&made, Err(DedicatedTableError::Refused(why)) if why.contains("not of this account")), "{made:?}");
    let removed = cloud.remove_table(account(), &name).await;
    assert!(
        matches!(&removed, Err(DedicatedTableError::Refused(why)) if why.contains("not of this account")),
        "{removed:?}"
    );
    assert_eq!(script.acts(), Vec::<String>::new());
}
