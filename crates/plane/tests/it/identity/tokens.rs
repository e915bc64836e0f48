use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use plane::{
    identity::keys::{KeyStore, StoredKey},
    ids::EnterpriseId,
    ports::{
        identity::{IdentityError, Profile, Profiles, TokenRefused},
        table::{Condition, Key, Table, Write},
    },
};
use serde_json::{Value, json};
use testkit::{Specimens, forged_tokens};

use super::*;

fn claims(token: &SecretString) -> Value {
    let payload = token.expose_secret().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn no_forged_or_misused_token_is_accepted() {
    let world = World::new();
    world.ada().await;
    let tokens = world.tokens().await;
    let forged = forged_tokens(&Specimens {
        access: tokens.access_token.expose_secret(),
        id: tokens.id_token.expose_secret(),
        refresh: tokens.refresh_token.expose_secret(),
        jwks: &world.identity.jwks(),
        signer: &world.keys.signer(),
        now: world.clock.now(),
        elsewhere: "http://127.0.0.1:1",
    });
    assert!(forged.len() > 400, "{}", forged.len());
    // Before and after the good token is remembered.
    for _ in 0..2 {
        for forged in &forged {
            let verdict = world.identity.verify(&forged.token).await;
            assert!(verdict.is_err(), "accepted: {}", forged.name);
            let genuine = forged.name.starts_with("claim ") || forged.name.starts_with("no claim ");
            let by_its_key = matches!(verdict, Err(TokenRefused::UnknownKey | TokenRefused::Signature));
            assert!(!(genuine && by_its_key), "refused for its key, not for what it says: {}", forged.name);
            assert!(!matches!(verdict, Err(TokenRefused::Store(_))), "{}", forged.name);
        }
        assert!(world.good(&tokens.access_token).await);
    }
}

#[tokio::test]
async fn a_token_is_good_from_a_minute_before_it_was_made_until_it_expires() {
    let world = World::new();
    let ada = world.ada().await;
    let tokens = world.tokens().await;
    let token = tokens.access_token.expose_secret();
    world.clock.set(world.clock.now() - seconds(60));
    // In another process, whose clock is behind; sessions of this one are remembered.
    assert!(world.neighbour().verify(token).await.is_ok());
    world.clock.set(world.clock.now() - seconds(1));
    assert!(matches!(world.neighbour().verify(token).await, Err(TokenRefused::TooEarly)));

    world.clock.set(world.clock.now() + seconds(61) + minutes(15) - seconds(1));
    let verified = world.identity.verify(token).await.unwrap();
    assert_eq!((verified.subject, verified.session), (ada, tokens.session));
    assert_eq!(verified.expires_at, tokens.expires_at);
    world.advance(seconds(1));
    assert!(matches!(world.identity.verify(token).await, Err(TokenRefused::Expired)));
    assert!(matches!(world.neighbour().verify(token).await, Err(TokenRefused::Expired)));
}

#[tokio::test]
async fn tokens_carry_the_documented_claims() {
    struct Acme;
    #[async_trait]
    impl Profiles for Acme {
        async fn profile(&self, _: Subject) -> Option<Profile> {
            Some(Profile {
                email: Email::parse("shown@example.com").unwrap(),
                account: AccountId::from_uuid(Uuid::from_u128(1)),
                enterprise: Some(EnterpriseId::from_uuid(Uuid::from_u128(2))),
                role: Some("admin".into()),
                groups: vec!["admins".into(), "\"quoted\"".into()],
            })
        }
    }
    let world = World::new();
    let ada = world.ada().await;
    let plain = claims(&world.tokens().await.id_token);
    assert_eq!(plain["email"], ADA);
    assert_eq!(plain["custom:account_id"], new_identity(ADA).account.to_string());

    world.identity.show(Arc::new(Acme));
    world.advance(seconds(5));
    let tokens = world.tokens().await;
    let now = world.clock.now().as_second();
    let shared = json!({
        "sub": ada, "sid": tokens.session, "iss": world.settings.issuer, "iat": now, "nbf": now, "exp": now + 900,
        "auth_time": now, "custom:account_id": "00000000-0000-0000-0000-000000000001",
        "custom:enterprise_id": "00000000-0000-0000-0000-000000000002", "custom:role": "admin",
        "cognito:groups": ["admins", "\"quoted\""],
    });
    let (access, id) = (claims(&tokens.access_token), claims(&tokens.id_token));
    for (claim, value) in shared.as_object().unwrap() {
        assert_eq!(&access[claim], value, "{claim}");
        assert_eq!(&id[claim], value, "{claim}");
    }
    assert_eq!((&access["token_use"], &access["client_id"]), (&json!("access"), &json!("freehold")));
    assert_eq!(
        (&id["token_use"], &id["aud"], &id["email"]),
        (&json!("id"), &json!("freehold"), &json!("shown@example.com"))
    );
    assert!(access.get("aud").is_none() && access.get("email").is_none() && id.get("client_id").is_none());
    assert_ne!(access["jti"], id["jti"]);
    assert!(world.good(&tokens.access_token).await);

    world.advance(seconds(100));
    let later = claims(&world.identity.refresh(tokens.refresh_token).await.unwrap().access_token);
    assert_eq!((&later["auth_time"], &later["iat"]), (&json!(now), &json!(now + 100)));
}

/// Another implementation accepts our tokens by our published keys.
#[tokio::test]
async fn tokens_and_keys_are_what_the_standards_say() {
    let world = World::new();
    world.ada().await;
    world.identity.rotate_keys().await.unwrap();
    let tokens = world.tokens().await;
    let keys: JwkSet = serde_json::from_value(world.identity.jwks()).unwrap();
    assert_eq!(keys.keys.len(), 2);
    let header = jsonwebtoken::decode_header(tokens.id_token.expose_secret()).unwrap();
    let key = keys.find(&header.kid.unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    // That library asks the machine's clock.
    validation.validate_exp = false;
    validation.set_audience(&["freehold"]);
    validation.set_issuer(&[&world.settings.issuer]);
    let key = DecodingKey::from_jwk(key).unwrap();
    let read = jsonwebtoken::decode::<Value>(tokens.id_token.expose_secret(), &key, &validation).unwrap();
    assert_eq!(read.claims["email"], ADA);

    let described = world.identity.openid_configuration("https://freehold.example/");
    assert_eq!(described["issuer"], world.settings.issuer.as_str());
    assert_eq!(described["jwks_uri"], "https://freehold.example/.well-known/jwks.json");
    assert!(!world.identity.jwks().to_string().contains("\"d\""));
}

#[tokio::test]
async fn keys_rotate_twice_in_a_row_and_nobody_is_signed_out() {
    let world = World::new();
    world.ada().await;
    let mut all = vec![world.tokens().await];
    for _ in 0..2 {
        let kid = world.identity.rotate_keys().await.unwrap();
        let tokens = world.tokens().await;
        assert_eq!(jsonwebtoken::decode_header(tokens.access_token.expose_secret()).unwrap().kid, Some(kid.clone()));
        assert!(world.identity.jwks().to_string().contains(&kid));
        all.push(tokens);
    }
    let kids = |world: &World| world.identity.jwks()["keys"].as_array().unwrap().len();
    assert_eq!(kids(&world), 3);
    for tokens in &all {
        assert!(world.good(&tokens.access_token).await);
        assert!(world.neighbour().verify(tokens.access_token.expose_secret()).await.is_ok(), "the keys were kept");
    }
    world.advance(minutes(16));
    assert_eq!(kids(&world), 1);
    world.identity.rotate_keys().await.unwrap();
    assert_eq!(kids(&world), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_while_keys_rotate() {
    let world = World::new();
    world.ada().await;
    let answers = race(32, |number| {
        let identity = Arc::clone(&world.identity);
        async move {
            if number < 3 {
                identity.rotate_keys().await.unwrap();
            }
            let mut tokens = match identity.sign_in(attempt("192.0.2.1", ADA, GOOD)).await.unwrap() {
                SignedIn::Tokens(tokens) => tokens,
                SignedIn::Challenge { .. } | SignedIn::ChooseAccount(_) => panic!("no challenge was due"),
            };
            for _ in 0..10 {
                identity.verify(tokens.access_token.expose_secret()).await.unwrap();
                tokens = identity.refresh(tokens.refresh_token).await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(answers.len(), 32);
}

#[tokio::test]
async fn a_key_that_can_t_be_kept_does_not_sign() {
    let world = World::new();
    world.ada().await;
    let signer = world.keys.signer().kid;
    world.keys.fill_up(true);
    assert!(matches!(world.identity.rotate_keys().await, Err(IdentityError::Keys(_))));
    let tokens = world.tokens().await;
    assert_eq!(jsonwebtoken::decode_header(tokens.access_token.expose_secret()).unwrap().kid, Some(signer));
}

#[tokio::test]
async fn a_retired_key_is_refused_at_once() {
    let world = World::with(|settings| settings.recheck = None);
    world.ada().await;
    let old = world.tokens().await;
    world.identity.rotate_keys().await.unwrap();
    let new = world.tokens().await;
    assert!(world.good(&old.access_token).await && world.good(&new.access_token).await);
    world.identity.retire_old_keys().await.unwrap();
    assert!(!world.good(&old.access_token).await);
    assert!(world.good(&new.access_token).await);
    assert!(world.identity.refresh(old.refresh_token).await.is_ok(), "the session goes on");
}

#[tokio::test]
async fn keys_of_another_process_are_taken_over() {
    let world = World::new();
    world.ada().await;
    let neighbour = world.neighbour();
    let old = world.tokens().await.access_token;
    assert!(neighbour.verify(old.expose_secret()).await.is_ok());

    world.identity.rotate_keys().await.unwrap();
    let new = world.tokens().await.access_token;
    assert!(neighbour.verify(new.expose_secret()).await.is_ok(), "a name that is not known is looked up");
    world.identity.rotate_keys().await.unwrap();
    let newer = world.tokens().await.access_token;
    assert!(neighbour.verify(newer.expose_secret()).await.is_err(), "but not with every token that bears one");
    world.advance(seconds(5));
    assert!(neighbour.verify(newer.expose_secret()).await.is_ok());
    neighbour.rotate_keys().await.unwrap();
    assert!(neighbour.verify(new.expose_secret()).await.is_ok(), "no rotation drops another's keys");

    world.identity.retire_old_keys().await.unwrap();
    neighbour.reload_shared_state().await.unwrap();
    assert!(neighbour.verify(newer.expose_secret()).await.is_err());
}

#[tokio::test]
async fn damaged_keys_stop_the_start() {
    let world = World::new();
    let good = world.keys.signer();
    let with = |keys: Vec<StoredKey>| {
        let store = MemoryKeys::default();
        store.save(&keys).unwrap();
        Provider::start(Parts {
            settings: world.settings.clone(),
            table: Arc::clone(&world.table) as _,
            keys: Arc::new(store),
            clock: Arc::clone(&world.clock) as _,
            rng: Arc::new(SeededRandom::new(1)),
        })
        .err()
        .map(|error| error.to_string())
    };
    assert_eq!(with(vec![good.clone()]), None);
    let renamed = StoredKey { kid: "another".into(), ..good.clone() };
    let cut = StoredKey { pkcs8: vec![1, 2, 3].into(), ..good.clone() };
    let retired = StoredKey { retires: Some(world.clock.now()), ..good.clone() };
    for keys in [vec![renamed], vec![cut], vec![retired], vec![good.clone(), good]] {
        assert!(with(keys).unwrap().contains("damaged"));
    }
}

#[tokio::test]
async fn a_remembered_token_asks_the_store_only_when_it_must() {
    let world = World::with(|settings| settings.recheck = None);
    world.ada().await;
    let tokens = world.tokens().await;
    assert!(world.good(&tokens.access_token).await);
    // Behind the provider's back: nothing in this process ended the session.
    let key = Key::new(format!("IDENTITY#{}", tokens.subject), format!("SESSION#{}", tokens.session));
    world.table.commit(vec![Write::Delete { key, when: Condition::Present }]).await.unwrap();
    world.advance(minutes(10));
    assert!(world.good(&tokens.access_token).await, "it was not asked");
    world.identity.end_session(tokens.subject, tokens.session).await.unwrap();
    assert!(!world.good(&tokens.access_token).await);
}
