//! `freehold admin`: what the owner of the host does for operators who can't sign in any more.

use serde_json::{Value, json};

use crate::server::{ADMIN, Home, PASSWORD, Server};

/// What a sign-in with a password answers, and its status.
async fn sign_in(server: &Server<'_>, password: &str) -> (u16, Value) {
    let url = format!("{}/api/auth/login", server.url());
    let body = json!({ "email": ADMIN, "password": password, "grant": "token" }).to_string();
    let request = reqwest::Client::new().post(url).header("content-type", "application/json").body(body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_password_is_reset_on_the_host() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    // The running server is asked; a repeat replaces the password before.
    let first = home.json(&["admin", "reset-password"]);
    let second = home.json(&["admin", "reset-password", ADMIN]);
    assert_eq!(first["email"], ADMIN);
    let password = |done: &Value| done["password"].as_str().unwrap().to_owned();
    assert_eq!(sign_in(&server, &password(&first)).await.0, 401);
    let (status, challenge) = sign_in(&server, &password(&second)).await;
    assert_eq!((status, &challenge["challenge"]), (200, &json!("NEW_PASSWORD_REQUIRED")));
    assert_eq!(sign_in(&server, PASSWORD).await.0, 401);
    // The sessions from before have ended.
    home.run(&["services", "list"]).refused(1);
    server.stop();

    // The same without a server, in the words of a person.
    let ran = home.run(&["admin", "reset-password"]);
    assert!(ran.err.contains(ADMIN) && ran.err.contains("shown this once"), "{}", ran.err);
    let password = ran.good().trim().to_owned();
    let server = home.serve();
    let (status, challenge) = sign_in(&server, &password).await;
    assert_eq!(status, 200, "{challenge}");
    let url = format!("{}/api/auth/challenge", server.url());
    let body = json!({
        "challenge": challenge["challenge"], "session": challenge["session"], "newPassword": PASSWORD, "grant": "token"
    });
    let request = reqwest::Client::new().post(url).header("content-type", "application/json").body(body.to_string());
    let tokens: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    let token = tokens["accessToken"].as_str().unwrap_or_else(|| panic!("{tokens}"));
    let url = format!("{}/api/audit/account?action=user_password_reset", server.url());
    let log = reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap().text().await.unwrap();
    let log: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log["items"].as_array().map(Vec::len), Some(3), "{log}");
    assert_eq!(log["items"][0]["author"]["name"], "host");
    server.stop();
}

#[test]
fn a_reset_that_can_not_be_done_changes_nothing() {
    let home = Home::new();
    let error = home.run(&["admin", "reset-password"]).refused(2);
    assert!(error.contains("there is no data in") && error.contains("--data-dir"), "{error}");
    assert!(!home.data().exists());
    std::fs::create_dir(home.data()).unwrap();
    std::fs::write(home.data().join("notes.txt"), "no data folder").unwrap();
    home.run(&["admin", "reset-password"]).refused(2);

    let home = Home::new();
    home.serve().stop();
    let error = home.run(&["admin", "reset-password", "nobody@example.com"]).refused(1);
    assert!(error.contains("nobody@example.com is the address of no operator") && error.contains(ADMIN), "{error}");
    let error = home.run(&["admin", "reset-password", "nobody"]).refused(1);
    assert!(error.contains("an e-mail address"), "{error}");
    // A server that has no control socket holds the folder.
    let server = home.serve();
    std::fs::remove_file(home.data().join("control.sock")).unwrap();
    let error = home.run(&["admin", "reset-password"]).refused(1);
    assert!(error.contains("owns the data folder") && error.contains("stop that server first"), "{error}");
    server.stop();
}
