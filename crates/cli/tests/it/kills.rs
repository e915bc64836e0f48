//! The real server is killed at random moments while it works, and started again: whatever was asked is finished or was never
//! begun, and its idempotency key replays one answer.
//!
//! `FREEHOLD_KILLS=all` asks for five hundred operations instead of a few.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::server::{ADMIN, Home, PASSWORD, Server, wait};

/// Operations in flight when the server is killed: two of each kind.
const AT_ONCE: usize = 10;
const SETTINGS: [(&str, &str); 8] = [
    ("FREEHOLD_DELETION_GRACE_DAYS", "30"),
    ("FREEHOLD_AUTH_REQUESTS_PER_FIVE_MINUTES", "0"),
    ("FREEHOLD_USER_REQUESTS_PER_MINUTE", "0"),
    ("FREEHOLD_ACCOUNT_REQUESTS_PER_MINUTE", "0"),
    ("FREEHOLD_COSTLY_REQUESTS_PER_MINUTE", "0"),
    ("FREEHOLD_MAILS_PER_SENDER_PER_DAY", "0"),
    ("FREEHOLD_MAILS_PER_ACCOUNT_PER_DAY", "0"),
    ("FREEHOLD_ACCESS_TOKEN_MINUTES", "1440"),
];

/// A client of a server that may end at any moment.
#[derive(Clone)]
struct Client {
    address: String,
    token: String,
}

#[derive(Clone, Debug, PartialEq)]
struct Answer {
    status: u16,
    body: Value,
    location: Option<String>,
    etag: Option<String>,
    replayed: bool,
}

impl Answer {
    fn seen(&self) -> (u16, &Value, &Option<String>, &Option<String>) {
        (self.status, &self.body, &self.location, &self.etag)
    }

    #[track_caller]
    fn good(self) -> Value {
        assert!(self.status < 300, "{self:?}");
        self.body
    }
}

impl Client {
    fn of(server: &Server<'_>) -> Self {
        let mut client = Self { address: server.address.clone(), token: String::new() };
        let login = json!({ "email": ADMIN, "password": PASSWORD, "grant": "token" });
        let tokens = client.ask("POST", "/api/auth/login", Some(&login), None).unwrap().good();
        tokens["accessToken"].as_str().unwrap().clone_into(&mut client.token);
        client
    }

    /// What is answered; `None`: the server ended before the answer was whole.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>, key: Option<&str>) -> Option<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
        let body = body.map(ToString::to_string).unwrap_or_default();
        if !self.token.is_empty() {
            write!(head, "authorization: Bearer {}\r\n", self.token).unwrap();
        }
        if let Some(key) = key {
            write!(head, "idempotency-key: {key}\r\n").unwrap();
        }
        if !body.is_empty() {
            write!(head, "content-type: application/json\r\ncontent-length: {}\r\n", body.len()).unwrap();
        }
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let field = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
        };
        if field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0) != body.len() {
            return None;
        }
        Some(Answer {
            status: head.split(' ').nth(1)?.parse().ok()?,
            body: if body.is_empty() { Value::Null } else { serde_json::from_str(body).ok()? },
            location: field("location"),
            etag: field("etag"),
            replayed: field("idempotent-replayed").is_some(),
        })
    }

    fn get(&self, path: &str) -> Value {
        self.ask("GET", path, None, None).unwrap().good()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", path, Some(body), None).unwrap().good()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Provision,
    Invite,
    Redrive,
    Replay,
    Restore,
}

const KINDS: [Kind; 5] = [Kind::Provision, Kind::Invite, Kind::Redrive, Kind::Replay, Kind::Restore];

/// An operation that is asked for while the server may end.
#[derive(Clone, Debug)]
struct Operation {
    kind: Kind,
    path: String,
    body: Option<Value>,
    /// The account, or the person's address.
    subject: String,
    key: String,
}

/// What operations are made of.
struct Ground {
    account: String,
    offer: Value,
    failed: Vec<String>,
    disabled: Vec<String>,
}

impl Ground {
    /// Accounts that an operation of a round begins with: some whose onboarding failed, some that are disabled.
    fn prepare(home: &Home, rounds: usize) -> Self {
        let with_faults = |faults| SETTINGS.into_iter().chain([("FREEHOLD_FAULTS", faults)]).collect::<Vec<_>>();
        let server = home.serve_with(&with_faults(""));
        home.sign_in(&server);
        let file = home.account_file();
        let mut offer: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        offer["licenses"][0]["numberOfUsers"] = json!(5_000);
        let client = Client::of(&server);
        let account = account(&client, &offer, "Base");
        let disabled: Vec<_> =
            (0..2 * rounds).map(|place| self::account(&client, &offer, &format!("Off{place}"))).collect();
        for id in disabled.iter().chain([&account]) {
            ended(&client, id, "succeeded");
        }
        for (place, id) in disabled.iter().enumerate() {
            let path = format!("/api/accounts/{id}?confirm=Off{place}");
            client.ask("DELETE", &path, None, None).unwrap().good();
        }
        server.stop();
        let server = home.serve_with(&with_faults("VerifyProvisioning:permanent*100000"));
        let client = Client::of(&server);
        let failed: Vec<_> =
            (0..4 * rounds).map(|place| self::account(&client, &offer, &format!("Bad{place}"))).collect();
        for id in &failed {
            ended(&client, id, "failed");
        }
        server.stop();
        Self { account, offer, failed, disabled }
    }

    fn operation(&mut self, client: &Client, round: usize, place: usize) -> Operation {
        let kind = KINDS[place % KINDS.len()];
        let key = format!("round-{round}-{place}");
        let email = format!("{key}@base.example");
        let (path, body, subject) = match kind {
            Kind::Provision => ("/api/users/provision".to_owned(), Some(self.user(&email)), email),
            Kind::Invite => {
                let user = client.post("/api/users", &self.user(&email));
                (format!("/api/users/{}/invitation?accountId={}", text(&user["id"]), self.account), None, email)
            }
            Kind::Redrive => {
                let id = self.failed.pop().unwrap();
                ("/api/provisioning".to_owned(), Some(json!({ "accountId": id })), id)
            }
            Kind::Replay => {
                let id = self.failed.pop().unwrap();
                let letters = client.get(&format!("/api/dead-letters?accountId={id}"));
                (format!("/api/dead-letters/{}/replay", text(&letters["items"][0]["id"])), None, id)
            }
            Kind::Restore => {
                let id = self.disabled.pop().unwrap();
                (format!("/api/accounts/{id}/restore"), None, id)
            }
        };
        Operation { kind, path, body, subject, key }
    }

    fn user(&self, email: &str) -> Value {
        let license = &self.offer["licenses"][0];
        json!({
            "accountId": self.account, "enterpriseId": license["enterpriseId"], "productId": license["productId"],
            "serviceId": license["serviceId"], "firstName": "Grace", "lastName": "Hopper", "email": email,
            "startDate": "2024-01-01"
        })
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn account(client: &Client, offer: &Value, name: &str) -> String {
    let mut request = offer.clone();
    request["name"] = json!(name);
    request["technicalUser"]["email"] = json!(format!("ada@{}.example", name.to_lowercase()));
    text(&client.post("/api/accounts", &request)["id"]).to_owned()
}

fn ended(client: &Client, account: &str, status: &str) {
    let path = format!("/api/provisioning/{account}");
    wait(&format!("the run of {account} has {status}"), || client.get(&path)["status"] == status);
}

impl Operation {
    fn ask(&self, client: &Client) -> Option<Answer> {
        client.ask("POST", &self.path, self.body.as_ref(), Some(&self.key))
    }

    /// Asks again until there is an answer. A request that the end of the server cut may keep its key for a while.
    fn answer(&self, client: &Client) -> Answer {
        let began = Instant::now();
        loop {
            let answer = self.ask(client).expect("the server is not killed now");
            let running = answer.body["detail"].as_str().is_some_and(|detail| detail.contains("still running"));
            if answer.status != 409 || !running {
                return answer;
            }
            assert!(began.elapsed() < Duration::from_secs(90), "{self:?} never ended: {answer:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asserts that the operation is finished, once.
    fn check(&self, client: &Client, ground: &Ground) {
        match self.kind {
            Kind::Provision | Kind::Invite => {
                let path = format!("/api/users?email={}&accountId={}", self.subject, ground.account);
                wait(&format!("{} is invited", self.subject), || {
                    let found = client.get(&path);
                    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{self:?}: {found}");
                    found["items"][0]["identityStatus"] == "invited"
                });
                let mails = client.get(&format!("/api/outbox?to={}", self.subject));
                let [mail] = mails["items"].as_array().unwrap().as_slice() else { panic!("{self:?}: {mails}") };
                let link = text(&mail["text"]).split_once("#token=").unwrap().1;
                let token = link.split_whitespace().next().unwrap();
                let body = json!({ "token": token, "newPassword": "Velvet-5-heron-anchor" });
                let accepted = client.ask("POST", "/api/auth/accept-invitation", Some(&body), None).unwrap();
                assert_eq!(accepted.status, 204, "{self:?}: {accepted:?}");
            }
            Kind::Redrive | Kind::Replay => {
                ended(client, &self.subject, "succeeded");
                assert_eq!(client.get(&format!("/api/accounts/{}", self.subject))["status"], "active");
            }
            Kind::Restore => {
                assert_eq!(client.get(&format!("/api/accounts/{}", self.subject))["status"], "active");
            }
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how wide the test is comes from the environment")]
fn what_a_kill_cuts_is_finished_and_its_key_replays_one_answer() {
    let all = std::env::var("FREEHOLD_KILLS").is_ok_and(|which| which == "all");
    let rounds = if all { 50 } else { 8 };
    let home = Home::new();
    let mut ground = Ground::prepare(&home, rounds);
    let (mut answered, mut begun, mut rng) = (0, 0, 0x2545_f491_4f6c_dd1d_u64);
    for round in 0..rounds {
        let server = home.serve_with(&SETTINGS);
        let client = Client::of(&server);
        let operations: Vec<_> = (0..AT_ONCE).map(|place| ground.operation(&client, round, place)).collect();
        let firsts: Vec<Option<Answer>> = thread::scope(|scope| {
            let ask = |operation: &'_ Operation| {
                let (operation, client) = (operation.clone(), client.clone());
                scope.spawn(move || operation.ask(&client))
            };
            let asked: Vec<_> = operations.iter().map(ask).collect();
            rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // How far each comes is random: the assertions hold in every case.
            thread::sleep(Duration::from_micros((rng >> 33) % 60_000));
            drop(server);
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let server = home.serve_with(&SETTINGS);
        let client = Client::of(&server);
        for (operation, first) in operations.iter().zip(firsts) {
            let answer = operation.answer(&client);
            assert!(answer.status < 300, "{operation:?}: {answer:?}");
            if let Some(first) = first {
                assert_eq!(answer.seen(), first.seen(), "{operation:?}");
                answered += 1;
            } else if answer.replayed {
                begun += 1;
            }
            operation.check(&client, &ground);
            let again = operation.answer(&client);
            assert!(again.replayed && again.seen() == answer.seen(), "{operation:?}: {answer:?} {again:?}");
        }
        server.stop();
    }
    let of = rounds * AT_ONCE;
    println!("{of} operations over {rounds} kills: {answered} were answered before, {begun} were begun and finished");
}
