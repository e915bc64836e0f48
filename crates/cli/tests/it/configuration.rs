//! Where settings come from, and what is said of wrong ones.

use std::fs;

use serde_json::Value;

use crate::server::Home;

fn value<'a>(settings: &'a Value, key: &str, field: &str) -> &'a Value {
    let found = settings.as_array().unwrap().iter().find(|setting| setting["key"] == key);
    &found.unwrap_or_else(|| panic!("{key} is not shown"))[field]
}

#[test]
fn the_default_file_parses_back_to_the_defaults() {
    let home = Home::new();
    let file = home.path("all.toml");
    fs::write(&file, home.run(&["config", "--defaults"]).good()).unwrap();
    let plain = home.json(&["config"]);
    let read = home.json(&["config", "--config", file.to_str().unwrap()]);
    let values = |settings: &Value| {
        let pairs =
            settings.as_array().unwrap().iter().map(|setting| (setting["key"].clone(), setting["value"].clone()));
        pairs.collect::<Vec<_>>()
    };
    assert_eq!(values(&plain), values(&read));
    assert_eq!(values(&plain).len(), 71);
    assert_eq!(value(&read, "listen", "source"), file.to_str().unwrap());
    assert_eq!(value(&plain, "listen", "source"), "the defaults");
}

#[test]
fn later_sources_win_and_secrets_are_not_shown() {
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    let file = home.data().join("freehold.toml");
    fs::write(&file, "listen = \"127.0.0.1:1\"\nruns_at_once = 7\nadmin_password = \"Copper-4-kettle\"\n").unwrap();
    let shown = home
        .command(&["config", "--json"])
        .env("FREEHOLD_LISTEN", "127.0.0.1:2")
        .env("FREEHOLD_TRUSTED_PROXIES", "10.0.0.1, ::1")
        .output();
    let shown: Value = serde_json::from_slice(&shown.unwrap().stdout).unwrap();
    assert_eq!(value(&shown, "listen", "value"), "127.0.0.1:2");
    assert_eq!(value(&shown, "listen", "source"), "the environment: FREEHOLD_LISTEN");
    assert_eq!(value(&shown, "public_url", "value"), "http://127.0.0.1:2");
    assert_eq!(value(&shown, "trusted_proxies", "value"), &serde_json::json!(["10.0.0.1", "::1"]));
    assert_eq!(value(&shown, "runs_at_once", "value"), 7);
    assert_eq!(value(&shown, "runs_at_once", "source"), file.to_str().unwrap());
    assert_eq!(value(&shown, "admin_password", "value"), "(secret)");
}

#[test]
fn wrong_keys_and_values_are_named_with_their_source() {
    let home = Home::new();
    let refused = |name: &str, value: &str| {
        let output = home.command(&["serve"]).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let warned = |name: &str, value: &str| {
        let output = home.command(&["config"]).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stderr).unwrap()
    };
    insta::assert_snapshot!(warned("FREEHOLD_LISTN", "x"), @r"
    warning: there is no setting listn (the environment: FREEHOLD_LISTN)
    hint: did you mean FREEHOLD_LISTEN?
    ");
    // What Kubernetes sets for a Service called freehold.
    assert_eq!(warned("FREEHOLD_SERVICE_HOST", "10.0.0.1"), "");
    assert_eq!(warned("FREEHOLD_PORT", "tcp://10.0.0.1:8080"), "");
    insta::assert_snapshot!(refused("FREEHOLD_RUNS_AT_ONCE", "many"), @r#"
    error: the setting runs_at_once is wrong (the environment: FREEHOLD_RUNS_AT_ONCE): it must be a whole number of at least 0
    hint: freehold config --defaults explains every setting
    "#);
    insta::assert_snapshot!(refused("FREEHOLD_ADMIN_EMAIL", "nobody"), @r"
    error: the setting admin_email is wrong (the environment: FREEHOLD_ADMIN_EMAIL): an e-mail address such as ada@example.com; it has no @
    hint: freehold config --defaults explains every setting
    ");
    let short = refused("FREEHOLD_SETUP_TOKEN", "thirty-one-characters-are-short");
    assert!(short.contains("the setting setup_token is wrong") && short.contains("at least 32 characters"), "{short}");
    assert!(short.contains("openssl rand") && !short.contains("thirty-one"), "{short}");
    fs::write(home.path("bad.toml"), "[server]\nport = 1\n").unwrap();
    let error = home.run(&["config", "--config", home.path("bad.toml").to_str().unwrap()]).refused(2);
    assert!(error.contains("there is no setting server") && error.contains("bad.toml"), "{error}");
    assert!(!home.data().exists(), "a wrong configuration touches nothing");
}

#[test]
fn public_url_is_the_origin_that_people_use() {
    let home = Home::new();
    for (url, why) in [
        ("https://x.example/app", "it has no path"),
        ("https://x.example/app/..", "it has no path"),
        ("https://x.example/%2e", "it has no path"),
        ("https://x.example\\", "it has no path"),
        ("https://x.example?x", "it has no query"),
        ("https://x.example#x", "it has no query and no fragment"),
        ("https://ada:secret@x.example", "it has no user"),
        ("https://x.example/", "does not end with a slash"),
        ("https://", "does not end with a slash"),
        ("https://:8443", "it is not the address of a host"),
    ] {
        let output = home.command(&["config"]).env("FREEHOLD_PUBLIC_URL", url).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{url}: {error}");
        assert!(error.contains(why), "{url}: {error}");
    }
    for url in ["https://x.example", "http://127.0.0.1:8080", "https://[::1]:8443"] {
        assert!(home.command(&["config"]).env("FREEHOLD_PUBLIC_URL", url).output().unwrap().status.success(), "{url}");
    }
}

#[test]
fn a_server_on_every_address_says_that_its_links_lead_to_this_machine() {
    let home = Home::new();
    for (listen, link) in [("0.0.0.0:8370", "http://127.0.0.1:8370"), ("[::]:8370", "http://[::1]:8370")] {
        let shown = home.command(&["config", "--json"]).env("FREEHOLD_LISTEN", listen).output().unwrap();
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        assert_eq!(value(&shown, "public_url", "value"), link);
    }
    let warning = "public_url is not set, so links in mails";
    home.serve_on("0.0.0.0:0", &[]).stop();
    assert!(home.log().contains(warning), "{}", home.log());
    let named = Home::new();
    named.serve_on("0.0.0.0:0", &[("FREEHOLD_PUBLIC_URL", "http://127.0.0.1:8080")]).stop();
    assert!(!named.log().contains(warning), "{}", named.log());
}

#[test]
fn faults_and_a_shifted_clock_are_refused_where_others_can_reach_the_server() {
    let home = Home::new();
    let refused = |setting: &str, environment: &[(&str, &str)]| {
        let args = ["serve", "--listen", "127.0.0.1:0", "--set", setting];
        let output = home.command(&args).envs(environment.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{setting} {environment:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    insta::assert_snapshot!(refused("clock_offset=5", &[("FREEHOLD_ENVIRONMENT", "prod")]), @r"
    error: the setting clock_offset is wrong (the command line: --clock-offset): this is for rehearsals on a developer's machine, and environment is not dev
    hint: leave clock_offset out
    ");
    for setting in ["clock_offset=5", "faults=CreateStack:crash-before"] {
        for (name, value) in [
            ("FREEHOLD_ENVIRONMENT", "staging"),
            ("FREEHOLD_TRUSTED_PROXIES", "10.0.0.1"),
            ("FREEHOLD_PUBLIC_URL", "https://freehold.example"),
            ("FREEHOLD_PUBLIC_URL", "http://127.0.0.1.evil.example"),
        ] {
            let error = refused(setting, &[(name, value)]);
            assert!(error.contains("for rehearsals on a developer's machine"), "{error}");
        }
    }
    let output = home.command(&["serve", "--listen", "0.0.0.0:0", "--set", "clock_offset=5"]).output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("listens on more than this machine"));
    assert!(!home.data().exists());
    home.serve_with(&[("FREEHOLD_CLOCK_OFFSET", "5"), ("FREEHOLD_PUBLIC_URL", "http://localhost:8080")]).stop();
}

#[test]
fn secrets_are_not_taken_from_the_command_line() {
    let home = Home::new();
    let error = home.run(&["serve", "--set", "admin_password=Copper-4-kettle-meadow"]).refused(2);
    assert!(error.contains("FREEHOLD_ADMIN_PASSWORD") && !error.contains("Copper"), "{error}");
    home.run(&["serve", "--set", "setup_token=0123456789012345678901234567890123456789"]).refused(2);
    assert!(!home.data().exists());
}

#[test]
fn doctor_is_green_on_a_fresh_machine_and_names_the_fix_where_not() {
    let home = Home::new();
    let checks = home.json(&["doctor"]);
    assert!(checks.as_array().unwrap().iter().all(|check| check["state"] == "ok"), "{checks:#}");
    home.serve().stop();
    home.run(&["doctor"]).good();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(home.data().join("keys/platform.key"), open).unwrap();
    let ran = home.run(&["doctor"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("BAD   platform key") && ran.out.contains("chmod 600"), "{}", ran.out);
    let mut command = home.command(&["doctor"]);
    let output = command.env("FREEHOLD_LISTEN", "0.0.0.0:8080").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("travel in the clear"));
}
