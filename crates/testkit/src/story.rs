//! The main job as a story: master data, an account taken on, its technical user signed in.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Person, World};

/// One enterprise with a product and a service, linked.
#[derive(Clone, Debug)]
pub struct Offer {
    pub enterprise: String,
    pub product: String,
    pub service: String,
}

/// An account that is active, with its technical user signed in.
#[derive(Clone)]
pub struct Tenant {
    pub id: String,
    pub name: String,
    pub offer: Offer,
    pub technical: Person,
    pub technical_id: String,
}

impl World {
    /// Makes an enterprise, a product and a service of these names, linked.
    pub async fn offer(&self, name: &str) -> Offer {
        let operator = self.operator().await;
        let id = |body: Value| body["id"].as_str().expect("a record has an id").to_owned();
        let service =
            id(operator.post("/api/services", json!({ "name": format!("{name} service") })).await.expect(201));
        let product = json!({ "name": format!("{name} product"), "serviceIds": [service] });
        let product = id(operator.post("/api/products", product).await.expect(201));
        let enterprise = json!({ "name": format!("{name} enterprise"), "productIds": [product] });
        let enterprise = id(operator.post("/api/enterprises", enterprise).await.expect(201));
        Offer { enterprise, product, service }
    }

    /// What `POST /api/accounts` takes for an account of this name.
    pub fn account_request(&self, name: &str, cloud: &str, offer: &Offer, seats: u32) -> Value {
        let today = self.today();
        json!({
            "name": name, "masterAccountName": format!("{name} Holding"), "cloudType": cloud,
            "address": {
                "line1": "1 Main St", "line2": null, "city": "Springfield", "state": "IL", "postalCode": "62701",
                "country": "US"
            },
            "technicalUser": {
                "firstName": "Ada", "lastName": "Byron", "email": format!("ada@{}.example", slug(name)),
                "startDate": today, "endDate": null
            },
            "licenses": [{
                "enterpriseId": offer.enterprise, "productId": offer.product, "serviceId": offer.service,
                "startDate": today, "endDate": today.plus(365), "numberOfUsers": seats,
                "contact": { "name": "Ada Byron", "email": "billing@acme.example", "phone": "+1 555 0100" },
                "renewalNotification": { "enabled": true, "noticeDays": 30 }
            }]
        })
    }

    /// Takes an account on and waits until its run has ended. Answers the account.
    pub async fn onboard(&self, request: Value) -> Value {
        let operator = self.operator().await;
        let account = operator.post("/api/accounts", request).await.expect(201);
        let id = account["id"].as_str().expect("an account has an id");
        self.run_ended(id).await;
        operator.get(&format!("/api/accounts/{id}")).await.expect(200)
    }

    /// Waits until the run of an account has ended, and answers its progress.
    pub async fn run_ended(&self, account: &str) -> Value {
        let operator = self.operator().await;
        // The stream ends with the run.
        drop(operator.get(&format!("/api/provisioning/{account}/events")).await);
        operator.get(&format!("/api/provisioning/{account}")).await.expect(200)
    }

    /// An active account with its technical user signed in.
    pub async fn tenant(&self, name: &str, cloud: &str, seats: u32) -> Tenant {
        let offer = self.offer(name).await;
        let account = self.onboard(self.account_request(name, cloud, &offer, seats)).await;
        assert_eq!(account["status"], "active", "{account}");
        let id = account["id"].as_str().expect("an account has an id").to_owned();
        let email = format!("ada@{}.example", slug(name));
        let technical = self.accept_invitation(&email).await;
        let technical_id = account["technicalUserId"].as_str().expect("there is one").to_owned();
        Tenant { id, name: name.to_owned(), offer, technical, technical_id }
    }

    /// The token of the invitation that was mailed last to an address. The list of mails may lag behind.
    pub async fn invitation(&self, email: &str) -> String {
        let path = format!("/api/outbox?to={email}&limit=1");
        let mut mails = self.operator().await.get(&path).await.expect(200);
        for _ in 0..100 {
            if mails["items"][0].is_object() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            mails = self.operator().await.get(&path).await.expect(200);
        }
        let text = mails["items"][0]["text"].as_str().unwrap_or_else(|| panic!("no mail to {email}: {mails}"));
        let (_, token) = text.split_once("#token=").expect("an invitation has a link");
        token.split_whitespace().next().expect("a link has a token").to_owned()
    }

    /// Follows the link of an invitation, and signs in.
    pub async fn accept_invitation(&self, email: &str) -> Person {
        let token = self.invitation(email).await;
        let body = json!({ "token": token, "newPassword": crate::world::PASSWORD });
        self.nobody().post("/api/auth/accept-invitation", body).await.expect(204);
        let login = json!({ "email": email, "password": crate::world::PASSWORD });
        let tokens = self.nobody().post("/api/auth/login", login).await.expect(200);
        self.nobody().with_token(tokens["accessToken"].as_str().unwrap_or_else(|| panic!("no token: {tokens}")))
    }
}

/// A name as a part of a host name.
pub fn slug(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}
