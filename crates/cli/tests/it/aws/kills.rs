//! The control plane is killed before, between and after the effect and the answer of its calls to AWS, while an account
//! is onboarded and while it is removed. What is there in the end is what a run leaves that nobody disturbed: every record
//! of every table, stacks, parameters, mails and events.
//!
//! Each test kills it at a part of the calls: at each kind of call, in each of the three moments. With FREEHOLD_KILLS=all
//! it is killed at every single call. Clouds are tried one after the other, and leave to each other what they share.
//!
//! A mail knows no fence: killed between its sending and the note of it, the next start sends it again. That, and nothing
//! else, may reach somebody twice; events may too, as their receivers know, under the same id.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Mutex,
    thread,
};

use testkit::gate::{Call, Delivery, MOMENTS, Moment, Which};

use super::lane::{CLOUDS, Cloud, Lane, Part, Ran};
use crate::server::Home;

/// A run is ended after so many starts at most.
const RESTARTS: usize = 3;

#[test]
fn public_accounts_survive_kills() {
    survive(Cloud::Public);
}

#[test]
fn private_accounts_survive_kills() {
    survive(Cloud::Private);
}

#[test]
fn hybrid_accounts_survive_kills() {
    survive(Cloud::Hybrid);
}

#[test]
fn accounts_with_a_table_elsewhere_survive_kills() {
    survive(Cloud::Elsewhere);
}

/// How many of the calls are tried, and by how many at once.
pub(super) struct Width {
    pub(super) all: bool,
    pub(super) lanes: usize,
}

#[expect(clippy::disallowed_methods, reason = "who runs the tests says by it how long they may take")]
pub(super) fn width() -> Width {
    let lanes = std::env::var("FREEHOLD_KILL_LANES").map_or(2, |lanes| lanes.parse().expect("lanes are a number"));
    Width { all: std::env::var("FREEHOLD_KILLS").is_ok_and(|which| which == "all"), lanes }
}

/// One kill: at which call, and when around it.
#[derive(Clone, Debug)]
pub(super) struct Kill {
    pub(super) kind: String,
    pub(super) nth: usize,
    pub(super) moment: Moment,
}

/// Runs that nobody disturbed.
pub(super) struct Reference {
    pub(super) onboarding: Ran,
    pub(super) removal: Ran,
}

fn survive(cloud: Cloud) {
    let Width { all, lanes } = width();
    let (reference, kills) = plan(cloud, all);
    let planned = kills.len();
    let kills = Mutex::new(VecDeque::from(kills));
    let told = Mutex::new(Told::default());
    thread::scope(|scope| {
        for _ in 0..lanes {
            scope.spawn(|| while work(cloud, &reference, &kills, &told) {});
        }
    });
    let told = told.into_inner().unwrap();
    println!("{cloud:?}: {planned} kills planned, {} struck, at most {} restarts", told.struck, told.restarts);
    assert_eq!(told.wrong, Vec::<String>::new());
    assert_eq!(told.done, planned);
    // Some calls come by chance: what looks for work may find it done by others.
    assert!(told.struck * 20 >= planned * 19, "{:#?}", told.missed);
    for (what, moments) in &told.kinds {
        assert_eq!(moments.len(), MOMENTS.len(), "{what} was not struck in every moment: {moments:?}");
    }
}

/// What was found by all lanes.
#[derive(Default)]
struct Told {
    done: usize,
    struck: usize,
    restarts: usize,
    missed: Vec<Kill>,
    /// The moments in which each operation was struck.
    kinds: BTreeMap<String, BTreeSet<Moment>>,
    wrong: Vec<String>,
}

/// The kills of a cloud.
fn plan(cloud: Cloud, all: bool) -> (Reference, Vec<(Part, Kill)>) {
    let mut known = BTreeSet::new();
    for one in CLOUDS {
        let reference = reference(one);
        if one == cloud {
            let tag = |part: Part, kills: Vec<Kill>| kills.into_iter().map(move |kill| (part, kill));
            let first = kills(&reference.onboarding, &mut known, all);
            let second = kills(&reference.removal, &mut known, all);
            return (reference, tag(Part::Onboarding, first).chain(tag(Part::Removal, second)).collect());
        }
        let calls = reference.onboarding.calls.iter().chain(&reference.removal.calls);
        known.extend(calls.map(named));
    }
    unreachable!("each cloud is among them")
}

/// How an account's onboarding and its removal go when nobody disturbs them.
pub(super) fn reference(cloud: Cloud) -> Reference {
    let home = Home::new();
    let mut lane = Lane::open(&home);
    let (account, onboarding) = lane.onboard(cloud, "t0000t", None);
    let removal = lane.remove(&account, "t0000t", None);
    for ran in [&onboarding, &removal] {
        let ended = ran.effects.keys().find(|line| line.starts_with("+ EXECUTION HEAD")).expect("a run was made");
        assert!(ended.contains("succeeded"), "{cloud:?}: {ended}: {:#?}", ran.effects);
        assert_eq!(asked_without_external_id(ran), 0);
    }
    let roles = onboarding.calls.iter().filter(|call| call.operation == "AssumeRole").count();
    assert_eq!(roles > 0, cloud == Cloud::Elsewhere, "{roles} roles were asked for");
    Reference { onboarding, removal }
}

/// Every call in every moment; or the first of each kind that is not known, and of what only reads, of each operation.
fn kills(ran: &Ran, known: &mut BTreeSet<String>, all: bool) -> Vec<Kill> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut kills = Vec::new();
    for call in &ran.calls {
        let count = counts.entry(call.kind()).or_default();
        let nth = *count;
        *count += 1;
        if all || known.insert(named(call)) {
            kills.extend(MOMENTS.map(|moment| Kill { kind: call.kind(), nth, moment }));
        }
    }
    kills
}

pub(super) fn named(call: &Call) -> String {
    if call.reads() { call.what() } else { call.kind() }
}

/// Takes kills until there are no more, or the ground is used up; whether there may be more.
fn work(cloud: Cloud, reference: &Reference, kills: &Mutex<VecDeque<(Part, Kill)>>, told: &Mutex<Told>) -> bool {
    let next = || kills.lock().unwrap().pop_front();
    let Some(mut kill) = next() else { return false };
    let home = Home::new();
    let mut lane = Lane::open(&home);
    for number in 1.. {
        let (part, what) = kill;
        one(&mut lane, cloud, &format!("t{number:04}t"), reference, part, &what, told);
        if lane.is_worn() {
            return true;
        }
        match next() {
            Some(next) => kill = next,
            None => return false,
        }
    }
    true
}

fn one(
    lane: &mut Lane<'_>,
    cloud: Cloud,
    tag: &str,
    reference: &Reference,
    part: Part,
    kill: &Kill,
    told: &Mutex<Told>,
) {
    let strike = |of: Part| (of == part).then(|| (Which::OfKind(kill.kind.clone(), kill.nth), kill.moment));
    let (account, onboarding) = lane.onboard(cloud, tag, strike(Part::Onboarding));
    let ran = match part {
        Part::Onboarding => onboarding,
        Part::Removal => lane.remove(&account, tag, strike(Part::Removal)),
    };
    let undisturbed = match part {
        Part::Onboarding => &reference.onboarding,
        Part::Removal => &reference.removal,
    };
    let wrong = differences(&ran, undisturbed, usize::from(cut_at_a_mail(&ran)));
    let mut told = told.lock().unwrap();
    told.done += 1;
    told.restarts = told.restarts.max(ran.restarts);
    match &ran.struck {
        Some(call) => {
            told.struck += 1;
            told.kinds.entry(call.what()).or_default().insert(kill.moment);
        }
        None => told.missed.push(kill.clone()),
    }
    told.wrong.extend(wrong.into_iter().map(|wrong| format!("{cloud:?} {part:?} {kill:?}: {wrong}")));
}

/// What is otherwise than where nobody disturbed; so many mails may have come `twice`.
pub(super) fn differences(ran: &Ran, undisturbed: &Ran, twice: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    if ran.restarts > RESTARTS {
        wrong.push(format!("{} restarts", ran.restarts));
    }
    for (line, count) in &ran.effects {
        let expected = undisturbed.effects.get(line).copied().unwrap_or_default();
        if *count > expected {
            wrong.push(format!("{} too many: {line}", count - expected));
        }
    }
    for (line, expected) in &undisturbed.effects {
        let count = ran.effects.get(line).copied().unwrap_or_default();
        if count < *expected {
            wrong.push(format!("{} missing: {line}", expected - count));
        }
    }
    if kinds(&ran.delivered) != kinds(&undisturbed.delivered) {
        wrong.push(format!("delivered {:?}", ran.delivered));
    }
    let mails = ran.delivered.iter().filter(|one| matches!(one, Delivery::Mail { .. })).count();
    let expected = undisturbed.delivered.iter().filter(|one| matches!(one, Delivery::Mail { .. })).count();
    if mails > expected + twice {
        wrong.push(format!("{mails} mails"));
    }
    if asked_without_external_id(ran) > 0 {
        wrong.push("a role was asked for without its external id".into());
    }
    wrong
}

/// Whether the process ended after a mail had gone out and before it was noted: not only where it was killed at one of
/// the two, for much goes on at once.
fn cut_at_a_mail(ran: &Ran) -> bool {
    let Some(struck) = &ran.struck else { return false };
    let Some(sent) = ran.calls.iter().find(|call| call.service == "ses") else { return false };
    let noted = ran.calls.iter().find(|call| call.place > sent.place && call.kind() == "dynamodb UpdateItem MAIL");
    sent.place < struck.by_then && noted.is_none_or(|noted| struck.place <= noted.place)
}

/// The events that were sent, each id once.
fn kinds(delivered: &[Delivery]) -> BTreeMap<String, usize> {
    let ids: BTreeMap<&String, String> = delivered
        .iter()
        .map(|one| match one {
            Delivery::Mail { id, .. } => (id, "mail".to_owned()),
            Delivery::Event { kind, id } => (id, kind.clone()),
        })
        .collect();
    let mut kinds = BTreeMap::new();
    for kind in ids.into_values() {
        *kinds.entry(kind).or_default() += 1;
    }
    kinds
}

fn asked_without_external_id(ran: &Ran) -> usize {
    let roles = ran.calls.iter().filter(|call| call.operation == "AssumeRole");
    let whole = |call: &&Call| {
        let word = call.field("RoleArn").and_then(|role| ran.roles.get(&role).cloned());
        word.is_some() && call.field("ExternalId") == word
    };
    roles.filter(|call| !whole(call)).count()
}
