//! Roles through the front door: masks and permissions, and that no sequence of changes makes rights out of nothing.

use std::{cell::Cell, collections::BTreeSet};

use plane::ids::known;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Value, json};
use testkit::store::many;
use testkit::world::{Person, World};

use crate::{
    people::{Member, all, busy_world, flags, id, menu, new_user},
    tenants::{Tenant, tenant},
};

/// Descriptions of any length are nobody's way to make one page of a list expensive.
#[tokio::test]
async fn a_filtered_page_can_be_short_and_its_cursor_goes_on() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    for number in 0..200 {
        let body = json!({ "enterpriseId": acme.enterprise, "name": format!("Role {number}"), "description": "東".repeat(2_000) });
        acme.admin.post("/api/roles", body).await.expect(201);
    }
    let first = acme.admin.get("/api/roles?limit=200&name=nothing").await.expect(200);
    assert_eq!(first["items"], json!([]));
    let cursor = first["nextCursor"].as_str().expect("a page of 200 long roles is not the whole list");
    let second = acme.admin.get(&format!("/api/roles?limit=200&name=nothing&cursor={cursor}")).await.expect(200);
    assert_eq!((&second["items"], second.get("nextCursor")), (&json!([]), None));
    let found = all(&acme.admin, "/api/roles?name=role", 200).await;
    assert_eq!(found.len(), 200);
}

#[tokio::test]
async fn roles_are_made_changed_found_and_removed() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let body = json!({ "enterpriseId": acme.enterprise, "name": "Builders", "mask": 1023 });
    let role = acme.admin.post("/api/roles", body.clone()).await.expect(201);
    assert_eq!((&role["mask"], &role["builtIn"], &role["kind"]), (&json!(1023), &json!(false), &json!("tenant")));
    let path = format!("/api/roles/{}", id(&role));
    let permissions = format!("{path}/permissions");
    let read = acme.admin.get(&permissions).await;
    let seen = read.etag();
    assert_eq!(read.expect(200)["permissions"], json!([]));
    let some = json!({ "permissions": [menu("builds", "v"), menu("pipelines", "vc")] });
    let set = acme.admin.send(axum::http::Method::PUT, &permissions, Some(some.clone()), &[("if-match", &seen)]).await;
    assert_ne!(set.etag(), seen);
    assert_eq!(set.expect(200)["permissions"].as_array().unwrap().len(), 2);
    let stale = acme.admin.send(axum::http::Method::PUT, &permissions, Some(some), &[("if-match", &seen)]).await;
    assert_eq!(stale.refused(412), "precondition_failed");

    let twice = json!({ "permissions": [menu("builds", "v"), menu("builds", "v")] });
    let mut alien = menu("builds", "v");
    alien["tabs"] = json!([{ "tab": "users", "isVisible": true, "canView": true, "canCreate": false, "canEdit": false, "canDelete": false }]);
    let mut unknown = menu("builds", "v");
    unknown["menu"] = json!("billing");
    for bad in [twice, json!({ "permissions": [alien] }), json!({ "permissions": [unknown] }), json!({})] {
        assert_eq!(acme.admin.put(&permissions, bad.clone()).await.refused(400), "invalid_request", "{bad}");
    }
    for mask in [json!(-1), json!(32_768), json!(1.5), json!("7"), json!(null)] {
        let answer = acme.admin.put(&path, json!({ "mask": mask })).await;
        assert!(answer.status == 400 || mask.is_null() && answer.status == 200, "{mask}: {}", answer.body);
    }
    assert_eq!(
        acme.admin
            .post("/api/roles", json!({ "enterpriseId": acme.enterprise, "name": "BUILDERS" }))
            .await
            .refused(409),
        "name_taken"
    );
    assert_eq!(all(&acme.admin, "/api/roles?name=builders", 1).await.len(), 1);
    assert_eq!(bolt.admin.get(&path).await.refused(404), "not_found");
    assert_eq!(bolt.admin.put(&permissions, json!({ "permissions": [] })).await.refused(404), "not_found");

    // A role that goes is taken from the groups that gave it.
    let group = acme.group("Crew", &[&id(&role)]).await;
    acme.admin.delete(&format!("{path}?confirm=in-use")).await.expect(204);
    assert_eq!(acme.admin.get(&permissions).await.refused(404), "not_found");
    assert_eq!(acme.admin.get(&format!("/api/groups/{group}/roles")).await.expect(200)["items"], json!([]));
    acme.admin.post("/api/roles", body).await.expect(201);
}

#[tokio::test]
async fn what_onboarding_made_and_what_is_the_platforms_is_protected() {
    let world = World::new().await;
    let acme = world.tenant("Acme", "public", 3).await;
    let operator = world.operator().await;
    let of = |path: &str| format!("{path}?accountId={}", acme.id);
    let role = id(&operator.get(&of("/api/roles")).await.expect(200)["items"][0]);
    let group = id(&operator.get(&of("/api/groups")).await.expect(200)["items"][0]);
    for path in [format!("/api/roles/{role}"), format!("/api/groups/{group}")] {
        assert_eq!(operator.delete(&of(&path)).await.refused(409), "protected");
        assert_eq!(operator.put(&of(&path), json!({ "name": "Mine" })).await.refused(409), "protected");
    }
    let platform = format!("/api/roles/{}", known::PLATFORM_ADMIN_ROLE);
    for body in [json!({ "name": "Mine" }), json!({ "mask": 1 }), json!({ "description": "x" })] {
        assert_eq!(operator.put(&platform, body.clone()).await.refused(409), "protected", "{body}");
    }
    // A tenant can't so much as name it.
    assert_eq!(acme.technical.get(&platform).await.refused(404), "not_found");
    let bolt = tenant(&world, "Bolt").await;
    let body = json!({ "enterpriseId": bolt.enterprise, "name": "Crew", "roleIds": [known::PLATFORM_ADMIN_ROLE] });
    assert_eq!(bolt.admin.post("/api/groups", body).await.refused(404), "not_found");
}

#[tokio::test]
async fn a_role_is_given_within_the_givers_own_rights_and_mask() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let clerk = acme.member(&world, "clerk", json!([menu("access-control", "vced")])).await;
    // Their own role is cut to the enterprise level.
    let enterprise_level = 0b0_0000_0111_1100_0001;
    acme.admin.put(&format!("/api/roles/{}", clerk.role), json!({ "mask": enterprise_level })).await.expect(200);
    let create = |mask: Option<u32>, name: &str| {
        let mut body = json!({ "enterpriseId": acme.enterprise, "name": name });
        if let Some(mask) = mask {
            body["mask"] = json!(mask);
        }
        let person = clerk.person.clone();
        async move { person.post("/api/roles", body).await }
    };
    assert_eq!(create(Some(0x7fff), "Wide").await.refused(403), "forbidden");
    // Left out, it is the maker's own.
    let role = create(None, "Own").await.expect(201);
    assert_eq!(role["mask"], enterprise_level);
    let path = format!("/api/roles/{}", id(&role));
    assert_eq!(clerk.person.put(&path, json!({ "mask": 0x7fff })).await.refused(403), "forbidden");
    let permissions = format!("{path}/permissions");
    let stronger = json!({ "permissions": [menu("security", "v")] });
    assert_eq!(clerk.person.put(&permissions, stronger.clone()).await.refused(403), "forbidden");
    // Out of the mask's sight a permission gives nothing, and can't be brought into it.
    let hidden = json!({ "permissions": [menu("builds", "vced")] });
    let answer = clerk.person.put(&permissions, hidden).await;
    if answer.status == 200 {
        assert_eq!(clerk.person.put(&path, json!({ "mask": 0x7fff })).await.refused(403), "forbidden");
    }
    clerk.person.put(&permissions, json!({ "permissions": [menu("access-control", "vc")] })).await.expect(200);
}

/// One thing that somebody tries.
#[derive(Clone, Debug)]
struct Try {
    who: usize,
    what: u8,
    one: usize,
    other: usize,
    verbs: u8,
    menu: usize,
}

const MENUS: [&str; 4] = ["access-control", "builds", "security", "account-settings"];

fn verbs(bits: u8) -> String {
    "vced".chars().enumerate().filter(|(place, _)| bits & (1 << place) != 0).map(|(_, verb)| verb).collect()
}

/// Everything that a user may do, as words.
fn rights(permissions: &Value) -> BTreeSet<String> {
    let mut rights = BTreeSet::new();
    for menu in permissions["menus"].as_array().unwrap() {
        for tab in menu["tabs"].as_array().unwrap() {
            for verb in ["isVisible", "canView", "canCreate", "canEdit", "canDelete"] {
                if tab[verb] == true {
                    rights.insert(format!("{}/{}:{verb}", menu["menu"], tab["tab"]));
                }
            }
        }
    }
    rights
}

struct Plot {
    world: World,
    acme: Tenant,
    plotters: Vec<Member>,
    boss: String,
    held: BTreeSet<String>,
}

impl Plot {
    async fn new() -> Self {
        let world = busy_world().await;
        let acme = tenant(&world, "Acme").await;
        let boss_role = acme.role("Boss role", json!([menu("access-control", "vced"), menu("security", "vced")])).await;
        let boss_group = acme.group("Boss group", &[&boss_role]).await;
        let mut boss = new_user(&world, &acme, "boss@acme.example");
        boss["groupIds"] = json!([boss_group]);
        let boss = id(&acme.admin.post("/api/users", boss).await.expect(201));
        let editor = json!([menu("access-control", "vce"), menu("builds", "v")]);
        let maker = json!([menu("access-control", "vced"), menu("account-settings", "vc")]);
        let plotters = vec![acme.member(&world, "editor", editor).await, acme.member(&world, "maker", maker).await];
        let mut held = BTreeSet::new();
        for plotter in &plotters {
            held.extend(rights(&plotter.person.get("/api/users/me/permissions").await.expect(200)));
        }
        Self { world, acme, plotters, boss, held }
    }

    /// Seen by an operator: the plotters may take everything from the account's own administrator.
    async fn ids(&self, path: &str) -> Vec<String> {
        let path = format!("{path}?accountId={}", self.acme.account);
        all(&self.world.operator().await, &path, 200).await.iter().map(id).collect()
    }

    async fn attempt(&self, number: usize, attempt: &Try) -> u16 {
        let person: &Person = &self.plotters[attempt.who % self.plotters.len()].person;
        let (roles, groups, users) =
            (self.ids("/api/roles").await, self.ids("/api/groups").await, self.ids("/api/users").await);
        let pick = |from: &[String], which: usize| from[which % from.len()].clone();
        let (role, group, user) = (pick(&roles, attempt.one), pick(&groups, attempt.one), pick(&users, attempt.one));
        let mut permission = menu(MENUS[attempt.menu % MENUS.len()], &verbs(attempt.verbs));
        if attempt.other.is_multiple_of(3) && permission["menu"] == "access-control" {
            let mut tab = flags(&verbs(attempt.verbs >> 4));
            tab["tab"] = json!("users");
            permission["tabs"] = json!([tab]);
        }
        let enterprise = self.acme.enterprise;
        let answer = match attempt.what % 10 {
            0 => {
                let mask = u32::from(attempt.verbs) << (attempt.menu % 8);
                let body =
                    json!({ "enterpriseId": enterprise, "name": format!("role {number}"), "mask": mask & 0x7fff });
                person.post("/api/roles", body).await
            }
            1 => {
                person.post("/api/roles", json!({ "enterpriseId": enterprise, "name": format!("role {number}") })).await
            }
            2 => person.put(&format!("/api/roles/{role}/permissions"), json!({ "permissions": [permission] })).await,
            3 => person.put(&format!("/api/roles/{role}"), json!({ "mask": (attempt.other * 257) & 0x7fff })).await,
            4 => {
                let roles = [pick(&roles, attempt.other), role];
                let body =
                    json!({ "enterpriseId": enterprise, "name": format!("group {number}"), "roleIds": roles[..1] });
                person.post("/api/groups", body).await
            }
            5 => {
                let body = json!({ "roleIds": [pick(&roles, attempt.other), pick(&roles, attempt.menu)] });
                person.put(&format!("/api/groups/{group}/roles"), body).await
            }
            6 => {
                let mut new = new_user(&self.world, &self.acme, &format!("new{number}@acme.example"));
                new["groupIds"] = json!([group]);
                person.post("/api/users", new).await
            }
            7 => {
                let body = json!({ "groupIds": [pick(&groups, attempt.other), pick(&groups, attempt.menu)] });
                person.put(&format!("/api/users/{user}/groups"), body).await
            }
            8 => {
                let body = json!({ "email": format!("mine{number}@acme.example") });
                person.put(&format!("/api/users/{user}"), body).await
            }
            _ => person.delete(&format!("/api/roles/{role}?confirm=in-use")).await,
        };
        answer.status
    }

    /// Nobody whom the plotters can be holds what none of them held; and the boss is still who they were.
    async fn judge(&self) -> Result<(), String> {
        let operator = self.world.operator().await;
        for user in all(&operator, &format!("/api/users?accountId={}", self.acme.account), 200).await {
            if user["technical"] == true || (id(&user) == self.boss && user["email"] == "boss@acme.example") {
                continue;
            }
            let path = format!("/api/users/{}/permissions?accountId={}", id(&user), self.acme.account);
            let now = rights(&operator.get(&path).await.expect(200));
            let out_of_nothing: Vec<_> = now.difference(&self.held).collect();
            if !out_of_nothing.is_empty() {
                return Err(format!("{} holds {out_of_nothing:?}", user["email"]));
            }
        }
        Ok(())
    }
}

#[test]
fn no_sequence_of_changes_makes_rights_that_nobody_held() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let one = (0..2_usize, any::<u8>(), 0..12_usize, 0..120_usize, any::<u8>(), 0..12_usize);
    let one = one.prop_map(|(who, what, one, other, verbs, menu)| Try { who, what, one, other, verbs, menu });
    let cases = u32::try_from(many(32, 8)).unwrap();
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 50, ..Config::default() });
    let (asked, through) = (Cell::new(0), Cell::new(0));
    let ran = runner.run(&vec(one, 10..40), |tries| {
        runtime.block_on(async {
            let plot = Plot::new().await;
            for (number, attempt) in tries.iter().enumerate() {
                let status = plot.attempt(number, attempt).await;
                asked.set(asked.get() + 1);
                through.set(through.get() + usize::from(status < 300));
                if status >= 500 {
                    return Err(TestCaseError::fail(format!("{attempt:?} was answered {status}")));
                }
                plot.judge().await.map_err(|why| TestCaseError::fail(format!("after {attempt:?}: {why}")))?;
            }
            Ok(())
        })
    });
    ran.unwrap();
    assert!(through.get() * 5 > asked.get(), "{} of {} went through: too few to tell", through.get(), asked.get());
}

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

#[tokio::test]
async fn a_role_names_no_product_or_service_that_its_maker_does_not_see() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let absent = "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d".to_owned();
    let role = |field: &str, id: &str| json!({ "enterpriseId": acme.enterprise, "name": field, field: id });
    for (field, own, foreign) in [
        ("productId", acme.product.to_string(), bolt.product.to_string()),
        ("serviceId", acme.service.to_string(), bolt.service.to_string()),
    ] {
        let mut problems = Vec::new();
        for id in [&foreign, &absent] {
            let mut problem = acme.admin.post("/api/roles", role(field, id)).await.expect(404);
            problem.as_object_mut().unwrap().remove("requestId");
            problems.push(problem);
        }
        assert_eq!(problems[0], problems[1]);
        acme.admin.post("/api/roles", role(field, &own)).await.expect(201);
    }
}

#[tokio::test]
async fn a_role_starts_from_a_preset_or_with_permissions() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let presets = acme.admin.get("/api/role-presets").await.expect(200);
    let named = |preset: &str| {
        let items = presets["items"].as_array().unwrap();
        items.iter().find(|item| item["preset"] == preset).unwrap_or_else(|| panic!("{preset} is listed")).clone()
    };
    for preset in ["viewer", "editor", "administrator", "access-manager"] {
        let body = json!({ "enterpriseId": acme.enterprise, "name": format!("My {preset}"), "preset": preset });
        let role = acme.admin.post("/api/roles", body).await.expect(201);
        let given = acme.admin.get(&format!("/api/roles/{}/permissions", id(&role))).await.expect(200);
        assert_eq!(given["permissions"], named(preset)["permissions"], "{preset}");
    }
    // A duplicate takes the permissions of another role.
    let copied = named("viewer")["permissions"].clone();
    let body = json!({ "enterpriseId": acme.enterprise, "name": "Copied", "permissions": copied });
    let role = acme.admin.post("/api/roles", body).await.expect(201);
    let given = acme.admin.get(&format!("/api/roles/{}/permissions", id(&role))).await.expect(200);
    assert_eq!(given["permissions"], copied);

    let both = json!({ "enterpriseId": acme.enterprise, "name": "Both", "preset": "viewer", "permissions": [] });
    assert_eq!(acme.admin.post("/api/roles", both).await.refused(400), "invalid_request");
    let twice = json!({ "enterpriseId": acme.enterprise, "name": "Twice", "permissions": [menu("builds", "v"), menu("builds", "v")] });
    assert_eq!(acme.admin.post("/api/roles", twice).await.refused(400), "invalid_request");
}

#[tokio::test]
async fn nobody_creates_a_role_with_more_than_they_hold() {
    let world = World::new().await;
    let mut request = world.account_request("Acme", "public", &world.offer("Acme").await, 5);
    request["administrator"] = json!({ "firstName": "Mary", "lastName": "Shaw", "email": "mary@acme.example" });
    let account = world.onboard(request).await;
    let mary = world.accept_invitation("mary@acme.example").await;
    let enterprise = mary.get("/api/users/me/access").await.expect(200)["defaultEnterpriseId"].clone();
    let body = json!({ "enterpriseId": enterprise, "name": "Manages access", "preset": "access-manager" });
    let role = mary.post("/api/roles", body).await.expect(201);
    let group = json!({ "enterpriseId": enterprise, "name": "Access", "roleIds": [role["id"]] });
    let group = mary.post("/api/groups", group).await.expect(201);
    // The technical user only views; who manages access must not make an administrator of anybody.
    let technical = account["technicalUserId"].as_str().unwrap();
    mary.put(&format!("/api/users/{technical}/groups"), json!({ "groupIds": [group["id"]] })).await.expect(200);
    let ada = world.accept_invitation("ada@acme.example").await;
    let more = json!({ "enterpriseId": enterprise, "name": "More", "preset": "administrator" });
    assert_eq!(ada.post("/api/roles", more).await.refused(403), "forbidden");
    let same = json!({ "enterpriseId": enterprise, "name": "Same", "preset": "viewer" });
    ada.post("/api/roles", same).await.expect(201);
}
