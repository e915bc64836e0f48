//! The client: signing in, records, the main job, refusals.

use std::{fs, os::unix::fs::MetadataExt as _};

use crate::server::{ADMIN, Home, INITIAL, PASSWORD};

#[test]
fn signing_in_answers_the_challenge_and_keeps_a_session() {
    let home = Home::new();
    let server = home.serve();
    let error = home.run(&["whoami", "--server", &server.url()]).refused(1);
    assert!(error.contains("you are not signed in") && error.contains("hint: freehold login"), "{error}");
    let args = ["login", "--server", &server.url(), "--email", ADMIN, "--password-stdin"];
    let error = home.tell(&args, "wrong\n").refused(1);
    assert!(error.contains("invalid_credentials") && error.contains("request id: "), "{error}");

    home.sign_in(&server);
    let session = home.path(".config/freehold/session.json");
    assert_eq!(fs::metadata(&session).unwrap().mode() & 0o777, 0o600);
    assert!(home.run(&["whoami"]).good().contains(ADMIN));
    assert_eq!(home.json(&["whoami"])["operator"], true);

    // An access token that is over is renewed by the refresh token.
    let text = fs::read_to_string(&session).unwrap();
    let mut kept: serde_json::Value = serde_json::from_str(&text).unwrap();
    kept["expiresAt"] = "2020-01-01T00:00:00Z".into();
    fs::write(&session, kept.to_string()).unwrap();
    assert!(home.run(&["whoami"]).good().contains(ADMIN));
    assert!(fs::read_to_string(&session).unwrap() != text);
    kept["accessToken"] = "nonsense".into();
    kept["expiresAt"] = "2099-01-01T00:00:00Z".into();
    kept["refreshToken"] =
        serde_json::from_str::<serde_json::Value>(&fs::read_to_string(&session).unwrap()).unwrap()["refreshToken"]
            .clone();
    fs::write(&session, kept.to_string()).unwrap();
    assert!(home.run(&["whoami"]).good().contains(ADMIN));

    home.run(&["logout"]).good();
    assert!(!session.exists());
    home.tell(&args, PASSWORD).good();
    server.stop();
    let error = home.run(&["whoami"]).refused(1);
    assert!(error.contains("can't be reached") && error.contains("hint: start it with"), "{error}");
}

#[test]
fn the_first_sign_in_asks_for_an_address_where_none_is_configured_and_one_changes_it() {
    let home = Home::new();
    let server = home.serve_with(&[("FREEHOLD_ADMIN_EMAIL", plane::text::DEFAULT_ADMIN_EMAIL)]);
    let url = server.url();
    let args = ["login", "--server", &url, "--email", plane::text::DEFAULT_ADMIN_EMAIL, "--password-stdin"];
    let without = home.tell(&args, &format!("{INITIAL}\n{PASSWORD}\n"));
    assert_eq!(without.code, Some(2), "{}", without.err);
    assert!(without.err.contains("stdin ended where this was expected: E-mail"), "{}", without.err);
    let signed_in = home.tell(&args, &format!("{INITIAL}\n{PASSWORD}\nchief@platform.example\n"));
    assert!(signed_in.err.contains("as chief@platform.example"), "{}", signed_in.err);
    assert!(home.run(&["whoami"]).good().contains("chief@platform.example"));
    assert!(home.log().contains("the administrator has the default address"), "{}", home.log());

    let wrong = home.tell(&["me", "email", "boss@platform.example", "--password-stdin"], "wrong\n").refused(1);
    assert!(wrong.contains("invalid_credentials"), "{wrong}");
    let asked = home.tell(&["me", "email", "boss@platform.example", "--password-stdin"], PASSWORD);
    assert!(asked.err.contains("freehold me confirm-email CODE"), "{}", asked.err);
    let mut text = String::new();
    crate::server::wait("the code is mailed", || {
        let mails = home.json(&["outbox", "list", "--filter", "to=boss@platform.example"]);
        text = mails["items"][0]["text"].as_str().unwrap_or_default().to_owned();
        !text.is_empty()
    });
    let code = text.split_once("#code=").unwrap().1.split_whitespace().next().unwrap();
    home.run(&["me", "confirm-email", code]).good();
    assert!(home.run(&["whoami"]).good().contains("boss@platform.example"));
    server.stop();
}

#[test]
fn connections_are_refused_where_there_are_no_other_accounts() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    let error = home.run(&["connections", "create", "name=Acme", "region=eu-central-1"]).refused(1);
    assert!(
        error.contains("no way to other accounts") && error.contains("hint: ") && error.contains("aws profile"),
        "{error}"
    );
    assert_eq!(home.run(&["connections", "list"]).good().lines().count(), 1);
    let nobody = "019b0000-0000-7000-8000-000000000000";
    for command in [
        &["connections", "stack", nobody][..],
        &["connections", "verify", nobody, "--role", "arn:aws:iam::210987654321:role/x"],
    ] {
        assert!(home.run(command).refused(1).contains("not_found"), "{command:?}");
    }
}

#[test]
fn records_are_created_listed_changed_and_deleted() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    let id = home.run(&["services", "create", "name=Ledger", "description=Books"]).good();
    let shown = home.json(&["services", "show", &id]);
    assert_eq!((&shown["name"], &shown["description"]), (&"Ledger".into(), &"Books".into()));
    assert_eq!(home.run(&["services", "update", &id, "description:=null"]).good(), "");
    assert!(home.json(&["services", "show", &id])["description"].is_null());
    for number in 0..4 {
        home.run(&["services", "create", &format!("name=Service {number}")]).good();
    }
    let page = home.run(&["services", "list", "--limit", "2"]);
    assert!(page.err.starts_with("there are more: --all, or --cursor "), "{}", page.err);
    let page = page.good();
    assert_eq!(page.lines().count(), 3);
    assert!(page.starts_with("ID "), "{page}");
    let all = home.json(&["services", "list", "--limit", "2", "--all"]);
    assert_eq!(all["items"].as_array().unwrap().len(), 6);
    assert!(all.get("nextCursor").is_none());
    assert_eq!(home.run(&["services", "delete", &id]).good(), "");
    let error = home.run(&["services", "show", &id]).refused(1);
    assert!(error.contains("not_found"), "{error}");

    let error = home.run(&["services", "create", "nam=x"]).refused(1);
    assert!(error.contains("invalid_request") && error.contains("/nam: ") && error.contains("request id: "), "{error}");
    let created = home.json(&["services", "create", "name=Once", "--idempotency-key", "one"]);
    let again = home.json(&["services", "create", "name=Once", "--idempotency-key", "one"]);
    assert_eq!(created["id"], again["id"]);
    assert_eq!(home.run(&["services", "show", "not-an-id"]).code, Some(2));
    server.stop();
}

#[test]
fn what_is_in_use_is_deleted_with_yes_and_a_stale_tag_is_refused() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    let enterprises = home.json(&["enterprises", "list"]);
    let enterprise = enterprises["items"][0]["id"].as_str().unwrap();
    let role = home.run(&["roles", "create", "name=Reader", "--enterprise", enterprise]).good();
    let group = home.run(&["groups", "create", "name=Readers", "--enterprise", enterprise]).good();
    home.run(&["groups", "roles", &group, "--set", &role]).good();
    for command in [
        ["groups", "roles", &group, "--set", "", "--if-match", "\"1\""],
        ["groups", "update", &group, "name=Writers", "--if-match", "\"99\"", "--yes"],
        ["groups", "delete", &group, "--yes", "--if-match", "\"99\"", "--json"],
    ] {
        let error = home.run(&command).refused(1);
        assert!(error.contains("precondition_failed"), "{error}");
    }
    let error = home.run(&["roles", "delete", &role]).refused(1);
    assert!(error.contains("still_assigned: 0 users and 1 group would lose this role"), "{error}");
    assert!(error.contains("hint: to do it all the same, repeat the command with --yes"), "{error}");
    assert_eq!(home.run(&["roles", "delete", &role, "--yes"]).good(), "");
    assert_eq!(home.run(&["groups", "delete", &group]).good(), "", "nobody is in it");
    let deleted = home.json(&["audit", "list", "--whole-account", "--filter", "action=role_delete"]);
    assert_eq!(deleted["items"][0]["targetName"], "Reader");
    server.stop();
}

#[test]
fn an_account_is_onboarded_step_by_step_and_removed() {
    let home = Home::new();
    let server = home.serve();
    home.sign_in(&server);
    let file = home.account_file();
    let ran = home.run(&["accounts", "create", "-f", file.to_str().unwrap(), "--watch"]);
    assert!(ran.err.contains("ProvisionCognitoUsers  succeeded\n"), "{}", ran.err);
    let account = ran.good();
    assert_eq!(home.json(&["accounts", "show", &account])["status"], "active");
    assert_eq!(home.json(&["provisioning", "show", &account])["status"], "succeeded");
    assert!(home.run(&["executions", "list"]).good().contains(&account));
    let mails = home.json(&["outbox", "list", "--filter", "to=ada@acme.example"]);
    let mail = home.run(&["outbox", "show", mails["items"][0]["id"].as_str().unwrap()]).good();
    assert!(mail.contains("/accept-invitation#token="), "{mail}");
    assert!(home.run(&["licenses", "capacity", "--account", &account]).good().contains("total"));
    let license = home.json(&["licenses", "list", "--account", &account])["items"][0].clone();
    let id = license["id"].as_str().unwrap();
    home.run(&["licenses", "update", id, "contact.name=Grace", "--account", &account]).good();
    let renamed = home.json(&["licenses", "show", id, "--account", &account]);
    assert_eq!(renamed["contact"]["name"], "Grace");
    assert_eq!(renamed["contact"]["email"], license["contact"]["email"], "the fields beside it stay");

    let export = home.path("audit.jsonl");
    let export = export.to_str().unwrap();
    crate::server::wait("the log is sealed", || {
        home.run(&["audit", "export", "--account", &account, "-o", export]).good();
        fs::read_to_string(export).unwrap().contains("account_create")
    });
    home.run(&["audit", "verify", "--account", &account]).good();
    home.run(&["audit", "verify", "--full", "--account", &account]).good();
    home.run(&["audit", "verify", "--file", export]).good();
    let keys = home.path("audit-keys.json");
    fs::write(&keys, home.run(&["audit", "keys"]).good()).unwrap();
    let verify = |text: &str| {
        fs::write(export, text).unwrap();
        home.run(&["audit", "verify", "--file", export, "--keys", keys.to_str().unwrap()])
    };
    let whole = fs::read_to_string(export).unwrap();
    verify(&whole).good();
    let (cut, _) = whole.trim_end().rsplit_once('\n').unwrap();
    for (forged, what) in [
        (whole.replacen("account_create", "account_forge", 1), "is not as it was written"),
        (whole.replacen("{\"accountId\"", "{\"added\":1,\"accountId\"", 1), "line 1 is not as an export writes it"),
        (cut.to_owned(), "the checkpoint at its end is missing"),
    ] {
        let error = verify(&forged).refused(1);
        assert!(error.contains(what), "{error}");
    }

    let wrong = home.run(&["accounts", "delete", &account, "--confirm", "Acne"]).refused(1);
    assert!(wrong.contains("error: "), "{wrong}");
    home.run(&["accounts", "delete", &account, "--confirm", "Acme", "--watch"]).good();
    home.run(&["accounts", "receipt", &account]).good();
    server.stop();
}

#[test]
fn a_run_that_fails_fails_the_command_and_can_be_redriven() {
    let home = Home::new();
    let server = home.serve_with(&[("FREEHOLD_FAULTS", "WriteCoreRecords:permanent")]);
    home.sign_in(&server);
    let file = home.account_file();
    let ran = home.run(&["accounts", "create", "-f", file.to_str().unwrap(), "--watch"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains("error: the run failed at WriteCoreRecords"), "{}", ran.err);
    let account = ran.out;
    assert!(
        ran.err.contains(&format!("hint: when the cause is gone: freehold provisioning redrive {account}")),
        "{}",
        ran.err
    );
    let letters = home.json(&["dead-letters", "list"]);
    assert_eq!(letters["items"][0]["state"], "WriteCoreRecords");
    home.run(&["dead-letters", "show", letters["items"][0]["id"].as_str().unwrap()]).good();
    home.run(&["provisioning", "redrive", &account, "--watch"]).good();
    assert_eq!(home.json(&["accounts", "show", &account])["status"], "active");
    server.stop();
}

#[test]
fn a_removal_that_failed_says_so_and_names_the_way_out() {
    let home = Home::new();
    let server = home.serve_with(&[("FREEHOLD_FAULTS", "RemoveRecords:permanent")]);
    home.sign_in(&server);
    let file = home.account_file();
    let account = home.run(&["accounts", "create", "-f", file.to_str().unwrap(), "--watch"]).good();
    let begun = home.run(&["accounts", "delete", &account, "--confirm", "Acme"]);
    assert_eq!(begun.err, format!("its removal has begun: freehold provisioning watch {account}"));
    let watched = home.run(&["provisioning", "watch", &account]);
    assert_eq!(watched.code, Some(1));
    let watched = watched.err;
    assert!(watched.contains("error: the run failed at RemoveRecords"), "{watched}");
    assert!(watched.contains(&format!("freehold provisioning redrive {account}")), "{watched}");
    let failed = home.json(&["accounts", "list", "--filter", "status=failed"]);
    assert_eq!(failed["items"][0]["id"], account.as_str(), "{failed}");
    let again = home.run(&["accounts", "delete", &account, "--confirm", "Acme"]).refused(1);
    assert!(again.contains(&format!("freehold provisioning redrive {account}")), "{again}");
    home.run(&["provisioning", "redrive", &account, "--watch"]).good();
    assert_eq!(home.json(&["accounts", "show", &account])["status"], "deleted");
    server.stop();
}
