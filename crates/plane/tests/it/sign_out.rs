//! Signing out: whatever credential of a session is presented, and in whatever form, the session ends.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::world::{Answer, Person, World};

use crate::{
    people::{busy_world, menu},
    tenants::tenant,
};

const LOGOUT: &str = "/api/auth/logout";
const REFRESH: &str = "/api/auth/refresh";

/// One signed-in session: its access token, its refresh token, and its cookie pair.
struct Session {
    person: Person,
    refresh: String,
    cookie: String,
}

impl Session {
    async fn open(world: &World, email: &str) -> Self {
        let login = |grant: &str| json!({ "email": email, "password": testkit::world::PASSWORD, "grant": grant });
        let tokens = world.nobody().post("/api/auth/login", login("token")).await.expect(200);
        let refresh = tokens["refreshToken"].as_str().unwrap().to_owned();
        let name = cookie_name(&world.nobody().post("/api/auth/login", login("cookie")).await);
        let person = world.nobody().with_token(tokens["accessToken"].as_str().unwrap());
        Self { person, cookie: format!("{name}={refresh}"), refresh }
    }

    async fn is_over(&self, world: &World) -> bool {
        let access = self.person.get("/api/users/me/access").await.status;
        let body = json!({ "refreshToken": self.refresh });
        let renewed = world.nobody().post(REFRESH, body).await.status;
        assert_eq!(access == 401, renewed == 401, "both tokens are of one session: {access}, {renewed}");
        access == 401
    }
}

fn cookie_name(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split_once('=').unwrap().0.to_owned()
}

/// A body, as it is sent: `None` is no body at all.
type Body = Option<Value>;

/// Sends a sign-out with these credentials; `typed` says whether the body has a content type.
async fn sign_out(world: &World, bearer: Option<&Session>, cookie: Option<&str>, body: &Body, typed: bool) -> Answer {
    let caller = bearer.map_or_else(|| world.nobody(), |session| session.person.clone());
    let mut headers: Vec<(&str, &str)> = cookie.map(|cookie| ("cookie", cookie)).into_iter().collect();
    if typed {
        headers.push(("content-type", "application/json"));
    }
    let body = body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
    caller.send_raw(Method::POST, LOGOUT, body, &headers).await
}

#[tokio::test]
async fn every_form_of_sign_out_ends_the_session_that_it_presents() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let grace = acme.member(&world, "grace", json!([menu("access-control", "v")])).await;
    let useless: &[Body] = &[
        None,
        Some(json!({})),
        Some(json!({ "refreshToken": null })),
        Some(json!({ "refreshToken": "fhr_nobody-has-this-one" })),
    ];
    for typed in [true, false] {
        for body in useless {
            let what = format!("body {body:?}, content type: {typed}");
            let by_bearer = Session::open(&world, &grace.email).await;
            let answer = sign_out(&world, Some(&by_bearer), None, body, typed).await;
            assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"), "{what}");
            answer.expect(204);
            assert!(by_bearer.is_over(&world).await, "bearer, {what}");

            let by_cookie = Session::open(&world, &grace.email).await;
            sign_out(&world, None, Some(&by_cookie.cookie), body, typed).await.expect(204);
            assert!(by_cookie.is_over(&world).await, "cookie, {what}");
        }
        let by_body = Session::open(&world, &grace.email).await;
        let body = Some(json!({ "refreshToken": by_body.refresh }));
        sign_out(&world, None, None, &body, typed).await.expect(204);
        assert!(by_body.is_over(&world).await, "body, content type: {typed}");

        // Three sessions presented at once all end.
        let [one, two, three] = [(); 3].map(|()| Session::open(&world, &grace.email));
        let (one, two, three) = (one.await, two.await, three.await);
        let body = Some(json!({ "refreshToken": two.refresh }));
        sign_out(&world, Some(&one), Some(&three.cookie), &body, typed).await.expect(204);
        for session in [&one, &two, &three] {
            assert!(session.is_over(&world).await, "all three, content type: {typed}");
        }
    }
}

#[tokio::test]
async fn a_sign_out_that_ends_nothing_says_so_and_one_that_cannot_be_read_does_nothing() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let grace = acme.member(&world, "grace", json!([menu("access-control", "v")])).await;
    let session = Session::open(&world, &grace.email).await;
    for body in [json!([]), json!([null]), json!(7), json!({ "token": "x" }), json!({ "refreshToken": 7 })] {
        let refused = sign_out(&world, Some(&session), None, &Some(body.clone()), true).await;
        assert_eq!(refused.refused(400), "invalid_request", "{body}");
        assert!(!session.is_over(&world).await, "{body}");
    }
    let forged = world.nobody().with_token("not.a.token");
    assert_eq!(forged.send_raw(Method::POST, LOGOUT, Vec::new(), &[]).await.refused(401), "unauthenticated");
    // With a refresh token beside it, the session ends all the same.
    let body = json!({ "refreshToken": session.refresh });
    forged.post(LOGOUT, body.clone()).await.expect(204);
    assert!(session.is_over(&world).await);
    // A session that is over already, and no session at all, are fine.
    session.person.send_raw(Method::POST, LOGOUT, Vec::new(), &[]).await.expect(204);
    world.nobody().post(LOGOUT, body).await.expect(204);
    world.nobody().send_raw(Method::POST, LOGOUT, Vec::new(), &[]).await.expect(204);
}

#[tokio::test]
async fn a_refresh_by_cookie_needs_neither_body_nor_content_type() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let grace = acme.member(&world, "grace", json!([menu("access-control", "v")])).await;
    for (body, typed) in [("", false), ("", true), ("{}", false), ("{}", true), (r#"{"refreshToken":null}"#, false)] {
        let session = Session::open(&world, &grace.email).await;
        let mut headers = vec![("cookie", session.cookie.as_str())];
        if typed {
            headers.push(("content-type", "application/json"));
        }
        let answer = world.nobody().send_raw(Method::POST, REFRESH, body.into(), &headers).await;
        assert!(answer.header("set-cookie").is_some(), "{body:?}");
        let tokens = answer.expect(200);
        assert!(tokens["accessToken"].is_string() && tokens["refreshToken"].is_null(), "{tokens}");
    }
    assert_eq!(world.nobody().send_raw(Method::POST, REFRESH, Vec::new(), &[]).await.refused(401), "unauthenticated");
}
