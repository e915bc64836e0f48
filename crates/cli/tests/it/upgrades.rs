//! A data folder of each released version opens in this one, without a step by hand. `scripts/golden.py` makes the folders.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{ADMIN, Home};

/// The API of a server, as somebody who is signed in.
struct Person {
    client: Client,
    url: String,
    token: String,
}

impl Person {
    async fn sign_in(url: &str, email: &str, password: &str) -> Self {
        let client = Client::new();
        let body = json!({ "email": email, "password": password }).to_string();
        let login = client.post(format!("{url}/api/auth/login")).header("content-type", "application/json").body(body);
        let answer: Value = serde_json::from_str(&login.send().await.unwrap().text().await.unwrap()).unwrap();
        let token = answer["accessToken"].as_str().unwrap_or_else(|| panic!("{email}: {answer}")).to_owned();
        Self { client, url: url.to_owned(), token }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }
}

/// Whether an answer has everything that an earlier version answered: later versions may add fields.
fn holds(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| found.get(name).is_some_and(|found| holds(found, value)))
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(found, value)| holds(found, value))
        }
        (found, expected) => found == expected,
    }
}

/// What the versions stored, in files whose names end so.
pub(crate) fn goldens(ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut goldens: Vec<PathBuf> = files.filter(|file| file.display().to_string().ends_with(ending)).collect();
    goldens.sort();
    assert!(!goldens.is_empty());
    goldens
}

fn unpack(archive: &Path) -> (Home, Value) {
    let home = Home::new();
    let done = Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(home.dir.path()).status().unwrap();
    assert!(done.success(), "{}", archive.display());
    let file = home.data().join("expected.json");
    let expected = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    fs::remove_file(file).unwrap();
    (home, expected)
}

/// Whether a server answers what the version before answered, and people sign in as before.
pub(crate) async fn check(url: &str, expected: &Value) {
    let password = expected["password"].as_str().unwrap();
    let operator = Person::sign_in(url, ADMIN, password).await;
    for (path, answer) in expected["answers"].as_object().unwrap() {
        let (status, found) = operator.send(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {found}");
        assert!(holds(&found, answer), "{path}\nthen: {answer}\nnow:  {found}");
    }
    for account in expected["accounts"].as_array().unwrap() {
        let path = format!("/api/audit/verify?accountId={}", account.as_str().unwrap());
        let (status, report) = operator.send(Method::GET, &path, None).await;
        assert_eq!((status, &report["valid"]), (StatusCode::OK, &json!(true)), "{report}");
    }
    for person in expected["people"].as_array().unwrap() {
        let person = Person::sign_in(url, person.as_str().unwrap(), password).await;
        let (status, access) = person.send(Method::GET, "/api/users/me/access", None).await;
        assert_eq!(status, StatusCode::OK, "{access}");
    }
    addresses_stay_taken(&operator, expected).await;
    // It can be written to as well.
    let (status, made) = operator.send(Method::POST, "/api/services", Some(json!({ "name": "Newer" }))).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
}

/// Addresses were unique on the whole platform. They stay taken in their own account, and are free in the others.
async fn addresses_stay_taken(operator: &Person, expected: &Value) {
    let accounts: Vec<&str> =
        expected["accounts"].as_array().unwrap().iter().map(|account| account.as_str().unwrap()).collect();
    let mut answers = Vec::new();
    for account in &accounts {
        let (_, licenses) = operator.send(Method::GET, &format!("/api/licenses?accountId={account}"), None).await;
        let license = &licenses["items"][0];
        let user = json!({
            "accountId": account, "enterpriseId": license["enterpriseId"], "productId": license["productId"],
            "serviceId": license["serviceId"], "firstName": "Ada", "lastName": "Byron",
            "email": expected["people"][0], "startDate": license["startDate"],
        });
        let (status, made) = operator.send(Method::POST, "/api/users", Some(user.clone())).await;
        answers.push((status, made["code"].clone()));
        if status == StatusCode::CREATED {
            let (status, again) = operator.send(Method::POST, "/api/users", Some(user)).await;
            assert_eq!((status, &again["code"]), (StatusCode::CONFLICT, &json!("email_taken")), "{again}");
        }
    }
    let taken = answers.iter().filter(|(_, code)| code == "email_taken").count();
    assert_eq!(taken, 1, "{answers:?}");
    assert!(answers.iter().any(|(status, _)| *status == StatusCode::CREATED), "{answers:?}");
}

#[test]
fn a_folder_of_each_released_version_opens_with_all_that_it_holds() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for archive in goldens("tar.gz") {
        let (home, expected) = unpack(&archive);
        let server = home.serve();
        runtime.block_on(check(&server.url(), &expected));
        server.stop();
    }
}

#[test]
fn a_folder_of_a_newer_version_is_refused_with_the_way_out() {
    let (home, _) = unpack(&goldens("tar.gz")[0]);
    let file = home.data().join("installation.json");
    let mut installation: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    installation["format"] = json!(99);
    fs::write(&file, installation.to_string()).unwrap();
    let said = home.run(&["serve", "--listen", "127.0.0.1:0"]).refused(2);
    assert!(said.contains("format 99") && said.contains("a newer version wrote it"), "{said}");
    assert!(!said.contains("keys"), "{said}");
}
