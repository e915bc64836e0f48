//! Whether roles in other accounts open as they must: STS is a stub here, for moto opens every role to everybody.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use aws::{
    accounts::{AccountTables, Endpoints},
    connect::Limits,
    cross_account::StsCrossAccountAccess,
    dynamodb::{DynamoTables, Options},
};
use axum::{Router, extract::State, http::HeaderMap, http::StatusCode};
use kernel::ports::{
    cross_account::{CrossAccountAccess as _, CrossAccountError},
    table::{CrossAccountRole, TableName, Tables as _},
};
use testkit::{
    clock::FakeClock,
    emulator::{Emulator, dynoxide},
};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    accounts::url_pairs,
    emulator::{Shared, connection},
};

const EXTERNAL: &str = "0123456789abcdef0123456789abcdef";
const ROLE: &str = "arn:aws:iam::210987654321:role/freehold-acme";

/// What the stub does with requests for the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// It asks for the external id.
    AsItMust,
    Nobody,
    Everybody,
    /// It asks for some external id, and looks no further.
    AnyWord,
    /// It opens as it must, to another account's role.
    OtherAccount,
    Broken,
}

#[derive(Clone)]
struct Sts {
    trust: Arc<Mutex<Trust>>,
    /// The external ids that the role was asked for with.
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

struct Ground {
    sts: Sts,
    cross_account: StsCrossAccountAccess,
    tables: AccountTables,
    _dynoxide: Emulator,
    serving: JoinHandle<()>,
}

impl Ground {
    async fn new() -> Self {
        let sts = Sts { trust: Arc::new(Mutex::new(Trust::AsItMust)), asked: Arc::default() };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = Some(format!("http://{}", listener.local_addr().unwrap()));
        let router = Router::new().fallback(answer).with_state(sts.clone());
        let serving = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        let dynoxide = dynoxide().await;
        let config = connection(Limits::default()).await;
        let options = Options { endpoint: Some(dynoxide.endpoint()), ..Options::default() };
        let home = DynamoTables::new(&config, options, Arc::new(Shared));
        let endpoints = Endpoints { dynamodb: Some(dynoxide.endpoint()), sts: endpoint.clone() };
        let tables = AccountTables::new(home, &config, endpoints, Arc::new(FakeClock::default()), Arc::new(Shared));
        let cross_account = StsCrossAccountAccess::new(tables.clone(), &config, endpoint, None, Arc::new(Shared));
        Self { sts, cross_account, tables, _dynoxide: dynoxide, serving }
    }

    async fn check(&self, trust: Trust, table: &str) -> Result<(), CrossAccountError> {
        self.check_role(ROLE, trust, table).await
    }

    async fn check_role(&self, role: &str, trust: Trust, table: &str) -> Result<(), CrossAccountError> {
        *self.sts.trust.lock().unwrap() = trust;
        let grant = CrossAccountRole { role: role.into(), external_id: EXTERNAL.into(), region: "eu-central-1".into() };
        let checked = self.cross_account.check(&grant, &name(table)).await;
        // Each time the role is entered anew.
        self.tables.disconnect(&grant);
        checked
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn name(table: &str) -> TableName {
    TableName::try_from(table.to_owned()).unwrap()
}

async fn answer(State(sts): State<Sts>, headers: HeaderMap, body: String) -> (StatusCode, String) {
    let pairs = url_pairs(&body);
    let field = |name: &str| pairs.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
    let trust = *sts.trust.lock().unwrap();
    if field("Action").as_deref() == Some("GetCallerIdentity") {
        let signed = headers["authorization"].to_str().unwrap().to_owned();
        let (account, arn) = match trust {
            _ if !signed.contains("ASIAROLE") => ("123456789012", "assumed-role/freehold/here"),
            Trust::OtherAccount => ("999999999999", "assumed-role/freehold-acme/verify"),
            _ => ("210987654321", "assumed-role/freehold-acme/verify"),
        };
        let arn = format!("arn:aws:sts::{account}:{arn}");
        let result = format!("<Arn>{arn}</Arn><UserId>A:b</UserId><Account>{account}</Account>");
        return (StatusCode::OK, whole("GetCallerIdentity", &result));
    }
    let external_id = field("ExternalId");
    sts.asked.lock().unwrap().push(external_id.clone());
    let opens = match trust {
        Trust::AsItMust | Trust::OtherAccount => external_id.as_deref() == Some(EXTERNAL),
        Trust::Nobody => false,
        Trust::Everybody => true,
        Trust::AnyWord => external_id.is_some(),
        Trust::Broken => {
            let error = "<ErrorResponse><Error><Code>Malformed</Code><Message>no</Message></Error></ErrorResponse>";
            return (StatusCode::BAD_REQUEST, error.into());
        }
    };
    if !opens {
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not you</Message></Error>\
                     <RequestId>r</RequestId></ErrorResponse>";
        return (StatusCode::FORBIDDEN, error.into());
    }
    let credentials = "<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                       <SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>";
    (StatusCode::OK, whole("AssumeRole", credentials))
}

fn whole(action: &str, result: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    )
}

#[tokio::test]
async fn a_role_opens_with_its_external_id_and_with_nothing_else() {
    let ground = Ground::new().await;
    ground.tables.create(&name("acme-table")).await.unwrap();
    assert_eq!(ground.check(Trust::AsItMust, "acme-table").await, Ok(()));
    let asked = std::mem::take(&mut *ground.sts.asked.lock().unwrap());
    let [Some(own), None, Some(other), Some(for_table)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((own.as_str(), for_table.as_str()), (EXTERNAL, EXTERNAL));
    assert_eq!((other.len(), other == EXTERNAL), (64, false));

    for (trust, table, said) in [
        (Trust::Nobody, "acme-table", "does not open with the external id"),
        (Trust::Everybody, "acme-table", "opens without an external id"),
        (Trust::AnyWord, "acme-table", "opens with another external id"),
        (Trust::OtherAccount, "acme-table", "opens to account 999999999999"),
        (Trust::Broken, "acme-table", "can't be assumed"),
        (Trust::AsItMust, "other-table", "there is no table other-table"),
    ] {
        let Err(CrossAccountError::Refused { cause, fix }) = ground.check(trust, table).await else {
            panic!("{trust:?}")
        };
        assert!(cause.contains(said) && !fix.is_empty(), "{trust:?}: {cause}; {fix}");
    }
}

#[tokio::test]
async fn a_role_in_the_platforms_own_account_is_refused_before_it_is_assumed() {
    let ground = Ground::new().await;
    ground.tables.create(&name("acme-table")).await.unwrap();
    let own = "arn:aws:iam::123456789012:role/admin";
    let Err(CrossAccountError::Refused { cause, .. }) = ground.check_role(own, Trust::AsItMust, "acme-table").await
    else {
        panic!("the platform's own role was taken")
    };
    assert!(cause.contains("platform's own AWS account 123456789012"), "{cause}");
    assert!(ground.sts.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_owner_is_told_whom_to_trust() {
    let ground = Ground::new().await;
    let invitation = ground.cross_account.invitation(&name("acme-table")).await.unwrap();
    assert_eq!(invitation.platform, "arn:aws:iam::123456789012:role/freehold");
    assert_eq!(invitation.table, "acme-table");
}
