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
