//! Fuzz targets: readers of input that outsiders or other processes write. Each is one function over bytes that panics
//! where a promise is broken. `make fuzz` runs them under libFuzzer; the test suite replays the kept corpus.

use std::{net::IpAddr, sync::LazyLock};

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use plane::{
    features::plans,
    guard::{
        actions,
        policy::{Policy, Principal, Scope},
    },
    http::{
        client_address::{ForwardedHeader, client_address},
        json::JsonObject,
        query::Parameters,
    },
    identity::{
        jwt::{self, PublicKeys},
        key_document,
    },
    ids::{AccountId, EnterpriseId, Id, Subject},
    network::{ProxyNetwork, TrustedProxies},
    page::Cursors,
    ports::table::{Key, Position},
    workflow::{ErrorKind, Event, EventKind, Failure, Plan, StepName},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A target with its name, which is also the name of its folder of inputs.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "body", run: body },
    Target { name: "cursor", run: cursor },
    Target { name: "forwarded", run: forwarded },
    Target { name: "ids", run: ids },
    Target { name: "journal", run: journal },
    Target { name: "jwks", run: jwks },
    Target { name: "key-document", run: key_document },
    Target { name: "policy", run: policy },
    Target { name: "query", run: query },
    Target { name: "token", run: token },
];

/// The target of a name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// A token is accepted only if the key that it names says so, and then its payload is what was signed.
fn token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut asked = Vec::new();
    let opened = jwt::open(text, |kid, message, signature| {
        asked.push((kid.to_owned(), message.to_vec(), signature.to_vec()));
        // A known key, which signs by repeating the first byte of the message.
        (kid == "known").then(|| signature.first() == message.first())
    });
    match opened {
        Ok(payload) => {
            let [(kid, message, signature)] = asked.as_slice() else {
                panic!("the key was asked {} times", asked.len())
            };
            assert_eq!(kid, "known");
            assert_eq!(signature.first(), message.first());
            let signed = std::str::from_utf8(message).expect("it is a part of the text");
            assert!(text.starts_with(signed));
            let (_, encoded) = signed.split_once('.').expect("a header and a payload");
            assert_eq!(URL_SAFE_NO_PAD.encode(payload), encoded);
        }
        Err(_) => assert!(asked.len() <= 1),
    }
}

/// A body has one reading: what the parser accepts is one JSON object that any other reader of JSON understands the same
/// way, and the id that the guard takes from a field is the one that a request type takes from it.
fn body(data: &[u8]) {
    let Ok(object) = JsonObject::parse(data) else { return };
    let plain: Value = serde_json::from_slice(data).expect("an accepted body is JSON");
    assert!(plain.is_object(), "an accepted body is an object");
    assert_eq!(object.read::<Value>().ok().as_ref(), Some(&plain), "two readers differ");
    let field = plain.get("enterpriseId").cloned().unwrap_or_default();
    let handler = serde_json::from_value::<Option<EnterpriseId>>(field).ok();
    assert_eq!(object.id("enterpriseId").ok(), handler, "the guard and the handler read different ids");
}

/// Whatever a client writes into the header, the address that the trusted proxy appended counts.
fn forwarded(data: &[u8]) {
    static TRUSTED: LazyLock<TrustedProxies> = LazyLock::new(|| {
        ["10.0.0.0/8", "2001:db8::/32"]
            .map(|text| text.parse::<ProxyNetwork>().expect("a network"))
            .into_iter()
            .collect()
    });
    let mut bytes = Bytes(data);
    let flags = bytes.next();
    let mut v6 = [0; 16];
    v6.fill_with(|| bytes.next());
    let reported = if flags & 1 == 0 { IpAddr::from([v6[0], v6[1], v6[2], v6[3]]) } else { IpAddr::from(v6) };
    let client = reported.to_canonical();
    if TRUSTED.contains(client) {
        return;
    }
    let node = match (reported, flags & 2 == 0) {
        (address, true) => address.to_string(),
        (IpAddr::V4(address), false) => format!("{address}:4711"),
        (IpAddr::V6(address), false) => format!("[{address}]:4711"),
    };
    let (form, name, entry) = if flags & 4 == 0 {
        (ForwardedHeader::XForwardedFor, "x-forwarded-for", node)
    } else {
        (ForwardedHeader::Forwarded, "forwarded", format!("for=\"{node}\""))
    };
    let mut lines: Vec<Vec<u8>> = bytes.0.split(|byte| *byte == b'\n').take(8).map(<[u8]>::to_vec).collect();
    match lines.last_mut() {
        Some(last) if flags & 8 == 0 && !last.is_empty() => last.extend([b", ", entry.as_bytes()].concat()),
        _ => lines.push(entry.into_bytes()),
    }
    let mut headers = HeaderMap::new();
    for line in lines {
        let Ok(value) = HeaderValue::from_bytes(&line) else { return };
        headers.append(name, value);
    }
    let found = client_address(IpAddr::from([10, 0, 0, 1]), &headers, &TRUSTED, form);
    assert_eq!(found, client, "{headers:?}");
}

/// A query string has one reading, and a name in it one value.
fn query(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(mut parameters) = Parameters::parse(Some(text)) else { return };
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let plain = form_urlencoded(pair.split('=').next().unwrap_or_default());
        assert!(parameters.take(&plain).is_some(), "{plain:?} was dropped or stood twice");
        assert!(parameters.take(&plain).is_none());
    }
    assert!(parameters.finish().is_ok(), "there is a parameter that the text does not have");
}

/// Decodes a name as every other reader of forms does.
fn form_urlencoded(text: &str) -> String {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(&format!("{text}=x")).expect("an accepted name decodes");
    pairs.into_iter().next().map_or_else(String::new, |(name, _)| name)
}

/// No text but one that was sealed for a list opens as a cursor of it.
fn cursor(data: &[u8]) {
    static CURSORS: LazyLock<Cursors> = LazyLock::new(|| Cursors::new(&[7; 32]));
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(CURSORS.open("a list", text).is_err(), "a guessed cursor opens");
    }
    let Some((at, rest)) = data.split_first() else { return };
    let (pk, sk) = rest.split_at(rest.len().min(usize::from(*at)));
    let key = Key::new(String::from_utf8_lossy(pk), String::from_utf8_lossy(sk));
    let position = Position { index: Some(key.clone()).filter(|_| at % 2 == 0), key };
    let sealed = CURSORS.seal("a list", &position);
    assert_eq!(CURSORS.open("a list", &sealed).ok(), Some(position));
    assert!(CURSORS.open("another list", &sealed).is_err());
}

/// An id has one spelling: what parses is what is printed.
fn ids(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(id) = text.parse::<AccountId>() {
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
    }
    let quoted = serde_json::to_string(text).expect("a text is JSON");
    assert_eq!(serde_json::from_str::<AccountId>(&quoted).is_ok(), text.parse::<AccountId>().is_ok());
}

/// A set of public keys holds none that verifies what nobody signed.
fn jwks(data: &[u8]) {
    let Ok(keys) = PublicKeys::read(data) else { return };
    let published = keys.jwks();
    for key in published["keys"].as_array().expect("a set has keys") {
        let kid = key["kid"].as_str().expect("a key has a name");
        assert_eq!(keys.signed(kid, b"nobody signed this", &[0; 256]), Some(false));
    }
    let again = PublicKeys::read(published.to_string().as_bytes()).expect("what is published can be read");
    assert!(again.same(&keys));
}

/// A document of signing keys that can be read is written and read again as it was.
fn key_document(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(keys) = key_document::read(&text.into()) else { return };
    let again = key_document::read(&key_document::write(&keys)).expect("what is written can be read");
    let names = |keys: &[plane::identity::keys::StoredKey]| keys.iter().map(|key| key.kid.clone()).collect::<Vec<_>>();
    assert_eq!(names(&again), names(&keys));
}

/// Nobody gets anything in another account but an operator, nothing in another enterprise but who has all of them, and
/// nothing at all who is inactive.
fn policy(data: &[u8]) {
    static POLICY: LazyLock<Policy> = LazyLock::new(Policy::default);
    let mut bytes = Bytes(data);
    let flags = bytes.next();
    let caller = Principal {
        subject: Subject::from_uuid(small(bytes.next())),
        account: id(bytes.next()),
        enterprise: id(bytes.next()),
        every_enterprise: flags & 1 != 0,
        active: flags & 2 != 0,
        operator: flags & 4 != 0,
        rights: (0..bytes.next() % 4)
            .map(|_| actions::ALL[usize::from(bytes.next()) % actions::ALL.len()].right.to_string())
            .collect(),
    };
    let facts = actions::ALL[usize::from(bytes.next()) % actions::ALL.len()];
    let enterprise: Option<EnterpriseId> = (flags & 8 != 0).then(|| id(bytes.next()));
    let scope = Scope { account: id(bytes.next()), enterprise };
    let ruling = POLICY.decide(&caller, facts, scope);
    assert!(!ruling.rules.iter().any(|rule| rule == "error"));
    if ruling.permitted {
        assert!(caller.active);
        assert!(scope.account == caller.account || caller.operator);
        assert!(enterprise.is_none_or(|one| one == caller.enterprise) || caller.every_enterprise || caller.operator);
    }
}

/// Whatever a journal holds, reading it ends with a next step or with what is wrong, in bounded time and memory.
fn journal(data: &[u8]) {
    static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(plans);
    let Some((first, rest)) = data.split_first() else { return };
    let plan = &PLANS[usize::from(first & 1)];
    let history = if first & 2 == 0 {
        let Ok(history) = serde_json::from_slice::<Vec<Event>>(rest) else { return };
        history
    } else {
        generated(plan, rest)
    };
    let input = json!({ "technicalUser": {}, "users": [1, 2], "licenses": [{}, {}] });
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 60);
    if let Ok(next) = plan.next(&input, &history, now) {
        // What it would write can be read back.
        for what in next.record {
            let event = Event { number: 1, at: now, what };
            let text = serde_json::to_string(&event).expect("events are JSON");
            assert_eq!(serde_json::from_str::<Event>(&text).ok(), Some(event));
        }
    }
}

/// A history of well-formed events in any order, three bytes each.
fn generated(plan: &Plan, data: &[u8]) -> Vec<Event> {
    let mut events = vec![EventKind::Started];
    for chunk in data.chunks_exact(3).take(200) {
        let [kind, state, item] = chunk else { continue };
        let name = plan.states[usize::from(*state) % plan.states.len()].name.to_owned();
        let step = StepName { state: name.clone(), item: (*item != 0).then(|| u32::from(*item) - 1) };
        let error = Failure::new("fuzz", "it failed");
        let attempt = 1;
        events.push(match kind % 14 {
            0 => EventKind::StepStarted { step, attempt },
            1 => EventKind::StepSucceeded { step, attempt, output: json!({ "done": true }) },
            2 => EventKind::StepFailed { step, attempt, error, kind: ErrorKind::Transient, retry_at: None },
            3 => EventKind::StepFailed {
                step,
                attempt,
                error,
                kind: ErrorKind::Permanent,
                retry_at: Some(Timestamp::MAX),
            },
            4 => EventKind::StepNotYet { step, attempt, again_at: Timestamp::MIN },
            5 => EventKind::ItemCaptured { step, error, degrades: true },
            6 => EventKind::Resumed { holder: "another".into() },
            7 => EventKind::Redriven { step },
            8 => EventKind::UndoRequested,
            9 => EventKind::UndoStarted { step, attempt },
            10 => EventKind::StepUndone { step, attempt },
            11 => EventKind::Failed { step, error, event: None },
            12 => EventKind::StepSucceeded { step, attempt, output: Value::Null },
            _ => EventKind::Passed { to: name.clone(), state: name },
        });
    }
    let numbered = events.into_iter().zip(1..).map(|(what, number)| Event { number, at: Timestamp::UNIX_EPOCH, what });
    numbered.collect()
}

/// Bytes one by one, then zeros.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }
}

fn small(number: u8) -> Uuid {
    // Few ids, so that equal ones are common.
    Uuid::from_u128(u128::from(number % 3) + 1)
}

fn id<K>(number: u8) -> Id<K> {
    Id::from_uuid(small(number))
}
