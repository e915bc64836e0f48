//! Callers are counted by where they come from and who they are; nothing that they write names a counter.

use std::net::IpAddr;

use axum::http::Method;
use plane::{
    http::client_address::ForwardedHeader,
    network::{ProxyNetwork, TrustedProxies},
    settings::Settings,
};
use serde_json::json;
use testkit::world::{Answer, PASSWORD, World};

use crate::tenants::tenant;

const TOKEN: &str = "a-token-of-the-monitoring-system-alone";

async fn behind_proxies(forwarded_header: ForwardedHeader) -> World {
    let trusted: TrustedProxies =
        ["127.0.0.1", "10.0.0.0/8"].iter().map(|text| text.parse::<ProxyNetwork>().unwrap()).collect();
    let settings = Settings {
        trusted_proxies: trusted,
        forwarded_header,
        session_requests_per_five_minutes: 100,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    world.set_up().await;
    world
}

async fn refresh(world: &World, at: IpAddr, headers: &[(&str, &str)]) -> Answer {
    world.nobody().at(at).send(Method::POST, "/api/auth/refresh", Some(json!({})), headers).await
}

/// A proxy that appends a line of its own: the first line is the caller's.
#[tokio::test]
async fn a_second_line_of_the_forwarded_header_does_not_undo_the_limit() {
    for (setting, name, form) in
        [(ForwardedHeader::XForwardedFor, "x-forwarded-for", ""), (ForwardedHeader::Forwarded, "forwarded", "for=")]
    {
        let world = behind_proxies(setting).await;
        let mut limited = 0;
        for number in 0..160 {
            let (forged, true_one) = (format!("{form}198.51.100.{number}"), format!("{form}203.0.113.7"));
            let answer = refresh(&world, [127, 0, 0, 1].into(), &[(name, &forged), (name, &true_one)]).await;
            limited += usize::from(answer.status == 429);
        }
        assert!(limited >= 55, "{name}: {limited}");
        let garbage = [(name, "garbage"), (name, "203.0.113.8:4711")];
        let garbage = garbage.map(|(name, value)| (name, format!("{form}{value}")));
        let headers = garbage.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(refresh(&world, [127, 0, 0, 1].into(), &headers).await.status, 401);
    }
}

#[tokio::test]
async fn a_second_line_of_the_forwarded_header_does_not_undo_the_lock() {
    let world = behind_proxies(ForwardedHeader::XForwardedFor).await;
    let acme = tenant(&world, "Acme").await;
    let member = acme.member(&world, "grace", json!([])).await;
    let sign_in = async |number: usize, password: &str| {
        let body = json!({ "email": member.email, "password": password });
        let forged = format!("198.51.100.{number}");
        let headers = [("x-forwarded-for", forged.as_str()), ("x-forwarded-for", "203.0.113.7, 10.1.1.1")];
        world.nobody().at([127, 0, 0, 1].into()).send(Method::POST, "/api/auth/login", Some(body), &headers).await
    };
    for number in 0..20 {
        assert_eq!(sign_in(number, "wrong-password-of-hers").await.status, 401);
    }
    assert_eq!(sign_in(99, PASSWORD).await.refused(401), "invalid_credentials");
}

#[tokio::test]
async fn on_a_dual_stack_listener_each_ipv4_caller_has_a_limit_of_its_own() {
    let world = behind_proxies(ForwardedHeader::XForwardedFor).await;
    let mapped = |last: u8| IpAddr::from(std::net::Ipv4Addr::new(192, 0, 2, last).to_ipv6_mapped());
    let answers = async |at: IpAddr, many: usize| {
        let mut statuses = Vec::new();
        for _ in 0..many {
            statuses.push(refresh(&world, at, &[]).await.status);
        }
        statuses
    };
    assert!(answers(mapped(2), 105).await.contains(&429));
    for other in [3, 4, 5] {
        assert_eq!(answers(mapped(other), 1).await, [401]);
    }
    // One spelling or the other, it is the same caller.
    assert_eq!(answers([192, 0, 2, 2].into(), 1).await, [429]);
    // A proxy is recognised however its address is spelt.
    let proxy = IpAddr::from(std::net::Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped());
    for number in 0..130 {
        let forwarded = format!("::ffff:203.0.113.{number}");
        assert_eq!(refresh(&world, proxy, &[("x-forwarded-for", &forwarded)]).await.status, 401);
    }
    // Of IPv6, a /64 is one caller.
    for number in 0..100 {
        let at = format!("2001:db8::{number:x}").parse().unwrap();
        assert_eq!(refresh(&world, at, &[]).await.status, 401);
    }
    assert!(answers("2001:db8::ffff".parse().unwrap(), 5).await.contains(&429));
    assert_eq!(answers("2001:db8:0:1::1".parse().unwrap(), 1).await, [401]);
}

#[tokio::test]
async fn invented_methods_and_paths_leave_no_metric() {
    let world = World::new().await;
    let nobody = world.nobody();
    nobody.send(Method::from_bytes(b"BREW").unwrap(), "/api/users", None, &[]).await.refused(405);
    nobody.get("/api/nothing").await.refused(404);
    let before = world.plane.metrics().render();
    for number in 0..2_000 {
        let method = Method::from_bytes(format!("M{number}{}", "X".repeat(number % 50)).as_bytes()).unwrap();
        nobody.send(method.clone(), "/api/users", None, &[]).await.refused(405);
        nobody.send(method, &format!("/m{number}"), None, &[]).await;
        nobody.get(&format!("/api/nothing/{number}?x={number}")).await.refused(404);
    }
    let after = world.plane.metrics().render();
    let lines = |text: &str| text.lines().count();
    assert!(lines(&after) <= lines(&before) + 60, "{} lines became {}", lines(&before), lines(&after));
    assert!(after.contains("method=\"other\""), "{after}");
}

#[tokio::test]
async fn metrics_are_closed_without_their_token() {
    let world = World::new().await;
    let closed = world.operator().await.get("/metrics").await;
    assert!(closed.body["help"].as_str().unwrap().contains("metrics_listen"), "{}", closed.body);
    assert_eq!(closed.refused(404), "not_found");

    let settings = Settings { metrics_token: Some(TOKEN.into()), ..Settings::default() };
    let world = World::with(settings).await;
    for token in [None, Some("wrong"), Some(""), Some(&TOKEN[1..])] {
        let mut person = world.nobody();
        person.token = token.map(ToOwned::to_owned);
        assert_eq!(person.get("/metrics").await.refused(401), "unauthenticated");
    }
    let open = world.nobody().with_token(TOKEN).get("/metrics").await;
    assert!(open.body.as_str().unwrap_or_default().contains("freehold_http_requests"), "{}", open.body);
}

#[tokio::test]
async fn operators_see_the_metrics_in_the_api() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    assert_eq!(acme.admin.get("/api/metrics").await.refused(403), "forbidden");
    let shown = world.operator().await.get("/api/metrics").await.expect(200);
    assert!(shown["text"].as_str().unwrap().contains("freehold_http_requests"));
}

#[tokio::test]
async fn users_and_accounts_have_limits() {
    let settings = Settings { user_requests_per_minute: 30, account_requests_per_minute: 50, ..Settings::default() };
    let world = World::with(settings).await;
    world.set_up().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let member = acme.member(&world, "grace", json!([])).await;
    let flood = async |person: &testkit::world::Person| {
        let mut passed = 0;
        for _ in 0..60 {
            let answer = person.get("/api/users/me/access").await;
            if answer.status == 429 {
                assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
                return passed;
            }
            passed += 1;
        }
        passed
    };
    // The minute goes on meanwhile, which gives some requests back.
    assert!((25..=40).contains(&flood(&acme.admin).await), "one user");
    assert!((5..=28).contains(&flood(&member.person).await), "what is left of the account's");
    assert!(flood(&bolt.admin).await >= 25, "another account is not concerned");
}

#[tokio::test]
async fn costly_operations_have_a_small_limit_of_their_own() {
    let settings = Settings { costly_requests_per_minute: 3, ..Settings::default() };
    let world = World::with(settings).await;
    world.set_up().await;
    let acme = tenant(&world, "Acme").await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(acme.admin.get("/api/audit/verify").await.status);
    }
    assert_eq!(statuses[..3], [200, 200, 200]);
    assert!(statuses[3..].contains(&429), "{statuses:?}");
    acme.admin.get("/api/audit").await.expect(200);
    let costly: Vec<_> = testkit::operations::operations()
        .into_iter()
        .filter(|operation| operation.described["x-costly"] == true)
        .map(|operation| operation.id)
        .collect();
    // Reviewed: what takes much work, or makes others work.
    let reviewed = [
        "accounts_restore",
        "audit_check",
        "audit_checkpoint",
        "connections_verify",
        "licenses_send_reminders",
        "provisioning_start",
        "provisioning_undo",
        "provisioning_replay",
        "users_provision",
        "users_invite",
    ];
    assert_eq!(costly, reviewed);
}
