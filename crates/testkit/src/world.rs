//! A world for tests: the whole product in process, over the tables of [`store`], with a clock that a test moves; and people
//! who call it through its HTTP door.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, header},
};
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use local::{dedicated_tables::LocalTables, events::Bus, mailer::OutboxMailer, params::TableParams};
use plane::{
    features::bootstrap::Admin,
    http::console::Console,
    identity::{HashCost, Parts, Provider},
    ids::{AccountId, UserId},
    plane::{Plane, Ports},
    ports::{
        clock::Clock as _,
        cross_account::NoCrossAccountAccess,
        identity::{ChallengeResponse, Identity as _, Permanence, SignIn, SignedIn, TokenSet},
        table::{Table, TableName, Tables},
    },
    secret::PlatformKey,
    settings::Settings,
    text::Email,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tower::ServiceExt as _;

use crate::{
    clock::FakeClock, declared::DeclaredKinds, elsewhere::Elsewhere, hooked::HookedTables, keys::MemoryKeys,
    random::SeededRandom, store,
};

/// The product, with its ports at hand.
#[derive(Clone)]
pub struct World {
    pub plane: Plane,
    pub tables: Arc<dyn Tables>,
    table: Arc<dyn Table>,
    pub clock: Arc<FakeClock>,
    pub keys: Arc<MemoryKeys>,
    pub bus: Arc<Bus>,
    pub identity: Arc<Provider>,
    service: Router,
    operator: Arc<Mutex<Option<TokenSet>>>,
}

/// The password that people of tests choose at their first sign-in.
pub const PASSWORD: &str = "Quartz-7-walrus-lantern";
/// The address that the administrator is set up with.
pub const ADMIN: &str = "root@platform.example";
/// The password that the administrator is set up with.
pub const INITIAL: &str = "Copper-4-kettle-meadow";

/// Settings without rate limits: for tests that send more than people do.
pub fn unlimited() -> Settings {
    Settings {
        auth_requests_per_five_minutes: 0,
        user_requests_per_minute: 0,
        account_requests_per_minute: 0,
        costly_requests_per_minute: 0,
        ..Settings::default()
    }
}

impl World {
    /// A world in which Day-0 has been done.
    pub async fn new() -> Self {
        let world = Self::empty().await;
        world.set_up().await;
        world
    }

    /// The same without rate limits: for tests that send more than people do.
    pub async fn unlimited() -> Self {
        let world = Self::with(unlimited()).await;
        world.set_up().await;
        world
    }

    /// The shared table, past the guard.
    pub fn table(&self) -> &Arc<dyn Table> {
        &self.table
    }

    /// Does Day-0.
    pub async fn set_up(&self) {
        let email = Email::try_from(ADMIN).expect("a test's address is one");
        let admin = Admin { email, password: Some(INITIAL.into()), ..Admin::default() };
        self.plane.bootstrap_if_needed(&admin).await.expect("an empty store can be set up");
    }

    /// An empty world: Day-0 has not been done.
    pub async fn empty() -> Self {
        Self::with(Settings::default()).await
    }

    /// An empty world with settings.
    pub async fn with(settings: Settings) -> Self {
        Self::over(store::tables().await, settings).await
    }

    /// An empty world over a store, with settings.
    pub async fn over(tables: Arc<dyn Tables>, settings: Settings) -> Self {
        Self::over_with(tables, settings, MemoryKeys::default()).await
    }

    /// A world in which Day-0 has been done, with the way to another account of the cloud.
    pub async fn beside(elsewhere: &Arc<Elsewhere>) -> Self {
        let (tables, keys) = (Arc::clone(elsewhere) as _, MemoryKeys::default());
        let connect = |ports: &mut Ports| ports.cross_account = Arc::clone(elsewhere) as _;
        let world = Self::over_ports(tables, Settings::default(), keys, connect).await;
        world.set_up().await;
        world
    }

    /// The same with keys that there are; to make them takes longer than all the rest.
    pub async fn over_with(tables: Arc<dyn Tables>, settings: Settings, keys: MemoryKeys) -> Self {
        Self::over_ports(tables, settings, keys, |_| {}).await
    }

    /// The same with some of its ports exchanged.
    pub async fn over_ports(
        tables: Arc<dyn Tables>,
        settings: Settings,
        keys: MemoryKeys,
        exchange: impl FnOnce(&mut Ports),
    ) -> Self {
        let tables: Arc<dyn Tables> = Arc::new(HookedTables::new(tables, Arc::new(DeclaredKinds::default())));
        let clock = Arc::new(FakeClock::running(FakeClock::default().now()));
        let keys = Arc::new(keys);
        let bus = Arc::new(Bus::default());
        let rng = Arc::new(SeededRandom::new(42));
        let platform_key = PlatformKey::new(&[7; 32]);
        let table = tables.create(&TableName::shared()).await.expect("memory has room");
        let identity = Provider::start(Parts {
            settings: plane::identity::Settings {
                // Tests hash often, and prove nothing by its cost.
                hash_cost: HashCost { memory_kib: 64, passes: 1, lanes: 1 },
                recheck: (!settings.alone).then_some(SignedDuration::from_secs(5)),
                ..plane::identity::Settings::default()
            },
            table: Arc::clone(&table),
            keys: Arc::clone(&keys) as _,
            clock: Arc::clone(&clock) as _,
            rng: Arc::clone(&rng) as _,
        });
        let identity = Arc::new(identity.expect("a fresh provider starts"));
        let mut ports = Ports {
            tables: plane::plane::ClosedTables::new(Arc::clone(&tables)),
            identity: Arc::clone(&identity) as _,
            params: Arc::new(TableParams::new(Arc::clone(&table))),
            mailer: Arc::new(OutboxMailer::new(Arc::clone(&table), platform_key.clone(), Arc::clone(&rng) as _)),
            events: Arc::clone(&bus) as _,
            dedicated_tables: Arc::new(LocalTables::new(Arc::clone(&tables))),
            cross_account: Arc::new(NoCrossAccountAccess),
            machines: None,
            dead_letters: None,
            counting: None,
            jobs: Vec::new(),
            clock: Arc::clone(&clock) as _,
            rng,
        };
        exchange(&mut ports);
        let plane = plane::product::open(ports, settings, platform_key).await.expect("memory answers");
        plane.start().await.expect("memory answers");
        let service = plane::product::service(plane.clone(), Console::default());
        Self { plane, tables, table, clock, keys, bus, identity, service, operator: Arc::default() }
    }

    /// The HTTP service, for serving over a socket.
    pub fn service(&self) -> Router {
        self.service.clone()
    }

    /// Somebody who has not signed in.
    pub fn nobody(&self) -> Person {
        Person { world: self.clone(), token: None, ip: [127, 0, 0, 1].into() }
    }

    /// The administrator whom Day-0 made, signed in with a token that is still good.
    pub async fn operator(&self) -> Person {
        let mut operator = self.operator.lock().await;
        let margin = SignedDuration::from_mins(1);
        let good = operator.as_ref().filter(|tokens| self.clock.now() + margin < tokens.expires_at).cloned();
        let tokens = if let Some(tokens) = good {
            tokens
        } else {
            let password = if operator.is_some() { PASSWORD } else { INITIAL };
            let tokens = self.sign_in(ADMIN, password).await;
            self.plane.confirm_identity(tokens.subject).await.expect("the administrator is there");
            tokens
        };
        let token = tokens.access_token.expose_secret().to_owned();
        *operator = Some(tokens);
        self.nobody().with_token(token)
    }

    /// A user of the directory, with an identity made for them and signed in, past the guards: for tests of what
    /// is behind them.
    pub async fn person(&self, user: UserId, email: &str, account: AccountId) -> Person {
        let subject = plane::features::users::model::subject(user);
        let email = plane::ports::identity::Email::parse(email).expect("a test's address is one");
        let new = plane::ports::identity::NewIdentity { subject, email: email.clone(), user, account };
        self.identity.ensure_user(new).await.expect("the identity can be made");
        let given = self.identity.set_password(subject, PASSWORD.into(), Permanence::Permanent).await;
        given.expect("the password is strong");
        let tokens = self.sign_in(email.as_str(), PASSWORD).await;
        self.nobody().with_token(tokens.access_token.expose_secret())
    }

    /// Signs in through the identity port; a challenge for a new password is answered with [`PASSWORD`].
    pub async fn sign_in(&self, email: &str, password: &str) -> TokenSet {
        let attempt = SignIn {
            email: email.to_owned(),
            account: None,
            password: SecretString::from(password),
            ip: [127, 0, 0, 1].into(),
            user_agent: "testkit".into(),
        };
        match self.identity.sign_in(attempt).await.expect("the password is right") {
            SignedIn::Tokens(tokens) => tokens,
            SignedIn::ChooseAccount(accounts) => panic!("the address belongs to {accounts:?}"),
            SignedIn::Challenge { session, .. } => {
                let response = ChallengeResponse {
                    session,
                    new_password: PASSWORD.into(),
                    ip: [127, 0, 0, 1].into(),
                    user_agent: "testkit".into(),
                };
                self.identity.respond(response).await.expect("the new password is strong")
            }
        }
    }

    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    pub fn today(&self) -> plane::day::Day {
        self.clock.today()
    }
}

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Person {
    world: World,
    pub token: Option<String>,
    pub ip: IpAddr,
}

/// What the API answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
    asked: String,
}

impl Person {
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    #[must_use]
    pub fn at(mut self, ip: IpAddr) -> Self {
        self.ip = ip;
        self
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body), &[]).await
    }

    /// A `POST` without a body.
    pub async fn post_empty(&self, path: &str) -> Answer {
        self.send(Method::POST, path, None, &[]).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body), &[]).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, &[]).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Answer {
        let mut headers = headers.to_vec();
        if body.is_some() {
            headers.push((header::CONTENT_TYPE.as_str(), "application/json"));
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.send_raw(method, path, body.into_bytes(), &headers).await
    }

    /// A request with these bytes as its body, and these headers beside the token alone.
    pub async fn send_raw(&self, method: Method, path: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Answer {
        let asked = format!("{method} {path}");
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let mut request = request.body(Body::from(body)).expect("a test's request is well-formed");
        request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from((self.ip, 40_000))));
        let response = self.world.service.clone().oneshot(request).await.expect("the service never errs");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the body is whole").to_bytes();
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)))
        };
        Answer { status: parts.status.as_u16(), headers: parts.headers, body, asked }
    }
}

impl Answer {
    /// The body, if the status is this one; the test fails otherwise and says what came.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.body);
        self.body
    }

    /// The problem's code, if the status is this one.
    #[track_caller]
    pub fn refused(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.body);
        self.body["code"].as_str().unwrap_or_else(|| panic!("{}: no code in {}", self.asked, self.body)).to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The version that the record has, as `If-Match` takes it.
    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").expect("records have an ETag").to_owned()
    }
}
