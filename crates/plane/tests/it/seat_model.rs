//! Seats against a naive model: licenses in a list, users in a set, and no counter anywhere.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use plane::day::Day;
use proptest::{collection::vec, prelude::*, test_runner::Config};
use serde_json::{Value, json};
use testkit::world::World;

use crate::{
    people::{busy_world, id, new_user},
    tenants::{Tenant, license_of, tenant},
};

/// The days of a license are counted from today.
#[derive(Clone, Debug)]
enum Act {
    AddLicense { start: u32, days: u32, seats: u32, grace: u32 },
    ChangeLicense { which: usize, end: u32, seats: u32, confirmed: bool },
    DeleteLicense { which: usize },
    CreateUser,
    SetActive { which: usize, active: bool },
    DeleteUser { which: usize },
    Wait { days: i64 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (0..6_u32, 0..12_u32, 1..4_u32, 0..4_u32)
            .prop_map(|(start, days, seats, grace)| Act::AddLicense { start, days, seats, grace }),
        3 => (any::<usize>(), 0..15_u32, 1..5_u32, any::<bool>())
            .prop_map(|(which, end, seats, confirmed)| Act::ChangeLicense { which, end, seats, confirmed }),
        1 => any::<usize>().prop_map(|which| Act::DeleteLicense { which }),
        6 => Just(Act::CreateUser),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(which, active)| Act::SetActive { which, active }),
        1 => any::<usize>().prop_map(|which| Act::DeleteUser { which }),
        4 => (1..5_i64).prop_map(|days| Act::Wait { days }),
    ]
}

#[derive(Clone, Debug)]
struct ModelLicense {
    start: Day,
    end: Day,
    seats: u32,
    grace: u32,
    has_been_in_force: bool,
    /// What it gave before a reduction, and until when that is tolerated.
    reduced: Vec<(u32, Day)>,
}

impl ModelLicense {
    fn gives(&self, day: Day) -> u32 {
        if self.start <= day && day <= self.end { self.seats } else { 0 }
    }

    fn tolerates(&self, day: Day) -> u32 {
        let own = if self.start <= day && day <= self.end.plus(self.grace) { self.seats } else { 0 };
        self.reduced.iter().filter(|(_, until)| day <= *until).map(|(seats, _)| *seats).fold(own, u32::max)
    }
}

#[derive(Clone, Default)]
struct Model {
    licenses: BTreeMap<String, ModelLicense>,
    /// Whether each holds a seat.
    users: BTreeMap<String, bool>,
}

impl Model {
    fn used(&self) -> u32 {
        u32::try_from(self.users.values().filter(|active| **active).count()).unwrap()
    }

    fn capacity(&self, day: Day) -> u32 {
        self.licenses.values().map(|license| license.gives(day)).sum()
    }

    /// How many of those with a seat may act.
    fn admitted(&self, day: Day) -> u32 {
        let begun = self.licenses.values().any(|license| license.has_been_in_force || license.start <= day);
        let tolerated: u32 = self.licenses.values().map(|license| license.tolerates(day)).sum();
        if begun { tolerated.min(self.used()) } else { self.used() }
    }

    /// The day from which some are refused, as a walk over the days finds it: back, where they are, else forth.
    fn refuses_from(&self, today: Day) -> Option<Day> {
        let refused = |day: Day| self.admitted(day) < self.used();
        if !refused(today) {
            return (0..60).map(|days| today.plus(days)).find(|day| refused(*day));
        }
        let first = self.licenses.values().map(|license| license.start).min()?;
        let mut since = today;
        while since > first && refused(before(since)) {
            since = before(since);
        }
        Some(since)
    }

    /// Whether the licenses of another moment take something from those with a seat.
    fn takes_from_holders(&self, after: &Self, day: Day) -> bool {
        let left = after.capacity(day);
        left < self.used() && left < self.capacity(day) || after.admitted(day) < self.admitted(day)
    }

    fn take(&self, day: Day) -> u16 {
        if self.capacity(day) > self.used() { 201 } else { 403 }
    }
}

fn before(day: Day) -> Day {
    Day::from(day.date() - jiff::Span::new().days(1))
}

struct Run {
    world: World,
    acme: Tenant,
    model: Model,
    created: usize,
}

fn nth<V>(map: &BTreeMap<String, V>, which: usize) -> Option<String> {
    (!map.is_empty()).then(|| map.keys().nth(which % map.len()).unwrap().clone())
}

impl Run {
    async fn start() -> Self {
        let world = busy_world().await;
        let acme = tenant(&world, "Acme").await;
        let path = format!("/api/licenses/{}?accountId={}", acme.license, acme.account);
        world.operator().await.delete(&path).await.expect(204);
        Self { world, acme, model: Model::default(), created: 0 }
    }

    async fn act(&mut self, act: &Act) {
        let (world, acme, today) = (self.world.clone(), &self.acme, self.world.today());
        let operator = world.operator().await;
        let at = |path: String| format!("{path}?accountId={}", acme.account);
        match *act {
            Act::Wait { days } => world.advance(SignedDuration::from_hours(24 * days)),
            Act::AddLicense { start, days, seats, grace } => {
                let mut body = license_of(&world, acme.account, (acme.enterprise, acme.product, acme.service), seats);
                let (start, end) = (today.plus(start), today.plus(start + days));
                (body["startDate"], body["endDate"], body["graceDays"]) = (json!(start), json!(end), json!(grace));
                let made = operator.post("/api/licenses", body).await.expect(201);
                let license = ModelLicense { start, end, seats, grace, has_been_in_force: false, reduced: Vec::new() };
                self.model.licenses.insert(id(&made), license);
            }
            Act::ChangeLicense { which, end, seats, confirmed } => {
                let Some(license) = nth(&self.model.licenses, which) else { return };
                let mut after = self.model.clone();
                let changed = after.licenses.get_mut(&license).unwrap();
                // Up to seven days back, and never before the first day.
                let end = Day::from(today.plus(end).date() - jiff::Span::new().days(7)).max(changed.start);
                let before = changed.gives(today);
                changed.has_been_in_force |= changed.start <= today;
                (changed.end, changed.seats) = (end, seats);
                let gives = changed.gives(today);
                changed.reduced.retain(|(seats, _)| *seats > gives);
                if gives < before {
                    changed.reduced.push((before, today.plus(changed.grace)));
                }
                let body = json!({ "endDate": end, "numberOfUsers": seats, "overCapacity": confirmed });
                let answer = operator.put(&at(format!("/api/licenses/{license}")), body).await;
                if self.model.takes_from_holders(&after, today) && !confirmed {
                    assert_eq!(answer.refused(409), "seats_in_use");
                } else {
                    answer.expect(200);
                    self.model = after;
                }
            }
            Act::DeleteLicense { which } => {
                let Some(license) = nth(&self.model.licenses, which) else { return };
                let mut after = self.model.clone();
                after.licenses.remove(&license);
                let answer = operator.delete(&at(format!("/api/licenses/{license}"))).await;
                let last = after.licenses.is_empty() && self.model.used() > 0;
                if self.model.takes_from_holders(&after, today) || last {
                    assert_eq!(answer.refused(409), "seats_in_use");
                } else {
                    answer.expect(204);
                    self.model = after;
                }
            }
            Act::CreateUser => {
                self.created += 1;
                let mut body = new_user(&world, acme, &format!("u{}@acme.example", self.created));
                body["accountId"] = json!(acme.account);
                let answer = operator.post("/api/users", body).await;
                assert_eq!(answer.status, self.model.take(today), "{}", answer.body);
                if answer.status == 201 {
                    self.model.users.insert(id(&answer.body), true);
                }
            }
            Act::SetActive { which, active } => {
                let Some(user) = nth(&self.model.users, which) else { return };
                let takes = active && !self.model.users[&user];
                let body = json!({ "status": if active { "active" } else { "inactive" } });
                let answer = operator.put(&at(format!("/api/users/{user}")), body).await;
                let expected = if takes && self.model.take(today) == 403 { 403 } else { 200 };
                assert_eq!(answer.status, expected, "{}", answer.body);
                if expected == 200 {
                    self.model.users.insert(user, active);
                }
            }
            Act::DeleteUser { which } => {
                let Some(user) = nth(&self.model.users, which) else { return };
                operator.delete(&at(format!("/api/users/{user}"))).await.expect(204);
                self.model.users.remove(&user);
            }
        }
    }

    async fn compare(&self) {
        let (world, acme, model, today) = (&self.world, &self.acme, &self.model, self.world.today());
        let path = format!("/api/licenses/capacity?accountId={}", acme.account);
        let seen = world.operator().await.get(&path).await.expect(200);
        let (used, capacity) = (model.used(), model.capacity(today));
        let expected = [capacity, used, capacity.saturating_sub(used)];
        let totals = ["totalSeats", "usedSeats", "availableSeats"].map(|name| seen[name].clone());
        assert_eq!(totals, expected.map(Value::from), "{seen}");
        let in_force = model.licenses.values().filter(|license| license.gives(today) > 0).count();
        assert_eq!(seen["licenses"].as_array().unwrap().len(), in_force, "{seen}");
        if let Some(triple) = seen["triples"].get(0) {
            let refused = triple["overCapacity"]["refused"].as_u64().unwrap_or(0);
            assert_eq!(refused, u64::from(used - model.admitted(today)), "{triple}");
            if triple["overCapacity"].is_object() {
                assert_eq!(triple["overCapacity"]["refusedFrom"], json!(model.refuses_from(today)), "{triple}");
            }
        }
    }
}

#[test]
fn seats_are_those_of_a_naive_model() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    proptest!(config, |(acts in vec(act(), 1..40))| {
        runtime.block_on(async {
            let mut run = Run::start().await;
            for act in &acts {
                run.act(act).await;
                run.compare().await;
            }
        });
    });
}
