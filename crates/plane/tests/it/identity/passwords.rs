use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use plane::ports::table::{Condition, NewItem, Table as _, Write};

use super::*;

#[tokio::test]
async fn a_password_moves_to_a_new_cost_when_it_is_used() {
    let world = World::new();
    world.ada().await;
    let hash = |world: &World| {
        let all = world.table.dump();
        let person = all.iter().find(|item| item.key.sk == "IDENTITY").unwrap();
        let person: serde_json::Value = serde_json::from_slice(&person.body).unwrap();
        person["password"]["hash"].as_str().unwrap().to_owned()
    };
    assert!(hash(&world).contains("m=64,t=1,p=1"));
    let dearer = world.restarted(|settings| settings.hash_cost = HashCost { memory_kib: 128, passes: 2, lanes: 1 });
    assert!(refused(dearer.sign_in(attempt("192.0.2.1", ADA, OTHER)).await));
    assert!(hash(&world).contains("m=64,t=1,p=1"));
    dearer.sign_in(attempt("192.0.2.1", ADA, GOOD)).await.unwrap();
    assert!(hash(&world).contains("m=128,t=2,p=1"));
    assert!(dearer.sign_in(attempt("192.0.2.1", ADA, GOOD)).await.is_ok());
}

/// Earlier versions hashed a password as it was typed.
#[tokio::test]
async fn a_hash_of_a_password_as_it_was_typed_still_counts_and_is_made_anew() {
    const TYPED: &str = "Cafe\u{301}-au-lait 4711";
    const COMPOSED: &str = "Caf\u{e9}-au-lait 4711";
    let world = World::new();
    world.ada().await;
    let (salt, mut hash) = (*b"sixteen bytes ok", [0; 32]);
    let params = argon2::Params::new(64, 1, 1, Some(32)).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    argon2.hash_password_into(TYPED.as_bytes(), &salt, &mut hash).unwrap();
    let stored =
        format!("$argon2id$v=19$m=64,t=1,p=1${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    let person = world.table.dump().into_iter().find(|item| item.key.sk == "IDENTITY").unwrap();
    let mut body: serde_json::Value = serde_json::from_slice(&person.body).unwrap();
    body["password"]["hash"] = stored.into();
    let earlier =
        NewItem { key: person.key, index: person.index, expires: person.expires, body: body.to_string().into() };
    world.table.commit(vec![Write::Put { item: earlier, when: Condition::Present }]).await.unwrap();
    assert!(
        refused(world.identity.sign_in(attempt("192.0.2.1", ADA, COMPOSED)).await),
        "another spelling was never hashed"
    );
    world.identity.sign_in(attempt("192.0.2.1", ADA, TYPED)).await.unwrap();
    for spelling in [COMPOSED, TYPED] {
        world.identity.sign_in(attempt("192.0.2.1", ADA, spelling)).await.unwrap();
    }
}
