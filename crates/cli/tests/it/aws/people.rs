//! People in a user pool: what preflight makes and finds of one, and servers that stand on it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Aws, SERVE, bad, nowhere, run};
use crate::server::{ADMIN, Home, PASSWORD, Ran};

impl Aws {
    /// With a table and a pool, which the environment names.
    fn with_people() -> Self {
        let (mut aws, home) = (Self::start(), Home::new());
        aws.environment.insert("FREEHOLD_AWS_ENDPOINT_COGNITO", aws.moto.endpoint());
        let made = aws.run(&home, &["preflight", "--fix", "--user-pool", "--json"]);
        let checks: Vec<Value> = serde_json::from_str(&made.out).unwrap();
        made.good();
        let told = checks.iter().find(|check| check["name"] == "user pool settings").unwrap();
        let mut told = told["finding"].as_str().unwrap().split('"').skip(1).step_by(2).map(str::to_owned);
        aws.environment.insert("FREEHOLD_AWS_USER_POOL", told.next().unwrap());
        aws.environment.insert("FREEHOLD_AWS_USER_POOL_CLIENT", told.next().unwrap());
        aws
    }

    fn cognito(&self, operation: &str, body: &Value) -> Value {
        self.ask(&format!("AWSCognitoIdentityProviderService.{operation}"), "cognito-idp", body)
    }
}

/// The names of what is not as it should be, each with its fix.
fn not_well(checks: &str) -> BTreeMap<String, String> {
    let checks: Vec<Value> = serde_json::from_str(checks).unwrap();
    let fixes = checks.iter().filter_map(|check| Some((check["name"].as_str()?, check["fix"].as_str()?)));
    fixes.map(|(name, fix)| (name.to_owned(), fix.to_owned())).collect()
}

#[test]
fn half_a_setting_or_another_text_is_refused() {
    let home = Home::new();
    let with = |settings: &[(&'static str, &str)]| {
        let mut environment = nowhere();
        environment.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        run(&home, &SERVE, &environment).refused(2)
    };
    insta::assert_snapshot!(with(&[("FREEHOLD_AWS_USER_POOL", "eu-central-1_people")]), @r"
    error: the setting aws_user_pool_client is wrong (the defaults): it is set together with aws_user_pool
    hint: freehold config --defaults explains every setting
    ");
    let both = [("FREEHOLD_AWS_USER_POOL", "people"), ("FREEHOLD_AWS_USER_POOL_CLIENT", "app")];
    insta::assert_snapshot!(with(&both), @r"
    error: the setting aws_user_pool is wrong (the environment: FREEHOLD_AWS_USER_POOL): the id of a user pool looks like eu-central-1_a1B2c3D4e
    hint: freehold config --defaults explains every setting
    ");
}

#[test]
fn the_pool_that_preflight_makes_is_as_it_must_be() {
    let (aws, home) = (Aws::with_people(), Home::new());
    let ran = aws.run(&home, &["preflight", "--json"]);
    assert_eq!(bad(&ran.out), BTreeMap::new());
    assert!(not_well(&ran.out).contains_key("triggers"), "{}", ran.out);
    let found: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
    for name in [
        "user pool",
        "password policy",
        "self sign-up",
        "attributes",
        "app client",
        "sign-in flows",
        "token revocation",
        "token lives",
        "writable attributes",
    ] {
        assert!(found.iter().any(|check| check["name"] == name && check["state"] == "ok"), "{name}: {}", ran.out);
    }
    // Asked again, it makes no second one.
    let mut unnamed = aws.environment.clone();
    unnamed.retain(|name, _| !name.starts_with("FREEHOLD_AWS_USER_POOL"));
    let again = run(&home, &["preflight", "--fix", "--user-pool", "--json"], &unnamed);
    assert!(again.out.contains(&aws.environment["FREEHOLD_AWS_USER_POOL_CLIENT"]), "{}", again.out);
}

#[test]
fn a_pool_that_is_not_as_it_must_be_is_told_point_by_point() {
    let (mut aws, home) = (Aws::with_people(), Home::new());
    let pool = aws.cognito("CreateUserPool", &json!({ "PoolName": "others", "UsernameAttributes": ["email"] }));
    let pool = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    let client = json!({
        "UserPoolId": pool, "ClientName": "others", "GenerateSecret": true, "EnableTokenRevocation": false,
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "WriteAttributes": ["custom:account_id"]
    });
    let client = aws.cognito("CreateUserPoolClient", &client);
    aws.environment.insert("FREEHOLD_AWS_USER_POOL", pool);
    let client = client["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
    aws.environment.insert("FREEHOLD_AWS_USER_POOL_CLIENT", client);
    insta::assert_debug_snapshot!(bad(&aws.run(&home, &["preflight", "--json"]).out), @r#"
    {
        "app client": "others has a secret; make an app client without one: requests are signed anyway",
        "attributes": "custom:account_id is missing; add the custom attribute account_id, a text",
        "password policy": "the pool takes weaker passwords than the product; ask for 12 characters, with lower case, upper case, digits and symbols",
        "self sign-up": "anybody can make a user; let administrators alone create users",
        "sign-in flows": "ALLOW_ADMIN_USER_PASSWORD_AUTH is off; turn on ALLOW_ADMIN_USER_PASSWORD_AUTH for the app client",
        "token lives": "access tokens live 60 minutes, longer than the product's; set it to 15 minutes, or raise access_token_minutes",
        "token revocation": "off: tokens don't name their session; turn token revocation on for the app client",
        "user pool": "people are called by an attribute in it; make a pool in which people have user names: freehold preflight --fix --user-pool does where none is configured",
        "writable attributes": "people can write their own account; take custom:account_id from the attributes that the app client writes",
    }
    "#);

    aws.environment.insert("FREEHOLD_AWS_USER_POOL_CLIENT", "nobody".into());
    let found = bad(&aws.run(&home, &["preflight", "--json"]).out);
    assert!(found["app client"].ends_with("check aws_user_pool_client"), "{found:?}");
    aws.environment.insert("FREEHOLD_AWS_USER_POOL", "eu-central-1_nowhere".into());
    let found = bad(&aws.run(&home, &["preflight", "--json"]).out);
    assert!(found["user pool"].starts_with("there is no user pool eu-central-1_nowhere; check"), "{found:?}");
}

#[test]
fn a_pool_that_is_out_of_reach_stops_the_start() {
    let (mut aws, home) = (Aws::with_people(), Home::new());
    aws.environment.insert("FREEHOLD_AWS_ENDPOINT_COGNITO", "http://127.0.0.1:1".into());
    insta::assert_snapshot!(aws.run(&home, &SERVE).refused(2), @r"
    error: Cognito, the pool's keys: out of reach
      nothing was started and nothing was changed
    hint: check the region, the network, and the endpoint if one is set
    ");
}

#[test]
fn two_servers_stand_on_one_pool() {
    let aws = Aws::with_people();
    let (one, other) = (Home::new(), Home::new());
    let mut environment = aws.environment();
    environment.push(("FREEHOLD_PUBLIC_URL", "http://freehold.example"));
    let (first, second) = (one.serve_with(&environment), other.serve_with(&environment));
    one.sign_in(&first);
    let account = one.account_file();
    let id = one.run(&["accounts", "create", "-f", account.to_str().unwrap(), "--watch"]).good();
    let args = ["login", "--server", &second.url(), "--email", ADMIN, "--password-stdin"];
    other.tell(&args, &format!("{PASSWORD}\n")).good();
    let seen = other.json(&["accounts", "show", id.lines().next().unwrap()]);
    assert_eq!(seen["status"], "active", "{seen}");
    // What one signs in, the other knows, by the pool's keys; and what the other ends is over.
    let session = std::fs::read_to_string(one.path(".config/freehold/session.json")).unwrap();
    let session: Value = serde_json::from_str(&session).unwrap();
    let mut whoami = other.command(&["whoami"]);
    whoami.env("FREEHOLD_SERVER", second.url()).env("FREEHOLD_TOKEN", session["accessToken"].as_str().unwrap());
    Ran::of(&["whoami"], &whoami.output().unwrap()).good();
    let users = aws.cognito("ListUsers", &json!({ "UserPoolId": aws.environment["FREEHOLD_AWS_USER_POOL"] }));
    assert_eq!(users["Users"].as_array().unwrap().len(), 2, "{users}");
    insta::assert_snapshot!(aws.run(&one, &["rotate-keys"]).refused(1), @"error: the signing keys are the user pool's, which rotates them by itself");
    first.stop();
    second.stop();
}

/// Whether the owner of a host can give an operator a new first password, while a server runs there and without one.
#[track_caller]
fn resets_a_lost_password(aws: &Aws) {
    const NEXT: &str = "Marble-3-otter-compass";
    let home = Home::new();
    let server = home.serve_with(&aws.environment());
    home.sign_in(&server);
    let reset = |home: &Home| {
        let done: Value = serde_json::from_str(&aws.run(home, &["admin", "reset-password", "--json"]).good()).unwrap();
        assert_eq!(done["email"], ADMIN);
        done["password"].as_str().unwrap().to_owned()
    };
    let first = reset(&home);
    assert!(home.run(&["whoami"]).refused(1).contains("not signed in"), "the sessions from before have ended");
    server.stop();
    let second = reset(&home);
    let server = home.serve_with(&aws.environment());
    let login = ["login", "--server", &server.url(), "--email", ADMIN, "--password-stdin"];
    for void in [PASSWORD, &first] {
        let refused = home.tell(&login, &format!("{void}\n")).refused(1);
        assert!(refused.contains("invalid_credentials"), "{refused}");
    }
    home.tell(&login, &format!("{second}\n{NEXT}\n")).good();
    assert!(home.run(&["whoami"]).good().contains(ADMIN));
    server.stop();
}

#[test]
fn a_lost_password_is_reset_on_the_host_in_the_table() {
    resets_a_lost_password(&Aws::prepared());
}

#[test]
fn a_lost_password_is_reset_on_the_host_in_the_pool() {
    resets_a_lost_password(&Aws::with_people());
}
