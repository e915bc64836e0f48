//! Identities in a user pool: the suite of every provider, and what is Cognito's alone, against moto.
//!
//! Moto tells falsehoods that nothing here rests on. It signs tokens of every pool with one key that never changes (so keys
//! are rotated by a server of the test's own), for an hour whatever the client says, with its own clock; renews the session of
//! a disabled user; answers RevokeToken by 500; takes any six digits for a code of its own; knows no lock; tells by
//! UserNotFoundException who is there; never calls a trigger; and two answers to one challenge at the same moment may both
//! be taken, or end in 500.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws::{
    cognito::{CognitoCredentialStore, Options, pool},
    connect::Limits,
};
use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use kernel::{
    identity::{CredentialStoreParts, HashCost, Provider, Settings},
    ports::{
        external_error::ExternalError,
        identity::{
            ChallengeError, Identity as _, IdentityError, PasswordError, Permanence, RefreshError, SignInError,
            SignedIn, TokenRefused, WeakPassword,
        },
        table::Key,
    },
    secret::PlatformKey,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::{
    clock::FakeClock,
    conformance::identity::{self, ADA, GOOD, Ground, OTHER, THIRD, answer, attempt, new_identity, refused, seconds},
    emulator::{Emulator, Recorder, Seen},
    memory::MemoryTable,
};

use crate::emulator::{Lossy, Shared, connection, moto};

/// Asked of nobody but the embedded provider: moto may take both of two answers, or neither by name.
const UNASKED: [&str; 1] = ["of_racing_answers_to_one_challenge_one_wins"];

async fn made(endpoint: &str, name: &str) -> pool::PoolIds {
    let plan = pool::Plan { name: name.into(), endpoint: Some(endpoint.to_owned()), access_minutes: 15, protect: true };
    pool::ensure(&connection(Limits::default()).await, &plan, Arc::new(Shared)).await.unwrap()
}

async fn credentials(endpoint: &str, made: &pool::PoolIds) -> Result<CognitoCredentialStore, ExternalError> {
    let options = Options {
        pool: made.pool.clone(),
        client: made.client.clone(),
        endpoint: Some(endpoint.to_owned()),
        ..Options::default()
    };
    let key = PlatformKey::new(&[7; 32]);
    CognitoCredentialStore::open(&connection(Limits::default()).await, options, key, Arc::new(Shared)).await
}

fn provider(credentials: CognitoCredentialStore, table: &Arc<MemoryTable>, clock: &Arc<FakeClock>) -> Arc<Provider> {
    let settings = Settings {
        hash_cost: HashCost { memory_kib: 64, passes: 1, lanes: 1 },
        hash_queue: 512,
        ..Settings::default()
    };
    let parts = CredentialStoreParts {
        settings,
        table: Arc::clone(table) as _,
        credential_store: Arc::new(credentials),
        clock: Arc::clone(clock) as _,
        rng: Arc::new(Shared),
    };
    Arc::new(Provider::over(parts).unwrap())
}

#[expect(clippy::disallowed_methods, reason = "moto's tokens are by the machine's clock")]
fn clock() -> Arc<FakeClock> {
    Arc::new(FakeClock::at(Timestamp::now()))
}

/// Two processes over a pool. Their clock is moto's, and stands: tokens may be from some seconds ahead.
async fn ground_at(endpoint: &str, made: &pool::PoolIds) -> Ground {
    let clock = clock();
    let table = Arc::new(MemoryTable::default());
    let identity = provider(credentials(endpoint, made).await.unwrap(), &table, &clock);
    let neighbour = provider(credentials(endpoint, made).await.unwrap(), &table, &clock);
    Ground { clock, table, identity, neighbour }
}

async fn ground(emulator: &Emulator) -> Ground {
    let made = made(&emulator.endpoint(), "people").await;
    ground_at(&emulator.endpoint(), &made).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms() {
    let emulator = moto().await;
    let made_so_far = AtomicUsize::new(0);
    let make = async || {
        let name = format!("people-{}", made_so_far.fetch_add(1, Ordering::Relaxed));
        let made = made(&emulator.endpoint(), &name).await;
        ground_at(&emulator.endpoint(), &made).await
    };
    let count = identity::check(make, &UNASKED).await;
    println!("Cognito: {count} cases");
}

/// Whatever is wrong, the pool is asked once and nothing is written: so nobody learns by time who is there.
#[tokio::test]
async fn every_refusal_asks_the_pool_once() {
    let emulator = moto().await;
    let recorder = Recorder::before(&emulator).await;
    let world = ground_at(&recorder.endpoint(), &made(&emulator.endpoint(), "people").await).await;
    world.ada().await;
    world.invited("invited@example.com").await;
    let disabled = world.invited("disabled@example.com").await;
    world.identity.set_password(disabled, GOOD.into(), Permanence::Permanent).await.unwrap();
    world.identity.set_enabled(disabled, false).await.unwrap();
    for _ in 0..5 {
        assert!(refused(world.sign_in_from("198.51.100.7", ADA, OTHER).await));
    }
    // Counters of guesses are in the table, for all processes; nothing else changes.
    let beside_guesses = || {
        let mut items = world.table.dump();
        items.retain(|item| {
            let Key { pk, sk } = &item.key;
            !pk.starts_with("GUESS-DECOY#") && sk != "GUESSES" && !sk.starts_with("LOCK#")
        });
        items
    };
    let before = beside_guesses();
    recorder.seen();
    for (who, ip, email, password) in [
        ("wrong password", "192.0.2.1", ADA, OTHER),
        ("unknown", "192.0.2.1", "nobody@example.com", OTHER),
        ("no address at all", "192.0.2.1", "nobody", OTHER),
        ("no password set", "192.0.2.1", "invited@example.com", OTHER),
        ("disabled", "192.0.2.1", "disabled@example.com", GOOD),
        ("locked, right", "198.51.100.7", ADA, GOOD),
        ("empty", "192.0.2.1", ADA, ""),
        ("endless", "192.0.2.1", ADA, &"x".repeat(5000)),
    ] {
        assert!(refused(world.sign_in_from(ip, email, password).await), "{who}");
        assert_eq!(operations(&recorder.seen()), ["AdminInitiateAuth"], "{who}");
        assert_eq!(beside_guesses(), before, "{who}");
    }
}

/// A request asks the pool nothing, a sign-in and a renewal ask once.
#[tokio::test]
async fn the_pool_is_asked_as_seldom_as_can_be() {
    let emulator = moto().await;
    let recorder = Recorder::before(&emulator).await;
    let world = ground_at(&recorder.endpoint(), &made(&emulator.endpoint(), "people").await).await;
    recorder.seen();
    let ada = world.invited(ADA).await;
    assert_eq!(operations(&recorder.seen()), ["AdminCreateUser"]);
    world.identity.set_password(ada, GOOD.into(), Permanence::Permanent).await.unwrap();
    assert_eq!(operations(&recorder.seen()), ["AdminUserGlobalSignOut", "AdminSetUserPassword"]);
    let tokens = world.tokens().await;
    assert_eq!(operations(&recorder.seen()), ["AdminInitiateAuth"]);
    for provider in [&world.identity, &world.neighbour] {
        for _ in 0..3 {
            provider.verify(tokens.access_token.expose_secret()).await.unwrap();
            world.advance(seconds(5));
        }
    }
    assert_eq!(operations(&recorder.seen()), [""; 0]);
    world.identity.refresh(tokens.refresh_token).await.unwrap();
    assert_eq!(operations(&recorder.seen()), ["AdminInitiateAuth"]);
    world.identity.set_enabled(ada, false).await.unwrap();
    assert_eq!(operations(&recorder.seen()), ["AdminDisableUser", "AdminUserGlobalSignOut"]);
    world.identity.remove_user(ada).await.unwrap();
    assert_eq!(operations(&recorder.seen()), ["AdminDeleteUser"]);
}

fn operations(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| seen.operation.as_str()).collect()
}

/// The pool's refresh token is sealed in the table, is what ends there, and never comes out.
#[tokio::test]
async fn a_session_that_ends_is_revoked_in_the_pool() {
    let emulator = moto().await;
    let recorder = Recorder::before(&emulator).await;
    let world = ground_at(&recorder.endpoint(), &made(&emulator.endpoint(), "people").await).await;
    world.ada().await;
    let tokens = world.tokens().await;
    let stored = format!("{:?}", world.table.dump());
    recorder.seen();
    world.identity.sign_out(tokens.refresh_token.clone()).await.unwrap();
    assert!(!world.good(&tokens.access_token).await);
    let seen = recorder.seen();
    assert_eq!(operations(&seen), ["RevokeToken"]);
    let body: Value = serde_json::from_str(&seen[0].body).unwrap();
    let renewal = body["Token"].as_str().unwrap();
    assert!(!stored.contains(renewal) && tokens.refresh_token.expose_secret() != renewal);
}

/// A proxy before moto that gives scripted answers.
#[derive(Clone)]
struct Doctored {
    moto: String,
    http: reqwest::Client,
    /// The error that operations answer with; those of this name, or all.
    error: Arc<Mutex<Option<(&'static str, &'static str)>>>,
    /// What is published of the keys.
    keys: Arc<Mutex<Published>>,
    asked_for_keys: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Published {
    Real,
    /// The same under another name.
    Renamed,
    Nothing,
}

impl Doctored {
    async fn before(emulator: &Emulator) -> (Self, String) {
        let doctored = Self {
            moto: emulator.endpoint(),
            http: reqwest::Client::new(),
            error: Arc::default(),
            keys: Arc::new(Mutex::new(Published::Real)),
            asked_for_keys: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let at = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/{pool}/.well-known/jwks.json", get(keys))
            .fallback(operation)
            .with_state(doctored.clone());
        tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        (doctored, at)
    }

    fn answer(&self, error: Option<&'static str>) {
        *self.error.lock().unwrap() = error.map(|error| ("", error));
    }

    fn answer_to(&self, operation: &'static str, error: &'static str) {
        *self.error.lock().unwrap() = Some((operation, error));
    }

    fn publish(&self, keys: Published) {
        *self.keys.lock().unwrap() = keys;
    }
}

async fn keys(State(doctored): State<Doctored>, request: axum::extract::Request) -> axum::response::Response {
    doctored.asked_for_keys.fetch_add(1, Ordering::SeqCst);
    let published = *doctored.keys.lock().unwrap();
    if published == Published::Nothing {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let address = format!("{}{}", doctored.moto, request.uri().path());
    let mut keys: Value = doctored.http.get(address).send().await.unwrap().json().await.unwrap();
    if published == Published::Renamed {
        keys["keys"][0]["kid"] = json!("another");
    }
    axum::Json(keys).into_response()
}

async fn operation(State(doctored): State<Doctored>, request: axum::extract::Request) -> axum::response::Response {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let error = *doctored.error.lock().unwrap();
    if let Some((_, error)) = error.filter(|(operation, _)| target.ends_with(operation)) {
        let body = json!({ "__type": error, "message": "as the test says" }).to_string();
        return (StatusCode::BAD_REQUEST, [("x-amzn-errortype", error)], body).into_response();
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let asked = doctored.http.post(&doctored.moto).headers(parts.headers).body(body);
    let answer = asked.send().await.unwrap();
    (answer.status(), answer.bytes().await.unwrap()).into_response()
}

/// Each error of Cognito's, as somebody who signs in and the log hear of it.
#[tokio::test]
async fn what_cognito_refuses_has_a_name_and_a_fix() {
    let emulator = moto().await;
    let (doctored, endpoint) = Doctored::before(&emulator).await;
    let made = made(&emulator.endpoint(), "people").await;
    let clock = clock();
    let options = Options {
        pool: made.pool,
        client: made.client,
        endpoint: Some(endpoint),
        retry_for: std::time::Duration::from_millis(200),
    };
    let config = connection(Limits::default()).await;
    let credentials =
        CognitoCredentialStore::open(&config, options, PlatformKey::new(&[7; 32]), Arc::new(Shared)).await.unwrap();
    let identity = provider(credentials, &Arc::default(), &clock);
    let ada = new_identity(ADA);
    identity.ensure_user(ada.clone()).await.unwrap();
    identity.set_password(ada.subject, GOOD.into(), Permanence::Permanent).await.unwrap();
    let sign_in = async |error| {
        doctored.answer(Some(error));
        identity.sign_in(attempt("192.0.2.1", ADA, GOOD)).await
    };
    for refusal in ["NotAuthorizedException", "UserNotFoundException", "PasswordResetRequiredException"] {
        assert!(refused(sign_in(refusal).await), "{refusal}");
        clock.advance(seconds(10));
    }
    for throttle in ["TooManyRequestsException", "ThrottlingException"] {
        assert!(matches!(sign_in(throttle).await, Err(SignInError::Busy)), "{throttle}");
    }
    for (error, what, fix, passes) in [
        ("ExpiredTokenException", "the credentials have expired", "renew the credentials", false),
        ("AccessDeniedException", "access is denied", "permit the action", false),
        ("ResourceNotFoundException", "not there", "check aws_user_pool", false),
        ("InvalidParameterException", "refused as malformed", "check the names", false),
        ("UserLambdaValidationException", "a trigger of the user pool failed", "look at the log", false),
        ("InternalErrorException", "failed inside the service", "try again", true),
    ] {
        match sign_in(error).await {
            Err(SignInError::Away(away)) => {
                assert_eq!(*away, format!("Cognito, a sign-in: {what}"));
                let named = away.condition.unwrap();
                assert!(named.fix.starts_with(fix), "{error}: {}", named.fix);
                assert_eq!(away.is_retryable(), passes, "{error}");
            }
            other => panic!("{error}: {other:?}"),
        }
    }
    doctored.answer_to("AdminSetUserPassword", "InvalidPasswordException");
    let weak = identity.set_password(ada.subject, OTHER.into(), Permanence::Permanent).await;
    assert!(matches!(weak, Err(PasswordError::Weak(WeakPassword::PoolPolicy))));
    doctored.answer(Some("TooManyRequestsException"));
    assert!(matches!(identity.remove_user(ada.subject).await, Err(IdentityError::Away(away)) if away.is_retryable()));
    doctored.answer(None);
    identity.remove_user(ada.subject).await.unwrap();
}

#[tokio::test]
async fn keys_are_looked_for_when_a_new_one_signs_and_stay_when_none_are_given() {
    let emulator = moto().await;
    let (doctored, endpoint) = Doctored::before(&emulator).await;
    let made = made(&emulator.endpoint(), "people").await;
    doctored.publish(Published::Renamed);
    let world = ground_at(&endpoint, &made).await;
    world.ada().await;
    // The pool begins to sign with a key that was not published when the processes started.
    doctored.publish(Published::Real);
    let tokens = world.tokens().await;
    let token = tokens.access_token.expose_secret();
    assert!(world.good(&tokens.access_token).await);
    assert!(world.neighbour.verify(token).await.is_ok(), "the other process looks for it too");

    let forged = token.replacen(token.split('.').next().unwrap(), &header("made-up"), 1);
    let before = doctored.asked_for_keys.load(Ordering::SeqCst);
    for _ in 0..20 {
        assert!(matches!(world.neighbour.verify(&forged).await, Err(TokenRefused::UnknownKey)));
    }
    assert_eq!(doctored.asked_for_keys.load(Ordering::SeqCst), before, "it has just looked");
    world.advance(seconds(5));
    for _ in 0..20 {
        assert!(world.neighbour.verify(&forged).await.is_err());
    }
    assert_eq!(doctored.asked_for_keys.load(Ordering::SeqCst), before + 1);

    doctored.publish(Published::Nothing);
    world.advance(seconds(5));
    assert!(world.neighbour.verify(&forged).await.is_err());
    assert!(world.neighbour.verify(token).await.is_ok(), "those that are known stay");
    assert_eq!(world.identity.jwks()["keys"][0]["kid"], "dummy");
    let described = world.identity.openid_configuration("https://freehold.example");
    assert_eq!(described["issuer"], format!("https://cognito-idp.eu-central-1.amazonaws.com/{}", made.pool));
    assert!(matches!(world.identity.rotate_keys().await, Err(IdentityError::NotOurKeys)));
    let never = credentials(&endpoint, &made).await.err().unwrap();
    assert!(never.starts_with("Cognito, the pool's keys: "), "{never}");
}

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn header(kid: &str) -> String {
    URL_SAFE_NO_PAD.encode(json!({ "alg": "RS256", "kid": kid }).to_string())
}

#[tokio::test]
async fn another_pools_clients_and_altered_tokens_are_refused() {
    let emulator = moto().await;
    let (here, there) = (made(&emulator.endpoint(), "here").await, made(&emulator.endpoint(), "there").await);
    let world = ground_at(&emulator.endpoint(), &here).await;
    let elsewhere = ground_at(&emulator.endpoint(), &there).await;
    world.ada().await;
    elsewhere.ada().await;
    let tokens = world.tokens().await;
    // Moto signs for both by one key: the claims alone tell them apart.
    let foreign = elsewhere.tokens().await.access_token;
    assert!(matches!(world.identity.verify(foreign.expose_secret()).await, Err(TokenRefused::Issuer)));
    let id = world.identity.verify(tokens.id_token.expose_secret()).await;
    assert!(id.is_err(), "an id token is no access token");
    let shown = payload(tokens.id_token.expose_secret());
    let ada = new_identity(ADA);
    assert_eq!((&shown["email"], &shown["custom:account_id"]), (&json!(ADA), &json!(ada.account)));
    assert_eq!(shown["cognito:username"], json!(ada.subject));
    let refresh = world.identity.verify(tokens.refresh_token.expose_secret()).await;
    assert!(matches!(refresh, Err(TokenRefused::Malformed)));
    let token = tokens.access_token.expose_secret();
    for place in (0..token.len()).step_by(7) {
        let mut altered = token.as_bytes().to_vec();
        altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert!(world.identity.verify(&altered).await.is_err(), "{place}");
    }
    assert!(world.good(&tokens.access_token).await);
}

#[tokio::test]
async fn a_probe_is_known_to_its_own_process_alone() {
    let emulator = moto().await;
    let world = ground(&emulator).await;
    let robot = world.invited("robot@example.com").await;
    let probe = world.identity.probe_token(robot).await.unwrap();
    assert!(world.good(&probe).await);
    assert!(matches!(world.neighbour.verify(probe.expose_secret()).await, Err(TokenRefused::UnknownKey)));
    world.advance(seconds(60));
    assert!(!world.good(&probe).await);
}

#[tokio::test]
async fn a_session_that_the_pool_has_ended_ends_here() {
    let emulator = moto().await;
    let (doctored, endpoint) = Doctored::before(&emulator).await;
    let world = ground_at(&endpoint, &made(&emulator.endpoint(), "people").await).await;
    let ada = world.ada().await;
    let tokens = world.tokens().await;
    // As an administrator does it in the pool, past the product.
    doctored.answer(Some("NotAuthorizedException"));
    let ended = world.identity.refresh(tokens.refresh_token.clone()).await;
    assert!(matches!(ended, Err(RefreshError::Refused)));
    doctored.answer(None);
    assert!(!world.good(&tokens.access_token).await);
    assert!(world.identity.sessions(ada).await.unwrap().is_empty());

    let tokens = world.tokens().await;
    doctored.answer(Some("AccessDeniedException"));
    let away = world.identity.refresh(tokens.refresh_token.clone()).await;
    assert!(matches!(away, Err(RefreshError::Away(_))), "{away:?}");
    doctored.answer(None);
    world.advance(seconds(60));
    assert!(world.identity.refresh(tokens.refresh_token).await.is_ok(), "what could not be renewed was not spent");
}

#[tokio::test]
async fn passwords_that_a_pool_does_not_know_are_refused_before_it_is_asked() {
    let emulator = moto().await;
    let world = ground(&emulator).await;
    let ada = world.ada().await;
    for foreign in ["Пароль не скажу 42!", "Ärger-über-ÄÖÜ-7", "Correct§Horse7Battery"] {
        let refused = world.identity.set_password(ada, foreign.into(), Permanence::Permanent).await;
        assert!(matches!(refused, Err(PasswordError::Weak(WeakPassword::Latin))), "{foreign}: {refused:?}");
    }
    world.tokens().await;
    world.identity.set_password(ada, THIRD.into(), Permanence::Temporary).await.unwrap();
    let Ok(SignedIn::Challenge { session, .. }) = world.sign_in(ADA, THIRD).await else { panic!("no challenge") };
    let weak = world.identity.respond(answer(&session, "Ärger-über-ÄÖÜ-7")).await;
    assert!(matches!(weak, Err(ChallengeError::Weak(WeakPassword::Latin))), "{weak:?}");
    world.identity.respond(answer(&session, OTHER)).await.unwrap();
}

/// An installation that kept hashes until now. What the trigger does for the pool, the test does here.
#[tokio::test]
async fn people_move_in_with_their_passwords_and_their_hashes_go() {
    let emulator = moto().await;
    let world = ground(&emulator).await;
    let own = embedded(&world);
    let ada = new_identity(ADA);
    own.ensure_user(ada.clone()).await.unwrap();
    own.set_password(ada.subject, GOOD.into(), Permanence::Permanent).await.unwrap();
    let session = match own.sign_in(attempt("192.0.2.1", ADA, GOOD)).await.unwrap() {
        SignedIn::Tokens(tokens) => tokens,
        SignedIn::Challenge { .. } | SignedIn::ChooseAccount(_) => panic!("no challenge was due"),
    };
    let hashed = || format!("{:?}", world.table.dump()).contains("argon2id");
    assert!(hashed());

    world.identity.ensure_user(ada.clone()).await.unwrap();
    assert!(refused(world.sign_in(ADA, GOOD).await), "she is not in the pool yet");
    let subject = ada.subject.to_string();
    for name in [ADA, &subject] {
        assert_eq!(world.identity.migrate_by_password(name, &OTHER.into()).await.unwrap(), None);
        let moving = world.identity.migrate_by_password(name, &GOOD.into()).await.unwrap().unwrap();
        assert_eq!((moving.subject, moving.email.as_str(), moving.account), (ada.subject, ADA, ada.account));
        assert_eq!(world.identity.migrate_by_code(name).await.unwrap(), Some(moving));
    }
    assert_eq!(world.identity.migrate_by_password("nobody@example.com", &GOOD.into()).await.unwrap(), None);
    assert_eq!(world.identity.migrate_by_code("nobody@example.com").await.unwrap(), None);

    let pool = made(&emulator.endpoint(), "people").await.pool;
    in_pool(&emulator, "AdminCreateUser", &json!({ "UserPoolId": pool, "Username": subject })).await;
    let password = json!({ "UserPoolId": pool, "Username": subject, "Password": GOOD, "Permanent": true });
    in_pool(&emulator, "AdminSetUserPassword", &password).await;
    world.tokens().await;
    assert!(!hashed());
    assert_eq!(world.identity.migrate_by_password(ADA, &GOOD.into()).await.unwrap(), None, "she has moved");
    world.tokens().await;
    assert!(world.identity.refresh(session.refresh_token).await.is_err(), "a session of the old tokens is over");
}

#[tokio::test]
async fn who_moves_in_is_slowed_down_and_a_temporary_password_moves_nobody() {
    let emulator = moto().await;
    let world = ground(&emulator).await;
    let own = embedded(&world);
    let ada = new_identity(ADA);
    own.ensure_user(ada.clone()).await.unwrap();
    own.set_password(ada.subject, GOOD.into(), Permanence::Temporary).await.unwrap();
    assert_eq!(world.identity.migrate_by_password(ADA, &GOOD.into()).await.unwrap(), None);
    assert_eq!(world.identity.migrate_by_code(ADA).await.unwrap(), None);
    own.set_password(ada.subject, GOOD.into(), Permanence::Permanent).await.unwrap();
    world.advance(seconds(16 * 60));
    for _ in 0..5 {
        assert_eq!(world.identity.migrate_by_password(ADA, &OTHER.into()).await.unwrap(), None);
    }
    assert_eq!(world.identity.migrate_by_password(ADA, &GOOD.into()).await.unwrap(), None, "locked");
    world.advance(seconds(1));
    assert!(world.identity.migrate_by_password(ADA, &GOOD.into()).await.unwrap().is_some());
    // Who is given a password by an administrator, or by a code, moves in by that.
    world.identity.set_password(ada.subject, OTHER.into(), Permanence::Permanent).await.unwrap();
    assert!(matches!(world.sign_in(ADA, OTHER).await, Ok(SignedIn::Tokens(_))));
}

/// The embedded provider over the same table.
fn embedded(world: &Ground) -> Provider {
    Provider::start(kernel::identity::Parts {
        settings: Settings { hash_cost: HashCost { memory_kib: 64, passes: 1, lanes: 1 }, ..Settings::default() },
        table: Arc::clone(&world.table) as _,
        keys: Arc::new(testkit::keys::MemoryKeys::default()),
        clock: Arc::clone(&world.clock) as _,
        rng: Arc::new(Shared),
    })
    .unwrap()
}

/// An operation of moto's, as somebody else than the product asks for it.
async fn in_pool(emulator: &Emulator, operation: &str, body: &Value) {
    let scope = "AKIAEMULATOR/20260101/eu-central-1/cognito-idp/aws4_request";
    let asked = reqwest::Client::new()
        .post(emulator.endpoint())
        .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"));
    let answer = asked.body(body.to_string()).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

#[tokio::test]
async fn requests_whose_answers_are_lost_are_made_again() {
    let emulator = moto().await;
    let lossy = Lossy::before(&emulator).await;
    let made = made(&emulator.endpoint(), "people").await;
    let world = ground_at(&lossy.endpoint(), &made).await;
    lossy.lose(1);
    let ada = world.invited(ADA).await;
    lossy.lose(1);
    world.identity.set_password(ada, GOOD.into(), Permanence::Permanent).await.unwrap();
    lossy.lose(1);
    let tokens = world.tokens().await;
    lossy.lose(1);
    world.identity.refresh(tokens.refresh_token).await.unwrap();
    lossy.lose(1);
    world.identity.remove_user(ada).await.unwrap();
    assert!(refused(world.sign_in(ADA, GOOD).await));
}
