//! Isolation, probed: every operation of the document, by everybody who must not get through, with foreign, absent and
//! odd ids in every place where an id can stand.

mod realms;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use testkit::{
    operations::{Operation, Place, Sample, operations},
    store::Store,
    world::{Answer, Person, World},
};

use self::realms::{Realm, account, platform, realm};

/// The account's log, whole by design: its right shows who did what in all enterprises of the account.
const ACCOUNT_WIDE: &[&str] = &["audit_list_all"];

/// Everybody signed in reads master data, also without a license.
const MASTER_DATA: &[&str] = &["enterprises", "products", "services"];

/// What tenants may do, but no probe gets done.
const NEVER_THROUGH: &[&str] = &[];

/// What is put where an id stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// A record of the victim's.
    Foreign,
    /// The same, with the victim's account and enterprise named too.
    ForeignNamed,
    /// Nobody's.
    Absent,
    AbsentNamed,
    /// The victim's, but of another kind.
    ForeignOfOtherKind,
    /// One of the documented constants.
    Known,
    Nil,
    Capitals,
    Malformed,
    Traversal,
    /// The caller's own: last, for it goes through.
    Own,
}

const CLASSES: [Class; 11] = [
    Class::Foreign,
    Class::ForeignNamed,
    Class::Absent,
    Class::AbsentNamed,
    Class::ForeignOfOtherKind,
    Class::Known,
    Class::Nil,
    Class::Capitals,
    Class::Malformed,
    Class::Traversal,
    Class::Own,
];

const ABSENT: &str = "0192d3c4-5e6f-7a8b-9c0d-0ab5e27ab5e2";

/// Somebody who tries to get at the victim's data.
struct Prober<'a> {
    name: &'static str,
    person: Person,
    own: &'a Realm,
    victim: &'a Realm,
}

#[derive(Default)]
struct Tally {
    probes: usize,
    successes: usize,
    /// Operations that went through for somebody, on what is theirs.
    through: BTreeSet<String>,
    statuses: BTreeMap<u16, usize>,
    faults: Vec<String>,
}

#[tokio::test]
async fn nobody_gets_at_what_is_not_theirs() {
    let store = Store::new().await;
    let world = World::over(store.tables(), testkit::world::unlimited()).await;
    world.set_up().await;
    let offers = [world.offer("First").await, world.offer("Second").await, world.offer("Third").await];
    let victims = account(&world, "Kestrel4711", &[(&offers[0], "Heron5150"), (&offers[1], "Plover0815")]).await;
    let victim = realm(&world, "Heron5150", &victims, &offers[0]).await;
    let neighbour = realm(&world, "Plover0815", &victims, &offers[1]).await;
    let other = account(&world, "Bittern2342", &[(&offers[2], "Curlew0042")]).await;
    let other = realm(&world, "Curlew0042", &other, &offers[2]).await;
    let platform = platform(&world, "Osprey1701").await;
    let technical = world.accept_invitation("ada@bittern2342.example").await;
    assert!(sightings(&world, &victim).await >= 10, "the victim's administrator sees the canary: else nobody would");

    let mut tally = Tally::default();
    // From outside the account: nothing of it may change.
    world.plane.relay_once().await.unwrap();
    let before = mentions(&store, &[&victims.id]).await;
    let prober = |name, person: &Person, own| Prober { name, person: person.clone(), own, victim: &victim };
    for prober in [
        prober("another tenant's technical user", &technical, &other),
        prober("another tenant's user without rights", &other.bystander, &other),
        prober("another tenant's administrator", &other.admin, &other),
        prober("a platform user without rights", &platform.bystander, &platform),
        prober("a platform user with every right who is no operator", &platform.admin, &platform),
    ] {
        prober.probe(&world, &mut tally).await;
    }
    unchanged(&before, &mentions(&store, &[&victims.id]).await);
    // From the enterprise next door: nothing of this one may change. (Products and services are master data, which the
    // neighbour may refer to.)
    let own: Vec<&str> = victim
        .ids
        .iter()
        .filter(|(name, _)| !matches!(**name, "accountId" | "within" | "productId" | "serviceId"))
        .map(|(_, id)| id.as_str())
        .collect();
    world.plane.relay_once().await.unwrap();
    let before = mentions(&store, &own).await;
    prober("a user without rights of another enterprise", &neighbour.bystander, &neighbour)
        .probe(&world, &mut tally)
        .await;
    prober("the administrator of another enterprise", &neighbour.admin, &neighbour).probe(&world, &mut tally).await;
    unchanged(&before, &mentions(&store, &own).await);

    let Tally { probes, successes, through, statuses, faults } = tally;
    let summary = format!("{probes} probes, {successes} successes, {statuses:?}");
    assert!(faults.is_empty(), "{} faults in {summary}:\n{}", faults.len(), faults[..faults.len().min(50)].join("\n"));
    assert!(probes >= 10_000 && successes >= 500, "{summary}");
    println!("{summary}");
    // A probe that is refused for its form proves nothing: what tenants may do at all went through on what is theirs.
    let for_tenants = operations().into_iter().filter(|operation| {
        operation.guarded
            && operation.described["description"].as_str().is_some_and(|who| who.contains("in the account"))
    });
    let missed: Vec<_> = for_tenants.map(|operation| operation.id).filter(|id| !through.contains(id)).collect();
    assert_eq!(missed, NEVER_THROUGH);
}

impl Prober<'_> {
    async fn probe(&self, world: &World, tally: &mut Tally) {
        let mut operations: Vec<_> = operations().into_iter().filter(|operation| operation.guarded).collect();
        // What is deleted is there for no probe after it.
        operations.sort_by_key(|operation| operation.method == Method::DELETE);
        for class in CLASSES {
            for operation in &operations {
                let mut own = operation.sample(&world.today().to_string(), &|name| self.own.id(name));
                if matches!(operation.id.as_str(), "groups_delete" | "roles_delete") {
                    own.query.push(("confirm".into(), "in-use".into()));
                }
                for place in operation.id_places(&own) {
                    if ends_the_session(operation, class) {
                        continue;
                    }
                    let sample = self.with(&own, &place, class);
                    let answer = self.ask(sample, tally).await;
                    self.judge(operation, &place, class, &answer, tally);
                    if matches!(class, Class::Foreign | Class::ForeignNamed) {
                        let absent = if class == Class::Foreign { Class::Absent } else { Class::AbsentNamed };
                        let other = self.ask(self.with(&own, &place, absent), tally).await;
                        self.alike(operation, &place, &answer, &other, tally);
                    }
                }
            }
        }
    }

    fn with(&self, own: &Sample, place: &Place, class: Class) -> Sample {
        let name = place.name();
        let foreign = self.foreign(name);
        let text = match class {
            Class::Own => self.own.id(name),
            Class::Foreign | Class::ForeignNamed => foreign,
            Class::Absent | Class::AbsentNamed => ABSENT.to_owned(),
            Class::ForeignOfOtherKind => self.victim.id(if name == "userId" { "groupId" } else { "userId" }),
            Class::Known => "a0000000-0000-0000-0000-000000000020".to_owned(),
            Class::Nil => "00000000-0000-0000-0000-000000000000".to_owned(),
            Class::Capitals => foreign.to_uppercase(),
            Class::Malformed => format!("{foreign}0"),
            Class::Traversal => format!("..%2F{foreign}"),
        };
        let mut sample = own.clone().with(place, &text);
        if matches!(class, Class::ForeignNamed | Class::AbsentNamed) {
            for named in ["accountId", "enterpriseId"] {
                let named_place = Place::Query(named.to_owned());
                if name != named && !sample.uri().contains(&format!("{named}=")) {
                    sample = sample.with(&named_place, &self.victim.id(named));
                }
            }
        }
        sample
    }

    /// The victim's id of some kind; what prober and victim share is replaced by what they don't.
    fn foreign(&self, name: &str) -> String {
        let id = self.victim.id(name);
        if id == self.own.id(name) { self.victim.id("userId") } else { id }
    }

    async fn ask(&self, mut sample: Sample, tally: &mut Tally) -> Answer {
        tally.probes += 1;
        // Names and addresses are each probe's own, so that none is refused for being taken.
        if let Some(body) = &mut sample.body {
            let text = body.to_string().replace("Probe", &format!("Probe {}", tally.probes));
            let text = text.replace("probe@", &format!("probe{}@", tally.probes));
            *body = serde_json::from_str(&text).unwrap();
        }
        let answer = self.person.send(sample.method.clone(), &sample.uri(), sample.body, &[]).await;
        *tally.statuses.entry(answer.status).or_default() += 1;
        tally.successes += usize::from(answer.status < 300);
        answer
    }

    fn judge(&self, operation: &Operation, place: &Place, class: Class, answer: &Answer, tally: &mut Tally) {
        if answer.status < 300 {
            tally.through.insert(operation.id.clone());
        }
        let mut fault = |what: &str| {
            let Answer { status, body, .. } = answer;
            tally.faults.push(format!("{what}: {}: {} {place:?} {class:?}: {status} {body}", self.name, operation.id));
        };
        let neighbours = self.own.id("accountId") == self.victim.id("accountId");
        let told = answer.body.to_string().to_lowercase();
        let of_realm = told.contains(&self.victim.canary.to_lowercase()) && !(neighbours && account_wide(operation));
        let of_account = told.contains(&self.victim.account_name.to_lowercase()) && !neighbours;
        if of_realm || of_account {
            fault("a foreign canary");
        }
        if answer.status == 401 {
            fault("the prober is signed out");
        }
        if !operation.answers(answer.status) {
            fault("a status that the document does not know");
        }
        if answer.status >= 500 {
            fault("the server failed");
        }
    }

    /// What is foreign is answered as what is not there.
    fn alike(&self, operation: &Operation, place: &Place, foreign: &Answer, absent: &Answer, tally: &mut Tally) {
        let master_data = MASTER_DATA.iter().any(|tag| operation.described["tags"][0] == *tag);
        if (operation.method == Method::GET && master_data) || matches!(place.name(), "productId" | "serviceId") {
            return;
        }
        // A filter that finds nothing, say. What is shown then is looked through for canaries.
        if foreign.status < 300 && foreign.status == absent.status {
            return;
        }
        let told = |answer: &Answer, id: &str| {
            let mut body = answer.body.clone();
            if let Some(fields) = body.as_object_mut() {
                fields.remove("requestId");
            }
            let mut headers: Vec<String> =
                answer.headers.keys().map(ToString::to_string).filter(|name| name != "x-request-id").collect();
            headers.sort();
            format!("{} {headers:?} {}", answer.status, body.to_string().replace(id, "<id>"))
        };
        let (foreign, absent) = (told(foreign, &self.foreign(place.name())), told(absent, ABSENT));
        if foreign != absent {
            let fault = format!("told apart: {}: {} {place:?}:\n  {foreign}\n  {absent}", self.name, operation.id);
            tally.faults.push(fault);
        }
    }
}

impl Realm {
    fn id(&self, name: &str) -> String {
        self.ids.get(name).unwrap_or_else(|| panic!("no realm has a record for {name}: give it one")).clone()
    }
}

/// The probe would end the session of the prober, who may do that.
fn ends_the_session(operation: &Operation, class: Class) -> bool {
    operation.id == "me_end_all" || (operation.id == "me_end" && class == Class::Own)
}

fn account_wide(operation: &Operation) -> bool {
    ACCOUNT_WIDE.contains(&operation.id.as_str())
}

/// How many operations show a realm's own administrator the canary.
async fn sightings(world: &World, realm: &Realm) -> usize {
    let mut seen = 0;
    for operation in operations().into_iter().filter(|operation| operation.guarded && operation.method == Method::GET) {
        let sample = operation.sample(&world.today().to_string(), &|name| realm.id(name));
        let answer = realm.admin.get(&sample.uri()).await;
        seen += usize::from(answer.body.to_string().contains(realm.canary));
    }
    seen
}

/// Every record, in every table, that mentions one of some ids in a key or in its body.
async fn mentions(store: &Store, ids: &[&str]) -> BTreeSet<String> {
    // A refusal is entered in the log of the prober's own account, and names what was asked for.
    let records = store.records().await.into_iter().filter(|record| !record.contains("\"outcome\":\"refused\""));
    let found: BTreeSet<String> = records.filter(|record| ids.iter().any(|id| record.contains(id))).collect();
    assert!(found.len() > 10, "{}", found.len());
    found
}

fn unchanged(before: &BTreeSet<String>, after: &BTreeSet<String>) {
    let changes: Vec<_> = before.symmetric_difference(after).collect();
    assert!(changes.is_empty(), "records of the victim changed: {changes:#?}");
}
