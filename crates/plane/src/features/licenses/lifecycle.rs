//! What is written when a license comes or goes: the license, its seats, and its use of the master data it stands on.

use super::model::{License, Seats, Triple};
use crate::{
    features::{
        enterprises::model::Enterprise,
        master_data::{self, LinkUse, MasterRecord, Uses},
        products::model::Product,
        services::model::Service,
    },
    ids::{AccountId, Id, known},
    plane::Plane,
    ports::table::{Condition, Is, Write},
    problem::{Code, Problem, Result},
    record::{Stored, create, decode, encode},
};

/// The master data that a license stands on.
pub struct Ground {
    enterprise: Stored<Enterprise>,
    product: Stored<Product>,
}

impl Plane {
    /// Refuses a triple that an account can't be licensed for: one that is not linked, or the Global enterprise
    /// outside the platform's own account. `account`: `None` for one that is still to be made.
    pub async fn licensable(&self, account: Option<AccountId>, triple: Triple) -> Result<Ground> {
        if triple.enterprise == known::GLOBAL_ENTERPRISE && account != Some(known::ROOT_ACCOUNT) {
            return Err(Problem::new(Code::Forbidden, "the Global enterprise is licensed to the platform's own account alone"));
        }
        let enterprise: Stored<Enterprise> = self.master("/enterpriseId", triple.enterprise).await?;
        let product: Stored<Product> = self.master("/productId", triple.product).await?;
        let _: Stored<Service> = self.master("/serviceId", triple.service).await?;
        if !enterprise.product_ids.contains(&triple.product) {
            return Err(Problem::field("/productId", "the enterprise is not linked to this product"));
        }
        if !product.service_ids.contains(&triple.service) {
            return Err(Problem::field("/serviceId", "the product is not linked to this service"));
        }
        Ok(Ground { enterprise, product })
    }

    async fn master<R: MasterRecord>(&self, pointer: &str, id: Id<R::Kind>) -> Result<Stored<R>> {
        match self.router().shared().get(&master_data::key::<R>(id)).await? {
            Some(item) => decode(&item),
            None => Err(Problem::field(pointer, format!("there is no such {}", R::NOUN))),
        }
    }

    /// The writes that make a license, with `used` of its seats taken already. They hold the links that it stands on.
    pub async fn license_creation(&self, license: &License, used: u32) -> Result<Vec<(Write, Problem)>> {
        let Ground { enterprise, product } = self.licensable(Some(license.account_id), license.triple()).await?;
        let moved = || Problem::new(Code::Conflict, "the enterprise, product or service changed meanwhile; try again");
        let at = |key, version| Write::Check { key, when: Condition::Version(version) };
        let seats = Seats { used, ..Seats::free(license) };
        let mut writes = vec![
            create(license),
            create(&seats),
            at(master_data::key::<Enterprise>(license.enterprise_id), enterprise.version),
            at(master_data::key::<Product>(license.product_id), product.version),
        ];
        writes.extend(link_uses(license).iter().map(create));
        writes.extend(uses(license, 1));
        Ok(writes.into_iter().map(|write| (write, moved())).collect())
    }

    /// The writes that remove a license, whatever of it is still there.
    pub fn license_removal(&self, license: &License) -> Vec<Write> {
        let gone = |key| Write::Delete { key, when: Condition::Always };
        let mut writes = vec![
            Write::Delete { key: License::key(license.account_id, license.id), when: Condition::Present },
            gone(Seats::key(license.account_id, license.id)),
        ];
        writes.extend(link_uses(license).iter().map(|link| gone(encode(link).key)));
        writes.extend(uses(license, -1));
        writes
    }
}

fn link_uses(license: &License) -> [LinkUse; 2] {
    [
        LinkUse::new::<Enterprise, _>(license.enterprise_id, license.product_id, license.id),
        LinkUse::new::<Product, _>(license.product_id, license.service_id, license.id),
    ]
}

fn uses(license: &License, by: i64) -> [Write; 3] {
    let add = |key| Write::Add { key, field: "uses", by, when: Condition::field("uses", Is::GreaterOrEqual, (-by).max(0)) };
    [
        add(Uses::key::<Enterprise>(license.enterprise_id)),
        add(Uses::key::<Product>(license.product_id)),
        add(Uses::key::<Service>(license.service_id)),
    ]
}
