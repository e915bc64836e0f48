//! Roles, through the front door.

use serde_json::json;
use testkit::world::World;

#[tokio::test]
async fn a_role_is_narrowed_to_what_is_there() {
    let world = World::new().await;
    let acme = world.tenant("Acme", "public", 3).await;
    let operator = world.operator().await;
    let role = |product: &str, service: &str| {
        json!({
            "accountId": acme.id, "enterpriseId": acme.offer.enterprise, "name": "Narrow", "productId": product,
            "serviceId": service
        })
    };
    let absent = "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d";
    let (product, service) = (acme.offer.product.as_str(), acme.offer.service.as_str());
    for (body, pointer) in [(role(absent, service), "/productId"), (role(product, absent), "/serviceId")] {
        let problem = operator.post("/api/roles", body).await.expect(404);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    operator.post("/api/roles", role(product, service)).await.expect(201);
}
